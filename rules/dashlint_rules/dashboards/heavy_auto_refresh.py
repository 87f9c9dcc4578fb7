"""Dashboards that refresh themselves more often than their charts can bear."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard
from dashlint.lint.amounts import sum_phrase
from dashlint.lint.effort import Effort
from dashlint.lint.model import Edit, Finding, Fix, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions

#: Seconds that a dashboard's menu offers (superset/config.py: DASHBOARD_AUTO_REFRESH_INTERVALS).
_INTERVALS = (10, 30, 60, 300, 1_800, 3_600, 21_600, 43_200, 86_400)


class HeavyAutoRefresh(Rule):
    """An automatic refresh re-runs heavy charts, or many of them, too often.

    ## Why
    Every open browser tab refreshes by itself, all the time, whether somebody looks or not.
    Unless `DASHBOARD_AUTO_REFRESH_MODE` is `fetch`, each refresh bypasses the cache and runs
    every mounted chart's SQL again.

    ## Example
    ```yaml
    metadata:
      refresh_frequency: 10   # seconds, with 30 charts on the first tab
    ```

    ## Use instead
    A longer interval, `timed_refresh_immune_slices` for charts whose data changes seldom, or a
    small dashboard of its own for the figures that have to be fresh.

    ## Source
    superset/config.py:DASHBOARD_AUTO_REFRESH_MODE;
    superset-frontend/src/dashboard/actions/dashboardState:onRefresh.
    """

    code = "DL103"
    severity = Severity.WARNING
    effort = Effort.SETTING
    remedy = "refresh less often"
    fix = """
    Unsafe: raises the interval to the shortest one of the dashboard's menu that keeps to both budgets.
    People who leave the dashboard open then see new figures later.
    """

    class Options(RuleOptions):
        """What one open browser tab may ask of the server."""

        queries_per_minute: Annotated[
            int,
            Option(
                "Queries per minute that one open browser tab may cause.",
                source="one a second: ten viewers then keep ten database connections busy "
                "when a query takes a second.",
                ge=1,
            ),
        ] = 60
        memory_per_minute: Annotated[
            int,
            Option(
                "Bytes of results per minute that one open browser tab may cause.",
                source="one cold load at DL102's budget every two minutes.",
                ge=0,
                size=True,
            ),
        ] = 256 * 2**20

    def check_dashboard(self, dashboard: Dashboard, analysis: Analysis) -> Iterator[Finding]:
        """A finding when either budget is exceeded."""
        interval = dashboard.refresh_frequency
        if interval <= 0:
            return
        # What the timer refreshes: mounted charts that are not exempt. The cells of a chart that is a
        # matrix of charts stay as they are: only the chart itself is asked for, which nobody sees
        # (tests/truth/data/made_up/6.1.0-matrixify/matrix_that_refreshes_itself.json).
        immune = dashboard.refresh_immune_chart_ids
        ids = {p.chart: p.chart_id for p in analysis.placements(dashboard)}
        sent = [
            r
            for r in analysis.load(dashboard).requests
            if r.chart is not None and r.cell is None and ids.get(r.chart) not in immune
        ]
        queries = sum(len(r.queries) for r in sent)
        per_minute = queries * 60 / interval
        costs = [analysis.request_cost(request, dashboard) for request in sent]
        memory = analysis.sum_costs(sent, dashboard)
        known = memory.expected if memory.expected is not None else memory.upper
        bytes_per_minute = known * 60 / interval if known is not None else 0
        if (
            per_minute <= self.options.queries_per_minute
            and bytes_per_minute <= self.options.memory_per_minute
        ):
            return
        cached = analysis.settings.auto_refresh_mode == "fetch"
        yield self.finding(
            analysis,
            dashboard,
            f"every {interval} s each open browser tab re-runs {len(sent)} charts "
            f"({queries} queries, {per_minute:,.0f} a minute; {sum_phrase(costs)} each time)"
            + ("" if cached else ", past the cache"),
            field="metadata.refresh_frequency",
            advice="refresh less often, or exempt the charts that need no fresh data",
            memory=memory,
            fix=self._fix(dashboard, queries, known or 0),
        )

    def _fix(self, dashboard: Dashboard, queries: int, memory: int) -> Fix | None:
        """A longer interval, if one is long enough."""
        for seconds in _INTERVALS:
            if (
                seconds > dashboard.refresh_frequency
                and queries * 60 / seconds <= self.options.queries_per_minute
                and memory * 60 / seconds <= self.options.memory_per_minute
            ):
                edit = Edit(dashboard, ("metadata", "refresh_frequency"), seconds)
                return Fix("unsafe", f"refresh every {seconds:,} s", (edit,))
        return None
