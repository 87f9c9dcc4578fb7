"""More people never need less, and what gives way is what is short."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard, Origin, Workspace
from dashlint.capacity.breaking import limits
from dashlint.capacity.load import load_of
from dashlint.capacity.memory import worst_pod
from dashlint.capacity.model import Audience, Budget, Call, Demand, Fixed, Serving, Visit
from dashlint.capacity.plan import Wanted, answered, handed_over, plan
from dashlint.capacity.sizing import Need, celery_for, size
from dashlint.cost.capacity import MASTER, WORKER_AT_REST
from dashlint.cost.model import UNKNOWN, Cost

MIB = 2**20
KNOWN = st.integers(0, 500).map(lambda n: Cost(n * MIB, n * MIB, "statistics"))


@st.composite
def calls(draw: st.DrawFn, key: int) -> Call:
    cold = draw(KNOWN)
    return Call(
        key,
        f"chart {key}",
        cold,
        cold,
        draw(KNOWN),
        draw(st.floats(0.01, 2)),
        draw(st.floats(0.01, 0.5)),
        draw(st.integers(1, 3)),
        draw(st.sampled_from([None, 0, 60, 3600])),
    )


@st.composite
def demands(draw: st.DrawFn) -> Demand:
    visits = []
    for number in range(draw(st.integers(1, 3))):
        load = tuple(draw(calls(number * 10 + n)) for n in range(draw(st.integers(1, 6))))
        refresh = draw(st.sampled_from([0, 30]))
        visits.append(
            Visit(
                Dashboard(f"d{number}", number, f"Dashboard {number}", Origin(None, "export")),
                1.0,
                load,
                refresh_seconds=refresh,
                refresh=tuple(call._replace(force=True) for call in load) if refresh else (),
                page_cpu=0.3,
            )
        )
    share = 1 / len(visits)
    return Demand(
        Audience(draw(st.floats(0.5, 200))), tuple(v._replace(share=share) for v in visits), cached=True
    )


def sized(demand: Demand, budget: Budget = Budget(), query_seconds: float | None = 1.0) -> Need:  # noqa: B008
    return size(demand, load_of(demand), budget, Fixed(), query_seconds=query_seconds)


@given(demands(), st.floats(0.0, 5.0))
def test_celery_runs_what_is_cached_and_gunicorn_the_rest(demand: Demand, query_seconds: float) -> None:
    """A chart whose timeout is -1 is answered by gunicorn's worker, asynchronous or not."""
    served, run = answered(demand), handed_over(demand)
    for visit, there, handed in zip(demand.visits, served.visits, run.visits, strict=True):
        for call, at_gunicorn, at_celery in zip(visit.load, there.load, handed.load, strict=True):
            uncached = call.ttl is None
            assert at_gunicorn.cold == (call.cold if uncached else call.hit)
            assert at_gunicorn.statements == (call.statements if uncached else 0)
            assert at_celery.statements == (0 if uncached else call.statements)
            assert (at_celery.cold.upper == 0) if uncached else (at_celery.cold == call.cold)
    celery = celery_for(run, query_seconds)
    # Measured: a parent of 284 MiB and children of 241 that run nothing.
    assert (celery.memory or 0) >= (284 + 241 * celery.concurrency) * MIB
    heaviest = max((c.cold.upper or 0 for v in demand.visits for c in v.load if c.ttl is not None), default=0)
    assert (celery.memory or 0) >= (284 + 241 * celery.concurrency) * MIB + heaviest


@given(demands())
def test_the_largest_entry_fits_redis_while_it_is_on_its_way(demand: Demand) -> None:
    """A full cache that stores and reads its largest entry drops none for it."""
    need = sized(demand)
    entries = [c.entry.upper or 0 for v in demand.visits for c in v.load if c.ttl is not None]
    assert (need.redis or 0) >= sum(entries) + 2 * max(entries, default=0)


@given(demands(), st.floats(1, 10), st.sampled_from([None, 0.2, 5.0]))
def test_more_viewers_never_need_less(demand: Demand, times: float, query_seconds: float | None) -> None:
    audience = demand.audience
    more = demand._replace(audience=audience._replace(viewers=audience.viewers * times))
    few, many = (sized(one, query_seconds=query_seconds) for one in (demand, more))
    assert load_of(more).cores >= load_of(demand).cores * (1 - 1e-9)
    assert many.serving.workers >= few.serving.workers
    assert many.redis == few.redis
    # Workers of fewer threads may be as many slots: what counts is what runs at once, and its memory.
    at = [worst_pod(one, few.serving.workers, few.serving.threads) or 0 for one in (demand, more)]
    assert at[0] <= at[1]
    ask = 0.0 if query_seconds is None else query_seconds
    assert celery_for(more, ask).concurrency >= celery_for(demand, ask).concurrency


