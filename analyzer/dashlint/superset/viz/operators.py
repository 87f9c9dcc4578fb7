"""The names of the post-processing steps, each present or not by the form data.

Only names: what a step does to the frame is the cost model's matter. Source:
``superset-ui-chart-controls/src/operators/*.ts`` of 4.1 to 6.1.
"""

from __future__ import annotations

from typing import Any

from dashlint.superset.js import Unbuildable, as_list, is_empty, metric_label, truthy
from dashlint.superset.viz.base import Env, Form, QueryDict, x_axis_label

_COMPARISONS = frozenset({"values", "difference", "percentage", "ratio"})


def _kind(form: Form) -> Any:
    kind = form.get("comparison_type")
    return kind if isinstance(kind, str) else None


def compares_time(form: Form, query: QueryDict) -> bool:
    """``isTimeComparison``: a known comparison type, at least one metric and one offset."""
    if _kind(form) not in _COMPARISONS:
        return False
    metrics = as_list(query.get("metrics"))
    for metric in metrics:
        metric_label(metric)
    return bool(metrics) and bool(as_list(form.get("time_compare")))


def extra_metrics(form: Form) -> list[Any]:
    """``extractExtraMetrics``: the metric that orders the x axis, where it is not selected."""
    groupby = form.get("groupby")
    if isinstance(groupby, (str, list, tuple)) and groupby:
        return []
    limit_metrics = as_list(form.get("timeseries_limit_metric"))
    if not limit_metrics or not truthy(limit_metrics[0]):
        return []
    metric = limit_metrics[0]
    wanted = form.get("x_axis_sort")
    if metric_label(metric) != wanted or wanted is None:
        return []
    selected = form.get("metrics")
    if selected is not None and not isinstance(selected, (list, tuple)):
        raise Unbuildable("metrics has no some method")
    if any(metric_label(m) == wanted for m in selected or ()):
        return []
    return [metric]


def pivot(form: Form, query: QueryDict) -> str | None:
    """``pivotOperator``: one column for each series and metric."""
    metrics = [*as_list(query.get("metrics")), *extra_metrics(form)]
    for metric in metrics:
        metric_label(metric)
    return "pivot" if truthy(x_axis_label(form)) and metrics else None


def time_compare_pivot(form: Form, query: QueryDict) -> str | None:
    """``timeComparePivotOperator``: the same with the offsets beside it."""
    return "pivot" if compares_time(form, query) and truthy(x_axis_label(form)) else None


def rolling(form: Form) -> str | None:
    """``rollingWindowOperator``: a rolling window or a running total."""
    kind = form.get("rolling_type")
    if kind == "cumsum":
        return "cum"
    return "rolling" if isinstance(kind, str) and kind in {"sum", "mean", "std"} else None


def compare(form: Form, query: QueryDict) -> str | None:
    """``timeCompareOperator``: difference, percentage or ratio to the offsets."""
    return "compare" if compares_time(form, query) and form["comparison_type"] != "values" else None


def resample(form: Form) -> str | None:
    """``resampleOperator``: may add rows."""
    wanted = truthy(form.get("resample_method")) and truthy(form.get("resample_rule"))
    return "resample" if wanted else None


def rename(form: Form, query: QueryDict, env: Env) -> str | None:
    """``renameOperator``, which changed in 5.0 and in 6.0."""
    metrics = as_list(query.get("metrics"))
    series = query.get("series_columns")
    columns = as_list(series if truthy(series) else query.get("columns"))
    if not metrics or not truthy(x_axis_label(form)):
        return None
    compared = compares_time(form, query)
    relative = _kind(form) in {"difference", "percentage", "ratio"}
    truncate = truthy(form.get("truncate_metric"))
    if env.settings.at_least("6.0"):
        several = bool(columns) or len(as_list(form.get("time_compare"))) > 1
        if not (compared or (several and truncate)):
            return None
        return "rename" if compared or (not relative and len(metrics) == 1) else None
    if not columns or not truncate:
        return None
    if env.settings.at_least("5.0"):
        return "rename" if compared or (not relative and len(metrics) == 1) else None
    return "rename" if len(metrics) == 1 and not (compared and relative) else None


def contribution(form: Form) -> str | None:
    """``contributionOperator``: shares instead of values."""
    return "contribution" if truthy(form.get("contributionMode")) else None


def sort(form: Form) -> str | None:
    """``sortOperator``: the x axis, or one of the metrics, and nothing grouped."""
    wanted = form.get("x_axis_sort")
    labels = [
        x_axis_label(form),
        *(metric_label(m) for m in as_list(form.get("metrics"))),
        *(metric_label(m) for m in extra_metrics(form)),
    ]
    if wanted is None or form.get("x_axis_sort_asc") is None or not is_empty(form.get("groupby")):
        return None
    return "sort" if truthy(wanted) and wanted in labels else None


def prophet(form: Form) -> str | None:
    """``prophetOperator``: a forecast adds rows."""
    wanted = truthy(form.get("forecastEnabled")) and truthy(x_axis_label(form))
    return "prophet" if wanted else None


def aggregate(form: Form, query: QueryDict) -> str | None:
    """Big number's reduction of the trend line (6.0 and later)."""
    how = form.get("aggregation", "LAST_VALUE")
    return None if how in ("LAST_VALUE", "raw") or not as_list(query.get("metrics")) else "aggregate"
