"""Charts that are made a matrix of charts (6.1): dashboards made up to settle what those cells ask for.

``capture.py --made-up made_up_matrixify`` records them, on a server with ``CONFIG``. One of them is
recorded on a server that leaves the flag off, too.
"""

from __future__ import annotations

from typing import Any

from tests.truth.made_up.parts import Item, Json, MadeUp, chart, line, select, table, total

CONFIG = 'FEATURE_FLAGS = {"MATRIXIFY": True}\n'
SUM: Json = {
    "expressionType": "SIMPLE",
    "aggregate": "SUM",
    "column": {"column_name": "sales"},
    "label": "SUM(sales)",
}
AVG: Json = {**SUM, "aggregate": "AVG", "label": "AVG(sales)"}


def matrix(made: Json, **axes: Any) -> Json:
    """The chart with a matrix over it; ``rows_…`` and ``columns_…`` name the keys of its axes."""
    more: Json = {"matrixify_enable": axes.pop("enable", True)}
    for name, value in axes.items():
        axis, _, key = name.partition("_")
        more[f"matrixify_{key}_{axis}" if key else f"matrixify_{axis}"] = value
    return {**made, "params": {**made["params"], **more}}


def values(column: str, *chosen: Any, **more: Any) -> Json:
    return {"dimension": column, "values": list(chosen), **more}


def pie(**params: Any) -> Json:
    return chart("pie", groupby=["status"], metric="count", **params)


SIZES = values("deal_size", "Small", "Medium", "Large")
METRICS: Json = {"rows_mode": "metrics", "rows": ["count", SUM]}
ROWS: Json = {"rows_mode": "dimensions", "rows_dimension": SIZES}


def everything() -> list[MadeUp]:
    country = select(
        "Country",
        "country",
        default=["USA"],
        extra={"filters": [{"col": "country", "op": "IN", "val": ["USA"]}]},
    )
    tabs: list[Item] = [{"One": ["a"], "Two": ["b", "c"], "Three": ["d"]}]
    return [
        MadeUp(
            "matrix of metrics",
            ["a", "b", "c"],
            {
                "a": matrix(line(groupby=["status"]), **METRICS),
                "b": matrix(total(), columns_mode="metrics", columns=[SUM, AVG]),
                "c": pie(),
            },
            [select("Status", "status")],
        ),
        MadeUp(
            "matrix of values and metrics",
            ["a", "b"],
            {
                "a": matrix(line(metrics=[AVG]), **ROWS, columns_mode="metrics", columns=["count", SUM]),
                "b": matrix(
                    pie(adhoc_filters=[_where("year", "==", 2004)]),
                    rows_mode="dimensions",
                    rows_dimension=values("deal_size", "Small", None),
                    columns_mode="dimensions",
                    columns_dimension=values("year", 2003, 2004),
                ),
            },
            [country],
        ),
        MadeUp(
            "matrix of top and of all values",
            ["a", "b", "c"],
            {
                "a": matrix(
                    pie(),
                    rows_mode="dimensions",
                    rows_dimension_selection_mode="topn",
                    rows_dimension=values(
                        "country", "USA", "France", topNValues=[{"value": "USA", "metricValue": 1}]
                    ),
                    rows_topn_value=5,
                    rows_topn_metric="count",
                ),
                "b": matrix(
                    pie(),
                    columns_mode="dimensions",
                    columns_dimension_selection_mode="all",
                    columns_dimension=values("year", 2003, 2004, 2005, totalValueCount=3),
                ),
                # Saved before its values had come.
                "c": matrix(
                    pie(),
                    rows_mode="dimensions",
                    rows_dimension_selection_mode="topn",
                    rows_dimension=values("country"),
                    rows_topn_value=5,
                    rows_topn_metric="count",
                ),
            },
            [select("Status", "status")],
        ),
        MadeUp(
            "matrix that is none",
            ["a", "b", "c", "d", "e", "f"],
            {
                "a": matrix(pie(), rows_mode="disabled", rows=["count"]),
                "b": matrix(pie(), rows_mode="metrics", rows=[]),
                "c": matrix(pie(), **METRICS, enable="true"),
                "d": matrix(pie(), **METRICS, enable=False),
                # One axis is complete, the other has values without a column, and a mode without metrics.
                "e": matrix(
                    pie(),
                    **METRICS,
                    columns_mode="dimensions",
                    columns_dimension=values("", "Small", "Large"),
                ),
                "f": matrix(pie(), rows_mode="metrics", columns_mode="dimensions", columns_dimension=SIZES),
            },
        ),
        MadeUp(
            "matrix on tabs",
            tabs,
            {"a": matrix(pie(), **METRICS), "b": matrix(total(), **ROWS), "c": table("country"), "d": pie()},
            [select("Status", "status"), select("Second", "city", root=["TAB-Two"])],
        ),
        MadeUp(
            "matrix of several queries",
            ["a", "b", "c", "d"],
            {
                "a": matrix(table("country"), rows_mode="metrics", rows=[SUM, AVG]),
                "b": matrix(
                    chart(
                        "table",
                        query_mode="aggregate",
                        groupby=["country"],
                        metrics=["count"],
                        percent_metrics=[SUM],
                        server_pagination=True,
                        show_totals=True,
                    ),
                    rows_mode="dimensions",
                    rows_dimension=SIZES,
                ),
                "c": matrix(
                    chart(
                        "mixed_timeseries",
                        x_axis="order_date",
                        time_grain_sqla="P1M",
                        metrics=["count"],
                        metrics_b=[SUM],
                        adhoc_filters_b=[],
                        groupby=["status"],
                    ),
                    rows_mode="metrics",
                    rows=[AVG],
                    columns_mode="dimensions",
                    columns_dimension=values("year", 2003, 2004),
                ),
                "d": matrix(
                    chart(
                        "big_number",
                        x_axis="order_date",
                        time_grain_sqla="P1M",
                        metric="count",
                        aggregation="raw",
                    ),
                    **METRICS,
                ),
            },
            [select("Status", "status")],
        ),
        MadeUp(
            "matrix of charts that post form data",
            ["a", "b"],
            {
                "a": matrix(
                    chart("rose", granularity_sqla="order_date", metrics=["count"], groupby=["status"]),
                    **ROWS,
                ),
                "b": matrix(chart("chord", groupby="status", columns="deal_size", metric="count"), **METRICS),
            },
            [select("Status", "status")],
        ),
        MadeUp(
            "matrix that refreshes itself",
            ["a", "b"],
            {"a": matrix(pie(), **ROWS), "b": pie()},
            metadata=lambda _: {"refresh_frequency": 20},
        ),
        MadeUp(
            "matrix behind what comes first",
            ["a"],
            {"a": matrix(pie(), **ROWS)},
            [
                select(
                    "First",
                    "country",
                    requiredFirst=True,
                    control={"defaultToFirstItem": True, "multiSelect": False},
                )
            ],
        ),
    ]


def _where(column: str, operator: str, value: Any) -> Json:
    return {
        "expressionType": "SIMPLE",
        "subject": column,
        "operator": operator,
        "comparator": value,
        "clause": "WHERE",
    }
