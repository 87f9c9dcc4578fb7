"""Few indexes for many charts, in the words of each engine."""

from __future__ import annotations

import pytest

from dashlint.catalog.advice import Proposal, TextSearch, Wanted, propose
from dashlint.catalog.model import ColumnStatistics, Index, IndexColumn, Table
from dashlint.sql.engines import engine_named

COLUMNS = {
    column.name: column
    for column in (
        ColumnStatistics("order_id", "bigint", nullable=False, distinct=5_000_000),
        ColumnStatistics("ordered_at", "timestamp without time zone", nullable=False, distinct=400_000),
        ColumnStatistics("country", "character varying(40)", distinct=30, average_width=9),
        ColumnStatistics("customer", "character varying(80)", distinct=50_000, average_width=18),
        ColumnStatistics("status", "character varying(20)", distinct=5, average_width=8),
        ColumnStatistics("payload", "json"),
    )
}


def orders(*indexes: Index, **more: object) -> Table:
    return Table(
        "orders", "public", columns=COLUMNS, indexes=indexes, rows=5_000_000, bytes=450_000_000, **more  # type: ignore[arg-type]
    )  # fmt: skip


def index(*names: str, **more: object) -> Index:
    return Index("i", tuple(IndexColumn(name) for name in names), **more)  # type: ignore[arg-type]


def want(table: Table, *equality: str, range: str | None = None, charts: int = 1, **more: object) -> Wanted:  # noqa: A002
    return Wanted(table, frozenset(equality), range, charts, **more)  # type: ignore[arg-type]


def keys(proposals: tuple[Proposal, ...]) -> list[tuple[str, ...]]:
    return [proposal.columns for proposal in proposals]


def test_equalities_come_before_the_range() -> None:
    (made,) = propose([want(orders(), "customer", range="ordered_at", charts=8)], "postgresql")
    assert made.columns == ("customer", "ordered_at")
    assert made.kind == "index"
    assert made.statement == (
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_customer_ordered_at_idx "
        "ON public.orders (customer, ordered_at);"
    )
    assert made.reason == "8 charts compare customer with values and bound ordered_at"


def test_one_index_serves_the_charts_of_several_filters() -> None:
    table = orders()
    wants = [
        want(table, "customer", charts=3),
        want(table, "customer", "status", charts=2),
        want(table, "customer", "status", range="ordered_at", charts=4),
    ]
    (made,) = propose(wants, "postgresql")
    assert made.columns == ("customer", "status", "ordered_at")
    assert sum(w.charts for w in made.serves) == 9


def test_columns_that_most_charts_share_come_first() -> None:
    table = orders()
    wants = [want(table, "customer", "country", charts=1), want(table, "country", charts=5)]
    assert keys(propose(wants, "postgresql")) == [("country", "customer")]


def test_of_equally_shared_columns_the_one_with_most_values_comes_first() -> None:
    assert keys(propose([want(orders(), "status", "country", "customer")], "postgresql")) == [
        ("customer", "country", "status")
    ]


def test_a_leading_column_of_few_values_is_not_taken_for_an_index_on_another() -> None:
    table = orders()
    wants = [want(table, "status", "customer"), want(table, "status", "country")]
    # (status, customer) would leave a fifth of the rows to a filter on status and country.
    made = propose(wants, "postgresql")
    assert len(made) == 2
    assert all(set(w.equality) == set(p.columns) for p in made for w in p.serves)


@pytest.mark.parametrize(
    ("existing", "equality", "range_", "charts_need"),
    [
        (index("customer"), ("customer",), None, []),
        (index("customer", "ordered_at"), ("customer",), None, []),
        (index("ordered_at", "customer"), ("customer",), None, [("customer",)]),
        # One value of customer is 100 rows of 5 million: no time range makes that any better.
        (index("customer"), ("customer",), "ordered_at", []),
        # One of five values of status is a million: here the range helps.
        (index("status"), ("status",), "ordered_at", [("status", "ordered_at")]),
        (index("order_id", unique=True, primary=True), ("order_id",), None, []),
        (index("customer", where="status = 'open'"), ("customer",), None, [("customer",)]),
        (index("customer", method="hash"), ("customer",), None, []),
        (index("ordered_at", method="brin"), (), "ordered_at", []),
        (index("ordered_at", method="hash"), (), "ordered_at", [("ordered_at",)]),
    ],
)
def test_what_an_index_covers_is_not_proposed_again(
    existing: Index, equality: tuple[str, ...], range_: str | None, charts_need: list[tuple[str, ...]]
) -> None:
    assert keys(propose([want(orders(existing), *equality, range=range_)], "postgresql")) == charts_need


def test_a_partial_index_covers_where_the_query_implies_its_predicate() -> None:
    table = orders(index("customer", where="status = 'open'"))
    asked = want(table, "customer", conditions=("status = 'open'",))
    assert propose([asked], "postgresql") == ()


