"""From a column that nothing serves to what should be created for it, in words and as statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dashlint.lint.amounts import plural, size
from dashlint.records import NamedTuple

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.assets import Dashboard
    from dashlint.catalog.model import Table
    from dashlint.catalog.wanted import Proposal


class Unserved(NamedTuple):
    """A physical column by which whole tables are read.

    ``label`` names the table for people. ``expression`` is what is compared where it is not the bare column.
    ``indexes`` tells whether the engine has any.
    """

    table: Table
    label: str
    column: str
    expression: str | None
    indexes: bool


def proposals_for(
    columns: Iterable[Unserved], dashboards: Iterable[Dashboard], analysis: Analysis
) -> list[Proposal]:
    """What the tables should get for all conditions of these dashboards, as far as it serves the columns.

    Each statement once, in the order of the columns.
    """
    offered = [p for dashboard in dashboards for p in analysis.advising.for_dashboard(dashboard)]
    found: dict[str, Proposal] = {}
    for unserved in columns:
        # An index on the bare column finds no values of an expression over it.
        own = (unserved.expression or unserved.column).casefold()
        fitting = [
            proposal
            for proposal in offered
            if proposal.table is unserved.table and own in {key.casefold() for key in proposal.columns}
        ]
        # One that begins with the column serves it also where the others are not compared.
        first = [proposal for proposal in fitting if proposal.columns[0].casefold() == own]
        for proposal in first or fitting:
            found.setdefault(proposal.statement, proposal)
    return list(found.values())


def advice(unserved: Unserved, proposals: Sequence[Proposal]) -> str:
    """What to do in words; the statements of the proposals stand beside it."""
    if proposals:
        words = [_in_words(proposal) for proposal in proposals]
        notes = dict.fromkeys(proposal.note for proposal in proposals if proposal.note)
        return " ".join(["; ".join(words), *(f"({note.rstrip('.')})" for note in notes)])
    if not unserved.indexes:
        return f"partition or cluster {unserved.label} by {unserved.column}"
    if unserved.expression is None:
        return f"index {unserved.label} ({unserved.column})"
    # What is sure to work as a key has been proposed.
    return (
        f"let the dataset hand the bare column {unserved.column} through and index it, or, if the engine has "
        f"such indexes, index the expression {unserved.expression} of {unserved.label}"
    )


def _in_words(proposal: Proposal) -> str:
    """``index public.orders (country, ordered_at): serves 12 charts, about 40 MiB``."""
    table = ".".join(part for part in (proposal.table.schema, proposal.table.name) if part)
    what = {"index": "index", "text-index": "index the text of"}.get(
        proposal.kind, proposal.kind.replace("-", " ")
    )
    charts = sum(want.charts for want in proposal.serves)
    room = f", about {size(proposal.bytes)}" if proposal.bytes is not None else ""
    return f"{what} {table} ({', '.join(proposal.columns)}): serves {plural(charts, 'chart')}{room}"
