"""Odd dashboards: without charts, with charts that cannot be drawn, with parameters of old."""

from __future__ import annotations

from typing import Any

from tests.truth.made_up.parts import (
    SALES,
    Json,
    MadeUp,
    bare,
    chart,
    during,
    line,
    select,
    stored,
    table,
    total,
    total_of,
)

_SQL_COLUMN: Json = {"label": "where", "sqlExpression": "country || city", "expressionType": "SQL"}
_SQL_METRIC: Json = {"label": "per order", "sqlExpression": "SUM(sales) / COUNT(*)", "expressionType": "SQL"}
_HAVING: Json = {"clause": "HAVING", "expressionType": "SQL", "sqlExpression": "COUNT(*) > 1"}
_WHERE: Json = {"clause": "WHERE", "expressionType": "SQL", "sqlExpression": "sales > 1 -- or so"}


def _broken() -> dict[str, Json]:
    return {
        "fine": total(),
        "no metric": bare("big_number_total", metric=None),
        "empty": bare("table"),
        "metric gone": bare("big_number_total", metric="no_such_metric"),
        "column gone": table("no_such_column"),
        "text for a list": bare("pie", groupby="country", metric="count"),
        "number for a list": bare("table", query_mode="aggregate", groupby=7, metrics=["count"]),
        "mapping for a list": bare("echarts_timeseries_line", x_axis="order_date", metrics={}, groupby={}),
        "percent text": bare("table", query_mode="aggregate", metrics=["count"], percent_metrics="count"),
        "filter null": bare("big_number_total", metric="count", adhoc_filters=[None]),
        "filters null": bare("big_number_total", metric="count", adhoc_filters=None),
        "no params": stored(bare("table"), params=None),
        "other type": stored(total(), viz_type="pie"),
        "legacy empty": bare("world_map"),
        "deck empty": bare("deck_scatter"),
        "layers empty": bare("deck_multi"),
        "cartodiagram": bare("cartodiagram", selected_chart=None),
        "last": line(),
    }


def _old() -> dict[str, Json]:
    timed: dict[str, Any] = {"granularity_sqla": "order_date", "time_grain_sqla": "P1M"}
    return {
        "no mode raw": bare("table", all_columns=["country", "status"], row_limit=20),
        "no mode both": bare("table", all_columns=["country"], groupby=["status"], metrics=["count"]),
        "no mode": bare("table", groupby=["status"], metrics=["count"], include_time=True, **timed),
        "no axis": bare("echarts_timeseries_line", metrics=["count"], groupby=["status"], **timed),
        "since": bare("echarts_timeseries_bar", metrics=["count"], since="2003", until="2004", **timed),
        "range": bare("pie", groupby=["status"], metric="count", time_range="2003 : 2004", **timed),
        "own filters": bare(
            "pie",
            groupby=["status"],
            metric="count",
            extra_form_data={"filters": [{"col": "country", "op": "IN", "val": ["USA"]}]},
            extra_filters=[{"col": "status", "op": "in", "val": ["Shipped"]}],
            url_params={"a": "b"},
        ),
        "columns": bare("pivot_table_v2", groupby=["status"], columns=["country"], metrics=["count"]),
        "number": bare("big_number", metric="count", compare_lag="1", **timed),
        "sorted": bare("treemap_v2", groupby=["status"], metrics=["count"], metric="count", order_desc=False),
    }


def _written() -> dict[str, Json]:
    return {
        "table": table("country", "odd virtual"),
        "sql": chart(
            "table",
            query_mode="aggregate",
            groupby=[_SQL_COLUMN],
            metrics=[_SQL_METRIC, total_of("sales", "AVG")],
        ),
        "having": chart(
            "pie",
            groupby=["status"],
            metric=_SQL_METRIC,
            adhoc_filters=[_HAVING, _WHERE, during("order_date")],
        ),
        "axis": chart(
            "echarts_timeseries_bar",
            x_axis=_SQL_COLUMN,
            metrics=[total_of("sales"), _SQL_METRIC],
            groupby=[_SQL_COLUMN, "status"],
            series_limit=3,
        ),
        "auto": chart(
            "table",
            "in currencies",
            query_mode="aggregate",
            groupby=["country"],
            metrics=["count"],
            column_config={"count": {"currencyFormat": {"symbol": "AUTO", "symbolPosition": "prefix"}}},
        ),
        "pivot": chart(
            "pivot_table_v2",
            "in currencies",
            groupbyRows=["country"],
            groupbyColumns=[],
            metrics=["count"],
            currency_format={"symbol": "AUTO", "symbolPosition": "prefix"},
        ),
        "number": chart(
            "big_number_total",
            "in currencies",
            metric="count",
            currency_format={"symbol": "AUTO", "symbolPosition": "prefix"},
        ),
    }


_VIRTUAL: dict[str, Json] = {
    "odd virtual": {"sql": "SELECT country, sales FROM cleaned_sales_data LIMIT 500"},
    "in currencies": {
        "sql": "SELECT country, 'EUR' AS code, sales FROM cleaned_sales_data",
        "currency_code_column": "code",
    },
}


def dashboards() -> list[MadeUp]:
    broken, old, written = _broken(), _old(), _written()
    return [
        MadeUp("nothing at all", [], {}),
        MadeUp("no charts", [("MARKDOWN", "text", [])], {}, [select("F", "country")]),
        MadeUp("broken charts", list(broken), broken, [select("Country", "country")]),
        MadeUp(
            "a chart that breaks the page",
            [{"One": ["a"], "Two": ["b", "c"], "Three": ["d"]}],
            {
                "a": table("country"),
                "b": total(),
                "c": bare("table", query_mode="aggregate", groupby=["country"], metrics=[None]),
                "d": total(),
            },
            [select("Country", "country")],
        ),
        MadeUp("parameters of old", list(old), old, [select("Country", "country")]),
        MadeUp(
            "written in SQL",
            list(written),
            written,
            [select("Country", "country", SALES), select("Of virtual", "country", "odd virtual")],
            virtual=_VIRTUAL,
        ),
    ]
