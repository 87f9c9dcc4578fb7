"""How many rows a query returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dashlint.assets import Dataset
from dashlint.cost.model import Rows
from dashlint.cost.periods import buckets, range_seconds
from dashlint.superset.query import Query, QueryColumn

if TYPE_CHECKING:
    from dashlint.catalog.model import ColumnStatistics, Table


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
        distinct = _distinct(column, query, dataset, warehouse)
        if distinct is None:
            return None
        if query.series_limit and column.label in series:
            in_series *= distinct
        else:
            product *= distinct
    if query.series_limit and not query.group_others:
        in_series = min(in_series, query.series_limit)
    return max(1, round(product * in_series))


def _distinct(column: QueryColumn, query: Query, dataset: Dataset, warehouse: Warehouse) -> float | None:
    """How many different values a group key has in the result, at most."""
    statistics = warehouse.statistics(dataset, column.name) if column.name is not None else None
    bounds = []
    if statistics is not None and statistics.distinct is not None:
        # A NULL is one more group.
        bounds.append(statistics.distinct + (1 if statistics.null_fraction else 0))
    if column.is_base_axis and column.time_grain:
        bounds += [
            n
            for n in (
                buckets(_filtered_seconds(column, query), column.time_grain),
                buckets(_held_seconds(statistics), column.time_grain),
            )
            if n is not None
        ]
        if len(bounds) == 1 and statistics is not None and statistics.distinct in bounds:
            # The number of timestamps says little of the number of days.
            return None
    return max(1.0, min(bounds)) if bounds else None


def _filtered_seconds(column: QueryColumn, query: Query) -> int | None:
    """The length of the time range that a query puts on its own time axis."""
    for condition in query.filters:
        if condition.op == "TEMPORAL_RANGE" and condition.col == column.name:
            return range_seconds(query.time_range or str(condition.val or ""))
    return range_seconds(query.time_range) if query.granularity == column.name else None


def _held_seconds(statistics: ColumnStatistics | None) -> int | None:
    """The span between a time column's first and last value."""
    if statistics is None or not statistics.minimum or not statistics.maximum:
        return None
    return range_seconds(f"{statistics.minimum[:19]} : {statistics.maximum[:19]}")
