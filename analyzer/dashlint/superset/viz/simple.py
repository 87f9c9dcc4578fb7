"""Chart types with one query: pies, funnels, maps of shares, graphs, boxes and numbers.

Source: ``plugin-chart-*/src/**/buildQuery.ts`` of 4.1 to 6.1; 6.1.0 as in its own bundle.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dashlint.superset.js import (
    UNDEFINED,
    Unbuildable,
    as_list,
    metric_label,
    number,
    parse_json,
    spread,
    truthy,
    unique,
)
from dashlint.superset.viz import operators as op
from dashlint.superset.viz.base import (
    Env,
    Form,
    QueryDict,
    base_axis,
    base_query,
    context,
    normalized_order,
    x_axis_column,
)
from dashlint.superset.viz.fields import FIELDS
from dashlint.superset.viz.offsets import time_offsets


def _one(form: Form, env: Env, fields: Mapping[str, str] = FIELDS, **changes: Any) -> list[QueryDict]:
    return context(form, [{**base_query(form, env, fields), **changes}])


def by_metric(form: Form, env: Env) -> list[QueryDict]:
    """Funnel, gauge, sunburst: largest first if "sort by metric" is on."""
    if truthy(form.get("sort_by_metric")):
        return _one(form, env, orderby=[[form.get("metric"), False]])
    return _one(form, env)


def pie(form: Form, env: Env) -> list[QueryDict]:
    """As :func:`by_metric`; 6.0 and later compute each slice's share on the server."""
    queries = by_metric(form, env)
    if env.settings.at_least("6.0"):
        metric_label(form.get("metric"))
        queries[0]["post_processing"] = ["contribution"]
    return queries


def _has_row_limit(form: Form) -> bool:
    """6.1's guard: an order is only sent beside a row limit that is not 0."""
    limit = form.get("row_limit")
    if limit is None:
        return False
    return number(limit) != 0 if isinstance(limit, str) else limit != 0 or limit is False


def _ascending(columns: list[Any]) -> list[Any]:
    return [[c, True] for c in columns if isinstance(c, str) and c]


def _ordered(form: Form, env: Env, order: list[Any], fields: Mapping[str, str] = FIELDS) -> list[QueryDict]:
    if order and _has_row_limit(form):
        return _one(form, env, fields, orderby=order)
    return _one(form, env, fields)


def _metric_first(form: Form) -> list[Any]:
    metric = form.get("metric")
    return [[metric, False]] if truthy(form.get("sort_by_metric")) and truthy(metric) else []


def treemap(form: Form, env: Env) -> list[QueryDict]:
    """``treemap_v2``."""
    if not env.settings.at_least("6.1"):
        return by_metric(form, env)
    groupby = form.get("groupby", [])
    if not isinstance(groupby, (list, tuple)):
        raise Unbuildable("groupby has no filter method")
    return _ordered(form, env, _metric_first(form) + _ascending(list(groupby)))


def word_cloud(form: Form, env: Env) -> list[QueryDict]:
    """``word_cloud``."""
    if not env.settings.at_least("6.1"):
        return by_metric(form, env)
    order = _metric_first(form)
    if truthy(form.get("series")):
        order.append([form["series"], True])
    return _strictly_ordered(form, env, order)


def _strictly_ordered(form: Form, env: Env, order: list[Any], **changes: Any) -> list[QueryDict]:
    """Word cloud and sankey compare the row limit with 0 as it is: text "0" counts as a limit."""
    limit = form.get("row_limit")
    if order and limit is not None and (limit is False or limit != 0):
        changes["orderby"] = order
    return _one(form, env, **changes)


def sankey(form: Form, env: Env) -> list[QueryDict]:
    """``sankey_v2`` sends source and target under the deprecated key ``groupby``."""
    ends = [form.get("source"), form.get("target")]
    if env.settings.at_least("6.1"):
        order = _metric_first(form) + [[end, True] for end in ends if truthy(end)]
        return _strictly_ordered(form, env, order, groupby=ends)
    queries = by_metric(form, env)
    queries[0]["groupby"] = ends
    return queries


_GRAPH = {
    **FIELDS,
    "source": "columns",
    "target": "columns",
    "source_category": "columns",
    "target_category": "columns",
}
_TREE = {**FIELDS, "id": "columns", "parent": "columns", "name": "columns"}


def graph(form: Form, env: Env) -> list[QueryDict]:
    """``graph_chart``: both ends and their categories."""
    if not env.settings.at_least("6.1"):
        return _one(form, env, _GRAPH)
    ends = [form.get(key) for key in ("source", "target", "source_category", "target_category")]
    return _ordered(form, env, _ascending(ends), _GRAPH)


def tree(form: Form, env: Env) -> list[QueryDict]:
    """``tree_chart``: a row for each node."""
    if not env.settings.at_least("6.1"):
        return _one(form, env, _TREE)
    return _ordered(form, env, _ascending([form.get(key) for key in ("parent", "id", "name")]), _TREE)


def radar(form: Form, env: Env) -> list[QueryDict]:
    """``radar``."""
    base = base_query(form, env)
    limit_metrics = as_list(form.get("series_limit_metric"))
    metrics = base.get("metrics") or []
    base.setdefault("orderby", [])
    if limit_metrics and truthy(limit_metrics[0]):
        base["orderby"] = [[limit_metrics[0], False]]
    elif metrics:
        base["orderby"] = [[metrics[0], False]]
    return context(form, [base])


def waterfall(form: Form, env: Env) -> list[QueryDict]:
    """``waterfall``: ordered by what it groups by."""
    axis = form.get("x_axis")
    columns = as_list(axis if truthy(axis) else form.get("granularity_sqla"))
    columns += as_list(form.get("groupby"))
    return _one(form, env, columns=columns, orderby=[[c, True] for c in columns])


