"""Values for Superset's own Helm chart (helm/superset in apache/superset)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint.capacity.figures import Figures, image_tag, redis_limit
from dashlint.report.serving import gunicorn, redis, superset_config
from dashlint.report.serving.kubernetes import resources
from dashlint.report.serving.yaml_text import dump

_SECRET = "superset-env"  # noqa: S105 a name
#: What the chart's own init containers and its superset_config.py read of the same Secret
#: (helm/superset/templates/secret-env.yaml, _helpers.tpl).
_CHART = (
    "DB_HOST", "DB_PORT", "DB_USER", "DB_PASS", "DB_NAME",
    "REDIS_HOST", "REDIS_PORT", "REDIS_PROTO", "REDIS_DB", "REDIS_CELERY_DB",
)  # fmt: skip


def files(figures: Figures) -> Mapping[str, str]:
    """The one file."""
    return {"values.yaml": text(figures)}


def text(figures: Figures) -> str:
    """The values, with what the Secret has to hold told at the top."""
    keys = [superset_config.SECRET_KEY, superset_config.DATABASE_URI, superset_config.CACHE_URL]
    if figures.celery:
        keys += [superset_config.BROKER_HOST, superset_config.JWT_SECRET]
    comments = [
        figures.header,
        "",
        "  helm upgrade --install superset superset/superset --values values.yaml",
        "",
        f"Needs a Secret {_SECRET} with {', '.join(keys)},",
        f"and what the chart itself reads: {', '.join(_CHART)}.",
        "The chart's Redis is the cache (host: RELEASE-redis-headless, or -redis-master).",
        *(
            ["Celery's queue must not share it: bring a second Redis, with maxmemory-policy noeviction."]
            if figures.celery
            else []
        ),
        f"apache/superset:{image_tag(figures.superset)} has no driver for PostgreSQL: name an image that",
        "has, and those of your warehouses. The metadata database is yours, not the chart's; it should allow",
        f"{figures.connections.max_connections} connections (max_connections).",
    ]
    return dump(comments, _values(figures))


def _values(figures: Figures) -> dict[str, Any]:
    seconds = str(figures.proxy_timeout)
    directives = redis.cache_options(figures)
    return {
        "image": {"tag": image_tag(figures.superset)},
        "secretEnv": {"create": False},
        "envFromSecret": _SECRET,
        "extraEnv": gunicorn.environment(figures),
        "configOverrides": {"capacity": superset_config.text(figures)},
        "ingress": {
            "annotations": {
                f"nginx.ingress.kubernetes.io/proxy-{what}-timeout": seconds for what in ("read", "send")
            }
        },
        "supersetNode": {
            "replicas": {"enabled": True, "replicaCount": figures.pods},
            "podDisruptionBudget": {"enabled": figures.pods > 1, "minAvailable": None, "maxUnavailable": 1},
            "resources": resources(figures.memory, figures.cpu_request, figures.cpu_limit),
        },
        "supersetWorker": _worker(figures),
        "init": {"createAdmin": False},
        "postgresql": {"enabled": False},
        "redis": {
            "enabled": True,
            "architecture": "standalone",
            "commonConfiguration": "".join(f"{key} {value}\n" for key, value in directives.items()),
            "master": {
                "persistence": {"enabled": False},
                "resources": resources(redis_limit(figures.cache or 0), 0.1, 1.0),
            },
        },
    }


def _worker(figures: Figures) -> dict[str, Any]:
    if not figures.celery:
        # `enabled: false` leaves the number out, and Kubernetes then starts one (deployment-worker.yaml).
        return {"replicas": {"enabled": True, "replicaCount": 0}}
    start = ". {{ .Values.configMountPath }}/superset_bootstrap.sh; "
    celery = "exec celery --app=superset.tasks.celery_app:app worker --pool=prefork -O fair"
    return {
        "replicas": {"enabled": True, "replicaCount": 1},
        "command": ["/bin/sh", "-c", f"{start}{celery} -c {figures.celery}"],
        "resources": resources(figures.celery_memory, 0.5, float(figures.celery)),
    }
