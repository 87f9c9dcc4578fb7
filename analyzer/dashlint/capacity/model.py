"""People, machines and requests, as plain values: what sizing and simulation are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from dashlint.assets import Dashboard
from dashlint.cost.capacity import FILTER_VALUES
from dashlint.cost.model import Cost

#: Seconds that a person keeps a dashboard open: an assumption, not a measurement. ``dashlint capacity``
#: states it, and ``--view-minutes`` changes it.
VIEW_SECONDS = 300.0
#: Filter changes in one view: likewise (``--filter-changes``).
FILTER_CHANGES = 1.0
#: The busiest hour has so many times the views of an average hour of the day: as if all fell evenly into
#: eight hours. Likewise (``--peak-factor``).
PEAK_FACTOR = 3.0
DAY = 86_400.0


class Audience(NamedTuple):
    """The people of the busiest hour. ``viewers`` have a dashboard open at the same time, on average."""

    viewers: float
    view_seconds: float = VIEW_SECONDS
    filter_changes: float = FILTER_CHANGES
    filter_values: int = FILTER_VALUES

    @classmethod
    def of_views(cls, per_day: float, peak_factor: float = PEAK_FACTOR, **more: float) -> Audience:
        """The same from views per day, by Little's law: at once are as many as come while one stays."""
        seconds = more.get("view_seconds", VIEW_SECONDS)
        changes, values = (
            more.get("filter_changes", FILTER_CHANGES),
            more.get("filter_values", FILTER_VALUES),
        )
        return cls(per_day * peak_factor / DAY * seconds, seconds, changes, int(values))

    @property
    def views_per_second(self) -> float:
        """Dashboards opened per second."""
        return self.viewers / self.view_seconds


class Call(NamedTuple):
    """One request to the server.

    ``cold`` and ``hit`` are resident bytes of a worker, ``entry`` bytes in the cache. ``cpu_cold`` and
    ``cpu_hit`` are seconds of CPU, ``statements`` what the warehouse runs one after the other for a miss.
    Equal ``key`` share a cache entry; ``ttl`` is seconds (0: for ever, None: nothing is stored).
    ``force`` passes the cache by, and stores. ``states`` is how many entries filters make of it. ``wave``
    0 is sent first, 1 when something of 0 was answered. ``title`` names it, ``chart`` is its chart's UUID.
    """

    key: int
    title: str
    cold: Cost
    hit: Cost
    entry: Cost
    cpu_cold: float
    cpu_hit: float
    statements: int = 1
    ttl: int | None = None
    force: bool = False
    states: int = 1
    wave: int = 0
    chart: str | None = None


class Visit(NamedTuple):
    """What opening one dashboard brings.

    ``share`` of all views are of this one. ``refresh`` is sent every ``refresh_seconds`` (0: never) while it
    is open, not at once but over ``spread`` seconds. ``filters`` has the calls of a change of each filter.
    ``page_cpu`` are seconds of CPU for what is not a chart: the page and its metadata.
    """

    dashboard: Dashboard
    share: float
    load: tuple[Call, ...]
    filters: tuple[tuple[Call, ...], ...] = ()
    refresh_seconds: int = 0
    refresh: tuple[Call, ...] = ()
    page_cpu: float = 0.0
    spread: float = 0.0

    def with_calls(self, changed: Callable[[Call], Call]) -> Visit:
        """The same visit with each of its calls changed."""

        def each(calls: tuple[Call, ...]) -> tuple[Call, ...]:
            return tuple(map(changed, calls))

        return self._replace(
            load=each(self.load), filters=tuple(map(each, self.filters)), refresh=each(self.refresh)
        )


class Flow(NamedTuple):
    """A call and how often it comes: ``rate`` per second at the peak."""

    call: Call
    rate: float


class Demand(NamedTuple):
    """All dashboards and all people. ``cached`` is None while nobody told whether chart data are cached."""

    audience: Audience
    visits: tuple[Visit, ...]
    cached: bool | None = None
    #: Charts of which only a row limit is known; their figures are the most that they can be.
    unbounded: int = 0

    def flows(self, factor: float = 1.0) -> Iterator[Flow]:
        """The calls of the busiest hour, with ``factor`` times its viewers."""
        views = self.audience.views_per_second * factor
        for visit in self.visits:
            rate = views * visit.share
            for call in visit.load:
                yield Flow(call, rate)
            for calls in visit.filters:
                changes = rate * self.audience.filter_changes / len(visit.filters)
                for call in calls:
                    yield Flow(call, changes)
            if visit.refresh_seconds:
                times = int(self.audience.view_seconds // visit.refresh_seconds)
                for call in visit.refresh:
                    yield Flow(call, rate * times)

    def page_cpu(self, factor: float = 1.0) -> float:
        """CPU that the pages themselves take, in cores."""
        views = self.audience.views_per_second * factor
        return sum(views * visit.share * visit.page_cpu for visit in self.visits)


class Serving(NamedTuple):
    """How Superset runs: ``pods`` equal containers of gunicorn, each with ``workers`` of ``threads``.

    ``memory`` (bytes) and ``cpus`` (cores) are those of one pod; None where there is no limit.
    """

    pods: int
    workers: int
    threads: int
    memory: int | None = None
    cpus: float | None = None

    @property
    def processes(self) -> int:
        """Worker processes of all pods."""
        return self.pods * self.workers

    @property
    def slots(self) -> int:
        """Requests that all workers run at once."""
        return self.processes * self.threads

    @property
    def cores(self) -> float:
        """CPU that requests can take at once: a worker one core at most, for its threads share a lock."""
        return self.pods * (self.workers if self.cpus is None else min(self.cpus, self.workers))


class Budget(NamedTuple):
    """What there is: bytes and cores altogether, or of each pod. None: as much as it takes."""

    memory: int | None = None
    cpus: float | None = None
    pod_memory: int | None = None
    pod_cpus: float | None = None


class Fixed(NamedTuple):
    """What is not to be worked out, because somebody has decided it."""

    pods: int | None = None
    workers: int | None = None
    threads: int | None = None
