"""Clicks on charts that filter others, with scopes of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.truth.made_up.parts import Json, MadeUp, bare, chart, during, line, select, table, total

_TIMES: Json = {"adhoc_filters": [during("order_date")], "x_axis": "order_date", "time_grain_sqla": "P1M"}


def _crossing(own: Any) -> Json:
    return {"crossFilters": {"scope": own, "chartsInScope": []}}


def _everywhere(ids: Mapping[str, int]) -> Json:
    return {
        "cross_filters_enabled": True,
        "global_chart_configuration": {
            "scope": {"rootPath": ["ROOT_ID"], "excluded": [ids["c"]]},
            "chartsInScope": [],
        },
        "chart_configuration": {
            str(ids["a"]): {"id": ids["a"], **_crossing("global")},
            str(ids["b"]): {"id": ids["b"], **_crossing({"rootPath": ["TAB-One"], "excluded": []})},
        },
    }


def dashboards() -> list[MadeUp]:
    return [
        MadeUp(
            "clicks here and elsewhere",
            [{"One": ["a", "b", "c", "d"], "Two": ["e", "f"]}],
            {
                "a": table("country"),
                "b": table("status"),
                "c": total(),
                "d": total("birth_names"),
                "e": table("city"),
                "f": total(),
            },
            [select("F", "country")],
            _everywhere,
        ),
        MadeUp(
            "clicks that are saved off",
            ["a", "b"],
            {"a": table("country"), "b": total()},
            (),
            lambda _: {"cross_filters_enabled": None},
        ),
        MadeUp(
            "tables to click",
            ["raw", "dates", "odd", "t"],
            {
                "raw": chart("table", query_mode="raw", all_columns=["order_date", "country"]),
                "dates": chart(
                    "table",
                    query_mode="aggregate",
                    groupby=["order_date", "status"],
                    metrics=["count"],
                    time_grain_sqla="P1Y",
                    temporal_columns_lookup={"order_date": True},
                ),
                "odd": bare("table", groupby=["status"], metrics=["count"]),
                "t": total(),
            },
        ),
        MadeUp(
            "charts to click",
            ["pie", "bar", "barx", "line", "pivot", "tree", "box", "funnel", "t"],
            {
                "pie": chart("pie", groupby=["status"], metric="count", donut=False),
                "bar": chart("echarts_timeseries_bar", groupby=["deal_size"], metrics=["count"], **_TIMES),
                "barx": chart("echarts_timeseries_bar", x_axis="country", groupby=[], metrics=["count"]),
                "line": line(groupby=["status"]),
                "pivot": chart(
                    "pivot_table_v2",
                    groupbyRows=["country"],
                    groupbyColumns=["status"],
                    metrics=["count"],
                ),
                "tree": chart("treemap_v2", groupby=["country"], metric="count"),
                "box": chart("box_plot", columns=["order_date"], groupby=["status"], metrics=["count"]),
                "funnel": chart("funnel", groupby=["status"], metric="count"),
                "t": total(),
            },
        ),
    ]
