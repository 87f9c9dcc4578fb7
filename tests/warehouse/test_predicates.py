"""The conditions of a dashboard, followed to the physical columns that they are on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from dashlint.analysis import Analysis
from dashlint.analysis.predicates import Predicate
from dashlint.assets import Chart, Column, Dashboard, Database, Dataset, Metric, Origin, Workspace
from dashlint.catalog.load import CatalogSet
from dashlint.catalog.model import Catalog, ColumnStatistics, Index, IndexColumn, Table
from tests.superset.dashboards import layout, node, placed, select

ORIGIN = Origin("world", "test")
COLUMNS = {
    "id": ColumnStatistics("id", "bigint", distinct=1e6),
    "ordered_at": ColumnStatistics("ordered_at", "timestamp", distinct=9e5),
    "country": ColumnStatistics("country", "varchar(2)", distinct=200, null_fraction=0),
    "zip": ColumnStatistics("zip", "varchar(8)", distinct=5e4, null_fraction=0),
    "quantity": ColumnStatistics("quantity", "integer", distinct=900, null_fraction=0),
    "amount": ColumnStatistics("amount", "numeric", distinct=1e5, null_fraction=0),
}
ORDERS = Table("orders", "public", columns=COLUMNS, indexes=(), rows=1_000_000, bytes=100_000_000)


def view(name: str, sql: str, *columns: str) -> Table:
    found = {column: ColumnStatistics(column) for column in columns}
    return Table(name, "public", kind="view", columns=found, indexes=(), definition=sql)


def asked(
    sql: str | None = None,
    *filters: Any,
    name: str = "orders",
    engine: str = "postgresql",
    tables: tuple[Table, ...] = (ORDERS,),
    params: Any = None,
    calculated: str | None = None,
) -> tuple[Predicate, ...]:
    """The predicates of a dashboard with one chart."""
    columns = [Column(c, "VARCHAR") for c in ("country", "zip")]
    columns += [Column("quantity", "INTEGER"), Column("amount", "NUMERIC")]
    columns += [
        Column("ordered_at", "TIMESTAMP", is_temporal=True),
        Column("what", "VARCHAR", expression=calculated),
    ]
    dataset = Dataset(
        "d", 1, name, ORIGIN, tuple(columns), (Metric("count", "COUNT(*)"),), schema="public", sql=sql,
        main_dttm_col="ordered_at", database_uuid="db", database_id=1,
    )  # fmt: skip
    base = {"metric": "count", **(params or {})}
    chart = Chart("u1", 1, "chart", "big_number_total", ORIGIN, params=base, dataset_uuid="d", dataset_id=1)
    position = layout(
        **placed(1),
        ROOT_ID=node("ROOT", "GRID_ID"),
        GRID_ID=node("GRID", "ROW-1"),
        **{"ROW-1": node("ROW", "CHART-1")},
    )
    metadata = {"native_filter_configuration": list(filters), "cross_filters_enabled": False}
    dashboard = Dashboard("dash", 1, "Dash", ORIGIN, position=position, metadata=metadata)
    database = Database("db", 1, "Shop", ORIGIN, uri=f"{engine}://u@h/shop")
    world = Workspace((dashboard,), (chart,), (dataset,), (database,))
    catalogs = CatalogSet([Catalog(tables, engine=engine)])
    return Analysis(world, None, catalogs, datetime(2026, 1, 1)).predicates(dashboard)


def filtered(column: str = "country", kind: str = "filter_select", **more: Any) -> Any:
    return select("F", filterType=kind, targets=[{"datasetUuid": "d", "column": {"name": column}}], **more)


def the(found: tuple[Predicate, ...]) -> Predicate:
    (one,) = found
    return one


def test_a_filter_on_a_physical_column() -> None:
    found = the(asked(None, filtered()))
    assert (found.ref.table.name, found.ref.column, found.ref.transformed) == ("orders", "country", False)
    assert (found.source, found.kind, found.verdict.outcome) == ("filter", "in", "scan")
    assert found.native_filter is not None
    assert found.native_filter.name == "F"
    assert found.selectivity == pytest.approx(1 / 200)
    assert not found.on_load
    assert found.table is ORDERS


def test_through_names_joins_and_ctes() -> None:
    sql = "WITH c AS (SELECT o.zip AS country FROM orders o) SELECT c.country FROM c"
    found = the(asked(sql, filtered()))
    assert (found.column, found.ref.column, found.ref.transformed) == ("country", "zip", False)


def test_through_views_over_views() -> None:
    views = (
        view("outer_v", "SELECT inner_v.land AS country FROM inner_v", "country"),
        view("inner_v", "SELECT o.zip AS land FROM orders o", "land"),
    )
    found = the(asked(None, filtered(), name="outer_v", tables=(ORDERS, *views)))
    assert (found.ref.table.name, found.ref.column) == ("orders", "zip")
    assert found.verdict.outcome == "scan"


def test_a_view_that_reads_itself_ends() -> None:
    views = (
        view("one", "SELECT country FROM two", "country"),
        view("two", "SELECT country FROM one", "country"),
    )
    found = the(asked(None, filtered(), name="one", tables=(ORDERS, *views)))
    assert found.ref.table.name in {"one", "two"}


@pytest.mark.parametrize(
    ("sql", "expression"),
    [
        ("SELECT lower(o.zip) AS country FROM orders o", "LOWER(zip)"),
        ("SELECT CAST(zip AS INT) AS country FROM orders", "CAST(zip AS INT)"),
    ],
)
def test_an_expression_on_the_way_is_what_an_index_would_be_on(sql: str, expression: str) -> None:
    found = the(asked(sql, filtered()))
    assert (found.ref.transformed, found.ref.expression) == (True, expression)
    own = Index("i", (IndexColumn(None, expression.lower()),))
    table = Table("orders", "public", columns=COLUMNS, indexes=(own,), rows=1_000_000)
    assert the(asked(sql, filtered(), tables=(table,))).verdict.outcome == "served"


def test_a_calculated_column_over_a_renamed_one() -> None:
    found = the(asked("SELECT zip AS country FROM orders", filtered("what"), calculated="upper(country)"))
    assert found.ref.expression == "UPPER(zip)"
    assert found.sql is not None
    assert "UPPER(zip)" in found.sql.upper().replace("UPPER(ZIP)", "UPPER(zip)")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT country, zip FROM orders ORDER BY id LIMIT 100",
        "SELECT max(country) AS country FROM orders GROUP BY zip",
        "SELECT first_value(country) OVER (PARTITION BY zip) AS country FROM orders",
    ],
)
def test_where_the_condition_comes_too_late_reading_all_is_right(sql: str) -> None:
    assert the(asked(sql, filtered())).verdict.outcome == "scan-is-right"


def test_text_compared_with_a_number_is_converted() -> None:
    more = {"adhoc_filters": [{"expressionType": "SQL", "clause": "WHERE", "sqlExpression": "zip = 12345"}]}
    found = the(asked(params=more, engine="mysql"))
    assert (found.source, found.verdict.outcome) == ("chart", "scan-is-right")
    assert "converted" in found.verdict.reason
    decimal = {
        "adhoc_filters": [{"expressionType": "SQL", "clause": "WHERE", "sqlExpression": "quantity > 880.5"}]
    }
    assert "converted" in the(asked(params=decimal)).verdict.reason


def test_a_default_is_judged_beside_what_may_be_picked() -> None:
    common = COLUMNS | {"country": COLUMNS["country"]._replace(common=(("DE", 0.9), ("FR", 0.05)))}
    table = Table("orders", "public", columns=common, indexes=(), rows=1_000_000, bytes=100_000_000)
    extra = {"filters": [{"col": "country", "op": "IN", "val": ["DE"]}]}
    mask = {"extraFormData": extra, "filterState": {"value": ["DE"]}}
    found = asked(None, filtered(defaultDataMask=mask), tables=(table,))
    assert [(p.on_load, p.verdict.outcome) for p in found] == [(True, "scan-is-right"), (False, "scan")]


def test_time_ranges_tell_whose_they_are() -> None:
    range_ = {
        "expressionType": "SIMPLE", "clause": "WHERE", "subject": "ordered_at", "operator": "TEMPORAL_RANGE",
        "comparator": "2025-12-01 : 2025-12-08",
    }  # fmt: skip
    own = asked(params={"adhoc_filters": [range_]})
    assert [(p.source, p.native_filter, p.on_load, p.kind) for p in own] == [
        ("time-range", None, True, "range")
    ]
    when = filtered(kind="filter_time")
    both = asked(None, when, params={"adhoc_filters": [range_]})
    assert [(p.native_filter and p.native_filter.name, p.on_load) for p in both] == [
        (None, True),
        ("F", False),
    ]


def test_a_time_filter_gives_way_to_the_time_column_that_takes_its_range() -> None:
    # A week of 1,000 days, with and without granularity_sqla (query_context_factory.py:_apply_granularity).
    dated = COLUMNS["ordered_at"]._replace(minimum="2023-04-07", maximum="2026-01-01")
    table = Table("orders", "public", columns=COLUMNS | {"ordered_at": dated}, indexes=(), rows=1_000_000)
    range_ = {
        "expressionType": "SIMPLE", "clause": "WHERE", "subject": "ordered_at", "operator": "TEMPORAL_RANGE",
        "comparator": "2025-12-01 : 2025-12-08",
    }  # fmt: skip
    for more in ({}, {"granularity_sqla": "ordered_at"}):
        found = the(asked(params={"adhoc_filters": [range_], **more}, tables=(table,)))
        assert (found.source, found.value) == ("time-range", "2025-12-01 : 2025-12-08")
        assert found.selectivity == pytest.approx(0.007, rel=0.01)
        assert found.verdict.outcome == "scan"


def test_a_table_that_no_catalog_has_is_unknown() -> None:
    found = the(asked(None, filtered(), name="elsewhere"))
    assert (found.table, found.verdict.outcome) == (None, "unknown")
    assert found.verdict.reason == "nothing is known of elsewhere"