def heatmap(form: Form, env: Env) -> list[QueryDict]:
    """``heatmap_v2``: ranked on the server."""
    metric = metric_label(form.get("metric"))
    columns = as_list(x_axis_column(form)) + as_list(form.get("groupby"))
    orderby = []
    for index, key in enumerate(("sort_x_axis", "sort_y_axis")):
        how = form.get(key)
        if not truthy(how) and env.settings.at_least("5.0"):
            continue
        if not isinstance(how, (str, list, tuple)):
            raise Unbuildable(f"{key} has no includes method")
        column = columns[index] if index < len(columns) else None
        orderby.append([metric if "value" in how else column, "asc" in how])
    return _one(form, env, columns=columns, orderby=orderby, post_processing=["rank"])


def histogram(form: Form, env: Env) -> list[QueryDict]:
    """``histogram_v2`` reads raw rows: no metrics, hence no GROUP BY."""
    groupby = form.get("groupby", [])
    columns = [*spread(groupby), form.get("column")]
    if not isinstance(groupby, (list, tuple)):
        raise Unbuildable("groupby has no map method")
    base = base_query(form, env)
    base.pop("metrics", None)
    base.update(columns=columns, post_processing=["histogram"])
    return context(form, [base])


_PERCENTILES = re.compile(r"(?<!\d)\d+/\d+ percentiles")


def box_plot(form: Form, env: Env) -> list[QueryDict]:
    """One row per group of ``groupby``, distributed over ``columns`` (else the time column)."""
    base = base_query(form, env)
    over = as_list(form.get("columns"))
    if not over and truthy(form.get("granularity_sqla")):
        over = [form["granularity_sqla"]]
    whiskers = form.get("whiskerOptions")
    if truthy(whiskers) and not (
        whiskers in ("Tukey", "Min/max (no outliers)")
        or (isinstance(whiskers, str) and _PERCENTILES.search(whiskers))
    ):
        raise Unbuildable("an unknown whisker type")
    columns = _temporal(form, over, form.get("time_grain_sqla"))
    base["columns"] = columns + as_list(form.get("groupby"))
    base["post_processing"] = ["boxplot"] if truthy(whiskers) else []
    base.pop("series_columns", None)
    if "groupby" in form:
        base["series_columns"] = form["groupby"]
    return context(form, [base])


def _temporal(form: Form, columns: list[Any], grain: Any, also: Any = None) -> list[Any]:
    """Columns that the lookup (or the time column) knows as temporal carry the time grain."""
    lookup = form.get("temporal_columns_lookup")
    known = lookup if isinstance(lookup, Mapping) else {}
    if not truthy(grain):
        return columns
    return [
        base_axis(c, grain)
        if isinstance(c, str) and (truthy(known.get(c)) or (also is not None and c == also))
        else c
        for c in columns
    ]


def pivot_table(form: Form, env: Env) -> list[QueryDict]:
    """``pivot_table_v2``: rows and columns together; the browser pivots and adds the totals."""
    extra = form.get("extra_form_data")
    grain = extra.get("time_grain_sqla") if isinstance(extra, Mapping) else None
    if not truthy(grain):
        grain = form.get("time_grain_sqla")
    wanted = unique([*as_list(form.get("groupbyColumns")), *as_list(form.get("groupbyRows"))])
    base = base_query(form, env)
    base["columns"] = _temporal(form, wanted, grain, form.get("granularity_sqla"))
    metrics, limit_metric = base.get("metrics"), base.get("series_limit_metric")
    ascending = not truthy(base.get("order_desc"))
    base.pop("orderby", None)
    if truthy(limit_metric):
        base["orderby"] = [[limit_metric, ascending]]
    elif metrics and truthy(metrics[0]):
        base["orderby"] = [[metrics[0], ascending]]
    return context(form, [base])


def bubble(form: Form, env: Env) -> list[QueryDict]:
    """``bubble_v2``."""
    base = base_query(form, env)
    base["columns"] = as_list(form.get("entity")) + as_list(form.get("series"))
    orderby = base.pop("orderby", None)
    if truthy(orderby):
        base["orderby"] = [[orderby[0], not truthy(base.get("order_desc"))]]
    return context(form, [base])


def gantt(form: Form, env: Env) -> list[QueryDict]:
    """``gantt_chart`` (6.0 and later): a list of metrics, even empty, groups."""
    order = [parse_json(item) for item in as_list(form.get("order_by_cols"))]
    columns = [form.get(key, UNDEFINED) for key in ("start_time", "end_time", "y_axis")]
    columns += as_list(form.get("series")) + as_list(form.get("tooltip_columns"))
    for item in order:
        if item is None:
            raise Unbuildable("an order that is null")
        columns.append(item[0] if isinstance(item, (list, str)) and item else None)
    return _one(
        form,
        env,
        columns=unique(columns),
        metrics=as_list(form.get("tooltip_metrics")),
        orderby=order,
        series_columns=as_list(form.get("series")),
    )


def handlebars(form: Form, env: Env) -> list[QueryDict]:
    """``handlebars``."""
    base = base_query(form, env)
    orderby = normalized_order(base).get("orderby")
    base.pop("orderby", None)
    if orderby is not None:
        base["orderby"] = orderby
    return context(form, [base])


def kpi(form: Form, env: Env) -> list[QueryDict]:
    """``pop_kpi``, "big number with time period comparison"."""
    base = base_query(form, env)
    base["post_processing"] = [op.compare(form, base)]
    base["time_offsets"] = time_offsets(form, base, env)
    if "cols" in form:
        base["groupby"] = form["cols"]
    return context(form, [base])
