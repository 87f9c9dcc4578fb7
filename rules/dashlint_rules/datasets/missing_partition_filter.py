"""Charts that read every partition of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Chart
from dashlint.lint import amounts
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions
from dashlint_rules.charts.no_time_filter import NoTimeFilter


class MissingPartitionFilter(Rule):
    """A chart reads a large partitioned table and asks for nothing by which it is partitioned.

    ## Why
    Partitions save work only for queries that name the partition column: all others read every
    one of them. On engines that bill by bytes read (BigQuery, Athena) they pay for the whole
    table, and a BigQuery table that requires a partition filter refuses them. The chart may well
    have a time range, but on another column: that of the order, say, in a table partitioned by
    the day of loading. Partitions that only spread rows (by hash or bucket) do not count; as a
    catalog does not tell these apart on engines with indexes, only partitions by days or moments
    do there. Charts without any range are DL304's affair, conditions that hide the
    partition column from the engine DL505's.

    ## Example
    A chart with the range `Last week` on `ordered_at`, from a table that is partitioned by
    `loaded_on`.

    ## Use instead
    A filter on the partition column, beside the other if need be: in the chart, in the dataset's
    SQL, or on the dashboard. Where nobody asks by that column, partition by the one they ask by.

    ## Source
    PostgreSQL documentation, “Partition Pruning”; BigQuery documentation, “Query partitioned
    tables” and `require_partition_filter`; Trino documentation, Hive connector.
    """

    code = "DL511"
    severity = Severity.WARNING
    effort = Effort.SETTING
    remedy = "ask for what tables are partitioned by"
    applies_to = "Partitioned tables. Needs the catalog's partitions and row counts: pass --catalog."

    class Options(RuleOptions):
        """What is large."""

        min_rows: Annotated[
            int,
            Option(
                "Tables known to have fewer rows are not reported.",
                source="partitions of smaller tables are read in milliseconds; PostgreSQL's documentation "
                "advises partitions for tables larger than the server's memory.",
                ge=0,
            ),
        ] = 1_000_000

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """One finding per table that the chart reads whole."""
        found = [p for p in analysis.advising.all_partitions(chart) if self._is_large(p.table.rows)]
        if not found or any(True for _ in NoTimeFilter().check_chart(chart, analysis)):
            return
        for count, part in enumerate(found):
            table = part.table
            name = ".".join(p for p in (table.schema, table.name) if p)
            size = f", {amounts.size(table.bytes)}" if table.bytes else ""
            columns = " or ".join(f"“{c}”" for c in part.offered or part.columns)
            where = "to the chart" if part.offered else "to the dataset's SQL"
            yield self.finding(
                analysis,
                chart,
                f"reads all partitions of {name} ({table.rows:,} rows{size}): the table is partitioned by "
                f"{', '.join(part.keys)}, and nothing that the chart asks for names that",
                field="params.adhoc_filters" if count == 0 else f"params.adhoc_filters#{count + 1}",
                advice=f"add a filter on {columns} {where}",
            )

    def _is_large(self, rows: int | None) -> bool:
        return rows is not None and rows >= int(self.options.min_rows)
