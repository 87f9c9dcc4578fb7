"""Row limits far above what a chart can show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Chart
from dashlint.cost.changes import limited
from dashlint.lint.amounts import cost_phrase, saves
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Edit, Finding, Fix, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions

#: Rows that Superset's own control panel proposes for chart types that draw one mark per row
#: (superset-frontend/plugins/*/controlPanel). Types that compute from rows (histogram, box
#: plot) or draw points on a map are not here: there, a limit changes what is shown.
PROPOSED_ROWS = {
    "funnel": 10,
    "gauge_chart": 10,
    "radar": 10,
    "pie": 100,
    "word_cloud": 100,
}


class RowLimitBeyondDisplay(Rule):
    """A chart's row limit is many times what its kind of chart can show.

    ## Why
    A pie with 5,000 slices shows no more than one with 50, but every row is fetched, held in
    the worker several times over, cached and sent to the browser.

    ## Example
    ```yaml
    viz_type: pie
    params:
      row_limit: 50000
    ```

    ## Use instead
    The limit that Superset's own editor proposes (pie and word cloud 100, funnel, gauge and
    radar 10), or a little more.

    ## Source
    The row limit controls of superset-frontend/plugins/*/controlPanel.
    """

    code = "DL302"
    severity = Severity.WARNING
    effort = Effort.SETTING
    remedy = "lower row limits to what charts can show"
    applies_to = "Chart types: pie, word_cloud, funnel, gauge_chart, radar."
    fix = """
    Unsafe: sets the row limit that the editor proposes, in the saved `query_context` too. Groups behind it
    are no longer shown.
    """

    class Options(RuleOptions):
        """How far above the proposed limit is too far."""

        factor: Annotated[
            int,
            Option(
                "A limit may be this many times what the editor proposes.",
                source="one order of magnitude, so that a deliberate choice is not reported.",
                ge=1,
            ),
        ] = 10

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """A finding when the limit is far too high and the data may really have that many rows."""
        proposed = PROPOSED_ROWS.get(chart.viz_type)
        if proposed is None:
            return
        dataset = analysis.dataset_of(chart)
        for query in analysis.queries(chart):
            limit = query.effective_limit
            if not query.row_limit or limit is None or limit <= proposed * self.options.factor:
                continue
            rows = analysis.rows(query, dataset)
            if rows.basis != "row_limit" and (rows.upper or 0) <= proposed * self.options.factor:
                # The data has fewer groups than that: the limit costs nothing.
                continue
            memory = analysis.query_cost(query, dataset)
            # What only a table's size bounds (a calculated column may have two values) is not known.
            known = rows.expected is not None
            yield self.finding(
                analysis,
                chart,
                f"the {chart.viz_type} chart may read {limit:,} rows "
                f"({cost_phrase(memory)}); Superset's editor proposes {proposed:,}"
                + (f", and the data has about {rows.expected:,} groups" if rows.expected else ""),
                field="params.row_limit",
                severity=None if known else Severity.INFO,
                confidence=Confidence.HIGH if known else Confidence.MEDIUM,
                advice=f"lower the row limit to {proposed:,}: the groups behind them are left out"
                + saves(analysis.saving(chart, [limited(q, proposed) for q in analysis.queries(chart)])),
                memory=memory,
                fix=Fix(
                    "unsafe",
                    f"set params.row_limit to {proposed}",
                    (Edit(chart, ("params", "row_limit"), proposed),),
                ),
            )
            return
