"""What gives way first when more people come."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from dashlint.capacity.formulas import waits_longer
from dashlint.capacity.load import Load, load_of
from dashlint.capacity.memory import worst_pod
from dashlint.capacity.model import Demand, Serving
from dashlint.capacity.sizing import (
    POSTGRES_CONNECTIONS,
    POSTGRES_RESERVED,
    WEBSERVER_TIMEOUT,
    Need,
    redis_for,
)

#: Times today's viewers that are looked at.
FURTHEST = 1000.0
#: Share of requests that may come after the browser's timeout.
LATE = 0.01


class Limit(NamedTuple):
    """Something that can give way: ``cpu``, ``threads``, ``timeout``, ``memory``, ``redis``, ``connections``.

    ``factor`` is how many times the viewers it bears; 0: not even these, None: more viewers do not matter,
    or up to a thousand times. ``known`` is False where a fact is missing, which ``lacks`` names.
    """

    name: str
    factor: float | None
    viewers: float | None
    known: bool = True
    lacks: str = ""


def limits(
    demand: Demand,
    need: Need,
    *,
    query_seconds: float | None,
    redis: int | None = None,
    max_connections: int | None = None,
    patience: float = WEBSERVER_TIMEOUT,
) -> tuple[Limit, ...]:
    """Everything that can give way, what does so first in front.

    ``redis`` (bytes) and ``max_connections`` are what there is, by default what was worked out.
    """
    serving = need.serving
    viewers = demand.audience.viewers

    def limit(name: str, breaks: Callable[[float], bool]) -> Limit:
        factor = _first(breaks)
        return Limit(name, factor, None if factor is None else factor * viewers)

    def busy(load: Load) -> float:
        return load.busy_threads(query_seconds or 0.0)

    found = [limit("cpu", lambda k: load_of(demand, k).cores >= serving.cores)]
    if query_seconds is None and load_of(demand).statements:
        why = "how long queries take (--query-seconds)"
        found += [_unknown("threads", why), _unknown("timeout", why)]
    else:
        found.append(limit("threads", lambda k: busy(load_of(demand, k)) >= serving.slots))
        found.append(limit("timeout", lambda k: _late(load_of(demand, k), serving, busy, patience) > LATE))
    if serving.memory is None or need.worst_pod is None:
        found.append(_unknown("memory", "the rows of a chart, or the memory of a pod"))
    else:
        allowed = serving.memory

        def too_big(factor: float) -> bool:
            more = demand._replace(audience=demand.audience._replace(viewers=viewers * factor))
            return (worst_pod(more, serving.workers, serving.threads) or 0) > allowed

        found.append(limit("memory", too_big))
    if demand.cached is not False:
        cache = redis if redis is not None else need.redis
        if cache is None:
            found.append(_unknown("redis", "the rows of a chart"))
        else:
            found.append(limit("redis", lambda k: redis_for(demand, load_of(demand, k).entries or 0) > cache))
    most = max_connections if max_connections is not None else POSTGRES_CONNECTIONS
    too_many = need.connections.metadata > most - POSTGRES_RESERVED
    found.append(Limit("connections", 0.0 if too_many else None, 0.0 if too_many else None))
    return tuple(sorted(found, key=lambda one: math.inf if one.factor is None else one.factor))


def _unknown(name: str, lacks: str) -> Limit:
    return Limit(name, None, None, known=False, lacks=lacks)


def _late(load: Load, serving: Serving, busy: Callable[[Load], float], patience: float) -> float:
    """The share of requests that wait so long for a thread that the browser gives up."""
    offered = busy(load)
    service = offered / load.requests if load.requests else 0.0
    return waits_longer(serving.slots, offered, service, patience - service)


def most_query_seconds(load: Load, serving: Serving, busy: float) -> float | None:
    """The mean seconds of a statement up to which threads are at most so busy; None where that is any."""
    if load.statements <= 0:
        return None
    return max(0.0, (serving.slots * busy - load.cores) / load.statements)


def _first(breaks: Callable[[float], bool]) -> float | None:
    """The least factor at which something gives way, to a hundredth; None if it never does."""
    if not breaks(FURTHEST):
        return None
    if breaks(1.0):
        low, high = 0.0, 1.0
    else:
        low, high = 1.0, FURTHEST
    while high - low > max(0.005, high * 0.005):
        middle = (low + high) / 2
        if breaks(middle):
            high = middle
        else:
            low = middle
    return round(low, 2)
