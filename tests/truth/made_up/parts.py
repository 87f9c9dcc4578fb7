"""What made-up dashboards are put together from: charts, filters and layouts in short.

Charts are named by one letter (or more), layouts are lists of charts, tabs and other nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Json = dict[str, Any]
#: A chart's letter, the texts of tabs with what stands on them, or any other node: its type, its
#: text and what stands in it.
Item = str | Mapping[str, Sequence[Any]] | tuple[str, str, Sequence[Any]]
SALES, WORLD, PLACES = "cleaned_sales_data", "wb_health_population", "long_lat"


class MadeUp(NamedTuple):
    """One dashboard. ``metadata`` gets the charts' ids by letter.

    ``virtual`` are datasets to create, by name: the body of the request, where ``database`` may
    hold the body of a database to create on the examples' file. ``arrange`` changes the layout.
    """

    title: str
    layout: Sequence[Item]
    charts: Mapping[str, Json]
    filters: Sequence[Json] = ()
    metadata: Callable[[Mapping[str, int]], Json] | None = None
    virtual: Mapping[str, Json] = {}
    arrange: Callable[[Json, Mapping[str, int]], None] | None = None


def chart(viz_type: str, dataset: str = SALES, **params: Any) -> Json:
    return {
        "dataset": dataset,
        "params": {"viz_type": viz_type, "adhoc_filters": [], "row_limit": 100, **params},
    }


def bare(viz_type: str, dataset: str = SALES, **params: Any) -> Json:
    """A chart with these parameters and no others: no row limit."""
    return {"dataset": dataset, "params": {"viz_type": viz_type, **params}}


def stored(made: Json, **body: Any) -> Json:
    """A chart with more of what is stored beside its parameters, such as ``cache_timeout``."""
    return {**made, "body": body}


def total_of(column: str, aggregate: str = "SUM") -> Json:
    """An adhoc metric."""
    return {
        "expressionType": "SIMPLE",
        "aggregate": aggregate,
        "column": {"column_name": column},
        "label": f"{aggregate}({column})",
        "hasCustomLabel": False,
        "optionName": f"metric_{column}_{aggregate}",
    }


def during(column: str, time_range: str = "No filter") -> Json:
    """An adhoc filter on time."""
    return {
        "clause": "WHERE",
        "comparator": time_range,
        "expressionType": "SIMPLE",
        "operator": "TEMPORAL_RANGE",
        "subject": column,
    }


def table(column: str, dataset: str = SALES) -> Json:
    return chart("table", dataset, query_mode="aggregate", groupby=[column], metrics=["count"])


def total(dataset: str = SALES) -> Json:
    return chart("big_number_total", dataset, metric="count")


def line(**params: Any) -> Json:
    more = {"x_axis": "order_date", "time_grain_sqla": "P1M", "metrics": ["count"], "groupby": [], **params}
    return chart("echarts_timeseries_line", **more)


def points(viz_type: str, **params: Any) -> Json:
    place = {"type": "latlong", "lonCol": "LON", "latCol": "LAT"}
    return chart(viz_type, PLACES, spatial=place, **params)


def select(
    name: str,
    column: str | None,
    dataset: str = SALES,
    *,
    kind: str = "select",
    root: Iterable[str] = ("ROOT_ID",),
    excluded: Iterable[str] = (),
    parents: Iterable[str] = (),
    default: Any = None,
    extra: Json | None = None,
    control: Mapping[str, Any] | None = None,
    **more: Any,
) -> Json:
    """A native filter; ``excluded`` are charts' letters, ``parents`` names of filters."""
    target: Json = {} if kind == "time" else {"dataset": dataset}
    if column is not None:
        target["column"] = {"name": column}
    return {
        "id": filter_id(name),
        "type": "NATIVE_FILTER",
        "filterType": f"filter_{kind}",
        "name": name,
        "description": "",
        "scope": {"rootPath": list(root), "excluded": list(excluded)},
        "targets": [target],
        "controlValues": {
            "enableEmptyFilter": False,
            "defaultToFirstItem": False,
            "multiSelect": True,
            **(control or {}),
        },
        "defaultDataMask": {
            "extraFormData": extra or {},
            "filterState": {"value": default} if default is not None else {},
            "ownState": {},
        },
        "cascadeParentIds": [filter_id(parent) for parent in parents],
        **more,
    }


def filter_id(name: str) -> str:
    return "NATIVE_FILTER-" + name.replace(" ", "")


def customization(name: str, kind: str, default: Any = None, extra: Json | None = None) -> Json:
    made = select(name, "country" if kind == "dynamic_groupby" else None, default=default, extra=extra)
    more = {
        "id": f"CHART_CUSTOMIZATION-{name}",
        "type": "CHART_CUSTOMIZATION",
        "filterType": f"chart_customization_{kind}",
    }
    return {**made, **more}


def filters(column: str, operator: str, value: Any) -> Json:
    return {"filters": [{"col": column, "op": operator, "val": value}]}


FIRST = {"defaultToFirstItem": True, "multiSelect": False}
ONE_TWO: Sequence[Item] = [{"One": ["a"], "Two": ["b"]}]
