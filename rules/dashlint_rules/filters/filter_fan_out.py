"""Filters that re-run too many charts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard, NativeFilter
from dashlint.lint.amounts import sum_phrase
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions


class FilterFanOut(Rule):
    """One change of a filter re-runs many charts.

    ## Why
    When a filter is applied, every chart in its scope that was ever opened queries again, those
    on tabs in the background too (Superset 5.0 and later). Whether the chart's dataset has the
    filter's column plays no part. New values mean new cache keys, so most of these queries miss.

    ## Example
    A “Country” filter that applies to all 40 charts of a dashboard with five tabs: whoever has
    looked at all tabs re-runs 40 charts with each change.

    ## Use instead
    Limit the filter's scope to the tabs and charts that it is meant for (filter settings →
    Scoping), or split the dashboard.

    ## Source
    superset-frontend/src/dashboard/util/getRelatedCharts;
    superset-frontend/src/dashboard/components/gridComponents/Chart (hidden tabs).
    """

    code = "DL201"
    severity = Severity.WARNING
    effort = Effort.DESIGN
    remedy = "limit the scope of filters to the charts that they are meant for"

    class Options(RuleOptions):
        """How many charts a filter may re-run."""

        max_charts: Annotated[
            int,
            Option(
                "A filter may re-run this many charts.",
                source="a common rule of thumb among Superset operators: 8 to 12 charts at once.",
                ge=1,
            ),
        ] = 12

    def check_filter(
        self, native_filter: NativeFilter, dashboard: Dashboard, analysis: Analysis
    ) -> Iterator[Finding]:
        """A finding for a filter that re-runs more charts than the limit."""
        charts = analysis.charts_rerun(dashboard, native_filter)
        if len(charts) <= self.options.max_charts:
            return
        memory = analysis.filter_cost(dashboard, native_filter)
        event = analysis.filter_change(dashboard, native_filter)
        costs = [analysis.request_cost(request, dashboard) for request in event.requests]
        worst = sorted(charts, key=lambda c: -(analysis.chart_cost(c).upper or 0))
        named = ", ".join(f"“{chart.name}”" for chart in worst[:5])
        tabs = " once all tabs have been opened" if dashboard.layout.tabs else ""
        yield self.finding(
            analysis,
            dashboard,
            f"one change re-runs {len(charts)} charts{tabs} and takes {sum_phrase(costs)}; "
            f"the heaviest: {named}",
            native_filter=native_filter,
            field="scope",
            advice="limit its scope to the charts that it is meant for",
            memory=memory,
        )
