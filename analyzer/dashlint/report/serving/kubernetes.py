"""Kubernetes manifests: Superset, its Redis, and Celery where queries are asynchronous."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint.capacity.figures import (
    BROKER,
    PORT,
    REDIS_IMAGE,
    Figures,
    image_tag,
    mebibytes,
    redis_limit,
)
from dashlint.report.serving import gunicorn, redis, superset_config
from dashlint.report.serving.yaml_text import dump

_SECRET = "superset-secrets"  # noqa: S105 a name
_NAME = "superset"
_CONFIG = f"{_NAME}-config"
_REDIS_PORT = 6379


def files(figures: Figures) -> Mapping[str, str]:
    """One file of several documents."""
    return {"superset.yaml": text(figures)}


def text(figures: Figures) -> str:
    """The manifests, with what they need told at the top."""
    keys = [superset_config.SECRET_KEY, superset_config.DATABASE_URI]
    if figures.celery:
        keys.append(superset_config.JWT_SECRET)
    comments = [
        figures.header,
        "",
        f"Needs a Secret {_SECRET} with {', '.join(keys)}, and an image with your",
        f"drivers in place of apache/superset:{image_tag(figures.superset)}, which has none for PostgreSQL.",
        f"The metadata database: max_connections {figures.connections.max_connections} or more.",
        "`superset db upgrade` and `superset init` are the Job's work: wait for it before the first login.",
    ]
    documents = [
        _meta("v1", "ConfigMap", _CONFIG, data={"superset_config.py": superset_config.text(figures)}),
        _job(figures),
        _deployment(_NAME, figures.pods, _web(figures), volumes=True),
        _service(_NAME, PORT),
        _ingress(figures),
        _redis("redis-cache", redis.command(redis.cache_options(figures)), redis_limit(figures.cache or 0)),
        _service("redis-cache", _REDIS_PORT),
    ]
    if figures.pods > 1:
        documents.append(_disruption())
    if figures.celery:
        documents += [
            _redis("redis-broker", redis.command(redis.queue_options()), redis_limit(BROKER)),
            _service("redis-broker", _REDIS_PORT),
            _deployment(f"{_NAME}-worker", 1, _worker(figures), volumes=True),
        ]
    return dump(comments, *documents)


def _meta(version: str, kind: str, name: str, **content: Any) -> dict[str, Any]:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "labels": {"app.kubernetes.io/name": name}},
        **content,
    }


def _deployment(name: str, replicas: int, container: dict[str, Any], *, volumes: bool) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": name}
    spec: dict[str, Any] = {"containers": [container]}
    if volumes:
        spec["volumes"] = [{"name": "config", "configMap": {"name": _CONFIG}}]
    return _meta(
        "apps/v1",
        "Deployment",
        name,
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    )


def _superset(figures: Figures, name: str, more: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A container of Superset's image, with its configuration and its secrets."""
    return {
        "name": name,
        "image": f"apache/superset:{image_tag(figures.superset)}",
        "env": [*_secrets(figures), *({"name": k, "value": v} for k, v in (more or {}).items())],
        "volumeMounts": [{"name": "config", "mountPath": "/app/pythonpath", "readOnly": True}],
    }


def _secrets(figures: Figures) -> list[dict[str, Any]]:
    names = [superset_config.SECRET_KEY, superset_config.DATABASE_URI]
    plain = {superset_config.CACHE_URL: f"redis://redis-cache:{_REDIS_PORT}/0"}
    if figures.celery:
        names.append(superset_config.JWT_SECRET)
        plain[superset_config.BROKER_HOST] = "redis-broker"
    found: list[dict[str, Any]] = [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": _SECRET, "key": name}}} for name in names
    ]
    return [*found, *({"name": key, "value": value} for key, value in plain.items())]


