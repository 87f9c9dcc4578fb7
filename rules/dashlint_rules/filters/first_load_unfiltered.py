"""Time filters without a default: the first load reads all history."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Chart, Dashboard, NativeFilter
from dashlint.lint.amounts import cost_phrase
from dashlint.lint.effort import Effort
from dashlint.lint.model import Edit, Finding, Fix, Severity
from dashlint.lint.rule import Rule

_NO_RANGE = (None, "", "No filter")
_DEFAULT = "Last month"


class FirstLoadUnfiltered(Rule):
    """A time filter has no default, so the first load reads all history.

    ## Why
    Whoever opens the dashboard waits for every chart over all time before they can choose a
    range, and the memory of that load is the highest of the whole visit.

    ## Example
    A time filter “Period” without a default value, over charts whose own range is `No filter`.

    ## Use instead
    A default range (`Last month`) in the filter's settings, or a range of their own in the charts.

    ## Source
    superset-frontend/src/dashboard/components/nativeFilters/FilterBar: without a default the
    charts query at once, unfiltered.
    """

    code = "DL205"
    severity = Severity.WARNING
    effort = Effort.SETTING
    remedy = "give time filters a default range"
    fix = """
    Unsafe: gives the filter the default `Last month`. Whoever opens the dashboard then sees the last month
    instead of everything, until they choose another range.
    """

    def check_filter(
        self, native_filter: NativeFilter, dashboard: Dashboard, analysis: Analysis
    ) -> Iterator[Finding]:
        """A finding for a time filter without a default that leaves charts without any range."""
        if native_filter.filter_type != "filter_time":
            return
        if native_filter.default_extra_form_data.get("time_range") not in _NO_RANGE:
            return
        in_scope = {p.chart for p in analysis.charts_in_scope(dashboard, native_filter)}
        open_charts = [
            chart
            for chart in analysis.charts_on_load(dashboard)
            if chart in in_scope and self._reads_all_time(chart, dashboard, analysis)
        ]
        if not open_charts:
            return
        names = ", ".join(f"“{c.name}”" for c in open_charts[:5]) + (" …" if len(open_charts) > 5 else "")
        memory = analysis.sum_costs(
            (r for r in analysis.load(dashboard).requests if r.chart in open_charts), dashboard
        )
        yield self.finding(
            analysis,
            dashboard,
            f"has no default, so the first load reads all history for {len(open_charts)} charts "
            f"({cost_phrase(memory)}): {names}",
            native_filter=native_filter,
            field="defaultDataMask",
            advice=f"give it a default range, such as “{_DEFAULT}”",
            memory=memory,
            fix=Fix(
                "unsafe",
                f"make “{_DEFAULT}” the filter's default",
                (
                    Edit(
                        dashboard,
                        (*native_filter.path, "defaultDataMask", "extraFormData", "time_range"),
                        _DEFAULT,
                    ),
                    Edit(
                        dashboard,
                        (*native_filter.path, "defaultDataMask", "filterState", "value"),
                        _DEFAULT,
                    ),
                ),
            ),
        )

    @staticmethod
    def _reads_all_time(chart: Chart, dashboard: Dashboard, analysis: Analysis) -> bool:
        """Whether a chart, as the dashboard opens, has a time range to set and none set."""
        requests = [r for r in analysis.load(dashboard).requests if r.chart is chart]
        ranges = [
            (f.val, query.time_range)
            for request in requests
            for query in request.queries
            for f in query.filters
            if f.op == "TEMPORAL_RANGE"
        ]
        ranges += [
            (None, query.time_range) for request in requests for query in request.queries if query.granularity
        ]
        return bool(ranges) and all(own in _NO_RANGE and given in _NO_RANGE for own, given in ranges)
