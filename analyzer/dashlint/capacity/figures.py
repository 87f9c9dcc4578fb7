"""The numbers that all files share, so that they fit together: pools, timeouts, limits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from dashlint.capacity.sizing import LEAST_CACHE, MIB, Connections
from dashlint.cost.capacity import MASTER, WORKER_AT_REST

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.capacity.plan import CapacityPlan

#: Seconds by which each timeout is longer than the one inside it: the browser's, gunicorn's, the proxy's.
MARGIN = 30
#: A worker is started anew about once in eight busiest hours, which bounds what it keeps of freed memory
#: (docs/memory-model.md: ``retained``), and not more often than each thousand requests: starting takes it
#: ten seconds and more (docs/capacity.md).
RECYCLE_SECONDS = 8 * 3600
LEAST_REQUESTS = 1000
#: Redis needs room beside its data: buffers of clients, and memory that is freed but not given back
#: (https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/memory-optimization/).
REDIS_ROOM = 1.25
REDIS_LEAST_ROOM = 64 * MIB
#: A message of Celery for a chart is its form, some KiB; tens of thousands fit.
BROKER = 256 * MIB
#: The Redis whose configuration was tried; anything newer reads the same.
REDIS_IMAGE = "redis:7.4"
POSTGRES_IMAGE = "postgres:16"
PORT = 8088
HEADER = "Written by dashlint capacity {version}; docs/capacity.md says where the numbers come from."


class Figures(NamedTuple):
    """Everything that a file may say. Bytes, seconds, cores."""

    version: str
    superset: str
    pods: int
    workers: int
    threads: int
    memory: int
    cpu_request: float
    cpu_limit: float
    webserver_timeout: int
    gunicorn_timeout: int
    proxy_timeout: int
    max_requests: int
    max_requests_jitter: int
    connections: Connections
    cache_timeout: int
    cache: int | None
    celery: int | None
    celery_memory: int
    celery_child: int
    viewers: float

    @property
    def cached(self) -> bool:
        """Whether there is to be a Redis for chart data."""
        return self.cache is not None

    @property
    def header(self) -> str:
        return HEADER.format(version=self.version)


def figures_of(plan: CapacityPlan, analysis: Analysis) -> Figures:
    """The figures of a plan."""
    from dashlint import __version__

    need, serving, settings = plan.need, plan.need.serving, analysis.settings
    memory = serving.memory
    if memory is None:
        # Nothing is known of the rows: the workers at rest, and as much again for what they are asked.
        memory = _mib(2 * (MASTER + serving.workers * WORKER_AT_REST))
    patience = round(plan.wanted.patience)
    wanted = plan.load.requests / serving.processes * RECYCLE_SECONDS
    most = max(LEAST_REQUESTS, math.ceil(wanted / 100) * 100)
    celery = need.celery
    # A cache is worth having whether there was one before or not.
    cache = need.redis if need.redis is not None else LEAST_CACHE * 8
    child = (celery.memory or 2 * WORKER_AT_REST) // celery.concurrency if celery else 0
    return Figures(
        __version__,
        settings.version,
        serving.pods,
        serving.workers,
        serving.threads,
        memory,
        round(max(0.1, min(plan.load.cores / serving.pods, serving.cores / serving.pods)), 1),
        round(serving.cores / serving.pods, 1),
        patience,
        patience + MARGIN,
        patience + 2 * MARGIN,
        most,
        most // 10,
        need.connections,
        settings.data_cache_default_timeout or settings.cache_default_timeout,
        plan.wanted.redis or cache,
        celery.concurrency if celery else None,
        (celery.memory or celery.concurrency * 2 * WORKER_AT_REST) if celery else 0,
        max(child, 2 * WORKER_AT_REST),
        plan.demand.audience.viewers,
    )


def redis_limit(maxmemory: int) -> int:
    """Bytes of the container around a Redis with this ``maxmemory``."""
    return _mib(max(round(maxmemory * REDIS_ROOM), maxmemory + REDIS_LEAST_ROOM))


def mebibytes(size: int) -> int:
    """Whole MiB, rounded up."""
    return math.ceil(size / MIB)


def _mib(size: int) -> int:
    return mebibytes(size) * MIB


def image_tag(superset: str) -> str:
    """The image of a minor version, in its first release."""
    return f"{superset}.0"
