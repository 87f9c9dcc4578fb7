"""The SQL of single queries, feature by feature; tests/truth and tests/live compare it with Superset's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.assets import Chart, Column, Dataset, Metric, Origin
from dashlint.chart_sql.compiling import Surroundings, statements
from dashlint.chart_sql.model import Statement
from dashlint.superset import masks, queries
from dashlint.superset.settings import Settings

ORIGIN = Origin(None, "test")
ORDERS = Dataset(
    uuid="d",
    id=1,
    name="orders",
    origin=ORIGIN,
    schema="sales",
    columns=(
        Column("day", "TIMESTAMP WITHOUT TIME ZONE", is_temporal=True),
        Column("shipped", "TIMESTAMP WITHOUT TIME ZONE", is_temporal=True),
        Column("epoch", "BIGINT", is_temporal=True, python_date_format="epoch_ms"),
        Column("country", "VARCHAR(2)"),
        Column("Status", "VARCHAR(10)"),
        Column("amount", "NUMERIC(10, 2)"),
        Column("paid", "BOOLEAN"),
        Column("tax", "NUMERIC", expression="amount * 0.19"),
    ),
    metrics=(Metric("count", "COUNT(*)"), Metric("revenue", "SUM(amount)")),
    main_dttm_col="day",
)
NOW = datetime(2026, 3, 15, 12, 30)


def compiled(
    viz_type: str = "table",
    *,
    dataset: Dataset = ORDERS,
    engine: str = "postgresql",
    extra: Any = None,
    version: str = "6.1",
    **params: Any,
) -> tuple[Statement, ...]:
    settings = Settings(version=version)
    base: dict[str, Any] = {"query_mode": "aggregate", "groupby": ["country"], "metrics": ["count"]}
    chart = Chart("c", 1, "c", viz_type, ORIGIN, params={**base, "row_limit": 100, **params})
    query = queries.build(chart, dataset, settings, extra or {})[0]
    return statements(query, dataset, Surroundings(engine, settings, NOW))


def where(operator: str, value: Any = None, subject: str = "country") -> dict[str, Any]:
    return {
        "adhoc_filters": [
            {
                "expressionType": "SIMPLE",
                "clause": "WHERE",
                "subject": subject,
                "operator": operator,
                "comparator": value,
            }
        ]
    }


def condition(operator: str, value: Any = None, subject: str = "country", **more: Any) -> str | None:
    (one,) = compiled(**where(operator, value, subject), **more)
    lines = [line for line in one.sql.splitlines() if line.startswith("WHERE ")]
    return lines[0].removeprefix("WHERE ") if lines else one.error


def test_an_aggregate() -> None:
    (one,) = compiled()
    assert one.sql.splitlines() == [
        "SELECT country AS country, COUNT(*) AS count",
        "FROM sales.orders",
        "GROUP BY country",
        "ORDER BY count DESC",
        "LIMIT 100",
    ]
    assert one.unknown == ()


def test_a_raw_table_has_no_groups() -> None:
    (one,) = compiled(query_mode="raw", all_columns=["Status", "tax"])
    assert one.sql == 'SELECT "Status" AS "Status", amount * 0.19 AS tax\nFROM sales.orders\nLIMIT 100'


@pytest.mark.parametrize(
    ("operator", "value", "subject", "sql"),
    [
        ("IN", ["DE", "it's"], "country", "country IN ('DE', 'it''s')"),
        ("IN", ["DE", "<NULL>"], "country", "(country IS NULL OR country IN ('DE'))"),
        ("NOT IN", ["DE"], "country", "(country NOT IN ('DE'))"),
        ("IN", ["5", "7.5"], "amount", "amount IN (5, 7.5)"),
        ("==", None, "country", "country IS NULL"),
        ("!=", "DE", "country", "country != 'DE'"),
        ("IS NOT NULL", None, "Status", '"Status" IS NOT NULL'),
        ("IS TRUE", None, "paid", "paid IS true"),
        ("==", "true", "paid", "paid = true"),
        ("LIKE", "D%", "country", "country LIKE 'D%'"),
        ("ILIKE", "1%", "amount", "CAST(amount AS VARCHAR) ILIKE '1%'"),
        (">=", 10, "tax", "amount * 0.19 >= 10"),
        ("IN", [], "country", "the list of a filter's values is empty"),
        ("==", "x", "no such column", None),
    ],
)
def test_conditions(operator: str, value: Any, subject: str, sql: str | None) -> None:
    assert condition(operator, value, subject) == sql


def test_a_time_range_stays_on_the_plain_column() -> None:
    found = condition("TEMPORAL_RANGE", "previous calendar month", "day")
    assert found == (
        "day >= TO_TIMESTAMP('2026-02-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND "
        "day < TO_TIMESTAMP('2026-03-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')"
    )
    assert condition("TEMPORAL_RANGE", "No filter", "day") is None


def test_an_epoch_column_is_compared_with_a_number() -> None:
    assert condition("TEMPORAL_RANGE", "2026-01-01 : ", "epoch") == "epoch >= 1767225600000"


def test_words_that_only_the_server_understands_become_a_placeholder() -> None:
    (one,) = compiled(**where("TEMPORAL_RANGE", "easter : now", "day"))
    assert "day >= dashlint_moment_easter AND day < TO_TIMESTAMP('2026-03-15 12:30" in one.sql
    assert "easter" in one.unknown[0]


@pytest.mark.parametrize(
    ("subject", "written"), [("country", "'dashlint_value'"), ("amount", "dashlint_value")]
)
def test_a_picked_value_is_a_placeholder_of_the_columns_type(subject: str, written: str) -> None:
    extra = {"filters": [{"col": subject, "op": "IN", "val": [masks.PLACEHOLDER]}]}
    (one,) = compiled(extra=extra)
    assert f"WHERE {subject} IN ({written})" in one.sql
    assert one.unknown == ("dashlint_value stands for a value of a filter",)


LINE: dict[str, Any] = {
    "x_axis": "day",
    "time_grain_sqla": "P1M",
    "groupby": ["country"],
    "metrics": ["revenue"],
}


def test_a_series_limit_reads_the_table_twice() -> None:
    (one,) = compiled("echarts_timeseries_line", **LINE, limit=3)
    assert one.sql.count("FROM sales.orders") == 2
    assert "AS series_limit ON country = country__" in one.sql
    assert "LIMIT 3" in one.sql
    assert one.sql.endswith("LIMIT 100")


def test_the_rest_as_others_loses_order_and_limit() -> None:
    (one,) = compiled("echarts_timeseries_line", **LINE, limit=3, group_others_when_limit_reached=True)
    assert "ELSE 'Others' END" in one.sql
    assert one.sql.splitlines()[-1].startswith("GROUP BY ")
    (before,) = compiled(
        "echarts_timeseries_line", version="5.0", **LINE, limit=3, group_others_when_limit_reached=True
    )
    assert before.sql.endswith("LIMIT 100")


def test_a_time_comparison_runs_once_more_without_the_charts_limit() -> None:
    main, offset = compiled(
        "echarts_timeseries_line", **LINE, **where("TEMPORAL_RANGE", "2026-02-01 : 2026-03-01", "day"),
        time_compare=["1 year ago"],
    )  # fmt: skip
    assert (main.role, offset.role) == ("main", "1 year ago")
    assert main.sql.endswith("LIMIT 100")
    assert offset.sql.endswith("LIMIT 50000")
    assert "2025-02-01" in offset.sql
    assert "2026" not in offset.sql


def test_a_time_comparison_needs_both_ends() -> None:
    main, offset = compiled("echarts_timeseries_line", **LINE, time_compare=["1 year ago"])
    assert main.error is None
    assert offset.error == "a time comparison needs a time range with both ends"


def test_the_rows_of_a_paginated_table_are_counted() -> None:
    settings = Settings(version="6.1")
    params = {"query_mode": "raw", "all_columns": ["country"], "server_pagination": True}
    chart = Chart("c", 1, "c", "table", ORIGIN, params=params)
    counted = queries.build(chart, ORDERS, settings, {})[1]
    (one,) = statements(counted, ORDERS, Surroundings("postgresql", settings, NOW))
    assert one.sql.startswith("SELECT COUNT(*) AS rowcount\nFROM (\nSELECT country AS country")
    assert one.sql.endswith(") AS rowcount_qry")


def test_the_main_time_column_is_filtered_too_where_the_dataset_says_so() -> None:
    dataset = replace(ORDERS, always_filter_main_dttm=True)
    params = {"granularity_sqla": "shipped", "time_range": "2026-01-01 : 2026-02-01"}
    (one,) = compiled(dataset=dataset, **params)
    assert "WHERE day >= " in one.sql
    assert "AND shipped < " in one.sql


# Virtual datasets

VIRTUAL = replace(
    ORDERS,
    sql="SELECT * FROM sales.orders WHERE 1 = 1\n"
    "{% for v in filter_values('country', remove_filter=True) %} AND region = '{{ v }}'{% endfor %};\n",
)


def test_a_template_takes_a_filter_upon_itself() -> None:
    (one,) = compiled(dataset=VIRTUAL, extra={"filters": [{"col": "country", "op": "IN", "val": ["DE"]}]})
    assert "AND region = 'DE'\n) AS virtual_table\nGROUP BY" in one.sql


def test_a_template_sees_a_placeholder_for_a_picked_value() -> None:
    extra = {"filters": [{"col": "country", "op": "IN", "val": [masks.PLACEHOLDER]}]}
    (one,) = compiled(dataset=VIRTUAL, extra=extra)
    assert "AND region = 'dashlint_value'" in one.sql
    assert one.unknown == ("dashlint_value stands for a value of a filter",)


def test_only_the_server_knows_users() -> None:
    dataset = replace(ORDERS, sql="SELECT * FROM o WHERE who = '{{ current_username() }}'")
    (one,) = compiled(dataset=dataset)
    assert "'dashlint_current_username'" in one.sql
    assert one.unknown == ("only the server knows current_username()",)


def test_a_template_that_fails_is_an_error_of_the_query() -> None:
    (one,) = compiled(dataset=replace(ORDERS, sql="SELECT {% if %}"))
    assert one.sql == ""
    assert one.error is not None
    assert "Jinja" in one.error


def test_ctes_stand_before_the_statement_where_subqueries_may_hold_none() -> None:
    dataset = replace(ORDERS, sql="WITH x AS (SELECT 1 AS country) SELECT * FROM x")
    (one,) = compiled(dataset=dataset, engine="mssql")
    assert one.sql.startswith(
        "WITH x AS (SELECT 1 AS country), __cte AS (\nSELECT * FROM x\n)\nSELECT TOP 100"
    )
    assert "FROM __cte" in one.sql


# Engines


@pytest.mark.parametrize(
    ("engine", "piece"),
    [
        ("sqlite", "LIMIT 100 OFFSET 0"),
        ("mysql", "`Status`"),
        ("mssql", "SELECT TOP 100 [Status]"),
        ("oracle", "WHERE ROWNUM <= 100"),
        ("db2", "FETCH FIRST 100 ROWS ONLY"),
        ("no such engine", "LIMIT 100"),
    ],
)  # fmt: skip
def test_limits_and_quotes_of_engines(engine: str, piece: str) -> None:
    (one,) = compiled(engine=engine, groupby=["Status"])
    assert piece in one.sql


@pytest.mark.parametrize(
    ("engine", "grain", "sql"),
    [
        ("postgresql", "P1W", "DATE_TRUNC('week', day)"),
        ("bigquery", "P1D", "TIMESTAMP_TRUNC(day, DAY)"),
        ("clickhousedb", "P1M", "toStartOfMonth(toDateTime(day))"),
        ("sqlite", "P1D", "DATETIME(day, 'start of day')"),
    ],
)
def test_time_grains(engine: str, grain: str, sql: str) -> None:
    columns = (Column("day", "TIMESTAMP", is_temporal=True), *ORDERS.columns[1:])
    dataset = replace(ORDERS, columns=columns)
    params = {**LINE, "time_grain_sqla": grain}
    (one,) = compiled("echarts_timeseries_line", dataset=dataset, engine=engine, **params)
    assert f"SELECT {sql} AS day" in one.sql


def test_a_grain_that_the_engine_lacks_is_refused() -> None:
    (one,) = compiled("echarts_timeseries_line", engine="no such engine", **LINE)
    assert one.error == "there is no time grain P1M for no such engine"


def test_long_labels_become_a_hash() -> None:
    metric = {"expressionType": "SQL", "sqlExpression": "SUM(amount)", "label": "x" * 70}
    (new,) = compiled(metrics=[metric])
    (old,) = compiled(metrics=[metric], version="6.0")
    assert "x" * 70 not in new.sql
    assert new.sql != old.sql  # SHA-256 since 6.1, MD5 before


@given(
    st.sampled_from(["table", "echarts_timeseries_line", "pie", "big_number", "bubble", "my_viz"]),
    st.dictionaries(
        st.sampled_from(["groupby", "metrics", "x_axis", "adhoc_filters", "orderby", "limit", "time_range"]),
        st.recursive(
            st.none() | st.booleans() | st.integers(-3, 9) | st.sampled_from(["country", "day", "", "x"]),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(st.sampled_from(["label", "sqlExpression", "col", "op"]), inner, max_size=2)
            ),
            max_leaves=6,
        ),
        max_size=4,
    ),
    st.sampled_from(["postgresql", "sqlite", "mssql", "clickhousedb", None]),
)
def test_no_chart_is_too_odd(viz_type: str, params: dict[str, Any], engine: str | None) -> None:
    settings = Settings(version="6.1")
    chart = Chart("c", 1, "c", viz_type, ORIGIN, params=params)
    for query in queries.build(chart, ORDERS, settings, {}):
        for one in statements(query, ORDERS, Surroundings(engine, settings, NOW)):
            assert bool(one.sql) != bool(one.error)
