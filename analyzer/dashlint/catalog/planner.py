"""What reading a table costs an engine: all of it, or the rows that an index finds.

The formulas and constants are the engines' own, cut down to what decides between the two. Costs are in the
engine's own unit (about one page read) and only to be compared with each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
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

#: Below this share other engines' planners use an index on tables worth one, and nobody is sure above it:
#: the band that dashlint answers for (docs/catalog.md).
SURE_SHARE = 0.05

POSTGRES = frozenset({"postgresql", "postgres", "timescaledb", "yugabytedb", "greenplum"})
INNODB = frozenset({"mysql", "mariadb", "oceanbase"})


class Costs(Protocol):
    """An engine's costs of one table. Shares are of the table's rows, 0 to 1."""

    combines: bool

    def scan(self) -> float:
        """Reading every row."""

    def find(self, share: float, width: float | None = None, *, equal: bool = False) -> float:
        """Reading the rows that a B-tree index finds; ``width`` of its key in bytes."""

    def more(self, share: float, other: float) -> bool:
        """Whether an index that finds ``share`` is used beside one that finds ``other``."""


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
        return _InnoDb(size)
    return None


class _Postgres:
    """costsize.c: cost_seqscan, cost_bitmap_heap_scan, btcostestimate; the correlation counts as unknown."""

    combines = True

    def __init__(self, size: _Size) -> None:
        self._rows = size.rows
        self._pages = max(1.0, size.bytes / _PG_PAGE)

    def scan(self) -> float:
        return self._parallel(self._pages, self._pages, self._rows * (_CPU_TUPLE + _CPU_OPERATOR))

    @staticmethod
    def _parallel(pages: float, io: float, cpu: float) -> float:
        """The cheaper one: alone, or with workers that share the rows (not the pages) among them."""
        alone = io + cpu
        if pages < _PARALLEL_PAGES:
            return alone
        workers = min(_MOST_WORKERS, 1 + int(math.log(pages / _PARALLEL_PAGES, 3)))
        divisor = workers + max(0.0, 1 - _LEADER_LOSS * workers)
        return min(alone, _PARALLEL_SETUP + io + cpu / divisor)

    def _look_up(self, share: float, width: float | None) -> float:
        found = share * self._rows
        leaves = self._rows * (_LEAF_ENTRY + (width or 8)) / (_PG_PAGE * _LEAF_FILL)
        descent = (math.log2(self._rows + 1) + 150) * _CPU_OPERATOR
        each = _CPU_INDEX + _CPU_OPERATOR + 0.1 * _CPU_OPERATOR
        return descent + math.ceil(leaves * share) * _RANDOM_PAGE + found * each

    def _fetch(self, share: float) -> float:
        found, pages = share * self._rows, self._pages
        # Mackert and Lohman, as in index_pages_fetched.
        fetched = min(pages, 2 * pages * found / (2 * pages + found))
        each = _RANDOM_PAGE
        if fetched >= 2:
            each -= (_RANDOM_PAGE - _SEQ_PAGE) * math.sqrt(fetched / pages)
        return self._parallel(fetched, fetched * each, found * (_CPU_TUPLE + _CPU_OPERATOR))

    def find(self, share: float, width: float | None = None, *, equal: bool = False) -> float:
        del equal
        return self._look_up(share, width) + self._fetch(share)

    def more(self, share: float, other: float) -> bool:
        """BitmapAnd: the second index has to cost less than the rows that it spares."""
        return self._look_up(share, None) < self._fetch(other) - self._fetch(share * other)


class _InnoDb:
    """opt_range.cc, sql_select.cc:best_access_path of MariaDB 10, for tables without a covering index."""

    combines = False

    def __init__(self, size: _Size) -> None:
        self._rows = size.rows
        self._pages = max(1.0, size.bytes / _INNODB_PAGE)

    def scan(self) -> float:
        return self._pages + self._rows / _TIME_FOR_COMPARE

    def find(self, share: float, width: float | None = None, *, equal: bool = False) -> float:
        del width
        found = share * self._rows
        # "ref": no more than a tenth of the rows, nor three times the table, is taken to be read from disk.
        read = min(found, self._rows / 10, 3 * self._pages) if equal else found
        return read + found / _TIME_FOR_COMPARE

    def more(self, share: float, other: float) -> bool:
        """One index per table: an additional one takes the other's place or is left alone."""
        return self.find(share) < self.find(other)


#: For type checkers: both have what :class:`Costs` asks for.
_MODELS: tuple[Callable[[_Size], Costs], ...] = (_Postgres, _InnoDb)
