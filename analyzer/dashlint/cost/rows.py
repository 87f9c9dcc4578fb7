"""How many rows a query returns.

``upper`` is the least of the effective limit, the rows of the table and the number of possible groups: it
holds as long as the statistics do. ``expected`` takes the filters into account, as a query planner would,
and is unknown where one of them is. How well that works is measured: docs/cost.md.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from dashlint.assets import Dataset
from dashlint.cost.column_types import family
from dashlint.cost.groups import Count, Key, combinations, distinct_values, left_of
from dashlint.cost.model import Rows
from dashlint.cost.selectivity import Condition, share, share_of_column, values_of
from dashlint.records import NamedTuple
from dashlint.superset.query import Query, QueryColumn

if TYPE_CHECKING:
    from dashlint.catalog.model import ColumnStatistics


class Source(NamedTuple):
    """The rows that a dataset has: ``expected`` typical, ``upper`` at most."""

    expected: float | None
    upper: int | None


class Warehouse(Protocol):
    """Who knows the statistics: an Analysis. ``now`` resolves relative time ranges."""

    now: datetime

    def statistics(self, dataset: Dataset, column: str) -> ColumnStatistics | None:
        """What the catalog knows about the physical column behind a dataset's column."""

    def span(self, dataset: Dataset, column: str) -> int | None:
        """Seconds between the first and the last moment of a dataset's column; None where not known."""

    def source_rows(self, dataset: Dataset) -> Source:
        """How many rows a dataset has, of a virtual one as far as its SQL tells."""

    def unique_columns(self, dataset: Dataset) -> frozenset[str]:
        """Columns of a physical dataset in which no value occurs twice."""

    def sql_conditions(self, query: Query, dataset: Dataset) -> tuple[Condition, ...]:
        """The conditions of a query's own SQL filter."""

    def planned_rows(self, query: Query, dataset: Dataset) -> float | None:
        """How many rows of the dataset pass a query's filters, by EXPLAIN; None where it was not asked."""

    def planned_width(self, dataset: Dataset, column: str) -> float | None:
        """Bytes of an average value of a dataset's column, by EXPLAIN; None where it does not know."""


def estimate(query: Query, dataset: Dataset | None, warehouse: Warehouse) -> Rows:
    """Rows that a query's own statement returns.

    ``basis`` is ``row_limit`` where nothing but the limit is known, ``explain`` where a database's planner
    told how many rows pass the filters, because the statistics could not, and ``statistics`` otherwise. What
    is not known bounds nothing, and ``expected`` is None rather than a guess.
    """
    if query.is_rowcount or (query.metrics is not None and not query.columns):
        # COUNT(*) over the query, or aggregates without a dimension: one row in SQL.
        return Rows(1, 1, "statistics")
    limit = query.effective_limit
    if dataset is None:
        return Rows(None, limit, "row_limit" if limit is not None else "unknown")
    conditions = conditions_of(query, dataset, warehouse)
    found = _table_rows(conditions, dataset, warehouse)
    basis = "statistics"
    if found.expected is None:
        # Not the plan's own number of groups: of keys whose values we know, ours is nearer (docs/cost.md).
        planned = warehouse.planned_rows(query, dataset)
        if planned is not None:
            basis = "explain"
            found = Count(planned if found.upper is None else min(planned, found.upper), found.upper)
    if query.groups:
        found = _groups(query, conditions, found, dataset, warehouse)
    bounds = [math.floor(n) for n in (found.upper,) if n is not None] + ([limit] if limit is not None else [])
    upper = min(bounds) if bounds else None
    if found.expected is None or query.having:
        known = found.upper is not None
        return Rows(None, upper, "statistics" if known else "row_limit" if limit is not None else "unknown")
    rows = max(0.0, found.expected - query.row_offset)
    # Less than one row is one row, unless there is nothing at all.
    expected = max(1, round(rows)) if found.expected > 0 else 0
    return Rows(expected if upper is None else min(expected, upper), upper, basis)


def time_buckets(query: Query, dataset: Dataset, warehouse: Warehouse) -> int | None:
    """Buckets of a time series at most: those of its grain that the data and the range asked for touch."""
    column = next((c for c in query.columns if c.is_base_axis and c.time_grain), None)
    if column is None:
        return None
    key = _key(column, conditions_of(query, dataset, warehouse), dataset, warehouse)
    upper = distinct_values(key, warehouse.now).upper if key.grain else None
    return None if upper is None else math.floor(upper)


