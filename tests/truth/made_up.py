"""Dashboards made up to settle what a browser sends: each shows one rule of the filter bar or layout.

``making.py`` creates them and ``capture.py`` records them. Charts are named by one letter, layouts are
lists of charts and tabs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Json = dict[str, Any]
#: A chart's letter, or the texts of tabs with what stands on them.
Item = str | Mapping[str, Sequence[Any]]
SALES, WORLD, PLACES = "cleaned_sales_data", "wb_health_population", "long_lat"


class MadeUp(NamedTuple):
    """One dashboard. ``metadata`` gets the charts' ids by letter."""

    title: str
    layout: Sequence[Item]
    charts: Mapping[str, Json]
    filters: Sequence[Json] = ()
    metadata: Callable[[Mapping[str, int]], Json] | None = None


def chart(viz_type: str, dataset: str = SALES, **params: Any) -> Json:
    return {
        "dataset": dataset,
        "params": {"viz_type": viz_type, "adhoc_filters": [], "row_limit": 100, **params},
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


FIRST = {"defaultToFirstItem": True, "multiSelect": False}
AB = {"a": table("country"), "b": line()}
WORLD_AB = {"a": table("region", WORLD), "b": total(WORLD)}
ONE_TWO: Sequence[Item] = [{"One": ["a"], "Two": ["b"]}]


def everything() -> list[MadeUp]:
    return [
        MadeUp(
            "chart in two places",
            [{"One": ["a", "b", "a"], "Two": ["b", "c"]}],
            {"a": table("country"), "b": total(), "c": chart("pie", groupby=["status"], metric="count")},
            [select("Country", "country")],
        ),
        MadeUp(
            "chart without a place",
            ONE_TWO,
            {"a": table("country"), "b": total(), "c": total()},
            [select("F", "country", root=["TAB-One"])],
        ),
        MadeUp(
            "tabs in tabs",
            ["a", {"P": ["b", {"P1": ["c"], "P2": ["d"]}], "Q": ["e", {"Q1": ["f"], "Q2": ["g"]}]}, "h"],
            {"a": table("country"), **{letter: total() for letter in "bcdefgh"}},
            [
                select("Country", "country"),
                select("Only P2", "status", root=["TAB-P2"]),
                select("Only Q", "city", root=["TAB-Q"]),
            ],
        ),
        MadeUp(
            "filters that reach nothing",
            ONE_TWO,
            AB,
            [
                select("Nowhere", "country", root=[]),
                select("All excluded", "status", excluded=["a", "b"]),
                select("Tab without charts", "city", root=["TAB-Two"], excluded=["b"]),
                select("Tab that is gone", "state", root=["TAB-gone"]),
            ],
        ),
        MadeUp(
            "first items in a chain",
            ["a", "b"],
            WORLD_AB,
            [
                select("Region", "region", WORLD, requiredFirst=True, control=FIRST),
                select(
                    "Country", "country_name", WORLD, requiredFirst=True, control=FIRST, parents=["Region"]
                ),
                select("Code", "country_code", WORLD, requiredFirst=True, control=FIRST, parents=["Country"]),
            ],
        ),
        MadeUp(
            "first item that waits for Apply",
            [{"One": ["a", "b"], "Two": ["c"]}],
            {"a": table("country"), "b": total(), "c": total()},
            [
                select("First", "country", excluded=["b"], control={"defaultToFirstItem": True}),
                select("Other", "status", excluded=["a"]),
            ],
        ),
        MadeUp(
            "first item of another tab",
            ONE_TWO,
            AB,
            [
                select(
                    "X", "country", root=["TAB-Two"], requiredFirst=True, control={"defaultToFirstItem": True}
                ),
                select("Y", "status", root=["TAB-Two"]),
            ],
        ),
        MadeUp(
            "comes first without a value",
            ["a"],
            {"a": table("country")},
            [select("X", "country", requiredFirst=True)],
        ),
        MadeUp(
            "range that comes first", ["a", "b"], AB, [select("R", "sales", kind="range", requiredFirst=True)]
        ),
        MadeUp(
            "time grain that comes first",
            ["a"],
            {"a": line()},
            [select("G", None, kind="timegrain", requiredFirst=True)],
        ),
        MadeUp(
            "time that comes first",
            ["a"],
            {"a": line()},
            [select("T", None, kind="time", requiredFirst=True)],
        ),
        MadeUp(
            "defaults without their query part",
            ["a", "b"],
            AB,
            [
                select("R", "sales", kind="range", default=[1000, None]),
                select("G", None, kind="timegrain", default=["P1Y"], excluded=["a"]),
            ],
        ),
        MadeUp(
            "time default without its query part",
            ["a", "b"],
            AB,
            [select("T", None, kind="time", default="2003-01-01 : 2004-01-01", excluded=["b"])],
        ),
        MadeUp(
            "defaults of every kind",
            ["a", "b"],
            AB,
            [
                select("R", "sales", kind="range", default=[1000, None], extra=_filters("sales", ">=", 1000)),
                select("G", None, kind="timegrain", default=["P1Y"], extra={"time_grain_sqla": "P1Y"}),
                select(
                    "C",
                    None,
                    kind="timecolumn",
                    default=["order_date"],
                    extra={"granularity_sqla": "order_date"},
                ),
                select("T", None, kind="time", default="2003 : 2004", extra={"time_range": "2003 : 2004"}),
            ],
        ),
        MadeUp(
            "stale charts in scope",
            ["a", "b"],
            AB,
            [
                select(
                    "Country",
                    "country",
                    default=["USA"],
                    extra=_filters("country", "IN", ["USA"]),
                    excluded=["b"],
                    chartsInScope=[999],
                )
            ],
        ),
        MadeUp(
            "bar across the top",
            ONE_TWO,
            AB,
            [
                *(
                    select(f"F{i}", column)
                    for i, column in enumerate(
                        [
                            "country",
                            "status",
                            "city",
                            "state",
                            "deal_size",
                            "territory",
                            "product_line",
                            "year",
                        ]
                    )
                ),
                select("out", "quarter", root=["TAB-Two"]),
            ],
            lambda _: {"filter_bar_orientation": "HORIZONTAL"},
        ),
        MadeUp(
            "scopes of clicks",
            [{"One": ["a", "b", "c"], "Two": ["d"]}],
            {"a": table("country"), "b": total(), "c": total(), "d": total()},
            (),
            lambda ids: {
                "chart_configuration": {
                    str(ids["a"]): {
                        "id": ids["a"],
                        "crossFilters": {
                            "scope": {"rootPath": ["ROOT_ID"], "excluded": [ids["a"], ids["b"]]},
                            "chartsInScope": [],
                        },
                    }
                }
            },
        ),
        MadeUp(
            "layers",
            ["m", "s", "h", "t"],
            {
                "m": chart("deck_multi", PLACES, deck_slices=["s", "h"]),
                "s": points("deck_scatter", point_radius_fixed={"type": "fix", "value": 100}),
                "h": points("deck_hex", size="count"),
                "t": total(),
            },
            [
                select("Street", "STREET", PLACES, excluded=["s", "h", "t"], layers=["m/s"]),
                select("Other", "country"),
            ],
        ),
        MadeUp(
            "customizations",
            ["a", "b"],
            {"a": table("country"), "b": line(groupby=["status"])},
            [select("Country", "country")],
            lambda _: {
                "chart_customization_config": [
                    customization("Grain", "timegrain", ["P1Y"], {"time_grain_sqla": "P1Y"}),
                    customization("Column", "timecolumn"),
                    customization(
                        "Group", "dynamic_groupby", ["deal_size"], {"interactive_groupby": ["deal_size"]}
                    ),
                ]
            },
        ),
        MadeUp(
            "unknown chart types",
            ["a", "b"],
            {
                "a": chart("my_viz", groupby=["country"], metrics=["count"]),
                "b": chart("line", granularity_sqla="order_date", metrics=["count"]),
            },
        ),
    ]


def _filters(column: str, operator: str, value: Any) -> Json:
    return {"filters": [{"col": column, "op": operator, "val": value}]}
