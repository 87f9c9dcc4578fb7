"""What is advised runs as it stands on real engines, they use it, and it is as large as was said."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from dashlint.catalog import ddl
from dashlint.catalog.advice import TextSearch, Wanted, propose
from dashlint.catalog.index_size import index_bytes
from dashlint.catalog.model import ColumnStatistics, Table
from dashlint.sql.names import identifier
from tests.catalog.databases import MariaDb, Postgres, mariadb_database, postgres_database

ROWS = 200_000


def want(table: Table, *equality: str, range: str | None = None, text: TextSearch | None = None) -> Wanted:  # noqa: A002
    return Wanted(table, frozenset(equality), range, 1, text)


# --- PostgreSQL -----------------------------------------------------------------------------------

PG_TABLE = f"""
SELECT setseed(0.5);
CREATE EXTENSION pg_trgm;
CREATE TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL, country text, "Select" text COLLATE "C",
    status varchar(10), ts timestamp NOT NULL, day date, amount numeric(10,2), small smallint, flag boolean,
    token uuid, price double precision, sparse int, note text);
INSERT INTO orders SELECT i, (i * 7919) % 20000, 'country ' || floor(random() * 60), 'c' || i,
    's' || floor(random() * 5), timestamp '2024-01-01' + (i * 104729) % {ROWS} * interval '5 minutes',
    date '2024-01-01' + floor(random() * 700)::int,
    ((i * 7) % 90000) / 10.0, i % 100, i % 2 = 0, md5(i::text)::uuid, (i * 7) % 5000 / 3.0,
    CASE WHEN i % 10 = 0 THEN i END, 'note ' || md5(i::text)
    FROM generate_series(1::bigint, {ROWS}) i;
CREATE TABLE parts (id bigint NOT NULL, customer int, ts timestamp NOT NULL) PARTITION BY RANGE (ts);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2025-01-01') TO ('2030-01-01');
INSERT INTO parts SELECT id, customer, ts FROM orders;
VACUUM ANALYZE;
"""
PG_STATISTICS = """
SELECT json_agg(json_build_object('table', s.tablename, 'name', s.attname, 'null', s.null_frac,
    'width', s.avg_width, 'distinct', CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * c.reltuples
    ELSE s.n_distinct END, 'rows', c.reltuples))
FROM pg_stats s JOIN pg_class c ON c.relname = s.tablename WHERE s.schemaname = 'public'
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[tuple[Postgres, dict[str, Table]]]:
    with postgres_database("advice") as database:
        database.execute(PG_TABLE)
        catalog, problems = ddl.read(database.dump())
        assert problems == ()
        yield database, _with_statistics(catalog.tables, database.json(PG_STATISTICS))


def _with_statistics(tables: tuple[Table, ...], statistics: list[dict[str, Any]]) -> dict[str, Table]:
    from dataclasses import replace

    found = {}
    for table in tables:
        own = {entry["name"]: entry for entry in statistics if entry["table"] == table.name}
        columns = {
            name: column._replace(
                distinct=own[name]["distinct"],
                null_fraction=own[name]["null"],
                average_width=own[name]["width"],
            )
            if name in own
            else column
            for name, column in table.columns.items()
        }
        rows = int(next(iter(own.values()))["rows"]) if own else None
        found[table.name] = replace(table, columns=columns, rows=rows)
    return found


def _conditions(database: Postgres, sql: str) -> str:
    return " ".join(node["Index Cond"] for node in database.plan(sql) if "Index Cond" in node)


