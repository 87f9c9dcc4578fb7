"""A database that is read live says of its tables what its schema dump says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from dashlint.catalog import ddl, live, snapshot
from dashlint.catalog.model import Catalog, Index, Table
from tests.catalog.databases import Postgres, mariadb_database, postgres_database
from tests.catalog.test_dumps import MARIA_SCHEMA, PG_SCHEMA
from tests.paths import FIXTURES

COMPANY = FIXTURES / "company"
STATISTICS = FIXTURES / "exports" / "harbour-and-pine-catalog" / "statistics.json"


def facts(table: Table) -> tuple[Any, ...]:
    """What both sources can know. A dump tells no columns of views."""
    view = table.kind.endswith("view")
    # A dump gives the columns that a table inherits after its own.
    columns = sorted((c.name, c.type, c.nullable, c.collation or "") for c in table.columns.values())
    return table.kind, table.partitioned_by, [] if view else columns, set(table.indexes or ())


def compare(written: Catalog, read: Catalog) -> tuple[int, int]:
    """Asserts that both know the same; gives the number of columns and of indexes that were compared."""
    tables = {(table.schema, table.name): table for table in written.tables}
    assert set(tables) == {(table.schema, table.name) for table in read.tables}
    columns = indexes = 0
    for table in read.tables:
        assert facts(tables[table.schema, table.name]) == facts(table)
        columns += len(facts(table)[2])
        indexes += len(table.indexes or ())
    return columns, indexes


def without(catalog: Catalog, *names: str) -> Catalog:
    """The catalog without indexes of these names."""
    return Catalog(
        replace(t, indexes=None if t.indexes is None else tuple(i for i in t.indexes if i.name not in names))
        for t in catalog.tables
    )


def test_postgresql_with_all_that_a_schema_may_hold() -> None:
    with postgres_database("agrees") as database:
        database.execute(PG_SCHEMA)
        written, problems = ddl.read(database.dump())
        assert problems == ()
        read, _ = live.read(database.url)
    # Only the database knows that the expression has its column's collation, and which index keeps an
    # exclusion constraint.
    odd = ("plain_expr", "plain_during_excl")
    assert compare(without(written, *odd), without(read, *odd)) == (30, 17)
    by_name = {i.name: i for t in read.tables for i in t.indexes or ()}
    assert by_name["plain_expr"].columns[0].collation == "C"
    assert by_name["plain_during_excl"].method == "gist"


@pytest.fixture(scope="module")
def company() -> Iterator[Postgres]:
    """The example's warehouse with its data, analyzed as for the bundled statistics."""
    with postgres_database("company_live") as database:
        for name in ("schema.sql", "load.sql"):
            database.execute((COMPANY / name).read_text(encoding="utf-8"))
        # As in fixtures/company/warehouse.py: a sample of all rows.
        database.execute("SET default_statistics_target = 2500; ANALYZE;")
        yield database


@pytest.mark.slow
def test_the_company_s_warehouse(company: Postgres) -> None:
    written, _ = ddl.read(company.dump())
    assert compare(written, live.read(company.url)[0]) == (205, 41)


#: The two columns whose greatest value stands in one row: too rare for the list of common values, and where
#: that covers the rest there is no histogram. pg_stats does not know it; the bundled file asked the table.
RARE = {("orders", "items"), ("stock_levels", "on_hand")}


@pytest.mark.slow
def test_its_statistics_are_those_of_the_bundled_file(company: Postgres) -> None:
    bundled, _ = snapshot.read(STATISTICS.read_text(encoding="utf-8"))
    assert bundled is not None
    read, problems = live.read(company.url)
    assert problems == ()
    compared = 0
    for table in bundled.tables:
        same = read.table(table.name, table.schema)
        assert same is not None
        assert same.rows == table.rows
        # Not the sizes: those in the file were taken after a VACUUM FULL, which takes as long as the loading.
        assert _names(same.indexes) == _names(table.indexes)
        for column in table.columns.values():
            known = same.columns[column.name]
            assert (known.type, known.distinct) == (column.type, column.distinct), (table.name, column.name)
            assert known.null_fraction == pytest.approx(column.null_fraction, abs=0.000051)  # 4 digits there
            assert known.average_width == column.average_width
            assert known.minimum == column.minimum
            if (table.name, column.name) in RARE:
                assert int(known.maximum or 0) == int(column.maximum or 0) - 1
            else:
                assert known.maximum == column.maximum
            compared += 1
    assert compared == 165


def _names(indexes: tuple[Index, ...] | None) -> set[str | None]:
    return {index.name for index in indexes or ()}


def test_mariadb() -> None:
    with mariadb_database("agrees") as database:
        database.execute(MARIA_SCHEMA)
        written, problems = ddl.read(database.dump(), "mariadb")
        assert problems == ()
        read, _ = live.read(database.url)
    # mysqldump names no database in its statements.
    assert compare(written, Catalog(replace(table, schema=None) for table in read.tables)) == (12, 8)
