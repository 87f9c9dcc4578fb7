"""The things that can happen on a dashboard, by the names that reports use for them."""

from __future__ import annotations

from dashlint.assets import Chart, LayoutNode, NativeFilter
from dashlint.records import NamedTuple
from dashlint.superset import matrixify, scope
from dashlint.superset.page import Page, Slot
from dashlint.superset.settings import Settings
from dashlint.superset.tabs import Tabs

ALL_TABS = "@all-tabs"


class Action(NamedTuple):
    """One event: its name and what it is done to. ``kind`` is the name's first word."""

    name: str
    kind: str
    tab: LayoutNode | None = None
    native_filter: NativeFilter | None = None
    all_tabs: bool = False
    slot: Slot | None = None


def actions(page: Page, settings: Settings) -> tuple[Action, ...]:
    """Every event of a dashboard, in the order in which reports list them.

    Names are made of the texts that users see; a text that occurs twice gets a number,
    as in ``filter:Country (2)``.
    """
    found = [Action("load", "load")]
    tabs = visiting_order(page)
    names = _Names()
    found.extend(
        Action(names.fresh(f"tab:{'/'.join(page.layout.tab_names(tab))}"), "tab", tab=tab) for tab in tabs
    )
    for one in page.dashboard.filters:
        name = names.fresh(f"filter:{one.name}")
        found.append(Action(name, "filter", native_filter=one))
        if tabs:
            found.append(Action(name + ALL_TABS, "filter", native_filter=one, all_tabs=True))
    if scope.cross_filters_enabled(page.dashboard):
        emitters = {slot.key: slot for slot in reversed(page.slots) if _emits(slot.chart, settings)}
        for slot in page.slots:
            if emitters.get(slot.key) == slot:
                name = names.fresh(f"cross-filter:{slot.chart.name}")
                found.append(Action(name, "cross-filter", slot=slot))
    found.append(Action("refresh", "refresh"))
    return tuple(found)


def _emits(chart: Chart, settings: Settings) -> bool:
    return scope.is_emitter(chart.viz_type, settings) and not matrixify.is_matrix(chart, settings)


def visiting_order(page: Page) -> tuple[LayoutNode, ...]:
    """The tabs that are not open at the start, in the order in which they get visited.

    Opening a tab opens the first of the tabs inside it too.
    """
    tabs = Tabs(page.layout)
    order = []
    while pending := tabs.unvisited():
        tabs.open(pending[0])
        order.append(pending[0])
    return tuple(order)


class _Names:
    def __init__(self) -> None:
        self._used: set[str] = set()

    def fresh(self, name: str) -> str:
        unique, number = name, 1
        while unique in self._used:
            number += 1
            unique = f"{name} ({number})"
        self._used.add(unique)
        return unique
