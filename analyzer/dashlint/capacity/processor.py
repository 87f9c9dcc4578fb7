"""Seconds of CPU that a worker spends on a request, as measured on Superset 6.1.0.

A request costs by itself (login, permissions, the log), by the statements behind it (the SQL's making,
the driver, the data frame), and by the bytes of its answer (pickle, records, JSON), on a core of an x86-64
cloud server. The bytes are those of the requests of benchmarks/capacity/measured/alone.csv that answer with
a megabyte and more, each alone in a worker. What a request costs whatever it answers is that under load,
where threads take the lock from each other and people log in: alone it is a third. docs/capacity.md tells
how well both fit. Faster or slower cores need in proportion less or more: ``--core-speed``.
"""

from __future__ import annotations

from dashlint.cost.result import ResultCost

#: Of each request, whoever answers it.
PER_REQUEST = 0.07
#: Of each statement that the warehouse answers; the cache answers several for next to nothing.
PER_STATEMENT = 0.1
PER_HIT = 0.01
#: Of each byte of the answer, when the warehouse and when the cache answers: 0.08 to 0.13 and 0.05 to 0.09 s
#: a megabyte in all but one of those requests.
PER_BYTE_MISS = 0.12e-6
PER_BYTE_HIT = 0.08e-6
#: Of the page itself, its metadata, its charts' and its datasets' descriptions.
PAGE = 0.5


def miss(statements: int, result: ResultCost | None) -> float:
    """Of a request that the warehouse answers."""
    return PER_REQUEST + statements * PER_STATEMENT + (result.response if result else 0) * PER_BYTE_MISS


def hit(statements: int, result: ResultCost | None) -> float:
    """Of one that the cache answers."""
    return PER_REQUEST + statements * PER_HIT + (result.response if result else 0) * PER_BYTE_HIT
