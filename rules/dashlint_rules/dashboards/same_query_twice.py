"""Charts of one dashboard that send the same query."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Chart, Dashboard
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule


class SameQueryTwice(Rule):
    """Several charts of one dashboard send the same query when it opens.

    ## Why
    Superset does not merge equal requests that are in flight together: on a cold load each of
    them runs its SQL and holds its rows. Only a later visit finds the one cache entry that they
    share, and only where chart data is cached at all.

    ## Example
    A bar chart and a table, both “revenue by country, top 100”, side by side on one tab.

    ## Use instead
    Keep one of the charts, or move the other to a tab. Where both are wanted, a cache makes the
    second visit cheaper, not the first.

    ## Source
    superset/common/query_object.py:QueryObject.cache_key (what makes queries equal);
    superset/common/query_context_processor.py:get_df_payload (nothing coalesces requests).
    """

    code = "DL104"
    severity = Severity.INFO
    effort = Effort.DESIGN
    remedy = "keep one of the charts that send the same query"

    def check_dashboard(self, dashboard: Dashboard, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each group of charts whose queries are equal."""
        groups: dict[object, dict[Chart, None]] = {}
        for request in analysis.load(dashboard).requests:
            chart = request.chart
            dataset = analysis.dataset_of(chart) if chart is not None else None
            if chart is None or dataset is None:
                continue
            for query in request.queries:
                groups.setdefault((dataset.uuid, query.statement_key), {})[chart] = None
        nodes = {p.chart: p.node.id for p in reversed(analysis.placements(dashboard))}
        reported: set[frozenset[Chart]] = set()
        for members in groups.values():
            charts = list(members)
            if len(charts) < 2 or frozenset(charts) in reported:
                continue
            reported.add(frozenset(charts))
            names = ", ".join(f"“{c.name}”" for c in charts[:4]) + (" …" if len(charts) > 4 else "")
            yield self.finding(
                analysis,
                dashboard,
                f"{len(charts)} charts send the same query when it opens: {names}",
                field=f"position.{nodes[charts[0]]}" if charts[0] in nodes else "position",
                advice="keep one of them, or move the others to a tab that is opened on demand",
                memory=analysis.chart_cost(charts[0]),
            )
