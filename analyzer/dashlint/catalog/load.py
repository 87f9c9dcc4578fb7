"""Catalogs from files, and the one that belongs to a database of Superset."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from dashlint.assets import Database, Problem
from dashlint.catalog import dbt_files, ddl, snapshot
from dashlint.catalog.matching import Matching, is_called
from dashlint.catalog.merge import merge
from dashlint.catalog.model import Catalog
from dashlint.catalog.naming import given
from dashlint.catalog.places import family
from dashlint.catalog.script import guess_engine

ReadUrl = Callable[[str, "str | None"], "tuple[Catalog, tuple[Problem, ...]]"]

_SUFFIXES = (".sql", ".ddl", ".json")
#: A schema dump of thousands of tables has a few MB; a dump with data is not what is wanted.
MAX_BYTES = 100_000_000


def load(
    entries: Iterable[str | Path], databases: Iterable[Database] = (), *, read_url: ReadUrl | None = None
) -> tuple[tuple[Catalog, ...], tuple[Problem, ...]]:
    """Read catalog files and folders of them (``*.sql``, ``*.ddl``, ``*.json``, dbt's).

    Raises nothing but what ``read_url`` does.

    Args:
        entries: files or folders, each also as ``NAME=PLACE`` with Superset's name (or the UUID) of the
            database that it is for. A folder's files are read in the order of their names and make one
            catalog for each database that they name; with a name before it they make one.
        databases: Superset's; their engines are the dialect of SQL files that do not tell theirs, where it
            is clear which database they are of.
        read_url: reads a live database, given by its URL and the name before it.
    """
    catalogs: list[Catalog] = []
    problems: list[Problem] = []
    known = tuple(databases)
    seen: set[tuple[str | None, Path]] = set()  # dbt's two files may be given one by one
    for entry in entries:
        name, place = asked = given(entry)
        if asked.is_url:
            if read_url is None:
                # The URL may hold an account, so it is not shown.
                message = "A database's URL is no file or folder, and live databases are not read here."
                problems.append(Problem("missing-catalog", message))
                continue
            catalog, told = read_url(place, name)
            catalogs.append(catalog)
            problems += told
            continue
        path = Path(place)
        project = dbt_files.folder_of(path)
        if project is not None and (name, project) in seen:
            continue
        if project is not None:
            seen.add((name, project))
        found, more = _found_at(path, project, _engine(name, known))
        problems += more
        catalogs += [_named(merge(found), name)] if name is not None and found else found
    return tuple(catalogs), tuple(problems)


def _engine(name: str | None, databases: tuple[Database, ...]) -> str | None:
    """The engine of the database that is named, or of the only one."""
    meant = [d for d in databases if name is None or is_called(d, name)]
    return meant[0].engine if len(meant) == 1 else None


def _found_at(path: Path, project: Path | None, engine: str | None) -> tuple[list[Catalog], list[Problem]]:
    if not path.exists():
        return [], [Problem("missing-catalog", f"There is no catalog at {path}.", str(path))]
    if project is not None:
        catalog, told = dbt_files.read(project)
        return ([catalog] if catalog is not None else []), list(told)
    files = _files(path)
    inner = dbt_files.folders_in(path, files) if path.is_dir() else []
    files = [file for file in files if not any(folder in file.parents for folder in inner)]
    problems = []
    if not files and not inner:
        message = f"No .sql or .json file is in {path}, so no catalog was read from it."
        problems.append(Problem("empty-catalog", message, str(path)))
    found = []
    for read, more in (
        *(_read(file, engine, required=file == path) for file in files),
        *(dbt_files.read(dbt_files.folder_of(folder) or folder) for folder in inner),
    ):
        problems += more
        if read is not None:
            found.append(read)
    return _grouped(found), problems


def _named(catalog: Catalog, name: str) -> Catalog:
    """The catalog for the database that the user named, whatever it says itself."""
    return Catalog(
        catalog.tables, engine=catalog.engine, database=name, source=catalog.source, url=catalog.url
    )


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
        catalog, problems = ddl.read(text, guess_engine(text) or engine, str(file))
        if required and not catalog.tables and not problems:
            message = f"{file} creates no table or index, so the catalog is empty."
            return catalog, [Problem("empty-catalog", message, str(file))]
        return catalog, list(problems)
    found, problems = snapshot.read(text, str(file))
    if found is None and not required and '"tables"' not in text:
        return None, []
    return found, list(problems)


def _grouped(found: list[Catalog]) -> list[Catalog]:
    """The files of one folder, merged by the database (else place, else engine) that they speak of."""
    named: dict[str | None, list[Catalog]] = {}
    for catalog in found:
        named.setdefault(catalog.database or catalog.url, []).append(catalog)
    general = named.pop(None, [])
    if len(named) == 1:
        (only,) = named.values()
        return [merge([*only, *general])]
    by_engine: dict[str | None, list[Catalog]] = {}
    for catalog in general:
        by_engine.setdefault(family(catalog.engine), []).append(catalog)
    unnamed = by_engine.pop(None, [])
    groups = list(by_engine.values())
    if len(groups) == 1:
        groups[0] += unnamed
    elif unnamed:
        groups.append(unnamed)
    return [merge(group) for group in (*named.values(), *groups)]


class CatalogSet:
    """All catalogs of a run, and which of them belongs to which database.

    ``databases`` are those of the workspace; with them it can be told whether several catalogs are of one
    database or of different ones.
    """

    def __init__(self, catalogs: Iterable[Catalog] = (), databases: Iterable[Database] = ()) -> None:
        self.catalogs = tuple(catalogs)
        self._matching = Matching(self.catalogs, tuple(databases))
        self._found: dict[Database, Catalog | None] = {}

    def __bool__(self) -> bool:
        return bool(self.catalogs)

    def for_database(self, database: Database) -> Catalog | None:
        """The catalog of a database of Superset; None if none fits or several might.

        Of several that belong to it, later ones fill gaps; see :class:`~dashlint.catalog.matching.Matching`.
        """
        if database not in self._found:
            found = self._matching.of(database)
            self._found[database] = merge(found) if len(found) > 1 else next(iter(found), None)
        return self._found[database]

    def problems(self) -> tuple[Problem, ...]:
        """A Problem for each catalog that belongs to no database, so that none is ignored in silence."""
        return tuple(self._matching.unclaimed())
