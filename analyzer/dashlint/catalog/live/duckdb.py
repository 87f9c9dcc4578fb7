"""DuckDB: tables, columns, keys and row counts from its duckdb_* functions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dashlint.catalog.live.assembly import Draft, primary_first, query_of, unique_by
from dashlint.catalog.live.session import Session
from dashlint.catalog.model import ColumnStatistics, Index, Table

_HERE = "database_name = current_database()"
_SCHEMAS = f"""
SELECT schema_name AS name FROM duckdb_schemas() WHERE {_HERE} AND NOT internal
UNION SELECT 'main' ORDER BY 1
"""  # noqa: S608 a constant
_TABLES = f"""
SELECT schema_name AS schema, table_name AS name, estimated_size AS rows, NULL AS sql FROM duckdb_tables()
WHERE {_HERE} AND NOT internal AND NOT temporary
UNION ALL
SELECT schema_name, view_name, NULL, sql FROM duckdb_views()
WHERE {_HERE} AND NOT internal AND NOT temporary
ORDER BY 1, 2
"""  # noqa: S608
_COLUMNS = f"""
SELECT schema_name AS schema, table_name AS "table", column_name AS name, data_type AS type,
       is_nullable AS nullable
FROM duckdb_columns() WHERE {_HERE} AND NOT internal ORDER BY 1, 2, column_index
"""  # noqa: S608
_KEYS = f"""
SELECT schema_name AS schema, table_name AS "table", constraint_type AS type,
       constraint_column_names AS columns
FROM duckdb_constraints()
WHERE {_HERE} AND constraint_type IN ('PRIMARY KEY', 'UNIQUE') ORDER BY 1, 2, 3, 4
"""  # noqa: S608
_INDEXES = f"SELECT schema_name AS schema, sql FROM duckdb_indexes() WHERE {_HERE} ORDER BY 1, 2"  # noqa: S608

Drafts = Mapping[tuple[str, str], Draft]


def engine(_session: Session) -> str:
    """SQLAlchemy's name of the dialect."""
    return "duckdb"


def schemas(session: Session) -> Sequence[str]:
    """All schemas of the file."""
    return [row["name"] for row in session.rows(_SCHEMAS)]


def default_schemas(_session: Session, known: Sequence[str]) -> Sequence[str]:
    """The schemas to read where none is named: all."""
    return known


def tables(session: Session, wanted: Sequence[str]) -> tuple[Table, ...]:
    """The tables and views of the schemas. DuckDB keeps no statistics of columns that can be asked for.

    Raises:
        CatalogError: they could not be read.
    """
    drafts: dict[tuple[str, str], Draft] = {}
    for row in session.rows(_TABLES):
        if row["schema"] in wanted:
            view = row["sql"] is not None
            drafts[row["schema"], row["name"]] = Draft(
                row["schema"],
                row["name"],
                "view" if view else "table",
                rows=row["rows"],
                indexes=None if view else [],
                definition=query_of(row["sql"]),
            )
    for row in session.rows(_COLUMNS):
        draft = drafts.get((row["schema"], row["table"]))
        if draft is not None:
            draft.columns[row["name"]] = ColumnStatistics(row["name"], row["type"], bool(row["nullable"]))
    _read_indexes(session, drafts)
    return tuple(draft.built(session.address.label) for draft in drafts.values())


def _read_indexes(session: Session, drafts: Drafts) -> None:
    for row in session.rows(_KEYS):
        draft = drafts.get((row["schema"], row["table"]))
        if draft is not None and draft.indexes is not None:
            draft.indexes.append(unique_by(row["columns"], primary=row["type"] == "PRIMARY KEY"))
    for (schema, table), index in _written(session):
        draft = drafts.get((schema, table))
        if draft is not None and draft.indexes is not None:
            draft.indexes.append(index)
    for draft in drafts.values():
        if draft.indexes is not None:
            draft.indexes.sort(key=primary_first)


def _written(session: Session) -> list[tuple[tuple[str, str], Index]]:
    """Indexes as their CREATE INDEX says; DuckDB's lists of their keys are texts to be parsed as well."""
    from dashlint.catalog import ddl

    found = []
    for row in session.rows(_INDEXES):
        read, _ = ddl.read(re.sub(r"\s+", " ", row["sql"] or ""), "duckdb")
        found += [
            ((table.schema or row["schema"], table.name), index)
            for table in read.tables
            for index in table.indexes or ()
        ]
    return found
