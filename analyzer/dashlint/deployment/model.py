"""How a Superset is run, as its files say it: processes, containers, settings, each with its place.

A value is known, or it is :data:`UNKNOWN` because the file says something that only a run would tell
(an expression, a template, a variable that nobody set). What a file does not mention is absent. Nothing
here holds a default of Superset, gunicorn, Redis or Celery: whoever judges a value knows its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from dashlint.assets.origin import Location

EMPTY: Mapping[str, Any] = MappingProxyType({})


class Unknown(Enum):
    """The type of :data:`UNKNOWN`."""

    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        return False


#: A value that is set, and that nobody can tell without running something.
UNKNOWN: Final = Unknown.UNKNOWN


class Given(NamedTuple):
    """A value that a file gives, and where. ``value`` is plain data, or :data:`UNKNOWN`.

    ``assumed`` names environment variables whose default, as written in the file, was taken because none of
    the files sets them. ``expression`` is what the file says where the value is unknown
    (``multiprocessing.cpu_count() * 2 + 1``), of commands and ``gunicorn.conf.py``; of a
    ``superset_config.py`` only what is called (``RedisCache(…)``), since the rest may be secret.

    ``referred``: the place refers to the value (``${DB_PASS}``, a ``secretKeyRef``) and does not hold it.
    """

    value: Any
    location: Location
    assumed: tuple[str, ...] = ()
    expression: str = ""
    referred: bool = False

    @property
    def known(self) -> bool:
        return self.value is not UNKNOWN


class Role(Enum):
    """What a process or container does for Superset."""

    WEB = "web"
    CELERY_WORKER = "celery worker"
    CELERY_BEAT = "celery beat"
    INIT = "init"
    REDIS = "redis"
    POSTGRES = "postgres"
    PROXY = "proxy"
    OTHER = "other"


@dataclass(frozen=True)
class Program:
    """One command as its options say: ``gunicorn``, ``celery``, ``redis-server``, ``postgres``.

    ``options`` go by the program's own long names without dashes in front (``max-requests``,
    ``concurrency``, ``maxmemory``), whichever of command line, configuration file or environment gave
    them; the one that the program itself lets win is the one that is here. Values are text, numbers or
    lists as the program reads them. ``application`` is ``superset.app:create_app()`` or Celery's ``--app``.
    ``command`` is what Celery or Superset is told to do (``worker``, ``beat``, ``db upgrade``).

    ``launcher`` is ``run-server.sh`` where the official image's script starts gunicorn: what is not given
    then has that script's defaults, not gunicorn's. ``broken`` says why a shell refuses the command, such as
    for unquoted parentheses.
    """

    name: str
    location: Location
    options: Mapping[str, Given] = field(default_factory=dict)
    application: Given | None = None
    command: str = ""
    launcher: str = ""
    broken: str = ""


@dataclass(frozen=True)
class Container:
    """A container of Compose or Kubernetes, or a process of its own where there are no containers.

    Memory is bytes, CPU is cores (a float), each None where nothing is said. ``replicas`` counts equal
    copies. ``environment`` is what the container gets. ``mounts`` are paths inside it. ``host`` is the
    name under which others reach it (Compose's service, Kubernetes' Service).
    """

    name: str
    role: Role
    location: Location
    image: Given | None = None
    programs: tuple[Program, ...] = ()
    environment: Mapping[str, Given] = field(default_factory=dict)
    memory_limit: Given | None = None
    memory_request: Given | None = None
    cpu_limit: Given | None = None
    cpu_request: Given | None = None
    replicas: Given | None = None
    #: How many copies an autoscaler may start; ``replicas`` is then the fewest.
    most_replicas: Given | None = None
    probes: Mapping[str, Given] = field(default_factory=dict)
    mounts: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    #: Where the pieces come from that Kubernetes alone has: ``Deployment``, ``StatefulSet``, …
    kind: str = ""


@dataclass(frozen=True)
class Made:
    """What a call in a ``superset_config.py`` makes, such as ``RedisCache(host="redis")``.

    ``name`` is the last part of what is called. ``arguments`` go by their names, those of cachelib's classes
    also where they are given by position; they may be :data:`UNKNOWN`, or secret.
    """

    name: str
    arguments: Mapping[str, Any] = field(repr=False)
    location: Location


@dataclass(frozen=True)
class SupersetConfig:
    """A ``superset_config.py``: upper-case names and what they are, and what the file itself reads.

    ``settings`` may hold mappings with :data:`UNKNOWN` inside; ``places`` gives the line of a nested key
    (``CACHE_CONFIG.CACHE_REDIS_URL``). ``read`` are the names that the file's own code reads: helpers of its
    author. ``environment`` are the environment variables that it asks for.
    """

    location: Location
    settings: Mapping[str, Given]
    places: Mapping[str, Location] = field(default_factory=dict)
    read: frozenset[str] = frozenset()
    environment: frozenset[str] = frozenset()
    #: False where the file does something that may set any name (``from x import *``, ``exec``).
    complete: bool = True
    #: The texts that stand in the file itself; what is not among them comes from the environment. They may be
    #: secrets.
    texts: frozenset[str] = field(default=frozenset(), repr=False)
    #: What names of any case are made by, with its module: ``prometheus_client.Counter``.
    made: Mapping[str, Given] = field(default_factory=dict)
    #: The settings that are made by a call, with its arguments.
    calls: Mapping[str, Made] = field(default_factory=dict)


@dataclass(frozen=True)
class Proxy:
    """What passes requests on to something: a location of nginx, a backend of HAProxy, an Ingress.

    ``kind`` is for people (``nginx``, ``AWS load balancer``). ``targets`` are hosts, with or without a port.
    ``timeout`` is how many seconds it waits for an answer, by ``setting``; None where nothing is said.
    """

    kind: str
    location: Location
    targets: tuple[str, ...]
    setting: str
    timeout: Given | None = None


@dataclass(frozen=True)
class AlertRule:
    """A rule of Prometheus: its name, its PromQL, and the metrics that it names."""

    name: str
    expression: Given
    metrics: frozenset[str]


@dataclass(frozen=True)
class Script:
    """Commands or Python that somebody runs beside Superset: warm-ups, cache deletes, worker starts.

    ``text`` is the whole, for rules that look for what does nothing.
    """

    location: Location
    text: str
    language: str


@dataclass(frozen=True)
class Deployment:
    """Everything that the files of one deployment say.

    ``postgres`` are settings of the metadata database's (or a warehouse's) server, from
    ``postgresql.conf``, ``ALTER SYSTEM`` or a command line, by their lower-case names.
    """

    containers: tuple[Container, ...] = ()
    configs: tuple[SupersetConfig, ...] = ()
    postgres: Mapping[str, Given] = field(default_factory=dict)
    alerts: tuple[AlertRule, ...] = ()
    scripts: tuple[Script, ...] = ()
    proxies: tuple[Proxy, ...] = ()
    #: What was read, as a person should see it.
    files: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.files)

    def of(self, role: Role) -> tuple[Container, ...]:
        """The containers (or processes) that do one thing."""
        return tuple(container for container in self.containers if container.role is role)
