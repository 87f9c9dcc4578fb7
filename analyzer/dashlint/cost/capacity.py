"""Many viewers on few workers: what a deployment needs, by the costs of single requests.

A worker of gunicorn's ``gthread`` runs as many requests at once as it has threads; the others wait in the
queue and cost nothing yet. Superset does not merge equal requests that are in flight together
(superset/common/query_context_processor.py:get_df_payload), so that each viewer's count. Which worker gets
which request is chance: the heaviest that can be in flight together may all meet in one.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dashlint.cost.model import Cost, weakest

#: Resident bytes of a worker that has answered some requests, and of gunicorn's master, without
#: ``--preload``: the largest of those measured on Superset 6.1.0, 306,180,096 and 28,848,128
#: (benchmarks/memory/measured/server.csv).
WORKER_AT_REST = 306_180_096
MASTER = 28_848_128
#: What Superset's image starts (docker/entrypoints/run-server.sh: SERVER_WORKER_AMOUNT,
#: SERVER_THREADS_AMOUNT).
WORKERS = 1
THREADS = 20
#: Values of each filter that people pick before its entries expire: an assumption, not a measurement;
#: ``dashlint cost`` states it, and ``--filter-values`` changes it.
FILTER_VALUES = 10


class Deployment(NamedTuple):
    """How many people look at a dashboard at once, and what answers them."""

    viewers: int = 1
    workers: int = WORKERS
    threads: int = THREADS
    filter_values: int = FILTER_VALUES

    @property
    def slots(self) -> int:
        """Requests that all workers run at once."""
        return self.workers * self.threads


class Peak(NamedTuple):
    """Resident bytes at the worst moment, of one worker and of ``all_workers`` with the master.

    ``running`` requests are in flight then, ``waiting`` are queued.
    """

    worker: Cost
    all_workers: Cost
    running: int
    waiting: int


def peak(requests: Sequence[Cost], deployment: Deployment) -> Peak:
    """The worst moment when every viewer sends these requests at the same time."""
    sent = len(requests) * deployment.viewers
    running = min(sent, deployment.slots)
    return Peak(
        _plus(_heaviest(requests, deployment.viewers, deployment.threads), WORKER_AT_REST),
        _plus(
            _heaviest(requests, deployment.viewers, deployment.slots),
            deployment.workers * WORKER_AT_REST + MASTER,
        ),
        running,
        sent - running,
    )


def _heaviest(requests: Sequence[Cost], copies: int, places: int) -> Cost:
    """The sum of the heaviest that fit, each of them there ``copies`` times."""
    return Cost(
        _sum_of_heaviest([cost.expected for cost in requests], copies, places),
        _sum_of_heaviest([cost.upper for cost in requests], copies, places),
        weakest(requests),
    )


def _sum_of_heaviest(figures: Iterable[int | None], copies: int, places: int) -> int | None:
    known = list(figures)
    if any(figure is None for figure in known):
        return None
    return sum_of_heaviest(((figure, copies) for figure in known if figure is not None), places)


def sum_of_heaviest(counted: Iterable[tuple[int, int]], places: int) -> int:
    """The sum of the heaviest of ``counted`` (bytes, and how many there are of these) that fit ``places``."""
    left, total = places, 0
    for figure, copies in heapq.nlargest(places, counted):
        taken = min(copies, left)
        total += figure * taken
        left -= taken
        if not left:
            break
    return total


def _plus(cost: Cost, more: int) -> Cost:
    return Cost(
        None if cost.expected is None else cost.expected + more,
        None if cost.upper is None else cost.upper + more,
        cost.basis,
    )


def cache_size(load: Iterable[Cost], filters: Iterable[tuple[Sequence[Cost], int]]) -> Cost:
    """Bytes in the data cache: entries of a load, and of a change of each filter times its values.

    Combinations of filters are not counted: each of those that people use adds as much as one value more.
    """
    entries = [(cost, 1) for cost in load]
    entries += [(cost, values) for costs, values in filters for cost in costs]
    expected = [None if c.expected is None else c.expected * n for c, n in entries]
    upper = [None if c.upper is None else c.upper * n for c, n in entries]
    return Cost(
        None if None in expected else sum(n for n in expected if n is not None),
        None if None in upper else sum(n for n in upper if n is not None),
        weakest(cost for cost, _ in entries),
    )
