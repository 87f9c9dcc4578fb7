"""What reading a table costs an engine: all of it, or the rows that an index finds.

The formulas and constants are the engines' own, cut down to what decides between the two. Costs are in the
engine's own unit (about one page read) and only to be compared with each other.
"""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

from dashlint.catalog.model import Table

# PostgreSQL manual, 19.7.2 "Planner Cost Constants": defaults.
_SEQ_PAGE, _RANDOM_PAGE = 1.0, 4.0
_CPU_TUPLE, _CPU_INDEX, _CPU_OPERATOR = 0.01, 0.005, 0.0025
_PARALLEL_SETUP = 1000.0
# min_parallel_table_scan_size is 8 MB, max_parallel_workers_per_gather 2; each tripling of the size adds a
# worker (allpaths.c:compute_parallel_worker), and the leader helps with what workers leave it
# (costsize.c:get_parallel_divisor).
_PARALLEL_PAGES, _MOST_WORKERS, _LEADER_LOSS = 1024, 2, 0.3
_PG_PAGE = 8192
#: A leaf's entry has 16 bytes beside its value, and leaves are filled to 90 % (manual, 71.6; nbtree.h).
_LEAF_ENTRY, _LEAF_FILL = 16, 0.9
#: Header and line pointer of a row (manual, 73.6 "Database Page Layout").
_ROW_HEADER = 28
#: What the planner takes for a type without a width of its own (lsyscache.c:get_typavgwidth).
_UNKNOWN_WIDTH = 32

# MariaDB 10 (sql_const.h, handler.h): comparing five rows costs as much as reading a block
# (TIME_FOR_COMPARE), and each row that a secondary index finds is a block read (handler::read_time).
_INNODB_PAGE, _TIME_FOR_COMPARE = 16384, 5.0
#: max_rowid_filter_size is 128 KiB, a row's id eight bytes here; a page holds some 500 keys with their ids.
_ROWID_FILTER, _KEYS_PER_PAGE = 131_072 / 8, 500

#: Below this share other engines' planners use an index on tables worth one, and nobody is sure above it:
#: the band that dashlint answers for (docs/catalog.md).
SURE_SHARE = 0.05

POSTGRES = frozenset({"postgresql", "postgres", "timescaledb", "yugabytedb", "greenplum"})
INNODB = frozenset({"mysql", "mariadb", "oceanbase"})


class Rest(NamedTuple):
    """What a query does with a table's rows.

    ``behind`` is the cost of looking up the rows of other tables that belong to them: a parallel scan has
    its workers share that. ``wanted`` is the part of the rows, 0 to 1, after which a LIMIT is reached.
    """

    behind: float = 0.0
    wanted: float = 1.0


ALL = Rest()


class Costs(Protocol):
    """An engine's costs of one table."""

    def scan(self, rest: Rest = ALL) -> float:
        """Reading every row, as far as the query goes on."""

    def find(self, lookup: Lookup, rest: Rest = ALL) -> float:
        """Reading the rows that one index finds."""

    def both(self, one: Lookup, other: Lookup) -> float | None:
        """Reading the rows that two indexes find together; None where the engine takes one at a time."""


class Lookup(NamedTuple):
    """What an index is asked for: a ``share`` of the table's rows (0 to 1), and what its column is like.

    ``width`` is that of its key in bytes, ``correlation`` how far it follows the order of the rows (None:
    unknown, taken as not at all). ``equal``: one value is looked up.
    """

    share: float
    width: float | None = None
    correlation: float | None = None
    equal: bool = False


class _Size(NamedTuple):
    rows: float
    bytes: float


def size_of(table: Table) -> _Size | None:
    """Rows and bytes of a table, the latter from its columns' widths where nobody measured; None: unknown."""
    if table.rows is None:
        return None
    if table.bytes:
        return _Size(table.rows, table.bytes)
    if not table.columns:
        return None
    widths = (c.average_width or _UNKNOWN_WIDTH for c in table.columns.values())
    return _Size(table.rows, table.rows * (_ROW_HEADER + sum(widths)))


def costs_of(table: Table, engine: str | None) -> Costs | None:
    """The costs of a table; None where the size is not known, or the engine's planner is not modelled."""
    size = size_of(table)
    dialect = (engine or "").lower().split("+", 1)[0]
    if size is None or size.rows <= 0:
        return None
    if dialect in POSTGRES:
        return _Postgres(size)
    if dialect in INNODB:
        return _InnoDb(size, filters=dialect == "mariadb")
    return None


