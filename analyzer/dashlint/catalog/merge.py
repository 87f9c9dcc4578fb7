"""Several catalogs → one: what the first does not know, later ones may."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dashlint.catalog.model import Catalog, ColumnStatistics, Table


def merge(catalogs: Iterable[Catalog]) -> Catalog:
    """One catalog of all; of two that know the same thing, the earlier is believed.

    A table without a schema is the one of that name with a schema, if there is exactly one.
    """
    given = tuple(catalogs)
    tables: list[Table] = []
    places: dict[str, list[int]] = {}
    for catalog in given:
        for table in catalog.tables:
            same = [n for n in places.get(table.name.casefold(), ()) if _same(tables[n], table)]
            if len(same) == 1:
                tables[same[0]] = merged(tables[same[0]], table)
            else:
                places.setdefault(table.name.casefold(), []).append(len(tables))
                tables.append(table)
    return Catalog(
        tables,
        engine=next((c.engine for c in given if c.engine), None),
        database=next((c.database for c in given if c.database), None),
        source=", ".join(dict.fromkeys(c.source for c in given if c.source)),
        url=next((c.url for c in given if c.url), None),
    )


def _same(one: Table, other: Table) -> bool:
    pairs = ((one.schema, other.schema), (one.catalog, other.catalog))
    return all(a is None or b is None or a.casefold() == b.casefold() for a, b in pairs)


def merged(first: Table, second: Table) -> Table:
    """A table with the gaps of the first filled from the second."""
    columns = dict(first.columns)
    folded = {name.casefold(): name for name in columns}
    for column in second.columns.values():
        own = folded.get(column.name.casefold())
        if own is None:
            columns[column.name] = column
        else:
            columns[own] = _filled(columns[own], column)
    # A list that is known to have gaps gives way to a whole one.
    gaps = first.indexes is None or not first.indexes_complete
    better = second if gaps and second.indexes is not None else first
    return replace(
        first,
        schema=first.schema or second.schema,
        catalog=first.catalog or second.catalog,
        columns=columns,
        indexes=better.indexes if better.indexes is not None else second.indexes,
        indexes_complete=better.indexes_complete,
        rows=first.rows if first.rows is not None else second.rows,
        bytes=first.bytes if first.bytes is not None else second.bytes,
        partitioned_by=first.partitioned_by or second.partitioned_by,
        sort_key=first.sort_key or second.sort_key,
        clustered_by=first.clustered_by or second.clustered_by,
        definition=first.definition or second.definition,
        source=", ".join(dict.fromkeys(s for s in (first.source, second.source) if s)),
    )


def _filled(first: ColumnStatistics, second: ColumnStatistics) -> ColumnStatistics:
    known = second._asdict() | {name: value for name, value in first._asdict().items() if value is not None}
    return ColumnStatistics(**known)
