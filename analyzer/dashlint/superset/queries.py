"""A chart's queries: what one dashboard request of the chart carries, and a filter's options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashlint.assets import Chart, Dataset, NativeFilter
from dashlint.superset import form_data as forms
from dashlint.superset.js import Unbuildable, truthy
from dashlint.superset.query import Query
from dashlint.superset.settings import Settings
from dashlint.superset.viz import Env, explore_json, lookup
from dashlint.superset.viz.base import QueryDict, base_query, context
from dashlint.superset.writer import Writer

_NO_STATE: Mapping[str, Any] = {}
#: Filters whose options are metadata, and the ``result_type`` of the one query that they send:
#: it names no column and runs no SQL. Source: ``src/filters/components/*/buildQuery.ts`` and
#: ``src/chartCustomizations/components/*/buildQuery.ts``.
METADATA_FILTERS: Mapping[str, str] = {
    "filter_timecolumn": "columns",
    "filter_timegrain": "timegrains",
    "chart_customization_timecolumn": "columns",
    "chart_customization_timegrain": "timegrains",
}


def build(
    chart: Chart,
    dataset: Dataset | None,
    settings: Settings,
    extra: Mapping[str, Any] | None = None,
    *,
    own_state: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Any] | None = None,
    sources: Sequence[str] = (),
    layer: bool = False,
) -> tuple[Query, ...]:
    """The queries of one request of a chart on a dashboard, in the order in which they are sent.

    Args:
        chart: the chart; its parameters may hold any JSON value.
        dataset: its dataset, where known (its currency column joins some pivot tables).
        settings: version, limits and flags.
        extra: merged extraFormData of all filters whose scope holds the chart
            (:func:`dashlint.superset.form_data.combine`); None where there is no such filter.
        own_state: a table's page state (``pageSize``, ``currentPage``, ``sortBy``).
        overrides: form data that a chart customization puts in place of the chart's (6.1).
        layer: whether the chart is asked for as a layer of a ``deck_multi`` chart, which goes
            over ``explore_json`` even where the chart alone does not (6.1).
        sources: who put in the filters of ``extra``, in their order (ids of filters or charts).

    Returns:
        One :class:`Query` each. Empty when the browser cannot build the request (the chart
        shows an error and sends nothing), when the server refuses a legacy chart, and for
        ``deck_multi``, whose layers query.
    """
    form = forms.merge_into(forms.stored(chart) if layer else forms.complete(chart, settings), extra)
    if overrides:
        form.update(overrides)
    viz = lookup(chart.viz_type, settings)
    builder = explore_json(chart.viz_type) if layer else None
    try:
        dicts = (builder or viz.build)(form, Env(settings, own_state or _NO_STATE))
    except (Unbuildable, RecursionError):
        return ()
    return Writer(settings, form, dataset, sources, legacy=viz.legacy or builder is not None).write(dicts)


def is_legacy(viz_type: str, settings: Settings) -> bool:
    """Whether the type posts to ``/superset/explore_json/`` instead of ``/api/v1/chart/data``."""
    return lookup(viz_type, settings).legacy


def known(viz_type: str, settings: Settings) -> bool:
    """Whether that version's browser has a plugin for the type (its flag considered)."""
    return lookup(viz_type, settings).known


def confidence(viz_type: str, settings: Settings) -> str:
    """``high`` for a type that we model; ``low`` for one predicted by the default builder."""
    return "high" if lookup(viz_type, settings).known else "low"


def filter_options(
    native_filter: NativeFilter,
    dataset: Dataset | None,
    settings: Settings,
    extra: Mapping[str, Any] | None = None,
) -> Query | None:
    """The query for a filter's options; None where its type asks the warehouse nothing.

    ``extra`` holds the values of the filters it depends on. Time columns and time grains are
    requests without SQL: they give None, too.
    Source: ``src/filters/components/{Select,Range}/buildQuery.ts``,
    ``nativeFilters/utils.ts:getFormData``.
    """
    if native_filter.filter_type not in ("filter_select", "filter_range"):
        return None
    form = _filter_form(native_filter, settings, extra)
    env = Env(settings, _NO_STATE)
    try:
        query = base_query(form, env)
        if native_filter.filter_type == "filter_range":
            query = _range_query(form, query)
        else:
            query = _select_query(form, query)
        dicts = context(form, [query])
    except (Unbuildable, RecursionError):
        return None
    return Writer(settings, form, dataset).write(dicts)[0]


def _filter_form(
    native_filter: NativeFilter, settings: Settings, extra: Mapping[str, Any] | None
) -> dict[str, Any]:
    raw = native_filter.raw
    target = native_filter.target
    form = dict(native_filter.control_values)
    if target is not None and target.column:
        form["groupby"] = [target.column]
    if truthy(raw.get("sortMetric")):
        form["sortMetric"] = raw["sortMetric"]
    form["adhoc_filters"] = raw.get("adhoc_filters") or []
    form["extra_form_data"] = extra or {}
    for key in ("granularity_sqla", "time_range"):
        if key in raw:
            form[key] = raw[key]
    form["metrics"] = ["count"]
    form["row_limit"] = settings.native_filter_default_row_limit or 1_000
    return form


def _select_query(form: Mapping[str, Any], query: QueryDict) -> QueryDict:
    metric = form.get("sortMetric")
    metric = metric if truthy(metric) else None
    ascending = form.get("sortAscending", True)
    query["metrics"] = [metric] if metric else []
    keys = [metric] if metric else query["columns"]
    query["orderby"] = [[key, truthy(ascending)] for key in keys]
    return query


def _range_query(form: Mapping[str, Any], query: QueryDict) -> QueryDict:
    groupby = form.get("groupby")
    column = groupby[0] if isinstance(groupby, (list, tuple)) and groupby else ""
    query["columns"] = []
    query["metrics"] = [
        {
            "label": name.lower(),
            "aggregate": name,
            "expressionType": "SIMPLE",
            "column": {"column_name": column, "id": number, "type_generic": 0},
            "hasCustomLabel": True,
        }
        for number, name in enumerate(("MIN", "MAX"), start=1)
    ]
    return query
