"""The names that Superset's configuration knows, by version, and those that people write instead.

``config_keys.json`` and ``feature_flags.json`` list the upper-case names of ``superset/config.py`` and the
defaults of ``DEFAULT_FEATURE_FLAGS`` of 4.1.4, 5.0.0, 6.0.0 and 6.1.0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from dashlint.superset.settings import VERSIONS

#: Beginnings of names that belong to libraries, which read them from the same configuration: Flask,
#: Flask-AppBuilder, -SQLAlchemy, -Caching, -Session, -Login, -JWT-Extended, -WTF, -Babel, -Limiter, -CORS,
#: -Talisman, -Compress, and Superset's MCP server. Read off their code as installed with 6.1.0.
LIBRARY_PREFIXES = (
    "APP_",
    "AUTH_",
    "BABEL_",
    "CACHE_",
    "COMPRESS_",
    "CORS_",
    "FAB_",
    "IMG_",
    "JWT_",
    "MAIL_",
    "MCP_",
    "OIDC_",
    "RATELIMIT_",
    "RECAPTCHA_",
    "REMEMBER_COOKIE_",
    "SAML_",
    "SESSION_",
    "SQLALCHEMY_",
    "TALISMAN_",
    "WTF_",
)
#: Other names that Superset or a library reads and that ``superset/config.py`` does not set.
ALSO_READ = frozenset(
    {
        "ADDON_MANAGERS",
        "ALERT_REPORTS_NOTIFICATION_METHODS",
        "APPLICATION_ROOT",
        "CELERY_ALWAYS_EAGER",
        "DATABASE_OAUTH2_REDIRECT_URI",
        "EXPLAIN_TEMPLATE_LOADING",
        "FILE_ALLOWED_EXTENSIONS",
        "HIVE_POLL_INTERVAL",
        "LOGIN_DISABLED",
        "LOGOUT_REDIRECT_URL",
        "MAX_CONTENT_LENGTH",
        "MAX_COOKIE_SIZE",
        "MAX_FORM_MEMORY_SIZE",
        "MAX_FORM_PARTS",
        "OAUTH_PROVIDERS",
        "OPENID_PROVIDERS",
        "PERMANENT_SESSION_LIFETIME",
        "PREFERRED_URL_SCHEME",
        "PREVIOUS_SECRET_KEY",
        "PROPAGATE_EXCEPTIONS",
        "SECRET_KEY_FALLBACKS",
        "SEND_FILE_MAX_AGE_DEFAULT",
        "SERVER_NAME",
        "TASKS_COMPLETION_CHANNEL_PREFIX",
        "TEMPLATES_AUTO_RELOAD",
        "TESTING",
        "TRAP_BAD_REQUEST_ERRORS",
        "TRAP_HTTP_EXCEPTIONS",
        "TRUSTED_HOSTS",
        "UPLOAD_FOLDER",
        "USE_SESSION_FOR_NEXT",
        "USE_X_SENDFILE",
        "WEBDRIVER_POOL",
    }
)

#: Names that are written into ``superset_config.py`` and that nothing reads, with what to write instead.
#: Looked for in the source of 4.1.4 to 6.1.0: they are nowhere in it, or only Celery knows them.
DEAD: Mapping[str, str] = {
    "CELERY_ACCEPT_CONTENT": "put accept_content into CELERY_CONFIG",
    "CELERY_BEAT_SCHEDULE": "put beat_schedule into CELERY_CONFIG",
    "CELERY_BROKER_URL": "put broker_url into CELERY_CONFIG (as an environment variable Celery does read it)",
    "CELERY_IMPORTS": "put imports into CELERY_CONFIG",
    "CELERY_RESULT_BACKEND": (
        "put result_backend into CELERY_CONFIG (as an environment variable Celery does read it)"
    ),
    "CELERY_RESULT_EXPIRES": "put result_expires into CELERY_CONFIG",
    "CELERY_TASK_ACKS_LATE": "put task_acks_late into CELERY_CONFIG",
    "CELERY_TASK_ANNOTATIONS": "put task_annotations into CELERY_CONFIG",
    "CELERY_TASK_SOFT_TIME_LIMIT": "put task_soft_time_limit (seconds) into CELERY_CONFIG",
    "CELERY_TASK_TIME_LIMIT": "put task_time_limit (seconds) into CELERY_CONFIG",
    "CELERY_TASK_TRACK_STARTED": "put task_track_started into CELERY_CONFIG",
    "CELERY_WORKER_CONCURRENCY": "put worker_concurrency into CELERY_CONFIG, or start the worker with -c",
    "CELERY_WORKER_PREFETCH_MULTIPLIER": "put worker_prefetch_multiplier into CELERY_CONFIG",
    "DATABASES": (
        "databases live in Superset's metadata database: add them in the UI, with the API or with "
        "`superset set-database-uri`; its own address is SQLALCHEMY_DATABASE_URI"
    ),
    "SUPERSET_ASYNC_QUERIES_ENABLED": (
        'charts: FEATURE_FLAGS = {"GLOBAL_ASYNC_QUERIES": True}, with its Redis, JWT secret and Celery '
        "workers; SQL Lab: asynchronous execution of the database with RESULTS_BACKEND"
    ),
    "SUPERSET_ASYNC_QUERY_JOB_TIMEOUT": "the limit of asynchronous queries is SQLLAB_ASYNC_TIME_LIMIT_SEC",
    "SUPERSET_WEBSERVER_PORT": "the port is gunicorn's: --bind, or SUPERSET_PORT of the official image",
    "SUPERSET_WORKERS": "workers are gunicorn's: --workers, or SERVER_WORKER_AMOUNT of the official image",
}

#: Names that a later version gave up, and what took their place (UPDATING.md of 5.0 and 6.0).
RENAMED: Mapping[str, str] = {
    "ALERT_REPORTS_EXECUTE_AS": "ALERT_REPORTS_EXECUTORS",
    "GLOBAL_ASYNC_QUERIES_REDIS_CONFIG": "GLOBAL_ASYNC_QUERIES_CACHE_BACKEND",
    "THEME_OVERRIDES": "THEME_DEFAULT",
    "THUMBNAIL_EXECUTE_AS": "THUMBNAIL_EXECUTORS",
    "THUMBNAIL_SELENIUM_USER": "THUMBNAIL_EXECUTORS",
}

#: Environment variables that are written into containers of Superset although only somebody's own
#: ``superset_config.py`` or script may read them, with what to write instead. ``superset/config.py`` and
#: ``superset/app.py`` of 6.1.0 read none of them.
DEAD_ENVIRONMENT: Mapping[str, str] = {
    "DATABASE_URL": "set SQLALCHEMY_DATABASE_URI in superset_config.py, which may read this variable",
    "POSTGRES_HOST": "set SQLALCHEMY_DATABASE_URI in superset_config.py, which may read this variable",
    "REDIS_HOST": "set CACHE_REDIS_URL and broker_url in superset_config.py, which may read this variable",
    "REDIS_URL": "set CACHE_REDIS_URL and broker_url in superset_config.py, which may read this variable",
    "SQLALCHEMY_DATABASE_URI": (
        "set it in superset_config.py; from 6.1 on the variable is SUPERSET__SQLALCHEMY_DATABASE_URI"
    ),
    "SUPERSET_LOAD_EXAMPLES": "only docker/docker-init.sh of Superset's development containers reads it",
}


def config_keys(version: str) -> frozenset[str]:
    """The upper-case names of ``superset/config.py`` of a minor version of ``settings.VERSIONS``."""
    return frozenset(_data("config_keys.json")[version])


def versions_with(key: str) -> tuple[str, ...]:
    """The minor versions whose ``superset/config.py`` has a name, oldest first."""
    return tuple(version for version in VERSIONS if key in config_keys(version))


def default_flags(version: str) -> Mapping[str, bool]:
    """The feature flags of a minor version and their defaults."""
    flags: Mapping[str, bool] = _data("feature_flags.json")[version]
    return flags


def is_read_by_a_library(key: str) -> bool:
    """Whether a library that Superset is made of reads a name from the same configuration."""
    return key in ALSO_READ or key.startswith(LIBRARY_PREFIXES)


@lru_cache(maxsize=4)
def _data(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("dashlint.superset").joinpath(name).read_text("utf-8"))
    return found
