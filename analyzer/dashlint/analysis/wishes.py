"""From the conditions of a dashboard's queries to what they ask of its tables together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from dashlint.catalog.wanted import TextSearch, Wanted

if TYPE_CHECKING:
    from dashlint.assets import Chart
    from dashlint.catalog.model import Table
    from dashlint.sql.model import ColumnRef


class Judged(Protocol):
    """What became of a condition: ``served``, ``scan``, ``scan-is-right`` or ``unknown``."""

    @property
    def outcome(self) -> str: ...


class Condition(Protocol):
    """A condition that a chart's query puts on a physical column."""

    @property
    def chart(self) -> Chart | None: ...
    @property
    def ref(self) -> ColumnRef: ...
    @property
    def table(self) -> Table | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def selectivity(self) -> float | None: ...
    @property
    def op(self) -> str: ...
    @property
    def sql(self) -> str | None: ...
    @property
    def verdict(self) -> Judged: ...


#: Conditions that every query of a chart has, whatever somebody picks.
_ALWAYS = frozenset({"chart", "time-range"})


def wanted_of(predicates: Iterable[Condition]) -> tuple[Wanted, ...]:
    """What would serve the conditions of one dashboard that nothing serves now.

    Each condition whose verdict is ``scan`` asks together with those that its chart always sends: their
    columns come into the same index. Equal wishes are one, with the number of charts that have it.
    """
    known = [p for p in predicates if p.table is not None and (p.ref.expression or not p.ref.transformed)]
    found: dict[tuple[object, ...], tuple[Wanted, dict[Chart | None, None]]] = {}
    for predicate in known:
        if predicate.verdict.outcome != "scan":
            continue
        want = _want(predicate, list(_beside(predicate, known)))
        if want is None:
            continue
        key = (id(want.table), want.equality, want.range, want.text)
        first, charts = found.setdefault(key, (want, {}))
        charts[predicate.chart] = None
        shares = (first.range_share, want.range_share)
        # The widest range and what all of them have in common.
        widest = None if None in shares else max(share for share in shares if share is not None)
        same = tuple(c for c in first.conditions if c in want.conditions)
        found[key] = replace(first, range_share=widest, conditions=same), charts
    return tuple(replace(want, charts=len(charts)) for want, charts in found.values())


def _beside(predicate: Condition, known: Sequence[Condition]) -> Iterator[Condition]:
    """The conditions that the same chart always puts on the same table."""
    for other in known:
        same = other.chart is predicate.chart and other.table is predicate.table
        if same and other is not predicate and other.source in _ALWAYS:
            yield other


def _want(predicate: Condition, beside: Sequence[Condition]) -> Wanted | None:
    table = predicate.table
    if table is None:
        return None
    own = _name(predicate)
    equality = {_name(other) for other in beside if other.kind in {"equality", "in"}}
    ranges = [other for other in (predicate, *beside) if other.kind == "range"]
    text = None
    if predicate.kind in {"equality", "in"}:
        equality.add(own)
    elif predicate.kind in {"prefix", "contains"} and not predicate.ref.transformed:
        text = TextSearch(own, predicate.kind, any_case=predicate.op.upper().startswith("ILIKE"))
    elif predicate.kind != "range":
        return None
    # One range per index: its own, else the one that leaves the fewest rows.
    ranges = [predicate] if predicate.kind == "range" else ranges
    chosen = min(ranges, key=lambda r: r.selectivity if r.selectivity is not None else 1.0, default=None)
    if chosen is not None and _name(chosen) in equality:
        chosen = None
    return Wanted(
        table,
        frozenset(equality),
        _name(chosen) if chosen is not None else None,
        1,
        text,
        chosen.selectivity if chosen is not None else None,
        tuple(sorted({other.sql for other in beside if other.sql})),
    )


def _name(predicate: Condition) -> str:
    """The column as the catalog spells it, or the expression that is compared."""
    if predicate.ref.transformed:
        return predicate.ref.expression or predicate.ref.column
    table = predicate.table
    column = table.column(predicate.ref.column) if table is not None else None
    return column.name if column is not None else predicate.ref.column
