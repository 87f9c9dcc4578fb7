"""The whole answer: what is needed, how likely it is too little, what gives way first, what helps most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dashlint.analysis import Analysis
from dashlint.analysis.savings import Saving, weight
from dashlint.capacity.breaking import Limit, limits, most_query_seconds
from dashlint.capacity.load import Load, load_of
from dashlint.capacity.memory import expected, upper, worst_pod, worst_worker
from dashlint.capacity.model import Budget, Call, Demand, Fixed, Visit
from dashlint.capacity.simulation import Outcome, simulate
from dashlint.capacity.sizing import (
    BUSY,
    WEBSERVER_TIMEOUT,
    Need,
    celery_for,
    connections_for,
    size,
)
from dashlint.cost.capacity import Deployment
from dashlint.cost.model import NOTABLE, Cost, weakest


class Wanted(NamedTuple):
    """What was asked for.

    ``query_seconds`` is the mean of a statement in the warehouse (None: nobody told). ``max_connections``
    is that of the metadata database, ``redis`` the bytes of the cache, where these are given.
    """

    budget: Budget = Budget()
    fixed: Fixed = Fixed()
    query_seconds: float | None = None
    asynchronous: bool = False
    patience: float = WEBSERVER_TIMEOUT
    redis: int | None = None
    max_connections: int | None = None
    seed: int = 1
    hours: int = 20


class Gain(NamedTuple):
    """A change to a dashboard, and the bytes by which the worst moment of a pod shrinks (None: unknown)."""

    saving: Saving
    dashboard: str
    pod: int | None


class CapacityPlan(NamedTuple):
    """Everything that ``dashlint capacity`` says.

    ``simulated`` is None while nobody tells how long queries take, or where Celery runs them.
    ``most_query_seconds`` is the mean time of a statement up to which threads are at most 70 % busy.
    """

    demand: Demand
    wanted: Wanted
    load: Load
    need: Need
    worker: Cost
    pod: Cost
    simulated: Outcome | None
    most_query_seconds: float | None
    limits: tuple[Limit, ...]
    gains: tuple[Gain, ...]

    @property
    def fits(self) -> bool | None:
        """Whether the worst moment fits the pods' memory and the work the cores; None where unknown."""
        serving = self.need.serving
        if self.load.cores > serving.cores:
            return False
        if serving.memory is None or self.need.worst_pod is None:
            return None
        return self.need.worst_pod <= serving.memory


def plan(analysis: Analysis, demand: Demand, wanted: Wanted) -> CapacityPlan:
    """The plan for a demand."""
    everything = demand
    if wanted.asynchronous:
        # Celery asks the warehouse; gunicorn's workers read what it has put into the cache, but for charts
        # that are never cached.
        demand = answered(demand)
    load = load_of(demand)
    need = size(
        demand,
        load,
        wanted.budget,
        wanted.fixed,
        query_seconds=wanted.query_seconds,
    )
    if wanted.asynchronous:
        need = need._replace(celery=celery_for(handed_over(everything), wanted.query_seconds))
        need = need._replace(connections=connections_for(need.serving, need.celery))
    serving = need.serving
    basis = weakest((call.cold for visit in demand.visits for call in visit.load), "unknown")
    simulated = None
    if wanted.query_seconds is not None and not wanted.asynchronous:
        simulated = simulate(
            demand,
            serving,
            query_seconds=wanted.query_seconds,
            patience=wanted.patience,
            seed=wanted.seed,
            hours=wanted.hours,
        )
    return CapacityPlan(
        demand,
        wanted,
        load,
        need,
        Cost(
            worst_worker(demand, serving.threads, expected),
            worst_worker(demand, serving.threads, upper),
            basis,
        ),
        Cost(
            worst_pod(demand, serving.workers, serving.threads, expected),
            worst_pod(demand, serving.workers, serving.threads, upper),
            basis,
        ),
        simulated,
        None if wanted.asynchronous else most_query_seconds(load, serving, BUSY),
        limits(
            demand,
            need,
            query_seconds=wanted.query_seconds,
            redis=wanted.redis,
            max_connections=wanted.max_connections,
            patience=wanted.patience,
        ),
        tuple(_gains(analysis, demand, need)),
    )


def answered(demand: Demand) -> Demand:
    """The same people, with every result that Celery makes in the cache already.

    Charts whose timeout is -1 are never handed to Celery: gunicorn's worker answers them itself
    (superset/charts/data/api.py, CACHE_DISABLED_TIMEOUT; seen on 6.1.0).
    """

    def hit(call: Call) -> Call:
        if _stays(demand, call):
            return call
        return call._replace(cold=call.hit, cpu_cold=call.cpu_hit, statements=0)

    return demand._replace(visits=tuple(visit.with_calls(hit) for visit in demand.visits))


def handed_over(demand: Demand) -> Demand:
    """The same people, with what gunicorn's workers answer themselves costing nothing."""
    nothing = Cost(0, 0, "measured")

    def rest(call: Call) -> Call:
        if not _stays(demand, call):
            return call
        return call._replace(cold=nothing, hit=nothing, cpu_cold=0.0, cpu_hit=0.0, statements=0)

    return demand._replace(visits=tuple(visit.with_calls(rest) for visit in demand.visits))


def _stays(demand: Demand, call: Call) -> bool:
    return call.ttl is None and demand.cached is not False


def _gains(analysis: Analysis, demand: Demand, need: Need) -> Iterator[Gain]:
    """The changes that `dashlint cost` knows, by what they take from the worst moment of a pod."""
    serving = need.serving
    found: list[Gain] = []
    for visit in demand.visits:
        for saving in analysis.plan(visit.dashboard, Deployment()).savings:
            after = None
            if saving.chart is not None:
                changed = [_with(other, saving) if other is visit else other for other in demand.visits]
                after = worst_pod(demand._replace(visits=tuple(changed)), serving.workers, serving.threads)
            gain = None if after is None or need.worst_pod is None else need.worst_pod - after
            found.append(Gain(saving, visit.dashboard.title, gain))
    found.sort(key=lambda gain: (-(gain.pod or 0), -weight(gain.saving.saves)))
    yield from (gain for gain in found if gain.pod is None or gain.pod >= NOTABLE)


def _with(visit: Visit, saving: Saving) -> Visit:
    """The visit with one chart changed, in all of its requests."""
    chart = saving.chart
    assert chart is not None
    times = max(1, sum(call.chart == chart.uuid for call in visit.load))
    less = weight(saving.saves) // times

    def changed(call: Call) -> Call:
        return call._replace(cold=_less(call.cold, less)) if call.chart == chart.uuid else call

    return visit.with_calls(changed)


def _less(cost: Cost, size: int) -> Cost:
    return Cost(
        None if cost.expected is None else max(0, cost.expected - size),
        None if cost.upper is None else max(0, cost.upper - size),
        cost.basis,
    )
