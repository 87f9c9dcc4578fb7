"""What a condition on one table of a join means for another: its rows are looked up by the join's key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dashlint.analysis.conditions import Part, place_of
from dashlint.assets import Dataset
from dashlint.catalog.verdict import Sought

if TYPE_CHECKING:
    from dashlint.analysis import Analysis


def lookups(
    analysis: Analysis, dataset: Dataset, shares: Sequence[tuple[Part, float | None]]
) -> Iterator[tuple[object, Sought]]:
    """Join keys by which a virtual dataset's tables can be entered from one that conditions narrow down.

    ``shares`` are the query's conditions, each with the share of its table's rows. A table joined by key with
    one of which a tenth is left has a tenth of its own rows left, as far as keys are spread evenly.
    Out: the place of the joined table (:attr:`Part.where`), and the look-up by its key.
    """
    from dashlint.catalog.access import servable
    from dashlint.sql.row_source import row_source

    rendered = analysis.rendered_sql(dataset)
    if rendered is None or rendered.error is not None:
        return
    engine = analysis.engine_of(dataset)
    read = row_source(rendered.text, engine)
    if read is None or read.outer:
        return
    places = [place_of(analysis.table(dataset, ref), ref) for ref in read.tables]
    for link in read.links:
        for (own, key), (other, _) in (link, link[::-1]):
            left = {
                (p.ref.column, p.ref.expression): share for p, share in shares if p.where == places[other]
            }
            narrowed = 1.0
            for share in left.values():
                narrowed *= share if share is not None else 1.0
            table = analysis.table(dataset, read.tables[own])
            if narrowed < 1 and table is not None:
                access = servable(table, key, "equality", engine)
                yield places[own], Sought(key, "in", narrowed, access)
