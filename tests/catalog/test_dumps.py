"""What we read from a dump is what the database itself says of its tables."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from dashlint.catalog import ddl
from dashlint.catalog.implication import same_sql
from dashlint.catalog.model import Catalog, Index, IndexColumn
from tests.catalog.databases import MariaDb, Postgres, mariadb_database, postgres_database
from tests.paths import FIXTURES

PG_SCHEMA = r"""
CREATE SCHEMA "Odd Name";
CREATE TYPE mood AS ENUM ('a;b', 'c');
CREATE TABLE plain (
    id bigserial PRIMARY KEY,
    "select" text DEFAULT 'it''s; "quoted" -- no comment',
    "Mixed Case" character varying(20) COLLATE "C" NOT NULL,
    key text, index integer, feeling mood DEFAULT 'a;b',
    at timestamp with time zone DEFAULT now(), pair numeric(12,4)[],
    total numeric GENERATED ALWAYS AS (index * 2) STORED,
    doc jsonb, during tsrange, CHECK (index > 0 AND key <> ';'),
    UNIQUE ("select", "Mixed Case"), EXCLUDE USING gist (during WITH &&)
);
COMMENT ON TABLE plain IS 'CREATE TABLE nonsense (a int);';
CREATE INDEX plain_expr ON plain (lower("Mixed Case") DESC NULLS LAST, (index + 1), key text_pattern_ops);
CREATE INDEX plain_partial ON plain (at) INCLUDE (index, key) WHERE index IS NOT NULL AND key = 'x;y';
CREATE INDEX plain_brin ON plain USING brin (at) WITH (pages_per_range = 4);
CREATE INDEX plain_hash ON plain USING hash (key);
CREATE INDEX plain_gin ON plain USING gin (doc jsonb_path_ops);
CREATE UNIQUE INDEX plain_unique ON plain (key, at DESC) WITH (fillfactor = 70);
CREATE TABLE "Odd Name"."Odd.Table" (a int, b int, PRIMARY KEY (b, a));
CREATE TABLE events (ts timestamp NOT NULL, kind text, id int, PRIMARY KEY (id, ts)) PARTITION BY RANGE (ts);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')
    PARTITION BY LIST (id);
CREATE TABLE events_2025_a PARTITION OF events_2025 FOR VALUES IN (1);
CREATE INDEX events_kind ON events (kind, ts);
CREATE TABLE parent (a int, b int); CREATE TABLE child (c int) INHERITS (parent);
CREATE TABLE bare ();
CREATE VIEW seen AS SELECT id, key FROM plain WHERE key <> 'CREATE TABLE x (a int);';
CREATE MATERIALIZED VIEW sums AS SELECT key, count(*) AS n FROM plain GROUP BY key;
CREATE UNIQUE INDEX sums_key ON sums (key);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN CREATE TABLE nope (a int); RETURN NEW; END; $body$;
CREATE FUNCTION g() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;
CREATE TRIGGER t BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION f();
"""
PG_COLUMNS = """
SELECT coalesce(json_agg(json_build_array(n.nspname, c.relname, a.attname,
    format_type(a.atttypid, a.atttypmod), NOT a.attnotnull) ORDER BY n.nspname, c.relname, a.attnum), '[]')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
PG_INDEXES = """
SELECT coalesce(json_agg(json_build_object('schema', n.nspname, 'table', c.relname, 'name', i.relname,
    'unique', x.indisunique, 'primary', x.indisprimary, 'method', m.amname,
    'where', pg_get_expr(x.indpred, x.indrelid), 'keys', x.indnkeyatts, 'all', x.indnatts,
    'columns', (SELECT json_agg(pg_get_indexdef(i.oid, k, true) ORDER BY k)
                FROM generate_series(1, x.indnatts) k),
    'plain', (SELECT json_agg(x.indkey[k - 1] <> 0 ORDER BY k) FROM generate_series(1, x.indnkeyatts) k),
    'desc', (SELECT json_agg(x.indoption[k - 1] & 1 = 1 ORDER BY k)
             FROM generate_series(1, x.indnkeyatts) k))), '[]')
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = i.relam
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND NOT x.indisexclusion
"""
PG_PARTITIONED = """
SELECT coalesce(json_object_agg(c.relname, pg_get_partkeydef(c.oid)), '{}') FROM pg_class c
WHERE c.relkind = 'p'
"""


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def key_text(key: IndexColumn) -> str:
    return key.name if key.name is not None else flat(key.expression or "")


