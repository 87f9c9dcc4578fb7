"""The conditions that filters put on physical tables, and what the engine does with each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashlint.analysis import joins
from dashlint.analysis.conditions import Part, conditions_of, parts_of
from dashlint.assets import Chart, Dashboard, Dataset, NativeFilter
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


def of_dashboard(analysis: Analysis, dashboard: Dashboard) -> tuple[Predicate, ...]:
    """Every different condition of a dashboard's chart queries: when it opens, a filter changes, or a click
    filters. One that some queries have in another company is there once for each verdict.
    """
    found: dict[tuple[object, ...], Predicate] = {}
    for request, on_load in _requests(analysis, dashboard):
        for predicate in of_request(analysis, dashboard, request, on_load=on_load):
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


def _requests(analysis: Analysis, dashboard: Dashboard) -> Iterator[tuple[Request, bool]]:
    for name in analysis.events(dashboard):
        kind = name.partition(":")[0]
        if kind in ("load", "tab", "cross-filter"):
            for request in analysis.event(dashboard, name).requests:
                yield request, kind != "cross-filter"
    for native_filter in dashboard.filters:
        for request in analysis.filter_change(dashboard, native_filter).requests:
            yield request, False


def of_request(
    analysis: Analysis, dashboard: Dashboard, request: Request, *, on_load: bool = False
) -> Iterator[Predicate]:
    """The conditions of one chart request."""
    dataset = analysis.dataset_of(request.chart) if request.chart is not None else None
    if request.chart is None or dataset is None:
        return
    for query in request.queries:
        yield from of_query(
            analysis, dashboard, request.chart, dataset, query,
            legacy=request.kind == "legacy", on_load=on_load,
        )  # fmt: skip


def of_query(
    analysis: Analysis,
    dashboard: Dashboard | None,
    chart: Chart,
    dataset: Dataset,
    query: Query,
    *,
    legacy: bool = False,
    on_load: bool = False,
) -> Iterator[Predicate]:
    """The conditions of one query, each judged together with the others on its table."""
    parts = conditions_of(analysis, dataset, query, legacy=legacy)
    context = (*parts, *parts_of(analysis, dataset))
    sought = {id(part): _sought(analysis, part, context, dataset) for part in context}
    engine = analysis.engine_of(dataset)
    joined = list(joins.lookups(analysis, dataset, [(p, sought[id(p)].share) for p in context]))
    for part in parts:
        own = sought[id(part)]
        others = [sought[id(p)] for p in context if p is not part and p.where == part.where]
        others += [found for where, found in joined if where == part.where]
        source, native_filter = _source(part, dashboard)
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
            _verdict(part, own, others, engine),
            on_load,
            part.op,
            part.value,
            part.sql,
        )


def _verdict(part: Part, own: Sought, others: list[Sought], engine: str | None) -> Verdict:
    if part.obstacle is not None:
        return Verdict("scan-is-right", part.obstacle)
    if part.table is None:
        return Verdict("unknown", own.access.reason, certain=False)
    return verdict(part.table, own, others, engine)


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


def _source(part: Part, dashboard: Dashboard | None) -> tuple[str, NativeFilter | None]:
    if part.source == "chart":
        return "chart", None
    chosen = {f.id: f for f in (*dashboard.filters, *dashboard.chart_customizations)} if dashboard else {}
    native_filter = chosen.get(part.source)
    if native_filter is not None:
        return ("time-range" if native_filter.filter_type == "filter_time" else "filter"), native_filter
    if part.source == "time-range":
        return "time-range", None
    return ("cross-filter" if part.source not in ("filter", "") else "filter"), None
