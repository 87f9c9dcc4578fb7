"""Settings of the measured Superset, on top of its defaults and those of the tests' recipe."""

from __future__ import annotations

import os

_REDIS = {
    "CACHE_TYPE": "RedisCache",
    "CACHE_REDIS_URL": os.environ["DASHLINT_MEMORY_REDIS"],
    "CACHE_DEFAULT_TIMEOUT": 600,
}
CACHE_CONFIG = {**_REDIS, "CACHE_KEY_PREFIX": "memory_meta_"}
DATA_CACHE_CONFIG = {**_REDIS, "CACHE_KEY_PREFIX": "memory_data_"}
WTF_CSRF_ENABLED = False

try:
    # Superset asks MySQLdb for the types of columns; measure.py installs PyMySQL for that engine.
    import pymysql
except ImportError:
    pass
else:
    pymysql.install_as_MySQLdb()
