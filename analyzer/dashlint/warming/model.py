"""What a plan for warming holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dashlint.assets import Chart, Dashboard, Dataset, NativeFilter
from dashlint.cost.model import Cost
from dashlint.superset.query import CacheTimeout

#: Ways to fill an entry: the browser's own request, Superset's ``warm_up_cache``, or none.
REQUEST, API, NONE = "request", "warm_up_cache", "none"


class Verdict(NamedTuple):
    """Whether Superset's own warm-up fills the entry that the browser asks for; None where unknown."""

    fills: bool | None
    why: str


class Entry(NamedTuple):
    """One cache entry that opening dashboards asks for, though several charts may share it.

    ``way`` is what fills it, ``why`` the reason for that or for none. ``body`` is the browser's request where
    that is the way. ``cost`` are resident bytes of the request that has to ask the database, which runs
    ``statements`` statements. ``views`` are those of its dashboards on a day, None where nobody said.
    ``own`` is about Superset's own warm-up.
    """

    dashboards: tuple[Dashboard, ...]
    chart: Chart | None
    chart_id: int | None
    native_filter: NativeFilter | None
    dataset: Dataset | None
    way: str
    why: str
    own: Verdict
    timeout: CacheTimeout | None
    cost: Cost
    statements: int
    views: float | None = None
    body: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        if self.chart is not None:
            return self.chart.name
        return f"options of {self.native_filter.name}" if self.native_filter is not None else "?"

    @property
    def interval(self) -> int | None:
        """Seconds after which it has to be filled again; None where it never expires or is not filled."""
        if self.way == NONE or self.timeout is None or self.timeout.seconds <= 0:
            return None
        return self.timeout.seconds

    @property
    def runs_per_day(self) -> float | None:
        """How often a day it is filled to stay warm."""
        return 86_400 / self.interval if self.interval else None

    @property
    def saves(self) -> bool | None:
        """Whether people open it more often than it has to be filled; None while views are unknown."""
        if self.views is None or self.way == NONE:
            return None
        return self.runs_per_day is None or self.views >= self.runs_per_day


class WarmPlan(NamedTuple):
    """Entries, the most costly first; ``idle`` are those that nothing can or need keep warm."""

    entries: tuple[Entry, ...]
    idle: tuple[Entry, ...]
    dashboards: tuple[Dashboard, ...]
    cached: bool | None
    notes: tuple[str, ...] = ()
