from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashlint.catalog import dbt
from dashlint.catalog.load import load
from dashlint.catalog.model import Catalog, Table

DATA = Path(__file__).parent / "data" / "dbt"
Layout = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def real(name: str) -> Catalog:
    (catalog,), problems = load([DATA / name / "target"])
    assert problems == ()
    return catalog


def table_of(catalog: Catalog, name: str) -> Table:
    found = catalog.table(name)
    assert found is not None
    return found


def keys(table: Table) -> list[tuple[str, bool, tuple[str | None, ...]]] | None:
    if table.indexes is None:
        return None
    return [(i.method, i.unique, tuple(k.name or k.expression for k in i.columns)) for i in table.indexes]


# --- what dbt itself wrote ------------------------------------------------------------------------


def test_a_project_on_postgresql() -> None:
    catalog = real("postgres")
    assert catalog.engine == "postgresql"
    assert {(t.schema, t.name, t.kind) for t in catalog.tables} == {
        ("raw", "raw_orders", "table"),
        ("shop", "countries", "table"),
        ("shop", "stg_orders", "view"),
        ("shop_marts", "fct_orders", "table"),
        ("shop_marts", "sales_by_day", "table"),
        ("shop_marts", "sales_mv", "materialized-view"),
        ("shop_marts", "shares", "view"),
    }


def test_its_indexes_are_those_that_postgresql_has() -> None:
    catalog = real("postgres")
    # data/README.md: what pg_indexes said after `dbt build`.
    assert keys(table_of(catalog, "fct_orders")) == [
        ("btree", True, ("order_id",)),
        ("btree", False, ("country", "ordered_at")),
        ("hash", False, ("total",)),
    ]
    assert [i.primary for i in table_of(catalog, "fct_orders").indexes or ()] == [True, False, False]
    assert keys(table_of(catalog, "sales_mv")) == [("btree", True, ("country",))]
    by_day = table_of(catalog, "sales_by_day")  # made by a hook
    assert (keys(by_day), by_day.indexes_complete) == ([("btree", False, ("day",))], True)
    assert keys(table_of(catalog, "countries")) == []
    assert keys(table_of(catalog, "raw_orders")) is None  # a source: dbt does not know its indexes
    assert keys(table_of(catalog, "shares")) is None


def test_its_columns_have_the_types_of_the_database_in_order() -> None:
    orders = table_of(real("postgres"), "fct_orders")
    assert [(c.name, c.type) for c in orders.columns.values()] == [
        ("order_id", "bigint"),
        ("country", "character varying(2)"),
        ("ordered_at", "timestamp with time zone"),
        ("total", "numeric(12,2)"),
    ]
    assert orders.catalog == "sources_dbt"


def test_views_come_with_their_compiled_sql() -> None:
    catalog = real("postgres")
    assert (table_of(catalog, "stg_orders").definition or "").endswith(
        'from "sources_dbt"."raw"."raw_orders"'
    )
    assert "__dbt__cte__eph" in (table_of(catalog, "shares").definition or "")
    assert "sum(total)" in (table_of(catalog, "sales_mv").definition or "")
    assert table_of(catalog, "fct_orders").definition is None


def test_a_project_on_duckdb() -> None:
    catalog = real("duckdb")
    assert catalog.engine == "duckdb"
    assert table_of(catalog, "fct_orders").columns["total"].type == "DECIMAL(12,2)"
    assert keys(table_of(catalog, "fct_orders")) == [("btree", True, ("order_id",))]
    assert table_of(catalog, "sales_mv").kind == "table"


# --- how it may be given --------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project beside other catalogs, with SQL in it that is none of ours."""
    root = tmp_path / "catalogs" / "shop"
    shutil.copytree(DATA / "postgres", root)
    (root / "dbt_project.yml").write_text("name: shop\n", encoding="utf-8")
    (root / "target" / "run").mkdir()
    (root / "target" / "run" / "orders.sql").write_text(
        "create table tmp__orders as (select 1)", encoding="utf-8"
    )
    (root / "models").mkdir()
    (root / "models" / "x.sql").write_text("create table {{ this }} (a int)", encoding="utf-8")
    return root


@pytest.mark.parametrize(
    "entries",
    [
        ["{}"],
        ["{}/target"],
        ["{}/target/manifest.json"],
        ["{}/target/catalog.json"],
        ["{}/target/manifest.json", "{}/target/catalog.json"],
        ["{}/.."],
    ],
)
def test_a_project_a_folder_or_files(project: Path, entries: list[str]) -> None:
    (catalog,), problems = load([entry.format(project) for entry in entries])
    assert problems == ()
    assert len(catalog.tables) == 7
    assert keys(table_of(catalog, "fct_orders"))


