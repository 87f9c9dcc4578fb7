"""Partitioned tables that a chart reads without a word about what they are partitioned by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from dashlint.assets import Chart, Dataset
from dashlint.superset import queries

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.catalog.model import Table
    from dashlint.sql.model import ColumnRef, TableRef
    from dashlint.sql.predicates import Predicate

#: Transforms that only spread rows: Iceberg's ``bucket``, hash functions, remainders.
_SPREADS = re.compile(r"bucket\s*\(|hash|%|\bmod\s*\(|murmur|md5|crc32", re.IGNORECASE)
_TIMES = ("date", "time", "smalldatetime")
#: What a condition of a statement asks of an index (``serving.KINDS``).
_SERVABLE = frozenset({"equality", "in", "range", "prefix", "contains", "null"})


class AllPartitions(NamedTuple):
    """A table of which a chart reads every partition.

    ``keys`` are what it is partitioned by, ``columns`` the physical columns in them, ``offered`` the
    dataset's columns that lead to these.
    """

    table: Table
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    offered: tuple[str, ...]


def all_partitions(analysis: Analysis, chart: Chart) -> tuple[AllPartitions, ...]:
    """The partitioned tables that a chart reads whole.

    A condition on a column of the partition key counts, whatever it is and wherever it stands: in the
    chart, in the dataset's SQL, or as a filter of a dashboard that reaches the chart, even before somebody
    picks a value. So does one that an index or sort key serves: its rows are found in every partition.
    """
    dataset = analysis.dataset_of(chart)
    if dataset is None or not _has_partitions(analysis, dataset):
        return ()
    legacy = queries.is_legacy(chart.viz_type, analysis.settings)
    named = {
        (ref.table.name.casefold(), ref.column.casefold()) for ref in _filtered(analysis, chart, dataset)
    }
    found: dict[int, AllPartitions] = {}
    for query in analysis.queries(chart):
        for statement in analysis.statements(query, dataset, legacy=legacy):
            if statement.error is not None:
                return ()
            conditions = analysis.conditions(statement, dataset)
            reads = analysis.reads(statement, dataset)
            for ref in reads.tables:
                table = analysis.table(dataset, ref)
                if table is None or not table.partitioned_by or not reads.complete:
                    continue
                own = [p for p in conditions if p.column is not None and p.column.table == ref]
                columns = _columns(table, indexes=analysis.has_indexes(dataset) is not False)
                asked = {p.column.column.casefold() for p in own if p.column is not None}
                asked |= {column for name, column in named if name == ref.name.casefold()}
                if not columns or asked & {column.casefold() for column in columns}:
                    continue
                if any(
                    p.kind in _SERVABLE
                    and p.column is not None
                    and analysis.access(dataset, p.column, p.kind).usable
                    for p in own
                ):
                    continue
                offered = tuple(_offered(analysis, dataset, ref, columns))
                found[id(table)] = AllPartitions(table, table.partitioned_by, columns, offered)
    return tuple(found.values())


def _has_partitions(analysis: Analysis, dataset: Dataset) -> bool:
    """Whether a dataset reads a partitioned table: most do not, and need no statements written."""
    if analysis.catalog_of(dataset) is None:
        return False
    facts = analysis.sql_facts(dataset)
    tables = [analysis.table(dataset, ref) for ref in facts.tables] if facts is not None else []
    return any(
        table is not None and table.partitioned_by for table in (*tables, analysis.base_table(dataset))
    )


def _served(analysis: Analysis, dataset: Dataset, condition: Predicate) -> bool:
    if condition.column is None or condition.kind not in _SERVABLE:
        return False
    return analysis.access(dataset, condition.column, condition.kind).usable is True


def _columns(table: Table, *, indexes: bool) -> tuple[str, ...]:
    """The columns in a table's partition key by which queries are meant to ask.

    Keys that spread rows evenly are left out. With ``indexes``, the engine may partition by hash without
    that standing in the key (PostgreSQL, MySQL, Oracle): there, only days and moments count.
    """
    from dashlint.catalog.ddl_clauses import columns_in

    names = frozenset(name.casefold() for name in table.columns)
    found: dict[str, None] = {}
    for key in table.partitioned_by:
        if _SPREADS.search(key):
            continue
        for name in columns_in(key, names) if names else ((key,) if key.isidentifier() else ()):
            known = table.column(name)
            kind = (known.type or "").lower() if known is not None else ""
            if not indexes or kind.startswith(_TIMES):
                found[known.name if known is not None else name] = None
    return tuple(found)


def _filtered(analysis: Analysis, chart: Chart, dataset: Dataset) -> Iterator[ColumnRef]:
    """The physical columns that the chart or a dashboard's filter may put a condition on."""
    names: dict[str, None] = {}
    for query in analysis.queries(chart):
        names.update(dict.fromkeys(condition.col for condition in query.filters))
        if query.granularity:
            names[query.granularity] = None
    for dashboard in analysis.workspace.dashboards_using(chart):
        for native_filter in dashboard.filters:
            column = native_filter.target.column if native_filter.target is not None else None
            if column is None or column not in dataset.column_by_name:
                continue
            if any(p.chart is chart for p in analysis.charts_in_scope(dashboard, native_filter)):
                names[column] = None
    for name in names:
        yield from analysis.physical_columns(dataset, name)


def _offered(
    analysis: Analysis, dataset: Dataset, table: TableRef, columns: tuple[str, ...]
) -> Iterator[str]:
    wanted = {column.casefold() for column in columns}
    for column in dataset.columns:
        for ref in analysis.physical_columns(dataset, column.name):
            if ref.table.name == table.name and ref.column.casefold() in wanted and not ref.transformed:
                yield column.name
                break
