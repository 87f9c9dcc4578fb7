"""MySQL and MariaDB: tables, columns, indexes, partitions and sizes from information_schema."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from dashlint.catalog.live import mysql_queries as queries
from dashlint.catalog.live.assembly import Draft, partition_keys, primary_first, query_of
from dashlint.catalog.live.mysql_model import Drafts, Server
from dashlint.catalog.live.mysql_statistics import add_statistics
from dashlint.catalog.live.session import Row, Session
from dashlint.catalog.model import ColumnStatistics, Index, IndexColumn, Table

#: Storage engines whose rows lie in another database or file (MariaDB's and MySQL's manuals).
_FOREIGN = frozenset({"connect", "federated", "spider", "s3"})
#: From here on MySQL has indexes on expressions (release notes of 8.0.13).
_EXPRESSIONS_FROM = (8, 0, 13)
#: From here on MariaDB has ignored indexes (release notes of 10.6).
_IGNORED_FROM = (10, 6)


def server(session: Session) -> Server:
    """The server's kind and version, such as ``10.11.19-MariaDB``; from TiDB and others what they claim."""
    text = str(session.rows("SELECT version() AS version")[0]["version"])
    numbers = text.removeprefix("5.5.5-").partition("-")[0].split(".")
    return Server("mariadb" in text.lower(), tuple(int(number) for number in numbers if number.isdigit()))


def engine(session: Session) -> str:
    """SQLAlchemy's name of the dialect."""
    return "mariadb" if server(session).mariadb else "mysql"


def schemas(session: Session) -> Sequence[str]:
    """All databases that the account sees, but the system's."""
    return [row["name"] for row in session.rows(queries.SCHEMAS)]


def default_schemas(session: Session, known: Sequence[str]) -> Sequence[str]:
    """The database that the URL names, which is what a table without a schema means; else all."""
    named = session.address.url.database
    same = [name for name in known if named is not None and name.casefold() == named.casefold()]
    return same or known


def tables(session: Session, wanted: Sequence[str]) -> tuple[Table, ...]:
    """The tables of the databases, with statistics as far as the account may see them.

    Raises:
        CatalogError: tables or columns could not be read.
    """
    if not wanted:
        return ()
    names = {"schemas": list(wanted)}
    drafts: Drafts = {}
    for row in session.rows(queries.TABLES, **names):
        drafts[row["schema"], row["name"]] = _draft(row)
    for row in session.rows(queries.COLUMNS, **names):
        draft = drafts.get((row["schema"], row["table"]))
        if draft is not None:
            nullable = row["nullable"] == "YES"
            column = ColumnStatistics(row["name"], _text(row["type"]), nullable, collation=row["collation"])
            draft.columns[row["name"]] = column
    this = server(session)
    indexes = session.optional("the indexes", _index_query(this), **names)
    _read_indexes(session, indexes, drafts)
    for row in session.optional("the partitions", queries.PARTITIONS, **names) or ():
        draft = drafts.get((row["schema"], row["table"]))
        if draft is not None and row["expression"]:
            # The subpartitions' expression prunes, too, but the DDL reader knows the first level alone.
            draft.partitioned_by = partition_keys(f"RANGE ({_text(row['expression'])})")
    for row in session.optional("the views' SQL", queries.VIEWS, **names) or ():
        draft = drafts.get((row["schema"], row["table"]))
        if draft is not None:
            # It is empty where the account may not see it (SHOW VIEW).
            draft.definition = query_of(_text(row["definition"]))
    add_statistics(session, indexes or (), drafts, this)
    return tuple(draft.built(session.address.label) for draft in drafts.values())


def _draft(row: Row) -> Draft:
    kind = "view" if row["type"] == "VIEW" else "table"
    if (row["engine"] or "").lower() in _FOREIGN:
        kind = "foreign-table"
    return Draft(
        row["schema"],
        row["name"],
        kind,
        rows=None if kind == "view" or row["rows"] is None else int(row["rows"]),
        bytes=None if kind == "view" or row["bytes"] is None else int(row["bytes"]),
        indexes=None if kind == "view" else [],
    )


def _index_query(this: Server) -> str:
    expression, hidden = "NULL", "0"
    if this.mariadb and this.version >= _IGNORED_FROM:
        hidden = "s.ignored = 'YES'"
    elif not this.mariadb and this.version >= _EXPRESSIONS_FROM:
        expression, hidden = "s.expression", "s.is_visible = 'NO'"
    return queries.INDEXES.format(expression=expression, hidden=hidden)


def _read_indexes(session: Session, rows: Sequence[Row] | None, drafts: Drafts) -> None:
    if rows is None:
        for draft in drafts.values():
            draft.indexes = None
        return
    unused = []
    for (schema, table, name), group in groupby(rows, lambda row: (row["schema"], row["table"], row["name"])):
        keys = list(group)
        owner = drafts.get((schema, table))
        if owner is None or owner.indexes is None:
            continue
        if keys[0]["hidden"]:
            unused.append(f"{schema}.{table}.{name}")
        else:
            owner.indexes.append(_index(name, keys))
    for draft in drafts.values():
        if draft.indexes is not None:
            draft.indexes.sort(key=primary_first)
    if unused:
        names = ", ".join(sorted(unused))
        session.problem(
            "unusable-index", f"The server ignores these invisible indexes, so they do not count: {names}."
        )


def _index(name: str, rows: Sequence[Row]) -> Index:
    primary = name == "PRIMARY"
    return Index(
        None if primary else name,
        tuple(
            IndexColumn(
                row["column"],
                None if row["column"] is not None else _text(row["expression"]),
                row["sorting"] == "D",
                # FULLTEXT indexes tell no length, SPATIAL ones that of their own bytes.
                length=None if row["length"] is None or row["method"] == "SPATIAL" else int(row["length"]),
            )
            for row in rows
        ),
        unique=not int(rows[0]["non_unique"]),
        primary=primary,
        method=str(rows[0]["method"]).lower(),
    )


def _text(value: object) -> str:
    """A text of information_schema, which MySQL 8 gives as bytes in places."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