def test_a_folder_of_other_catalogs_is_read_beside_it(project: Path) -> None:
    (project.parent / "statistics.json").write_text(
        '{"engine": "postgresql", "tables": [{"name": "fct_orders", "schema": "shop_marts", "rows": 3000}]}',
        encoding="utf-8",
    )
    (catalog,), problems = load([project.parent])
    orders = table_of(catalog, "fct_orders")
    assert (problems, orders.rows, len(keys(orders) or ())) == ((), 3000, 3)


def test_another_target_path(project: Path) -> None:
    (project / "target").rename(project / "artifacts")
    (project / "dbt_project.yml").write_text(
        'name: shop\ntarget-path: "artifacts"  # ours\n', encoding="utf-8"
    )
    (catalog,), problems = load([project])
    assert (len(catalog.tables), problems) == (7, ())


def test_a_project_that_was_never_compiled(project: Path) -> None:
    shutil.rmtree(project / "target")
    catalogs, (problem,) = load([project])
    assert catalogs == ()
    assert problem.message == (
        f"No manifest.json of dbt is in {project / 'target'}: run `dbt docs generate` in the project first."
    )


def test_a_manifest_alone_has_the_declared_types(project: Path) -> None:
    (project / "target" / "catalog.json").unlink()
    (catalog,), (problem,) = load([project])
    assert "`dbt docs generate`" in problem.message
    assert table_of(catalog, "fct_orders").columns["country"].type == "varchar(2)"
    assert table_of(catalog, "stg_orders").kind == "view"
    assert catalog.table("eph") is None


