"""A chart's form data: the saved parameters, completed, and what filters add to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dashlint.assets import Chart
from dashlint.superset.controls import MISSING, controls
from dashlint.superset.js import as_list
from dashlint.superset.settings import Settings
from dashlint.superset.viz import panel_type

#: Parts of extraFormData that add up over filters, and parts of which the last filter's counts.
#: Source: ``superset-ui-core/src/query/constants.ts``. 4.1 and 5.0 know no ``time_compare``,
#: 6.0 and older no ``visible_deckgl_layers``.
APPENDED = (
    "adhoc_filters",
    "filters",
    "interactive_groupby",
    "interactive_highlight",
    "interactive_drilldown",
    "custom_form_data",
)
OVERRIDING = (
    "granularity",
    "granularity_sqla",
    "time_column",
    "time_grain",
    "time_range",
    "time_compare",
    "visible_deckgl_layers",
    "relative_start",
    "relative_end",
    "time_grain_sqla",
)
_SINCE = {"time_compare": "6.0", "visible_deckgl_layers": "6.1"}


def complete(chart: Chart, settings: Settings) -> dict[str, Any]:
    """The parameters as a dashboard holds them: missing controls get their panel's default.

    A chart of an old type is taken as an import makes it. A key that is present with null
    stays null. Keys come in the order of the browser's
    object (controls first, the others as a server sends them: sorted), which decides the order of
    columns and metrics.
    Source: ``src/explore/store.ts:applyDefaultFormData``, ``src/dashboard/actions/hydrate.ts``;
    ``GET /api/v1/dashboard/{id}/charts`` of 6.1.0 (Flask's ``jsonify`` sorts by default).
    """
    params = chart.params
    if chart.stored_viz_type is not None and chart.stored_viz_type != chart.viz_type:
        from dashlint.superset.migrate import migrated  # only charts of old have need of it

        params = migrated(chart.stored_viz_type, chart.viz_type, params)
    params = _with_time_range(params)
    form: dict[str, Any] = {}
    for key, default in controls(panel_type(chart.viz_type, settings), settings.version):
        if key in params:
            form[key] = params[key]
        elif default is not MISSING:
            form[key] = default
    for key in sorted(params):
        if key not in form:
            form[key] = params[key]
    form["viz_type"] = chart.viz_type
    return form


def stored(chart: Chart) -> dict[str, Any]:
    """The parameters as the server hands them out, which no control has completed.

    So ``deck_multi`` gets its layers: one without a row limit reads ROW_LIMIT rows, though the
    same chart by itself asks for its panel's default (50,000 and 10,000 on 6.1.0).
    Source: ``viz.py:DeckGLMultiLayer.get_data``, ``models/slice.py:Slice.form_data``.
    """
    return {**_with_time_range(chart.params), "viz_type": chart.viz_type}


def _with_time_range(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The server's own amendment: ``since`` and ``until`` of old charts become a time range.

    Source: ``superset/legacy.py:update_time_range``, from ``models/slice.py:Slice.form_data``.
    """
    if "since" in params or "until" in params:
        changed = dict(params)
        since, until = changed.pop("since", None) or "", changed.pop("until", None) or ""
        changed["time_range"] = f"{since} : {until}"
        return changed
    column = params.get("granularity_sqla")
    if column and "time_range" not in params:
        for entry in as_list(params.get("adhoc_filters")):
            if (
                isinstance(entry, Mapping)
                and entry.get("subject") == column
                and entry.get("comparator") == "No filter"
            ):
                return {**params, "time_range": "No filter"}
    return params


def merge(form_data: Mapping[str, Any], extra: Mapping[str, Any] | None) -> dict[str, Any]:
    """Form data with the extraFormData of the filters whose scope holds the chart.

    ``extra`` is None where no filter has the chart in its scope: what the chart was saved
    with then stays. An empty mapping (filters without a value) takes its place.
    Source: ``src/dashboard/util/charts/getFormDataWithExtraFilters.ts``.
    """
    return merge_into(dict(form_data), extra)


def merge_into(form: dict[str, Any], extra: Mapping[str, Any] | None) -> dict[str, Any]:
    """:func:`merge` without a copy: the form data itself change."""
    # Of the filter boxes that Superset 4.0 removed: the dashboard always sends an empty list.
    form["extra_filters"] = []
    if extra is not None:
        form["extra_form_data"] = extra
    return form


def combine(extras: Iterable[Mapping[str, Any]], settings: Settings) -> dict[str, Any]:
    """One extraFormData out of several filters', in the order of the filters.

    Source: ``nativeFilters/utils.ts:mergeExtraFormData``.
    """
    combined: dict[str, Any] = {}
    for extra in extras:
        for key in APPENDED:
            value = extra.get(key)
            if isinstance(value, (list, tuple)) and value:
                combined[key] = [*combined.get(key, ()), *value]
        for key in OVERRIDING:
            if key in extra and settings.at_least(_SINCE.get(key, "4.1")):
                combined[key] = extra[key]
    return combined
