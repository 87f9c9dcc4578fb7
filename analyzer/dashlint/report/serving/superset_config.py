"""``superset_config.py``: caches, pools, timeouts and Celery; secrets come from the environment."""

from __future__ import annotations

from collections.abc import Mapping

from dashlint.capacity.figures import Figures

#: Environment variables that the file reads, and what each holds.
CACHE_URL = "SUPERSET_CACHE_REDIS_URL"
BROKER_HOST = "SUPERSET_BROKER_REDIS_HOST"
SECRET_KEY = "SUPERSET_SECRET_KEY"  # noqa: S105 a name
#: Read by config.py of Superset 6.1 itself, and here for older ones.
DATABASE_URI = "SUPERSET__SQLALCHEMY_DATABASE_URI"
JWT_SECRET = "GLOBAL_ASYNC_QUERIES_JWT_SECRET"  # noqa: S105 a name


def files(figures: Figures) -> Mapping[str, str]:
    """The one file."""
    return {"superset_config.py": text(figures)}


def text(figures: Figures) -> str:
    """The whole file."""
    parts = [_base(figures), _caches(figures), _celery(figures) if figures.celery else _NO_CELERY]
    return "\n".join(parts)


def _base(figures: Figures) -> str:
    found = figures.connections
    return f'''"""{figures.header}

Reads from the environment: {SECRET_KEY}, {DATABASE_URI},
{CACHE_URL}{f", {BROKER_HOST}, {JWT_SECRET}" if figures.celery else ""}.
"""

import os
{"" if not figures.celery else _CACHELIB}
SECRET_KEY = os.environ["{SECRET_KEY}"]

# The metadata database alone; warehouses are not pooled. Each process has a connection for each of its
# {figures.threads} threads, so that none waits for one: at most {found.metadata} altogether.
SQLALCHEMY_DATABASE_URI = os.environ["{DATABASE_URI}"]
SQLALCHEMY_ENGINE_OPTIONS = {{
    "pool_size": {found.pool_size},
    "max_overflow": {found.max_overflow},
    "pool_pre_ping": True,
}}

# Seconds that a browser waits for a chart. gunicorn waits {figures.gunicorn_timeout}, the proxy should {
        figures.proxy_timeout
    }; a statement
# timeout in the warehouse should be shorter than all of them.
SUPERSET_WEBSERVER_TIMEOUT = {figures.webserver_timeout}
'''


_CACHELIB = """
from cachelib.redis import RedisCache
"""


def _caches(figures: Figures) -> str:
    return f"""# A Redis that holds nothing but caches: it may evict anything (maxmemory-policy allkeys-lru).
CACHE_CONFIG = {{
    "CACHE_TYPE": "RedisCache",
    "CACHE_REDIS_URL": os.environ["{CACHE_URL}"],
    "CACHE_DEFAULT_TIMEOUT": {figures.cache_timeout},
    "CACHE_KEY_PREFIX": "superset_metadata_",
}}
DATA_CACHE_CONFIG = dict(CACHE_CONFIG, CACHE_KEY_PREFIX="superset_data_")
# The state of filters and of Explore stays in the metadata database, as is Superset's default: evicting it
# would break links that people have shared.
"""


_NO_CELERY = """# Dashboards need no Celery while GLOBAL_ASYNC_QUERIES is off. Alerts, reports, thumbnails,
# cache warm-up and asynchronous SQL Lab do: give them workers, and a Redis of their own with noeviction.
CELERY_CONFIG = None
"""


def _celery(figures: Figures) -> str:
    return f"""# Celery's queue must not be evicted: a Redis of its own, with maxmemory-policy noeviction.
_BROKER_HOST = os.environ["{BROKER_HOST}"]


class CeleryConfig:
    broker_url = f"redis://{{_BROKER_HOST}}:6379/0"
    result_backend = f"redis://{{_BROKER_HOST}}:6379/1"
    imports = (
        "superset.sql_lab",
        "superset.tasks.async_queries",
        "superset.tasks.cache",
        "superset.tasks.scheduler",
        "superset.tasks.thumbnails",
    )
    worker_concurrency = {figures.celery}
    worker_prefetch_multiplier = 1
    # KiB: a child that has grown beyond it is replaced when it has finished its task.
    worker_max_memory_per_child = {figures.celery_child // 1024}
    task_acks_late = False


CELERY_CONFIG = CeleryConfig

# Merge this with your own flags.
FEATURE_FLAGS = {{"GLOBAL_ASYNC_QUERIES": True}}
GLOBAL_ASYNC_QUERIES_JWT_SECRET = os.environ["{JWT_SECRET}"]  # 32 characters or more
GLOBAL_ASYNC_QUERIES_CACHE_BACKEND = {{
    "CACHE_TYPE": "RedisCache",
    "CACHE_REDIS_HOST": _BROKER_HOST,
    "CACHE_REDIS_PORT": 6379,
    "CACHE_REDIS_USER": "",
    "CACHE_REDIS_PASSWORD": "",
    "CACHE_REDIS_DB": 2,
    "CACHE_DEFAULT_TIMEOUT": 300,
}}

# Results of asynchronous SQL Lab queries.
RESULTS_BACKEND = RedisCache(host=_BROKER_HOST, port=6379, db=3, key_prefix="superset_results_")
"""
