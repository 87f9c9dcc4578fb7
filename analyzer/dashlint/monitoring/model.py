"""What monitoring is written from, and what an alert is: numbers with where they come from, no text yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from dashlint.cost.model import Cost

#: Where Superset runs: what measures its memory differs.
PLACES = ("kubernetes", "compose", "hosts")
#: What a deployment may lack, or somebody else may watch.
PARTS = ("redis", "postgres", "celery", "gunicorn")
Severity = Literal["critical", "warning"]


class Figure(NamedTuple):
    """A number and where it comes from, as the end of a sentence (``--workers``, ``a default of …``)."""

    value: float
    source: str


@dataclass(frozen=True)
class Setup:
    """How Superset runs. Memory is in bytes, ``slow`` in seconds, shares are between 0 and 1.

    ``replicas`` are pods, containers or hosts of the web server; ``memory_limit`` and ``workers`` are
    those of one of them. ``celery_slots`` are tasks that run at once on all Celery workers. ``pool`` are
    connections of one process to the metadata database. What is None was not told.
    """

    place: str
    replicas: Figure
    workers: Figure
    threads: Figure
    slow: Figure
    load_share: Figure
    hit_share: Figure
    pool: Figure
    memory_limit: Figure | None = None
    redis_maxmemory: Figure | None = None
    celery_slots: Figure | None = None
    namespace: str = "superset"
    container: str = "superset"
    without: frozenset[str] = frozenset()
    viewers: int = 1

    @property
    def slots(self) -> int:
        """Requests that all web servers run at once."""
        return int(self.replicas.value * self.workers.value * self.threads.value)


class Load(NamedTuple):
    """What opening a dashboard asks for, and the resident bytes of one web server at its worst moment."""

    title: str
    requests: int
    peak: Cost


@dataclass(frozen=True)
class Predicted:
    """What the dashboards cost. None is unknown.

    ``heaviest`` is one request's bytes, ``heaviest_name`` whose it is; ``cacheable`` the share of
    queries on load that a cache may answer; ``typical_requests`` those of the dashboard in the middle.
    """

    heaviest: Cost | None = None
    heaviest_name: str = ""
    at_rest: int = 0
    cache: Cost | None = None
    caches_data: bool | None = None
    cacheable: float | None = None
    typical_requests: int | None = None
    loads: tuple[Load, ...] = ()


class Case(NamedTuple):
    """A test of an alert: series as promtool writes them, and what is known at a moment.

    ``fires`` has the labels of the alert that is expected (without its severity), None for none.
    ``value`` is the alert's value as its description shows it.
    """

    series: Mapping[str, str]
    at: str
    fires: Mapping[str, str] | None = None
    value: str = ""


class Alert(NamedTuple):
    """One alert. ``hold`` is how long it must be true (``10m``); ``needs`` names what is scraped for it.

    ``threshold`` is a sentence that says where its number comes from; ``todo`` what to do at 2 am.
    """

    name: str
    expr: str
    hold: str
    severity: Severity
    summary: str
    description: str
    threshold: str
    todo: str
    needs: str
    cases: tuple[Case, ...]


class LeftOut(NamedTuple):
    """Alerts that are not written, and why."""

    what: str
    why: str


@dataclass
class Alerts:
    """The alerts of a deployment by group, and what was left out."""

    groups: dict[str, list[Alert]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)

    def add(self, group: str, *alerts: Alert) -> None:
        """Puts alerts into a group."""
        self.groups.setdefault(group, []).extend(alerts)

    def skip(self, what: str, why: str) -> None:
        """Notes what is not written."""
        self.left_out.append(LeftOut(what, why))

    def all(self) -> tuple[Alert, ...]:
        """Every alert, in order."""
        return tuple(alert for alerts in self.groups.values() for alert in alerts)
