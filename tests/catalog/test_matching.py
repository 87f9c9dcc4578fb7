from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from dashlint.assets import Database, Origin, Problem
from dashlint.catalog import snapshot
from dashlint.catalog.load import CatalogSet, load
from dashlint.catalog.model import Catalog, ColumnStatistics, Table
from dashlint.catalog.naming import Given, anchored, given
from dashlint.catalog.places import place_of, same_place


def database(name: str, uri: str | None = "postgresql://u:XXXXXXXXXX@h:5432/shop") -> Database:
    return Database(uuid=f"uuid-of-{name}", id=1, name=name, origin=Origin(None, "here"), uri=uri)


def catalog(source: str = "c", *, rows: int | None = None, **more: Any) -> Catalog:
    return Catalog([Table("t", rows=rows)], source=source, **more)


def rows(catalogs: list[Catalog], databases: list[Database], of: int = 0) -> int | None:
    found = CatalogSet(catalogs, databases).for_database(databases[of])
    table = found.table("t") if found is not None else None
    return table.rows if table is not None else None


# --- name, UUID, URL ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Shop", "shop", "UUID-of-Shop"])
def test_a_catalog_is_for_the_database_that_it_names(name: str) -> None:
    databases = [database("Shop"), database("Other")]
    catalogs = [catalog(rows=1, database=name, engine="postgresql")]
    assert (rows(catalogs, databases, 0), rows(catalogs, databases, 1)) == (1, None)


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("postgresql://h:5432/shop", "postgresql+psycopg2://u:XXXXXXXXXX@h/shop"),
        ("postgresql://localhost/shop", "postgres://u@127.0.0.1:5432/Shop?sslmode=require"),
        ("mariadb://h/shop", "mysql+pymysql://u:p@H:3306/shop"),
        ("clickhouse://h:8123/shop", "clickhousedb://u:p@h/shop"),
        ("snowflake://account/SHOP", "snowflake://u:p@account/shop/public?role=x"),
        ("sqlite:////data/a.db", "sqlite:////data/a.db?x=1"),
    ],
)
def test_a_catalog_is_for_the_database_at_its_place(url: str, uri: str) -> None:
    other = "postgresql://h:5432/other" if url.startswith("postgres") else "postgresql://h/x"
    databases = [database("Other", other), database("Mine", uri)]
    engine = url.partition("://")[0]
    catalogs = [catalog(rows=1, url=url, engine=engine)]
    assert (rows(catalogs, databases, 0), rows(catalogs, databases, 1)) == (None, 1)


def test_the_same_name_on_another_host_may_be_the_same_database() -> None:
    """A snapshot made through a tunnel, or beside a container."""
    tunnel = catalog(rows=1, url="postgresql://localhost:15432/shop", engine="postgresql")
    assert rows([tunnel], [database("Shop", "postgresql://u:p@db.internal/shop")]) == 1
    # …but not when another database is at that very place.
    production = database("Production", "postgresql://u@localhost:15432/shop")
    staging = database("Staging", "postgresql://u@staging/shop")
    assert [rows([tunnel], [production, staging], n) for n in (0, 1)] == [1, None]


def test_another_name_is_another_database() -> None:
    found = CatalogSet(
        [catalog("s.json", url="postgresql://h/sales", engine="postgresql")],
        [database("Shop"), database("B")],
    )
    assert found.for_database(database("Shop")) is None
    (problem,) = found.problems()
    assert problem.message == (
        "s.json was not used: it describes postgresql://h:5432/sales, which is not known to be "
        '"B" or "Shop". Say which it is, as in --catalog "Shop=PLACE".'
    )


# --- several --------------------------------------------------------------------------------------


def test_later_ones_fill_gaps_where_it_is_clear_whose_they_are() -> None:
    ddl = Catalog([Table("t", columns={"a": ColumnStatistics("a", "int")})], engine="postgresql")
    statistics = catalog(rows=5, engine="postgresql")
    shop = database("Shop")
    found = CatalogSet([ddl, statistics, catalog(rows=7, engine="postgresql")], [shop]).for_database(shop)
    assert found is not None
    (table,) = found.tables
    assert (table.rows, list(table.columns)) == (5, ["a"])


