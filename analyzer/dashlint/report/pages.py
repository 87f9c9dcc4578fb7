"""What a page about one dashboard shows beyond its figures: layout, charts with SQL, fan-out, timeline.

Only formats that draw a dashboard need it, so a :class:`~dashlint.report.model.Report` makes it on demand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.assets import Chart, Dashboard, NativeFilter
from dashlint.cost.model import UNKNOWN, Cost, Rows
from dashlint.records import NamedTuple
from dashlint.superset.query import CacheTimeout, Query, Request

if TYPE_CHECKING:
    from dashlint.report.boxes import Box

#: Characters of SQL, each text counted once, after which statements are left out: a browser still opens
#: a page with so much in about a second (30 MB in all, Chromium 156), and one virtual dataset may hold
#: hundreds of thousands of characters that stand in the statement of each of its charts.
MOST_SQL = 16 * 2**20


class Sql(NamedTuple):
    """A statement. ``text`` is a place in ``Details.sql``, None where there is none; see ``Statement``."""

    role: str
    text: int | None
    error: str | None
    unknown: tuple[str, ...]


class ChartPart(NamedTuple):
    """A chart of a dashboard: what it sends when the dashboard opens, else when its tab does.

    ``rows`` are those of all its queries together. ``sql`` is None where it was left out.
    """

    uuid: str
    name: str
    type: str
    dataset: str | None
    database: str | None
    on_load: bool
    queries: int
    rows: Rows
    memory: Cost
    cache: CacheTimeout | None
    sql: tuple[Sql, ...] | None


class FilterPart(NamedTuple):
    """A filter, and what one change of it sends once every tab was opened.

    ``charts`` and ``options`` are places in the page's charts and filters: those that query again.
    """

    id: str
    name: str
    type: str
    target: str | None
    charts: tuple[int, ...]
    options: tuple[int, ...]
    queries: int
    memory: Cost
    notes: tuple[str, ...]


class RequestPart(NamedTuple):
    """A request of a load; ``wave`` 0 goes first. ``chart`` is a place in the page's charts."""

    wave: int
    kind: str
    name: str
    chart: int | None
    queries: int
    memory: Cost
    waits_for: tuple[str, ...]
    because: tuple[str, ...]


class Page(NamedTuple):
    """A dashboard. ``error`` is set where it could not be analysed; the rest is then empty.

    ``given`` is false where none of its charts was: what it asks of a server is then not known.
    """

    uuid: str
    given: bool = True
    slug: str | None = None
    owners: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()
    charts: tuple[ChartPart, ...] = ()
    filters: tuple[FilterPart, ...] = ()
    load: tuple[RequestPart, ...] = ()
    notes: tuple[str, ...] = ()
    error: str | None = None


class Details(NamedTuple):
    """The pages, and the SQL that they refer to, each text once."""

    pages: tuple[Page, ...]
    sql: tuple[str, ...]


def charts_given(dashboard: Dashboard, analysis: Analysis) -> bool:
    """Whether any of a dashboard's charts was given, if it has some. One that is gone sends nothing."""
    placements = analysis.placements(dashboard)
    return not placements or any(placement.chart is not None for placement in placements)


def details(analysis: Analysis, uuids: Iterable[str]) -> Details:
    """The pages of dashboards, in the given order. SQL beyond ``MOST_SQL`` is left out."""
    known = {dashboard.uuid: dashboard for dashboard in analysis.workspace.dashboards}
    texts = _Texts()
    pages = []
    for uuid in uuids:
        try:
            pages.append(_Reader(known[uuid], analysis, texts).page())
        except MemoryError:
            raise  # the others would get none either
        except Exception as error:  # noqa: BLE001 one broken dashboard must not hide the rest
            reason = f"it could not be analysed: {type(error).__name__}: {error}; please report it"
            pages.append(Page(uuid, error=reason))
    return Details(tuple(pages), tuple(texts.places))


