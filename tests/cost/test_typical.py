"""The value that stands for what somebody will pick."""

from __future__ import annotations

import pytest

from dashlint.catalog.model import ColumnStatistics
from dashlint.cost.typical import typical_range, typical_value


def column(**known: object) -> ColumnStatistics:
    return ColumnStatistics("c", **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "value"),
    [
        # Of 50 values, one in fifty is the average.
        ({"distinct": 50, "common": (("often", 0.6), ("average", 0.02), ("rare", 0.001))}, "average"),
        # The values that are not in the list are many and rare, as the average one is.
        ({"distinct": 10_000, "common": (("often", 0.6),), "histogram": ("a", "m", "z")}, "m"),
        # Two values: either is half of the rows.
        ({"distinct": 2, "common": (("yes", 0.5), ("no", 0.5))}, "yes"),
        ({"minimum": "3", "maximum": "9"}, "3"),
        ({"distinct": 7}, None),
        ({"common": ()}, None),
        ({"distinct": 1, "null_fraction": 1.0, "common": ()}, None),
    ],
)
def test_the_value_that_is_as_frequent_as_the_average(known: dict[str, object], value: str | None) -> None:
    assert typical_value(column(**known)) == value


def test_a_range_holds_a_hundredth_of_the_rows() -> None:
    bounds = tuple(str(n * n) for n in range(101))
    assert typical_range(column(histogram=bounds, minimum="0", maximum="10000")) == (2401.0, 2500.0)
    assert typical_range(column(minimum="0", maximum="1000")) == (500.0, 510.0)
    low, high = typical_range(column(minimum="0.5", maximum="1.5")) or (0.0, 0.0)
    assert low == 1.0
    assert high == pytest.approx(1.01)


def test_whole_numbers_stay_whole() -> None:
    assert typical_range(column(minimum="0", maximum="7")) == (3.0, 4.0)


@pytest.mark.parametrize("known", [{}, {"minimum": "a", "maximum": "z"}, {"histogram": ("x", "y", "z")}])
def test_no_range_without_numbers(known: dict[str, object]) -> None:
    assert typical_range(column(**known)) is None
