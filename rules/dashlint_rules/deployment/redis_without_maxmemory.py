"""A Redis for caches that may grow beyond the memory it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.redis_uses import Server, What, names, servers, size

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment

#: How much more than ``maxmemory`` a full Redis has resident, at least, as measured (see Source below).
_RESIDENT = 1.15
#: The share of the memory that is left for other things than data, as Amazon advises.
_RESERVED = 0.25


class RedisWithoutMaxmemory(Rule):
    """A Redis that keeps a cache has no maxmemory, or more than its container's limit holds.

    ## Why
    Redis' default is `maxmemory 0`: no limit (64 bit). A cache then grows with every new query, filter value
    and user until entries expire faster than new ones come, or until the container's limit or the machine's
    memory is reached. There the kernel kills Redis, and with it whatever else it holds, such as Celery's
    queue.

    A limit of the container does not tell Redis when to drop entries, and `maxmemory` counts data alone: a
    full Redis has more resident than that. At a limit of `maxmemory` or less, Redis is killed before it drops
    anything.

    ## Example
    ```yaml
    redis:
      image: redis:7
      mem_limit: 1g
    ```

    ## Use instead
    ```yaml
    redis:
      image: redis:7
      command: redis-server --maxmemory 768mb --maxmemory-policy allkeys-lru
      mem_limit: 1g
    ```

    With Celery's queue in the same Redis write `volatile-lru`: DL606 says why. Snapshots and rewrites of the
    append-only file need more: up to twice the memory while everything changes.

    A limit that is above `maxmemory` by less than 15 % is info: whether Redis gets there is not known.

    Only a Redis of the files is judged, and only if a cache of `superset_config.py` leads to it by host and
    port. Silent where a configuration file of Redis is not among the files, or a script sets `maxmemory`
    later.

    ## Source
    redis.io, "Key eviction" (default of maxmemory; what it counts) and "Redis administration" (twice the
    memory while saving); redis src/config.c: `maxmemory` 0. Amazon ElastiCache, "Managing reserved memory": a
    quarter is left for other things than data. Measured with Redis 7.0.15 (jemalloc 5.3.0), maxmemory 256mb,
    allkeys-lru, 1.2 GiB of values written, 8 KiB each in the median: 15 to 18 % more than maxmemory was
    resident.
    """

    code = "DL605"
    severity = Severity.WARNING
    effort = Effort.LINE
    remedy = "give Redis a maxmemory"
    applies_to = "Superset 4.1 to 6.1; Redis 4 to 8, Valkey, KeyDB."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each Redis that is bounded by nothing, or by more than it may have."""
        for server in servers(deployment):
            maxmemory = server.maxmemory
            limit = server.container.memory_limit
            most = limit.value if limit is not None and isinstance(limit.value, (int, float)) else None
            if maxmemory == 0 and server.of(What.CACHE):
                # A limit that is set, and unknown, is a limit all the same.
                yield self._unbounded(server, most, limited=limit is not None)
            elif maxmemory and most is not None and most < maxmemory * _RESIDENT:
                yield self._too_much(server, maxmemory, int(most))

    def _unbounded(self, server: Server, most: float | None, *, limited: bool) -> Finding:
        name = server.container.name
        if most is not None:
            end = f"its container's limit of {size(int(most))}, where it is killed"
        elif limited:
            end = "its container's memory limit, where it is killed"
        else:
            end = "the machine's memory is used up"
        others = server.of(What.QUEUE, What.EVENTS)
        also = f"; {_held(server)} would go with it" if any(one.in_force for one in others) else ""
        if "maxmemory-policy" in server.options:
            also += "; maxmemory-policy does nothing without it"
        return self.deployment_finding(
            server.place("maxmemory"),
            f"Redis {name!r} holds the entries of {names(server.of(What.CACHE))} and has no maxmemory: "
            f"it grows until {'it reaches ' if limited else ''}{end}{also}",
            field=_field(server),
            advice=_advice(server, most),
        )

    def _too_much(self, server: Server, maxmemory: int, most: int) -> Finding:
        name = server.container.name
        fits = size(int(most * (1 - _RESERVED)) // 2**20 * 2**20)
        sure = most <= maxmemory
        if sure:
            told = "it is killed before it is full"
        else:
            told = f"a full Redis has some {(_RESIDENT - 1) * 100:.0f} % more than maxmemory resident"
        return self.deployment_finding(
            server.place("maxmemory"),
            f"Redis {name!r} has maxmemory {size(maxmemory)} in a container that may have {size(most)}: "
            f"{told}",
            field=_field(server),
            advice=f"write maxmemory {fits}, a quarter less than the container's limit, "
            f"or raise the limit to {size(_needed(maxmemory))}",
            severity=None if sure else Severity.INFO,
            confidence=None if sure else Confidence.MEDIUM,
        )


def _needed(maxmemory: int) -> int:
    """The limit of which ``maxmemory`` is three quarters, in whole MiB."""
    return -int(-maxmemory / (1 - _RESERVED) // 2**20) * 2**20


def _held(server: Server) -> str:
    held = dict.fromkeys(use.what.value for use in server.of(What.QUEUE, What.EVENTS) if use.in_force)
    return " and ".join(held)


def _field(server: Server) -> str | None:
    """The place's own, but where a whole file is the place."""
    return None if server.place("maxmemory").field else "maxmemory"


def _advice(server: Server, most: float | None) -> str:
    amount = size(int(most * (1 - _RESERVED)) // 2**20 * 2**20) if most is not None else "SIZE"
    # Entries of caches expire and Celery's queue does not, so `volatile-` drops the former alone.
    policy = "volatile-lru" if server.of(What.QUEUE, What.EVENTS) else "allkeys-lru"
    place = server.place("maxmemory")
    if (place.file or "").endswith(".conf") or "config-file" in server.options:
        line = f"write maxmemory {amount} and maxmemory-policy {policy} into its configuration file"
    elif place.field == "redis":
        # Bitnami's chart below the official one.
        line = f'write redis.master.extraFlags: ["--maxmemory {amount}", "--maxmemory-policy {policy}"]'
    else:
        line = f"start it with redis-server --maxmemory {amount} --maxmemory-policy {policy}"
    about = (
        "a quarter less than the container's limit" if most is not None else "SIZE: 3/4 of what it may have"
    )
    return f"{line} ({about})"
