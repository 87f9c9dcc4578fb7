"""The star schema, loaded once in each engine for all tests of a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.catalog.databases import mariadb_database, postgres_database
from tests.warehouse.made import Warehouse
from tests.warehouse.plans import MariaDbPlans, PostgresPlans
from tests.warehouse.star import script


@pytest.fixture(scope="session")
def postgres_warehouse() -> Iterator[Warehouse]:
    with postgres_database("warehouse") as database:
        database.execute(script("postgresql"))
        yield Warehouse("postgresql", database, PostgresPlans(database))


@pytest.fixture(scope="session")
def mariadb_warehouse() -> Iterator[Warehouse]:
    with mariadb_database("warehouse") as database:
        database.execute(script("mariadb"))
        yield Warehouse("mariadb", database, MariaDbPlans(database))
