"""Sums over millions of statements in little memory."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

#: Durations are counted in buckets each 5 % wider than the one before: percentiles are right to 5 %.
_WIDTH = math.log(1.05)
#: The shortest duration that is told apart, in seconds: PostgreSQL's log writes microseconds.
_LEAST = 1e-6


@dataclass
class Tally:
    """Time, calls and rows of the statements of one kind. ``rows`` counts only calls whose rows are told."""

    seconds: float = 0.0
    calls: int = 0
    rows: int = 0
    calls_with_rows: int = 0
    longest: float | None = None
    by_confidence: Counter[str] = field(default_factory=Counter)
    parts: dict[str, None] = field(default_factory=dict)
    buckets: Counter[int] = field(default_factory=Counter)
    has_sums: bool = False

    def add(self, seconds: float, calls: int, rows: int | None, longest: float | None, *, each: bool) -> None:
        """One line of a log, or one row of statistics (``each`` False: without percentiles)."""
        self.seconds += seconds
        self.calls += calls
        if rows is not None and calls:
            self.rows += rows
            self.calls_with_rows += calls
        if longest is not None and (self.longest is None or longest > self.longest):
            self.longest = longest
        if each:
            self.buckets[math.floor(math.log(max(seconds, _LEAST)) / _WIDTH)] += calls
        elif calls:
            self.has_sums = True

    def percentile(self, share: float) -> float | None:
        """Seconds within which this share of the calls ended; None where only sums are known."""
        count = sum(self.buckets.values())
        if self.has_sums or not count:
            return None
        wanted, seen = share * count, 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                top = math.exp((bucket + 1) * _WIDTH)
                return min(top, self.longest) if self.longest is not None else top
        return None

    @property
    def rows_per_call(self) -> float | None:
        return self.rows / self.calls_with_rows if self.calls_with_rows else None
