"""A chart's queries: what one dashboard request of the chart carries, and a filter's options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashlint.assets import Chart, Dataset, NativeFilter
from dashlint.superset import form_data as forms
from dashlint.superset import limits
from dashlint.superset.js import Unbuildable, as_list, column_label, metric_label, truthy
from dashlint.superset.query import Query, QueryColumn, QueryFilter, QueryMetric
from dashlint.superset.settings import Settings
from dashlint.superset.viz import Env, lookup
from dashlint.superset.viz.base import QueryDict, base_query, context

_NO_STATE: Mapping[str, Any] = {}


def build(
    chart: Chart,
    dataset: Dataset | None,
    settings: Settings,
    extra: Mapping[str, Any] | None = None,
    *,
    own_state: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Any] | None = None,
    sources: Sequence[str] = (),
) -> tuple[Query, ...]:
    """The queries of one request of a chart on a dashboard, in the order in which they are sent.

    Args:
        chart: the chart; its parameters may hold any JSON value.
        dataset: its dataset, where known (tells a column from an expression in the SELECT).
        settings: version, limits and flags.
        extra: merged extraFormData of all filters whose scope holds the chart
            (:func:`dashlint.superset.form_data.combine`); None where there is no such filter.
        own_state: a table's page state (``pageSize``, ``currentPage``, ``sortBy``).
        overrides: form data that a chart customization puts in place of the chart's (6.1).
        sources: who put in the filters of ``extra``, in their order (ids of filters or charts).

    Returns:
        One :class:`Query` each. Empty when the browser cannot build the request (the chart
        shows an error and sends nothing), when the server refuses a legacy chart, and for
        ``deck_multi``, whose layers query.
    """
    form = forms.merge(forms.complete(chart, settings), extra)
    if overrides:
        form.update(overrides)
    viz = lookup(chart.viz_type, settings)
    try:
        dicts = viz.build(form, Env(settings, own_state or _NO_STATE))
    except (Unbuildable, RecursionError):
        return ()
    own_filters = _count(extra, "filters")
    writer = _Writer(settings, form, sources, own_filters, legacy=viz.legacy)
    return writer.write(dicts)


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
    return _Writer(settings, form, (), _count(extra, "filters"), legacy=False).write(dicts)[0]


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
            "column": {"column_name": column},
        }
        for name in ("MIN", "MAX")
    ]
    return query


def _count(extra: Mapping[str, Any] | None, key: str) -> int:
    value = extra.get(key) if isinstance(extra, Mapping) else None
    return len(value) if isinstance(value, (list, tuple)) else 0


class _Writer:
    """Turns query objects into :class:`Query` values."""

    def __init__(
        self,
        settings: Settings,
        form: Mapping[str, Any],
        sources: Sequence[str],
        from_filters: int,
        *,
        legacy: bool,
    ) -> None:
        self.settings = settings
        self.paginates = bool(form.get("server_pagination"))
        self.sources = sources
        self.from_filters = from_filters
        self.legacy = legacy

    def write(self, dicts: list[QueryDict]) -> tuple[Query, ...]:
        totals = self._totals(dicts)
        return tuple(self._query(query, index, totals) for index, query in enumerate(dicts))

    def _totals(self, dicts: list[QueryDict]) -> int | None:
        """The query that a contribution step of another one needs (``_prepare_contribution_totals``)."""
        if not any("contribution" in query.get("post_processing", ()) for query in dicts):
            return None
        for index, query in enumerate(dicts):
            if not query.get("columns") and query.get("metrics") and not query.get("post_processing"):
                return index
        return None

    def _query(self, query: QueryDict, index: int, totals: int | None) -> Query:
        rowcount = bool(query.get("is_rowcount"))
        row_limit = limits.asked(query.get("row_limit"))
        if query.get("unlimited"):
            effective = row_limit or None
        else:
            effective = limits.effective(
                row_limit,
                self.settings,
                server_pagination=self.paginates,
                rowcount=rowcount,
                totals=index == totals,
                legacy=self.legacy,
            )
        sent = _columns(query.get("columns"))
        groupby = _columns(query.get("groupby"))
        metrics = query.get("metrics")
        extras = query.get("extras") or {}
        limit_metric = query.get("series_limit_metric")
        return Query(
            columns=groupby or sent,
            metrics=None if metrics is None else tuple(map(_metric, as_list(metrics))),
            filters=self._filters(query.get("filters")),
            row_limit=row_limit,
            effective_limit=effective,
            row_offset=limits.asked(query.get("row_offset")) or 0,
            series_limit=limits.asked(query.get("series_limit")) or 0,
            series_columns=_columns(query.get("series_columns")),
            series_limit_metric=_metric(limit_metric) if isinstance(limit_metric, (str, Mapping)) else None,
            orderby=_orderby(query.get("orderby")),
            order_desc=truthy(query.get("order_desc", True)),
            is_rowcount=rowcount,
            is_timeseries=truthy(query.get("is_timeseries")),
            post_processing=tuple(query.get("post_processing") or ()),
            time_offsets=tuple(map(_text, as_list(query.get("time_offsets")))),
            time_range=_maybe_text(query.get("time_range")),
            granularity=_maybe_text(query.get("granularity")),
            time_grain=_maybe_text(extras.get("time_grain_sqla")),
            where=extras.get("where", ""),
            having=extras.get("having", ""),
            group_others=truthy(query.get("group_others_when_limit_reached")),
            role=_role(query, index, rowcount=rowcount),
            raw=query,
            sent_columns=sent if groupby else None,
        )

    def _filters(self, filters: Any) -> tuple[QueryFilter, ...]:
        written = []
        for index, entry in enumerate(as_list(filters)):
            if not isinstance(entry, Mapping):
                continue
            source = "chart"
            if index < self.from_filters:
                source = self.sources[index] if index < len(self.sources) else "filter"
            column = entry.get("col")
            label = column_label(column) if isinstance(column, Mapping) else column
            written.append(QueryFilter(_text(label), _text(entry.get("op")), entry.get("val"), source))
        return tuple(written)


def _role(query: QueryDict, index: int, *, rowcount: bool) -> str:
    if rowcount:
        return "rowcount"
    return "totals" if index and not query.get("columns") else "main"


def _text(value: Any) -> str:
    if value.__class__ is str:
        return str(value)
    return "null" if value is None else str(value)


def _maybe_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _columns(columns: Any) -> tuple[QueryColumn, ...]:
    return tuple(map(_column, as_list(columns)))


def _column(column: Any) -> QueryColumn:
    if column.__class__ is str:
        return QueryColumn(column, column)
    if not isinstance(column, Mapping):
        return QueryColumn("null")
    label = _text(column_label(column))
    grain = column.get("timeGrain")
    base = column.get("columnType") == "BASE_AXIS"
    sql = column.get("sqlExpression")
    # A base axis made of a column's name is that column, not an expression.
    named = base and (column.get("isColumnReference") or sql == label)
    return QueryColumn(
        label,
        name=sql if named and isinstance(sql, str) else None,
        sql=None if named or not isinstance(sql, str) else sql,
        time_grain=grain if isinstance(grain, str) else None,
        is_base_axis=base,
    )


def _metric(metric: Any) -> QueryMetric:
    if metric.__class__ is str:
        return QueryMetric(metric, metric)
    if not isinstance(metric, Mapping):
        return QueryMetric("null")
    try:
        label = _text(metric_label(metric))
    except Unbuildable:
        label = "null"
    if metric.get("expressionType") == "SIMPLE":
        column = metric.get("column")
        name = column.get("column_name", column.get("columnName")) if isinstance(column, Mapping) else None
        aggregate = metric.get("aggregate")
        return QueryMetric(
            label,
            aggregate=aggregate if isinstance(aggregate, str) else None,
            column=name if isinstance(name, str) else None,
        )
    sql = metric.get("sqlExpression")
    if isinstance(sql, str):
        return QueryMetric(label, sql=sql)
    return QueryMetric(label, name=label)


def _orderby(orderby: Any) -> tuple[tuple[str, bool], ...]:
    written = []
    for item in as_list(orderby):
        if isinstance(item, (list, tuple)) and item:
            key = item[0]
            try:
                label = metric_label(key) if isinstance(key, Mapping) else key
            except Unbuildable:
                label = None
            written.append((_text(label), truthy(item[1]) if len(item) > 1 else False))
    return tuple(written)
