"""Which tables of the warehouse a dataset reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashlint.assets import Dataset

if TYPE_CHECKING:
    from dashlint.analysis import Analysis


def tables_of(dataset: Dataset, analysis: Analysis) -> tuple[str, ...] | None:
    """``catalog.schema.table`` of each, as far as known; None where a virtual dataset's SQL is unread."""
    if not dataset.is_virtual:
        return (".".join(p for p in (dataset.catalog, dataset.schema, dataset.name) if p),)
    facts = analysis.sql_facts(dataset)
    if facts is None:
        return None
    return tuple(
        ".".join(p for p in (ref.catalog, ref.schema or dataset.schema, ref.name) if p)
        for ref in facts.tables
    )
