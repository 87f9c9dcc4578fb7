"""What ``dashlint capacity`` says, in words: sections of labelled lines that every format prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dashlint.analysis import Analysis
from dashlint.capacity.breaking import Limit
from dashlint.capacity.plan import CapacityPlan, Gain
from dashlint.capacity.sizing import BUSY, OVERFLOW
from dashlint.lint import amounts

SHOWN_GAINS = 3
_NAMES = {
    "cpu": "CPU",
    "threads": "threads",
    "timeout": "browser timeout",
    "memory": "memory of a pod",
    "redis": "Redis memory",
    "connections": "metadata connections",
}


class Section(NamedTuple):
    """A heading and its lines, each a label and a sentence."""

    title: str
    lines: tuple[tuple[str, str], ...]


def sections(plan: CapacityPlan, *, verbose: bool = False) -> tuple[Section, ...]:
    """The report, top to bottom."""
    gains = plan.gains if verbose else plan.gains[:SHOWN_GAINS]
    return (
        Section("What comes", tuple(_demand(plan))),
        Section("What it takes", tuple(_need(plan))),
        Section("Will it do", tuple(_outcome(plan))),
        Section("What gives way first", tuple(_limit(one, plan) for one in plan.limits)),
        Section(
            "What would help most",
            tuple((f"{n}.", text) for n, text in enumerate(map(_gain, gains), 1))
            or (("", "no change to a chart would save a MiB"),),
        ),
    )


def _demand(plan: CapacityPlan) -> Iterator[tuple[str, str]]:
    demand, load = plan.demand, plan.load
    audience = demand.audience
    dashboards = amounts.plural(len(demand.visits), "dashboard")
    opens = audience.views_per_second * 60
    yield (
        "people",
        f"{_number(audience.viewers)} viewers at once on {dashboards}: {_number(opens)} views a minute",
    )
    refreshing = [visit for visit in demand.visits if visit.refresh_seconds]
    if refreshing:
        fastest = min(visit.refresh_seconds for visit in refreshing)
        yield (
            "timers",
            (
                f"refresh {amounts.plural(len(refreshing), 'dashboard')} by themselves, "
                f"the fastest every {fastest} s"
            ),
        )
    yield "requests", f"{_number(load.requests)} a second, {_number(load.misses)} of them to the warehouse"
    if demand.cached is False:
        yield "cache", "none: chart data are not cached, every request goes to the warehouse"
    elif load.hit_ratio is not None:
        where = "; as with Redis, for nobody told whether data are cached" if demand.cached is None else ""
        yield "cache", f"answers {load.hit_ratio:.0%} of the reads that may find something there{where}"


def _need(plan: CapacityPlan) -> Iterator[tuple[str, str]]:
    need, serving = plan.need, plan.need.serving
    pods = f"{amounts.plural(serving.pods, 'pod')} of " if serving.pods > 1 else ""
    yield (
        "workers",
        f"{pods}{amounts.plural(serving.workers, 'worker')}: {_why_workers(plan)}",
    )
    yield "threads", f"{serving.threads} each: {_why_threads(plan)}"
    yield "CPU", f"{_number(plan.load.cores)} cores busy, so {_number(plan.load.cores / BUSY)} or more"
    yield (
        "memory",
        f"{amounts.size(serving.memory)} limit per pod; at the worst moment {_worst(plan)}"
        + (f", one worker {amounts.cost_phrase(plan.worker)}" if serving.workers > 1 else ""),
    )
    if plan.demand.cached is not False:
        yield (
            "Redis",
            "unknown: the rows of a chart are not known"
            if need.redis is None
            else f"maxmemory {amounts.size(need.redis)}, allkeys-lru, for chart data alone",
        )
    if need.celery is not None:
        yield (
            "Celery",
            f"{need.celery.concurrency} processes, {amounts.size(need.celery.memory)}"
            + (
                ""
                if plan.wanted.query_seconds is not None
                else "; more, if queries take long (--query-seconds)"
            ),
        )
    else:
        yield "Celery", "none for dashboards: GLOBAL_ASYNC_QUERIES is off"
    found = need.connections
    yield (
        "connections",
        (
            f"metadata at most {found.metadata} (pool {found.pool_size} + {OVERFLOW} a process), so "
            f"max_connections {found.max_connections} or more; warehouse at most {found.warehouse}"
        ),
    )


def _why_workers(plan: CapacityPlan) -> str:
    return {
        "given": "as given",
        "memory": "more do not fit the memory",
        "cores": "as many as there are cores",
        "cpu": f"cores are at most {BUSY:.0%} busy, and a worker uses one",
        "two": "one answers while the other starts anew",
    }[plan.need.workers_from]


def _why_threads(plan: CapacityPlan) -> str:
    return {
        "given": "as given",
        "queries": "at most one request in a hundred waits for one",
        "memory": "the heaviest requests of more would not fit the memory",
        "image": "Superset's default, for nobody told how long queries take (--query-seconds)",
    }[plan.need.threads_from]


def _outcome(plan: CapacityPlan) -> Iterator[tuple[str, str]]:
    serving = plan.need.serving
    if plan.fits is False:
        what = (
            f"the work keeps {_number(plan.load.cores)} cores busy, and there are {_number(serving.cores)}"
            if plan.load.cores > serving.cores
            else f"the worst moment is over {amounts.size(serving.memory)}"
        )
        yield "verdict", f"not enough: {what}"
    elif plan.fits is None:
        yield "verdict", "unknown: the rows of a chart are not known (--catalog tells them)"
    else:
        yield "verdict", "enough, even when everybody opens a dashboard at the same moment"
    found = plan.simulated
    if found is None:
        seconds = plan.most_query_seconds
        asked = "with asynchronous queries workers wait for no warehouse"
        if not plan.wanted.asynchronous:
            asked = "unknown without --query-seconds"
            if seconds is not None:
                asked += f"; threads are at most {BUSY:.0%} busy while queries take {_number(seconds)} s"
                asked += " on average"
        yield "waiting", asked
        return
    span = f"{found.hours} × {found.seconds / 60:.0f} min of the busiest hour"
    yield "simulated", f"{span}, {found.requests:,} requests, seed {plan.wanted.seed}"
    yield (
        "waiting",
        (
            f"half wait less than {_seconds(found.waits_p50)}, 95 % less than {_seconds(found.waits_p95)}, "
            f"99 % less than {_seconds(found.waits_p99)}"
        ),
    )
    yield "too late", f"{_share(found.late)} take longer than the browser's {plan.wanted.patience:.0f} s"
    if found.over is not None and found.over_at_most is not None:
        yield (
            "over limit",
            (
                f"in {found.over:.0%} of the spans a pod needed more than {amounts.size(serving.memory)} "
                f"(95 % sure: at most {found.over_at_most:.0%}); highest {amounts.size(found.pod)}"
            ),
        )
    yield "at once", f"at most {found.in_flight} requests of {serving.slots} threads"


def _limit(limit: Limit, plan: CapacityPlan) -> tuple[str, str]:
    name = _NAMES[limit.name]
    if not limit.known:
        return name, f"unknown: {limit.lacks}"
    if limit.factor is None:
        return name, "more viewers do not reach it"
    if limit.name == "connections":
        found = plan.need.connections
        return name, f"too few already: {found.metadata} may be opened (max_connections {_allowed(plan)})"
    if limit.factor < 1:
        return name, f"already: bears {_number(limit.viewers or 0)} viewers"
    return name, f"at {_number(limit.viewers or 0)} viewers ({_number(limit.factor)} times)"


def _allowed(plan: CapacityPlan) -> str:
    given = plan.wanted.max_connections
    return f"{given}" if given is not None else "100, PostgreSQL's default"


def _gain(gain: Gain) -> str:
    saving = gain.saving
    who = (
        f"“{saving.chart.name}” of “{gain.dashboard}”: "
        if saving.chart is not None
        else f"“{gain.dashboard}”: "
    )
    what = f"{who}{saving.what} ({saving.effect})"
    if gain.pod is None:
        return f"{what} saves {amounts.cost_phrase(saving.saves)} per {saving.per}"
    return f"{what} takes {amounts.size(gain.pod)} from a pod's worst moment"


def notes(plan: CapacityPlan, analysis: Analysis) -> tuple[str, ...]:
    """What was assumed."""
    audience = plan.demand.audience
    values = amounts.plural(audience.filter_values, "value")
    found = [
        (
            f"Assumed: a view lasts {_number(audience.view_seconds / 60)} min (--view-minutes), has "
            f"{_changes(audience.filter_changes)} (--filter-changes) among {values} of each filter "
            "(--filter-values)."
        ),
        "CPU is that of the core it was measured on (--core-speed; docs/capacity.md).",
    ]
    if plan.wanted.query_seconds is not None:
        seconds = _number(plan.wanted.query_seconds)
        found.append(f"Queries take {seconds} s on average, exponentially distributed (--query-seconds).")
    if plan.demand.unbounded:
        found.append(
            "Charts and filters whose size is not known count as large as they can be: "
            f"{plan.demand.unbounded} of them; a catalog (--catalog) tells more."
        )
    found.append(f"Relative time ranges as of {analysis.now.date().isoformat()}.")
    return tuple(found)


def _worst(plan: CapacityPlan) -> str:
    """What the worst moment is expected to take, or what was counted where that is not known."""
    counted = plan.need.worst_pod
    if plan.pod.expected is not None or counted is None or counted == plan.pod.upper:
        return amounts.cost_phrase(plan.pod)
    return f"{amounts.size(counted)} are counted, {amounts.cost_phrase(plan.pod)}"


def _changes(value: float) -> str:
    return "1 filter change" if value == 1 else f"{_number(value)} filter changes"


def _seconds(value: float) -> str:
    return "10 ms" if value < 0.01 else f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def _share(value: float) -> str:
    return "none" if value == 0 else "less than 0.1 %" if value < 0.001 else f"{value:.1%}"


def _number(value: float) -> str:
    """Two figures, or all digits before the point."""
    if value >= 10 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"
