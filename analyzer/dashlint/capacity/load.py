"""What a demand asks of processors, threads, warehouse and cache on average, by closed forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dashlint.capacity.formulas import present
from dashlint.capacity.model import Demand
from dashlint.capacity.simulation import rates_of
from dashlint.cost.model import Cost, bytes_of


class Load(NamedTuple):
    """Averages of the busiest hour.

    ``requests`` and ``misses`` per second, ``statements`` of the warehouse per second; ``hit_ratio`` is that
    of the reads that may hit (None where there are none). ``cores`` are those that the work keeps busy.
    ``entries`` are the bytes that are in the cache on average.
    """

    requests: float
    misses: float
    statements: float
    hit_ratio: float | None
    cores: float
    entries: int | None

    def busy_threads(self, query_seconds: float) -> float:
        """Requests in flight on average (Little's law), when a statement takes so long."""
        return self.cores + self.statements * query_seconds


def load_of(demand: Demand, factor: float = 1.0) -> Load:
    """The load of ``factor`` times the viewers."""
    there = {
        key: present(reads / states, ttl, stores / states)
        for key, (reads, stores, ttl, states) in rates_of(demand, factor).items()
    }
    requests = misses = statements = reads = hits = 0.0
    cores = demand.page_cpu(factor)
    for call, rate in demand.flows(factor):
        hit = 0.0 if call.force or call.ttl is None else there[call.key]
        if call.ttl is not None and not call.force:
            reads += rate
            hits += rate * hit
        requests += rate
        misses += rate * (1 - hit)
        statements += rate * (1 - hit) * call.statements
        cores += rate * (hit * call.cpu_hit + (1 - hit) * call.cpu_cold)
    return Load(requests, misses, statements, hits / reads if reads else None, cores, _entries(demand, there))


def _entries(demand: Demand, there: dict[int, float]) -> int | None:
    sizes = {call.key: (bytes_of(call.entry), call.states) for call, _rate in demand.flows()}
    total = 0.0
    for key, (size, states) in sizes.items():
        if size is None:
            return None
        total += size * states * there[key]
    return round(total)


def all_entries(demand: Demand, size: Callable[[Cost], int | None] = bytes_of) -> int | None:
    """Bytes of every entry that the dashboards and the picked filter values make, were all there at once.

    ``size`` says what to count an entry with: what is expected of it, and where that is not known the most
    that it can be. None where it gives None for any of them.
    """
    sizes = {
        call.key: (size(call.entry), call.states) for call, _rate in demand.flows() if call.ttl is not None
    }
    if any(one is None for one, _states in sizes.values()):
        return None
    return sum((one or 0) * states for one, states in sizes.values())


def largest_entry(demand: Demand) -> int:
    """Bytes of the largest entry whose size is known."""
    return max(
        (bytes_of(call.entry) or 0 for call, _rate in demand.flows() if call.ttl is not None), default=0
    )
