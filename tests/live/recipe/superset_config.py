"""How the Superset of the tests is configured: its own defaults, but for what stands here."""

from __future__ import annotations

import os
import runpy
import sqlite3

from sqlalchemy import event
from sqlalchemy.engine import Engine

# Superset refuses to start with its default key. Nothing here is worth protecting: loopback, made-up data.
SECRET_KEY = "dashlint-tests-only-this-is-not-a-secret"

# One process serves everything, so a cache in its memory is enough. 600 s is a timeout that tests can tell
# from Superset's own default (86400 s for data).
CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 600}
DATA_CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 600}

# Tests log in more than five times a second.
RATELIMIT_ENABLED = False

# Superset refuses SQLite as a data source in production. Tests and examples may use it as a warehouse.
PREVENT_UNSAFE_DB_CONNECTIONS = False

# What one test or one `serve --config FILE` wants otherwise. Read last: it wins.
if _more := os.environ.get("DASHLINT_SUPERSET_MORE_CONFIG"):
    globals().update(runpy.run_path(_more))


def _quick_sqlite(connection: object, _record: object) -> None:
    """Let readers and a writer of the metadata work side by side (each request writes a log row), and do not
    wait for the disk: every run works on a copy that is thrown away."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA busy_timeout = 30000")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")


event.listen(Engine, "connect", _quick_sqlite)
