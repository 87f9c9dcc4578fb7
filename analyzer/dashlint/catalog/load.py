"""Catalogs from files, and the one that belongs to a database of Superset."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dashlint.assets import Database, Problem
from dashlint.catalog import ddl, snapshot
from dashlint.catalog.merge import merge
from dashlint.catalog.model import Catalog

_SUFFIXES = (".sql", ".ddl", ".json")
#: A schema dump of thousands of tables has a few MB; a dump with data is not what is wanted.
MAX_BYTES = 100_000_000

# Dialects that speak of the same engine, so that a catalog of one serves a database of the other.
_FAMILIES = {
    "postgres": "postgresql",
    "mariadb": "mysql",
    "clickhousedb": "clickhouse",
    "motherduck": "duckdb",
    "pydoris": "doris",
}


def load(
    paths: Iterable[str | Path], engine: str | None = None
) -> tuple[tuple[Catalog, ...], tuple[Problem, ...]]:
    """Read catalog files and folders of them (``*.sql``, ``*.ddl``, ``*.json``). Never raises.

    Args:
        paths: files or folders; a folder's files are read in the order of their names and
            make one catalog for each database that they name.
        engine: the dialect of the SQL files, where they do not tell.
    """
    catalogs: list[Catalog] = []
    problems: list[Problem] = []
    for given in paths:
        path = Path(given)
        files = _files(path)
        if not path.exists():
            problems.append(Problem("missing-catalog", f"There is no catalog at {path}.", str(path)))
        elif not files:
            message = f"No .sql or .json file is in {path}, so no catalog was read from it."
            problems.append(Problem("empty-catalog", message, str(path)))
        found = []
        for file in files:
            catalog, more = _read(file, engine, required=file == path)
            problems += more
            if catalog is not None:
                found.append(catalog)
        catalogs += _grouped(found)
    return tuple(catalogs), tuple(problems)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path] if path.exists() else []
    hidden = (".", "__")
    return sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in _SUFFIXES
        and file.is_file()
        and not any(part.startswith(hidden) for part in file.relative_to(path).parts)
    )


def _read(file: Path, engine: str | None, *, required: bool) -> tuple[Catalog | None, list[Problem]]:
    """One file. In a folder, a JSON file that is no catalog is somebody else's and passed over."""
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            message = f"{file} has {size:,} bytes; a schema without data is expected, so it was not read."
            return None, [Problem("unreadable-catalog", message, str(file))]
        text = file.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        message = f"{file} could not be read: {error.strerror or error}."
        return None, [Problem("unreadable-catalog", message, str(file))]
    if file.suffix.lower() != ".json" and not text.lstrip().startswith("{"):
        catalog, problems = ddl.read(text, engine, str(file))
        if required and not catalog.tables and not problems:
            message = f"{file} creates no table or index, so the catalog is empty."
            return catalog, [Problem("empty-catalog", message, str(file))]
        return catalog, list(problems)
    found, problems = snapshot.read(text, str(file))
    if found is None and not required and '"tables"' not in text:
        return None, []
    return found, list(problems)


def _grouped(found: list[Catalog]) -> list[Catalog]:
    """The files of one folder, merged by the database (else the engine) that they speak of."""
    named: dict[str | None, list[Catalog]] = {}
    for catalog in found:
        named.setdefault(catalog.database, []).append(catalog)
    general = named.pop(None, [])
    if len(named) == 1:
        (only,) = named.values()
        return [merge([*only, *general])]
    by_engine: dict[str | None, list[Catalog]] = {}
    for catalog in general:
        by_engine.setdefault(family(catalog.engine), []).append(catalog)
    unnamed = by_engine.pop(None, []) if len(by_engine) == 1 else []
    groups = [[*group, *unnamed] for group in by_engine.values()]
    return [merge(group) for group in (*named.values(), *groups)]


def family(engine: str | None) -> str | None:
    """The engine's name by which catalogs are matched."""
    if engine is None:
        return None
    name = engine.lower().split("+", 1)[0]
    return _FAMILIES.get(name, name)


class CatalogSet:
    """All catalogs of a run, and which of them belongs to which database."""

    def __init__(self, catalogs: Iterable[Catalog] = ()) -> None:
        self.catalogs = tuple(catalogs)
        self._found: dict[Database, Catalog | None] = {}

    def __bool__(self) -> bool:
        return bool(self.catalogs)

    def for_database(self, database: Database) -> Catalog | None:
        """The catalog of a database of Superset; None if none fits or several might.

        A catalog that names a database (by Superset's name for it, or by uuid) serves that
        one alone, all such together. Otherwise the one of the same engine does, and one of an
        unknown engine if it is the only catalog at all.
        """
        if database not in self._found:
            self._found[database] = self._match(database)
        return self._found[database]

    def _match(self, database: Database) -> Catalog | None:
        names = {database.name.casefold(), database.uuid.casefold()} - {""}
        own = [c for c in self.catalogs if c.database is not None and c.database.casefold() in names]
        general = [c for c in self.catalogs if c.database is None]
        engine = family(database.engine)
        fitting = [c for c in general if c.engine is not None and family(c.engine) == engine]
        if engine is None and len(general) == 1:
            fitting = general
        unknown = [c for c in general if c.engine is None]
        if not fitting and len(unknown) == 1 and len(self.catalogs) == 1:
            fitting = unknown
        if own:
            return merge([*own, *fitting]) if len(fitting) <= 1 else merge(own)
        return fitting[0] if len(fitting) == 1 else None
