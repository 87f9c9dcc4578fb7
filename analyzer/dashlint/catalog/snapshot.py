"""dashlint's own catalog file: JSON, small enough to be committed beside the dashboards.

```json
{"version": 1, "engine": "postgresql", "database": "Warehouse", "url": "postgresql://db:5432/shop",
 "tables": [
  {"schema": "public", "name": "orders", "rows": 1200000, "bytes": 268435456,
   "columns": [{"name": "id", "type": "bigint", "nullable": false, "distinct": 1200000,
                "null_fraction": 0, "average_width": 8, "minimum": "1", "maximum": "1200000"}],
   "primary_key": ["id"],
   "indexes": [{"name": "orders_ts", "columns": ["ts", "lower(name)"], "unique": false,
                "method": "btree", "where": null, "include": []}],
   "partitioned_by": ["ts"], "sort_key": [], "clustered_by": []}]}
```

Every part but a table's name may be missing. A key of an index that is no plain name is an
expression; one with more to say is an object: ``{"name", "expression", "descending",
"operator_class", "collation", "length"}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashlint import json_text
from dashlint.assets import Problem
from dashlint.catalog.model import Catalog, ColumnStatistics, Index, IndexColumn, Table
from dashlint.catalog.places import place_of

VERSION = 1
#: Floats end a little above.
_MOST = 1e300
_KINDS = frozenset({"table", "view", "materialized-view", "foreign-table"})


class SnapshotError(ValueError):
    """A value that is not what it should be; the text says where and what is expected."""


def read(text: str, source: str = "") -> tuple[Catalog | None, tuple[Problem, ...]]:
    """Read a catalog file. Never raises.

    Returns the catalog (None if the file is none of ours) and a Problem, one sentence, for
    each table that cannot be used; the other tables are kept.
    """
    try:
        raw = json_text.decode(text, finite=False)
    except json.JSONDecodeError as error:
        message = f"The catalog file is not valid JSON: {error.msg} in line {error.lineno}."
        return None, (Problem("unreadable-catalog", message, source or None, error.lineno, error.colno),)
    except ValueError as error:
        message = f"The catalog file is not valid JSON: {error}."
        return None, (Problem("unreadable-catalog", message, source or None),)
    if not isinstance(raw, Mapping) or not isinstance(raw.get("tables"), list):
        message = 'The file is no catalog: it should be an object with "version" and "tables".'
        return None, (Problem("unreadable-catalog", message, source or None),)
    if raw.get("version", VERSION) != VERSION:
        message = (
            f"The catalog file has version {raw['version']!r:.40}; this dashlint reads version {VERSION}."
        )
        return None, (Problem("unreadable-catalog", message, source or None),)
    tables: list[Table] = []
    problems: list[Problem] = []
    for number, entry in enumerate(raw["tables"]):
        try:
            tables.append(_table(entry, source))
        except SnapshotError as error:
            label = entry.get("name") if isinstance(entry, Mapping) else None
            where = f'table "{label}"' if isinstance(label, str) else f"tables[{number}]"
            message = f"The catalog's {where} was left out: {error}."
            problems.append(Problem("unreadable-catalog", message, source or None))
    try:
        engine, database, url = _text(raw, "engine"), _text(raw, "database"), _text(raw, "url")
    except SnapshotError as error:
        message = f"The catalog's head could not be read: {error}."
        return None, (Problem("unreadable-catalog", message, source or None),)
    place = place_of(url)
    return Catalog(
        tables, engine=engine, database=database, source=source, url=str(place) if place else None
    ), tuple(problems)


def write(catalog: Catalog) -> str:
    """The catalog as a file: one line for each column and index, in a stable order, for small diffs."""
    tables = sorted(catalog.tables, key=lambda t: (t.catalog or "", t.schema or "", t.name))
    place = place_of(catalog.url)  # once more, so that no account can get into a file that is committed
    head = {
        "version": VERSION,
        "engine": catalog.engine,
        "database": catalog.database,
        "url": str(place) if place is not None else None,
    }
    lines = [f'  "{key}": {json.dumps(value)},' for key, value in head.items() if value is not None]
    body = ",\n".join(_written(table) for table in tables)
    return "\n".join(["{", *lines, '  "tables": [', body, "  ]", "}"]) + "\n"


# --- reading --------------------------------------------------------------------------------------


def _table(entry: Any, source: str) -> Table:
    if not isinstance(entry, Mapping):
        raise SnapshotError("it should be an object")
    name = _text(entry, "name")
    if not name:
        raise SnapshotError('"name" is missing')
    kind = _text(entry, "kind") or "table"
    if kind not in _KINDS:
        raise SnapshotError(f'"kind" is {kind!r}; it should be one of {", ".join(sorted(_KINDS))}')
    columns = [_column(column) for column in _list(entry, "columns")]
    return Table(
        name=name,
        schema=_text(entry, "schema"),
        catalog=_text(entry, "catalog"),
        kind=kind,
        columns={column.name: column for column in columns},
        indexes=_indexes(entry),
        rows=_count(entry, "rows"),
        bytes=_count(entry, "bytes"),
        partitioned_by=_texts(entry, "partitioned_by"),
        sort_key=_texts(entry, "sort_key"),
        clustered_by=_texts(entry, "clustered_by"),
        source=_text(entry, "source") or source,
        indexes_complete=entry.get("indexes_complete") is not False,
        definition=_text(entry, "definition"),
    )


def _column(entry: Any) -> ColumnStatistics:
    if isinstance(entry, str):
        return ColumnStatistics(entry)
    if not isinstance(entry, Mapping) or not _text(entry, "name"):
        raise SnapshotError('each of "columns" should be an object with a "name"')
    nullable = entry.get("nullable")
    if nullable is not None and not isinstance(nullable, bool):
        raise SnapshotError('"nullable" should be true, false or null')
    return ColumnStatistics(
        name=str(entry["name"]),
        type=_text(entry, "type"),
        nullable=nullable,
        distinct=_number(entry, "distinct"),
        null_fraction=_number(entry, "null_fraction"),
        average_width=_number(entry, "average_width"),
        minimum=_any_text(entry, "minimum"),
        maximum=_any_text(entry, "maximum"),
        collation=_text(entry, "collation"),
        common=_common(entry),
        histogram=_texts(entry, "histogram") or None,
        correlation=_number(entry, "correlation"),
    )


def _common(entry: Mapping[str, Any]) -> tuple[tuple[str, float], ...] | None:
    pairs = []
    for pair in _list(entry, "common"):
        known = isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)
        if not known or not _is_number(pair[1]):
            raise SnapshotError(
                '"common" should be a list of pairs, a value as text and its share of the rows'
            )
        pairs.append((pair[0], float(pair[1])))
    return tuple(pairs) or None


def _indexes(entry: Mapping[str, Any]) -> tuple[Index, ...] | None:
    """None where the file says nothing about indexes, empty where it says that there are none."""
    primary = _texts(entry, "primary_key")
    if entry.get("indexes") is None and not primary:
        return None
    found = [_index(index) for index in _list(entry, "indexes")]
    if primary and not any(index.primary for index in found):
        keys = tuple(IndexColumn(name) for name in primary)
        same = [
            n for n, index in enumerate(found) if index.columns == keys and index.unique and not index.where
        ]
        if same:
            found[same[0]] = replace(found[same[0]], primary=True)
        else:
            found.insert(0, Index(None, keys, unique=True, primary=True))
    return tuple(found)


def _index(entry: Any) -> Index:
    if not isinstance(entry, Mapping):
        raise SnapshotError('each of "indexes" should be an object with "columns"')
    return Index(
        name=_text(entry, "name"),
        columns=tuple(_key(key) for key in _list(entry, "columns")),
        unique=bool(entry.get("unique")),
        primary=bool(entry.get("primary")),
        method=_text(entry, "method") or "btree",
        where=_text(entry, "where"),
        include=_texts(entry, "include"),
    )


def _key(entry: Any) -> IndexColumn:
    if isinstance(entry, str):
        plain = not any(character in entry for character in "() '\"+-*/|:")
        return IndexColumn(entry) if plain else IndexColumn(None, entry)
    if not isinstance(entry, Mapping):
        raise SnapshotError('each of an index\'s "columns" should be a name, an expression or an object')
    name, expression = _text(entry, "name"), _text(entry, "expression")
    if (name is None) == (expression is None):
        raise SnapshotError('an index\'s key should have either "name" or "expression"')
    return IndexColumn(
        name,
        expression,
        bool(entry.get("descending")),
        _text(entry, "operator_class"),
        _text(entry, "collation"),
        _count(entry, "length"),
    )


def _text(entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    if value is not None and not isinstance(value, str):
        raise SnapshotError(f'"{key}" should be a text, not {type(value).__name__}')
    return value


def _any_text(entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    return None if value is None else str(value)


def _number(entry: Mapping[str, Any], key: str) -> float | None:
    value = entry.get(key)
    if value is None:
        return None
    if not _is_number(value):
        raise SnapshotError(f'"{key}" should be a number')
    number: float = value
    return number


def _is_number(value: Any) -> bool:
    """A number that can be counted with: neither NaN nor infinite, nor of 400 digits."""
    return type(value) in (int, float) and abs(value) < _MOST


def _count(entry: Mapping[str, Any], key: str) -> int | None:
    value = _number(entry, key)
    if value is not None and value < 0:
        raise SnapshotError(f'"{key}" should be a number from 0')
    return None if value is None else int(value)


def _list(entry: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = entry.get(key)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise SnapshotError(f'"{key}" should be a list')
    return value


def _texts(entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = _list(entry, key)
    if not all(isinstance(value, str) for value in values):
        raise SnapshotError(f'"{key}" should be a list of texts')
    return tuple(values)


# --- writing --------------------------------------------------------------------------------------


def _written(table: Table) -> str:
    plain = {
        "catalog": table.catalog,
        "schema": table.schema,
        "name": table.name,
        "kind": table.kind if table.kind != "table" else None,
        "rows": table.rows,
        "bytes": table.bytes,
        "partitioned_by": list(table.partitioned_by) or None,
        "sort_key": list(table.sort_key) or None,
        "clustered_by": list(table.clustered_by) or None,
        "indexes_complete": False if not table.indexes_complete else None,
        "definition": table.definition,
    }
    parts = [f"{json.dumps(key)}: {_json(value)}" for key, value in plain.items() if value is not None]
    columns = [{k: v for k, v in c._asdict().items() if v is not None} for c in table.columns.values()]
    parts.append(_block("columns", columns))
    if table.indexes is not None:
        parts.append(_block("indexes", [_written_index(index) for index in table.indexes]))
    return "    {" + ",\n     ".join(parts) + "}"


def _block(key: str, entries: Sequence[Mapping[str, Any]]) -> str:
    lines = ",\n       ".join(_json(entry) for entry in entries)
    return f'"{key}": [{lines}]'


def _written_index(index: Index) -> Mapping[str, Any]:
    found = {
        "name": index.name,
        "columns": [_written_key(key) for key in index.columns],
        "unique": index.unique or None,
        "primary": index.primary or None,
        "method": index.method if index.method != "btree" else None,
        "where": index.where,
        "include": list(index.include) or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _written_key(key: IndexColumn) -> Any:
    short = key.name if key.name is not None else key.expression
    if short is not None and _key(short) == key:
        return short
    return {name: value for name, value in key._asdict().items() if value not in {None, False}}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