class _Postgres:
    """costsize.c: cost_seqscan, cost_index, cost_bitmap_heap_scan; selfuncs.c: btcostestimate."""

    def __init__(self, size: _Size) -> None:
        self._rows = size.rows
        self._pages = max(1.0, size.bytes / _PG_PAGE)

    def scan(self, rest: Rest = ALL) -> float:
        cpu = self._rows * (_CPU_TUPLE + _CPU_OPERATOR)
        if rest.wanted < 1:
            return rest.wanted * (self._pages + cpu)
        return self._parallel(self._pages, self._pages, cpu + rest.behind)

    @staticmethod
    def _parallel(pages: float, io: float, cpu: float) -> float:
        """The cheaper one: alone, or with workers that share the rows (not the pages) among them."""
        alone = io + cpu
        if pages < _PARALLEL_PAGES:
            return alone
        workers = min(_MOST_WORKERS, 1 + int(math.log(pages / _PARALLEL_PAGES, 3)))
        divisor = workers + max(0.0, 1 - _LEADER_LOSS * workers)
        return min(alone, _PARALLEL_SETUP + io + cpu / divisor)

    def _look_up(self, lookup: Lookup) -> float:
        """The index's own part."""
        leaves = self._rows * (_LEAF_ENTRY + (lookup.width or 8)) / (_PG_PAGE * _LEAF_FILL)
        descent = (math.log2(self._rows + 1) + 150) * _CPU_OPERATOR
        found = lookup.share * self._rows
        return (
            descent + math.ceil(leaves * lookup.share) * _RANDOM_PAGE + found * (_CPU_INDEX + _CPU_OPERATOR)
        )

    def _fetched(self, share: float) -> float:
        """Pages with at least one of the rows: Mackert and Lohman, as in index_pages_fetched."""
        found, pages = share * self._rows, self._pages
        return min(pages, 2 * pages * found / (2 * pages + found))

    def _bitmap(self, share: float) -> float:
        pages = self._fetched(share)
        each = _RANDOM_PAGE
        if pages >= 2:
            each -= (_RANDOM_PAGE - _SEQ_PAGE) * math.sqrt(pages / self._pages)
        found = share * self._rows
        # A tenth of an operator for each row that enters the bitmap (cost_bitmap_tree_node).
        return self._parallel(pages, pages * each, found * (_CPU_TUPLE + 1.1 * _CPU_OPERATOR))

    def _in_order(self, lookup: Lookup) -> float:
        """Row by row in the index's order: pages in sequence as far as both orders are the same."""
        correlation = lookup.correlation or 0.0
        most = self._fetched(lookup.share) * _RANDOM_PAGE
        least = _RANDOM_PAGE + max(0.0, math.ceil(lookup.share * self._pages) - 1) * _SEQ_PAGE
        io = most + correlation * correlation * (least - most)
        return io + lookup.share * self._rows * (_CPU_TUPLE + _CPU_OPERATOR)

    def find(self, lookup: Lookup, rest: Rest = ALL) -> float:
        index, heap, ordered = self._look_up(lookup), self._bitmap(lookup.share), self._in_order(lookup)
        # A bitmap is made as a whole before the first row comes.
        return min(index + rest.wanted * heap, rest.wanted * (index + ordered)) + rest.behind

    def both(self, one: Lookup, other: Lookup) -> float | None:
        return self._look_up(one) + self._look_up(other) + self._bitmap(one.share * other.share)


class _InnoDb:
    """opt_range.cc, sql_select.cc:best_access_path of MariaDB 10, for tables without a covering index."""

    def __init__(self, size: _Size, *, filters: bool) -> None:
        """``filters``: whether the engine filters the rows of one index by another (MariaDB 10.4)."""
        self._filters = filters
        self._rows = size.rows
        self._pages = max(1.0, size.bytes / _INNODB_PAGE)

    def scan(self, rest: Rest = ALL) -> float:
        return self._pages + self._rows / _TIME_FOR_COMPARE + rest.behind

    def find(self, lookup: Lookup, rest: Rest = ALL) -> float:
        found = lookup.share * self._rows
        # "ref": no more than a tenth of the rows, nor three times the table, is taken to be read from disk.
        read = min(found, self._rows / 10, 3 * self._pages) if lookup.equal else found
        return read + found / _TIME_FOR_COMPARE + rest.behind

    def both(self, one: Lookup, other: Lookup) -> float | None:
        if not self._filters:
            return None
        # The way to the rows is chosen before a filter for it is looked for.
        first, second = sorted((one, other), key=self.find)
        return self._filtered(first, second)

    def _filtered(self, lookup: Lookup, by: Lookup) -> float:
        """Rows of one index, looked up only where a sorted list of the other's has them (rowid_filter.cc)."""
        listed, found = by.share * self._rows, lookup.share * self._rows
        if listed > _ROWID_FILTER:
            return math.inf
        search = 0.01 * math.log(max(2.0, listed))
        made = listed * (0.01 + search) + listed / _KEYS_PER_PAGE
        return made + found * search + self.find(lookup._replace(share=lookup.share * by.share))
