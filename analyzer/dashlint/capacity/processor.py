"""Seconds of CPU that a worker spends on a request, as measured on Superset 6.1.0.

A request costs by the statements behind it (permissions, the SQL's making, the log) and by the bytes of its
answer (data frame, pickle, records, JSON). Medians of 76 requests, each alone in a worker, on a core of an
x86-64 cloud server (benchmarks/capacity/measured/alone.csv; docs/capacity.md tells how well it fits).
Faster or slower cores need in proportion less or more: ``--core-speed``.
"""

from __future__ import annotations

from dashlint.cost.result import ResultCost

#: Of each statement that the warehouse answers, and of each that the cache does.
PER_MISS = 0.14
PER_HIT = 0.07
#: Of each byte of the answer.
PER_BYTE_MISS = 0.3e-6
PER_BYTE_HIT = 0.15e-6
#: Of the page itself, its metadata, its charts' and its datasets' descriptions.
PAGE = 0.35


def miss(statements: int, result: ResultCost | None) -> float:
    """Of a request that the warehouse answers."""
    return statements * PER_MISS + (result.response if result else 0) * PER_BYTE_MISS


def hit(statements: int, result: ResultCost | None) -> float:
    """Of one that the cache answers."""
    return statements * PER_HIT + (result.response if result else 0) * PER_BYTE_HIT
