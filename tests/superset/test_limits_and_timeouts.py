"""From the limit asked for to the LIMIT in the SQL, and from three timeouts to the one that counts.

The expected numbers are those of Superset's own functions with its default settings
(``_process_row_limit``, ``apply_max_row_limit``) and of a running 6.1.0.
"""

from __future__ import annotations

from typing import Any

import pytest

from dashlint.assets import Chart, Database, Dataset, Origin
from dashlint.superset import limits, queries, timeouts
from dashlint.superset.query import CacheTimeout
from dashlint.superset.settings import Settings

ORIGIN = Origin(None, "test")
NEW, OLD = Settings(version="6.1"), Settings(version="5.0")


@pytest.mark.parametrize(
    ("asked", "settings", "pagination", "expected"),
    [
        (None, NEW, False, 50_000),
        (0, NEW, False, 50_000),
        (7, NEW, False, 7),
        (200_000, NEW, False, 100_000),
        (200_000, NEW, True, 200_000),
        (900_000, NEW, True, 500_000),
        (200_000, OLD, True, 100_000),
        (None, NEW.with_values(row_limit=0), False, 100_000),
        (None, NEW.with_values(row_limit=200_000), False, 100_000),
    ],
)
def test_limit(asked: int | None, settings: Settings, *, pagination: bool, expected: int) -> None:
    assert limits.effective(asked, settings, server_pagination=pagination) == expected


def test_a_negative_limit_is_refused() -> None:
    assert limits.effective(-1, NEW) == 0


def test_samples_have_a_default_of_their_own() -> None:
    assert limits.effective(None, NEW, samples=True) == 1_000


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("7", [7]), ("0", [100_000]), (0, [50_000]), ("", [50_000]), (None, [50_000]), ("x", []), ("1e3", [])],
)
def test_row_limits_of_legacy_charts_as_text(asked: Any, expected: list[int]) -> None:
    """As Superset 6.1.0 answered: it reads them with int(), and fails where that fails."""
    params = {"groupby": "a", "columns": "b", "metric": "count", "row_limit": asked}
    chart = Chart("c", 1, "c", "chord", Origin(None, "test"), params=params)
    assert [query.effective_limit for query in queries.build(chart, None, NEW)] == expected


def test_a_layer_has_no_default_of_a_panel() -> None:
    """As Superset 6.1.0 answered: only the chart by itself asks for its panel's 10,000 rows."""
    place = {"type": "latlong", "lonCol": "x", "latCol": "y"}
    chart = Chart("c", 1, "c", "deck_hex", Origin(None, "test"), params={"spatial": place, "size": "count"})
    (alone,), (layer,) = queries.build(chart, None, NEW), queries.build(chart, None, NEW, layer=True)
    assert (alone.effective_limit, layer.effective_limit) == (10_000, 50_000)


def test_legacy_charts_know_no_server_pagination() -> None:
    assert limits.effective(900_000, NEW, server_pagination=True, legacy=True) == 100_000


def test_totals_that_shares_need_have_no_limit_since_6_0() -> None:
    assert limits.effective(0, NEW, totals=True) is None
    assert limits.effective(0, OLD, totals=True) == 50_000


@pytest.mark.parametrize(
    ("value", "expected"), [(None, None), (True, None), ("7", 7), ("x", None), (7.9, 7), (7, 7)]
)
def test_what_the_server_reads_as_a_limit(value: object, expected: int | None) -> None:
    assert limits.asked(value) == expected


def timeout(
    chart: int | None,
    dataset: int | None,
    database: int | None,
    settings: Settings = NEW,
    *,
    legacy: bool = False,
) -> CacheTimeout:
    return timeouts.effective(
        Chart("c", 1, "c", "table", ORIGIN, cache_timeout=chart),
        Dataset("d", 1, "d", ORIGIN, cache_timeout=dataset),
        Database("b", 1, "b", ORIGIN, cache_timeout=database),
        settings,
        legacy=legacy,
    )


CACHED = NEW.with_values(data_cache_default_timeout=600)


@pytest.mark.parametrize(
    ("chart", "dataset", "database", "settings", "expected"),
    [
        (5, 6, 7, NEW, (5, "chart")),
        (None, 6, 7, NEW, (6, "dataset")),
        (None, None, 7, NEW, (7, "database")),
        (None, None, None, NEW, (86_400, "config")),
        (None, None, None, CACHED, (600, "data-cache-config")),
        (-1, 6, 7, CACHED, (-1, "chart")),
        (0, 6, 7, CACHED, (600, "data-cache-config")),
        (None, 0, 7, CACHED, (600, "data-cache-config")),
        (None, None, 0, NEW, (86_400, "config")),
        (None, None, None, NEW.with_values(data_cache_default_timeout=0), (0, "data-cache-config")),
    ],
)
def test_timeout(
    chart: int | None,
    dataset: int | None,
    database: int | None,
    settings: Settings,
    expected: tuple[int, str],
) -> None:
    assert timeout(chart, dataset, database, settings) == expected


@pytest.mark.parametrize(
    ("chart", "dataset", "expected"),
    [(5, 6, (5, "chart")), (0, 6, (6, "dataset")), (0, 0, (0, "dataset")), (None, None, (86_400, "config"))],
)
def test_legacy_timeout(chart: int | None, dataset: int | None, expected: tuple[int, str]) -> None:
    assert timeout(chart, dataset, None, legacy=True) == expected


def test_options_of_a_filter_have_no_chart() -> None:
    dataset = Dataset("d", 1, "d", ORIGIN, cache_timeout=6)
    assert timeouts.effective(None, dataset, None, NEW) == (6, "dataset")
    assert timeouts.effective(None, None, None, NEW) == (86_400, "config")


def test_a_legacy_chart_may_carry_its_timeout_in_its_form_data() -> None:
    chart = Chart("c", 1, "c", "country_map", ORIGIN, params={"cache_timeout": 9})
    assert timeouts.effective(chart, None, None, NEW, legacy=True) == (9, "chart")
    assert timeouts.effective(chart, None, None, NEW) == (86_400, "config")
