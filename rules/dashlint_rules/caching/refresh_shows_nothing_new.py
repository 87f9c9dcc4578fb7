"""Automatic refreshes that are answered from the cache."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard
from dashlint.lint.effort import Effort
from dashlint.lint.model import Edit, Finding, Fix, Severity
from dashlint.lint.rule import Rule


class RefreshShowsNothingNew(Rule):
    """The dashboard refreshes more often than its cached results change.

    ## Why
    With `DASHBOARD_AUTO_REFRESH_MODE = "fetch"` an automatic refresh reads the cache. Where the
    refresh interval is shorter than a chart's cache timeout, most refreshes bring the same
    result again. (In the default mode, `force`, refreshes bypass the cache: see DL103.)

    ## Example
    ```yaml
    metadata:
      refresh_frequency: 30
    # while the charts are cached for 3600 seconds
    ```

    ## Use instead
    A refresh interval not shorter than the timeout, or a timeout not longer than the interval.

    ## Source
    superset/config.py:DASHBOARD_AUTO_REFRESH_MODE;
    superset-frontend/src/dashboard/actions/dashboardState:onRefresh.
    """

    code = "DL403"
    severity = Severity.WARNING
    effort = Effort.SETTING
    remedy = "refresh as seldom as cached figures change"
    fix = """
    Unsafe: refreshes as seldom as the longest of these timeouts. Charts with a shorter timeout, and entries
    that others have renewed, are then seen later.
    """
    applies_to = "Only where DASHBOARD_AUTO_REFRESH_MODE is fetch: pass --superset-config."

    def check_dashboard(self, dashboard: Dashboard, analysis: Analysis) -> Iterator[Finding]:
        """One finding, where at least one chart on the first tabs outlives the interval."""
        interval = dashboard.refresh_frequency
        settings = analysis.settings
        if interval <= 0 or settings.auto_refresh_mode != "fetch" or settings.caches_data is False:
            return
        charts = analysis.charts_on_load(dashboard)
        longer = [c for c in charts if analysis.cache_timeout(c).seconds > interval]
        if not longer:
            return
        longest = max(longer, key=lambda c: analysis.cache_timeout(c).seconds)
        yield self.finding(
            analysis,
            dashboard,
            f"refreshes every {interval} s from the cache, but {len(longer)} of {len(charts)} charts are "
            f"cached for longer (“{longest.name}”: {analysis.cache_timeout(longest).seconds:,} s), "
            "so most refreshes show nothing new",
            field="metadata.refresh_frequency",
            advice="refresh no more often than the cache changes, or shorten the timeout",
            fix=Fix(
                "unsafe",
                f"refresh every {analysis.cache_timeout(longest).seconds:,} s",
                (
                    Edit(
                        dashboard, ("metadata", "refresh_frequency"), analysis.cache_timeout(longest).seconds
                    ),
                ),
            ),
        )
