"""What the queries of a dashboard ask of a table, and what would serve them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from dashlint.catalog.model import Table


class TextSearch(NamedTuple):
    """A pattern on a column. ``kind``: ``prefix`` (LIKE 'x%'), ``contains`` (LIKE '%x%').

    ``any_case`` tells that the pattern does not mind capitals (ILIKE).
    """

    column: str
    kind: str
    any_case: bool = False


@dataclass(frozen=True)
class Wanted:
    """What one kind of query asks of a table at the same time.

    ``equality`` are columns compared for equality (``=``, ``IN``), ``range`` a column compared with
    bounds; either may be an expression over columns, as SQL. ``text`` is one that is searched; ``charts``
    how many charts ask so. ``range_share`` is the share of the rows (0 to 1) that the range leaves, where it
    is known; ``conditions`` are the query's other conditions as SQL, by which a partial index may serve.
    """

    table: Table
    equality: frozenset[str]
    range: str | None
    charts: int
    text: TextSearch | None = None
    range_share: float | None = None
    conditions: tuple[str, ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """Columns that a B-tree could serve."""
        return self.equality | {self.range} if self.range is not None else self.equality


@dataclass(frozen=True)
class Proposal:
    """Something to create so that queries find their rows.

    ``columns`` are the keys in their order; ``statement`` is SQL to paste (a piece of the table's
    configuration where ``kind`` is ``table-config``). ``kind``: ``index``, ``text-index``, ``skip-index``,
    ``projection``, ``clustering``, ``sort-key``, ``partitioning``, ``sorted-copy``, ``table-config``.
    ``bytes`` is what it will take on disk, None where that cannot be told. ``serves`` are the wishes that it
    fulfils; ``reason`` is a sentence. ``note`` is what to know before running it. ``hypothetical`` is the
    index alone, without a name and options, as HypoPG takes it. ``source`` is the documentation.
    """

    table: Table
    columns: tuple[str, ...]
    statement: str
    kind: str
    bytes: int | None
    serves: tuple[Wanted, ...]
    reason: str
    note: str = ""
    hypothetical: str | None = None
    source: str = field(default="", repr=False)
