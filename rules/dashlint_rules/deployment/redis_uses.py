"""Which Redis of a deployment holds what: caches, results, Celery's queue, events of async queries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from dashlint_rules.deployment.caches import caches_of
from dashlint_rules.deployment.settings import celery_settings, flag, mapping, place_of

if TYPE_CHECKING:
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Container, Deployment, Given, Program, SupersetConfig

_PORT = 6379
#: Endings of private zones: ``redis.internal`` is no Service in a namespace called ``internal``.
_ZONES = frozenset({"corp", "home", "internal", "intranet", "lan", "local", "private", "test"})
_IN_CLUSTER = re.compile(r"[a-z0-9-]+(\.svc(\..+)?)?")
#: Options given to the images of Bitnami and of Redis Stack in the environment, beside the command.
_FLAGS = re.compile(r"(REDIS|VALKEY|KEYDB)_(EXTRA_FLAGS|ARGS|MAXMEMORY\w*)")
_CONFIGURATION = re.compile(r"\.conf$|\betc\b|\bconf(ig)?\b")


class What(Enum):
    """What somebody keeps in a Redis."""

    CACHE = "cache"
    RESULTS = "results of SQL Lab"
    QUEUE = "Celery's queue"
    EVENTS = "the events of global async queries"


class Use(NamedTuple):
    """A setting or environment variable that names a Redis, and what for.

    ``location`` is where it says so. ``in_force`` is False for a setting that Superset does not read, and
    that yet says what is meant.
    """

    what: What
    setting: str
    host: str
    port: int
    location: Location
    in_force: bool = True

    @property
    def address(self) -> str:
        """Host and port, as a client names the server."""
        return f"{self.host}:{self.port}"


class Server(NamedTuple):
    """A Redis whose options are all known, and what the deployment keeps in it."""

    container: Container
    options: Mapping[str, Given]
    uses: tuple[Use, ...]

    def of(self, *whats: What) -> tuple[Use, ...]:
        """The uses for some purposes."""
        return tuple(use for use in self.uses if use.what in whats)

    @property
    def maxmemory(self) -> int | None:
        """``maxmemory`` in bytes, 0 for none, which is Redis' default; None where it is unknown."""
        given = self.options.get("maxmemory")
        value = given.value if given is not None else 0
        return value if isinstance(value, int) else None

    @property
    def policy(self) -> str | None:
        """``maxmemory-policy``, ``noeviction`` where nothing is said; None where it is unknown."""
        given = self.options.get("maxmemory-policy")
        value = given.value if given is not None else "noeviction"
        return value if isinstance(value, str) else None

    def place(self, *names: str) -> Location:
        """Where the first of some options stands that is given, or the command that lacks them."""
        told = next((self.options[name] for name in names if name in self.options), None)
        if told is not None:
            return told.location
        return next(one.location for one in self.container.programs if one.name == "redis-server")


def servers(deployment: Deployment) -> Iterator[Server]:
    """The Redis servers of the files that Superset is known to use, and of which everything is known."""
    from dashlint.deployment.model import Role

    found = deployment.of(Role.REDIS)
    told_later = any("config set maxmemory" in script.text.lower() for script in deployment.scripts)
    used = uses(deployment)
    for container in found:
        options = _options(container)
        if options is None or told_later:
            continue
        own = tuple(use for use in used if _leads_to(use, container, options, found))
        if own:
            yield Server(container, options, own)


def names(uses: Iterable[Use]) -> str:
    """The settings behind some uses, as a sentence lists them."""
    listed = list(dict.fromkeys(use.setting for use in uses))
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"


def size(count: int) -> str:
    """Bytes as Redis and Compose write them, if they are whole: ``1gb``, ``768mb``."""
    for power, unit in ((3, "gb"), (2, "mb"), (1, "kb")):
        if count >= 1024**power and count % 1024**power == 0:
            return f"{count // 1024**power}{unit}"
    return f"{count // 2**20}mb" if count >= 2**20 else f"{count} bytes"


def _options(container: Container) -> Mapping[str, Given] | None:
    """What the one Redis of a container is told, or None where something of it is not known."""
    programs: list[Program] = [one for one in container.programs if one.name == "redis-server"]
    if len(programs) != 1 or any(_FLAGS.fullmatch(name) for name in container.environment):
        return None
    options = programs[0].options
    file = options.get("config-file")
    if (file is not None and not file.known) or "include" in options or "sentinel" in options:
        return None
    # Images such as Bitnami's read what is mounted in places of their own.
    if file is None and any(_CONFIGURATION.search(mount) for mount in container.mounts):
        return None
    return options


def _leads_to(
    use: Use, container: Container, options: Mapping[str, Given], found: tuple[Container, ...]
) -> bool:
    port = options.get("port")
    if str(port.value if port is not None else _PORT) != str(use.port):
        return False
    if use.host in {"localhost", "127.0.0.1", "::1"}:
        # A redis.conf that no container was told to read: the server beside Superset, if it is the only one.
        return not container.hosts and not container.kind and found == (container,)
    return _answers_to(container, use.host)


