"""How the programs around Superset read their options.

Sources: gunicorn ``gunicorn/config.py:KNOWN_SETTINGS``; Celery 5 ``celery/bin/celery.py``, ``worker.py`` and
``beat.py``. A test compares the tables with the programs themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Syntax(NamedTuple):
    """A program's options: long names for short ones, and those that take no value."""

    short: Mapping[str, str]
    flags: frozenset[str]


GUNICORN = Syntax(
    {
        "b": "bind",
        "c": "config",
        "D": "daemon",
        "e": "env",
        "g": "group",
        "k": "worker-class",
        "m": "umask",
        "n": "name",
        "p": "pid",
        "R": "enable-stdio-inheritance",
        "t": "timeout",
        "u": "user",
        "w": "workers",
    },
    frozenset(
        {
            "capture-output",
            "casefold-http-method",
            "check-config",
            "daemon",
            "disable-redirect-access-to-syslog",
            "do-handshake-on-connect",
            "enable-stdio-inheritance",
            "initgroups",
            "log-syslog",
            "no-sendfile",
            "permit-obsolete-folding",
            "permit-unconventional-http-method",
            "permit-unconventional-http-version",
            "preload",
            "print-config",
            "reload",
            "reuse-port",
            "spew",
            "strip-header-spaces",
            "suppress-ragged-eofs",
        }
    ),
)
#: Names in ``gunicorn.conf.py`` that are not the option's with underscores.
GUNICORN_SETTINGS: Mapping[str, str] = {
    "accesslog": "access-logfile",
    "access_log_format": "access-logformat",
    "errorlog": "error-logfile",
    "keepalive": "keep-alive",
    "limit_request_field_size": "limit-request-field_size",
    "loglevel": "log-level",
    "logconfig": "log-config",
    "pidfile": "pid",
    "preload_app": "preload",
    "proc_name": "name",
    "raw_env": "env",
}

CELERY = Syntax(
    {
        "A": "app",
        "b": "broker",
        "B": "beat",
        "c": "concurrency",
        "C": "no-color",
        "D": "detach",
        "E": "task-events",
        "f": "logfile",
        "I": "include",
        "l": "loglevel",
        "n": "hostname",
        "O": "optimization",
        "P": "pool",
        "q": "quiet",
        "Q": "queues",
        "s": "schedule",
        "S": "statedb",
        "X": "exclude-queues",
    },
    frozenset(
        {
            "beat",
            "detach",
            "disable-prefetch",
            "discard",
            "enable-remote-control",
            "events",
            "no-color",
            "purge",
            "quiet",
            "skip-checks",
            "task-events",
            "version",
            "without-gossip",
            "without-heartbeat",
            "without-mingle",
        }
    ),
)
#: Options that mean the same as another.
CELERY_ALIASES: Mapping[str, str] = {
    "discard": "purge",
    "events": "task-events",
    "schedule-filename": "schedule",
}
#: What ``celery`` may be told to do; of these, the words below it say more (``inspect active``).
CELERY_COMMANDS = frozenset(
    {
        "amqp",
        "beat",
        "call",
        "control",
        "events",
        "flower",
        "graph",
        "inspect",
        "list",
        "migrate",
        "multi",
        "purge",
        "report",
        "result",
        "shell",
        "status",
        "upgrade",
        "worker",
    }
)

#: Environment variables of the official image's start script, and gunicorn's options that it makes of them.
#: docker/entrypoints/run-server.sh of 6.1.0.
RUN_SERVER: Mapping[str, str] = {
    "GUNICORN_KEEPALIVE": "keep-alive",
    "GUNICORN_TIMEOUT": "timeout",
    "SERVER_THREADS_AMOUNT": "threads",
    "SERVER_WORKER_AMOUNT": "workers",
    "SERVER_WORKER_CLASS": "worker-class",
    "WORKER_MAX_REQUESTS": "max-requests",
    "WORKER_MAX_REQUESTS_JITTER": "max-requests-jitter",
}
#: All options that the script gives, also where the environment says nothing of them.
RUN_SERVER_GIVES = frozenset(RUN_SERVER.values()) | {
    "access-logfile",
    "bind",
    "error-logfile",
    "limit-request-field_size",
    "limit-request-line",
    "log-level",
    "statsd-host",
    "statsd-prefix",
}
