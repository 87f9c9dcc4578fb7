"""Which files say how a Superset is run, and who reads them.

A reader is a function ``read_x(source: Source) -> Part``, or, where the files of a kind have to be read
together (a Compose file and its overrides), ``read_x(sources: Sequence[Source]) -> Part``. It raises
:class:`Unreadable` where a file is of no use, and puts what else is wrong into ``Part.problems``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import PurePath
from typing import Any, NamedTuple


class Unreadable(Exception):  # noqa: N818 the name says what the file is
    """A file that cannot be read; the text is the part of a sentence that follows "…: "."""

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


class Kind(NamedTuple):
    """A kind of file.

    A file is of a kind by its name (``names``: patterns in lower case), or by one of the ``suffixes`` and
    what stands in it (``content``, an expression whose ``^`` is the beginning of a line, and ``then``,
    another that has to follow). ``reader`` is ``module:function`` below this package, imported when it is
    needed. ``what`` is for people. ``together``: the reader takes all files of the kind at once.
    """

    what: str
    reader: str
    names: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    content: str = ""
    then: str = ""
    together: bool = False

    def named(self, file: str) -> bool:
        """Whether the name alone tells."""
        name = PurePath(file).name.lower()
        return any(fnmatchcase(name, pattern) for pattern in self.names)

    def holds(self, file: str, text: str) -> bool:
        """Whether suffix and content tell."""
        suffix = PurePath(file).suffix.lower()
        # Compiled when a file has the suffix: most runs meet none.
        if suffix not in self.suffixes:
            return False
        found = re.search(self.content, text, re.MULTILINE)
        return found is not None and (
            not self.then or re.compile(self.then, re.MULTILINE).search(text, found.end()) is not None
        )

    def load(self) -> Callable[[Any], Any]:
        """The reader."""
        module, _, function = self.reader.partition(":")
        reader: Callable[[Any], Any] = getattr(import_module(f"dashlint.deployment.{module}"), function)
        return reader


#: In the order in which they are asked; names before contents.
KINDS: tuple[Kind, ...] = (
    Kind(
        "gunicorn.conf.py",
        "python_files:read_gunicorn_config",
        names=("gunicorn*.py", "*gunicorn*.conf.py"),
        suffixes=(".py",),
        content=r"^(?:worker_class|max_requests|max_requests_jitter|worker_connections)\s*=",
    ),
    Kind(
        "superset_config.py",
        "python_files:read_superset_config",
        names=("superset_config*.py", "*superset*config*.py"),
        suffixes=(".py",),
        content=r"^(?:SQLALCHEMY_DATABASE_URI|CELERY_CONFIG|DATA_CACHE_CONFIG|FEATURE_FLAGS|RESULTS_BACKEND)\s*=",
    ),
    Kind(
        "Compose file",
        "compose:read_compose",
        names=("compose.y*ml", "compose.*.y*ml", "docker-compose*.y*ml"),
        suffixes=(".yaml", ".yml"),
        content=r"^services:[ \t]*(?:#.*)?\n",
        then=r"^[ \t]+(?:image|build|extends):",
        together=True,
    ),
    Kind(
        "Kubernetes manifest",
        "kubernetes:read_kubernetes",
        names=("kustomization.y*ml", "kustomization"),
        suffixes=(".yaml", ".yml", ".json"),
        content=(
            r"\A(?=[\s\S]*?(?:^[ \t-]*|\")apiVersion\"?[ \t]*:)(?=[\s\S]*?(?:^[ \t-]*|\")kind\"?[ \t]*:)"
        ),
        together=True,
    ),
    Kind(
        "Helm values",
        "helm:read_helm",
        suffixes=(".yaml", ".yml"),
        content=r"^(?:supersetNode|supersetWorker|supersetCeleryBeat|configOverrides|extraSecretEnv):",
        together=True,
    ),
    Kind(
        "nginx configuration",
        "nginx_conf:read_nginx_conf",
        names=("nginx*.conf", "nginx*.conf.template"),
        suffixes=(".conf", ".template", ".nginx"),
        content=r"^[ \t]*(?:location[ \t][^\n]*\{[ \t]*)?(?:proxy|uwsgi)_pass[ \t]",
    ),
    Kind(
        "HAProxy configuration",
        "haproxy_conf:read_haproxy_conf",
        names=("haproxy*.cfg",),
        suffixes=(".cfg",),
        content=r"^(?:backend|listen)[ \t]+\S[^\n]*\n",
        then=r"^[ \t]+server[ \t]",
    ),
    Kind("redis.conf", "redis_conf:read_redis_conf", names=("redis*.conf", "valkey*.conf")),
    Kind(
        "postgresql.conf", "postgres_conf:read_postgresql_conf", names=("postgresql*.conf", "postgres*.conf")
    ),
    Kind(
        "ALTER SYSTEM statements",
        "postgres_conf:read_postgres_sql",
        suffixes=(".sql",),
        content=r"^[ \t]*(?i:alter[ \t]+system)\s",
    ),
    Kind(
        "Prometheus rules",
        "prometheus:read_prometheus",
        suffixes=(".yaml", ".yml", ".rules"),
        content=r"^groups:",
        then=r"\bexpr:",
    ),
    Kind(
        "Celery settings",
        "python_files:read_celery_config",
        names=("celeryconfig.py", "celery_config.py"),
        suffixes=(".py",),
        content=r"^(?:broker_url|result_backend|task_time_limit|worker_prefetch_multiplier)\s*=",
    ),
    Kind(
        "Dockerfile", "shell_files:read_dockerfile", names=("dockerfile*", "*.dockerfile", "containerfile*")
    ),
    Kind(
        "systemd unit",
        "shell_files:read_systemd_unit",
        suffixes=(".service",),
        content=r"^ExecStart\s*=.*(?:gunicorn|celery|superset|redis-server)",
    ),
    Kind(
        "supervisord configuration",
        "shell_files:read_supervisord",
        names=("supervisord*.conf",),
        suffixes=(".conf", ".ini"),
        content=r"^\[program:",
    ),
    Kind(
        "start script",
        "shell_files:read_script",
        suffixes=(".sh", ".bash", ""),
        content=r"\b(?:gunicorn|celery|superset|redis-cli)\b",
    ),
    Kind(
        "Python script",
        "python_files:read_python_script",
        suffixes=(".py",),
        content=r"^[ \t]*(?:from|import)\s+(?:superset|redis|celery|flask_caching)\b",
    ),
)


def kind_of(file: str, text: Callable[[], str]) -> Kind | None:
    """The kind of a file; ``text`` is asked only where the name does not tell."""
    for kind in KINDS:
        if kind.named(file):
            return kind
    suffix = PurePath(file).suffix.lower()
    asked = [kind for kind in KINDS if suffix in kind.suffixes]
    if not asked:
        return None
    content = text()
    return next((kind for kind in asked if kind.holds(file, content)), None)
