"""How many bytes an index will take on disk."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from dashlint.catalog.model import ColumnStatistics, Table

# --- PostgreSQL -----------------------------------------------------------------------------------
# Source: PostgreSQL's src/include/access/itup.h, nbtree.h and the manual, "B-Tree Structure".

_PAGE = 8192
#: Page header (24 bytes) and B-tree special space (16).
_PAGE_OVERHEAD = 24 + 16
#: Leaf pages are filled to 90 % (BTREE_DEFAULT_FILLFACTOR).
_FILL = 0.90
#: IndexTupleData; with the bitmap of NULLs, which is there when a key is NULL, 16.
_TUPLE_HEADER = 8
_ITEM_POINTER = 4
_ROW_POINTER = 6
#: _bt_load merges equal keys into lists of at most a tenth of a page (nbtsort.c: ``maxpostingsize``).
_LONGEST_LIST = (_PAGE // 10) // 8 * 8 - _ITEM_POINTER
#: Types whose equal values may look different, so that they are not merged (manual, 67.4.3 "Deduplication").
_NEVER_MERGED = frozenset({"numeric", "decimal", "real", "double precision", "float4", "float8", "jsonb"})
#: Bytes and alignment by type (``pg_type.typlen``, ``typalign``); all others are of variable length.
_POSTGRES_TYPES = {
    "boolean": (1, 1),
    "bool": (1, 1),
    "smallint": (2, 2),
    "int2": (2, 2),
    "integer": (4, 4),
    "int": (4, 4),
    "int4": (4, 4),
    "serial": (4, 4),
    "date": (4, 4),
    "real": (4, 4),
    "float4": (4, 4),
    "bigint": (8, 8),
    "int8": (8, 8),
    "bigserial": (8, 8),
    "double precision": (8, 8),
    "float8": (8, 8),
    "timestamp": (8, 8),
    "timestamptz": (8, 8),
    "time": (8, 8),
    "uuid": (16, 1),
}

# --- InnoDB ---------------------------------------------------------------------------------------
# Source: MySQL's storage/innobase: page0page.h, rem0rec.ic (compact records), and the manual, "InnoDB Page".

_INNODB_PAGE = 16384
#: File header and trailer (38 + 8), index header and segments (56 + 20), infimum and supremum (26).
_INNODB_OVERHEAD = 38 + 8 + 56 + 20 + 26
_INNODB_RECORD = 5
#: A sorted build leaves a sixteenth of each page (manual, ``innodb_fill_factor``); a slot of the page's
#: directory (2 bytes) stands for 4 to 8 records.
_INNODB_FILL = 15 / 16
_INNODB_SLOT = 2 / 6
#: A table without a primary key gets a number of 6 bytes (manual, "Clustered and Secondary Indexes").
_HIDDEN_KEY = 6
#: Manual, "Data Type Storage Requirements". Texts are as long as they are.
_MYSQL_TYPES = {
    "tinyint": 1,
    "bool": 1,
    "boolean": 1,
    "smallint": 2,
    "mediumint": 3,
    "int": 4,
    "integer": 4,
    "bigint": 8,
    "float": 4,
    "double": 8,
    "date": 3,
    "datetime": 5,
    "timestamp": 4,
    "year": 1,
    "time": 3,
    "enum": 1,
}
_PARENTHESES = re.compile(r"\([^)]*\)")
_INNODB = frozenset({"mysql", "mariadb"})
_POSTGRES = frozenset({"postgresql", "postgres", "greenplum", "timescaledb"})


class _Width(NamedTuple):
    """Bytes of a value and what its address is a multiple of."""

    bytes: float
    align: int


def index_bytes(table: Table, keys: Sequence[str], engine: str | None) -> int | None:
    """Bytes of a new B-tree on plain columns; None where the engine's layout or the statistics are unknown.

    PostgreSQL's and InnoDB's pages, as they are after the index was built: it grows when rows change. Columns
    count as independent of each other; an index on related ones takes less, as fewer keys differ.
    """
    known = (engine or "").lower().split("+", 1)[0]
    columns = [table.column(key) for key in keys]
    if table.rows is None or any(column is None for column in columns):
        return None
    found = [column for column in columns if column is not None]
    if known in _POSTGRES:
        return _postgres(table.rows, found)
    return _innodb(table, found) if known in _INNODB else None


def _type(column: ColumnStatistics) -> str:
    """``timestamp`` of ``timestamp(6) without time zone``."""
    name = " ".join(_PARENTHESES.sub(" ", (column.type or "").lower()).split())
    if name.startswith(("timestamp", "time ")):
        return name.split()[0]
    return name.removesuffix(" unsigned")


def _postgres(rows: int, columns: Sequence[ColumnStatistics]) -> int | None:
    if len(columns) == 1 and columns[0].null_fraction:
        # All NULLs are one key, the others have theirs.
        nulls = round(rows * columns[0].null_fraction)
        filled = columns[0]._replace(null_fraction=0.0)
        entries = _postgres_entries(rows - nulls, [filled], _rows_per_key(rows - nulls, [filled]))
        of_nulls = _merged(nulls, 2 * _TUPLE_HEADER, nulls)
        return None if entries is None else _postgres_pages(entries[0] + of_nulls, entries[1])
    entries = _postgres_entries(rows, columns, _rows_per_key(rows, columns))
    return None if entries is None else _postgres_pages(*entries)


def _postgres_entries(
    rows: int, columns: Sequence[ColumnStatistics], rows_per_key: float | None
) -> tuple[float, float] | None:
    """Bytes of all entries on leaf pages, and of one entry."""
    size = float(_TUPLE_HEADER)
    for column in columns:
        fixed = _POSTGRES_TYPES.get(_type(column))
        width = _Width(*fixed) if fixed is not None else _variable(column)
        if width is None:
            return None
        size = math.ceil(size / width.align) * width.align + width.bytes * (1 - (column.null_fraction or 0.0))
    if any((column.null_fraction or 0.0) > 0.5 for column in columns):  # the usual row has the bitmap
        size += _TUPLE_HEADER
    entry = _aligned(size)
    if rows_per_key is None or any(_type(column) in _NEVER_MERGED for column in columns):
        rows_per_key = 1
    return _merged(rows, entry, rows_per_key), entry


def _merged(rows: int, entry: float, rows_per_key: float) -> float:
    """Bytes of the entries of some rows, those of equal keys in lists."""
    longest = max(2, int((_LONGEST_LIST - entry) // _ROW_POINTER))
    listed = min(max(1.0, rows_per_key), longest)
    each = entry if listed < 2 else _aligned(entry + listed * _ROW_POINTER)
    return rows / (listed if listed >= 2 else 1) * (each + _ITEM_POINTER)


def _postgres_pages(entries: float, entry: float) -> int:
    leaves = max(1, math.ceil(entries / ((_PAGE - _PAGE_OVERHEAD) * _FILL)))
    # One entry for each leaf above it, filled to 70 % (nbtree.h: BTREE_NONLEAF_FILLFACTOR), and the metapage.
    inner = math.ceil(leaves * (entry + _ITEM_POINTER) / ((_PAGE - _PAGE_OVERHEAD) * 0.7))
    return (leaves + (inner if leaves > 1 else 0) + 1) * _PAGE


def _aligned(size: float) -> float:
    return math.ceil(size / 8) * 8


def _variable(column: ColumnStatistics) -> _Width | None:
    """A text or number of variable length: ``pg_stats.avg_width`` counts its length byte."""
    return _Width(column.average_width, 1) if column.average_width is not None else None


def _rows_per_key(rows: int, columns: Sequence[ColumnStatistics]) -> float | None:
    """How many rows have the same keys on average; None where distinct counts are unknown."""
    combinations = 1.0
    for column in columns:
        if column.distinct is None:
            return None
        combinations *= max(1.0, column.distinct)
    if not rows:
        return None
    if len(columns) == 1:
        return rows / min(combinations, rows)
    # Independent columns: rows thrown into so many boxes, those left empty not counted.
    filled = combinations * -math.expm1(-rows / combinations)
    return rows / max(1.0, filled)


def _innodb(table: Table, columns: Sequence[ColumnStatistics]) -> int | None:
    primary = next((index for index in table.indexes or () if index.primary), None)
    names = [key.name for key in primary.columns if key.name is not None] if primary is not None else []
    own = {column.name.casefold() for column in columns}
    behind = [table.column(name) for name in names if name.casefold() not in own]
    if any(column is None for column in behind) or table.rows is None:
        return None
    record = float(_INNODB_RECORD)
    keys = [*columns, *(column for column in behind if column is not None)]
    for column in keys:
        width = _mysql_width(column)
        if width is None:
            return None
        record += width * (1 - (column.null_fraction or 0.0))
    if primary is None:
        record += _HIDDEN_KEY
    record += math.ceil(sum(1 for column in keys if column.nullable) / 8)
    leaves = math.ceil(
        table.rows * (record + _INNODB_SLOT) / (_INNODB_PAGE - _INNODB_OVERHEAD) / _INNODB_FILL
    )
    # Inner pages repeat one record of each leaf, with 4 bytes for its page.
    inner = math.ceil(leaves * (record + 4) / (_INNODB_PAGE - _INNODB_OVERHEAD) / _INNODB_FILL)
    return (max(1, leaves) + (inner if leaves > 1 else 0)) * _INNODB_PAGE


def _mysql_width(column: ColumnStatistics) -> float | None:
    name = _type(column).split(" ", 1)[0]
    if name in _MYSQL_TYPES:
        return _MYSQL_TYPES[name]
    if name in {"decimal", "numeric"}:
        digits = re.search(r"\((\d+)", column.type or "")
        # Nine digits take four bytes (manual, "DECIMAL Data Type Characteristics").
        return math.ceil(int(digits.group(1)) / 9 * 4) if digits else None
    # And a byte for its length.
    return column.average_width + 1 if column.average_width is not None else None