class _Texts:
    """SQL texts, each once."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self._room = MOST_SQL

    @property
    def full(self) -> bool:
        return self._room <= 0

    def place(self, text: str) -> int:
        if text not in self.places:
            self._room -= len(text)
        return self.places.setdefault(text, len(self.places))


class _Reader:
    """Reads one dashboard."""

    def __init__(self, dashboard: Dashboard, analysis: Analysis, texts: _Texts) -> None:
        self._dashboard = dashboard
        self._analysis = analysis
        self._texts = texts
        placed = [p.chart for p in analysis.placements(dashboard) if p.chart is not None]
        self._charts = {chart: place for place, chart in enumerate(dict.fromkeys(placed))}

    def page(self) -> Page:
        dashboard = self._dashboard
        load = self._analysis.load(dashboard)
        sent: dict[Chart, list[Request]] = {}
        for request in load.requests:
            if request.chart is not None and request.kind != "annotation":
                sent.setdefault(request.chart, []).append(request)
        charts = tuple(self._chart(chart, sent.get(chart, ())) for chart in self._charts)
        from dashlint.report.boxes import boxes

        return Page(
            uuid=dashboard.uuid,
            given=charts_given(dashboard, self._analysis),
            slug=dashboard.slug,
            owners=dashboard.owners,
            databases=tuple(sorted({c.database for c in charts if c.database is not None})),
            boxes=boxes(dashboard.layout, self._places()),
            charts=charts,
            filters=tuple(self._filter(native_filter) for native_filter in dashboard.filters),
            load=tuple(self._request(request) for request in load.requests),
            notes=load.notes,
        )

    def _places(self) -> dict[str, int]:
        """Which chart stands in which node of the layout."""
        placements = self._analysis.placements(self._dashboard)
        return {p.node.id: self._charts[p.chart] for p in placements if p.chart is not None}

    def _chart(self, chart: Chart, sent: Sequence[Request]) -> ChartPart:
        analysis = self._analysis
        dataset = analysis.dataset_of(chart)
        database = analysis.database_of(dataset)
        queries = [q for r in sent for q in r.queries] if sent else list(analysis.queries(chart))
        legacy = any(request.kind == "legacy" for request in sent)
        return ChartPart(
            uuid=chart.uuid,
            name=chart.name,
            type=chart.viz_type,
            dataset=dataset.name if dataset is not None else None,
            database=database.name if database is not None else None,
            on_load=bool(sent),
            queries=len(queries),
            rows=_sum_rows([analysis.rows(query, dataset) for query in queries]),
            memory=analysis.sum_costs(sent, self._dashboard) if sent else analysis.chart_cost(chart),
            cache=analysis.cache_timeout(chart),
            sql=self._sql(chart, queries, legacy=legacy),
        )

    def _sql(self, chart: Chart, queries: Iterable[Query], *, legacy: bool) -> tuple[Sql, ...] | None:
        dataset = self._analysis.dataset_of(chart)
        found = []
        for query in queries:
            if self._texts.full:
                return None
            found += [
                Sql(one.role, self._texts.place(one.sql) if one.sql else None, one.error, one.unknown)
                for one in self._analysis.statements(query, dataset, legacy=legacy)
            ]
        return tuple(found)

    def _filter(self, native_filter: NativeFilter) -> FilterPart:
        analysis, dashboard = self._analysis, self._dashboard
        change = analysis.filter_change(dashboard, native_filter)
        order = {one.id: place for place, one in enumerate(dashboard.filters)}
        asked = [r.native_filter.id for r in change.requests if r.native_filter is not None]
        target = native_filter.target
        dataset = analysis.target_dataset(dashboard, native_filter)
        parts = (dataset.name if dataset is not None else None, target.column if target else None)
        return FilterPart(
            id=native_filter.id,
            name=native_filter.name,
            type=native_filter.filter_type,
            target=".".join(part for part in parts if part) or None,
            charts=tuple(
                self._charts[chart]
                for chart in analysis.charts_rerun(dashboard, native_filter)
                if chart in self._charts
            ),
            options=tuple(order[one] for one in dict.fromkeys(asked) if one in order),
            queries=sum(len(request.queries) for request in change.requests),
            memory=analysis.filter_cost(dashboard, native_filter)
            if charts_given(dashboard, analysis)
            else UNKNOWN,
            notes=change.notes,
        )

    def _request(self, request: Request) -> RequestPart:
        names = {one.id: one.name for one in self._dashboard.native_filters}
        return RequestPart(
            wave=request.round,
            kind=request.kind,
            name=_name(request),
            chart=self._charts.get(request.chart) if request.chart is not None else None,
            queries=len(request.queries),
            # Some filters are answered from the dataset's metadata, without a query: nothing is known.
            memory=self._analysis.request_cost(request, self._dashboard) if request.queries else UNKNOWN,
            waits_for=tuple(names.get(one, one) for one in request.waits_for),
            because=request.because,
        )


def _name(request: Request) -> str:
    """What a request is about."""
    if request.native_filter is not None:
        return request.native_filter.name
    if request.chart is None:
        return f"chart {request.chart_id}"
    cell = f", cell {' × '.join(filter(None, request.cell)) or '(blank)'}" if request.cell is not None else ""
    return request.chart.name + cell


def _sum_rows(rows: Sequence[Rows]) -> Rows:
    """Rows together: unknown where those of one query are, or where nothing is asked."""
    if not rows:
        return Rows(None, None)
    expected = [one.expected for one in rows]
    upper = [one.upper for one in rows]
    return Rows(
        sum(n for n in expected if n is not None) if None not in expected else None,
        sum(n for n in upper if n is not None) if None not in upper else None,
        rows[0].basis,
    )
