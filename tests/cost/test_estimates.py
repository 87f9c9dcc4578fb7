"""Rows and memory of queries: never more than the limit, unknown where nothing is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashlint.assets import Column, Dataset, Origin
from dashlint.catalog.model import ColumnStatistics, Table
from dashlint.cost import memory, rows
from dashlint.cost.model import UNKNOWN, Cost, total
from dashlint.superset.query import Query, QueryColumn, QueryFilter, QueryMetric

DATASET = Dataset(
    uuid="d", id=1, name="orders", origin=Origin(None, ""), columns=(Column("country", "VARCHAR(40)"),)
)
COUNT = (QueryMetric("count", aggregate="COUNT"),)


@dataclass
class Warehouse:
    """Knows some columns and perhaps the table."""

    columns: Mapping[str, ColumnStatistics] = field(default_factory=dict)
    table: Table | None = None

    def statistics(self, _dataset: Dataset, column: str) -> ColumnStatistics | None:
        return self.columns.get(column)

    def base_table(self, _dataset: Dataset) -> Table | None:
        return self.table


def query(*columns: QueryColumn, limit: int | None = 1000, **more: object) -> Query:
    return Query(columns=columns, metrics=COUNT, effective_limit=limit, **more)  # type: ignore[arg-type]


COUNTRY = QueryColumn("country", name="country")
DAY = QueryColumn("day", name="day", is_base_axis=True, time_grain="P1D")


def test_only_the_limit_is_known() -> None:
    assert rows.estimate(query(COUNTRY), DATASET, Warehouse()) == (None, 1000, "row_limit")
    assert rows.estimate(query(COUNTRY, limit=None), DATASET, Warehouse()) == (None, None, "unknown")


def test_groups_are_the_product_of_distinct_values() -> None:
    known = Warehouse(
        {"country": ColumnStatistics("country", distinct=30), "city": ColumnStatistics("city", distinct=5)}
    )
    city = QueryColumn("city", name="city")
    assert rows.estimate(query(COUNTRY, city), DATASET, known).upper == 150
    assert rows.estimate(query(COUNTRY, city, limit=100), DATASET, known).upper == 100
    limited = query(COUNTRY, city, series_limit=3, series_columns=(COUNTRY,))
    assert rows.estimate(limited, DATASET, known).upper == 15


def test_a_time_range_bounds_the_buckets() -> None:
    month = (QueryFilter("day", "TEMPORAL_RANGE", "Last 30 days"),)
    assert rows.estimate(query(DAY, limit=50_000, filters=month), DATASET, Warehouse()).upper == 32
    assert rows.estimate(query(DAY, limit=50_000), DATASET, Warehouse()).basis == "row_limit"


def test_one_row_without_dimensions() -> None:
    assert rows.estimate(query(limit=50_000), DATASET, Warehouse()).upper == 1


def test_a_small_table_bounds_raw_rows() -> None:
    raw = Query(columns=(COUNTRY,), metrics=None, effective_limit=50_000)
    small = Warehouse(table=Table("orders", rows=2000))
    assert rows.estimate(raw, DATASET, small) == (2000, 2000, "statistics")


def test_unknown_rows_are_unknown_memory() -> None:
    none = rows.estimate(query(COUNTRY, limit=None), DATASET, Warehouse())
    assert memory.query_cost(query(COUNTRY), none, DATASET, Warehouse()) == UNKNOWN
    assert total([Cost(1, 2, "statistics"), UNKNOWN]) == (None, None, "unknown")
