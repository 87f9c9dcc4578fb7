"""Is looking up the rows of a join one by one cheaper than reading the whole table?

The formulas are PostgreSQL's (costsize.c: cost_index, cost_seqscan, index_pages_fetched), cut down to what
decides. Other engines that hash have other constants and the same shape; there the answer is less sure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dashlint.catalog.model import Table
from dashlint.catalog.serving import servable

#: PostgreSQL manual, 19.7.2 "Planner Cost Constants": defaults.
_RANDOM_PAGE, _CPU_TUPLE, _CPU_INDEX, _CPU_OPERATOR = 4.0, 0.01, 0.005, 0.0025
_PAGE = 8192
#: Header and line pointer of a row (manual, "Database Page Layout"); an index entry beside its value.
_ROW_HEADER, _INDEX_ENTRY = 28, 16
#: What the planner takes for a type without a width of its own (lsyscache.c:get_typavgwidth).
_WIDTH = 32
#: Two estimates that are closer than this may well be the other way round.
_CLEARLY = 2.0
#: Without hash joins: MariaDB's ``join_cache_level`` is 2 by default, and a block nested loop compares every
#: row with every row (mariadb.com/kb, "Block-Based Join Algorithms": hash joins begin with 3).
_NO_HASH_JOIN = frozenset({"mariadb"})


def hashes_joins(engine: str | None) -> bool:
    """Whether an engine joins large tables by hashing (or sorting) when there is no index."""
    return (engine or "").lower().split("+", 1)[0] not in _NO_HASH_JOIN


def key_is_served(table: Table, columns: Collection[str], engine: str | None) -> bool | None:
    """Whether an index finds the rows by some of the columns that a join compares; None: not known."""
    answers = [
        servable(table, column, "equality", engine, equalities=[c for c in columns if c != column]).usable
        for column in columns
    ]
    if True in answers:
        return True
    return None if None in answers else False


def rows_per_key(table: Table, columns: Sequence[str]) -> float | None:
    """How many rows of a table one value of a join's key finds; None where nobody knows."""
    if table.rows is None:
        return None
    distinct = 1.0
    for column in columns:
        known = table.column(column)
        if known is None or not known.distinct:
            return None
        distinct *= known.distinct
    return table.rows / min(max(1.0, distinct), max(1, table.rows))


def lookups_pay(table: Table, columns: Sequence[str], times: float) -> bool:
    """Whether looking up keys so many times, in an index to be created, clearly costs less than a hash join.

    False, too, where the statistics do not tell.
    """
    matches = rows_per_key(table, columns)
    if table.rows is None or matches is None:
        return False
    widths = [c.average_width or _WIDTH for c in table.columns.values()]
    size = table.bytes or table.rows * (_ROW_HEADER + sum(widths))
    pages = max(1.0, size / _PAGE)
    keys = [table.column(name) for name in columns]
    key_width = sum((key.average_width if key is not None else None) or 8 for key in keys)
    leaves = max(1.0, table.rows * (_INDEX_ENTRY + key_width) / _PAGE / 0.9)
    fetched = _fetched(pages, times * matches) + _fetched(leaves, times)
    look_up = _RANDOM_PAGE * fetched + times * (
        50 * _CPU_OPERATOR + matches * (_CPU_INDEX + _CPU_OPERATOR + _CPU_TUPLE)
    )
    # Reading all of it and trying each row against the hashed other side.
    scan = pages + table.rows * (_CPU_TUPLE + _CPU_OPERATOR)
    return look_up * _CLEARLY <= scan


def _fetched(pages: float, rows: float) -> float:
    """Different pages in which so many rows lie: Mackert and Lohman, as in ``index_pages_fetched``."""
    return min(pages, 2 * pages * rows / (2 * pages + rows))
