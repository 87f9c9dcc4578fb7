from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashlint.assets import Database, Origin
from dashlint.catalog import snapshot
from dashlint.catalog.load import CatalogSet, load
from dashlint.catalog.merge import merge
from dashlint.catalog.model import Catalog, ColumnStatistics, Index, IndexColumn, Table
from dashlint.catalog.superset import table_from_metadata

FULL = Catalog(
    [
        Table(
            "orders",
            schema="public",
            catalog="shop",
            columns={
                "id": ColumnStatistics("id", "bigint", nullable=False, distinct=10.0, maximum="10"),
                "Näme": ColumnStatistics("Näme", "text", collation="C"),
            },
            indexes=(
                Index("pk", (IndexColumn("id"),), unique=True, primary=True),
                Index(
                    "x",
                    (IndexColumn("a", descending=True), IndexColumn(None, "lower(b)", operator_class="x")),
                    method="gin",
                    where="a > 1",
                    include=("c",),
                ),
            ),
            rows=10,
            bytes=8192,
            partitioned_by=("ts",),
            sort_key=("a",),
            clustered_by=("b",),
        ),
        Table("bare", kind="view"),
        Table("gaps", indexes=(), indexes_complete=False),
    ],
    engine="postgresql",
    database="Warehouse",
)  # fmt: skip


def as_values(catalog: Catalog) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in vars(table).items() if name not in {"source", "_folded"}}
        for table in sorted(catalog.tables, key=lambda t: t.name)
    ]


def test_a_snapshot_says_what_was_written() -> None:
    text = snapshot.write(FULL)
    found, problems = snapshot.read(text)
    assert problems == ()
    assert found is not None
    assert (found.engine, found.database) == ("postgresql", "Warehouse")
    assert as_values(found) == as_values(FULL)
    assert snapshot.write(found) == text
    assert json.loads(text)["version"] == 1


def test_any_part_of_a_snapshot_may_be_missing() -> None:
    found, problems = snapshot.read('{"tables": [{"name": "t"}, {"name": "u", "primary_key": ["a", "b"]}]}')
    assert problems == ()
    assert found is not None
    t, u = found.tables
    assert (t.indexes, t.rows, dict(t.columns)) == (None, None, {})
    assert [(i.primary, [k.name for k in i.columns]) for i in u.indexes or ()] == [(True, ["a", "b"])]