def compare_with_postgres(database: Postgres, catalog: Catalog) -> tuple[int, int]:
    """Every column and index; gives how many were compared."""
    columns = database.json(PG_COLUMNS)
    for schema, table, column, kind, nullable in columns:
        found = catalog.table(table, schema)
        assert found is not None, (schema, table)
        known = found.columns[column]
        assert known.type is not None
        assert known.type.removeprefix("public.") == kind, (table, column)
        assert known.nullable == nullable or any(
            index.primary and IndexColumn(column) in index.columns for index in found.indexes or ()
        )
    indexes = database.json(PG_INDEXES)
    for truth in indexes:
        found = catalog.table(truth["table"], truth["schema"])
        assert found is not None
        matching = [i for i in found.indexes or () if _is_same(i, truth)]
        assert len(matching) == 1, (truth, found.indexes)
    assert len(indexes) == sum(len(table.indexes or ()) for table in catalog.tables)
    for table, definition in database.json(PG_PARTITIONED).items():
        found = catalog.table(table, None)
        assert found is not None
        assert ", ".join(found.partitioned_by) in definition
    return len(columns), len(indexes)


def _is_same(index: Index, truth: dict[str, Any]) -> bool:
    keys = truth["columns"][: truth["keys"]]
    texts = [name.strip('"') for name in truth["columns"]]
    return (
        index.name in {None, truth["name"]}  # a partition's takes over its parent's, without the name
        and (index.unique, index.primary, index.method)
        == (truth["unique"], truth["primary"], truth["method"])
        and len(index.columns) == len(keys)
        and all(
            key.name == text if plain else same_sql(key.expression or "", raw, "postgresql")
            for key, text, raw, plain in zip(index.columns, texts, keys, truth["plain"], strict=False)
        )
        and [key.descending for key in index.columns] == truth["desc"]
        and list(index.include) == texts[truth["keys"] :]
        and flat(index.where or "") == flat(truth["where"] or "")
    )


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with postgres_database("dumps") as database:
        database.execute(PG_SCHEMA)
        yield database


def test_pg_dump_agrees_with_the_catalog_of_postgresql(postgres: Postgres) -> None:
    catalog, problems = ddl.read(postgres.dump(), source="dump.sql")
    assert problems == ()
    assert catalog.engine == "postgresql"
    columns, indexes = compare_with_postgres(postgres, catalog)
    assert columns == 30
    assert indexes > 15
    assert {t.kind for t in catalog.tables if t.name in {"seen", "sums"}} == {"view", "materialized-view"}
    assert catalog.table("nope") is None
    assert catalog.table("nonsense") is None


def test_views_are_dumped_with_the_query_that_postgresql_keeps(postgres: Postgres) -> None:
    catalog, _ = ddl.read(postgres.dump())
    for name in ("seen", "sums"):
        view = catalog.table(name)
        assert view is not None
        truth = postgres.json(f"SELECT to_json(pg_get_viewdef('{name}'::regclass))")
        # The dump names the schema, which is on the search path here.
        assert flat(view.definition or "").replace("public.", "") == flat(truth).strip(" ;")


def test_a_views_own_names_for_columns_are_those_that_the_database_gives(postgres: Postgres) -> None:
    script = 'CREATE VIEW renamed (one, "Two") AS WITH x AS (SELECT id, key FROM plain) SELECT id, key FROM x'
    view = ddl.read(script, "postgresql")[0].table("renamed")
    assert view is not None
    postgres.execute("INSERT INTO plain (\"Mixed Case\", key) VALUES ('m', 'k')")
    assert list(view.columns) == ["one", "Two"]
    (row,) = postgres.json(f"SELECT json_agg(found) FROM ({view.definition}) AS found")
    assert row == {"one": 1, "Two": "k"}


def test_the_bundled_schema_agrees_as_it_is_written_and_as_it_is_dumped() -> None:
    script = (FIXTURES / "company" / "schema.sql").read_text(encoding="utf-8")
    with postgres_database("company") as database:
        database.execute(script)
        for text in (script, database.dump()):
            catalog, problems = ddl.read(text, "postgresql")
            assert problems == ()
            read = {(t.schema, t.name): _facts(t.indexes or ()) for t in catalog.tables}
            columns = {(t.schema, t.name): list(t.columns) for t in catalog.tables}
            for truth in database.json(PG_INDEXES):
                keys = tuple(name.strip('"') for name in truth["columns"][: truth["keys"]])
                known = read[truth["schema"], truth["table"]]
                assert (keys, truth["unique"], truth["primary"], truth["method"]) in known, truth
            for schema, table, column, *_ in database.json(PG_COLUMNS):
                assert column in columns[schema, table]


def _facts(indexes: tuple[Index, ...]) -> set[tuple[tuple[str, ...], bool, bool, str]]:
    return {(tuple(map(key_text, i.columns)), i.unique, i.primary, i.method) for i in indexes}