def test_postgresql_uses_what_is_advised_for_many_filters(
    postgres: tuple[Postgres, dict[str, Table]],
) -> None:
    database, tables = postgres
    table = tables["orders"]
    queries = {
        want(table, "customer"): "customer = 77",
        want(table, "customer", range="ts"): "customer = 77 AND ts >= '2024-05-01' AND ts < '2024-06-01'",
        want(
            table, "country", range="ts"
        ): "country = 'country 7' AND ts >= '2024-05-01' AND ts < '2024-06-01'",
        want(table, "status", "country"): "status = 's3' AND country IN ('country 7', 'country 8')",
        want(table, range="day"): "day >= '2024-03-01' AND day < '2024-03-04'",
        want(table, "Select"): "\"Select\" = 'c77'",
    }
    made = propose(list(queries), "postgresql")
    assert len(made) < len(queries)
    before = {
        asked: _conditions(database, f"SELECT sum(amount) FROM orders WHERE {queries[asked]}")
        for asked in queries
    }
    assert set(before.values()) == {""}
    for proposal in made:
        database.execute(proposal.statement)
    database.execute("ANALYZE orders")
    for proposal in made:
        for asked in proposal.serves:
            found = _conditions(database, f"SELECT sum(amount) FROM orders WHERE {queries[asked]}")
            assert found, (proposal.statement, queries[asked])
    assert {asked for proposal in made for asked in proposal.serves} == set(queries)
    # What exists now is known as such, and nothing more is asked for.
    catalog, _ = ddl.read(database.dump())
    after = catalog.table("orders")
    assert after is not None
    known = _with_statistics((after,), database.json(PG_STATISTICS))["orders"]
    again = [Wanted(known, asked.equality, asked.range, 1) for asked in queries]
    assert propose(again, "postgresql") == ()


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("lower(note)", "lower(note) = 'note c4ca4238a0b923820dcc509a6f75849b'"),
        ("LOWER(CAST((note) AS TEXT))", "lower(note::text) = 'note c4ca4238a0b923820dcc509a6f75849b'"),
        ('UPPER("Select")', "upper(\"Select\") = 'C77'"),
        ("customer + 1", "customer + 1 = 7"),
        ("amount * amount", "amount * amount = 49"),
        ("LENGTH(note)", "length(note) = 7"),
        ("COALESCE(customer, 0)", "coalesce(customer, 0) = 7"),
        ("CAST(customer AS VARCHAR)", "customer::varchar = '7'"),
        ("CAST(ts AS DATE)", "ts::date >= '2024-03-01' AND ts::date < '2024-03-04'"),
    ],
)
def test_postgresql_uses_indexes_on_expressions_that_are_advised(
    postgres: tuple[Postgres, dict[str, Table]], expression: str, condition: str
) -> None:
    database, tables = postgres
    (made,) = propose([want(tables["orders"], expression)], "postgresql")
    database.execute(made.statement)
    try:
        # The planner knows how many rows match an expression only after that.
        database.execute("ANALYZE orders")
        assert _conditions(database, f"SELECT sum(amount) FROM orders WHERE {condition}")
        catalog, _ = ddl.read(database.dump())
        after = catalog.table("orders")
        assert after is not None
        assert propose([want(after, expression)], "postgresql") == ()
    finally:
        database.execute(f"DROP INDEX {made.statement.split()[6]}")


@pytest.mark.parametrize(
    "expression",
    [
        "to_char(ts, 'YYYY')",
        "CAST(country AS DATE)",
        "CAST(status AS INTEGER)",
        "amount / small",
        "amount * small",
        "customer * customer",
        "date_trunc('day', ts)",
        "ts + interval '1 day'",
        "now() - ts",
        "random() * small",
        "nowhere + 1",
        "(SELECT 1)",
        "count(small)",
        "small +",
    ],
)
def test_expressions_that_an_index_cannot_have_are_not_proposed(
    postgres: tuple[Postgres, dict[str, Table]], expression: str
) -> None:
    assert propose([want(postgres[1]["orders"], expression)], "postgresql") == ()


def test_a_moment_with_a_time_zone_has_no_day_of_its_own() -> None:
    column = ColumnStatistics("ts", "timestamp with time zone", distinct=ROWS)
    table = Table("orders", columns={"ts": column}, indexes=(), rows=ROWS)
    assert propose([want(table, "CAST(ts AS DATE)")], "postgresql") == ()


def test_engines_whose_indexes_have_no_expressions_get_none() -> None:
    assert propose([want(small(), 'upper("order")')], "mariadb") == ()


@pytest.mark.parametrize(
    ("search", "condition"),
    [
        (TextSearch("note", "contains"), "note LIKE '%c4ca4238a0b923%'"),
        (TextSearch("country", "contains", any_case=True), "country ILIKE '%TRY 59%'"),
        (TextSearch("note", "prefix", any_case=True), "note ILIKE 'NOTE c4ca42%'"),
        (TextSearch("country", "prefix"), "country LIKE 'country 59%'"),
    ],
)
def test_postgresql_finds_patterns_with_what_is_advised(
    postgres: tuple[Postgres, dict[str, Table]], search: TextSearch, condition: str
) -> None:
    database, tables = postgres
    database.execute(
        "DO $$ DECLARE i text; BEGIN FOR i IN SELECT indexname FROM pg_indexes WHERE tablename = 'orders' "
        "AND indexname <> 'orders_pkey' LOOP EXECUTE format('DROP INDEX %I', i); END LOOP; END $$"
    )
    sql = f"SELECT sum(amount) FROM orders WHERE {condition}"
    assert not _conditions(database, sql)
    (made,) = propose([want(tables["orders"], text=search)], "postgresql")
    database.execute(made.statement)
    assert search.column in _conditions(database, sql)


