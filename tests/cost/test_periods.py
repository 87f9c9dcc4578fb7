"""Lengths of time ranges and grains; counts of buckets are never too low."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.cost.periods import buckets, grain_seconds, range_seconds

DAY = 86_400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Last 30 days", 30 * DAY),
        ("Last week", 7 * DAY),
        ("last quarter", 92 * DAY),
        ("previous calendar month", 31 * DAY),
        ("Current year", 366 * DAY),
        ("2024-01-01 : 2024-01-31", 30 * DAY),
        ("2024-01-01T00:00:00 : 2024-01-01T06:00:00", 6 * 3600),
        ("2024-02-01 : 2024-01-01", 0),
        ("No filter", None),
        ("", None),
        (None, None),
        (" : 2024-01-31", None),
        ("2024-01-01 : ", None),
        ('DATEADD(DATETIME("now"), -7, day) : now', None),
        ("2024-01-01 : 2024-01-31T00:00:00+00:00", None),
    ],
)
def test_range(text: str | None, seconds: int | None) -> None:
    assert range_seconds(text) == seconds


@pytest.mark.parametrize(
    ("grain", "seconds"),
    [
        ("PT1S", 1),
        ("PT5M", 300),
        ("PT0.5H", 1800),
        ("PT1H", 3600),
        ("P1D", DAY),
        ("P1W", 7 * DAY),
        ("1969-12-28T00:00:00Z/P1W", 7 * DAY),
        ("P1W/1970-01-03T00:00:00Z", 7 * DAY),
        ("P1M", 28 * DAY),
        ("P3M", 84 * DAY),
        ("P1Y", 365 * DAY),
        ("", None),
        ("P", None),
        ("hourly", None),
    ],
)
def test_grain(grain: str, seconds: int | None) -> None:
    assert grain_seconds(grain) == seconds


@given(
    start=st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)),
    length=st.timedeltas(timedelta(0), timedelta(days=900)),
)
def test_a_span_never_touches_more_days_or_months_than_counted(start: datetime, length: timedelta) -> None:
    end = start + length
    days = (end.date() - start.date()).days + 1
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    seconds = int(length.total_seconds())
    assert days <= (buckets(seconds, "P1D") or 0)
    assert months <= (buckets(seconds, "P1M") or 0)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    range_seconds(text)
    grain_seconds(text)
