"""Tables that compute their totals anew on every request."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Chart
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule


class UncachedTotals(Rule):
    """A table with percentages and totals runs its totals query on every request, cached or not.

    ## Why
    Where a request holds both a query with shares (percentage metrics) and a totals query,
    Superset 6.0 and later runs the totals SQL once more before it looks into the cache. Every
    visit reads the whole range again, although the table itself comes from the cache.

    ## Example
    ```yaml
    viz_type: table
    params:
      percent_metrics: [revenue]
      show_totals: true
    ```

    ## Use instead
    Show either the percentages or the totals.

    ## Source
    superset/common/query_context_processor.py:get_payload, ensure_totals_available; seen on a
    running 6.1.0: three statements on a cold load, one on each warm one.
    """

    code = "DL308"
    severity = Severity.INFO
    effort = Effort.SETTING
    remedy = "show either percentage metrics or totals"
    applies_to = "Superset 6.0 and later."

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """One finding for a chart whose request runs such a statement."""
        if "totals" in analysis.uncached_statements(chart):
            yield self.finding(
                analysis,
                chart,
                "its totals are computed anew on every request, even when the table comes from the cache",
                field="params.show_totals",
                advice="show either the percentage metrics or the totals",
            )