def test_postgresql_takes_an_index_of_a_partitioned_table(
    postgres: tuple[Postgres, dict[str, Table]],
) -> None:
    database, tables = postgres
    (made,) = propose([want(tables["parts"], "customer", range="ts")], "postgresql")
    assert made.columns == ("customer",)
    database.execute(made.statement)
    assert "customer" in _conditions(
        database, "SELECT count(*) FROM parts WHERE customer = 7 AND ts >= '2024-05-01' AND ts < '2024-06-01'"
    )


@pytest.mark.parametrize(
    "keys",
    [
        ("id",),
        ("customer",),
        ("country",),
        ("Select",),
        ("status",),
        ("ts",),
        ("day",),
        ("amount",),
        ("small",),
        ("flag",),
        ("token",),
        ("price",),
        ("sparse",),
        ("note",),
        ("customer", "ts"),
        ("status", "country"),
        ("country", "day"),
        ("small", "status", "ts"),
        ("flag", "country"),
        ("status", "amount"),
    ],
)
def test_the_size_of_an_index_in_postgresql_is_told_within_a_quarter(
    postgres: tuple[Postgres, dict[str, Table]], keys: tuple[str, ...]
) -> None:
    database, tables = postgres
    listed = ", ".join(identifier(key, "postgresql") for key in keys)
    database.execute(f"CREATE INDEX measured ON orders ({listed})")
    try:
        real = database.json("SELECT pg_relation_size('measured')")
    finally:
        database.execute("DROP INDEX measured")
    told = index_bytes(tables["orders"], keys, "postgresql")
    assert told == pytest.approx(real, rel=0.25)


def test_words_that_postgresql_reserves_are_quoted(postgres: tuple[Postgres, dict[str, Table]]) -> None:
    database, _ = postgres
    words = database.json("SELECT json_agg(word) FROM pg_get_keywords() WHERE catcode IN ('R', 'T')")
    assert [word for word in words if identifier(word, "postgresql") == word] == []


@pytest.mark.parametrize("name", ['o"dd', "Mixed", "with space", "select", "naïve", "plain_1", "1st", "a.b"])
def test_postgresql_reads_names_as_they_were_meant(
    postgres: tuple[Postgres, dict[str, Table]], name: str
) -> None:
    database, _ = postgres
    spelt = identifier(name, "postgresql")
    found = database.json(f"SELECT row_to_json(t) FROM (SELECT 1 AS {spelt}) t")
    assert found == {name: 1}


# --- MariaDB --------------------------------------------------------------------------------------

MARIA_TABLE = f"""
CREATE TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL, country varchar(80), `select` varchar(40),
    status varchar(10) NOT NULL, ts datetime NOT NULL, day date, amount decimal(10,2), note text,
    wide varchar(2000)) CHARACTER SET utf8mb4;
INSERT INTO orders SELECT seq, (seq * 7919) % 20000, concat('country ', (seq * 31) % 60), concat('c', seq),
    concat('s', (seq * 17) % 5), '2024-01-01' + INTERVAL (seq * 104729) % {ROWS} * 5 MINUTE,
    '2024-01-01' + INTERVAL (seq * 13) % 700 DAY, (seq * 7) % 90000 / 10, md5(seq), md5(seq + 1)
    FROM seq_1_to_{ROWS};
ANALYZE TABLE orders;
"""
MARIA_COLUMNS = {
    "customer": (20_000, 4.0, 0.0),
    "country": (60, 9.8, 0.0),
    "select": (ROWS, 6.4, 0.0),
    "status": (5, 2.0, 0.0),
    "ts": (ROWS, 5.0, 0.0),
    "day": (700, 3.0, 0.0),
    "amount": (90_000, 5.0, 0.0),
    "note": (ROWS, 32.0, 0.0),
    "wide": (ROWS, 32.0, 0.0),
}


