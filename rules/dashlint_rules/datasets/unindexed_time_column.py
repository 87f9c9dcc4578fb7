"""Time ranges of charts that no index or partition serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Chart, Dashboard, Dataset
from dashlint.lint.amounts import plural
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.proposing import Unserved, advice, proposals_for
from dashlint.lint.rule import Option, Rule, RuleOptions
from dashlint.records import NamedTuple

if TYPE_CHECKING:
    from dashlint.analysis.predicates import Predicate


class _Scan(NamedTuple):
    """A physical time column whose ranges lead to reading the whole table."""

    of: Unserved
    rows: int


class _Users(NamedTuple):
    """Who asks for the ranges: charts, with whether the verdict is certain, and their dashboards."""

    charts: dict[Chart | None, bool]
    dashboards: dict[Dashboard, None]


class UnindexedTimeColumn(Rule):
    """Charts ask a large table for a range of time, and no index or partition finds it.

    ## Why
    Charts show the last days of a table that keeps years. Without an index on the time column (or
    partitions, or a sort key by it) each of them reads all the years whenever a dashboard opens,
    and it takes longer every day. The column is followed through virtual datasets and views, and
    the range is weighed as the engine would: one that most of the rows are in is not reported, nor
    one beside a condition whose index finds the rows. Ranges that a dashboard's time filter sets
    are DL202's affair. What is proposed is part of what serves most charts of their dashboards: one
    index may have the time column behind those that the charts compare with values.

    ## Example
    “Revenue last week” over `orders` with 5 million rows since 2019 and no index on `ordered_at`.

    ## Use instead
    ```sql
    CREATE INDEX CONCURRENTLY orders_ordered_at_idx ON orders (ordered_at);
    ```
    or `USING brin (ordered_at)` where rows are stored in the order of time; on engines without
    indexes, partition or cluster the table by the column.

    ## Source
    PostgreSQL documentation, 11.2 “Index Types” and 5.12 “Table Partitioning”;
    superset/models/helpers.py:get_sqla_query (TEMPORAL_RANGE).
    """

    code = "DL508"
    severity = Severity.WARNING
    effort = Effort.WAREHOUSE
    remedy = "index the time columns of large tables"
    applies_to = "Needs the warehouse's indexes and row counts: pass --catalog."

    class Options(RuleOptions):
        """What a large table is."""

        min_rows: Annotated[
            int,
            Option(
                "Tables known to have fewer rows are not reported.",
                source="a scan of a hundred thousand rows takes well under a second on any "
                "of the databases that Superset reads.",
                ge=0,
            ),
        ] = 100_000

    def check_dataset(self, dataset: Dataset, analysis: Analysis) -> Iterator[Finding]:
        """One finding per time column of a table behind the dataset."""
        if not analysis.catalogs:
            return
        scans: dict[_Scan, _Users] = {}
        filtered = set()
        for dashboard, predicate in analysis.predicates_on(dataset):
            scan = self._scan(predicate, analysis)
            if scan is None:
                continue
            if predicate.native_filter is not None:
                filtered.add(scan)
            elif predicate.on_load:
                users = scans.setdefault(scan, _Users({}, {}))
                users.charts[predicate.chart] = predicate.verdict.certain
                users.dashboards[dashboard] = None
        for count, (scan, users) in enumerate((s, u) for s, u in scans.items() if s not in filtered):
            what = scan.of.expression or scan.of.column
            verbs = ("asks", "reads") if len(users.charts) == 1 else ("ask", "read")
            proposals = proposals_for([scan.of], users.dashboards, analysis)
            yield self.finding(
                analysis,
                dataset,
                f"{plural(len(users.charts), 'chart')} {verbs[0]} for a range of {what} and {verbs[1]} all "
                f"{scan.rows:,} rows of {scan.of.label}: no index or partition has it",
                field="main_dttm_col" if count == 0 else f"main_dttm_col#{count + 1}",
                confidence=Confidence.HIGH if any(users.charts.values()) else Confidence.LOW,
                advice=advice(scan.of, proposals),
                proposal=[proposal.statement for proposal in proposals],
            )

    def _scan(self, predicate: Predicate, analysis: Analysis) -> _Scan | None:
        table = predicate.table
        if predicate.source != "time-range" or predicate.verdict.outcome != "scan" or table is None:
            return None
        schema = predicate.ref.table.schema or predicate.dataset.schema
        label = ".".join(part for part in (schema, table.name) if part)
        if table.rows is None:
            analysis.lacks("statistics", label)
            return None
        if table.rows < self.options.min_rows:
            return None
        ref = predicate.ref
        of = Unserved(
            table,
            label,
            ref.column,
            ref.expression if ref.transformed else None,
            bool(table.indexes is not None and analysis.has_indexes(predicate.dataset)),
        )
        return _Scan(of, table.rows)
