"""Tables while their facts come in, one kind of fact after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashlint.catalog.model import ColumnStatistics, Index, IndexColumn, Table

#: Names that a sentence lists before it only counts.
_LISTED = 3


@dataclass(eq=False)
class Draft:
    """A table as far as it is known. ``indexes`` is None where there cannot be any (views)."""

    schema: str | None
    name: str
    kind: str = "table"
    rows: int | None = None
    bytes: int | None = None
    columns: dict[str, ColumnStatistics] = field(default_factory=dict)
    indexes: list[Index] | None = field(default_factory=list)
    indexes_complete: bool = True
    partitioned_by: tuple[str, ...] = ()
    definition: str | None = None

    def fill(self, column: str, **facts: Any) -> None:
        """Add to what is known of a column; facts that are None say nothing."""
        known = self.columns.get(column)
        if known is not None:
            self.columns[column] = known._replace(**{k: v for k, v in facts.items() if v is not None})

    def built(self, source: str) -> Table:
        return Table(
            name=self.name,
            schema=self.schema,
            kind=self.kind,
            columns=self.columns,
            indexes=None if self.indexes is None else tuple(self.indexes),
            rows=self.rows,
            bytes=self.bytes,
            partitioned_by=self.partitioned_by,
            source=source,
            indexes_complete=self.indexes_complete,
            definition=self.definition,
        )

    @property
    def path(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


def primary_first(index: Index) -> tuple[bool, str]:
    """The order of a table's indexes: the primary key, then by name."""
    return not index.primary, index.name or ""


def unique_by(names: Sequence[str], name: str | None = None, *, primary: bool = False) -> Index:
    """A key on plain columns."""
    return Index(name, tuple(IndexColumn(column) for column in names), unique=True, primary=primary)


def listed(drafts: Iterable[Draft]) -> str:
    """``3 tables (a, b, c)``, or ``12 tables (a, b, c, …)``."""
    paths = sorted(draft.path for draft in drafts)
    more = ", …" if len(paths) > _LISTED else ""
    return f"{len(paths):,} table{'s' if len(paths) != 1 else ''} ({', '.join(paths[:_LISTED])}{more})"


def partition_keys(clause: str) -> tuple[str, ...]:
    """The keys in what stands behind PARTITION BY, such as ``RANGE (ts)``, as the DDL reader gives them."""
    from dashlint.catalog.ddl_clauses import read_clauses
    from dashlint.catalog.ddl_model import Parts
    from dashlint.catalog.tokens import Cursor, tokenize

    parts = Parts()
    text = f"PARTITION BY {clause}"
    read_clauses(Cursor(text, tokenize(text, backslashes=False, brackets=False)), parts)
    return parts.partitioned_by


def query_of(create: str | None) -> str | None:
    """The SELECT of a CREATE VIEW, or of what is a SELECT already; None where there is no text."""
    from dashlint.catalog.tokens import UnreadableError, tokenize

    text = (create or "").strip().rstrip(";").rstrip()
    try:
        words = tokenize(text, backslashes=False, brackets=False)
    except UnreadableError:
        return text or None
    if words and words[0].upper == "CREATE":
        depth = 0
        for word in words:
            depth += {"(": 1, ")": -1}.get(word.upper, 0)
            if word.upper == "AS" and word.kind == "word" and not depth:
                return text[word.end :].strip()
    return text or None
