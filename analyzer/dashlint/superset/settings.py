"""The settings that predictions depend on: Superset's defaults for a version, and overrides."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any

from dashlint.records import dataclass, field, replace

#: Minor versions whose behaviour is modelled, oldest first.
VERSIONS = ("4.1", "5.0", "6.0", "6.1")
NEWEST = VERSIONS[-1]


@dataclass(frozen=True)
class Settings:
    """What a Superset is configured with. Defaults: ``superset/config.py`` of 6.1.0.

    Limits are rows, timeouts seconds. ``given`` names the keys that somebody told us;
    all others are assumptions, and findings that rest on them say so. ``data_cache_type``
    is flask-caching's class name (``NullCache`` is the default: nothing is stored).
    ``version`` is a minor version of :data:`VERSIONS`.
    """

    version: str = NEWEST
    row_limit: int = 50_000  # ROW_LIMIT
    sql_max_row: int = 100_000  # SQL_MAX_ROW
    samples_row_limit: int = 1_000  # SAMPLES_ROW_LIMIT
    native_filter_default_row_limit: int = 1_000  # NATIVE_FILTER_DEFAULT_ROW_LIMIT
    filter_select_row_limit: int = 10_000  # FILTER_SELECT_ROW_LIMIT
    table_viz_max_row_server: int = 500_000  # TABLE_VIZ_MAX_ROW_SERVER, 6.0+
    cache_default_timeout: int = 86_400  # CACHE_DEFAULT_TIMEOUT
    data_cache_type: str = "NullCache"  # DATA_CACHE_CONFIG["CACHE_TYPE"]
    data_cache_default_timeout: int | None = None  # DATA_CACHE_CONFIG["CACHE_DEFAULT_TIMEOUT"]
    auto_refresh_mode: str = "force"  # DASHBOARD_AUTO_REFRESH_MODE
    feature_flags: Mapping[str, bool] = field(default_factory=dict)
    given: frozenset[str] = frozenset()

    def at_least(self, version: str) -> bool:
        """Whether the version is ``version`` (``"6.0"``) or newer."""
        return self._number >= version_number(version)

    @cached_property
    def _number(self) -> tuple[int, int]:
        return version_number(self.version)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Whether a feature flag is on; ``default`` where nobody said."""
        return bool(self.feature_flags.get(name, default))

    def knows(self, key: str) -> bool:
        """Whether somebody told us the value of a configuration key."""
        return key in self.given

    @property
    def caches_data(self) -> bool | None:
        """Whether chart data is cached at all; None while nobody told us."""
        if not self.knows("DATA_CACHE_CONFIG"):
            return None
        return self.data_cache_type.lower() not in {"nullcache", "null", ""}

    def with_values(self, **values: Any) -> Settings:
        return replace(self, **values)


@lru_cache(maxsize=256)
def version_number(version: str) -> tuple[int, int]:
    """``(major, minor)`` of a version text such as ``6.1.0rc1`` or ``6.1``."""
    parts = [*version.lstrip("v").split("."), "0"][:2]
    numbers = ["".join(c for c in part if c.isdigit()) or "0" for part in parts]
    return int(numbers[0]), int(numbers[1])


def modelled_version(version: str | None) -> str:
    """The modelled minor version nearest to a Superset version (older ones → 4.1)."""
    if version is None:
        return NEWEST
    wanted = version_number(version)
    older = [v for v in VERSIONS if version_number(v) <= wanted]
    return older[-1] if older else VERSIONS[0]
