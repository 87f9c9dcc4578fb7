"""Filters whose stored default shows a value but does not filter."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard, NativeFilter
from dashlint.lint.amounts import plural
from dashlint.lint.model import Finding, Severity
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
        )
