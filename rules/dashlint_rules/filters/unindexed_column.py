"""Filters on columns that no index, partition or sort key serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple

from dashlint.analysis import Analysis
from dashlint.assets import Chart, Dashboard, Dataset, NativeFilter
from dashlint.lint.amounts import plural
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions

#: What a filter's value becomes in SQL (superset-frontend/src/filters/utils).
_KINDS = {"filter_select": "in", "filter_range": "range", "filter_time": "range"}


class _Scan(NamedTuple):
    """A physical column that a filter reaches and nothing serves."""

    table: str
    column: str
    reason: str
    rows: int | None
    certain: bool
    indexes: bool
    expression: str | None
    statement: str | None


class UnindexedColumn(Rule):
    """A filter's column has no index (or partition, or sort key) that its predicate could use.

    ## Why
    Every chart in the filter's scope then reads the whole table for each value that somebody
    picks. The column is followed through virtual datasets to the physical table, for the filter's
    own dataset and for each chart in its scope, and judged as that engine would: leading keys of
    composite indexes, partial and expression indexes, partitions and sort keys count.

    ## Example
    A filter on `orders.country` where `orders` has 5 million rows and an index on
    `(ordered_at, country)` only.

    ## Use instead
    ```sql
    CREATE INDEX CONCURRENTLY orders_country_idx ON orders (country);
    ```
    or, on engines without indexes, partition or cluster the table by the column.

    ## Source
    PostgreSQL documentation, 11.3 “Multicolumn Indexes”; MySQL reference manual, 8.3.6
    “Multiple-Column Indexes”; superset/models/helpers.py:get_sqla_query (what the predicate is).
    """

    code = "DL202"
    severity = Severity.WARNING
    applies_to = "Needs the warehouse's indexes: pass --catalog, or scan a running Superset."

    class Options(RuleOptions):
        """Where an index would not be used anyway."""

        min_rows: Annotated[
            int,
            Option(
                "Tables known to have fewer rows are not reported.",
                source="PostgreSQL's planner reads such a table in some milliseconds, index or not.",
                ge=0,
            ),
        ] = 10_000
        min_distinct: Annotated[
            int,
            Option(
                "Columns of select filters known to have fewer values are not reported.",
                source="one of 20 values is 5 % of the rows: with more, PostgreSQL's planner prefers to "
                "read the whole table (seen with EXPLAIN on PostgreSQL 15).",
                ge=0,
            ),
        ] = 20

    def check_filter(
        self, native_filter: NativeFilter, dashboard: Dashboard, analysis: Analysis
    ) -> Iterator[Finding]:
        """One finding per filter: the physical columns that nothing serves, and who reads them."""
        kind = _KINDS.get(native_filter.filter_type)
        if kind is None:
            return
        scans: dict[_Scan, dict[Chart | None, None]] = {}
        for chart, dataset, column in self._reached(native_filter, dashboard, analysis):
            for scan in self._scans(dataset, column, kind, analysis):
                scans.setdefault(scan, {})[chart] = None
        if not scans:
            return
        parts = []
        for scan, users in scans.items():
            charts = [c for c in users if c is not None]
            size = f" of {scan.rows:,} rows" if scan.rows is not None else ""
            parts.append(
                f"{plural(len(charts), 'chart')} filter {scan.table}.{scan.column}{size} ({scan.reason})"
            )
        worst = max(scans, key=lambda s: s.rows or 0)
        indexable = [s for s in scans if s.indexes]
        if not worst.certain:
            confidence = Confidence.LOW
        else:
            confidence = Confidence.HIGH if worst.rows is not None else Confidence.MEDIUM
        yield self.finding(
            analysis,
            dashboard,
            f"each change reads whole tables: {'; '.join(parts[:3])}"
            + (f"; and {len(parts) - 3} more" if len(parts) > 3 else ""),
            native_filter=native_filter,
            field="targets",
            # A source with gaps, of a table of unknown size: worth a look, no more.
            severity=Severity.INFO if confidence is Confidence.LOW else None,
            confidence=confidence,
            advice=_advice(indexable[0])
            if indexable
            else f"partition or cluster {worst.table} by {worst.column}",
            proposal=dict.fromkeys(scan.statement for scan in indexable if scan.statement is not None),
        )

    @staticmethod
    def _reached(
        native_filter: NativeFilter, dashboard: Dashboard, analysis: Analysis
    ) -> Iterator[tuple[Chart | None, Dataset, str]]:
        """Charts with the dataset and column on which the filter's value becomes a predicate."""
        target = native_filter.target
        for placement in analysis.charts_in_scope(dashboard, native_filter):
            chart = placement.chart
            dataset = analysis.dataset_of(chart) if chart is not None else None
            if chart is None or dataset is None:
                continue
            if native_filter.filter_type != "filter_time":
                if target is not None and target.column in dataset.column_by_name:
                    yield chart, dataset, str(target.column)
                continue
            columns = {f.col for q in analysis.queries(chart) for f in q.filters if f.op == "TEMPORAL_RANGE"}
            columns |= {q.granularity for q in analysis.queries(chart) if q.granularity}
            for column in sorted(columns):
                if column in dataset.column_by_name:
                    yield chart, dataset, column

    def _scans(self, dataset: Dataset, column: str, kind: str, analysis: Analysis) -> Iterator[_Scan]:
        refs = analysis.physical_columns(dataset, column)
        for ref in refs:
            label = ".".join(p for p in (ref.table.schema or dataset.schema, ref.table.name) if p)
            table = analysis.table(dataset, ref.table)
            if table is None:
                analysis.lacks("indexes", label)
                continue
            statistics = table.column(ref.column)
            if table.rows is not None and table.rows < self.options.min_rows:
                continue
            if (
                kind == "in"
                and statistics is not None
                and statistics.distinct is not None
                and statistics.distinct < self.options.min_distinct
            ):
                continue
            if ref.barrier is not None:
                # The engine cannot move the predicate down to the table whatever its indexes are.
                continue
            access = analysis.access(dataset, ref, kind)
            if access.usable is None:
                analysis.lacks("indexes", label)
            elif not access.usable:
                yield _Scan(
                    label,
                    ref.column,
                    access.reason,
                    table.rows,
                    access.certain,
                    bool(table.indexes is not None and analysis.has_indexes(dataset)),
                    ref.expression if ref.transformed else None,
                    analysis.index_statement(dataset, ref) if not ref.transformed else None,
                )


def _advice(scan: _Scan) -> str:
    if scan.expression is None:
        return f"index {scan.table} ({scan.column})"
    return (
        f"index the expression {scan.expression} of {scan.table}, or let the dataset hand the bare column "
        f"{scan.column} through"
    )
