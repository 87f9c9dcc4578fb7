"""Superset's own view of a table: the answer of ``GET /api/v1/database/{id}/table_metadata/``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint.catalog.model import ColumnStatistics, Index, IndexColumn, Table


def table_from_metadata(
    answer: Mapping[str, Any], *, schema: str | None = None, catalog: str | None = None, source: str = ""
) -> Table | None:
    """The table that an answer describes; None if the answer describes none.

    Args:
        answer: the JSON, in which ``columns``, ``primaryKey`` and ``indexes`` are what
            SQLAlchemy's inspector gave (``databases/utils.py:get_table_metadata`` of Superset
            6.1; its ``indexes`` hold foreign keys as well, with ``type`` "fk").
        schema: the schema that was asked for; the answer does not repeat it.
        catalog: likewise.
        source: what to call the server in messages.

    Two things get lost on the way, so ``indexes_complete`` is False unless the primary key is
    there: Superset 6.1 answers ``"constrained_columns": null`` whatever the primary key is
    (``models/core.py:get_pk_constraint`` passes lists to a function for single values), and
    SQLAlchemy 1.4 leaves out indexes on expressions. Seen with PostgreSQL 15 and MariaDB 10.11.
    """
    name = answer.get("name")
    if not isinstance(name, str) or not name:
        return None
    columns: dict[str, ColumnStatistics] = {}
    for entry in _entries(answer.get("columns")):
        label = entry.get("name") or entry.get("column_name")
        if isinstance(label, str):
            kind = entry.get("longType") or entry.get("type")
            columns[label] = ColumnStatistics(label, kind if isinstance(kind, str) else None)
    indexes = _indexes(answer)
    return Table(
        name=name,
        schema=schema,
        catalog=catalog,
        columns=columns,
        indexes=indexes,
        source=source,
        indexes_complete=any(index.primary for index in indexes or ()),
    )


def _indexes(answer: Mapping[str, Any]) -> tuple[Index, ...] | None:
    if "indexes" not in answer and "primaryKey" not in answer:
        return None
    found: list[Index] = []
    primary = answer.get("primaryKey")
    if isinstance(primary, Mapping):
        keys = _names(primary.get("constrained_columns") or primary.get("column_names"))
        if keys:
            label = primary.get("name")
            name = label if isinstance(label, str) else None
            found.append(Index(name, tuple(map(IndexColumn, keys)), unique=True, primary=True))
    for entry in _entries(answer.get("indexes")):
        if entry.get("type") in {"fk", "pk"}:
            continue
        index = _index(entry)
        # Some dialects list the primary key among the indexes as well.
        if index is not None and not any(index.columns == other.columns and other.primary for other in found):
            found.append(index)
    return tuple(found)


def _index(entry: Mapping[str, Any]) -> Index | None:
    plain = entry.get("column_names")
    expressions = entry.get("expressions")
    sorting = entry.get("column_sorting")
    options = entry.get("dialect_options")
    options = options if isinstance(options, Mapping) else {}
    lengths = _raw_option(options, "length")
    keys: list[IndexColumn] = []
    names = plain if isinstance(plain, list) else []
    for number, name in enumerate(names):
        if isinstance(name, str):
            order = sorting.get(name) if isinstance(sorting, Mapping) else None
            length = lengths.get(name) if isinstance(lengths, Mapping) else None
            descending = isinstance(order, (list, tuple)) and "desc" in order
            keys.append(
                IndexColumn(name, None, descending, length=length if isinstance(length, int) else None)
            )
        elif isinstance(expressions, list) and number < len(expressions):
            keys.append(IndexColumn(None, str(expressions[number])))
        else:
            keys.append(IndexColumn(None, None))  # an expression that the driver does not tell
    if not keys:
        return None
    kind = str(entry.get("type") or "").lower()
    special = (_option(options, "prefix") or kind).lower()  # MySQL: FULLTEXT, SPATIAL
    method = _option(options, "using") or (special if special in {"fulltext", "spatial", "bitmap"} else None)
    include = _names(entry.get("include_columns")) or _names(_raw_option(options, "include"))
    label = entry.get("name")
    return Index(
        label if isinstance(label, str) else None,
        tuple(keys),
        unique=bool(entry.get("unique")) or kind == "unique",
        method=method or "btree",
        where=_option(options, "where"),
        include=include,
    )


def _raw_option(options: Mapping[str, Any], name: str) -> Any:
    """A dialect's option by the end of its name: ``postgresql_where``, ``sqlite_where``."""
    return next((value for key, value in options.items() if str(key).endswith(f"_{name}")), None)


def _option(options: Mapping[str, Any], name: str) -> str | None:
    value = _raw_option(options, name)
    return str(value) if value is not None and not isinstance(value, (list, Mapping)) else None


def _entries(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _names(value: Any) -> tuple[str, ...]:
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list) else ()
