"""What the readers of DDL fill together."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashlint.catalog.model import ColumnStatistics, Index


@dataclass
class Parts:
    """What the parentheses and clauses of a CREATE TABLE say."""

    columns: dict[str, ColumnStatistics] = field(default_factory=dict)
    indexes: list[Index] = field(default_factory=list)
    partitioned_by: tuple[str, ...] = ()
    sort_key: tuple[str, ...] = ()
    clustered_by: tuple[str, ...] = ()
    parents: list[tuple[str, ...]] = field(default_factory=list)
