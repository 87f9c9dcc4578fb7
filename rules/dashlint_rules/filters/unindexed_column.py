"""Filters on columns that no index, partition or sort key serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Chart, Dashboard, Dataset, NativeFilter
from dashlint.lint.amounts import plural
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.proposing import Unserved, advice, proposals_for
from dashlint.lint.rule import Option, Rule, RuleOptions
from dashlint.records import NamedTuple

if TYPE_CHECKING:
    from dashlint.analysis.predicates import Predicate
    from dashlint.sql.model import TableRef

#: Filters whose value becomes a condition (superset-frontend/src/filters/utils).
_TYPES = frozenset({"filter_select", "filter_range", "filter_time"})


class _Scan(NamedTuple):
    """A physical column that a filter reaches and nothing serves."""

    of: Unserved
    reason: str
    rows: int | None
    certain: bool


class UnindexedColumn(Rule):
    """A filter's column has no index (or partition, or sort key) that its predicate could use.

    ## Why
    Every chart in the filter's scope then reads the whole table for each value that somebody
    picks. The column is followed through virtual datasets and database views to the physical table,
    for each chart in the filter's scope, and judged as that engine would: leading keys of composite
    indexes, partial and expression indexes, partitions and sort keys count. So does whether it would
    use an index at all: not on a small table, not for a value that many rows have, and not where
    another condition of the same query finds the rows by its own index.

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
    effort = Effort.WAREHOUSE
    remedy = "index the columns that filters compare"
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
                "Values that more than one row in so many is known to have are not reported.",
                source="one row in 20 is 5 %: up to there dashlint says what the planners of PostgreSQL and "
                "MariaDB do (docs/warehouse-accuracy.md).",
                ge=0,
            ),
        ] = 20

    def check_filter(
        self, native_filter: NativeFilter, dashboard: Dashboard, analysis: Analysis
    ) -> Iterator[Finding]:
        """One finding per filter: the physical columns that nothing serves, and who reads them."""
        if native_filter.filter_type not in _TYPES:
            return
        if not analysis.catalogs:
            self._note_tables(native_filter, dashboard, analysis)
            return
        scans: dict[_Scan, dict[Chart | None, None]] = {}
        for predicate in analysis.predicates(dashboard, clicks=False):
            if predicate.native_filter is native_filter:
                scan = self._scan(predicate, analysis)
                if scan is not None:
                    scans.setdefault(scan, {})[predicate.chart] = None
        if not scans:
            return
        parts = []
        for scan, users in scans.items():
            charts = [c for c in users if c is not None]
            size = f" of {scan.rows:,} rows" if scan.rows is not None else ""
            column = f"{scan.of.label}.{scan.of.column}"
            parts.append(f"{plural(len(charts), 'chart')} filter {column}{size} ({scan.reason})")
        worst = max(scans, key=lambda s: s.rows or 0)
        proposals = proposals_for([scan.of for scan in scans], [dashboard], analysis)
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
            advice=advice(worst.of, proposals),
            proposal=[proposal.statement for proposal in proposals],
        )

    @staticmethod
    def _note_tables(native_filter: NativeFilter, dashboard: Dashboard, analysis: Analysis) -> None:
        """Without a catalog: the tables whose indexes would have to be known."""
        target = native_filter.target
        for placement in analysis.charts_in_scope(dashboard, native_filter):
            chart = placement.chart
            dataset = analysis.dataset_of(chart) if chart is not None else None
            if chart is None or dataset is None:
                continue
            columns = {target.column} if target is not None and target.column else set()
            if native_filter.filter_type == "filter_time":
                queries = analysis.queries(chart)
                columns = {f.col for q in queries for f in q.filters if f.op == "TEMPORAL_RANGE"}
                columns |= {q.granularity for q in queries if q.granularity}
            for column in sorted(columns & dataset.column_by_name.keys()):
                for ref in analysis.physical_columns(dataset, column):
                    analysis.lacks("indexes", _label(ref.table, dataset))

    def _scan(self, predicate: Predicate, analysis: Analysis) -> _Scan | None:
        """The reading of a whole table that a predicate leads to, if it is worth a word."""
        table, verdict = predicate.table, predicate.verdict
        label = _label(predicate.ref.table, predicate.dataset)
        if table is None or (verdict.outcome == "unknown" and predicate.access.usable is None):
            analysis.lacks("indexes", label)
            return None
        if verdict.outcome != "scan" or (table.rows is not None and table.rows < self.options.min_rows):
            return None
        share, most = predicate.selectivity, 1 / max(1, self.options.min_distinct)
        if predicate.kind in ("in", "equality") and share is not None and share > most:
            return None
        of = Unserved(
            table,
            label,
            predicate.ref.column,
            predicate.ref.expression if predicate.ref.transformed else None,
            bool(table.indexes is not None and analysis.has_indexes(predicate.dataset)),
        )
        return _Scan(of, verdict.reason, table.rows, verdict.certain)


def _label(table: TableRef, dataset: Dataset) -> str:
    return ".".join(part for part in (table.schema or dataset.schema, table.name) if part)
