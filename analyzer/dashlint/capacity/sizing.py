"""How many workers and threads, how much memory, cache and connections a demand needs."""

from __future__ import annotations

import math
from typing import NamedTuple

from dashlint.capacity.formulas import servers_for
from dashlint.capacity.load import Load, all_entries, largest_entry, load_of
from dashlint.capacity.memory import worst_pod, worst_worker
from dashlint.capacity.model import Budget, Demand, Fixed, Serving
from dashlint.cost.capacity import MASTER, THREADS, WORKER_AT_REST

#: How busy cores may be in the busiest hour: one queue that is 70 % busy makes people wait 2.3 times as long
#: as the work itself takes, at 90 % it is nine times (M/M/1: busy / (1 - busy)).
BUSY = 0.7
#: The share of requests that may find every thread busy.
WAITING = 0.01
#: A browser sends six requests at once over HTTP/1.1; fewer threads make a single viewer queue.
LEAST_SLOTS = 6
#: More threads than these do not help a worker whose threads share one core: Superset's image has 20
#: (docker/entrypoints/run-server.sh: SERVER_THREADS_AMOUNT).
MOST_THREADS = THREADS
#: Redis takes up to 30 % more than the bytes stored (136 entries, benchmarks/memory/measured/cases.csv).
REDIS_OVERHEAD = 1.3
#: Entries on their way to or from clients count towards maxmemory as well (redis' evict.c takes off only the
#: buffers of replicas and of the append-only file): while one is stored or read, it is there twice. Of eight
#: requests at once no more than two were on the way with the largest (docs/capacity.md).
ON_THE_WAY = 2
MIB = 2**20
#: The smallest maxmemory that is proposed: below it there is nothing to be saved.
LEAST_CACHE = 64 * MIB
#: Connections of a process beyond one for each thread: for what asks outside of a request.
OVERFLOW = 5
#: max_connections that PostgreSQL has by default, and those that it keeps for superusers
#: (postgresql.conf: max_connections, superuser_reserved_connections).
POSTGRES_CONNECTIONS = 100
POSTGRES_RESERVED = 3
#: SUPERSET_WEBSERVER_TIMEOUT of superset/config.py: seconds that a browser waits for a chart.
WEBSERVER_TIMEOUT = 60


#: Resident bytes of Celery's parent with Superset's application, and of a child that has run some charts, of
#: which it shares a part with its parent: the largest of those measured on Superset 6.1.0, 284 and 241 MiB
#: (docs/capacity.md).
CELERY_PARENT = 284 * MIB
CELERY_CHILD = 241 * MIB


class Connections(NamedTuple):
    """Database connections: of the metadata database by its pools, of the warehouse by queries in flight.

    Superset opens a connection to a warehouse for each query and closes it (NullPool,
    superset/models/core.py:_get_sqla_engine), so ``warehouse`` are as many as queries run at once.
    """

    pool_size: int
    max_overflow: int
    metadata: int
    max_connections: int
    warehouse: int


class Celery(NamedTuple):
    """Workers for asynchronous queries: ``concurrency`` processes, and bytes of them with their parent."""

    concurrency: int
    memory: int | None


class Need(NamedTuple):
    """What a demand needs. Bytes; None is unknown.

    ``threads_from`` tells where the threads come from: ``given``, ``queries`` (how long they take),
    ``memory`` (more would not fit), ``image`` (Superset's default, as nobody told how long queries take).
    """

    serving: Serving
    threads_from: str
    workers_from: str
    worst_pod: int | None
    redis: int | None
    entries: int | None
    connections: Connections
    celery: Celery | None


