"""Catalogs read from SQLite and DuckDB files."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dashlint.catalog import ddl, live
from dashlint.catalog.live.address import parse
from dashlint.catalog.live.session import connected
from dashlint.catalog.model import Catalog, Index, IndexColumn, Table

SQLITE = """
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b REAL, g AS (b * 2), UNIQUE (a, b));
CREATE INDEX by_lower ON t (lower(a) DESC, b) WHERE b > 1;
CREATE INDEX by_b ON t (b);
CREATE TABLE pairs (x, y, PRIMARY KEY (y, x)) WITHOUT ROWID;
CREATE TABLE "odd ""na:me%" ("a:b" INT);
CREATE VIRTUAL TABLE words USING fts5(z);
CREATE VIEW v AS SELECT a, count(*) AS n FROM t GROUP BY a;
CREATE VIEW w AS SELECT * FROM missing;
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "ware house #1.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SQLITE)
        connection.executemany("INSERT INTO t (a, b) VALUES (?, ?)", [(f"a{n}", n % 10) for n in range(1000)])
        connection.execute("ANALYZE")
        connection.commit()
    return path


def found(catalog: Catalog, name: str) -> Table:
    table = catalog.table(name)
    assert table is not None
    return table


def test_sqlite(warehouse: Path) -> None:
    before = warehouse.read_bytes()
    catalog, problems = live.read(f"sqlite:///{warehouse}")
    t = found(catalog, "t")
    assert (catalog.engine, t.schema, t.rows) == ("sqlite", "main", 1000)
    assert {c.name: (c.type, c.nullable, c.distinct) for c in t.columns.values()} == {
        "id": ("INTEGER", False, None),
        "a": ("TEXT", False, None),
        "b": ("REAL", True, 10),
        "g": (None, True, None),
    }
    assert t.indexes == (
        Index(None, (IndexColumn("id"),), unique=True, primary=True),
        Index(None, (IndexColumn("a"), IndexColumn("b")), unique=True),
        Index("by_b", (IndexColumn("b"),)),
        Index("by_lower", (IndexColumn(None, "lower(a)", descending=True), IndexColumn("b")), where="b > 1"),
    )
    assert [i.columns for i in found(catalog, "pairs").indexes or ()] == [
        (IndexColumn("y"), IndexColumn("x"))
    ]
    assert found(catalog, "v").definition == "SELECT a, count(*) AS n FROM t GROUP BY a"
    assert list(found(catalog, "v").columns) == ["a", "n"]
    assert sorted(t.name for t in catalog.tables) == ['odd "na:me%', "pairs", "t", "v", "w", "words"]
    assert any("the view w" in p.message for p in problems)
    assert any("run it again" in p.message for p in problems)
    assert warehouse.read_bytes() == before
    assert list(warehouse.parent.iterdir()) == [warehouse]


def test_sqlite_agrees_with_its_own_ddl(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.db"
    script = SQLITE.partition("CREATE VIRTUAL")[0]
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    written, problems = ddl.read(script, "sqlite")
    assert problems == ()
    for table in live.read(f"sqlite:///{path}")[0].tables:
        same = written.table(table.name)
        assert same is not None
        assert {c.name: (c.type, c.nullable) for c in table.columns.values() if c.type} == {
            c.name: (c.type, c.nullable) for c in same.columns.values() if c.type
        }
        assert set(table.indexes or ()) == set(same.indexes or ())


def test_sqlite_is_neither_written_nor_waited_for(warehouse: Path) -> None:
    with connected(parse(f"sqlite:///{warehouse}"), 0.2) as session:
        with pytest.raises(live.CatalogError, match="readonly"):
            session.rows("CREATE TABLE written (a)")
        with pytest.raises(live.CatalogError) as caught:
            session.rows("SELECT count(*) AS n FROM t a, t b, t c, t d")
        assert caught.value.kind == "timeout"


def test_duckdb(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE SCHEMA s; CREATE TYPE mood AS ENUM ('a', 'b');"
            "CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR NOT NULL, c DECIMAL(10,2), m mood, l INT[],"
            " UNIQUE (b, c));"
            "CREATE INDEX by_c ON t (c); CREATE UNIQUE INDEX by_lower ON t (lower(b), a);"
            "CREATE TABLE s.u AS SELECT range AS x FROM range(1000); CREATE VIEW v AS SELECT a FROM t;"
        )
    catalog, problems = live.read(f"duckdb:///{path}")
    assert problems == ()
    t, u, v = (found(catalog, name) for name in "tuv")
    assert (catalog.engine, t.rows, u.rows, u.schema) == ("duckdb", 0, 1000, "s")
    assert {c.name: (c.type, c.nullable) for c in t.columns.values()} == {
        "a": ("INTEGER", False),
        "b": ("VARCHAR", False),
        "c": ("DECIMAL(10,2)", True),
        "m": ("ENUM('a', 'b')", True),
        "l": ("INTEGER[]", True),
    }
    assert [
        (i.name, i.unique, i.primary, [k.name or k.expression for k in i.columns]) for i in t.indexes or ()
    ] == [
        (None, True, True, ["a"]),
        (None, True, False, ["b", "c"]),
        ("by_c", False, False, ["c"]),
        ("by_lower", True, False, ["lower(b)", "a"]),
    ]
    assert (v.kind, v.definition, v.indexes) == ("view", "SELECT a FROM t", None)
    narrowed, _ = live.read(f"duckdb:///{path}", live.LiveOptions(schemas=("S",)))
    assert [t.name for t in narrowed.tables] == ["u"]
    with (
        connected(parse(f"duckdb:///{path}"), 0.5) as session,
        pytest.raises(live.CatalogError, match="read-only"),
    ):
        session.rows("CREATE TABLE written (a INT)")
    with connected(parse(f"duckdb:///{path}"), 0.5) as session:
        with pytest.raises(live.CatalogError) as caught:
            session.rows(
                "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE hash(a.range, b.range) = 1"
            )
        assert caught.value.kind == "timeout"


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_files_that_are_none(tmp_path: Path, engine: str) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("no database " * 1000)
    for path, code in ((tmp_path / "missing.db", 4), (other, 3)):
        with pytest.raises(live.CatalogError) as caught:
            live.read(f"{engine}:///{path}")
        assert caught.value.exit_code == code, caught.value.message
        assert path.name in caught.value.message
    assert not (tmp_path / "missing.db").exists()
