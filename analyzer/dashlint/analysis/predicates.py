"""The conditions that filters put on physical tables, and what the engine does with each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from dashlint.analysis import joins
from dashlint.analysis.conditions import Part, conditions_of
from dashlint.assets import Chart, Dashboard, Dataset, NativeFilter
from dashlint.catalog.planner import Rest
from dashlint.catalog.serving import Access
from dashlint.catalog.verdict import Sought, Verdict, verdict
from dashlint.sql.model import ColumnRef
from dashlint.superset.query import Query, Request

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.catalog.model import Table

_FIXED = ("equality", "in")


@dataclass(frozen=True)
class Predicate:
    """A condition that a dashboard puts on a physical column, through virtual datasets and views.

    ``chart`` sends it, reading ``dataset``, whose ``column`` it names (for a chart's own SQL, the first one
    in it). ``ref`` is the physical column, with the expression around it if there is one, and ``table`` what
    the catalog knows. ``kind``: ``equality``, ``in``, ``range``, ``prefix``, ``contains``, ``null``, or
    ``negation`` and ``other``, which no index serves. ``source``: ``filter`` (a native filter or
    customization), ``time-range`` (of the dashboard or chart), ``chart`` (saved with it), ``cross-filter``.
    ``selectivity`` is the share of the table's rows, 0 to 1, that pass all conditions of the query on this
    column. ``on_load``: sent when the dashboard or one of its tabs opens. ``op`` and ``value`` are the
    condition in Superset's words, ``sql`` as the table would be asked, where it can be written so.
    """

    chart: Chart | None
    dataset: Dataset
    column: str
    ref: ColumnRef
    table: Table | None
    kind: str
    source: str
    native_filter: NativeFilter | None
    selectivity: float | None
    access: Access
    verdict: Verdict
    on_load: bool = False
    op: str = ""
    value: Any = None
    sql: str | None = None


def of_dashboard(analysis: Analysis, dashboard: Dashboard, *, clicks: bool = True) -> tuple[Predicate, ...]:
    """Every different condition of a dashboard's chart queries.

    Of its opening, of each change of a filter and, with ``clicks``, of clicks that filter. One that some
    queries have in another company is there once for each verdict.
    """
    found: dict[tuple[object, ...], Predicate] = {}
    for request, visit in _requests(analysis, dashboard, clicks=clicks):
        for predicate in of_request(analysis, request, visit):
            key = (
                predicate.chart,
                predicate.ref,
                predicate.kind,
                predicate.source,
                predicate.native_filter.id if predicate.native_filter is not None else None,
                predicate.verdict.outcome,
                repr(predicate.value),
            )
            found.setdefault(key, predicate)
    return tuple(found.values())


class Visit(NamedTuple):
    """When a query is sent: on which dashboard, as it (or a tab) opens, or as a filter changes."""

    dashboard: Dashboard
    on_load: bool = False
    changed: NativeFilter | None = None


def _requests(analysis: Analysis, dashboard: Dashboard, *, clicks: bool) -> Iterator[tuple[Request, Visit]]:
    for name in analysis.events(dashboard):
        kind = name.partition(":")[0]
        if kind in ("load", "tab") or (clicks and kind == "cross-filter"):
            for request in analysis.event(dashboard, name).requests:
                yield request, Visit(dashboard, kind != "cross-filter")
    for native_filter in dashboard.filters:
        for request in analysis.filter_change(dashboard, native_filter).requests:
            yield request, Visit(dashboard, changed=native_filter)


def of_request(analysis: Analysis, request: Request, visit: Visit) -> Iterator[Predicate]:
    """The conditions of one chart request."""
    chart = request.chart
    dataset = analysis.dataset_of(chart) if chart is not None else None
    if chart is None or dataset is None:
        return
    for query in request.queries:
        yield from of_query(analysis, chart, dataset, query, visit, legacy=request.kind == "legacy")


def of_query(
    analysis: Analysis,
    chart: Chart,
    dataset: Dataset,
    query: Query,
    visit: Visit,
    *,
    legacy: bool = False,
) -> Iterator[Predicate]:
    """The conditions of one query, each judged together with the others on its table."""
    timing = _time_filter(analysis, chart, query, visit)
    parts = tuple(
        replace(part, picked=True) if _is_picked(part, timing, visit) else part
        for part in conditions_of(analysis, dataset, query, legacy=legacy)
    )
    context = (*parts, *analysis.own_conditions(dataset))
    sought = {id(part): _sought(analysis, part, context, dataset) for part in context}
    engine = analysis.engine_of(dataset)
    shares = [(part, sought[id(part)].share) for part in context]
    entries = list(joins.entries(analysis, dataset, shares))
    wanted = joins.part_wanted(analysis, dataset, query, shares)
    for part in parts:
        own = sought[id(part)]
        others = [sought[id(p)] for p in context if p is not part and p.where == part.where]
        others += [entry.lookup for entry in entries if entry.place == part.where]
        rest = Rest(joins.work_behind(part.where, entries, engine), wanted)
        source, native_filter = _source(part, timing, visit.dashboard)
        yield Predicate(
            chart,
            dataset,
            part.column,
            part.ref,
            part.table,
            part.kind,
            source,
            native_filter,
            own.share,
            own.access,
            _verdict(part, own, others, engine, rest),
            visit.on_load,
            part.op,
            part.value,
            part.sql,
        )


def _time_filter(analysis: Analysis, chart: Chart, query: Query, visit: Visit) -> NativeFilter | None:
    """The filter that gave a query its time range; None where the chart has one of its own."""
    if not query.time_range:
        return None
    if visit.changed is not None and visit.changed.filter_type == "filter_time":
        # The event's requests are of the charts in its scope.
        return visit.changed
    for native_filter in reversed(visit.dashboard.filters):
        if native_filter.default_extra_form_data.get("time_range") == query.time_range:
            placements = analysis.charts_in_scope(visit.dashboard, native_filter)
            if any(placement.chart is chart for placement in placements):
                return native_filter
    return None


def _is_picked(part: Part, timing: NativeFilter | None, visit: Visit) -> bool:
    """Whether a condition's bounds stand for those that somebody will pick."""
    changed = visit.changed
    if changed is None:
        return False
    if part.op == "TEMPORAL_RANGE":
        return timing is changed
    return part.source == changed.id and changed.filter_type == "filter_range"


