"""How many rows a query returns."""

from __future__ import annotations

from typing import Protocol

from dashlint.assets import Dataset
from dashlint.catalog.model import ColumnStatistics, Table
from dashlint.cost.model import Rows
from dashlint.superset.query import Query, QueryColumn


class Warehouse(Protocol):
    """Who knows the statistics: an Analysis."""

    def statistics(self, dataset: Dataset, column: str) -> ColumnStatistics | None:
        """What the catalog knows about the physical column behind a dataset's column."""

    def base_table(self, dataset: Dataset) -> Table | None:
        """The physical table of a physical dataset, where the catalog knows it."""


def estimate(query: Query, dataset: Dataset | None, warehouse: Warehouse) -> Rows:
    """Rows that a query returns: from its effective limit, group keys and statistics.

    The upper bound is the effective limit, the table's row count or the number of groups,
    whichever is least; what is not known bounds nothing.
    """
    if query.is_rowcount or (query.metrics is not None and not query.columns):
        # COUNT(*) over the query, or aggregates without a dimension: one row in SQL.
        return Rows(1, 1, "statistics")
    table_rows = _table_rows(dataset, warehouse)
    groups = _groups(query, dataset, warehouse) if query.groups else table_rows
    known = [n for n in (groups, table_rows) if n is not None]
    bound = min(known) if known else None
    limit = query.effective_limit
    if bound is None:
        return Rows(None, limit, "row_limit" if limit is not None else "unknown")
    rows = bound if limit is None else min(bound, limit)
    expected = rows if query.groups or not query.filters else None
    return Rows(expected, rows, "statistics")


def _table_rows(dataset: Dataset | None, warehouse: Warehouse) -> int | None:
    if dataset is None:
        return None
    table = warehouse.base_table(dataset)
    return table.rows if table is not None else None


def _groups(query: Query, dataset: Dataset | None, warehouse: Warehouse) -> int | None:
    """The product of the group keys' distinct counts; None if one is not known."""
    if dataset is None:
        return None
    series = {column.label for column in query.series_columns}
    product = 1.0
    in_series = 1.0
    for column in query.columns:
        distinct = _distinct(column, dataset, warehouse)
        if distinct is None:
            return None
        if query.series_limit and column.label in series:
            in_series *= distinct
        else:
            product *= distinct
    if query.series_limit and not query.group_others:
        in_series = min(in_series, query.series_limit)
    return max(1, round(product * in_series))


#: Seconds in a time grain (ISO 8601); the least length of each, so that counts are not too low.
_GRAIN_SECONDS = {
    "PT1S": 1,
    "PT1M": 60,
    "PT1H": 3_600,
    "P1D": 86_400,
    "P1W": 604_800,
    "P1M": 28 * 86_400,
    "P3M": 90 * 86_400,
    "P1Y": 365 * 86_400,
}


def _distinct(column: QueryColumn, dataset: Dataset, warehouse: Warehouse) -> float | None:
    if column.name is None:
        return None
    statistics = warehouse.statistics(dataset, column.name)
    if statistics is None or statistics.distinct is None:
        return None
    # A NULL is one more group.
    distinct = statistics.distinct + (1 if statistics.null_fraction else 0)
    if column.is_base_axis and column.time_grain:
        buckets = _buckets(statistics, column.time_grain)
        if buckets is None:
            return None
        return min(distinct, buckets)
    return max(1.0, distinct)


def _buckets(statistics: ColumnStatistics, grain: str) -> float | None:
    """How many buckets of a time grain lie between a column's bounds."""
    from datetime import datetime

    seconds = _GRAIN_SECONDS.get(grain)
    if seconds is None or not statistics.minimum or not statistics.maximum:
        return None
    try:
        first = datetime.fromisoformat(statistics.minimum[:19])
        last = datetime.fromisoformat(statistics.maximum[:19])
    except ValueError:
        return None
    return max(1.0, (last - first).total_seconds() // seconds + 2)