def test_a_catalog_alone_has_types_but_no_indexes(project: Path) -> None:
    (project / "target" / "manifest.json").unlink()
    (catalog,), problems = load([project])
    orders = table_of(catalog, "fct_orders")
    assert (problems, orders.indexes, orders.columns["total"].type) == ((), None, "numeric(12,2)")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "dbt's manifest.json in here is not valid JSON"),
        ("[]", 'it should be an object with "metadata" and "nodes"'),
        ("[" * 100_000, "nested too deeply"),
        ('{"metadata": {"dbt_schema_version": "https://x/manifest/v20.json"}, "nodes": {}}',
         "of version 20 of its schema; 4 to 12 is known"),
        ('{"metadata": {}, "nodes": {}}', "of an unknown version"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_sentence(text: str, words: str) -> None:
    _, problems = dbt.read(text, None, "here")
    assert words in problems[0].message
    assert "\n" not in problems[0].message


# --- other adapters, as their documentation has it --------------------------------------------------


def model(adapter: str, config: dict[str, Any], stats: dict[str, Any] | None = None, **more: Any) -> Table:
    """One model of a project with that adapter; ``stats`` as ``catalog.json`` holds them."""
    version = "https://schemas.getdbt.com/dbt/{}/v{}.json"
    node = {
        "resource_type": "model",
        "name": "t",
        "schema": "s",
        "config": {"materialized": "table"} | config,
    } | more
    manifest = {
        "metadata": {"dbt_schema_version": version.format("manifest", 12), "adapter_type": adapter},
        "nodes": {"model.p.t": node},
    }
    entries = {key: {"id": key, "value": value, "include": True} for key, value in (stats or {}).items()}
    catalog = {
        "metadata": {"dbt_schema_version": version.format("catalog", 1)},
        "nodes": {"model.p.t": {"metadata": {"name": "t", "schema": "s", "type": "table"}, "stats": entries}},
    }
    found, problems = dbt.read(json.dumps(manifest), json.dumps(catalog))
    assert problems == ()
    assert found is not None
    (table,) = found.tables
    return table


# Adapter, configuration, statistics, and what the table is partitioned, sorted and clustered by.
# Each from docs.getdbt.com/reference/resource-configs/<adapter>-configs; ClickHouse from
# clickhouse.com/docs/integrations/dbt, Doris from doris.apache.org ("DBT Doris Adapter"), statistics from
# the adapters' catalog queries (macros/catalog of dbt-bigquery, dbt-snowflake and dbt-redshift).
LAYOUTS: list[tuple[str, dict[str, Any], dict[str, Any], Layout]] = [
    ("bigquery", {"partition_by": {"field": "created_at", "data_type": "timestamp", "granularity": "day"},
                  "cluster_by": ["customer_id", "order_id"]}, {},
     (("TIMESTAMP_TRUNC(created_at, DAY)",), (), ("customer_id", "order_id"))),
    ("bigquery", {"partition_by": {"field": "day"}, "cluster_by": "a"}, {}, (("day",), (), ("a",))),
    ("bigquery", {"partition_by": {"field": "d", "data_type": "date", "granularity": "month"}}, {},
     (("DATE_TRUNC(d, MONTH)",), (), ())),
    ("bigquery", {"partition_by": {"field": "user_id", "data_type": "int64",
                                   "range": {"start": 0, "end": 100, "interval": 10}}}, {},
     (("user_id",), (), ())),
    ("bigquery", {"partition_by": {"field": "d", "data_type": "timestamp",
                                   "time_ingestion_partitioning": True}}, {}, (("_PARTITIONTIME",), (), ())),
    ("bigquery", {}, {"partitioning_type": "day", "clustering_fields": "a,b"}, (("day",), (), ("a", "b"))),
    ("snowflake", {"cluster_by": ["session_start", "to_date(ts)"]}, {},
     ((), (), ("session_start", "to_date(ts)"))),
    ("snowflake", {}, {"clustering_key": "LINEAR(A, TO_DATE(TS))"}, ((), (), ("A", "TO_DATE(TS)"))),
    ("redshift", {"dist": "user_id", "sort": ["id", "category"], "sort_type": "compound"}, {},
     ((), ("id", "category"), ("user_id",))),
    ("redshift", {"dist": "even", "sort": ["a", "b"], "sort_type": "interleaved"}, {},
     ((), ("INTERLEAVED(a, b)",), ())),
    ("redshift", {}, {"sortkey1": "AUTO(SORTKEY(a))", "diststyle": "AUTO(KEY(b))"}, ((), ("a",), ("b",))),
    ("redshift", {}, {"sortkey1": "AUTO(SORTKEY)", "diststyle": "AUTO(ALL)"}, ((), (), ())),
    ("databricks", {"partition_by": ["date_day"], "clustered_by": "country", "buckets": 8}, {},
     (("date_day",), (), ("country",))),
    ("databricks", {"liquid_clustered_by": ["a", "b"]}, {}, ((), (), ("a", "b"))),
    ("spark", {"partition_by": "date_day", "file_format": "parquet"}, {}, (("date_day",), (), ())),
    ("clickhouse", {"engine": "MergeTree()", "order_by": ["a", "toDate(ts)"], "partition_by": "toYYYYMM(ts)",
                    "primary_key": "a"}, {}, (("toYYYYMM(ts)",), ("a", "toDate(ts)"), ())),
    ("clickhouse", {"order_by": "(a, b)"}, {}, ((), ("a", "b"), ())),
    ("clickhouse", {"order_by": "tuple()"}, {}, ((), (), ())),
    ("starrocks", {"keys": ["id", "name"], "table_type": "PRIMARY", "partition_by": ["some_date"],
                   "distributed_by": ["id"], "order_by": ["some_date"]}, {},
     (("some_date",), ("some_date",), ("id",))),
    ("doris", {"duplicate_key": ["a"], "partition_by": "d", "distributed_by": ["a"]}, {},
     (("d",), ("a",), ("a",))),
    ("trino", {"properties": {"format": "'PARQUET'", "partitioning": "ARRAY['bucket(id, 2)', 'day(ts)']",
                              "sorted_by": "ARRAY['id']"}}, {}, (("bucket(id, 2)", "day(ts)"), ("id",), ())),
    ("athena", {"partitioned_by": ["day(ts)"], "bucketed_by": ["id"]}, {}, (("day(ts)",), (), ("id",))),
    ("firebolt", {"primary_index": ["a", "b"]}, {}, ((), ("a", "b"), ())),
]  # fmt: skip


@pytest.mark.parametrize(("adapter", "config", "stats", "layout"), LAYOUTS)
def test_layouts_of_adapters(
    adapter: str, config: dict[str, Any], stats: dict[str, Any], layout: Layout
) -> None:
    table = model(adapter, config, stats)
    assert (table.partitioned_by, table.sort_key, table.clustered_by) == layout


@pytest.mark.parametrize(
    ("adapter", "stats", "rows", "size"),
    [
        ("bigquery", {"num_rows": 1200, "num_bytes": 4096.0}, 1200, 4096),
        ("snowflake", {"row_count": 1200, "bytes": 4096}, 1200, 4096),
        ("redshift", {"rows": 1200.0, "size": 5000000, "pct_used": 0.01}, 1200, 5_000_000),
        ("spark", {"rows": 1200, "bytes": 4096}, 1200, 4096),
        ("postgres", {}, None, None),
        ("snowflake", {"row_count": None, "bytes": "many"}, None, None),
    ],
)
def test_counts_as_the_adapters_write_them(
    adapter: str, stats: dict[str, Any], rows: int | None, size: int | None
) -> None:
    table = model(adapter, {}, stats)
    assert (table.rows, table.bytes) == (rows, size)


def test_a_count_that_is_not_meant_is_unknown() -> None:
    # dbt-bigquery: `stats__num_rows__include` is false for views, whose value is 0.
    view = {"metadata": {"name": "v"}, "stats": {"num_rows": {"value": 0, "include": False}}}
    text = json.dumps({"metadata": {}, "nodes": {"model.p.v": view}})
    catalog, _ = dbt.read(None, text)
    assert catalog is not None
    assert catalog.tables[0].rows is None


def test_skip_indexes_and_projections_of_clickhouse() -> None:
    table = model("clickhouse", {
        "indexes": [{"name": "i", "definition": "lower(a) TYPE bloom_filter(0.01) GRANULARITY 1"}],
        "projections": [
            {"name": "p", "query": "SELECT b, sum(c) GROUP BY b"},
            {"name": "q", "index": ["b", "c"]},
        ],
    })  # fmt: skip
    assert keys(table) == [
        ("bloom_filter", False, ("lower(a)",)),
        ("aggregate-projection", False, ("b",)),
        ("projection", False, ("b", "c")),
    ]


def test_a_table_of_sql_server_is_a_columnstore_unless_told_otherwise() -> None:
    index = {"columns": ["a"], "type": "nonclustered", "included_columns": ["b"]}
    table = model("sqlserver", {"as_columnstore": False, "indexes": [index]})
    assert keys(table) == [("btree", False, ("a",))]
    assert (table.indexes or ())[0].include == ("b",)
    assert keys(model("sqlserver", {})) == [("columnstore", False, ())]


@pytest.mark.parametrize(
    ("hook", "found", "complete"),
    [
        ("create unique index on {{ this }} (a, lower(b))", [("btree", True, ("a", "lower(b)"))], True),
        ("{{ create_index(this, 'a') }}", [], False),
        ("{{ our_macro() }}", [], False),
        ("analyze {{ this }}", [], True),
        ("grant select on {{ this }} to reader", [], True),
    ],
)
def test_hooks_may_make_indexes(hook: str, found: list[Any], complete: bool) -> None:  # noqa: FBT001
    table = model("postgres", {"post-hook": [{"sql": hook}]}, relation_name='"d"."s"."t"')
    assert (keys(table), table.indexes_complete) == (found, complete)


def test_constraints_count_only_where_the_contract_is_enforced() -> None:
    columns = {"a": {"name": "a", "constraints": [{"type": "primary_key"}]}}
    both = [{"type": "unique", "columns": ["b", "c"]}]
    enforced = model("postgres", {"contract": {"enforced": True}}, columns=columns, constraints=both)
    assert keys(enforced) == [("btree", True, ("a",)), ("btree", True, ("b", "c"))]
    assert keys(model("postgres", {"contract": {"enforced": False}}, columns=columns, constraints=both)) == []
    # Where constraints are only information, they are no index (docs: "Platform constraint support").
    assert keys(model("snowflake", {"contract": {"enforced": True}}, columns=columns)) is None


def test_older_manifests_call_the_sql_by_another_name() -> None:
    # manifest v4 to v6 (dbt 1.0 to 1.2): `compiled_sql`.
    version = "https://schemas.getdbt.com/dbt/manifest/v4.json"
    manifest = {
        "metadata": {"dbt_schema_version": version, "adapter_type": "snowflake"},
        "nodes": {
            "model.p.v": {"resource_type": "model", "name": "v", "schema": "s", "alias": "V2",
                          "config": {"materialized": "view"}, "compiled_sql": "select 1 as a"},
            "test.p.x": {"resource_type": "test", "name": "x", "config": {}},
        },
        "sources": {"source.p.r.o": {"resource_type": "source", "name": "o", "identifier": "ORDERS"}},
    }  # fmt: skip
    catalog, (problem,) = dbt.read(json.dumps(manifest), None)
    assert catalog is not None
    assert "catalog.json" in problem.message
    assert [(t.name, t.kind, t.definition) for t in catalog.tables] == [
        ("V2", "view", "select 1 as a"),
        ("ORDERS", "table", None),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["config", "columns", "indexes", "constraints", "contract", "enforced", "materialized",
                 "stats", "metadata", "type", "name", "post-hook", "sql", "partition_by", "sort",
                 "projections", "query", "value", "index", "resource_type", "definition"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@settings(deadline=None)
@given(JSON, st.sampled_from(["postgres", "bigquery", "clickhouse", "redshift", "trino", "spark", ""]))
def test_reading_never_raises(value: Any, adapter: str) -> None:
    node = value | {"resource_type": "model", "name": "t"} if isinstance(value, dict) else value
    for nodes in ({"model.p.t": node}, value):
        text = json.dumps({"metadata": {"adapter_type": adapter}, "nodes": nodes})
        dbt.read(text, text)
