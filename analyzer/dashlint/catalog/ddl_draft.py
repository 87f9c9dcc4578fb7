"""A table while its script is being read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dashlint.catalog.ddl_model import Parts
from dashlint.catalog.model import Index, Table


@dataclass(eq=False)
class Draft:
    """A table as far as it has been read."""

    path: tuple[str, ...]
    parts: Parts
    kind: str = "table"
    indexes: list[Index] = field(default_factory=list)
    definition: str | None = None

    def take_over(self, parent: Draft) -> bool:
        """Add the columns and indexes that a partition has from its parent; tell if any were new."""
        new = {n: c for n, c in parent.parts.columns.items() if n not in self.parts.columns}
        self.parts.columns.update(new)
        known = {(index.columns, index.where) for index in self.indexes}
        added = [replace(i, name=None) for i in parent.indexes if (i.columns, i.where) not in known]
        self.indexes += added
        return bool(new or added)

    def built(self, source: str) -> Table:
        """The table. A view has no indexes to know of."""
        catalog, schema, name = (None, None, *self.path)[-3:]
        return Table(
            name=name or "",
            schema=schema,
            catalog=catalog,
            kind=self.kind,
            columns=dict(self.parts.columns),
            indexes=tuple(self.indexes) if self.kind != "view" else None,
            partitioned_by=self.parts.partitioned_by,
            sort_key=self.parts.sort_key,
            clustered_by=self.parts.clustered_by,
            source=source,
            definition=self.definition,
        )


def folded(path: tuple[str, ...]) -> tuple[str, ...]:
    """A path as a key: names match without regard to case."""
    return tuple(part.casefold() for part in path)