def _web(figures: Figures) -> dict[str, Any]:
    probe = {"httpGet": {"path": "/health", "port": "http"}, "timeoutSeconds": 5}
    return {
        **_superset(figures, _NAME, gunicorn.environment(figures)),
        "command": ["/usr/bin/run-server.sh"],
        "ports": [{"name": "http", "containerPort": PORT}],
        "startupProbe": {**probe, "periodSeconds": 5, "failureThreshold": 60},
        "readinessProbe": {**probe, "periodSeconds": 10, "failureThreshold": 3},
        "livenessProbe": {**probe, "periodSeconds": 15, "failureThreshold": 6},
        "resources": resources(figures.memory, figures.cpu_request, figures.cpu_limit),
    }


def _worker(figures: Figures) -> dict[str, Any]:
    celery = "celery --app=superset.tasks.celery_app:app"
    return {
        **_superset(figures, "celery"),
        "command": ["/bin/sh", "-c", f"exec {celery} worker --pool=prefork -O fair -c {figures.celery}"],
        "livenessProbe": {
            "exec": {"command": ["/bin/sh", "-c", f"{celery} inspect ping -d celery@$HOSTNAME"]},
            # As in Superset's chart (helm/superset/values.yaml): the command itself imports Superset.
            "initialDelaySeconds": 120,
            "periodSeconds": 60,
            "timeoutSeconds": 60,
        },
        "resources": resources(figures.celery_memory, 0.5, float(figures.celery or 1)),
    }


def _redis(name: str, command: list[str], limit: int) -> dict[str, Any]:
    probe = {"exec": {"command": ["redis-cli", "ping"]}, "periodSeconds": 10}
    return _deployment(
        name,
        1,
        {
            "name": "redis",
            "image": REDIS_IMAGE,
            "command": command,
            "ports": [{"name": "redis", "containerPort": _REDIS_PORT}],
            "readinessProbe": probe,
            "livenessProbe": {**probe, "periodSeconds": 20},
            "resources": resources(limit, 0.1, 1.0),
        },
        volumes=False,
    )


def _service(name: str, port: int) -> dict[str, Any]:
    return _meta(
        "v1",
        "Service",
        name,
        spec={
            "selector": {"app.kubernetes.io/name": name},
            "ports": [{"name": "http" if port == PORT else "redis", "port": port, "targetPort": port}],
        },
    )


def _ingress(figures: Figures) -> dict[str, Any]:
    seconds = str(figures.proxy_timeout)
    found = _meta(
        "networking.k8s.io/v1",
        "Ingress",
        _NAME,
        spec={
            "ingressClassName": "nginx",
            "rules": [
                {
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": _NAME, "port": {"name": "http"}}},
                            }
                        ]
                    }
                }
            ],
        },
    )
    found["metadata"]["annotations"] = {
        f"nginx.ingress.kubernetes.io/proxy-{what}-timeout": seconds for what in ("read", "send")
    }
    return found


def _disruption() -> dict[str, Any]:
    return _meta(
        "policy/v1",
        "PodDisruptionBudget",
        _NAME,
        spec={"maxUnavailable": 1, "selector": {"matchLabels": {"app.kubernetes.io/name": _NAME}}},
    )


def _job(figures: Figures) -> dict[str, Any]:
    return _meta(
        "batch/v1",
        "Job",
        f"{_NAME}-init",
        spec={
            "template": {
                "spec": {
                    "restartPolicy": "OnFailure",
                    "containers": [
                        {
                            **_superset(figures, "init"),
                            "command": ["/bin/sh", "-c", "superset db upgrade && superset init"],
                        }
                    ],
                    "volumes": [{"name": "config", "configMap": {"name": _CONFIG}}],
                }
            }
        },
    )


def resources(memory: int, request: float, limit: float) -> dict[str, Any]:
    """Memory is reserved in full: a pod that was promised less is the first to be killed on a full node."""
    size = f"{mebibytes(memory)}Mi"
    return {
        "requests": {"memory": size, "cpu": f"{request:g}"},
        "limits": {"memory": size, "cpu": f"{limit:g}"},
    }
