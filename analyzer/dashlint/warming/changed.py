"""From tables whose data have changed to the datasets that read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dashlint.analysis import Analysis
from dashlint.analysis.reads import tables_of
from dashlint.assets import Dataset


class Affected(NamedTuple):
    """``by_table`` are datasets by the table that was named; ``unread`` are virtual ones whose SQL nobody
    could read, which may read any table. ``strangers`` are tables that no dataset reads.
    """

    by_table: dict[str, tuple[Dataset, ...]]
    unread: tuple[Dataset, ...]
    strangers: tuple[str, ...]

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """Those that surely read a changed table, each once."""
        return tuple(dict.fromkeys(one for found in self.by_table.values() for one in found))


def affected(tables: Sequence[str], analysis: Analysis) -> Affected:
    """The datasets that read these tables, virtual ones included.

    A table is named ``table``, ``schema.table`` or ``catalog.schema.table``, in any case; parts that a
    dataset does not name (its database's default schema) are taken to agree.
    """
    by_table: dict[str, list[Dataset]] = {table: [] for table in tables}
    unread = []
    for dataset in analysis.workspace.datasets:
        reads = tables_of(dataset, analysis)
        if reads is None:
            unread.append(dataset)
            continue
        for table, found in by_table.items():
            if any(_same(table, one) for one in reads):
                found.append(dataset)
    return Affected(
        {table: tuple(found) for table, found in by_table.items() if found},
        tuple(unread),
        tuple(table for table, found in by_table.items() if not found),
    )


def _same(wanted: str, read: str) -> bool:
    ours = [part.strip('"`[] ').lower() for part in reversed(wanted.split("."))]
    theirs = [part.strip('"`[] ').lower() for part in reversed(read.split("."))]
    return all(a == b for a, b in zip(ours, theirs, strict=False))