def size(
    demand: Demand,
    load: Load,
    budget: Budget,
    fixed: Fixed,
    *,
    query_seconds: float | None,
) -> Need:
    """The least that serves a demand within the budget; where nothing does, the most that the budget allows.

    Without Celery: whoever computes charts asynchronously adds :func:`celery_for`.
    """
    workers, workers_from = _workers(load, budget, fixed)
    pods = fixed.pods or _pods(workers, budget)
    each = math.ceil(workers / pods)
    memory = budget.pod_memory or (budget.memory // pods if budget.memory is not None else None)
    cpus = budget.pod_cpus or (budget.cpus / pods if budget.cpus is not None else None)
    threads, threads_from = _threads(demand, load, fixed, each, pods, memory, query_seconds)
    worst = worst_pod(demand, each, threads)
    if memory is None and worst is not None:
        memory = _rounded(worst)
    serving = Serving(pods, each, threads, memory, cpus)
    entries = all_entries(demand)
    return Need(
        serving,
        threads_from,
        workers_from,
        worst,
        None if demand.cached is False or entries is None else cache_memory(demand, entries),
        entries,
        connections_for(serving, None),
        None,
    )


def cache_memory(demand: Demand, entries: int) -> int:
    """The maxmemory that holds so many bytes of entries, and passes them on."""
    return max(LEAST_CACHE, _rounded(redis_for(demand, entries)))


def _workers(load: Load, budget: Budget, fixed: Fixed) -> tuple[int, str]:
    if fixed.workers is not None:
        return fixed.workers * (fixed.pods or 1), "given"
    # Two, so that one answers while the other is started anew.
    needed = max(2, math.ceil(load.cores / BUSY))
    cpus = budget.cpus if budget.pod_cpus is None else None
    if cpus is not None and needed > max(2, math.ceil(cpus)):
        # More processes than cores take memory and serve nobody.
        needed = max(2, math.ceil(cpus))
        return min(needed, _room(budget, needed)), "cores"
    room = _room(budget, needed)
    if room < needed:
        return room, "memory"
    return needed, "cpu" if needed > 2 else "two"


def _room(budget: Budget, wanted: int) -> int:
    """How many workers the memory has room for, each with half of itself for its requests."""
    if budget.memory is None or budget.pod_memory is not None:
        return wanted
    return max(1, (budget.memory - MASTER) // (WORKER_AT_REST + WORKER_AT_REST // 2))


def _pods(workers: int, budget: Budget) -> int:
    if budget.pod_cpus is None and budget.pod_memory is None:
        return 1
    each = workers
    if budget.pod_cpus is not None:
        each = max(1, math.floor(budget.pod_cpus))
    if budget.pod_memory is not None:
        each = min(each, max(1, (budget.pod_memory - MASTER) // (WORKER_AT_REST + WORKER_AT_REST // 2)))
    return math.ceil(workers / each)


def _threads(
    demand: Demand,
    load: Load,
    fixed: Fixed,
    workers: int,
    pods: int,
    memory: int | None,
    query_seconds: float | None,
) -> tuple[int, str]:
    if fixed.threads is not None:
        return fixed.threads, "given"
    least = max(2, math.ceil(LEAST_SLOTS / (workers * pods)))
    if query_seconds is None and load.statements:
        wanted, why = MOST_THREADS, "image"
    else:
        busy = load.busy_threads(query_seconds or 0.0)
        slots = servers_for(busy, WAITING)
        wanted, why = min(MOST_THREADS, max(least, math.ceil(slots / (workers * pods)))), "queries"
    if memory is None:
        return wanted, why
    fits = wanted
    while fits > least and (worst_pod(demand, workers, fits) or 0) > memory:
        fits -= 1
    return (fits, why if fits == wanted else "memory")


def connections_for(serving: Serving, celery: Celery | None) -> Connections:
    """What these processes open at most."""
    processes = serving.processes + (celery.concurrency + 1 if celery is not None else 0)
    pool = serving.threads
    metadata = processes * (pool + OVERFLOW)
    return Connections(
        pool,
        OVERFLOW,
        metadata,
        # A migration or a shell beside them, and those that PostgreSQL keeps for itself.
        max(POSTGRES_CONNECTIONS, metadata + pool + OVERFLOW + POSTGRES_RESERVED + 1),
        celery.concurrency if celery is not None else serving.slots,
    )


def celery_for(demand: Demand, query_seconds: float | None) -> Celery:
    """Celery runs the misses, as many at once as their work and the warehouse take.

    While nobody tells how long queries take, that is what their work alone takes: the least.
    """
    load = load_of(demand)
    concurrency = max(2, servers_for(load.busy_threads(query_seconds or 0.0), WAITING))
    heaviest = worst_worker(demand, concurrency)
    memory = None
    if heaviest is not None:
        memory = CELERY_PARENT + concurrency * CELERY_CHILD + heaviest - WORKER_AT_REST
    return Celery(concurrency, None if memory is None else _rounded(memory))


def redis_for(demand: Demand, entries: int) -> int:
    """Bytes that Redis needs to keep so many bytes of entries and to pass them on."""
    return round(entries * REDIS_OVERHEAD) + ON_THE_WAY * largest_entry(demand)


def _rounded(size: int) -> int:
    """Up to a multiple of 64 MiB, of 256 MiB from a GiB on."""
    step = 64 * MIB if size < 1024 * MIB else 256 * MIB
    return math.ceil(size / step) * step
