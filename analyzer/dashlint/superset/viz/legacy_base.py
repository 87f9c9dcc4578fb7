"""What all chart types on ``/superset/explore_json/`` share: the server's ``BaseViz.query_obj``.

Source: ``superset/viz.py`` of 4.1 to 6.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint.superset.js import Unbuildable, as_list, number
from dashlint.superset.viz.base import Env, Form, QueryDict, base_query

#: ``viz.py:METRIC_KEYS``, in its order.
_METRIC_KEYS = (
    "metric",
    "metrics",
    "percent_metrics",
    "metric_2",
    "secondary_metric",
    "x",
    "y",
    "size",
)


def metric_name(metric: Any) -> Any:
    """``utils/core.py:get_metric_name``: an adhoc metric's label, else what it computes."""
    if not isinstance(metric, Mapping):
        return metric if isinstance(metric, str) else None
    if metric.get("label"):
        return metric["label"]
    if metric.get("expressionType") == "SIMPLE":
        column = metric.get("column")
        name = column.get("column_name") if isinstance(column, Mapping) else ""
        aggregate = metric.get("aggregate")
        return f"{aggregate}({name})" if aggregate else name
    return metric.get("sqlExpression")


def _metrics(form: Form) -> list[Any]:
    found: dict[str, Any] = {}
    for key in _METRIC_KEYS:
        value = form.get(key)
        for metric in (value if isinstance(value, list) else [value]) if value else ():
            found[str(metric_name(metric))] = metric
    return list(found.values())


def base(form: Form, env: Env, *, timeseries: bool = False) -> QueryDict:
    """``BaseViz.query_obj``, with the filters as ``merge_extra_form_data`` merges them."""
    plain = {key: value for key, value in form.items() if key not in _LISTS}
    plain.setdefault("order_desc", True)
    query = base_query(plain, env)
    grouped = as_list(form.get("groupby") or []) + as_list(form.get("columns") or [])
    labels = [column for column in grouped if column != "__timestamp"]
    query.update(
        columns=labels,
        metrics=_metrics(form),
        is_timeseries=timeseries or len(labels) != len(grouped),
        series_limit=number(form.get("limit") or 0) or 0,
        series_columns=labels,
    )
    for key in ("series_limit_metric", "orderby", "group_others_when_limit_reached", "row_offset"):
        query.pop(key, None)
    if form.get("timeseries_limit_metric"):
        query["series_limit_metric"] = form["timeseries_limit_metric"]
    query["row_limit"] = _row_limit(form.get("row_limit"), env)
    return query


def _row_limit(asked: Any, env: Env) -> int | float | None:
    """``int(row_limit or ROW_LIMIT)``: the text "0" counts as asked for, and 0 means the highest limit."""
    if not asked or not isinstance(asked, str):
        return None if asked is None else number(asked)
    try:
        return int(asked) or env.settings.sql_max_row
    except ValueError as error:
        raise Unbuildable("the server refuses a row limit that is no whole number") from error


#: Lists that the chart-data builders read and this path does not.
_LISTS = frozenset(
    {"columns", "groupby", "all_columns", "series", "metrics", "metric", "metric_2", "secondary_metric"}
    | {"x", "y", "size", "orderby", "order_by_cols", "series_columns", "query_mode"}
)


def require(*values: Any) -> None:
    """Stops where the server would refuse the chart."""
    if not all(values):
        raise Unbuildable("the server refuses the chart: something it needs is not set")


def descending(form: Form) -> bool:
    """``order_desc``, which is true unless the chart says otherwise."""
    return bool(form.get("order_desc", True))
