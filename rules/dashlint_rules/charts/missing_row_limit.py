"""Charts that leave the row limit to the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Chart
from dashlint.cost.changes import COMPUTED, ROWS, limited
from dashlint.lint.amounts import saves
from dashlint.lint.effort import Effort
from dashlint.lint.model import Edit, Finding, Fix, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions
from dashlint.superset.controls import control_keys
from dashlint.superset.query import Query

#: The controls that set a chart's row limit (bubble, a legacy type, has `limit`).
_LIMITS = {"row_limit", "limit"}


class MissingRowLimit(Rule):
    """A chart's query is sent without a row limit of its own.

    ## Why
    Where a request carries no limit (or 0), Superset's server puts in `ROW_LIMIT`, 50,000
    rows unless configured otherwise. Every row is held several times over in the worker
    before the answer is sent. A legacy bubble chart without `limit` reads with no LIMIT at all.

    ## Example
    ```yaml
    viz_type: table
    params:
      row_limit: 0
    ```

    ## Use instead
    ```yaml
    params:
      row_limit: 1000
    ```

    ## Source
    superset/common/query_object_factory.py:QueryObjectFactory._process_row_limit;
    superset/viz.py:BubbleViz.query_obj.
    """

    code = "DL301"
    severity = Severity.WARNING
    effort = Effort.SETTING
    remedy = "set a row limit"
    fix = """
    Unsafe: sets a row limit of 1,000, in the saved `query_context` too. Rows behind it are no longer shown.
    Histograms, box plots and the like are left to people: they are computed from the rows that are read.
    """

    class Options(RuleOptions):
        """When a limit would change nothing."""

        max_groups: Annotated[
            int,
            Option(
                "Aggregates known to have at most this many groups are not reported.",
                source="the row limit that most of Superset's control panels propose "
                "(superset-ui-chart-controls, sharedControls.tsx).",
                ge=0,
            ),
        ] = 10_000

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """One finding per chart: its first query that returns rows without a limit."""
        panel = control_keys(chart.viz_type, analysis.settings.version)
        if not panel & _LIMITS:
            # A KPI with its trend, a calendar: their panels offer no limit that could be set.
            return
        for query in analysis.queries(chart):
            # One row comes back whatever the limit: a KPI, a total, a row count.
            if query.row_limit or query.is_rowcount or not query.columns:
                continue
            dataset = analysis.dataset_of(chart)
            limit = query.effective_limit
            reads = f"up to {limit:,} rows" if limit is not None else "the whole table, without any LIMIT"
            rows = analysis.rows(query, dataset)
            if query.groups and rows.basis == "statistics" and (rows.upper or 0) <= self.options.max_groups:
                # The data has that few groups: a limit would change nothing.
                continue
            cost = analysis.query_cost(query, dataset)
            yield self.finding(
                analysis,
                chart,
                f"the {chart.viz_type} chart sends no row limit, so the server reads {reads}",
                # How many groups there are is not known: perhaps few.
                severity=Severity.INFO if query.groups and rows.basis != "statistics" and limit else None,
                field="params.limit" if limit is None else "params.row_limit",
                advice=self._advice(chart, analysis),
                memory=cost if cost.upper is not None else None,
                fix=self._fix(chart, "limit" if limit is None else "row_limit", panel),
            )
            return

    @staticmethod
    def _fix(chart: Chart, key: str, panel: frozenset[str]) -> Fix | None:
        if chart.viz_type in COMPUTED or key not in panel:
            return None
        return Fix("unsafe", f"set params.{key} to {ROWS:,}", (Edit(chart, ("params", key), ROWS),))

    @staticmethod
    def _limited(query: Query) -> Query:
        return query if query.row_limit or query.is_rowcount or not query.columns else limited(query, 1_000)

    def _advice(self, chart: Chart, analysis: Analysis) -> str:
        if chart.viz_type in COMPUTED:
            return "set a row limit of your own: the picture is computed from those rows alone"
        fewer = [self._limited(query) for query in analysis.queries(chart)]
        return "set a row limit that the chart can show, such as 1,000" + saves(analysis.saving(chart, fewer))
