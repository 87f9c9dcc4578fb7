"""``compose.yaml``: Superset, its metadata database and its Redis, with ``superset_config.py`` beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint.capacity.figures import (
    BROKER,
    PORT,
    POSTGRES_IMAGE,
    REDIS_IMAGE,
    Figures,
    image_tag,
    mebibytes,
    redis_limit,
)
from dashlint.report.serving import gunicorn, redis, superset_config
from dashlint.report.serving.yaml_text import dump

_CONFIG = "./superset_config.py:/app/pythonpath/superset_config.py:ro"


def files(figures: Figures) -> Mapping[str, str]:
    """``compose.yaml`` first."""
    return {"compose.yaml": text(figures), "superset_config.py": superset_config.text(figures)}


def text(figures: Figures) -> str:
    """The file, with what it needs told at its top."""
    comments = [
        figures.header,
        "",
        "Needs superset_config.py beside it (--emit superset_config), and in .env:",
        "  SUPERSET_IMAGE       an image with your drivers, built FROM",
        f"                       apache/superset:{image_tag(figures.superset)}: it has none for PostgreSQL;",
        "                       psycopg2-binary, and those of your warehouses",
        "  SUPERSET_SECRET_KEY  openssl rand -base64 42",
        "  METADATA_PASSWORD    of the metadata database: letters and digits",
        *(["  GLOBAL_ASYNC_QUERIES_JWT_SECRET  32 characters or more"] if figures.celery else []),
        "",
        *(
            [f"{figures.pods} containers share the work: put a proxy in front that spreads it."]
            if figures.pods > 1
            else []
        ),
        f"A proxy in front should wait {figures.proxy_timeout} s for an answer (nginx: proxy_read_timeout).",
    ]
    return dump(comments, {"services": _services(figures), "volumes": _volumes(figures)})


def _volumes(figures: Figures) -> dict[str, Any]:
    return {"metadata": {}, **({"broker": {}} if figures.celery else {})}


def _services(figures: Figures) -> dict[str, Any]:
    services: dict[str, Any] = {
        "superset-init": {
            **_superset(figures),
            "command": ["/bin/sh", "-c", "superset db upgrade && superset init"],
            "depends_on": {"metadata": {"condition": "service_healthy"}},
            "restart": "no",
        },
        "superset": {
            **_superset(figures),
            "command": ["/usr/bin/run-server.sh"],
            "environment": {**_environment(figures), **gunicorn.environment(figures)},
            **_entrance(figures),
            "depends_on": {
                "superset-init": {"condition": "service_completed_successfully"},
                "redis-cache": {"condition": "service_healthy"},
            },
            "healthcheck": {
                "test": ["CMD", "curl", "--fail", "--silent", f"http://localhost:{PORT}/health"],
                "interval": "15s",
                "timeout": "5s",
                "retries": 3,
                "start_period": "120s",
            },
            "deploy": {
                **({"replicas": figures.pods} if figures.pods > 1 else {}),
                "resources": _resources(figures.memory, figures.cpu_limit, figures.cpu_request),
            },
            "restart": "unless-stopped",
        },
        "redis-cache": _redis(redis.command(redis.cache_options(figures)), redis_limit(figures.cache or 0)),
        "metadata": {
            "image": POSTGRES_IMAGE,
            "command": ["postgres", "-c", f"max_connections={figures.connections.max_connections}"],
            "environment": {
                "POSTGRES_USER": "superset",
                "POSTGRES_DB": "superset",
                "POSTGRES_PASSWORD": "${METADATA_PASSWORD:?}",
            },
            "volumes": ["metadata:/var/lib/postgresql/data"],
            "healthcheck": {
                "test": ["CMD", "pg_isready", "-U", "superset"],
                "interval": "5s",
                "timeout": "5s",
                "retries": 12,
            },
            "restart": "unless-stopped",
        },
    }
    if figures.celery:
        services["redis-broker"] = {
            **_redis(redis.command(redis.queue_options()), redis_limit(BROKER)),
            "volumes": ["broker:/data"],
        }
        services["superset-worker"] = {
            **_superset(figures),
            "command": [
                "celery", "--app=superset.tasks.celery_app:app", "worker", "--pool=prefork", "-O", "fair",
                "-c", str(figures.celery),
            ],
            "depends_on": {
                "superset-init": {"condition": "service_completed_successfully"},
                "redis-broker": {"condition": "service_healthy"},
            },
            "deploy": {"resources": _resources(figures.celery_memory, figures.celery, None)},
            "restart": "unless-stopped",
        }  # fmt: skip
    return services


def _superset(figures: Figures) -> dict[str, Any]:
    return {
        "image": "${SUPERSET_IMAGE:?}",
        "environment": _environment(figures),
        "volumes": [_CONFIG],
    }


def _environment(figures: Figures) -> dict[str, str]:
    found = {
        superset_config.SECRET_KEY: "${SUPERSET_SECRET_KEY:?}",
        superset_config.DATABASE_URI: (
            "postgresql+psycopg2://superset:${METADATA_PASSWORD:?}@metadata:5432/superset"
        ),
        superset_config.CACHE_URL: "redis://redis-cache:6379/0",
    }
    if figures.celery:
        found[superset_config.BROKER_HOST] = "redis-broker"
        found[superset_config.JWT_SECRET] = "${GLOBAL_ASYNC_QUERIES_JWT_SECRET:?}"
    return found


def _entrance(figures: Figures) -> dict[str, Any]:
    """A port of the host, or where several share the work only one inside, for the proxy to spread."""
    return {"ports": [f"{PORT}:{PORT}"]} if figures.pods == 1 else {"expose": [str(PORT)]}


def _redis(command: list[str], limit: int) -> dict[str, Any]:
    return {
        "image": REDIS_IMAGE,
        "command": command,
        "healthcheck": {
            "test": ["CMD", "redis-cli", "ping"],
            "interval": "5s",
            "timeout": "5s",
            "retries": 12,
        },
        "deploy": {"resources": {"limits": {"memory": f"{mebibytes(limit)}M"}}},
        "restart": "unless-stopped",
    }


def _resources(memory: int, cpus: float | None, request: float | None) -> dict[str, Any]:
    limits: dict[str, str] = {"memory": f"{mebibytes(memory)}M"}
    if cpus is not None:
        limits["cpus"] = f"{cpus:g}"
    reserved: dict[str, str] = {"memory": f"{mebibytes(memory)}M"}
    if request is not None:
        reserved["cpus"] = f"{request:g}"
    return {"limits": limits, "reservations": reserved}
