"""Which tabs are open, and which have been, while somebody looks at a dashboard.

The first tab of every row of tabs is open at the start; a tab's charts are mounted when it is
opened for the first time and stay so (superset-frontend/src/dashboard/components/
gridComponents/Tabs, superset-frontend/src/dashboard/actions/dashboardState:setActiveTab).
"""

from __future__ import annotations

from functools import cached_property

from dashlint.assets import Layout, LayoutNode


class Tabs:
    """The tabs of one layout. Opening one changes ``active`` and adds to ``visited``."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._current: dict[str, str] = {}
        self.visited: set[str] = set()
        self.active: frozenset[str] = frozenset()
        for tab in layout.tabs:
            self._current.setdefault(tab.parents[-1] if tab.parents else "", tab.id)
        self._settle()

    @cached_property
    def _paths(self) -> dict[str, tuple[str, ...]]:
        return {tab.id: self._layout.tab_path(tab) for tab in self._layout.tabs}

    def open(self, tab: LayoutNode) -> None:
        """Opens a tab by clicking every tab on the way to it."""
        for tab_id in self._paths[tab.id]:
            node = self._layout.nodes[tab_id]
            self._current[node.parents[-1] if node.parents else ""] = tab_id
        self._settle()

    def _settle(self) -> None:
        chosen = set(self._current.values())
        self.active = frozenset(tab_id for tab_id, path in self._paths.items() if chosen.issuperset(path))
        self.visited |= self.active

    def unvisited(self) -> tuple[LayoutNode, ...]:
        """The tabs that have not been open yet, in the order of the layout."""
        return tuple(tab for tab in self._layout.tabs if tab.id not in self.visited)
