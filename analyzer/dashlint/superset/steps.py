"""The options of post-processing steps, as the browser of 6.1 sends them.

:mod:`dashlint.superset.viz.operators` says which steps there are; their options matter only where a request
has to be the browser's own to the letter: they are part of the cache key. Source:
``superset-ui-chart-controls/src/operators/*.ts`` and the ``buildQuery.ts`` of pies, heat maps and tables,
read in 6.1.0's own bundle and compared with what it sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from dashlint.superset.js import as_list, column_label, metric_label, truthy, unique
from dashlint.superset.viz import operators as op
from dashlint.superset.viz.base import Form, QueryDict, x_axis_column, x_axis_label
from dashlint.superset.viz.offsets import WORDS

Step = dict[str, Any]


class UnknownStepError(ValueError):
    """A step whose options are not modelled: the request cannot be rebuilt to the letter."""


def detailed(names: list[str], form: Form, base: QueryDict) -> list[Step]:
    """The steps of one query with their options.

    Args:
        names: of the steps, in order.
        form: the form data that the query was made of.
        base: the query object that the operators look at: its metrics, columns and series.

    Raises:
        UnknownStepError: the options of one of them are not known.
    """
    return [_step(name, form, base) for name in names]


def _step(name: str, form: Form, base: QueryDict) -> Step:
    if name == "flatten":
        return {"operation": "flatten"}
    make = _OPTIONS.get(name)
    if make is None:
        raise UnknownStepError(name)
    return {"operation": name, "options": make(form, base)}


def _labels(base: QueryDict) -> list[Any]:
    return [metric_label(metric) for metric in as_list(base.get("metrics"))]


def _offsets(form: Form, base: QueryDict) -> dict[str, Any]:
    """``getMetricOffsetsMap``: ``metric__offset`` → ``metric``."""
    offsets = as_list(form.get("time_compare"))
    if any(offset in WORDS for offset in offsets):
        raise UnknownStepError("an offset that is worked out")
    return {f"{label}__{offset}": label for label in _labels(base) for offset in offsets}


def _pivot(form: Form, base: QueryDict) -> dict[str, Any]:
    if op.compares_time(form, base):
        offsets = _offsets(form, base)
        metrics = [*offsets.values(), *offsets]
    else:
        metrics = [*_labels(base), *map(metric_label, op.extra_metrics(form))]
    series = base.get("series_columns")
    columns = as_list(series if truthy(series) else base.get("columns"))
    return {
        "index": [x_axis_label(form)],
        "columns": [column_label(column) for column in columns],
        "aggregates": {label: {"operator": "mean"} for label in metrics},
        "drop_missing_columns": not truthy(form.get("show_empty_columns", _may_show_empty(form))),
    }


def _may_show_empty(form: Form) -> bool:
    """The default of a control that time series and areas have (``…/Timeseries/**/controlPanel.tsx``)."""
    return str(form.get("viz_type")).startswith(("echarts_timeseries", "echarts_area"))


def _rolled(form: Form, base: QueryDict) -> dict[str, Any]:
    if op.compares_time(form, base):
        offsets = _offsets(form, base)
        columns = [*offsets.values(), *offsets]
    else:
        # Not the label that a metric without one is given elsewhere: the browser loses it here.
        columns = [m if isinstance(m, str) else m.get("label") for m in as_list(base.get("metrics"))]
    return {column: column for column in columns if column is not None}


def _cum(form: Form, base: QueryDict) -> dict[str, Any]:
    return {"operator": "sum", "columns": _rolled(form, base)}


def _rolling(form: Form, base: QueryDict) -> dict[str, Any]:
    return {
        "rolling_type": form.get("rolling_type"),
        "window": _whole(form.get("rolling_periods"), 1),
        "min_periods": _whole(form.get("min_periods"), 0),
        "columns": _rolled(form, base),
    }


def _whole(value: Any, otherwise: int) -> int:
    """``ensureIsInt``: what ``parseInt`` makes of it."""
    found = re.match(r"\s*[+-]?\d+", str(value))
    return int(found.group()) if found else otherwise


def _compare(form: Form, base: QueryDict) -> dict[str, Any]:
    offsets = _offsets(form, base)
    return {
        "source_columns": list(offsets.values()),
        "compare_columns": list(offsets),
        "compare_type": form.get("comparison_type"),
        "drop_original_columns": True,
    }


def _resample(form: Form, _base: QueryDict) -> dict[str, Any]:
    zeros = form.get("resample_method") == "zerofill"
    return {
        "method": "asfreq" if zeros else form.get("resample_method"),
        "rule": form.get("resample_rule"),
        "fill_value": 0 if zeros else None,
    }


def _rename(form: Form, base: QueryDict) -> dict[str, Any]:
    labels = _labels(base)
    if not op.compares_time(form, base):
        columns: dict[str, Any] = {labels[0]: None}
    else:
        kind, several = form.get("comparison_type"), len(labels) > 1
        shifts = as_list(form.get("time_compare"))
        columns = {}
        for both, label in _offsets(form, base).items():
            shift = next(shift for shift in shifts if shift in both)
            key = both if kind == "values" else f"{kind}__{label}__{both}"
            columns[key] = f"{label}, {shift}" if several else shift
    return {"columns": columns, "level": 0, "inplace": True}


def _sort(form: Form, _base: QueryDict) -> dict[str, Any]:
    wanted, ascending = form.get("x_axis_sort"), form.get("x_axis_sort_asc")
    if wanted == x_axis_label(form):
        return {"is_sort_index": True, "ascending": ascending}
    return {"by": wanted, "ascending": ascending}


def _contribution(form: Form, base: QueryDict) -> dict[str, Any]:
    kind = form.get("viz_type")
    if kind == "pie":
        label = metric_label(form.get("metric"))
        return {"columns": [label], "rename_columns": [f"{label}__contribution"]}
    if kind in ("table", "ag-grid-table"):
        if op.compares_time(form, base):
            raise UnknownStepError("shares that are compared over time")
        labels = unique([metric_label(metric) for metric in as_list(form.get("percent_metrics"))])
        return {"columns": labels, "rename_columns": [f"%{label}" for label in labels]}
    shifts = form.get("time_compare") if op.compares_time(form, base) else []
    return {"orientation": form.get("contributionMode"), "time_shifts": shifts}


def _rank(form: Form, _base: QueryDict) -> dict[str, Any]:
    across = form.get("normalize_across")
    columns = [*as_list(x_axis_column(form)), *as_list(form.get("groupby"))]
    at = {"x": 0, "y": 1}.get(across) if isinstance(across, str) else None
    options = {"metric": metric_label(form.get("metric"))}
    if at is not None and at < len(columns):
        options["group_by"] = column_label(columns[at])
    return options


def _histogram(form: Form, _base: QueryDict) -> dict[str, Any]:
    bins = form.get("bins")
    if bins is not None and not (isinstance(bins, int) or str(bins).strip().isdecimal()):
        raise UnknownStepError("bins that are no whole number")
    return {
        "column": column_label(form.get("column")),
        "groupby": [column_label(column) for column in as_list(form.get("groupby"))],
        # Number(null) is 0; a missing control has its panel's default.
        "bins": int(bins) if bins is not None else 0 if "bins" in form else 5,
        "cumulative": form.get("cumulative", False),
        "normalize": form.get("normalize", False),
    }


def _boxplot(form: Form, base: QueryDict) -> dict[str, Any]:
    whiskers = str(form.get("whiskerOptions"))
    percentiles = re.search(r"(\d+)/(\d+) percentiles", whiskers)
    options: dict[str, Any] = {"whisker_type": "tukey"}
    if whiskers == "Min/max (no outliers)":
        options["whisker_type"] = "min/max"
    elif percentiles:
        options["whisker_type"] = "percentile"
        options["percentiles"] = [int(part) for part in percentiles.groups()]
    options["groupby"] = [column_label(column) for column in as_list(form.get("groupby"))]
    options["metrics"] = _labels(base)
    return options


#: By the step's name. Forecasts (``prophet``) are not among them, nor big numbers' ``aggregate``.
_OPTIONS: Mapping[str, Callable[[Form, QueryDict], dict[str, Any]]] = {
    "pivot": _pivot,
    "cum": _cum,
    "rolling": _rolling,
    "compare": _compare,
    "resample": _resample,
    "rename": _rename,
    "sort": _sort,
    "contribution": _contribution,
    "rank": _rank,
    "histogram": _histogram,
    "boxplot": _boxplot,
}
