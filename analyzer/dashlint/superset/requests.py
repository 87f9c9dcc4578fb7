"""Predicts the requests that a dashboard sends when something happens to it.

``predict`` plays the event on a model of the browser's state (:mod:`dashlint.superset.visit`)
and gives every request its queries, its cache timeout and the chain of facts behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint.assets import Chart, Dashboard, Dataset, NativeFilter, Workspace
from dashlint.superset import events as names
from dashlint.superset import form_data, masks, queries, scope, side_queries, statements, timeouts
from dashlint.superset.events import Action
from dashlint.superset.page import Page
from dashlint.superset.query import Event, Query, Request
from dashlint.superset.settings import Settings
from dashlint.superset.visit import Sent, Visit


def events(dashboard: Dashboard, workspace: Workspace, settings: Settings) -> tuple[str, ...]:
    """The names of everything that can happen on a dashboard, in order."""
    return tuple(a.name for a in names.actions(Page(dashboard, workspace), settings))


def predict(dashboard: Dashboard, event_name: str, workspace: Workspace, settings: Settings) -> Event:
    """What the browser sends when an event happens.

    In: a name of :func:`events`. Out: the event and its requests, in the order in which they
    go out. Raises KeyError for a name that the dashboard does not have.
    """
    page = Page(dashboard, workspace)
    if event_name == "load":
        return _event(Action("load", "load"), page, settings)
    for action in names.actions(page, settings):
        if action.name == event_name:
            return _event(action, page, settings)
    raise KeyError(event_name)


def predict_filter(
    dashboard: Dashboard,
    native_filter: NativeFilter,
    workspace: Workspace,
    settings: Settings,
    *,
    all_tabs: bool = False,
) -> Event:
    """What one picked and applied value of a filter sends.

    ``all_tabs`` tells whether every tab has been opened before, or only the first ones.
    """
    name = f"filter:{native_filter.name}" + (names.ALL_TABS if all_tabs else "")
    action = Action(name, "filter", native_filter=native_filter, all_tabs=all_tabs)
    return _event(action, Page(dashboard, workspace), settings)


def _event(action: Action, page: Page, settings: Settings) -> Event:
    visit = Visit(page, settings)
    visit.load()
    if action.kind == "tab":
        for tab in names.visiting_order(page):
            visit.open_tab(tab)
            if tab is action.tab:
                break
    elif action.kind == "filter" and action.native_filter is not None:
        if action.all_tabs:
            for tab in names.visiting_order(page):
                visit.open_tab(tab)
        dataset = _target(page, action.native_filter)
        visit.pick(action.native_filter, masks.representative(action.native_filter, dataset))
        visit.apply(action.native_filter)
    elif action.kind == "cross-filter" and action.slot is not None:
        _open_tabs_around(visit, action)
        visit.click_chart(action.slot, _clicked(action.slot.chart))
    elif action.kind == "refresh":
        visit.refresh()
    sent = sorted(visit.log, key=lambda s: s.round)
    requests = [r for one in sent for r in _requests(one, page, settings)]
    return Event(action.name, tuple(requests), tuple(visit.notes))


def _open_tabs_around(visit: Visit, action: Action) -> None:
    slot = action.slot
    if slot is not None and slot.tabs and not visit.tabs.active.issuperset(slot.tabs):
        visit.open_tab(visit.page.layout.nodes[slot.tabs[-1]])


def _clicked(chart: Chart) -> dict[str, Any]:
    """What a click on a value of a chart adds: a filter on its first grouping column."""
    for key in ("groupby", "groupbyRows", "groupbyColumns", "series", "entity", "all_columns", "x_axis"):
        value = chart.params.get(key)
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, Mapping):
            first = first.get("label")
        if isinstance(first, str) and first:
            return {"filters": [{"col": first, "op": "IN", "val": [masks.PLACEHOLDER]}]}
    return {"filters": [{"col": masks.PLACEHOLDER, "op": "IN", "val": [masks.PLACEHOLDER]}]}


def _target(page: Page, native_filter: NativeFilter) -> Dataset | None:
    target = native_filter.target
    return page.workspace.target_dataset(page.dashboard, target) if target is not None else None


def _requests(sent: Sent, page: Page, settings: Settings) -> list[Request]:
    if sent.native_filter is not None:
        return [_options(sent, sent.native_filter, page, settings)]
    return _chart(sent, page, settings)


def _options(sent: Sent, one: NativeFilter, page: Page, settings: Settings) -> Request:
    dataset = _target(page, one)
    database = page.workspace.database_of(dataset) if dataset is not None else None
    extra = form_data.combine((part for _, part in sent.parts), settings)
    built = queries.filter_options(one, dataset, settings, extra)
    return Request(
        kind="filter_options",
        queries=(built,) if built is not None else (),
        native_filter=one,
        cache_timeout=timeouts.effective(None, dataset, database, settings, legacy=False),
        force=sent.force,
        confidence=sent.confidence,
        waits_for=sent.waits_for,
        round=sent.round,
        because=sent.because,
        before_apply=sent.before_apply,
    )


def _chart(sent: Sent, page: Page, settings: Settings) -> list[Request]:
    slot = sent.slot
    if slot is None:
        return []
    chart_id = slot.key if isinstance(slot.key, int) else slot.chart.id
    legacy = queries.is_legacy(slot.chart.viz_type, settings)
    own = _of_chart(sent, slot.chart, chart_id, page, settings, legacy=legacy)
    if not legacy and not own.queries:
        # The browser fails to build the request: the chart shows an error and sends nothing.
        return []
    found = [own]
    for layer_id, layer in side_queries.layer_charts(slot.chart, page.dashboard, page.workspace):
        why = f"chart {slot.chart.name} draws chart {layer_id} as a layer (params.deck_slices)"
        then = sent._replace(round=sent.round + 1, because=(*sent.because, why))
        found.append(_of_chart(then, layer, layer_id, page, settings, legacy=True))
    return found


def _of_chart(
    sent: Sent,
    chart: Chart | None,
    chart_id: int | None,
    page: Page,
    settings: Settings,
    *,
    legacy: bool,
) -> Request:
    dataset = page.workspace.dataset_of(chart) if chart is not None else None
    database = page.workspace.database_of(dataset) if dataset is not None else None
    built: tuple[Query, ...] = ()
    confidence = "low"
    if chart is not None:
        confidence = queries.confidence(chart.viz_type, settings)
        built = queries.build(
            chart,
            dataset,
            settings,
            _extra(sent, chart, page, settings),
            sources=_sources(sent),
            layer=legacy,
        )
    return Request(
        kind="legacy" if legacy else "chart",
        queries=built,
        chart=chart,
        chart_id=chart_id,
        cache_timeout=timeouts.effective(chart, dataset, database, settings, legacy=legacy),
        force=sent.force,
        confidence=min(confidence, sent.confidence, key=("low", "high").index),
        waits_for=sent.waits_for,
        round=sent.round,
        because=sent.because,
        before_apply=sent.before_apply,
        extra_statements=statements.uncached(chart, dataset, built, settings) if chart is not None else (),
    )


def _extra(sent: Sent, chart: Chart, page: Page, settings: Settings) -> Mapping[str, Any] | None:
    """What filters add; None, where no filter can, leaves what was saved with the chart."""
    if sent.parts:
        return form_data.combine((part for _, part in sent.parts), settings)
    if "extra_form_data" not in chart.params or sent.slot is None:
        return masks.NOTHING
    return masks.NOTHING if scope.is_ever_filtered(page, sent.slot.key, settings) else None


def _sources(sent: Sent) -> tuple[str, ...]:
    """The id of the filter behind each entry of the combined ``filters``."""
    return tuple(
        source
        for source, part in sent.parts
        for filters in [part.get("filters")]
        if isinstance(filters, list)
        for _ in filters
    )