def test_it_is_not_guessed_whose_they_are() -> None:
    catalogs = [catalog("a.sql", rows=1, engine="postgresql"), catalog("b.sql", rows=2, engine="postgresql")]
    databases = [database("Shop"), database("Other"), database("Lake", "trino://h/c")]
    found = CatalogSet(catalogs, databases)
    assert [found.for_database(d) for d in databases] == [None, None, None]
    assert [p.message for p in found.problems()] == [
        f'{name} was not used: it may be of "Other" or "Shop". Say which it is, as in --catalog "Shop=PLACE".'
        for name in ("a.sql", "b.sql")
    ]
    assert rows([catalog(rows=3, database="Shop"), *catalogs], databases) == 3


def test_one_without_an_engine_is_for_the_only_database() -> None:
    catalogs = [catalog(rows=1), catalog(rows=2, engine="postgresql")]
    assert rows(catalogs, [database("Shop")]) == 1
    (problem,) = CatalogSet([catalog("x.sql")], [database("A"), database("B")]).problems()
    assert 'x.sql was not used: it may be of "A" or "B"' in problem.message


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"database": "Sales"}, 'x was not used: it is for "Sales", and the databases here are "Shop".'),
        ({"engine": "mysql"}, 'x was not used: it describes mysql, and none of "Shop" is such a database.'),
    ],
)
def test_a_catalog_of_no_database_is_told(more: dict[str, Any], words: str) -> None:
    (problem,) = CatalogSet([catalog("x", **more)], [database("Shop")]).problems()
    assert words in problem.message
    # Single files may be scanned, which tell nothing of databases.
    assert CatalogSet([catalog("x", **more)]).problems() == ()


# --- as it is given -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("schema.sql", Given(None, "schema.sql")),
        ("Data warehouse=ddl/schema.sql", Given("Data warehouse", "ddl/schema.sql")),
        ("Shop=postgresql://h/d?sslmode=require", Given("Shop", "postgresql://h/d?sslmode=require")),
        ("postgresql://h/d?sslmode=require", Given(None, "postgresql://h/d?sslmode=require")),
        ("=x", Given(None, "=x")),
        ("x=", Given(None, "x=")),
    ],
)
def test_a_name_stands_before_the_place(entry: str, expected: Given) -> None:
    assert given(entry) == expected


def test_a_file_is_a_file_whatever_it_is_called(tmp_path: Path) -> None:
    file = tmp_path / "env=prod.sql"
    file.write_text("CREATE TABLE t (a int)", encoding="utf-8")
    assert given(str(file)) == Given(None, str(file))
    assert anchored("env=prod.sql", tmp_path) == str(file)
    (found,), problems = load([f"Shop={file}"])
    assert (found.database, problems) == ("Shop", ())


def test_the_configurations_paths_start_at_its_folder() -> None:
    base = Path("somewhere")
    assert anchored("a.sql", base) == os.path.join("somewhere", "a.sql")  # noqa: PTH118  as the platform has it
    assert anchored("Shop=a.sql", base) == "Shop=" + os.path.join("somewhere", "a.sql")  # noqa: PTH118
    assert anchored("Shop=postgresql://h/d", base) == "Shop=postgresql://h/d"