@given(demands(), st.integers(1, 8), st.integers(1, 20))
def test_a_pod_holds_its_workers_and_its_heaviest(demand: Demand, workers: int, threads: int) -> None:
    base = MASTER + workers * WORKER_AT_REST
    found = worst_pod(demand, workers, threads)
    assert found is not None
    assert base <= found
    assert found <= (worst_pod(demand, workers, threads + 1) or 0)
    sizes = [c.cold.expected or 0 for v in demand.visits for c in v.load]
    assert found - base <= max(sizes) * workers * threads
    one = demand._replace(audience=demand.audience._replace(viewers=10_000.0))
    assert (worst_pod(one, workers, threads) or 0) - base == max(sizes) * workers * threads


@given(demands())
def test_connections_fit_their_pools(demand: Demand) -> None:
    need = sized(demand)
    found, serving = need.connections, need.serving
    assert found.pool_size >= serving.threads
    assert found.metadata == serving.processes * (found.pool_size + found.max_overflow)
    assert found.max_connections > found.metadata
    assert found.warehouse == serving.slots


@given(demands(), st.integers(1, 16), st.floats(0.5, 16))
def test_memory_and_cores_that_are_given_are_kept(demand: Demand, gib: int, cpus: float) -> None:
    need = sized(demand, Budget(memory=gib * 1024 * MIB, cpus=cpus))
    assert need.serving.memory == gib * 1024 * MIB
    assert need.serving.workers <= max(2, math.ceil(cpus))
    assert need.serving.threads >= 2


@given(demands())
def test_pods_of_one_size(demand: Demand) -> None:
    need = sized(demand, Budget(pod_memory=2048 * MIB, pod_cpus=2.0))
    assert need.serving.workers <= 2
    assert need.serving.memory == 2048 * MIB
    assert need.serving.cpus == 2.0


def test_what_gives_way_first() -> None:
    heavy = Call(0, "all orders", Cost(400 * MIB, 400 * MIB, "statistics"), UNKNOWN, Cost(0, 0), 1.0, 0.1)
    visit = Visit(Dashboard("d", 1, "Sales", Origin(None, "export")), 1.0, (heavy,))
    demand = Demand(Audience(0.4, 60.0), (visit,), cached=False)
    serving = Serving(1, 2, 4, MASTER + 2 * WORKER_AT_REST + 1500 * MIB, 2.0)
    need = sized(demand)._replace(serving=serving, worst_pod=worst_pod(demand, 2, 4))
    found = {limit.name: limit for limit in limits(demand, need, query_seconds=0.5)}
    # Of 0.4 on average, no more than three are there but in one of a thousand moments; from 0.43 on, four.
    # Three are 1,200 MiB, four 1,600 of the 1,500 that there are beside the workers.
    assert found["memory"].viewers == pytest.approx(0.43, abs=0.01)
    # One second of CPU each: two cores are full at two a second, 120 people who come once a minute.
    assert found["cpu"].viewers is not None
    assert 118 < found["cpu"].viewers <= 120
    # 1.5 s each: eight threads are full at 320 people.
    assert found["threads"].viewers is not None
    assert 315 < found["threads"].viewers <= 320
    assert "redis" not in found
    assert next(iter(found)) == "memory"
    assert found["connections"].factor is None
    tight = limits(demand, need, query_seconds=0.5, max_connections=10)
    assert tight[0].name == "connections"
    assert tight[0].factor == 0.0


def test_what_is_not_known_is_said() -> None:
    unbounded = Call(0, "a chart", UNKNOWN, UNKNOWN, UNKNOWN, 0.2, 0.1, ttl=60)
    visit = Visit(Dashboard("d", 1, "Sales", Origin(None, "export")), 1.0, (unbounded,))
    demand = Demand(Audience(3.0), (visit,))
    need = sized(demand, query_seconds=None)
    assert need.worst_pod is None
    assert need.redis is None
    assert need.threads_from == "image"
    unknown = {
        limit.name: limit.lacks for limit in limits(demand, need, query_seconds=None) if not limit.known
    }
    assert set(unknown) == {"threads", "timeout", "memory", "redis"}
    assert "--query-seconds" in unknown["threads"]


def test_a_plan_is_as_sure_as_its_least_certain_request() -> None:
    costs = [Cost(2**20, 2**21, basis) for basis in ("measured", "row_limit", "statistics")]
    load = tuple(Call(n, "a chart", cost, cost, cost, 0.1, 0.01) for n, cost in enumerate(costs))
    demand = Demand(Audience(5.0), (Visit(Dashboard("d", 1, "Sales", Origin(None, "export")), 1.0, load),))
    made = plan(Analysis(Workspace()), demand, Wanted())
    assert (made.worker.basis, made.pod.basis) == ("row_limit", "row_limit")