def _verdict(part: Part, own: Sought, others: list[Sought], engine: str | None, rest: Rest) -> Verdict:
    if part.obstacle is not None:
        return Verdict("scan-is-right", part.obstacle)
    if part.table is None:
        return Verdict("unknown", own.access.reason, certain=False)
    return verdict(part.table, own, others, engine, rest)


def _sought(analysis: Analysis, part: Part, context: tuple[Part, ...], dataset: Dataset) -> Sought:
    from dashlint.catalog.access import servable

    beside = [p for p in context if p is not part and p.where == part.where]
    access = Access(usable=None, reason=f"nothing is known of {part.ref.table.name}", certain=False)
    if part.table is not None and part.kind in ("equality", "in", "range", "prefix", "contains", "null"):
        access = servable(
            part.table,
            part.ref.column,
            part.kind,
            analysis.engine_of(dataset),
            equalities=[
                p.ref.column for p in beside if p.kind in ("equality", "in") and not p.ref.transformed
            ],
            conditions=[p.sql for p in beside if p.sql is not None],
            expression=part.ref.expression or "?" if part.ref.transformed else None,
        )
        if part.obstacle is not None and access.usable:
            access = Access(usable=False, reason=part.obstacle)
    share = part.share([p for p in context if p.ref == part.ref], analysis.now)
    return Sought(part.ref.column, part.kind, share, access, part.ref.expression, part.guessed)


def _source(part: Part, timing: NativeFilter | None, dashboard: Dashboard) -> tuple[str, NativeFilter | None]:
    if part.op == "TEMPORAL_RANGE":
        return "time-range", timing
    if part.source == "chart":
        return "chart", None
    filters = (*dashboard.filters, *dashboard.chart_customizations)
    native_filter = next((f for f in filters if f.id == part.source), None)
    return ("filter", native_filter) if native_filter is not None else ("cross-filter", None)
