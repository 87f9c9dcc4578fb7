"""Rows of queries: never more than the limit, unknown where nothing is known, and what filters leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.assets import Column, Dataset, Origin
from dashlint.catalog.model import ColumnStatistics
from dashlint.cost import rows
from dashlint.cost.groups import combinations, left_of
from dashlint.cost.model import UNKNOWN, Cost, total
from dashlint.cost.requests import Part, parts_of, request_cost
from dashlint.cost.rows import Source
from dashlint.cost.selectivity import Condition, share_of_column
from dashlint.superset.masks import PLACEHOLDER
from dashlint.superset.query import Query, QueryColumn, QueryFilter, QueryMetric
from dashlint.superset.settings import Settings

NOW = datetime(2026, 11, 21)
DATASET = Dataset(
    uuid="d",
    id=1,
    name="orders",
    origin=Origin(None, ""),
    columns=(
        Column("country", "VARCHAR(40)"),
        Column("day", "DATE", is_temporal=True),
        Column("hour", "BIGINT"),
    ),
)
COUNT = (QueryMetric("count", aggregate="COUNT"),)
COUNTRY = QueryColumn("country", name="country")
CITY = QueryColumn("city", name="city")
DAY = QueryColumn("day", name="day", is_base_axis=True, time_grain="P1D")


@dataclass
class Warehouse:
    """Knows some columns and perhaps the number of rows."""

    columns: Mapping[str, ColumnStatistics] = field(default_factory=dict)
    held: float | None = None
    unique: frozenset[str] = frozenset()
    sql: tuple[Condition, ...] = ()
    now: datetime = NOW
    planned: float | None = None
    seconds: int | None = None

    def statistics(self, _dataset: Dataset, column: str) -> ColumnStatistics | None:
        return self.columns.get(column)

    def span(self, _dataset: Dataset, _column: str) -> int | None:
        return self.seconds

    def source_rows(self, _dataset: Dataset) -> Source:
        return Source(self.held, round(self.held) if self.held is not None else None)

    def unique_columns(self, _dataset: Dataset) -> frozenset[str]:
        return self.unique

    def planned_rows(self, _query: Query, _dataset: Dataset) -> float | None:
        return self.planned

    def planned_width(self, _dataset: Dataset, _column: str) -> float | None:
        return None

    def sql_conditions(self, _query: Query, _dataset: Dataset) -> tuple[Condition, ...]:
        return self.sql


def test_the_planner_is_asked_where_statistics_cannot_say() -> None:
    by_day = query(COUNTRY, DAY)
    silent = replace(WAREHOUSE, held=None)
    assert rows.estimate(by_day, DATASET, silent).expected is None
    planned = rows.estimate(by_day, DATASET, replace(silent, planned=2_000.0))
    # 30 countries on 1000 days make 30,000 groups, of which 2,000 rows fill at most as many.
    assert planned.basis == "explain"
    assert planned.expected is not None
    assert 1_900 < planned.expected <= 2_000
    assert planned.upper == rows.estimate(by_day, DATASET, silent).upper
    # Whoever knows the rows is not asked, and a key that nobody knows makes unknown groups of known rows.
    assert rows.estimate(by_day, DATASET, replace(WAREHOUSE, planned=1.0)) == rows.estimate(
        by_day, DATASET, WAREHOUSE
    )
    unknown = query(QueryColumn("what", sql="lower(country)"))
    assert rows.estimate(unknown, DATASET, replace(silent, planned=2_000.0)).expected is None


def known(name: str, distinct: float | None, nulls: float = 0.0, **more: Any) -> ColumnStatistics:
    return ColumnStatistics(name, distinct=distinct, null_fraction=nulls, **more)


#: A thousand days, 30 countries with no null, 5 cities and some nulls.
WAREHOUSE = Warehouse(
    {
        "country": known("country", 30),
        "city": known("city", 5, 0.1),
        "day": known("day", 1000, minimum="2024-02-26", maximum="2026-11-21"),
        "id": known("id", 100_000, minimum="1", maximum="100000"),
    },
    held=100_000,
)


def query(*columns: QueryColumn, limit: int | None = 50_000, **more: Any) -> Query:
    return Query(columns=columns, metrics=COUNT, effective_limit=limit, **more)


def raw(*conditions: QueryFilter, limit: int | None = None, **more: Any) -> Query:
    return Query(columns=(COUNTRY,), metrics=None, effective_limit=limit, filters=conditions, **more)


def test_only_the_limit_is_known() -> None:
    assert rows.estimate(query(COUNTRY), DATASET, Warehouse()) == (None, 50_000, "row_limit")
    assert rows.estimate(query(COUNTRY, limit=None), DATASET, Warehouse()) == (None, None, "unknown")
    assert rows.estimate(query(COUNTRY), None, Warehouse()) == (None, 50_000, "row_limit")


def test_one_row_without_dimensions() -> None:
    assert rows.estimate(query(), DATASET, Warehouse()) == (1, 1, "statistics")
    assert rows.estimate(replace(query(COUNTRY), is_rowcount=True), DATASET, Warehouse()) == (
        1,
        1,
        "statistics",
    )


def test_groups_are_the_product_of_distinct_values() -> None:
    # A null is one more city.
    assert rows.estimate(query(COUNTRY, CITY), DATASET, WAREHOUSE) == (180, 180, "statistics")
    assert rows.estimate(query(COUNTRY, CITY, limit=100), DATASET, WAREHOUSE).upper == 100
    limited = query(COUNTRY, CITY, series_limit=3, series_columns=(COUNTRY,))
    assert rows.estimate(limited, DATASET, WAREHOUSE) == (18, 18, "statistics")


def test_others_are_one_series_more_and_there_is_no_limit() -> None:
    others = query(COUNTRY, CITY, limit=None, series_limit=3, series_columns=(COUNTRY,), group_others=True)
    assert rows.estimate(others, DATASET, WAREHOUSE) == (24, 24, "statistics")
    assert rows.estimate(others, DATASET, Warehouse()) == (None, None, "unknown")


def test_many_values_may_be_more_than_a_sample_saw() -> None:
    city = Warehouse({"city": known("city", 5_000)}, held=100_000)
    assert rows.estimate(query(CITY), DATASET, city) == (5_000, 20_000, "statistics")


def test_few_rows_have_few_groups() -> None:
    one = (QueryFilter("country", "==", "AT"), QueryFilter("id", "<", 31))
    found = rows.estimate(query(DAY, filters=one), DATASET, WAREHOUSE)
    # 100,000 × 1/30 × 30/100,000 rows is one row: one day.
    assert found == (1, 1000, "statistics")


def test_a_time_range_bounds_the_buckets() -> None:
    month = (QueryFilter("day", "TEMPORAL_RANGE", "Last 30 days"),)
    assert rows.estimate(query(DAY, filters=month), DATASET, Warehouse()).upper == 32
    assert rows.estimate(query(DAY, filters=month), DATASET, WAREHOUSE) == (30, 32, "statistics")
    weekly = DAY._replace(time_grain="P1W")
    # 26 February 2024 was a Monday: 143 weeks up to the Saturday of the last.
    assert rows.estimate(query(weekly), DATASET, WAREHOUSE).expected == 143
    assert rows.estimate(query(DAY), DATASET, Warehouse()).basis == "row_limit"
    # Nor is more known of a truncated moment than how long a time it covers.
    tenth = Warehouse(seconds=10 * 86_400)
    assert rows.estimate(query(DAY), DATASET, tenth).upper == 13
    assert rows.time_buckets(query(DAY), DATASET, tenth) == 13


def test_a_dashboards_time_range_replaces_the_charts() -> None:
    changed = query(DAY, filters=(QueryFilter("day", "TEMPORAL_RANGE", "No filter"),), time_range="Last week")
    assert rows.estimate(changed, DATASET, WAREHOUSE).expected == 7


def test_a_grain_counts_only_on_moments() -> None:
    hour = QueryColumn("hour", name="hour", is_base_axis=True, time_grain="P1D")
    hours = Warehouse({"hour": known("hour", 24, minimum="0", maximum="23")}, held=1000)
    assert rows.estimate(query(hour), DATASET, hours) == (24, 24, "statistics")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("country", "==", "AT"), 3_333),
        (("country", "IN", ["AT", "DE", "FR"]), 10_000),
        (("country", "NOT IN", ["AT", "DE", "FR"]), 90_000),
        (("country", "!=", "AT"), 96_667),
        (("city", "IS NULL", None), 10_000),
        (("city", "IS NOT NULL", None), 90_000),
        (("city", "==", "Graz"), 18_000),
        (("id", "<=", 25_000), 25_000),
        (("id", ">", "75000"), 25_000),
        (("day", "TEMPORAL_RANGE", "Last 100 days"), 10_000),
        (("day", "TEMPORAL_RANGE", "2024-02-26 : 2024-06-05"), 10_000),
        (("day", "TEMPORAL_RANGE", "No filter"), 100_000),
        # What nobody knows, and what is newer than the statistics.
        (("country", "LIKE", "A%"), None),
        (("street", "==", "Main"), None),
        (("day", "TEMPORAL_RANGE", "fortnight before last : now"), None),
        (("day", "TEMPORAL_RANGE", "2027-01-01 : 2027-02-01"), None),
    ],
)
def test_what_a_filter_leaves(condition: tuple[str, str, Any], expected: int | None) -> None:
    found = rows.estimate(raw(QueryFilter(*condition)), DATASET, WAREHOUSE)
    assert found.upper == 100_000
    if expected is None:
        assert found.expected is None
    else:
        assert found.expected == pytest.approx(expected, rel=0.005)


def test_both_ends_of_an_interval_belong_together() -> None:
    between = [Condition("id", ">=", 40_000), Condition("id", "<", 60_000)]
    assert share_of_column(WAREHOUSE.columns["id"], between, NOW) == pytest.approx(0.2, rel=0.001)


def test_free_sql_and_having() -> None:
    free = raw(where="id IS NOT NULL")
    nulls = (Condition("city", "IS NULL"),)
    assert rows.estimate(free, DATASET, replace(WAREHOUSE, sql=nulls)).expected == 10_000
    nobody_knows = (Condition(None, "?"),)
    assert rows.estimate(free, DATASET, replace(WAREHOUSE, sql=nobody_knows)).expected is None
    assert rows.estimate(query(COUNTRY, having="COUNT(*) > 5"), DATASET, WAREHOUSE) == (
        None,
        30,
        "statistics",
    )


def test_a_unique_value_is_one_row_but_several_may_be_picked() -> None:
    keyed = replace(WAREHOUSE, unique=frozenset({"id"}))
    assert rows.estimate(raw(QueryFilter("id", "IN", [1, 2, 2])), DATASET, keyed) == (2, 2, "statistics")
    picked = QueryFilter("country", "IN", [PLACEHOLDER])
    assert rows.estimate(query(COUNTRY, filters=(picked,)), DATASET, WAREHOUSE) == (1, 30, "statistics")
    saved = QueryFilter("country", "IN", ["AT", "DE"])
    assert rows.estimate(query(COUNTRY, filters=(saved,)), DATASET, WAREHOUSE) == (2, 2, "statistics")


def test_later_pages_have_what_is_left() -> None:
    assert rows.estimate(raw(limit=100, row_offset=99_950), DATASET, WAREHOUSE) == (50, 100, "statistics")


def test_distinct_values_left_by_a_sample() -> None:
    # Each of 10 values in 10 rows each; half of the rows: 1/1024 of a value is missing.
    assert left_of(10, 100, 50) == pytest.approx(10 * (1 - 0.5**10))
    # A key has as many values as rows are taken.
    assert left_of(100, 100, 40) == pytest.approx(40)
    # Three balls in four bins: 4 * (1 - (3/4)^3).
    assert combinations((2, 2), 3) == pytest.approx(2.3125)


CONDITIONS = st.lists(
    st.sampled_from(
        [
            QueryFilter("country", "==", "AT"),
            QueryFilter("country", "IN", ["AT", PLACEHOLDER]),
            QueryFilter("city", "IS NULL"),
            QueryFilter("id", ">", 99_999),
            QueryFilter("day", "TEMPORAL_RANGE", "Last month"),
            QueryFilter("day", "TEMPORAL_RANGE", "last tuesday"),
            QueryFilter("country", "ILIKE", "%a%"),
        ]
    ),
    max_size=3,
)
COLUMNS = st.lists(
    st.sampled_from([COUNTRY, CITY, DAY, QueryColumn("x", sql="a + b")]), max_size=3, unique=True
)
WAREHOUSES = st.sampled_from(
    [Warehouse(), WAREHOUSE, replace(WAREHOUSE, held=None), replace(WAREHOUSE, held=0)]
)


@given(
    COLUMNS,
    CONDITIONS,
    st.integers(1, 200_000) | st.none(),
    st.sampled_from([COUNT, None]),
    st.integers(0, 20),
    WAREHOUSES,
)
def test_properties(
    columns: list[QueryColumn],
    conditions: list[QueryFilter],
    limit: int | None,
    metrics: tuple[QueryMetric, ...] | None,
    series: int,
    warehouse: Warehouse,
) -> None:
    one = Query(
        columns=tuple(columns),
        metrics=metrics,
        filters=tuple(conditions),
        effective_limit=limit,
        series_limit=series,
        series_columns=tuple(columns[:1]),
    )
    found = rows.estimate(one, DATASET, warehouse)
    assert found.basis in {"row_limit", "statistics", "unknown"}
    assert (found.basis == "unknown") == (found.upper is None and found.expected is None)
    if found.expected is not None and found.upper is not None:
        assert found.expected <= found.upper
    # Nothing is 0 unless the table is known to be empty.
    assert found.expected != 0 or warehouse.held == 0
    assert found.upper != 0 or warehouse.held == 0
    if limit is not None:
        assert found.upper is not None
        assert found.upper <= limit
        more = rows.estimate(replace(one, effective_limit=limit * 2), DATASET, warehouse)
        assert more.upper is not None
        assert found.upper <= more.upper
        assert (found.expected or 0) <= (more.expected or 0)
    fewer = rows.estimate(
        replace(one, filters=(*one.filters, QueryFilter("id", "<=", 50_000))), DATASET, warehouse
    )
    if found.expected is not None and fewer.expected is not None:
        assert fewer.expected <= found.expected


def test_unknown_rows_are_unknown_memory() -> None:
    none = rows.estimate(query(COUNTRY, limit=None), DATASET, Warehouse())
    sent = (Part(query(COUNTRY, limit=None), none, DATASET),)
    assert request_cost(sent, Warehouse(), Settings(), cached=True).cold == UNKNOWN
    assert total([Cost(1, 2, "statistics"), UNKNOWN]) == (None, None, "unknown")


def test_a_server_without_a_data_cache_writes_no_entries() -> None:
    told = frozenset({"DATA_CACHE_CONFIG"})
    sent = parts_of((raw(limit=50_000),), DATASET, Warehouse(), Settings())
    without = request_cost(sent, Warehouse(), Settings(data_cache_type="NullCache", given=told), cached=True)
    redis = request_cost(sent, Warehouse(), Settings(data_cache_type="RedisCache", given=told), cached=True)
    assert without.entry == (0, 0, without.basis)
    assert without.warm == without.cold
    assert without.upper is not None
    assert redis.upper is not None
    assert without.upper.retained < redis.upper.retained
