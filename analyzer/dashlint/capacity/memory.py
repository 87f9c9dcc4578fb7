"""The worst moment: everybody sends at once, and the heaviest requests meet in one pod."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from dashlint.capacity.model import Call, Demand
from dashlint.cost.capacity import MASTER, WORKER_AT_REST, sum_of_heaviest
from dashlint.cost.model import bytes_of

#: The share of moments in which more people than counted may have a dashboard open.
SELDOM = 0.001
#: Above so many on average Poisson's distribution is as good as normal, and its terms are too small to add.
MANY = 500.0

Size = Callable[[Call], "int | None"]


def counted(call: Call) -> int | None:
    """What a cold request is expected to take, or at most takes where that is not known."""
    return bytes_of(call.cold)


def expected(call: Call) -> int | None:
    """What it is expected to take."""
    return call.cold.expected


def upper(call: Call) -> int | None:
    """What it takes at most."""
    return call.cold.upper


def worst_worker(demand: Demand, threads: int, size: Size = counted) -> int | None:
    """Bytes of one worker in which its threads' worth of the heaviest meet; None where one is not known."""
    found = _heaviest(demand, threads, size)
    return None if found is None else WORKER_AT_REST + found


def worst_pod(demand: Demand, workers: int, threads: int, size: Size = counted) -> int | None:
    """Bytes of a pod: gunicorn's master, its workers, and the heaviest requests that fit their threads."""
    found = _heaviest(demand, workers * threads, size)
    return None if found is None else MASTER + workers * WORKER_AT_REST + found


def together(mean: float) -> int:
    """How many have a dashboard open in all but one of a thousand moments, when it is so many on average.

    People come independently of each other, so that their number is Poisson's.
    """
    if mean > MANY:
        # The normal distribution, which Poisson's is by then: its 99.9 % are 3.09 deviations above the mean.
        return math.ceil(mean + 3.09 * math.sqrt(mean) + 0.5)
    term = cumulated = math.exp(-mean)
    count = 0
    while cumulated < 1 - SELDOM:
        count += 1
        term *= mean / count
        cumulated += term
    return max(1, count)


def _heaviest(demand: Demand, places: int, size: Size) -> int | None:
    """All who have a dashboard open send at the same moment; what does not fit waits."""
    sized: list[tuple[int, int]] = []
    for visit in demand.visits:
        people = together(demand.audience.viewers * visit.share)
        # One at a time of the load, a filter change and a refresh: a browser sends one event after another.
        events: Sequence[Sequence[Call]] = (visit.load, *visit.filters, visit.refresh)
        best: list[int] = []
        for event in events:
            sizes = [size(call) for call in event]
            if any(one is None for one in sizes):
                return None
            known = sorted((one for one in sizes if one is not None), reverse=True)[:places]
            best = max(best, known, key=sum)
        sized += [(one, people) for one in best]
    return sum_of_heaviest(sized, places)