@pytest.fixture(scope="module")
def mariadb() -> Iterator[tuple[MariaDb, Table]]:
    from dataclasses import replace

    with mariadb_database("advice") as database:
        database.execute(MARIA_TABLE)
        catalog, problems = ddl.read(database.dump(), "mariadb")
        table = catalog.table("orders")
        assert problems == ()
        assert table is not None
        columns = {
            name: column._replace(
                distinct=MARIA_COLUMNS[name][0],
                average_width=MARIA_COLUMNS[name][1],
                null_fraction=MARIA_COLUMNS[name][2],
            )
            if name in MARIA_COLUMNS
            else column
            for name, column in table.columns.items()
        }
        yield database, replace(table, columns=columns, rows=ROWS)


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        (("customer",), "customer = 7"),
        (("customer", ">ts"), "customer = 7 AND ts >= '2024-05-01' AND ts < '2024-06-01'"),
        (("status", "country"), "status = 's3' AND country IN ('country 7', 'country 8')"),
        ((">day",), "day >= '2024-03-01' AND day < '2024-03-03'"),
        (("select",), "`select` = 'c7'"),
        (("note",), "note = 'c4ca4238a0b923820dcc509a6f75849b'"),
        (("wide",), "wide = 'c4ca4238a0b923820dcc509a6f75849b'"),
        (("wide", "country"), "wide = 'c4ca4238a0b923820dcc509a6f75849b' AND country = 'country 2'"),
        (("%select",), "`select` LIKE 'c777%'"),
    ],
)
def test_mariadb_uses_what_is_advised(
    mariadb: tuple[MariaDb, Table], asked: tuple[str, ...], condition: str
) -> None:
    database, table = mariadb
    equality = [name for name in asked if name[0] not in "%>"]
    range_ = next((name[1:] for name in asked if name.startswith(">")), None)
    text = next((TextSearch(name[1:], "prefix") for name in asked if name.startswith("%")), None)
    (made,) = propose([want(table, *equality, range=range_, text=text)], "mariadb")
    sql = f"SELECT sum(amount) FROM orders WHERE {condition}"
    assert not database.uses_index(sql)
    database.execute(made.statement)
    try:
        database.execute("ANALYZE TABLE orders")
        assert database.uses_index(sql), made.statement
    finally:
        _drop_indexes(database)


def _drop_indexes(database: MariaDb) -> None:
    names = database.execute(
        "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = database() "
        "AND table_name = 'orders' AND index_name <> 'PRIMARY'"
    )
    for name in names.split():
        database.execute(f"ALTER TABLE orders DROP INDEX `{name}`")


@pytest.mark.parametrize(
    "keys",
    [("customer",), ("country",), ("select",), ("ts",), ("day",), ("amount",), ("customer", "ts"),
     ("status", "country", "day")],
)  # fmt: skip
def test_the_size_of_an_index_in_mariadb_is_told_within_a_quarter(
    mariadb: tuple[MariaDb, Table], keys: tuple[str, ...]
) -> None:
    database, table = mariadb
    listed = ", ".join(f"`{key}`" for key in keys)
    database.execute(f"ALTER TABLE orders ADD INDEX measured ({listed}); ANALYZE TABLE orders")
    try:
        pages = int(
            database.execute(
                "SELECT stat_value FROM mysql.innodb_index_stats WHERE database_name = database() "
                "AND table_name = 'orders' AND index_name = 'measured' AND stat_name = 'size'"
            )
        )
    finally:
        _drop_indexes(database)
    assert index_bytes(table, keys, "mariadb") == pytest.approx(pages * 16384, rel=0.25)


# --- SQLite, DuckDB, ClickHouse -------------------------------------------------------------------


def small(**more: object) -> Table:
    """A table as the statements below create it."""
    columns = [
        ColumnStatistics("id", "INTEGER", distinct=ROWS),
        ColumnStatistics("customer", "INTEGER", distinct=5_000),
        ColumnStatistics("order", "VARCHAR", distinct=60),
        ColumnStatistics("ts", "TIMESTAMP", distinct=ROWS),
    ]
    return Table("facts", columns={c.name: c for c in columns}, indexes=(), rows=ROWS, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        (want(small(), "customer"), "customer = 7"),
        (want(small(), "order", range="ts"), "\"order\" = 'o7' AND ts >= '2024-05' AND ts < '2024-06'"),
        (want(small(), text=TextSearch("order", "prefix")), "\"order\" LIKE 'O7%'"),
        (want(small(), 'upper("order")'), "upper(\"order\") = 'O7'"),
        (want(small(), "customer + 1"), "customer + 1 = 7"),
    ],
)
def test_sqlite_uses_what_is_advised(asked: Wanted, condition: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        'CREATE TABLE facts (id INTEGER PRIMARY KEY, customer int, "order" text, ts text)'
    )
    (made,) = propose([asked], "sqlite")
    connection.executescript(made.statement)

    def plan() -> str:
        rows = connection.execute(f"EXPLAIN QUERY PLAN SELECT sum(id) FROM facts WHERE {condition}")
        return " ".join(row[3] for row in rows)

    name = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchone()[0]
    assert f"SEARCH facts USING INDEX {name}" in plan() or f"USING COVERING INDEX {name}" in plan()
    connection.close()


