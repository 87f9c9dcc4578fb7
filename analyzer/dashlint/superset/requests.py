"""Predicts the requests that a dashboard sends when something happens to it.

``predict`` plays the event on a model of the browser's state (:mod:`dashlint.superset.visit`)
and gives every request its queries, its cache timeout and the chain of facts behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dashlint.assets import Dashboard, LayoutNode, NativeFilter, Workspace
from dashlint.superset import events as names
from dashlint.superset import masks
from dashlint.superset.building import Builder, Unfiltered
from dashlint.superset.events import Action
from dashlint.superset.js import as_list
from dashlint.superset.page import Page, Slot, page_of
from dashlint.superset.query import Event, Request
from dashlint.superset.settings import Settings
from dashlint.superset.visit import Visit


def events(dashboard: Dashboard, workspace: Workspace, settings: Settings) -> tuple[str, ...]:
    """The names of everything that can happen on a dashboard, in order."""
    return tuple(a.name for a in names.actions(page_of(dashboard, workspace), settings))


def predict(
    dashboard: Dashboard,
    event_name: str,
    workspace: Workspace,
    settings: Settings,
    *,
    unfiltered: Unfiltered | None = None,
) -> Event:
    """What the browser sends when an event happens.

    Args:
        dashboard: a dashboard of the workspace.
        event_name: one of :func:`events`.
        workspace: where its charts and datasets are.
        settings: version, limits and flags of the Superset that it runs on.
        unfiltered: a chart's queries without filters, where they have been built already.

    Returns:
        The event with its requests, wave by wave, each wave in the order of the layout and of
        the filter bar; what picking a filter's value sends comes before what Apply sends.

    Raises:
        KeyError: the dashboard has no such event.
    """
    page = page_of(dashboard, workspace)
    if event_name == "load":
        return _event(Action("load", "load"), page, settings, unfiltered)
    for action in names.actions(page, settings):
        if action.name == event_name:
            return _event(action, page, settings, unfiltered)
    raise KeyError(event_name)


def predict_filter(
    dashboard: Dashboard,
    native_filter: NativeFilter,
    workspace: Workspace,
    settings: Settings,
    *,
    all_tabs: bool = False,
    unfiltered: Unfiltered | None = None,
    picked: masks.Extra | None = None,
) -> Event:
    """What one picked and applied value of a filter sends.

    ``all_tabs`` tells whether every tab has been opened before, or only the first ones. ``picked`` is
    what the value adds to a query; by default a placeholder is picked. See :func:`predict` for the rest.
    """
    name = f"filter:{native_filter.name}" + (names.ALL_TABS if all_tabs else "")
    action = Action(name, "filter", native_filter=native_filter, all_tabs=all_tabs)
    return _event(action, page_of(dashboard, workspace), settings, unfiltered, picked)


def _event(
    action: Action,
    page: Page,
    settings: Settings,
    unfiltered: Unfiltered | None,
    picked: masks.Extra | None = None,
) -> Event:
    visit = Visit(page, settings)
    builder = Builder(page, settings, unfiltered)
    tabs = names.visiting_order(page) if action.tab is not None or action.all_tabs else ()
    if action.kind == "load":
        visit.load()
    elif action.tab is not None:
        visit.rehearse(tabs[: tabs.index(action.tab)])
        visit.open_tab(action.tab)
    elif action.native_filter is not None:
        visit.rehearse(tabs)
        if picked is None:
            picked = masks.representative(action.native_filter, builder.target(action.native_filter))
        visit.pick(action.native_filter, picked)
        visit.apply(action.native_filter)
    elif action.slot is not None:
        visit.rehearse(_tabs_around(page, action.slot))
        chosen = [c for c in visit.bar.customizations if action.slot.key in visit.own[c.id]]
        params = builder.drawn_with(action.slot.chart, chosen)
        if _is_deaf(params):
            note = f"A click in chart {action.slot.chart.name} filters nothing: it has no series to choose."
            return Event(action.name, (), (note,))
        visit.click_chart(action.slot, _clicked(params))
    else:
        visit.rehearse()
        visit.refresh()
    breaking = dict.fromkeys(s.chart.name for s in visit.drawn() if builder.breaks_page(s.chart))
    if breaking:
        menus = ", ".join(breaking)
        note = f"The page shows an error instead of the dashboard: the menu of chart {menus} fails."
        return Event(action.name, (), (note,))
    requests = [request for sent in visit.log for request in builder.requests(sent)]
    requests.sort(key=lambda r: (not r.before_apply, r.round))
    notes = [*visit.notes, *_matrix_notes(action, requests, settings)]
    return Event(action.name, tuple(requests), tuple(notes))


def _matrix_notes(action: Action, requests: Iterable[Request], settings: Settings) -> Iterator[str]:
    """What visits of the same page ask for besides, where charts out of sight are not drawn."""
    if action.kind not in ("load", "tab") or not settings.flag("DASHBOARD_VIRTUALIZATION", default=True):
        return
    for chart in dict.fromkeys(r.chart for r in requests if r.chart is not None and r.cell is not None):
        yield (
            f"Chart {chart.name} is a matrix of charts: its cells ask when it comes near the screen, and "
            "again each time its tab is shown again (at times also as it is left) or it was scrolled far off."
        )


def _tabs_around(page: Page, slot: Slot) -> list[LayoutNode]:
    """The tab to open before a chart can be clicked; none where it is open at the start."""
    if not slot.tabs or page.layout.first_tabs.issuperset(slot.tabs):
        return []
    return [page.layout.nodes[slot.tabs[-1]]]


def _is_deaf(params: Mapping[str, Any]) -> bool:
    """Whether a time series has no dimension, so that a click in it does nothing.

    Its x axis does not filter, not even one of categories (seen on 6.1.0;
    plugin-chart-echarts/src/Timeseries/EchartsTimeseries.tsx: hasDimensions).
    """
    kind = str(params.get("viz_type"))
    return kind.startswith(("echarts_timeseries", "echarts_area")) and not as_list(params.get("groupby"))


def _clicked(params: Mapping[str, Any]) -> dict[str, Any]:
    """What a click on a value of a chart adds: a filter on its first grouping column."""
    for key in ("groupby", "groupbyRows", "groupbyColumns", "series", "entity", "all_columns", "x_axis"):
        value = params.get(key)
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, Mapping):
            # A table filters by the expression, other charts by the labelled column (seen on 6.1.0).
            first = first.get("sqlExpression" if params.get("viz_type") == "table" else "label")
        if isinstance(first, str) and first:
            return {"filters": [{"col": first, "op": "IN", "val": [masks.PLACEHOLDER]}]}
    return {"filters": [{"col": masks.PLACEHOLDER, "op": "IN", "val": [masks.PLACEHOLDER]}]}