def test_a_primary_key_that_is_also_listed_as_an_index_is_one_index() -> None:
    entry = {
        "name": "t",
        "primary_key": ["id"],
        "indexes": [{"name": "pk", "columns": ["id"], "unique": True}],
    }
    found, _ = snapshot.read(json.dumps({"tables": [entry]}))
    assert found is not None
    assert [(i.name, i.primary) for i in found.tables[0].indexes or ()] == [("pk", True)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "no catalog"),
        ('{"tables": {}}', "no catalog"),
        ('{"version": 2, "tables": []}', "version 2"),
        ('{"engine": 3, "tables": []}', '"engine" should be a text'),
        ('{"tables": [3]}', "tables[0] was left out: it should be an object"),
        ('{"tables": [{}]}', '"name" is missing'),
        ('{"tables": [{"name": "t", "rows": "many"}]}', 'table "t" was left out: "rows" should be a number'),
        ('{"tables": [{"name": "t", "rows": -1}]}', "from 0"),
        ('{"tables": [{"name": "t", "rows": NaN}]}', "should be a number"),
        ('{"tables": [{"name": "t", "columns": [{}]}]}', 'with a "name"'),
        ('{"tables": [{"name": "t", "columns": 3}]}', '"columns" should be a list'),
        ('{"tables": [{"name": "t", "indexes": [{"columns": [3]}]}]}', "a name, an expression or an object"),
        ('{"tables": [{"name": "t", "kind": "heap"}]}', "one of foreign-table, materialized-view"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_bad_snapshot_is_one_sentence(text: str, words: str) -> None:
    _, problems = snapshot.read(text, "c.json")
    assert [p.file for p in problems] == ["c.json"]
    assert words in problems[0].message
    assert "\n" not in problems[0].message


def test_a_bad_table_hides_no_other() -> None:
    found, problems = snapshot.read('{"tables": [{"name": 3}, {"name": "t"}]}')
    assert found is not None
    assert ([t.name for t in found.tables], len(problems)) == (["t"], 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "tables", "columns", "indexes", "rows", "where", "version", "expression"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(JSON | JSON.map(lambda value: {"tables": [value]}))
def test_reading_json_never_raises(value: Any) -> None:
    snapshot.read(json.dumps(value))
    if isinstance(value, dict):
        table_from_metadata(value)


def test_later_catalogs_fill_the_gaps_of_earlier_ones() -> None:
    first = Catalog(
        [Table("t", columns={"a": ColumnStatistics("a", "int")}, indexes=(), indexes_complete=False)]
    )
    second = Catalog(
        [
            Table("T", schema="s", columns={"A": ColumnStatistics("A", "text", distinct=3)}, rows=5,
                  indexes=(Index("i", (IndexColumn("a"),)),)),
            Table("u", schema="s"),
        ],
        engine="mysql",
    )  # fmt: skip
    whole = merge([first, second])
    (t, u) = whole.tables
    assert (t.schema, t.rows, t.indexes_complete) == ("s", 5, True)
    assert t.columns["a"] == ColumnStatistics("a", "int", distinct=3)
    assert [i.name for i in t.indexes or ()] == ["i"]
    assert (u.name, whole.engine) == ("u", "mysql")


def test_tables_of_different_schemas_stay_apart() -> None:
    whole = merge([Catalog([Table("t", schema="a")]), Catalog([Table("t", schema="b")])])
    assert [t.schema for t in whole.tables] == ["a", "b"]


# --- folders --------------------------------------------------------------------------------------


def test_a_folder_is_one_catalog_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "a.sql").write_text(
        "CREATE TABLE t (a int); CREATE INDEX i ON t (a);", encoding="utf-8"
    )
    (tmp_path / "stats.json").write_text(
        '{"database": "Shop", "engine": "postgresql", "tables": [{"name": "t", "rows": 7}]}', encoding="utf-8"
    )
    (tmp_path / "package.json").write_text('{"name": "x"}', encoding="utf-8")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "b.sql").write_text("CREATE TABLE hidden (a int)", encoding="utf-8")
    (catalog,), problems = load([tmp_path])
    assert problems == ()
    (table,) = catalog.tables
    assert (catalog.database, catalog.engine, table.rows) == ("Shop", "postgresql", 7)
    assert [i.name for i in table.indexes or ()] == ["i"]


def test_a_script_that_does_not_tell_its_engine_is_a_catalog(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("CREATE TABLE t (a int);", encoding="utf-8")
    (found,), problems = load([tmp_path / "a.sql"])
    assert ([t.name for t in found.tables], found.engine, problems) == (["t"], None, ())


def test_what_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "nothing.sql").write_text("SELECT 1;", encoding="utf-8")
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    paths = [tmp_path / "missing", tmp_path / "empty", tmp_path / "nothing.sql", tmp_path / "bad.json"]
    _, problems = load(paths)
    assert [p.kind for p in problems] == [
        "missing-catalog",
        "empty-catalog",
        "empty-catalog",
        "unreadable-catalog",
    ]
    assert [p.file for p in problems] == [str(path) for path in paths]


# --- which catalog for which database -------------------------------------------------------------


def database(name: str = "Shop", uri: str = "postgresql://u@h/d", uuid: str = "u-1") -> Database:
    return Database(uuid=uuid, id=1, name=name, origin=Origin(None, "here"), uri=uri)


def catalog(**more: Any) -> Catalog:
    return Catalog([Table("t")], **more)


@pytest.mark.parametrize(
    ("catalogs", "found"),
    [
        ([catalog(database="shop")], 0),
        ([catalog(database="u-1")], 0),
        ([catalog(database="Other")], None),
        ([catalog(engine="postgresql")], 0),
        ([catalog(engine="postgres")], 0),
        ([catalog(engine="mysql")], None),
        ([catalog()], 0),
        ([catalog(engine="postgresql"), catalog(engine="postgresql")], None),
        ([catalog(engine="mysql"), catalog(engine="postgresql")], 1),
        ([catalog(), catalog(engine="mysql")], None),
    ],
)
def test_a_database_finds_its_catalog(catalogs: list[Catalog], found: int | None) -> None:
    assert CatalogSet(catalogs).for_database(database()) is (
        catalogs[found] if found is not None else None
    ) or (found is not None and CatalogSet(catalogs).for_database(database()) is not None)