def _answers_to(container: Container, host: str) -> bool:
    """Whether a container answers to a host's name, as Compose and Kubernetes resolve it.

    A managed Redis whose name happens to begin alike (``redis.….cache.amazonaws.com``) is not.
    """
    if host in container.hosts:
        return True
    first, _, rest = host.partition(".")
    if container.kind == "StatefulSet" and re.search(r"-\d+$", first) and rest:
        # A pod by its own name: redis-0.redis-headless.
        first, _, rest = rest.partition(".")
        if not rest:
            return first in container.hosts
    in_cluster = bool(container.kind) and rest not in _ZONES and _IN_CLUSTER.fullmatch(rest) is not None
    return in_cluster and first in container.hosts


def uses(deployment: Deployment) -> tuple[Use, ...]:
    """Every Redis that settings and environment variables name, be it among the files or not."""
    return tuple(dict.fromkeys(_uses(deployment)))


def _uses(deployment: Deployment) -> Iterator[Use]:
    from dashlint.deployment.model import Role

    queue_of_environment = [
        container.environment["CELERY_BROKER_URL"]
        for container in deployment.containers
        if container.role in (Role.WEB, Role.CELERY_WORKER, Role.CELERY_BEAT)
        and "CELERY_BROKER_URL" in container.environment
    ]
    for given in queue_of_environment:
        yield from _of_urls(What.QUEUE, "CELERY_BROKER_URL", given.value, given.location)
    for config in deployment.configs:
        yield from _of_caches(config)
        yield from _of_results(config)
        yield from _of_events(config)
        # Celery takes the environment variable first (celery/app/utils.py, Settings.broker_url).
        if not queue_of_environment:
            yield from _of_queue(config)


def _of_caches(config: SupersetConfig) -> Iterator[Use]:
    for cache in caches_of(config):
        if cache.type not in {"RedisCache", "redis"}:
            continue
        # flask_caching/backends/rediscache.py, RedisCache.factory: the URL wins over host and port.
        url = cache.values.get("CACHE_REDIS_URL")
        if url is None or url == "":
            yield from _of_parts(What.CACHE, cache.setting, cache.values, cache.place("CACHE_REDIS_HOST"))
        else:
            yield from _of_urls(What.CACHE, cache.setting, url, cache.place("CACHE_REDIS_URL"))


def _of_results(config: SupersetConfig) -> Iterator[Use]:
    made = config.calls.get("RESULTS_BACKEND")
    if made is not None and made.name in {"RedisCache", "ValkeyCache"}:
        values = {f"CACHE_REDIS_{name.upper()}": value for name, value in made.arguments.items()}
        yield from _of_parts(What.RESULTS, "RESULTS_BACKEND", values, made.location)


def _of_events(config: SupersetConfig) -> Iterator[Use]:
    if not flag(config, "GLOBAL_ASYNC_QUERIES"):
        return
    setting = "GLOBAL_ASYNC_QUERIES_CACHE_BACKEND"
    backend = mapping(config, setting)
    # superset/async_events/cache_backend.py, RedisCacheBackend.from_config: host and port alone.
    if backend.get("CACHE_TYPE") == "RedisCache":
        yield from _of_parts(What.EVENTS, setting, backend, place_of(config, setting, "CACHE_REDIS_HOST"))


def _of_queue(config: SupersetConfig) -> Iterator[Use]:
    told = celery_settings(config)
    for key in ("broker_url", "BROKER_URL"):
        if key in told:
            place = place_of(config, "CELERY_CONFIG", key)
            yield from _of_urls(What.QUEUE, f"CELERY_CONFIG.{key}", told[key], place)
            return
    dead = config.settings.get("CELERY_BROKER_URL")
    if dead is not None and "CELERY_CONFIG" not in config.settings and config.complete:
        for use in _of_urls(What.QUEUE, "CELERY_BROKER_URL", dead.value, dead.location):
            yield use._replace(in_force=False)


def _of_parts(what: What, setting: str, values: Mapping[str, Any], place: Location) -> Iterator[Use]:
    host, port = values.get("CACHE_REDIS_HOST", "localhost"), values.get("CACHE_REDIS_PORT", _PORT)
    if isinstance(host, str) and isinstance(port, (str, int)) and str(port).isdigit():
        yield Use(what, setting, "".join(host), int(port), place)


def _of_urls(what: What, setting: str, urls: Any, place: Location) -> Iterator[Use]:
    """The servers of ``redis://`` URLs; what is no such URL has none."""
    if not isinstance(urls, str):
        return
    from urllib.parse import urlsplit

    # A URL with a password does not print; joining takes it as it is, and only host and port are kept.
    for url in "".join(urls).split(";"):
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or _PORT
        except ValueError:
            continue
        if parts.scheme in {"redis", "rediss"} and host:
            yield Use(what, setting, host, port, place)
