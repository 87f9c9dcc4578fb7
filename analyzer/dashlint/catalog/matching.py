"""Which of several catalogs belong to which database of Superset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashlint.assets import Database, Problem
from dashlint.catalog.model import Catalog
from dashlint.catalog.places import family, place_of, same_place


def is_called(database: Database, name: str) -> bool:
    """Whether a name (Superset's) or a UUID means this database."""
    return name.casefold() in {database.name.casefold(), database.uuid.casefold()} - {""}


class Matching:
    """Catalogs and the databases that they may belong to.

    A catalog that names a database (as Superset calls it, or by its UUID) belongs to that one alone. One with
    a URL belongs to the database at that place, if there is such; else to one of the same engine that is not
    known to be elsewhere. One that tells no more than its engine belongs to the databases of that engine.
    """

    def __init__(self, catalogs: Sequence[Catalog], databases: Sequence[Database] = ()) -> None:
        self._catalogs = catalogs
        self._databases = databases

    def of(self, database: Database) -> list[Catalog]:
        """A database's catalogs, those that name it first; empty if none fits or it is open which."""
        own = [c for c in self._catalogs if self._is_own(c, database)]
        fitting = [c for c in self._catalogs if c not in own and self._fits(c, database)]
        if len(fitting) > 1 and len(self._rivals(fitting, database)) != 1:
            fitting = []  # they might be of different databases
        return [*own, *fitting]

    def unclaimed(self) -> Iterator[Problem]:
        """A sentence for each catalog that no database gets."""
        if not self._databases:
            return
        claimed = {id(catalog) for database in self._databases for catalog in self.of(database)}
        for catalog in self._catalogs:
            if id(catalog) not in claimed:
                yield Problem("unmatched-catalog", self._reason(catalog))

    # --- one catalog and one database -----------------------------------------------------------------

    def _is_own(self, catalog: Catalog, database: Database) -> bool:
        if catalog.database is not None:
            return is_called(database, catalog.database)
        return same_place(place_of(catalog.url), place_of(database.uri)) is True

    def _fits(self, catalog: Catalog, database: Database) -> bool:
        if catalog.database is not None:
            return False
        if catalog.engine is None:
            alone = len(self._catalogs) == 1 if not self._databases else len(self._databases) == 1
            return catalog.url is None and alone
        if database.engine is not None and family(catalog.engine) != family(database.engine):
            return False
        if database.engine is None:
            return catalog.url is None and sum(c.database is None for c in self._catalogs) == 1
        if catalog.url is None:
            return True
        if same_place(place_of(catalog.url), place_of(database.uri)) is False:
            return False
        return not any(self._is_own(catalog, other) for other in self._databases)

    def _rivals(self, fitting: Sequence[Catalog], database: Database) -> list[Database]:
        """The databases that would all get these catalogs, this one among them."""
        return [
            other for other in self._databases if any(self._fits(catalog, other) for catalog in fitting)
        ] or ([] if database not in self._databases else [database])

    def _reason(self, catalog: Catalog) -> str:
        name = catalog.source or "A catalog"
        known = ", ".join(sorted(f'"{database.name}"' for database in self._databases))
        if catalog.database is not None:
            return f'{name} was not used: it is for "{catalog.database}", and the databases here are {known}.'
        alike = [d for d in self._databases if family(catalog.engine) in {family(d.engine), None}]
        place = place_of(catalog.url)
        if not alike:
            return (
                f"{name} was not used: it describes {catalog.engine}, and none of {known} is such a database."
            )
        choice = " or ".join(sorted(f'"{database.name}"' for database in alike))
        what = f"describes {place}, which is not known to be" if place is not None else "may be of"
        return (
            f"{name} was not used: it {what} {choice}. Say which it is, as in "
            f'--catalog "{alike[0].name}=PLACE".'
        )
