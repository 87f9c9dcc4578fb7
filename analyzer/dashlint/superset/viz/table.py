"""``table`` and ``ag-grid-table``: up to four queries in one request.

Source: ``plugin-chart-table/src/buildQuery.ts``, ``plugin-chart-ag-grid-table/src/buildQuery.ts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint.superset.js import Unbuildable, as_list, is_empty, metric_label, number, truthy, unique
from dashlint.superset.viz import operators as op
from dashlint.superset.viz.base import Env, Form, QueryDict, base_axis, base_query, context
from dashlint.superset.viz.offsets import time_offsets


def table(form: Form, env: Env) -> list[QueryDict]:
    """``table``: the page or all rows, a row count, and up to two totals."""
    return context(form, _queries(form, env, all_records=env.settings.at_least("6.0"), newer=False))


def ag_grid(form: Form, env: Env) -> list[QueryDict]:
    """6.0 and later, with flag ``AG_GRID_TABLE_ENABLED``."""
    return context(form, _queries(form, env, all_records=False, newer=True))


def _is_raw(form: Form) -> bool:
    mode = form.get("query_mode")
    if mode in ("raw", "aggregate"):
        return bool(mode == "raw")
    columns = form.get("all_columns")
    return truthy(columns) and isinstance(columns, (str, list, tuple)) and len(columns) > 0


def _offsets(form: Form, query: QueryDict, env: Env, *, newer: bool) -> list[Any]:
    """The chart's own offsets, unless a filter's ``time_compare`` takes their place (6.0+)."""
    offsets = time_offsets(form, query, env)
    extra = form.get("extra_form_data")
    given = extra.get("time_compare") if isinstance(extra, Mapping) else None
    since = "6.1" if newer else "6.0"
    if truthy(given) and env.settings.at_least(since) and (newer or given not in offsets):
        return [given]
    return offsets


def _queries(form: Form, env: Env, *, all_records: bool, newer: bool) -> list[QueryDict]:
    base = base_query(form, env)
    raw = _is_raw(form)
    percent = form.get("percent_metrics")
    percents = list(percent) if isinstance(percent, (list, tuple)) else []
    query = dict(base)
    steps: list[str | None] = []
    offsets = _offsets(form, base, env, newer=newer)
    query.setdefault("columns", [])
    query["orderby"] = base.get("orderby", [])
    metrics = base.get("metrics")
    if not raw:
        metrics = metrics or []
        query["orderby"] = _order(form, metrics, query["orderby"])
        if isinstance(percent, str) and percent:
            raise Unbuildable("percent_metrics has no map method")
        if percents:
            metrics = unique([*metrics, *percents], metric_label)
            steps.append("contribution")
        if not is_empty(offsets):
            steps.append(op.compare(form, base))
        query["columns"] = _grained(form, query["columns"])
    if not env.settings.at_least("5.0") and not any(
        isinstance(c, dict) and "timeGrain" in c for c in query["columns"]
    ):
        # 4.1 takes the grain back where no temporal column carries it.
        query["extras"] = {k: v for k, v in base["extras"].items() if k != "time_grain_sqla"}
    if metrics is None:
        query.pop("metrics", None)
    else:
        query["metrics"] = metrics
    query["post_processing"] = steps
    query["time_offsets"] = offsets
    paginates = truthy(form.get("server_pagination"))
    if paginates:
        _page(form, query, env)
        _sorted_by_user(query, env)
    extra_queries = []
    if all_records and percents and form.get("percent_metric_calculation") == "all_records":
        extra_queries.append(
            {
                **query,
                "columns": [],
                "metrics": percents,
                "post_processing": [],
                "row_limit": 0,
                "row_offset": 0,
                "orderby": [],
                "is_timeseries": False,
            }
        )
    if metrics and truthy(form.get("show_totals")) and not raw:
        totals = {**query, "columns": [], "row_limit": 0, "row_offset": 0, "post_processing": []}
        totals.pop("orderby", None)
        totals.pop("order_desc", None)
        extra_queries.append(totals)
    _interactive(form, query)
    if not paginates:
        return [query, *extra_queries]
    return [query, _row_count(form, query, env), *extra_queries]


def _order(form: Form, metrics: list[Any], orderby: list[Any]) -> list[Any]:
    limit_metrics = as_list(form.get("timeseries_limit_metric"))
    if limit_metrics and truthy(limit_metrics[0]):
        return [[limit_metrics[0], not truthy(form.get("order_desc", False))]]
    return [[metrics[0], False]] if metrics else orderby


def _grained(form: Form, columns: list[Any]) -> list[Any]:
    """The first temporal column becomes the base axis and moves to the front."""
    extra = form.get("extra_form_data")
    grain = extra.get("time_grain_sqla") if isinstance(extra, Mapping) else None
    grain = grain if truthy(grain) else form.get("time_grain_sqla")
    lookup = form.get("temporal_columns_lookup")
    if not truthy(grain) or not isinstance(lookup, Mapping):
        return columns
    for index, column in enumerate(columns):
        if isinstance(column, str) and truthy(lookup.get(column)):
            return [base_axis(column, grain), *columns[:index], *columns[index + 1 :]]
    return columns


def _page(form: Form, query: QueryDict, env: Env) -> None:
    own = env.own_state
    size, page = own.get("pageSize"), own.get("currentPage")
    length = form.get("server_page_length") if size is None else size
    number_of_page = number(page) or 0
    # Up to 5.0 the offset counts in the page size that the table has told, else in zeros.
    counted = number(length if env.settings.at_least("6.0") else size) or 0
    query["row_offset"] = number_of_page * counted
    query.pop("row_limit", None)
    if length is not None:
        query["row_limit"] = length


def _sorted_by_user(query: QueryDict, env: Env) -> None:
    chosen = env.own_state.get("sortBy")
    if not env.settings.at_least("6.0") or not isinstance(chosen, (list, tuple)) or not chosen:
        return
    first = chosen[0] if isinstance(chosen[0], Mapping) else {}
    query["orderby"] = [[first.get("key"), not truthy(first.get("desc"))]]


def _interactive(form: Form, query: QueryDict) -> None:
    extra = form.get("extra_form_data")
    added = extra.get("interactive_groupby") if isinstance(extra, Mapping) else None
    if isinstance(added, (list, tuple)):
        query["columns"] = unique([*query["columns"], *added])


def _row_count(form: Form, query: QueryDict, env: Env) -> QueryDict:
    limit = number(form.get("row_limit")) if env.settings.at_least("6.0") else 0
    count = {
        **query,
        "time_offsets": [],
        "row_offset": 0,
        "post_processing": [],
        "is_rowcount": True,
    }
    count.pop("row_limit", None)
    if limit is not None:
        count["row_limit"] = limit
    return count
