"""What Superset tells of physical tables: columns and indexes, without a password of the warehouse.

``GET /api/v1/database/{id}/table_metadata/`` (4.1 and later; before, ``/table/{table}/{schema}/``) asks the
warehouse's catalogue. It leaves out two things: whether a name is a table or a view, which
``GET /database/{id}/tables/`` tells, and the primary key, whose columns come as null
(superset/models/core.py: ``get_pk_constraint`` passes them to a JSON converter that knows no lists).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from dashlint.assets import Database, Problem
from dashlint.sources.errors import SourceError
from dashlint.sources.rest.answers import RefusedError
from dashlint.sources.rest.plan import Progress, may_go_on
from dashlint.sources.rest.table_cache import TableCache

if TYPE_CHECKING:
    from dashlint.sources.rest.server import Server

#: A table's name, schema and catalog; `dashlint.sql.model.TableRef` is one.
TableName = tuple[str, "str | None", "str | None"]


class TableAnswer(NamedTuple):
    """What the server says of one table.

    ``metadata`` is the answer's JSON: name, columns, and indexes where it is known which there are;
    ``kind`` is ``table`` or ``view``, None where it was not told.
    """

    database: Database
    table: TableName
    metadata: Mapping[str, Any]
    kind: str | None = None


class TableAnswers(NamedTuple):
    """All answers, what went wrong, and how many came from the cache."""

    answers: tuple[TableAnswer, ...]
    problems: tuple[Problem, ...]
    cached: int = 0


def read_tables(
    server: Server,
    wanted: Iterable[tuple[Database, TableName]],
    *,
    cache: TableCache | None = None,
    progress: Progress | None = None,
) -> TableAnswers:
    """Ask for tables, several at a time.

    Args:
        server: the server that the databases were read from.
        wanted: databases and tables; repetitions are asked once.
        cache: answers of earlier runs, and a place for new ones; None asks for all.
        progress: as for `read_server`.

    Returns:
        An answer for each table that the server knows. The others are counted in one problem per database.

    Raises:
        SourceError: the server is gone, or no longer takes the login.
    """
    asking = tuple(dict.fromkeys((database, (*table,)) for database, table in wanted))
    reader = _Reader(server, cache)
    answers: list[TableAnswer] = []
    lost: dict[Database, list[str]] = {}
    results = server.pool.map(reader.table, asking)
    for done, ((database, table), result) in enumerate(zip(asking, results, strict=True), 1):
        if progress is not None:
            progress("tables", done, len(asking))
        if isinstance(result, TableAnswer):
            answers.append(result)
            continue
        if result is not None and not may_go_on(result):
            raise result
        reason = f" ({result.message})" if result is not None else ""
        lost.setdefault(database, []).append(f"{_shown(table)}{reason}")
    problems = tuple(_lost(database, names) for database, names in lost.items())
    complete = tuple(_as_known(answer) for answer in reader.with_kinds(answers))
    return TableAnswers(complete, problems, len(reader.cached))


class _Reader:
    def __init__(self, server: Server, cache: TableCache | None) -> None:
        self._server = server
        self._cache = cache
        self.cached: set[tuple[Database, TableName]] = set()

    def table(self, key: tuple[Database, TableName]) -> TableAnswer | SourceError | None:
        """The answer for a table; None if the server knows no such table, an error if it says nothing."""
        database, table = key
        known = self._cache.get(self._server.url, database, table) if self._cache else None
        if known is not None:
            self.cached.add(key)
            return TableAnswer(database, table, known, known.get("kind"))
        if database.id is None:
            return RefusedError("not-found", "the id of this database is not known", status=404)
        try:
            found = self._ask(database.id, table)
        except RefusedError as error:
            return None if error.status == 404 else error
        except SourceError as error:
            return error
        # A table that is not there has no columns: engines need not raise (seen on SQLite and PostgreSQL).
        return TableAnswer(database, table, found) if found.get("columns") else None

    def _ask(self, number: int, table: TableName) -> Mapping[str, Any]:
        name, schema, catalog = table
        client = self._server.client
        try:
            return client.json(
                f"database/{number}/table_metadata/", name=name, schema=schema, catalog=catalog
            )
        except RefusedError as error:
            # JSON says that there is no such table; a page, that there is no such address.
            if error.status != 404 or not error.is_page:
                raise
        return client.json(
            f"database/{number}/table/{quote(name, safe='')}/{quote(schema or 'null', safe='')}/"
        )

    def with_kinds(self, answers: list[TableAnswer]) -> list[TableAnswer]:
        """The answers, with the kind of those that have no index: a view can have none."""
        new = [a for a in answers if (a.database, a.table) not in self.cached]
        bare = [a for a in new if a.table[1] and not a.metadata.get("indexes")]
        schemas = tuple(dict.fromkeys((a.database, a.table[1] or "", a.table[2]) for a in bare))
        kinds = dict(zip(schemas, self._server.pool.map(self._kinds, schemas), strict=True))
        told: dict[tuple[Database, TableName], str | None] = {}
        for answer in new:
            name, schema, catalog = answer.table
            found = kinds.get((answer.database, schema or "", catalog), {})
            kind = "table" if answer.metadata.get("indexes") else found.get(name)
            told[answer.database, answer.table] = kind
            if self._cache:
                stored = {**_kept(answer.metadata), "kind": kind}
                self._cache.put(self._server.url, answer.database, answer.table, stored)
        return [a._replace(kind=told.get((a.database, a.table), a.kind)) for a in answers]

    def _kinds(self, place: tuple[Database, str, str | None]) -> Mapping[str, str]:
        database, schema, catalog = place
        names = f"schema_name:{_rison(schema)}" + (f",catalog_name:{_rison(catalog)}" if catalog else "")
        try:
            answer = self._server.client.json(f"database/{database.id}/tables/", q=f"(force:!f,{names})")
        except SourceError:
            return {}  # the kind stays unknown, and with it whether an index is missing
        rows = answer.get("result")
        return {
            row["value"]: row["type"]
            for row in (rows if isinstance(rows, list) else ())
            if isinstance(row, Mapping)
            and isinstance(row.get("value"), str)
            and row.get("type") in {"table", "view"}
        }


def _as_known(answer: TableAnswer) -> TableAnswer:
    """An answer without its empty list of indexes, unless that means that a table has none.

    A view has none to begin with, and of what may be a view, nothing is known.
    """
    if answer.kind == "table" or answer.metadata.get("indexes"):
        return answer
    rest = {key: value for key, value in answer.metadata.items() if key not in {"indexes", "primaryKey"}}
    return answer._replace(metadata=rest)


def _kept(metadata: Mapping[str, Any]) -> dict[str, Any]:
    columns = [
        {key: column.get(key) for key in ("name", "type", "longType")}
        for column in metadata.get("columns") or ()
        if isinstance(column, Mapping)
    ]
    return {
        "name": metadata.get("name"),
        "columns": columns,
        "indexes": metadata.get("indexes"),
        "primaryKey": metadata.get("primaryKey"),
    }


def _rison(text: str) -> str:
    escaped = text.replace("!", "!!").replace("'", "!'")
    return f"'{escaped}'"


def _shown(table: TableName) -> str:
    name, schema, catalog = table
    return ".".join(part for part in (catalog, schema, name) if part)


def _lost(database: Database, names: list[str]) -> Problem:
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return Problem(
        "no-table-information",
        f"Superset tells nothing about {len(names)} table{'' if len(names) == 1 else 's'} of database "
        f"{database.name!r}: {shown}; what rests on their indexes is not judged",
    )