def test_a_named_catalog_is_completed_by_the_one_of_its_engine() -> None:
    named = Catalog([Table("t", rows=3)], database="Shop")
    general = Catalog([Table("t", indexes=())], engine="postgresql")
    found = CatalogSet([general, named]).for_database(database())
    assert found is not None
    (table,) = found.tables
    assert (table.rows, table.indexes) == (3, ())


# --- Superset -------------------------------------------------------------------------------------

# What Superset 6.1.0 answered for a table of PostgreSQL 15 (and MariaDB 10.11 below), shortened.
POSTGRES_ANSWER: dict[str, Any] = {
    "name": "t",
    "columns": [
        {"name": "a", "type": "INTEGER", "longType": "INTEGER", "comment": None, "keys": []},
        {"name": "c", "type": "VARCHAR", "longType": "VARCHAR(5)", "comment": None, "keys": []},
    ],
    "primaryKey": {"constrained_columns": None, "name": None},
    "foreignKeys": [],
    "indexes": [
        {
            "name": "u_x_fkey", "referred_schema": "public", "referred_table": "t", "referred_columns": ["a"],
            "options": {}, "column_names": ["x"], "type": "fk",
        },
        {
            "name": "i2", "unique": False, "column_names": ["c", "a"], "include_columns": ["ts"],
            "column_sorting": {"c": ["desc"]},
            "dialect_options": {"postgresql_include": ["ts"], "postgresql_where": "(a > 3)"}, "type": "index",
        },
        {
            "name": "i3", "unique": False, "column_names": ["ts"], "include_columns": [],
            "dialect_options": {"postgresql_include": [], "postgresql_using": "brin"}, "type": "index",
        },
    ],
}  # fmt: skip
MARIADB_ANSWER: dict[str, Any] = {
    "name": "t",
    "columns": [],
    "primaryKey": {"constrained_columns": None, "name": None},
    "indexes": [
        {"name": "u", "column_names": ["b", "a"], "unique": True, "type": "index"},
        {"name": "k", "column_names": ["b"], "unique": False, "dialect_options": {"mysql_length": {"b": 5}},
         "type": "index"},
        {"name": "f", "column_names": ["b"], "unique": False, "type": "index",
         "dialect_options": {"mysql_prefix": "FULLTEXT"}},
    ],
}  # fmt: skip


def test_supersets_answer_for_postgresql() -> None:
    table = table_from_metadata(POSTGRES_ANSWER, schema="public")
    assert table is not None
    assert (table.schema, table.columns["c"].type) == ("public", "VARCHAR(5)")
    assert table.indexes == (
        Index(
            "i2",
            (IndexColumn("c", descending=True), IndexColumn("a")),
            where="(a > 3)",
            include=("ts",),
        ),
        Index("i3", (IndexColumn("ts"),), method="brin"),
    )
    assert table.indexes_complete is False


def test_supersets_answer_for_mariadb() -> None:
    table = table_from_metadata(MARIADB_ANSWER)
    assert table is not None
    assert [(i.name, i.unique, i.method, i.columns[0].length) for i in table.indexes or ()] == [
        ("u", True, "btree", None),
        ("k", False, "btree", 5),
        ("f", False, "fulltext", None),
    ]


def test_a_version_that_tells_the_primary_key_is_believed() -> None:
    answer = POSTGRES_ANSWER | {"primaryKey": {"column_names": ["a"], "name": "t_pkey", "type": "pk"}}
    table = table_from_metadata(answer)
    assert table is not None
    assert table.indexes_complete is True
    assert (table.indexes or ())[0] == Index("t_pkey", (IndexColumn("a"),), unique=True, primary=True)


def test_an_answer_that_says_nothing_of_indexes_leaves_them_unknown() -> None:
    table = table_from_metadata({"name": "t", "columns": []})
    assert table is not None
    assert table.indexes is None
    assert table_from_metadata({"message": "not found"}) is None
