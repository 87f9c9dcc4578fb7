"""The values that estimates are made of: rows, bytes, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterable

from dashlint.records import NamedTuple

#: What an estimate rests on, best first: ``measured``, ``explain``, ``statistics``,
#: ``row_limit`` (only the limit is known, so ``expected`` is None), ``unknown``.
BASES = ("measured", "explain", "statistics", "row_limit", "unknown")


#: Bytes below which a saving is not worth a word: resident memory that differs by less than about half a
#: million is the granularity of pages (benchmarks/memory/README.md); twice that counts.
NOTABLE = 2**20


class Rows(NamedTuple):
    """How many rows a query returns: ``upper`` never exceeded, ``expected`` typical."""

    expected: int | None
    upper: int | None
    basis: str = "unknown"


class Cost(NamedTuple):
    """Bytes of memory. None is unknown, never 0."""

    expected: int | None
    upper: int | None
    basis: str = "unknown"


UNKNOWN = Cost(None, None, "unknown")


def total(costs: Iterable[Cost]) -> Cost:
    """The sum: unknown parts make the sum unknown, the weakest basis wins."""
    parts = list(costs)
    if not parts:
        return Cost(0, 0, "measured")
    expected = [c.expected for c in parts]
    upper = [c.upper for c in parts]
    return Cost(
        sum(e for e in expected if e is not None) if None not in expected else None,
        sum(u for u in upper if u is not None) if None not in upper else None,
        weakest(parts),
    )


def weakest(costs: Iterable[Cost], default: str = "measured") -> str:
    """The basis of the least certain of several; ``default`` of none."""
    return max((cost.basis for cost in costs), key=BASES.index, default=default)


def bytes_of(cost: Cost) -> int | None:
    """What to count with: what is expected, and where that is not known the most it can be."""
    return cost.expected if cost.expected is not None else cost.upper
