"""Time comparisons that read more than the chart's row limit."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Chart
from dashlint.lint.amounts import plural
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule


class ComparisonIgnoresLimit(Rule):
    """A time comparison reads up to ROW_LIMIT rows, whatever the chart's own limit.

    ## Why
    Each time shift is one more SQL statement in the same request. So that its rows find their
    partners, Superset sends it with `ROW_LIMIT` (50,000 unless configured otherwise) instead of
    the chart's limit, and holds all frames together until they are joined.

    ## Example
    ```yaml
    params:
      row_limit: 100
      time_compare: [1 year ago]
      groupby: [customer]
    ```

    ## Use instead
    Fewer groups or a coarser time grain, so that the whole result is small; a series limit also
    applies to the shifted query.

    ## Source
    superset/models/helpers.py:processing_time_offsets.
    """

    code = "DL310"
    severity = Severity.INFO
    effort = Effort.SETTING
    remedy = "compare fewer groups over time"

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """A finding where the shifted query may really read more than the chart's limit."""
        dataset = analysis.dataset_of(chart)
        for query in analysis.queries(chart):
            limit = query.effective_limit
            most = analysis.settings.row_limit
            if not query.time_offsets or limit is None or limit >= most or not query.columns:
                continue
            unlimited = analysis.rows(query.without_limit(), dataset)
            if unlimited.upper is not None and unlimited.upper <= limit:
                # There are no more groups than the chart shows.
                continue
            yield self.finding(
                analysis,
                chart,
                f"{plural(len(query.time_offsets), 'time shift')} "
                f"({', '.join(query.time_offsets)}) may read {most:,} rows each, although the chart's "
                f"limit is {limit:,}",
                field="params.time_compare",
                advice="compare fewer groups, a coarser time grain, or set a series limit",
            )
            return
