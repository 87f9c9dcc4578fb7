"""Raw tables that send tens of thousands of rows at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Chart
from dashlint.cost.changes import limited, paged
from dashlint.lint.amounts import cost_phrase, saves
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Edit, Finding, Fix, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions

_TABLES = ("table", "ag-grid-table")


class LargeTableWithoutPagination(Rule):
    """A raw table fetches many rows at once instead of page by page.

    ## Why
    Without server pagination a table fetches all rows up to its limit, and people look at the
    first page. The worker holds every row several times over, and so does the browser.

    ## Example
    ```yaml
    viz_type: table
    params:
      query_mode: raw
      row_limit: 50000
      server_pagination: false
    ```

    ## Use instead
    ```yaml
    params:
      server_pagination: true
      server_page_length: 50
    ```
    Each page is then a query of its own, and one more counts the rows.

    ## Source
    superset-frontend/plugins/plugin-chart-table/src/buildQuery.ts.
    """

    code = "DL303"
    severity = Severity.WARNING
    effort = Effort.SETTING
    remedy = "turn on server pagination"
    applies_to = "Chart types: table, ag-grid-table, in raw mode."
    fix = """
    Unsafe: turns on server pagination, in the saved `query_context` too. The rows are the same, but people
    see them page by page, and searching and sorting ask the server.
    """

    class Options(RuleOptions):
        """How many rows a table may fetch at once."""

        max_rows: Annotated[
            int,
            Option(
                "Rows that a table may fetch at once.",
                source="the table's own default row limit since Superset 6.0 (controlPanel.tsx).",
                ge=1,
            ),
        ] = 10_000

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """A finding when a raw query may return more rows than the limit."""
        if chart.viz_type not in _TABLES:
            return
        queries = analysis.queries(chart)
        if not queries or queries[0].metrics is not None or any(q.is_rowcount for q in queries):
            return
        dataset = analysis.dataset_of(chart)
        rows = analysis.rows(queries[0], dataset)
        if rows.upper is None or rows.upper <= self.options.max_rows:
            return
        # Fewer rows than that are there now: they may become more.
        few = rows.expected is not None and rows.expected <= self.options.max_rows
        memory = analysis.query_cost(queries[0], dataset)
        fewer = [limited(queries[0], self.options.max_rows), *queries[1:]]
        pages, shorter = saves(analysis.saving(chart, paged(queries))), saves(analysis.saving(chart, fewer))
        yield self.finding(
            analysis,
            chart,
            f"the raw table fetches up to {rows.upper:,} rows"
            + (f" (now about {rows.expected:,})" if few else "")
            + f" of {len(queries[0].columns)} columns at once, {cost_phrase(memory)}",
            severity=Severity.INFO if few else None,
            field="params.server_pagination" if "server_pagination" in chart.params else "params.row_limit",
            confidence=Confidence.HIGH if rows.basis != "row_limit" else Confidence.MEDIUM,
            advice=f"turn on server pagination{pages}, or lower the row limit to {self.options.max_rows:,} "
            f"or less{shorter}",
            memory=memory,
            fix=self._fix(chart),
        )

    @staticmethod
    def _fix(chart: Chart) -> Fix:
        edits = [Edit(chart, ("params", "server_pagination"), value=True)]
        length = chart.params.get("page_length")
        if "server_page_length" not in chart.params and isinstance(length, int) and length > 0:
            # As long as the pages that the browser has made so far.
            edits.append(Edit(chart, ("params", "server_page_length"), length))
        return Fix("unsafe", "turn on server pagination", tuple(edits))
