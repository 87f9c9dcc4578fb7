"""What dashboards send: every statement that charts, row counts, totals and filter options lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from dashlint.incidents.fingerprint import Fingerprint, fingerprint
from dashlint.superset import masks, queries, requests
from dashlint.superset.js import column_label

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.assets import Chart, Dashboard, Dataset, NativeFilter
    from dashlint.cost.model import Rows
    from dashlint.superset.query import Query, Request

#: What a time grain filter offers (superset/constants.py:TimeGrain); weeks have more spellings, rarely used.
_GRAINS = ("PT1S", "PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "P1D", "P1W", "P1M", "P3M", "P1Y")


class Sender(NamedTuple):
    """Who sends a statement: a chart, or a filter (``filter_id``) of a dashboard that asks for options."""

    kind: str
    uuid: str
    id: int | None
    name: str
    dashboards: tuple[str, ...]
    filter_id: str | None = None


class Candidate(NamedTuple):
    """A statement that one sender sends. ``part``: ``rows``, ``row count``, ``options``, a role, an offset.

    ``dialect`` is sqlglot's name. ``filterable`` are the columns that filters and clicks of its dashboards
    put conditions on, in lower case. ``rows`` is what the prediction for it is.
    """

    sender: Sender
    part: str
    print: Fingerprint
    dialect: str
    filterable: frozenset[str]
    rows: Rows | None
    sql: str


class Gathered(NamedTuple):
    """All candidates, and how many queries could not be written as SQL."""

    candidates: tuple[Candidate, ...]
    unwritten: int


def gather(analysis: Analysis) -> Gathered:
    """Every statement of every chart and filter, unfiltered and as each filter of a dashboard changes it."""
    work = _Work(analysis)
    for chart in analysis.workspace.charts:
        for query in analysis.queries(chart):
            work.add_chart(chart, query)
    for dashboard in analysis.workspace.dashboards:
        for request in _requests(analysis, dashboard):
            work.add(request, dashboard)
    return Gathered(tuple(work.found.values()), work.unwritten)


def _requests(analysis: Analysis, dashboard: Dashboard) -> Iterator[Request]:
    yield from _with_layers(analysis.load(dashboard).requests)
    for name in analysis.events(dashboard):
        if name.startswith("tab:"):
            yield from _with_layers(analysis.event(dashboard, name).requests)
    for one in dashboard.filters:
        yield from _with_layers(analysis.filter_change(dashboard, one).requests)
        for picked in _choices(analysis, dashboard, one):
            changed = requests.predict_filter(
                dashboard, one, analysis.workspace, analysis.settings, all_tabs=True, picked=picked
            )
            yield from _with_layers(changed.requests)


def _with_layers(sent: Iterable[Request]) -> Iterator[Request]:
    for request in sent:
        yield request
        yield from request.layers


def _choices(analysis: Analysis, dashboard: Dashboard, one: NativeFilter) -> Iterator[masks.Extra]:
    """Values that change more of a statement than a condition: grains and time columns."""
    if one.filter_type.endswith("timegrain"):
        for grain in _GRAINS:
            yield {"time_grain_sqla": grain}
    elif one.filter_type.endswith("timecolumn"):
        dataset = analysis.target_dataset(dashboard, one)
        for column in dataset.temporal_columns if dataset is not None else ():
            yield {"granularity_sqla": column.name}


class _Work:
    """The candidates found so far, each once for each sender."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self.found: dict[tuple[str, str, str, str], Candidate] = {}
        self.unwritten = 0
        self._senders: dict[str, Sender] = {}
        self._columns: dict[str, frozenset[str]] = {}
        self._prints: dict[tuple[str, str], Fingerprint] = {}

    def add(self, request: Request, dashboard: Dashboard) -> None:
        if request.chart is not None:
            for query in request.queries:
                self.add_chart(request.chart, query)
            return
        one = request.native_filter
        if one is None:
            return
        dataset = self._analysis.target_dataset(dashboard, one)
        key = f"{dashboard.uuid}/{one.id}"
        sender = self._senders.setdefault(
            key, Sender("filter", key, None, one.name, (dashboard.uuid,), one.id)
        )
        names = _filter_columns(dashboard)
        for query in request.queries:
            self._add(sender, query, dataset, names, "options", legacy=False)

    def add_chart(self, chart: Chart, query: Query) -> None:
        analysis = self._analysis
        sender = self._senders.get(chart.uuid)
        if sender is None:
            homes = analysis.workspace.dashboards_using(chart)
            sender = Sender("chart", chart.uuid, chart.id, chart.name, tuple(d.uuid for d in homes))
            self._senders[chart.uuid] = sender
            self._columns[chart.uuid] = self._filterable(chart, homes)
        legacy = queries.is_legacy(chart.viz_type, analysis.settings)
        part = "row count" if query.is_rowcount else "rows" if query.role == "main" else query.role
        dataset = analysis.dataset_of(chart)
        self._add(sender, query, dataset, self._columns[chart.uuid], part, legacy=legacy)

    def _filterable(self, chart: Chart, homes: Iterable[Dashboard]) -> frozenset[str]:
        """Columns of filters, and those that other charts of the same dashboards can be clicked for."""
        found: set[str] = set()
        for dashboard in homes:
            found |= _filter_columns(dashboard)
            for placement in self._analysis.placements(dashboard):
                other = placement.chart
                if other is None or other is chart:
                    continue
                for query in self._analysis.queries(other):
                    found |= {c.label.lower() for c in query.columns}
                    found |= {c.name.lower() for c in query.columns if c.name}
        dataset = self._analysis.dataset_of(chart)
        if dataset is not None:
            found |= {c.name.lower() for c in dataset.temporal_columns}
        return frozenset(found)

    def _add(
        self,
        sender: Sender,
        query: Query,
        dataset: Dataset | None,
        filterable: frozenset[str],
        part: str,
        *,
        legacy: bool,
    ) -> None:
        analysis = self._analysis
        if dataset is None:
            return
        engine = analysis.engine_of(dataset)
        dialect = _dialect(engine)
        for statement in analysis.statements(query, dataset, legacy=legacy):
            if not statement.sql:
                self.unwritten += 1
                continue
            made = self._prints.get((statement.sql, dialect))
            if made is None:
                made = self._prints[statement.sql, dialect] = fingerprint(statement.sql, dialect)
            role = part if statement.role == "main" else statement.role
            key = (sender.uuid, role, made.text, repr(made.values))
            if key not in self.found:
                rows = analysis.rows(query, dataset) if statement.role == "main" else None
                self.found[key] = Candidate(sender, role, made, dialect, filterable, rows, statement.sql)


def _filter_columns(dashboard: Dashboard) -> frozenset[str]:
    columns = (f.target.column for f in dashboard.filters if f.target is not None)
    return frozenset(str(column_label(c)).lower() for c in columns if c)


def _dialect(engine: str | None) -> str:
    from dashlint.sql.dialects import grammar

    return grammar(engine).name or "postgres"