def test_an_index_that_becomes_needless_is_named() -> None:
    table = orders(Index("orders_status", (IndexColumn("status"),)))
    (made,) = propose([want(table, "status", range="ordered_at")], "postgresql")
    assert "It covers orders_status, which can be dropped afterwards." in made.note


def test_a_partition_takes_the_place_of_the_range() -> None:
    table = orders(partitioned_by=("ordered_at",))
    (made,) = propose([want(table, "country", range="ordered_at")], "postgresql")
    assert made.columns == ("country",)
    assert "CONCURRENTLY" not in made.statement
    assert "ATTACH" in made.note


def test_columns_without_an_order_are_no_keys() -> None:
    assert propose([want(orders(), "payload")], "postgresql") == ()
    assert keys(propose([want(orders(), "payload", "customer")], "postgresql")) == [("customer",)]


def test_nothing_is_proposed_on_views_and_foreign_tables() -> None:
    for kind in ("view", "foreign-table"):
        assert propose([want(orders(kind=kind), "customer")], "postgresql") == ()


def test_proposals_are_indexes_that_serve_what_they_say() -> None:
    table = orders()
    wants = [
        want(table, *equality, range=range_, charts=charts)
        for charts, equality in enumerate(
            [(), ("status",), ("country",), ("customer",), ("country", "status"), ("customer", "country")], 1
        )
        for range_ in (None, "ordered_at")
    ]
    made = propose(wants, "postgresql")
    served = {(w.equality, w.range) for p in made for w in p.serves}
    assert served == {(w.equality, w.range) for w in wants if w.columns}
    # Once they exist, nothing is left to propose.
    indexes = tuple(Index(str(n), tuple(IndexColumn(c) for c in p.columns)) for n, p in enumerate(made))
    after = orders(*indexes)
    assert propose([want(after, *w.equality, range=w.range) for w in wants], "postgresql") == ()


@pytest.mark.parametrize(
    "engine",
    ["bigquery", "clickhouse", "databricks", "druid", "duckdb", "pinot", "redshift", "snowflake", "trino",
     "hive", "impala", "presto", "awsathena", "vertica", "doris", "starrocks", "firebolt", "netezza"],
)  # fmt: skip
def test_engines_without_indexes_never_get_create_index(engine: str) -> None:
    assert engine_named(engine).indexes is False
    table = orders()
    made = propose([want(table, "customer", "country"), want(table, range="ordered_at")], engine)
    assert all("CREATE INDEX" not in p.statement for p in made)
    assert all(p.source for p in made)


@pytest.mark.parametrize("engine", [None, "nobody-knows", "hana"])
def test_of_unknown_engines_nothing_is_said(engine: str | None) -> None:
    assert propose([want(orders(), "customer")], engine) == ()


MYSQL = """
ALTER TABLE `public`.`orders`
ADD INDEX `orders_customer_ordered_at_idx` (`customer`, `ordered_at`), ALGORITHM=INPLACE, LOCK=NONE;
"""
SQLITE = """
CREATE INDEX IF NOT EXISTS "public"."orders_customer_ordered_at_idx"
ON "orders" ("customer", "ordered_at");
"""
MSSQL = """
CREATE INDEX [orders_customer_ordered_at_idx]
ON [public].[orders] ([customer], [ordered_at]) WITH (ONLINE = ON);
"""
ORACLE = """
CREATE INDEX "ORDERS_CUSTOMER_ORDERED_AT_IDX" ON "PUBLIC"."ORDERS" ("CUSTOMER", "ORDERED_AT") ONLINE;
"""
COCKROACHDB = """
CREATE INDEX IF NOT EXISTS orders_customer_ordered_at_idx ON public.orders (customer, ordered_at);
"""
BIGQUERY = """
CREATE TABLE `public`.`orders_clustered` PARTITION BY DATE(`ordered_at`) CLUSTER BY `customer`
AS SELECT * FROM `public`.`orders`;
"""
SNOWFLAKE = """
ALTER TABLE "PUBLIC"."ORDERS" CLUSTER BY (TO_DATE("ORDERED_AT"), "CUSTOMER");
"""
REDSHIFT = """
ALTER TABLE public.orders ALTER COMPOUND SORTKEY (customer, ordered_at);
"""
DATABRICKS = """
ALTER TABLE `public`.`orders` CLUSTER BY (`customer`, `ordered_at`); OPTIMIZE `public`.`orders` FULL;
"""
TRINO = """
ALTER TABLE "public"."orders"
SET PROPERTIES partitioning = ARRAY['day(ordered_at)'], sorted_by = ARRAY['customer'];
"""
DRUID = """
REPLACE INTO "public"."orders" OVERWRITE ALL SELECT * FROM "public"."orders"
PARTITIONED BY DAY CLUSTERED BY "customer";
"""
DUCKDB = """
CREATE TABLE "public"."orders_sorted" AS
SELECT * FROM "public"."orders" ORDER BY "customer", "ordered_at";
"""
CLICKHOUSE = """
ALTER TABLE `public`.`orders` ADD PROJECTION IF NOT EXISTS `orders_customer_ordered_at_proj`
(SELECT * ORDER BY `customer`, `ordered_at`);
ALTER TABLE `public`.`orders` MATERIALIZE PROJECTION `orders_customer_ordered_at_proj`;
"""


