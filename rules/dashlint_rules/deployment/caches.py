"""What several rules ask about a deployment: its caches, Celery's settings, and which Redis they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dashlint_rules.deployment.redis_uses import answers_to

if TYPE_CHECKING:
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Container, Deployment, Given, SupersetConfig

#: The caches of ``superset/utils/cache_manager.py`` that flask-caching makes.
CACHES = (
    "DATA_CACHE_CONFIG",
    "CACHE_CONFIG",
    "THUMBNAIL_CACHE_CONFIG",
    "FILTER_STATE_CACHE_CONFIG",
    "EXPLORE_FORM_DATA_CACHE_CONFIG",
)
#: The backends of ``superset/async_events/cache_backend.py``, which know two types.
COORDINATION = ("GLOBAL_ASYNC_QUERIES_CACHE_BACKEND", "DISTRIBUTED_COORDINATION_CONFIG")


class Cache(NamedTuple):
    """A setting that configures a cache, as a mapping whose values may be unknown."""

    setting: str
    values: Mapping[str, Any]
    config: SupersetConfig

    @property
    def type(self) -> str | None:
        """``CACHE_TYPE`` without the module in front; None where it is absent or unknown."""
        value = self.values.get("CACHE_TYPE")
        return value.rpartition(".")[2] if isinstance(value, str) else None

    def place(self, key: str) -> Location:
        """Where a key of it stands."""
        return place_of(self.config, self.setting, key)


class Server(NamedTuple):
    """A Redis server as a client names it."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def place_of(config: SupersetConfig, setting: str, *keys: str) -> Location:
    """Where a key of a setting stands, or the setting itself."""
    return config.places.get(".".join((setting, *keys)), config.settings[setting].location)


def caches(deployment: Deployment, settings: Sequence[str] = CACHES) -> Iterator[Cache]:
    """The caches whose settings are known to be mappings."""
    for config in deployment.configs:
        for setting in settings:
            given = config.settings.get(setting)
            if given is not None and isinstance(given.value, Mapping):
                yield Cache(setting, given.value, config)


def flag(config: SupersetConfig, name: str) -> bool | None:
    """What ``FEATURE_FLAGS`` says about a flag; None where it says nothing that is known."""
    flags = config.settings.get("FEATURE_FLAGS")
    value = flags.value.get(name) if flags is not None and isinstance(flags.value, Mapping) else None
    return value if isinstance(value, bool) else None


def celery_settings(config: SupersetConfig) -> Mapping[str, Any]:
    """What ``CELERY_CONFIG`` says, by Celery's own names; empty where it is absent or unknown."""
    given = config.settings.get("CELERY_CONFIG")
    return given.value if given is not None and isinstance(given.value, Mapping) else {}


def redis_of_cache(cache: Cache) -> Server | None:
    """The Redis of a cache, as flask-caching finds it (``RedisCache.factory``); None where it has none."""
    if cache.type not in {"RedisCache", "redis"}:
        return None
    url = cache.values.get("CACHE_REDIS_URL")
    if url is not None and url != "":
        return redis_of_url(url)
    host, port = cache.values.get("CACHE_REDIS_HOST", "localhost"), cache.values.get("CACHE_REDIS_PORT", 6379)
    if not isinstance(host, str) or not isinstance(port, (str, int)) or not str(port).isdigit():
        return None
    return Server(host, int(port))


def redis_of_url(url: Any) -> Server | None:
    """The Redis of a ``redis://`` or ``rediss://`` URL; None for anything else."""
    if not isinstance(url, str):
        return None
    from urllib.parse import urlsplit

    try:
        parts = urlsplit("".join(url))
        port = parts.port or 6379
    except ValueError:
        return None
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        return None
    return Server(parts.hostname, port)


def redis_container(server: Server, deployment: Deployment) -> Container | None:
    """The container that a name of a Redis leads to, if the files hold it."""
    from dashlint.deployment.model import Role

    found = deployment.of(Role.REDIS)
    if server.host in {"localhost", "127.0.0.1"}:
        # A server of its own beside Superset: a redis.conf that no container was told to read.
        alone = [one for one in found if not one.hosts]
        return alone[0] if len(alone) == 1 and len(found) == 1 else None
    return next((one for one in found if answers_to(one, server.host)), None)


def redis_option(container: Container, name: str) -> Given | None:
    """An option of a container's Redis; None where it is absent, or some file of it was not read."""
    servers = [program for program in container.programs if program.name == "redis-server"]
    return servers[0].options.get(name) if len(servers) == 1 else None


def reads_all_options(container: Container) -> bool:
    """Whether everything that its Redis is told is known, so that what is absent is the default."""
    servers = [program for program in container.programs if program.name == "redis-server"]
    if len(servers) != 1:
        return False
    file = servers[0].options.get("config-file")
    return file is None or file.known
