"""Joins in virtual datasets whose keys no index finds, where the engine would use one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dashlint.assets import Dataset
from dashlint.cost.selectivity import Condition, share_of_column
from dashlint.superset.masks import PLACEHOLDER

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.catalog.model import Table
    from dashlint.sql.join_keys import JoinKey
    from dashlint.sql.model import TableRef


#: Of a table that the dataset itself narrows to this share, the engine reads little anyway: an index serves
#: such conditions (``index_choice.SELECTIVE``).
_NARROW = 0.05


@dataclass(frozen=True)
class UnservedJoin:
    """A join whose rows are looked for in ``inner`` by ``columns``, which no index has.

    ``outer`` is the other table, of which about ``rows`` ask. ``by`` is the dataset's column whose filter
    leaves so few (None: the dataset's own conditions, or none at all), ``hashes`` whether the engine would
    otherwise read ``inner`` once and hash. ``certain`` is False where something about it is a guess.
    """

    inner: Table
    columns: tuple[str, ...]
    outer: Table
    rows: float
    by: str | None
    hashes: bool
    line: int | None
    certain: bool


def unserved_joins(
    analysis: Analysis, dataset: Dataset, *, min_rows: int, min_comparisons: int
) -> tuple[UnservedJoin, ...]:
    """The joins of a virtual dataset that an index would help.

    Where the engine hashes, one that reads whole tables needs no index: only where a condition leaves few
    rows of the other table would it look these up one by one. Where it does not hash, every row meets every
    row unless one side has an index.

    Args:
        analysis: knows the tables and the filters.
        dataset: a virtual dataset.
        min_rows: an inner table known to have fewer rows is read quickly enough.
        min_comparisons: without hash joins, so many pairs of rows at least.
    """
    if analysis.catalog_of(dataset) is None:
        return ()
    from dashlint.catalog.lookups import hashes_joins
    from dashlint.sql.join_keys import join_keys

    rendered = analysis.rendered_sql(dataset)
    engine = analysis.engine_of(dataset)
    if rendered is None or rendered.error is not None or not analysis.has_indexes(dataset):
        return ()
    found: dict[tuple[int, tuple[str, ...]], UnservedJoin] = {}
    for key in join_keys(rendered.text, engine, dataset.schema):
        first, second = analysis.table(dataset, key.first), analysis.table(dataset, key.second)
        for ref, table in ((key.first, first), (key.second, second)):
            if table is None or table.indexes is None:
                analysis.lacks("indexes", ref.label)
        if first is None or second is None or first.rows is None or second.rows is None:
            continue
        if hashes_joins(engine):
            one = _hashed(analysis, dataset, key, (first, second), min_rows)
        else:
            one = _compared(analysis, dataset, key, (first, second), min_comparisons)
        if one is not None:
            found.setdefault((id(one.inner), one.columns), one)
    return tuple(found.values())


class _Way(NamedTuple):
    """One order of a join: the table whose rows are looked up, and the one that asks.

    ``reduced``: a LEFT JOIN allows it only where a filter on the optional table makes it an inner join
    (prepjointree.c:reduce_outer_joins; MySQL manual, "Outer Join Simplification").
    """

    inner: Table
    inner_name: TableRef
    outer: Table
    outer_name: TableRef
    columns: list[str]
    reduced: bool


def _ways(key: JoinKey, tables: tuple[Table, Table]) -> tuple[_Way, _Way]:
    first, second = tables
    rights = [pair[1] for pair in key.columns]
    lefts = [pair[0] for pair in key.columns]
    return (
        _Way(second, key.second, first, key.first, rights, reduced=key.optional == key.first),
        _Way(first, key.first, second, key.second, lefts, reduced=key.optional == key.second),
    )


def _hashed(
    analysis: Analysis, dataset: Dataset, key: JoinKey, tables: tuple[Table, Table], min_rows: int
) -> UnservedJoin | None:
    """The order in which few rows of one table ask for rows of the other."""
    from dashlint.catalog.lookups import key_is_served, lookups_pay

    engine = analysis.engine_of(dataset)
    best: UnservedJoin | None = None
    for inner, inner_name, outer, outer_name, columns, reduced in _ways(key, tables):
        if inner.kind != "table" or (inner.rows or 0) < min_rows:
            continue
        if key_is_served(inner, columns, engine) is not False:
            continue
        within = _own_share(analysis, dataset, inner_name, inner)
        if within is not None and within <= _NARROW:
            continue  # what the dataset asks of it is found otherwise, or is little
        certain = within is not None and inner.indexes_complete
        for rows, by in _left(analysis, dataset, outer_name, outer):
            if reduced and by is None:
                continue
            if lookups_pay(inner, columns, rows) and (best is None or rows < best.rows):
                best = UnservedJoin(
                    inner, tuple(columns), outer, rows, by, hashes=True, line=key.line, certain=certain
                )
    return best


def _compared(
    analysis: Analysis, dataset: Dataset, key: JoinKey, tables: tuple[Table, Table], min_comparisons: int
) -> UnservedJoin | None:
    """The side to index where every row would be compared with every row."""
    from dashlint.catalog.lookups import key_is_served, rows_per_key

    engine = analysis.engine_of(dataset)
    ways = [way for way in _ways(key, tables) if not way.reduced]
    if any(key_is_served(way.inner, way.columns, engine) is not False for way in ways):
        return None
    # The side on which a key finds the fewest rows.
    inner, _, outer, outer_name, columns, _ = min(
        ways, key=lambda way: rows_per_key(way.inner, way.columns) or float("inf")
    )
    own = _own_share(analysis, dataset, outer_name, outer)
    rows = (outer.rows or 0) * (own if own is not None else 1.0)
    if inner.kind != "table" or rows * (inner.rows or 0) < min_comparisons:
        return None
    certain = own is not None and inner.indexes_complete
    return UnservedJoin(
        inner, tuple(columns), outer, rows, None, hashes=False, line=key.line, certain=certain
    )


# --- how many rows ask ----------------------------------------------------------------------------


def _left(
    analysis: Analysis, dataset: Dataset, name: TableRef, table: Table
) -> Iterator[tuple[float, str | None]]:
    """Rows of a table that conditions leave: the dataset's own, and each filter together with them."""
    own = _own_share(analysis, dataset, name, table)
    if table.rows is None:
        return
    if own is not None and own < 1:
        yield max(1.0, table.rows * own), None
    for column, condition in _filters(analysis, dataset):
        refs = analysis.physical_columns(dataset, column)
        if len(refs) != 1 or refs[0].transformed or refs[0].barrier is not None:
            continue
        if analysis.table(dataset, refs[0].table) is not table:
            continue
        statistics = table.column(refs[0].column)
        left = share_of_column(statistics, [condition], analysis.now)
        if left is not None:
            yield max(1.0, table.rows * left * (own if own is not None else 1.0)), column


def _own_share(analysis: Analysis, dataset: Dataset, name: TableRef, table: Table) -> float | None:
    """The share of a table's rows that the dataset's own conditions on it leave; None: not understood."""
    from dashlint.sql.predicates import predicates
    from dashlint.sql.row_source import row_source

    rendered = analysis.rendered_sql(dataset)
    engine = analysis.engine_of(dataset)
    if rendered is None:
        return None
    on_it = [
        p
        for p in predicates(rendered.text, engine, default_schema=dataset.schema)
        if p.column is not None and p.column.table == name and p.kind != "join"
    ]
    if not on_it:
        return 1.0
    read = row_source(rendered.text, engine)
    if read is None:
        return None
    numbers = [n for n, ref in enumerate(read.tables) if ref.name == name.name]
    own = [c for c in read.conditions if c.table in numbers]
    if len(numbers) != 1 or len(own) < len(on_it):
        return None
    product = 1.0
    for column in {c.column for c in own}:
        statistics = table.column(column) if column is not None else None
        conditions = [Condition(c.column, c.op, c.value) for c in own if c.column == column]
        left = share_of_column(statistics, conditions, analysis.now)
        if left is None:
            return None
        product *= left
    return product


def _filters(analysis: Analysis, dataset: Dataset) -> Iterator[tuple[str, Condition]]:
    """What charts on the dataset are filtered by: one value of a dashboard's filter, or what they save."""
    for chart in analysis.workspace.charts_by_dataset.get(dataset, ()):
        for dashboard in analysis.workspace.dashboards_using(chart):
            for native_filter in dashboard.filters:
                column = native_filter.target.column if native_filter.target is not None else None
                if native_filter.filter_type != "filter_select" or column not in dataset.column_by_name:
                    continue
                if native_filter.control_values.get("inverseSelection"):
                    continue
                if any(p.chart is chart for p in analysis.charts_in_scope(dashboard, native_filter)):
                    yield str(column), Condition(str(column), "==", PLACEHOLDER)
        for query in analysis.queries(chart):
            for condition in query.filters:
                if condition.col in dataset.column_by_name and condition.op in ("==", "IN"):
                    yield condition.col, Condition(condition.col, condition.op, condition.val)