def conditions_of(query: Query, dataset: Dataset, warehouse: Warehouse) -> tuple[Condition, ...]:
    """What a query filters by. A dashboard's time range replaces that of each time filter.

    Source: superset/common/query_context_factory.py:_apply_filters.
    """
    found = [
        Condition(f.col, f.op, (query.time_range or f.val) if f.op == "TEMPORAL_RANGE" else f.val)
        for f in query.filters
    ]
    if query.granularity and query.time_range:
        found = [c for c in found if c.column != query.granularity or c.op != "TEMPORAL_RANGE"]
        found.append(Condition(query.granularity, "TEMPORAL_RANGE", query.time_range))
    if query.where:
        found += warehouse.sql_conditions(query, dataset)
    return tuple(c for c in found if c.restricts)


def _table_rows(conditions: tuple[Condition, ...], dataset: Dataset, warehouse: Warehouse) -> Count:
    """The dataset's rows that pass a query's filters."""
    source = warehouse.source_rows(dataset)
    upper: float | None = source.upper
    unique = warehouse.unique_columns(dataset) if conditions else frozenset()
    for condition in conditions:
        listed = values_of(condition)
        if listed is not None and not condition.picked and condition.column in unique:
            upper = listed if upper is None else min(upper, listed)
    if source.expected is None:
        return Count(None, upper)
    statistics = {c.column: warehouse.statistics(dataset, c.column) for c in conditions if c.column}
    left = share(conditions, statistics, warehouse.now)
    return Count(source.expected * left if left is not None else None, upper)


def _groups(
    query: Query,
    conditions: tuple[Condition, ...],
    rows: Count,
    dataset: Dataset,
    warehouse: Warehouse,
) -> Count:
    """Groups: at most the product of the keys' values, and no more than there are rows."""
    series = {column.label for column in query.series_columns} if query.series_limit else set()
    within: list[Count] = []
    others: list[Count] = []
    for column in query.columns:
        key = _key(column, conditions, dataset, warehouse)
        count = distinct_values(key, warehouse.now)
        expected = _among(count.expected, key, rows.expected, dataset, warehouse)
        (within if column.label in series else others).append(Count(expected, count.upper))
    chosen = _series(within, query)
    keys = [*others, *([chosen] if chosen is not None else [])]
    uppers = [key.upper for key in keys if key.upper is not None]
    bounds = [n for n in (rows.upper,) if n is not None]
    if len(uppers) == len(keys):
        bounds.append(math.prod(uppers))
    expected = None
    counts = [key.expected for key in keys if key.expected is not None]
    if rows.expected is not None and len(counts) == len(keys):
        taken = rows.expected
        if chosen is not None and not query.group_others:
            # The rows of the series that are left out make no groups.
            every = math.prod([key.expected or 1.0 for key in within])
            taken *= min(1.0, (chosen.expected or 1.0) / max(1.0, every))
        expected = combinations(counts, max(taken, *counts) if rows.expected else 0.0)
    return Count(expected, min(bounds) if bounds else None)


def _series(within: list[Count], query: Query) -> Count | None:
    """The series that a series limit leaves; those beyond it may be one more, "Others".

    Source: superset/models/helpers.py:_apply_series_others_grouping, where a row that belongs to none of the
    chosen series has "Others" in all its series columns.
    """
    if not within:
        return None
    most = query.series_limit + (1 if query.group_others else 0)
    uppers = [key.upper for key in within if key.upper is not None]
    counts = [key.expected for key in within if key.expected is not None]
    upper = min(float(most), math.prod(uppers)) if len(uppers) == len(within) else float(most)
    expected = min(float(most), math.prod(counts)) if len(counts) == len(within) else None
    return Count(expected, upper)


def _key(
    column: QueryColumn, conditions: tuple[Condition, ...], dataset: Dataset, warehouse: Warehouse
) -> Key:
    name = column.name
    if name is None and column.sql and column.sql.strip('"`[]') in dataset.column_by_name:
        name = column.sql.strip('"`[]')
    if name is None:
        return Key(None)
    statistics = warehouse.statistics(dataset, name)
    own = [c for c in conditions if c.column == name]
    known = dataset.column_by_name.get(name)
    temporal = known is None or known.is_temporal or family(known.type or "") in _TEMPORAL
    nullable = dataset.is_virtual or statistics is None or statistics.null_fraction != 0
    grain = column.time_grain if column.is_base_axis and temporal else None
    span = warehouse.span(dataset, name) if grain and statistics is None else None
    return Key(statistics, own, grain, nullable, span)


_TEMPORAL = ("date", "timestamp", "timestamptz")


def _among(
    count: float | None, key: Key, rows: float | None, dataset: Dataset, warehouse: Warehouse
) -> float | None:
    """How many of a key's values are left by the conditions on other columns."""
    if count is None or rows is None:
        return None
    source = warehouse.source_rows(dataset).expected
    own = share_of_column(key.statistics, key.conditions, warehouse.now)
    if source is None or own is None:
        return count
    return left_of(count, source * own, rows)