MARIA_SCHEMA = r"""
CREATE TABLE plain (
    id int unsigned NOT NULL AUTO_INCREMENT COMMENT 'it''s; \'quoted\' `x`', `key` varchar(20) DEFAULT 'a;b',
    name varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL, d date, place point NOT NULL,
    mood enum('a;b','c)','d''e') DEFAULT 'c)', total int GENERATED ALWAYS AS (to_days(d)) VIRTUAL, body text
    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (id), UNIQUE KEY u (`key`, name(30)), KEY k (name(10), d), KEY total (total) USING BTREE,
    FULLTEXT KEY f (name, body), SPATIAL KEY s (place)
) ENGINE=InnoDB COMMENT='CREATE TABLE nonsense (a int);';
CREATE TABLE refers (a int, b int unsigned, KEY (b), CONSTRAINT fk FOREIGN KEY (b) REFERENCES plain (id));
CREATE TABLE parted (id int NOT NULL, d date NOT NULL, PRIMARY KEY (id, d))
    PARTITION BY RANGE (to_days(d))
    (PARTITION p0 VALUES LESS THAN (738000), PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE VIEW seen AS SELECT id, `key` FROM plain;
"""


def test_mysqldump_agrees_with_the_catalog_of_mariadb() -> None:
    with mariadb_database("dumps") as database:
        database.execute(MARIA_SCHEMA)
        catalog, problems = ddl.read(database.dump(), "mariadb", "dump.sql")
        assert problems == ()
        columns = database.execute(
            "SELECT table_name, column_name, column_type, is_nullable FROM information_schema.columns "
            "WHERE table_schema = database() AND table_name <> 'seen' ORDER BY 1, ordinal_position"
        )
        compared = 0
        for line in columns.splitlines():
            name, column, kind, nullable = line.split("\t")
            table = catalog.table(name)
            assert table is not None
            assert (table.columns[column].type or "").split(" CHARACTER")[0] == kind
            assert table.columns[column].nullable is (nullable == "YES")
            compared += 1
        assert compared == 12
        assert _maria_indexes(database) == {
            (t.name, "PRIMARY" if i.primary else i.name, tuple(k.name for k in i.columns), i.unique, i.method)
            for t in catalog.tables
            for i in t.indexes or ()
        }
        parted, seen = catalog.table("parted"), catalog.table("seen")
        assert parted is not None
        assert parted.partitioned_by == ("to_days(`d`)",)
        assert seen is not None
        assert (seen.kind, seen.definition) == (
            "view",
            "select `plain`.`id` AS `id`,`plain`.`key` AS `key` from `plain`",
        )
        assert catalog.table("nonsense") is None


def _maria_indexes(database: MariaDb) -> set[tuple[Any, ...]]:
    rows = database.execute(
        "SELECT table_name, index_name, non_unique, lower(index_type), "
        "group_concat(column_name ORDER BY seq_in_index) FROM information_schema.statistics "
        "WHERE table_schema = database() GROUP BY 1, 2, 3, 4"
    )
    found = set()
    for line in rows.splitlines():
        table, name, not_unique, kind, columns = line.split("\t")
        found.add((table, name, tuple(columns.split(",")), not_unique == "0", kind))
    return found


SQLITE_SCHEMA = """
CREATE TABLE plain (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE UNIQUE, "a b" ,
    [c d] real DEFAULT (1 + 2), CHECK (id > 0)) ;
CREATE TABLE pairs (a int, b text, PRIMARY KEY (b, a)) WITHOUT ROWID;
CREATE INDEX plain_ab ON plain ("a b" DESC, name);
CREATE UNIQUE INDEX plain_part ON plain (lower(name)) WHERE name IS NOT NULL;
CREATE TRIGGER tr AFTER INSERT ON plain BEGIN UPDATE plain SET name = ';'; SELECT CASE WHEN 1 THEN 2 END; END;
CREATE VIEW seen AS SELECT id FROM plain;
"""


def test_sqlite_master_agrees_with_pragmas() -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SQLITE_SCHEMA)
    script = ";\n".join(
        row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
    )
    for text in (SQLITE_SCHEMA, script):
        catalog, problems = ddl.read(text, "sqlite")
        assert problems == ()
        for name in ("plain", "pairs"):
            table = catalog.table(name)
            assert table is not None
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            assert list(table.columns) == columns
            truth = set()
            for _, index, unique, origin, partial in connection.execute(f"PRAGMA index_list({name})"):
                keys = [row for row in connection.execute(f"PRAGMA index_xinfo({index})") if row[5]]
                truth.add((tuple(row[2] for row in keys), bool(unique), origin == "pk", bool(partial)))
            read = {
                (tuple(k.name for k in i.columns), i.unique, i.primary, i.where is not None)
                for i in table.indexes or ()
                if [k.name for k in i.columns] != ["id"]  # the rowid is no index of its own
            }
            assert read == truth