def test_a_named_folder_is_one_catalog_of_that_database(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("CREATE TABLE a (x int) ENGINE = InnoDB;", encoding="utf-8")
    (tmp_path / "b.json").write_text('{"database": "Else", "tables": [{"name": "b"}]}', encoding="utf-8")
    (found,), problems = load([f"Shop={tmp_path}"])
    assert (found.database, sorted(t.name for t in found.tables), problems) == ("Shop", ["a", "b"], ())


def test_a_url_is_read_for_the_database_before_it() -> None:
    asked: list[tuple[str, str | None]] = []

    def read_url(url: str, name: str | None) -> tuple[Catalog, tuple[Problem, ...]]:
        asked.append((url, name))
        return catalog(database=name), ()

    found, problems = load(["Shop=postgresql://u:p@h/d?a=b", "mysql://h/d?x=y"], read_url=read_url)
    assert asked == [("postgresql://u:p@h/d?a=b", "Shop"), ("mysql://h/d?x=y", None)]
    assert ([c.database for c in found], problems) == (["Shop", None], ())


def test_where_urls_are_not_read_they_are_not_shown() -> None:
    found, (problem,) = load(["Shop=postgresql://me:hidden@h/d"])
    assert found == ()
    assert "hidden" not in repr(problem)


def test_a_script_that_does_not_tell_is_in_the_dialect_of_its_database(tmp_path: Path) -> None:
    script = tmp_path / "a.sql"
    script.write_text("CREATE TABLE t (a int, KEY k (a)); # the end; of it", encoding="utf-8")
    mysql, other = database("Shop", "mysql://h/shop"), database("Other")
    for entry, known in (
        (f"Shop={script}", [mysql, other]),
        (f"uuid-of-Shop={script}", [mysql]),
        (script, [mysql]),
    ):
        (found,), problems = load([entry], known)
        assert (found.engine, problems) == ("mysql", ())
        assert [i.name for i in found.tables[0].indexes or ()] == ["k"]
    (found,), _ = load([script], [mysql, other])
    assert found.engine is None


# --- places ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg2://u:p@h/d?password=x", "postgresql://h:5432/d"),
        ("postgresql://u:p/q?r@h:99/d", "postgresql://h:99/d"),
        ("postgresql://u:p@q@h/d", "postgresql://h:5432/d"),
        ("postgresql://h/d?options=a@b", "postgresql://h:5432/d"),
        ("postgresql://u:p@[::1]:5433/d", "postgresql://[::1]:5433/d"),
        ("trino://u@h:8080/hive/sales", "trino://h:8080/hive"),
        ("bigquery://my-project", "bigquery://my-project/"),
        ("sqlite:////data/a@b.db", "sqlite:////data/a@b.db"),
        ("snowflake://u:p@acc-1.eu/DB/S?warehouse=w", "snowflake://acc-1.eu/DB"),
    ],
)
def test_a_place_has_no_account_and_no_parameters(url: str, shown: str) -> None:
    assert str(place_of(url)) == shown


@pytest.mark.parametrize("url", [None, "", "no url", "://h/d", "a b://h/d", "postgresql://u:p@h:port/d"])
def test_what_is_no_url_is_no_place(url: str | None) -> None:
    assert place_of(url) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("postgresql://h/a", "postgresql://h/b", False),
        ("postgresql://h/a", "mysql://h/a", False),
        ("postgresql://h/a", "postgresql://h:6543/a", None),
        ("postgresql://h", "postgresql://h/a", None),
        ("mssql+pyodbc:///?odbc_connect=x", "mssql+pyodbc:///?odbc_connect=y", None),
        ("bigquery://p", "bigquery://p", None),
        ("postgresql://h/a", None, None),
    ],
)
def test_when_two_places_are_the_same(one: str, other: str | None, same: bool | None) -> None:  # noqa: FBT001
    assert same_place(place_of(one), place_of(other)) is same


def test_a_snapshot_keeps_the_place_and_no_account() -> None:
    text = snapshot.write(Catalog([Table("t")], url="postgresql://me:hidden@h/d?password=secret"))
    assert '"url": "postgresql://h:5432/d"' in text
    assert "hidden" not in text
    assert "secret" not in text
    found, problems = snapshot.read(text)
    assert found is not None
    assert (found.url, problems) == ("postgresql://h:5432/d", ())
    by_hand, _ = snapshot.read('{"url": "postgresql://me:hidden@h/d", "tables": []}')
    assert by_hand is not None
    assert by_hand.url == "postgresql://h:5432/d"


def test_snapshots_of_different_places_stay_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        text = f'{{"engine": "postgresql", "url": "postgresql://h/{name}", "tables": [{{"name": "t"}}]}}'
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    found, _ = load([tmp_path])
    assert [c.url for c in found] == ["postgresql://h:5432/a", "postgresql://h:5432/b"]
