"""The star schema in a database that answers, and what `--catalog URL` reads of it."""

from __future__ import annotations

from typing import NamedTuple

from dashlint.catalog import live
from dashlint.catalog.model import Catalog
from tests.catalog.databases import MariaDb, Postgres
from tests.warehouse.star import gathered
from tests.warehouse.verdicts import Plans


class Warehouse(NamedTuple):
    """An engine by its name in SQLAlchemy, the star schema's database in it, and its plans."""

    engine: str
    database: Postgres | MariaDb
    plans: Plans

    def read(self) -> Catalog:
        """What `--catalog URL` reads now, for the shop's database."""
        catalog, problems = live.read(self.database.url, live.LiveOptions(database="Shop"))
        assert problems == ()
        return catalog

    def gather(self) -> None:
        """Gathers the statistics anew, as the script that made the tables did."""
        self.database.execute(gathered(self.engine))
