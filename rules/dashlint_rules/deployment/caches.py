"""The caches of a ``superset_config.py``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dashlint_rules.deployment.settings import mapping, place_of

if TYPE_CHECKING:
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Deployment, SupersetConfig

#: The caches of ``superset/utils/cache_manager.py`` that flask-caching makes. Superset can compute or ask for
#: again what they hold.
CACHES = (
    "DATA_CACHE_CONFIG",
    "CACHE_CONFIG",
    "THUMBNAIL_CACHE_CONFIG",
    "FILTER_STATE_CACHE_CONFIG",
    "EXPLORE_FORM_DATA_CACHE_CONFIG",
)
#: flask-caching's names for a cache that keeps nothing (flask_caching/backends/__init__.py).
KEEPS_NOTHING = frozenset({"NullCache", "null", "nullcache"})


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


def caches(deployment: Deployment, settings: Sequence[str] = CACHES) -> Iterator[Cache]:
    """The caches whose settings are known to be mappings."""
    for config in deployment.configs:
        yield from caches_of(config, settings)


def caches_of(config: SupersetConfig, settings: Sequence[str] = CACHES) -> Iterator[Cache]:
    """The caches of one file whose settings are known to be mappings."""
    for setting in settings:
        given = config.settings.get(setting)
        if given is not None and isinstance(given.value, Mapping):
            yield Cache(setting, mapping(config, setting), config)
