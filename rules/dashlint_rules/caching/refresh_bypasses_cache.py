"""Automatic refreshes that make cache timeouts pointless."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard
from dashlint.lint.amounts import plural
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule


class RefreshBypassesCache(Rule):
    """The dashboard's automatic refresh bypasses the cache that somebody set up for its charts.

    ## Why
    Unless `DASHBOARD_AUTO_REFRESH_MODE` is `fetch`, every automatic refresh is a forced one: each
    open browser tab runs every mounted chart's SQL again, however fresh the cached result is.
    A timeout longer than the interval then only helps people who open the dashboard anew.

    ## Example
    ```yaml
    metadata:
      refresh_frequency: 60
    # and charts with cache_timeout: 3600
    ```

    ## Use instead
    `DASHBOARD_AUTO_REFRESH_MODE = "fetch"` in superset_config.py, with timeouts as long as
    the data may be old; or no automatic refresh where the data changes once an hour.

    ## Source
    superset/config.py:DASHBOARD_AUTO_REFRESH_MODE;
    superset-frontend/src/dashboard/actions/dashboardState:onRefresh; seen in a browser on 6.1.0.
    """

    code = "DL406"
    severity = Severity.INFO
    effort = Effort.SETTING
    remedy = "let automatic refreshes use the cache"

    def check_dashboard(self, dashboard: Dashboard, analysis: Analysis) -> Iterator[Finding]:
        """A finding where charts have a timeout of their own that is longer than the interval."""
        interval = dashboard.refresh_frequency
        if interval <= 0 or analysis.settings.auto_refresh_mode == "fetch":
            return
        charts = analysis.charts_on_load(dashboard)
        kept = [
            c
            for c in charts
            if (t := analysis.cache_timeout(c)).origin in ("chart", "dataset", "database")
            and t.seconds > interval
        ]
        if not kept:
            return
        yield self.finding(
            analysis,
            dashboard,
            f"its refresh every {interval} s bypasses the cache, although "
            f"{plural(len(kept), 'chart')} of {len(charts)} may be cached for longer than that",
            field="metadata.refresh_frequency",
            advice='set DASHBOARD_AUTO_REFRESH_MODE = "fetch", or refresh less often',
        )
