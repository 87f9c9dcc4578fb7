"""The query object that every chart type starts from.

A query object is a plain dict here, with the keys that the browser sends; an absent key is one
that it does not send. Source: ``superset-ui-core/src/query/`` ``buildQueryObject.ts``,
``processExtraFormData.ts``, ``normalizeTimeColumn.ts``, ``normalizeOrderBy.ts``, ``getXAxis.ts``;
the same in 4.1 to 6.1 but for the two version checks below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashlint.records import NamedTuple
from dashlint.superset.js import (
    column_label,
    is_adhoc_column,
    is_empty,
    number,
    spread,
    truthy,
)
from dashlint.superset.settings import Settings
from dashlint.superset.viz.fields import FIELDS, adhoc_filters, query_fields

QueryDict = dict[str, Any]
Form = dict[str, Any]


class Env(NamedTuple):
    """What a builder may look at besides the form data: settings and the table's page state."""

    settings: Settings
    own_state: Mapping[str, Any]


Builder = Callable[[Form, Env], list[QueryDict]]

TIMESTAMP = "__timestamp"
#: extraFormData key → key of the query object, in the order in which they apply.
_OVERRIDES = (
    ("granularity", "granularity"),
    ("granularity_sqla", "granularity"),
    ("time_column", "time_column"),
    ("time_grain", "time_grain"),
    ("time_range", "time_range"),
    ("time_compare", "time_compare"),
)


def base_query(form: Form, env: Env, fields: Mapping[str, str] = FIELDS) -> QueryDict:
    """``buildQueryObject``: columns, metrics, filters, limits and order of a form."""
    extra = form.get("extra_form_data")
    if not isinstance(extra, Mapping):
        extra = {}
    query = query_fields(form, fields)
    filters: list[Any] = spread(extra.get("filters", ()))
    extras: dict[str, Any] = {}
    adhoc_filters(form, extra, filters, extras)
    if "time_grain_sqla" in form:
        extras["time_grain_sqla"] = form["time_grain_sqla"]
    query["filters"] = filters
    query["extras"] = extras
    for key in ("time_range", "since", "until"):
        value = form.get(key)
        if truthy(value):
            query[key] = value
    granularity = form.get("granularity")
    query["granularity"] = granularity if truthy(granularity) else form.get("granularity_sqla")
    _limits(form, query, env)
    if extra:
        for key, target in _OVERRIDES:
            if key in extra:
                query[target] = extra[key]
        for key in ("relative_start", "relative_end", "time_grain_sqla"):
            if key in extra:
                extras[key] = extra[key]
    return query


def _limits(form: Form, query: QueryDict, env: Env) -> None:
    for key in ("row_limit", "row_offset"):
        value = form.get(key)
        if value is not None:
            numeric = number(value)
            if numeric is not None:
                query[key] = numeric
    limit = form.get("series_limit")
    if limit is None:
        limit = form.get("limit")
        limit = 0 if limit is None else number(limit)
    query["series_limit"] = limit
    if "series_columns" in form:
        query["series_columns"] = form["series_columns"]
    metric = form.get("series_limit_metric")
    if not _is_metric(metric):
        metric = form.get("timeseries_limit_metric")
    if metric is not None:
        query["series_limit_metric"] = metric
    query["order_desc"] = form.get("order_desc", True)
    if env.settings.at_least("6.0"):
        others = form.get("group_others_when_limit_reached")
        query["group_others_when_limit_reached"] = False if others is None else others


def _is_metric(value: Any) -> bool:
    """``isQueryFormMetric``: a saved metric's name or an adhoc metric."""
    if isinstance(value, str):
        return True
    return isinstance(value, Mapping) and value.get("expressionType") in ("SIMPLE", "SQL")


def has_x_axis(form: Form) -> bool:
    """``isXAxisSet``: a column name (even an empty one) or an adhoc column."""
    axis = form.get("x_axis")
    return isinstance(axis, str) or is_adhoc_column(axis)


def x_axis_column(form: Form) -> Any:
    """``getXAxisColumn``: the x axis, else the timestamp where a time column is set, else None."""
    if not (truthy(form.get("granularity_sqla")) or truthy(form.get("x_axis"))):
        return None
    return form.get("x_axis") if has_x_axis(form) else TIMESTAMP


def x_axis_label(form: Form) -> Any:
    """``getXAxisLabel``: the label of :func:`x_axis_column`."""
    column = x_axis_column(form)
    return column_label(column) if truthy(column) else None


def context(form: Form, queries: list[QueryDict]) -> list[QueryDict]:
    """``buildQueryContext``: what all chart types do to their queries last."""
    for query in queries:
        steps = query.get("post_processing")
        if isinstance(steps, list):
            query["post_processing"] = [step for step in steps if step]
    if not has_x_axis(form):
        return queries
    return [_with_base_axis(form, query) for query in queries]


def _with_base_axis(form: Form, query: QueryDict) -> QueryDict:
    """``normalizeTimeColumn``: the x axis becomes an adhoc column that carries the time grain."""
    axis = form["x_axis"]
    columns = query.get("columns")
    if not isinstance(columns, list) or not truthy(axis):
        return query
    adhoc = is_adhoc_column(axis)
    for index, column in enumerate(columns):
        if adhoc:
            if not (is_adhoc_column(column) and column["sqlExpression"] == axis["sqlExpression"]):
                continue
        elif column.__class__ is not str or column != axis:
            continue
        extras = query.get("extras", {})
        base: dict[str, Any] = {"columnType": "BASE_AXIS"}
        if "time_grain_sqla" in extras:
            base["timeGrain"] = extras["time_grain_sqla"]
        if adhoc:
            base.update(column)
        else:
            base.update(sqlExpression=axis, label=axis, expressionType="SQL", isColumnReference=True)
        changed = dict(query)
        changed.pop("is_timeseries", None)
        changed["columns"] = [*columns[:index], base, *columns[index + 1 :]]
        return changed
    return query


def base_axis(column: str, grain: Any) -> dict[str, Any]:
    """A temporal column that some types turn into a base axis by themselves."""
    return {
        "timeGrain": grain,
        "columnType": "BASE_AXIS",
        "sqlExpression": column,
        "label": column,
        "expressionType": "SQL",
    }


def normalized_order(query: QueryDict) -> QueryDict:
    """``normalizeOrderBy``: an order by the series limit's metric or the first metric.

    A query that brings an order of its own stays as it is; all others lose ``order_desc`` and
    ``series_limit_metric``.
    """
    orderby = query.get("orderby")
    if isinstance(orderby, list) and orderby:
        first = orderby[0]
        if (
            isinstance(first, (list, tuple))
            and len(first) == 2
            and not is_empty(first[0])
            and isinstance(first[1], bool)
        ):
            return query
    clean = dict(query)
    ascending = not truthy(clean.pop("order_desc", None))
    clean.pop("orderby", None)
    limit_metric = clean.pop("series_limit_metric", None)
    legacy = clean.pop("legacy_order_by", None)
    metrics = query.get("metrics")
    for metric in (limit_metric, legacy):
        if not is_empty(metric):
            clean["orderby"] = [[metric, ascending]]
            return clean
    if isinstance(metrics, list) and metrics:
        clean["orderby"] = [[metrics[0], ascending]]
    return clean


def default_builder(form: Form, env: Env) -> list[QueryDict]:
    """What the browser does for a type without a builder of its own, known or not."""
    return context(form, [base_query(form, env)])
