"""Cache timeouts at every level, and limits that the server lowers."""

from __future__ import annotations

from tests.truth.made_up.parts import Json, MadeUp, bare, chart, select, stored, table, total, total_of

_SQL = "SELECT country, status, sales, order_date FROM cleaned_sales_data"
_VIRTUAL: dict[str, Json] = {
    "plain copy": {"sql": _SQL},
    "kept 120": {"sql": _SQL, "cache_timeout": 120},
    "kept 0": {"sql": _SQL, "cache_timeout": 0},
    "kept never": {"sql": _SQL, "cache_timeout": -1},
    "database 90": {"sql": _SQL, "database": {"cache_timeout": 90}},
    "database 0": {"sql": _SQL, "database": {"cache_timeout": 0}},
    "database never, 30": {"sql": _SQL, "cache_timeout": 30, "database": {"cache_timeout": -1}},
}


def _charts() -> dict[str, Json]:
    made = {}
    for index, name in enumerate(_VIRTUAL):
        made[f"t{index}"] = table("country", name)
        made[f"z{index}"] = stored(total(name), cache_timeout=0)
        made[f"l{index}"] = _legacy(name)
    made["legacy 0"] = stored(_legacy("kept 120"), cache_timeout=0)
    made["legacy 60"] = stored(_legacy("kept 120"), cache_timeout=60)
    made["legacy -1"] = stored(_legacy("kept 120"), cache_timeout=-1)
    made["own 60"] = stored(table("status", "kept 120"), cache_timeout=60)
    made["own -1"] = stored(table("status", "kept 120"), cache_timeout=-1)
    return made


def _legacy(dataset: str) -> Json:
    return bare("chord", dataset, metric="count", groupby="country", columns="status")


_LIMITS = (7, "7", 0, "0", "", None, 100_000, 100_001, 900_000, "x", "1e3")

_BUBBLE: Json = {
    "entity": "country",
    "series": "status",
    "x": "count",
    "y": total_of("sales"),
    "size": total_of("quantity_ordered"),
}


def _limited() -> dict[str, Json]:
    made = {}
    for index, limit in enumerate(_LIMITS):
        raw: Json = {"query_mode": "raw", "all_columns": ["country", "status"]}
        made[f"r{index}"] = bare("table", row_limit=limit, **raw)
        made[f"p{index}"] = bare(
            "table", row_limit=limit, server_pagination=True, server_page_length=25, **raw
        )
        made[f"l{index}"] = bare(
            "rose", row_limit=limit, metrics=["count"], groupby=["status"], granularity_sqla="order_date"
        )
    made["bubble"] = bare("bubble", **_BUBBLE)
    made["bubble limit"] = bare("bubble", limit=5, **_BUBBLE)
    made["pie"] = bare("pie", groupby=["country"], metric="count", server_pagination=True, row_limit=200_000)
    return made


def dashboards() -> list[MadeUp]:
    timed, limited = _charts(), _limited()
    return [
        MadeUp(
            "timeouts at every level",
            list(timed),
            timed,
            [select(f"F{index}", "country", name) for index, name in enumerate(_VIRTUAL)],
            virtual=_VIRTUAL,
        ),
        MadeUp("limits of every kind", list(limited), limited),
        MadeUp(
            "pages of tables",
            ["a", "b", "c"],
            {
                "a": chart(
                    "table",
                    query_mode="aggregate",
                    groupby=["country", "city"],
                    metrics=["count"],
                    server_pagination=True,
                    server_page_length=10,
                    show_totals=True,
                ),
                "b": chart(
                    "table",
                    query_mode="raw",
                    all_columns=["country", "status"],
                    server_pagination=True,
                    order_by_cols=['["country", false]'],
                ),
                "c": chart(
                    "table",
                    query_mode="aggregate",
                    groupby=["country"],
                    metrics=["count"],
                    percent_metrics=["count"],
                    percent_metric_calculation="all_records",
                    show_totals=True,
                    server_pagination=True,
                ),
            },
            [select("Country", "country"), select("T", None, kind="time")],
        ),
    ]
