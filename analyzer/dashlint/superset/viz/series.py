"""Time series and what shares their post-processing: lines, bars, mixed charts, big numbers.

Source: ``plugin-chart-echarts/src/{Timeseries,MixedTimeseries,BigNumber}/buildQuery.ts``.
"""

from __future__ import annotations

from typing import Any

from dashlint.superset.controls import controls
from dashlint.superset.js import as_list
from dashlint.superset.settings import NEWEST
from dashlint.superset.viz import operators as op
from dashlint.superset.viz.base import (
    Env,
    Form,
    QueryDict,
    base_query,
    context,
    has_x_axis,
    normalized_order,
    x_axis_column,
)

#: What mixed charts have a ``…_b`` control for.
_SECOND = frozenset(key[:-2] for key, _ in controls("mixed_timeseries", NEWEST) if key.endswith("_b"))


def _axis(form: Form) -> list[Any]:
    return as_list(x_axis_column(form)) if has_x_axis(form) else []


def _in_order(form: Form, query: QueryDict, env: Env, *, compare: bool = True) -> list[str | None]:
    """Resampling comes before the rolling window since 6.1, after the comparison before that."""
    rolled = [op.rolling(form), op.compare(form, query) if compare else None]
    resampled = op.resample(form)
    return [resampled, *rolled] if env.settings.at_least("6.1") else [*rolled, resampled]


def _pivot(form: Form, query: QueryDict) -> str | None:
    compared = op.compares_time(form, query)
    return op.time_compare_pivot(form, query) if compared else op.pivot(form, query)


def _with(query: QueryDict, key: str, form: Form, name: str) -> None:
    """Copy a value of the form; what is absent there is absent here."""
    if name in form:
        query[key] = form[name]
    else:
        query.pop(key, None)


def timeseries(form: Form, env: Env) -> list[QueryDict]:
    """All ``echarts_timeseries*`` types and ``echarts_area``."""
    base = base_query(form, env)
    compared = op.compares_time(form, base)
    query = {
        **base,
        "metrics": [*(base.get("metrics") or ()), *op.extra_metrics(form)],
        "columns": [*_axis(form), *as_list(form.get("groupby"))],
        "time_offsets": form.get("time_compare") if compared else [],
        "post_processing": [
            _pivot(form, base),
            *_in_order(form, base, env),
            op.rename(form, base, env),
            op.contribution(form),
            op.sort(form),
            "flatten",
            op.prophet(form),
        ],
    }
    _with(query, "series_columns", form, "groupby")
    _with(query, "orderby", normalized_order(base), "orderby")
    if not has_x_axis(form):
        query["is_timeseries"] = True
    return context(form, [query])


def halves(form: Form) -> tuple[Form, Form]:
    """A mixed chart's two forms: that of the plain keys, and that in which ``…_b`` keys win."""
    first = {key: value for key, value in form.items() if not key.endswith("_b")}
    second = {key[:-2]: value for key, value in form.items() if key.endswith("_b")}
    for key, value in first.items():
        if key not in _SECOND:  # such a control is there, if undefined: nothing falls back
            second.setdefault(key, value)
    return first, second


def mixed_base(form: Form, half: Form, env: Env) -> QueryDict:
    """What a mixed chart's operators look at, for one of its halves."""
    base = base_query(half, env)
    base["columns"] = [*_axis(form), *as_list(half.get("groupby"))]
    _with(base, "series_columns", half, "groupby")
    if not has_x_axis(form):
        base["is_timeseries"] = True
    return base


def mixed(form: Form, env: Env) -> list[QueryDict]:
    """``mixed_timeseries``: one query from the plain keys, one in which ``…_b`` keys win."""
    queries = []
    for part in halves(form):
        base = mixed_base(form, part, env)
        query = dict(base)
        query["time_offsets"] = part.get("time_compare") if op.compares_time(part, base) else []
        query["post_processing"] = [
            _pivot(part, base),
            *_in_order(part, base, env),
            op.rename(part, base, env),
            "flatten",
        ]
        queries += context(part, [normalized_order(query)])
    return queries


def big_number(form: Form, env: Env) -> list[QueryDict]:
    """``big_number``: the trend line and, for raw aggregation (6.0 and later), the number."""
    base = base_query(form, env)
    raw = form.get("aggregation") == "raw" and env.settings.at_least("6.0")
    axis = _axis(form)
    trend = {
        **base,
        "columns": axis,
        "post_processing": [
            op.pivot(form, base),
            *_in_order(form, base, env, compare=False),
            "flatten",
        ],
    }
    # 6.0 looks at the columns, older versions at the x axis: "" is one, but names no column.
    if not axis if env.settings.at_least("6.0") else not has_x_axis(form):
        trend["is_timeseries"] = True
    queries = [trend]
    if raw:
        queries.append({**base, "columns": [], "is_timeseries": False, "post_processing": []})
    return context(form, queries)
