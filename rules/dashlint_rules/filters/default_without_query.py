"""Filters whose stored default shows a value but does not filter."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard, NativeFilter
from dashlint.lint.amounts import plural
from dashlint.lint.effort import Effort
from dashlint.lint.model import Edit, Finding, Fix, Severity
from dashlint.lint.rule import Rule

_EMPTY: tuple[object, ...] = (None, "", [], {})


class DefaultWithoutQuery(Rule):
    """A filter's default has a value to show but no query part.

    ## Why
    What filters the charts is `extraFormData`; `filterState.value` is only what the filter bar
    shows. With the second alone, Superset 6.1 queries every chart in scope twice on load: first
    unfiltered, then filtered. Up to 6.0 the charts stay unfiltered until somebody presses Apply,
    although the bar shows a value. It comes from YAML written by hand or by scripts.

    ## Example
    ```yaml
    defaultDataMask:
      filterState: {value: [Germany]}
      extraFormData: {}
    ```

    ## Use instead
    Open the filter in the editor and save it, or write the query part too:
    `extraFormData: {filters: [{col: country, op: IN, val: [Germany]}]}`.

    ## Source
    superset-frontend/src/dashboard/components/nativeFilters/FilterBar (needsAutoApply); seen in
    a browser on 6.1.0.
    """

    code = "DL208"
    severity = Severity.WARNING
    effort = Effort.SETTING
    remedy = "write the query part of filters' defaults"
    fix = """
    Writes the query part of a select or time filter's default, as the filter bar would. Safe where the
    version is known to be 6.1 or later, which shows these values in the end anyway; unsafe before, where the
    charts stayed unfiltered until somebody pressed Apply. Other kinds of filters are left to people.
    """

    def check_filter(
        self, native_filter: NativeFilter, dashboard: Dashboard, analysis: Analysis
    ) -> Iterator[Finding]:
        """A finding for such a default, with what it does in the version at hand."""
        if native_filter.default_value in _EMPTY or native_filter.default_extra_form_data:
            return
        if native_filter.default_to_first_item:
            # The first item is chosen anew on every load; what is stored does not matter.
            return
        charts = len(analysis.charts_in_scope(dashboard, native_filter))
        if not charts:
            return
        effect = (
            f"{plural(charts, 'chart')} in scope may query twice on load"
            if analysis.settings.at_least("6.1")
            else f"{plural(charts, 'chart')} in scope stay unfiltered until somebody presses Apply"
        )
        yield self.finding(
            analysis,
            dashboard,
            f"its default shows {native_filter.default_value!r} but has no query part: {effect}",
            native_filter=native_filter,
            field="defaultDataMask",
            advice="save the filter in the editor once more, or write extraFormData too",
            fix=self._fix(native_filter, dashboard, safe=self._shows_it_anyway(analysis)),
        )

    @staticmethod
    def _shows_it_anyway(analysis: Analysis) -> bool:
        """Whether the version is known, and one that filters by the value in the end."""
        known = analysis.settings.knows("SUPERSET_VERSION") or analysis.workspace.superset_version is not None
        return known and analysis.settings.at_least("6.1")

    @staticmethod
    def _fix(native_filter: NativeFilter, dashboard: Dashboard, *, safe: bool) -> Fix | None:
        """The query part, where the filter bar makes it of the value alone.

        Source: superset-frontend/src/filters/utils.ts:getSelectExtraFormData;
        superset-frontend/src/filters/components/Time/TimeFilterPlugin.tsx.
        """
        value, target = native_filter.default_value, native_filter.target
        query: dict[str, object]
        if native_filter.filter_type == "filter_time" and isinstance(value, str) and value != "No filter":
            query = {"time_range": value}
        elif native_filter.filter_type == "filter_select" and isinstance(value, list) and target:
            if target.column is None:
                return None
            excludes = bool(native_filter.control_values.get("inverseSelection"))
            op = "NOT IN" if excludes else "IN"
            query = {"filters": [{"col": target.column, "op": op, "val": value}]}
        else:
            return None
        edit = Edit(dashboard, (*native_filter.path, "defaultDataMask", "extraFormData"), query)
        return Fix("safe" if safe else "unsafe", "write the query part of the default", (edit,))
