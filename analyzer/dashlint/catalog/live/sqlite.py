"""SQLite: tables, columns and indexes from its pragmas, counts from sqlite_stat1 where ANALYZE has run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashlint.catalog.live.assembly import Draft, listed, primary_first, query_of, unique_by
from dashlint.catalog.live.session import Row, Session
from dashlint.catalog.model import ColumnStatistics, Index, IndexColumn, Table

_SCHEMA = "main"

_TABLES = """
SELECT name, type, sql FROM sqlite_master
WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name
"""
# Generated columns are in table_xinfo only; hidden = 1 are those of virtual tables.
_COLUMNS = """
SELECT m.name AS "table", c.name AS name, c.type AS type, c."notnull" AS required, c.pk AS pk
FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c
WHERE m.type = 'table' AND c.hidden <> 1 ORDER BY m.name, c.cid
"""
_INNER = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'"
# A view is asked for its columns one by one: one that reads a missing table would end the query for all.
_VIEW_COLUMNS = "SELECT name, type FROM pragma_table_xinfo(:view) ORDER BY cid"
_INDEXES = """
SELECT m.name AS "table", i.name AS name, i."unique" AS is_unique, i.origin AS origin, x.name AS "column",
       x.cid AS cid, x."desc" AS descending, x.coll AS collation
FROM sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_xinfo(i.name) x
WHERE m.type = 'table' AND x.key = 1 ORDER BY m.name, i.name, x.seqno
"""
_INDEX_SQL = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
_STATISTICS = 'SELECT tbl AS "table", idx AS name, stat FROM sqlite_stat1'


def engine(_session: Session) -> str:
    """SQLAlchemy's name of the dialect."""
    return "sqlite"


def schemas(_session: Session) -> Sequence[str]:
    """The file's own; nothing is attached."""
    return (_SCHEMA,)


def default_schemas(_session: Session, known: Sequence[str]) -> Sequence[str]:
    """The schemas to read where none is named: all."""
    return known


def tables(session: Session, _wanted: Sequence[str]) -> tuple[Table, ...]:
    """The tables and views of the file.

    Raises:
        CatalogError: it could not be read.
    """
    drafts: dict[str, Draft] = {}
    inner = _inner_tables(session)
    for row in session.rows(_TABLES):
        if row["name"] in inner:
            continue
        view = row["type"] == "view"
        drafts[row["name"]] = Draft(
            _SCHEMA,
            row["name"],
            row["type"],
            indexes=None if view else [],
            definition=query_of(row["sql"]) if view else None,
        )
    keys: dict[str, list[tuple[int, str]]] = {}
    for row in session.rows(_COLUMNS):
        draft = drafts.get(row["table"])
        if draft is not None:
            draft.columns[row["name"]] = _column(row, required=bool(row["required"] or row["pk"]))
            if row["pk"]:
                keys.setdefault(row["table"], []).append((row["pk"], row["name"]))
    _view_columns(session, drafts)
    _indexes(session, drafts, keys)
    _statistics(session, drafts)
    return tuple(draft.built(session.address.label) for draft in drafts.values())


def _inner_tables(session: Session) -> frozenset[str]:
    """Tables that a virtual table keeps its data in (``pragma_table_list`` came with SQLite 3.37)."""
    import sqlite3

    if sqlite3.sqlite_version_info < (3, 37):
        return frozenset()
    return frozenset(row["name"] for row in session.rows(_INNER))


def _column(row: Row, *, required: bool) -> ColumnStatistics:
    return ColumnStatistics(row["name"], row["type"] or None, nullable=not required)


def _view_columns(session: Session, drafts: Mapping[str, Draft]) -> None:
    for name, draft in drafts.items():
        if draft.kind == "view":
            for row in session.optional(f"the columns of the view {name}", _VIEW_COLUMNS, view=name) or ():
                draft.columns[row["name"]] = ColumnStatistics(row["name"], row["type"] or None)


def _indexes(
    session: Session, drafts: Mapping[str, Draft], keys: Mapping[str, list[tuple[int, str]]]
) -> None:
    written = _written(session)
    grouped: dict[str, list[Row]] = {}
    for row in session.rows(_INDEXES):
        grouped.setdefault(row["name"], []).append(row)
    for name, rows in grouped.items():
        draft = drafts.get(rows[0]["table"])
        if draft is None or draft.indexes is None:
            continue
        index = written.get(name)
        if index is None:  # SQLite's own, of a constraint: on plain columns
            columns = [row["column"] for row in rows if row["column"] is not None]
            index = unique_by(columns, None, primary=rows[0]["origin"] == "pk")
        draft.indexes.append(index)
    for table, parts in keys.items():
        indexes = drafts[table].indexes
        if indexes is not None and not any(index.primary for index in indexes):
            # INTEGER PRIMARY KEY is the table's own row number: no index is listed for it.
            indexes.append(unique_by([name for _, name in sorted(parts)], primary=True))
    for draft in drafts.values():
        if draft.indexes is not None:
            draft.indexes.sort(key=primary_first)


def _written(session: Session) -> Mapping[str, Index]:
    """Indexes as their CREATE INDEX says: the pragmas tell neither expressions nor the WHERE."""
    from dashlint.catalog import ddl

    script = "".join(f"{row['sql']};\n" for row in session.rows(_INDEX_SQL))
    read, _ = ddl.read(script, "sqlite")
    return {i.name: i for table in read.tables for i in table.indexes or () if i.name is not None}


def _statistics(session: Session, drafts: Mapping[str, Draft]) -> None:
    there = session.rows("SELECT name FROM sqlite_master WHERE name = 'sqlite_stat1'")
    rows = session.rows(_STATISTICS) if there else []
    for row in rows:
        draft = drafts.get(row["table"])
        numbers = [int(word) for word in str(row["stat"]).split() if word.isdigit()]
        if draft is None or not numbers:
            continue
        draft.rows = max(draft.rows or 0, numbers[0])
        column = _first_column(draft, row["name"])
        if column is not None and len(numbers) > 1 and numbers[1] > 0:
            # "rows, then how many of them have the same first key on average" (sqlite.org/fileformat2.html,
            # 2.6.3), rounded up.
            draft.fill(column, distinct=max(1, round(numbers[0] / numbers[1])))
    never = [draft for draft in drafts.values() if draft.kind == "table" and draft.rows is None]
    if never:
        reason = ", which were empty or not there when ANALYZE ran: run it again" if rows else ": run ANALYZE"
        session.problem("no-statistics", f"SQLite has no statistics of {listed(never)}{reason}.")


def _first_column(draft: Draft, name: str | None) -> str | None:
    for index in draft.indexes or ():
        if index.name == name and index.where is None:
            first: IndexColumn = index.columns[0]
            return first.name
    return None