@pytest.mark.parametrize(
    ("engine", "statement"),
    [
        ("mysql", MYSQL),
        ("sqlite", SQLITE),
        ("mssql", MSSQL),
        ("oracle", ORACLE),
        ("cockroachdb", COCKROACHDB),
        ("bigquery", BIGQUERY),
        ("snowflake", SNOWFLAKE),
        ("redshift", REDSHIFT),
        ("databricks", DATABRICKS),
        ("trino", TRINO),
        ("druid", DRUID),
        ("duckdb", DUCKDB),
        ("clickhouse", CLICKHOUSE),
    ],
)
def test_each_engine_gets_its_own_words(engine: str, statement: str) -> None:
    (made,) = propose([want(orders(), "customer", range="ordered_at")], engine)
    assert made.statement.split() == statement.split()


def test_pinot_gets_a_piece_of_its_configuration() -> None:
    (made,) = propose([want(orders(), "customer", "status", range="ordered_at")], "pinot")
    assert made.kind == "table-config"
    assert '"sortedColumn": [\n      "customer"' in made.statement


def test_what_partitions_and_sort_keys_serve_is_passed_over() -> None:
    assert propose([want(orders(sort_key=("customer",)), "customer")], "clickhouse") == ()
    assert propose([want(orders(clustered_by=("customer",)), "customer")], "bigquery") == ()
    assert propose([want(orders(partitioned_by=("DATE(ordered_at)",)), range="ordered_at")], "bigquery") == ()


def test_a_value_in_few_granules_gets_a_bloom_filter() -> None:
    (made,) = propose([want(orders(), "order_id")], "clickhouse")
    assert made.kind == "skip-index"
    assert "TYPE bloom_filter" in made.statement


@pytest.mark.parametrize(
    ("engine", "search", "part"),
    [
        ("postgresql", TextSearch("customer", "contains"), "USING gin (customer gin_trgm_ops)"),
        ("postgresql", TextSearch("customer", "prefix", any_case=True), "USING gin (customer gin_trgm_ops)"),
        ("postgresql", TextSearch("customer", "prefix"), "(customer text_pattern_ops)"),
        ("mariadb", TextSearch("customer", "prefix"), "ADD INDEX `orders_customer_idx` (`customer`)"),
        ("sqlite", TextSearch("customer", "prefix"), '("customer" COLLATE NOCASE)'),
        ("clickhouse", TextSearch("customer", "contains"), "TYPE ngrambf_v1"),
    ],
)
def test_patterns_get_an_index_that_serves_them(engine: str, search: TextSearch, part: str) -> None:
    (made,) = propose([want(orders(), text=search, charts=2)], engine)
    assert part in made.statement
    assert ("pg_trgm" in made.note) is ("trgm" in part)


def test_one_trigram_index_serves_patterns_of_all_kinds() -> None:
    table = orders()
    searches = [TextSearch("customer", "contains"), TextSearch("customer", "prefix"),
                TextSearch("customer", "contains", any_case=True)]  # fmt: skip
    (made,) = propose([want(table, text=search) for search in searches], "postgresql")
    assert len(made.serves) == 3


@pytest.mark.parametrize("engine", ["mysql", "sqlite", "mssql", "oracle"])
def test_where_no_index_finds_what_stands_anywhere_none_is_proposed(engine: str) -> None:
    assert propose([want(orders(), text=TextSearch("customer", "contains"))], engine) == ()


def test_names_that_need_quotes_get_them() -> None:
    column = ColumnStatistics('Größe "x"', "integer", distinct=1_000_000)
    table = Table("Order", "order", columns={column.name: column}, indexes=(), rows=5_000_000)
    (made,) = propose([want(table, column.name)], "postgresql")
    assert made.statement.endswith('ON "order"."Order" ("Größe ""x""");')


def test_long_names_stay_within_what_the_engine_takes_and_apart() -> None:
    long = "x" * 60
    columns = {f"{long}{n}": ColumnStatistics(f"{long}{n}", "integer", distinct=10_000) for n in range(2)}
    table = Table("orders", columns=columns, indexes=(), rows=5_000_000)
    made = propose([want(table, name) for name in columns], "postgresql")
    names = {p.statement.split()[6] for p in made}
    assert len(names) == 2
    assert all(len(name.encode()) <= 63 for name in names)


def test_a_name_that_is_taken_is_not_used_again() -> None:
    taken = Index("orders_customer_idx", (IndexColumn("customer"),), where="status = 'open'")
    (made,) = propose([want(orders(taken), "customer")], "postgresql")
    assert " orders_customer_idx2 " in made.statement