@pytest.mark.optional
def test_duckdb_skips_row_groups_of_the_copy_that_is_advised() -> None:
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.execute(
        f"""CREATE TABLE facts AS SELECT i AS id, (i * 7919) % 5000 AS customer, 'o' || i % 60 AS "order",
        TIMESTAMP '2024-01-01' + INTERVAL (i) MINUTE AS ts FROM range({ROWS * 5}) t(i)"""
    )
    (made,) = propose([want(small(), "customer", range="ts")], "duckdb")
    connection.execute(made.statement)

    def scanned(table: str) -> int:
        (row,) = connection.execute(
            f"EXPLAIN (ANALYZE, FORMAT json) SELECT sum(id) FROM {table} "
            "WHERE customer = 7 AND ts > '2024-01-02'"
        ).fetchall()
        return _total(json.loads(row[1]), ("rows_scanned", "operator_rows_scanned"))

    assert scanned("facts_sorted") * 4 < scanned("facts")
    assert connection.execute("SELECT count(*) FROM facts_sorted").fetchone() == (ROWS * 5,)
    connection.close()


def _total(node: Any, names: tuple[str, ...]) -> int:
    if isinstance(node, list):
        return sum(_total(item, names) for item in node)
    if not isinstance(node, dict):
        return 0
    own = next((int(node[name]) for name in names if name in node), 0)
    below = [value for key, value in node.items() if isinstance(value, (list, dict)) and key != "extra_info"]
    return max(own, sum(_total(value, names) for value in below))


@pytest.mark.optional
@pytest.mark.filterwarnings("ignore")
def test_clickhouse_reads_fewer_granules_with_what_is_advised() -> None:
    session_of = pytest.importorskip("chdb.session")
    session = session_of.Session()
    session.query("CREATE DATABASE d ENGINE = Atomic; USE d;")
    session.query(
        f"""CREATE TABLE d.facts ENGINE = MergeTree ORDER BY id AS SELECT number AS id, number * 7919 % 300000
        AS customer, 'o' || toString(number % 60) AS "order", toDateTime('2024-01-01') + number % 90000 AS ts,
        'note ' || toString(cityHash64(intDiv(number, 50000))) AS note FROM numbers({ROWS * 10})"""
    )
    columns = [
        ColumnStatistics("customer", "UInt64", distinct=300_000),
        ColumnStatistics("order", "String", distinct=60),
        ColumnStatistics("ts", "DateTime"),
        ColumnStatistics("note", "String"),
    ]
    table = Table("facts", "d", columns={c.name: c for c in columns}, sort_key=("id",), rows=ROWS * 10)
    note = str(session.query("SELECT note FROM d.facts WHERE id = 70000")).strip().strip('"')
    queries = {
        want(table, "customer"): "customer = 7",
        want(table, "order", range="ts"): "\"order\" = 'o7' AND ts < '2024-01-02'",
        want(table, text=TextSearch("note", "contains")): f"note LIKE '%{note[5:]}%'",
    }
    made = propose(list(queries), "clickhouse")
    assert {p.kind for p in made} == {"skip-index", "projection"}

    def granules(condition: str) -> int:
        plan = session.query(
            f"EXPLAIN json = 1, indexes = 1 SELECT sum(id) FROM d.facts WHERE {condition} FORMAT TSVRaw"
        )
        found = [int(n) for n in _values(json.loads(str(plan)), "Selected Granules")]
        return found[-1] if found else 10**9

    before = {asked: granules(condition) for asked, condition in queries.items()}
    for proposal in made:
        for statement in proposal.statement.split(";\n"):
            session.query(statement.rstrip(";") + " SETTINGS mutations_sync = 1")
    for proposal in made:
        for asked in proposal.serves:
            assert granules(queries[asked]) * 3 < before[asked], proposal.statement
    session.close()


def _values(node: Any, key: str) -> Iterator[Any]:
    if isinstance(node, list):
        for item in node:
            yield from _values(item, key)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == key:
                yield value
            else:
                yield from _values(value, key)


def test_an_index_of_unknown_size_is_not_guessed() -> None:
    table = small()
    assert index_bytes(table, ("customer",), "oracle") is None
    assert index_bytes(table, ("nowhere",), "postgresql") is None
    unknown = Table("t", columns={"a": ColumnStatistics("a", "text")}, indexes=(), rows=10)
    assert index_bytes(unknown, ("a",), "postgresql") is None
    assert index_bytes(Table("t", columns={"a": ColumnStatistics("a", "int")}), ("a",), "postgresql") is None
