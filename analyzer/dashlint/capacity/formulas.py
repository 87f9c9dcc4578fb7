"""Closed forms: waiting for one of several servers, and what a cache with a timeout holds."""

from __future__ import annotations

import math


def erlang_c(servers: int, offered: float) -> float:
    """The share of arrivals that find all servers busy, in M/M/c.

    ``offered`` is the load in servers (arrivals per second × seconds each takes). 1 where the queue would
    grow for ever. By the recursion of Erlang's loss formula, which does not overflow (A. K. Erlang 1917;
    e.g. Gross et al., Fundamentals of Queueing Theory, 2.4).
    """
    if offered <= 0:
        return 0.0
    if servers <= offered:
        return 1.0
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    busy = offered / servers
    return blocked / (1 - busy + busy * blocked)


def waits_longer(servers: int, offered: float, service: float, seconds: float) -> float:
    """The share of arrivals that wait longer than ``seconds`` in M/M/c; ``service`` is the mean of one."""
    if offered <= 0 or service <= 0:
        return 0.0
    waits = erlang_c(servers, offered)
    return waits if waits >= 1 else waits * math.exp(-(servers - offered) * max(0.0, seconds) / service)


def servers_for(offered: float, waiting: float) -> int:
    """The fewest servers at which at most this share of arrivals waits."""
    servers = max(1, math.ceil(offered))
    while erlang_c(servers, offered) > waiting:
        servers += 1
    return servers


def present(reads: float, ttl: int | None, stores: float = 0.0) -> float:
    """The share of time that a cache holds an entry, and so the share of reads that it answers.

    A read that finds nothing stores it for ``ttl`` seconds (0: for ever; None: never), counted from there:
    Superset does not prolong it on a read (superset/utils/cache.py:set_and_log_cache). ``stores`` per second
    come without a read: those of refreshes that pass the cache by. Both come at random moments (Poisson):
    it is there until a time of ``ttl`` passes without a store, which takes ``(e^(stores × ttl) - 1) /
    stores`` on average, and away until the next of either.
    """
    if ttl is None or reads + stores <= 0:
        return 0.0
    if ttl == 0:
        return 1.0
    grown = min(stores * ttl, 700.0)
    there = ttl if grown < 1e-9 else math.expm1(grown) / stores
    return there / (there + 1 / (reads + stores))
