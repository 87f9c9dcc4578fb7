"""How numbers are written for people."""

from __future__ import annotations

from collections.abc import Iterable

from dashlint.cost.model import NOTABLE, Cost, total

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def size(value: int | None) -> str:
    """Bytes in binary units with two or three figures (``70 MiB``, ``1.5 GiB``)."""
    if value is None:
        return "unknown"
    amount = float(value)
    unit = _UNITS[0]
    for unit in _UNITS:
        if abs(amount) < 1000 or unit == _UNITS[-1]:
            break
        amount /= 1024
    return f"{amount:.1f} {unit}" if 0 < abs(amount) < 9.95 and unit != "B" else f"{amount:,.0f} {unit}"


def cost_phrase(value: Cost | None) -> str:
    """Expected and upper bytes in one phrase: ``~70 MiB, at most 310 MiB``."""
    if value is None or (value.expected is None and value.upper is None):
        return "unknown"
    if value.expected is None:
        return f"at most {size(value.upper)}"
    if value.upper is None or size(value.upper) == size(value.expected):
        return f"~{size(value.expected)}"
    return f"~{size(value.expected)}, at most {size(value.upper)}"


def sum_phrase(costs: Iterable[Cost]) -> str:
    """:func:`cost_phrase` of a sum; where a part of it is not known, also what the others are expected to be.

    ``at most 814 MiB (~658 MiB where rows are known)``.
    """
    parts = list(costs)
    whole = total(parts)
    known = sum(part.expected or 0 for part in parts)
    more = f" (~{size(known)} where rows are known)" if whole.expected is None and known else ""
    return cost_phrase(whole) + more


def saves(value: Cost, per: str = "load") -> str:
    """What a change saves, to be put behind it: `` (saves ~48 MiB per load)``; empty if not notable."""
    if max(value.expected or 0, value.upper or 0) < NOTABLE:
        return ""
    if value.expected is not None and value.expected < NOTABLE:
        return f" (saves up to {size(value.upper)} per {per})"
    return f" (saves {cost_phrase(value).replace('at most', 'up to')} per {per})"


def plural(count: int, noun: str) -> str:
    """``1 chart``, ``12 charts``, ``2 queries``."""
    if count == 1:
        return f"{count} {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"
