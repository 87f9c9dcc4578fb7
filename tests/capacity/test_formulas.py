"""Closed forms against textbook figures, and the simulation against the closed forms."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.assets import Dashboard, Origin
from dashlint.capacity.formulas import erlang_c, present, servers_for, waits_longer
from dashlint.capacity.model import Audience, Call, Demand, Serving, Visit
from dashlint.capacity.simulation import play, simulate
from dashlint.cost.model import Cost

NOTHING = Cost(0, 0, "measured")


def one_call(**more: object) -> Call:
    given: dict[str, object] = {
        "key": 0, "title": "a chart", "cold": NOTHING, "hit": NOTHING, "entry": NOTHING,
        "cpu_cold": 0.0, "cpu_hit": 0.0, **more,
    }  # fmt: skip
    return Call(**given)  # type: ignore[arg-type]


def demand(*calls: Call, per_second: float, seconds: float = 1.0) -> Demand:
    """People who send these and go; nothing but the calls themselves."""
    dashboard = Dashboard("d", 1, "A dashboard", Origin("d.yaml", "export"))
    audience = Audience(per_second * seconds, seconds, 0.0, 1)
    return Demand(audience, (Visit(dashboard, 1.0, calls),))


@pytest.mark.parametrize(
    ("servers", "offered", "share"),
    # One server waits as often as it is busy; the others by the definition's sums, done by hand.
    [(1, 0.5, 0.5), (2, 1.0, 1 / 3), (3, 2.0, 4 / 9), (5, 2.0, 0.0597)],
)
def test_erlang_c(servers: int, offered: float, share: float) -> None:
    assert erlang_c(servers, offered) == pytest.approx(share, abs=5e-5)


def test_erlang_c_where_it_has_no_answer() -> None:
    assert erlang_c(4, 4.0) == 1.0
    assert erlang_c(4, 9.0) == 1.0
    assert erlang_c(4, 0.0) == 0.0


@given(st.floats(0.01, 200), st.floats(0.001, 0.5))
def test_as_many_servers_as_it_takes(offered: float, share: float) -> None:
    servers = servers_for(offered, share)
    assert erlang_c(servers, offered) <= share
    assert servers == 1 or erlang_c(servers - 1, offered) > share


@given(st.integers(1, 30), st.floats(0.1, 40), st.floats(0.1, 40))
def test_more_load_waits_more(servers: int, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert erlang_c(servers, low) <= erlang_c(servers, high) + 1e-12


def test_waiting_for_one_of_several_is_erlangs() -> None:
    """One worker whose requests do nothing but wait for the warehouse is M/M/c.

    Of some 48,000 arrivals, the share that waits is within 0.02, the mean wait within a tenth.
    """
    threads, offered, service = 4, 3.0, 0.5
    people = demand(one_call(), per_second=offered / service)
    waits = [
        wait
        for seed in range(4)
        for wait in play(
            people, Serving(1, 1, threads), query_seconds=service, patience=60, seed=seed, seconds=2_000
        ).waits
    ]
    assert len(waits) > 40_000
    share = erlang_c(threads, offered)
    assert sum(wait > 1e-9 for wait in waits) / len(waits) == pytest.approx(share, abs=0.02)
    mean = share * service / (threads - offered)
    assert sum(waits) / len(waits) == pytest.approx(mean, rel=0.1)
    late = waits_longer(threads, offered, service, 1.0)
    assert sum(wait > 1.0 for wait in waits) / len(waits) == pytest.approx(late, abs=0.01)


@pytest.mark.parametrize(("per_second", "ttl"), [(0.05, 60), (0.01, 60), (1.0, 5)])
def test_hits_of_a_cache_with_a_timeout(per_second: float, ttl: int) -> None:
    """One hit ratio, from the formula and from the simulation, within 0.03."""
    people = demand(one_call(ttl=ttl), per_second=per_second)
    hours = [
        play(people, Serving(1, 1, 20), query_seconds=1e-6, patience=60, seed=seed, seconds=20_000)
        for seed in range(3)
    ]
    ratio = sum(hour.hits for hour in hours) / sum(hour.reads for hour in hours)
    assert ratio == pytest.approx(per_second * ttl / (1 + per_second * ttl), abs=0.03)
    assert present(per_second, ttl) == pytest.approx(per_second * ttl / (1 + per_second * ttl))


def test_what_a_cache_holds() -> None:
    assert present(1.0, None) == 0.0
    assert present(0.0, 60) == 0.0
    assert present(0.1, 0) == 1.0
    # Stored by a timer about every 10 s and kept for 60 s, it is nearly always there.
    assert present(0.0, 60, stores=0.1) == pytest.approx(1 - math.exp(-6), abs=1e-9)
    assert present(1.0, 3600, stores=5.0) == 1.0


@given(st.floats(0.001, 10), st.floats(0.001, 10), st.integers(1, 100_000), st.floats(0, 5))
def test_more_readers_hit_more(one: float, other: float, ttl: int, stores: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= present(low, ttl, stores) <= present(high, ttl, stores) + 1e-12 <= 1 + 1e-9


def test_a_seed_repeats_itself() -> None:
    people = demand(one_call(ttl=30, cpu_cold=0.1), one_call(key=1), per_second=2.0)
    serving = Serving(1, 2, 3, 10**9)

    def run(seed: int) -> object:
        return simulate(people, serving, query_seconds=0.4, patience=60, seed=seed, hours=3, requests=2_000)

    assert run(5) == run(5)
    assert run(5) != run(6)
