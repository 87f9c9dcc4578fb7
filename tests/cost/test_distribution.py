"""Shares of rows with frequent values and histograms, as PostgreSQL's manual computes them (76.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from dashlint.catalog.model import ColumnStatistics
from dashlint.cost.selectivity import Condition, share_of_column
from dashlint.superset.masks import PLACEHOLDER

NOW = datetime(2026, 1, 1)
#: The manual's ``stringu1``: 676 values, ten of them frequent.
FREQUENT = (
    "EJAAAA",
    "BBAAAA",
    "CRAAAA",
    "FCAAAA",
    "FEAAAA",
    "GSAAAA",
    "JOAAAA",
    "MCAAAA",
    "NAAAAA",
    "WGAAAA",
)
SHARES = (0.00333333, *[0.003] * 9)
TEXTS = ColumnStatistics(
    "stringu1", distinct=676, null_fraction=0, common=tuple(zip(FREQUENT, SHARES, strict=True))
)
#: The manual's ``unique1``.
BOUNDS = ("0", "993", "1997", "3050", "4040", "5036", "5957", "7057", "8029", "9016", "9995")
NUMBERS = ColumnStatistics("unique1", distinct=10_000, null_fraction=0, histogram=BOUNDS)


def share(statistics: ColumnStatistics, op: str, value: Any) -> float | None:
    return share_of_column(statistics, [Condition("c", op, value)], NOW)


def test_the_manuals_examples() -> None:
    assert share(TEXTS, "==", "CRAAAA") == 0.003
    assert share(TEXTS, "==", "xxx") == pytest.approx(0.0014559, rel=1e-4)
    assert share(NUMBERS, "<", 1000) == pytest.approx(0.100697, rel=1e-4)


def test_several_values_and_one_that_somebody_will_pick() -> None:
    assert share(TEXTS, "IN", ["CRAAAA", "EJAAAA"]) == pytest.approx(0.00633333)
    assert share(TEXTS, "IN", [PLACEHOLDER]) == pytest.approx(1 / 676)
    assert share(TEXTS, "NOT IN", ["CRAAAA"]) == pytest.approx(0.997)


def test_null_as_a_filter_offers_it() -> None:
    gaps = TEXTS._replace(null_fraction=0.25)
    assert share(gaps, "IN", ["<NULL>"]) == 0.25
    assert share(gaps, "IN", ["CRAAAA", "<NULL>"]) == pytest.approx(0.253)


def test_numbers_and_booleans_are_found_among_texts() -> None:
    flags = ColumnStatistics("gift", distinct=2, null_fraction=0, common=(("f", 0.98), ("t", 0.02)))
    assert share(flags, "IN", [True]) == 0.02
    assert share(flags, "IS FALSE", None) == 0.98
    counts = ColumnStatistics("n", distinct=2, common=(("1", 0.9), ("60", 0.1)))
    assert share(counts, "==", 60) == 0.1
    assert share(counts, "==", 60.0) == 0.1


def test_a_range_over_few_values_counts_them() -> None:
    counts = ColumnStatistics("n", distinct=3, null_fraction=0, common=(("1", 0.7), ("2", 0.2), ("9", 0.1)))
    conditions = [Condition("n", ">=", 2), Condition("n", "<=", 8)]
    assert share_of_column(counts, conditions, NOW) == pytest.approx(0.2)


def test_a_time_range_in_a_histogram() -> None:
    days = tuple(f"2025-{month:02}-01 00:00:00" for month in range(1, 13))
    times = ColumnStatistics("ts", distinct=1e6, null_fraction=0, histogram=days)
    assert share(times, "TEMPORAL_RANGE", "2025-03-01 : 2025-04-01") == pytest.approx(1 / 11)
    # Behind all that is known: the statistics are old, and nobody knows.
    assert share(times, "TEMPORAL_RANGE", "2026-02-01 : 2026-03-01") is None


def test_a_text_that_begins_so() -> None:
    names = ColumnStatistics("n", distinct=1e5, null_fraction=0, histogram=("aa", "ab", "ba", "bb", "ca"))
    assert share(names, "LIKE", "b%") == pytest.approx(0.4)
    assert share(names, "LIKE", "%b") is None
    assert share(names, "LIKE", "b_") is None


@pytest.mark.parametrize(
    "value", [10**400, -(10**400), "9" * 400, float("inf"), float("nan"), True, None, []]
)
def test_no_value_of_a_filter_is_too_odd_for_a_distribution(value: Any) -> None:
    """A whole number of 400 digits fits in no float."""
    for op in ("==", "!=", ">", "<=", "IN", "NOT IN"):
        found = share(NUMBERS, op, [value] if "IN" in op else value)
        assert found is None or 0 <= found <= 1
