"""A dashboard as the browser holds it once it is open: which charts, behind which tabs.

The stored layout is not quite what is drawn. Charts that belong to the dashboard but stand
nowhere in the layout are added by the front end; charts whose definition is gone are not
drawn; a chart can stand in the layout twice and is still one chart
(superset-frontend/src/dashboard/actions/hydrate).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache

from dashlint.assets import Chart, Dashboard, LayoutNode, Placement, Workspace
from dashlint.records import NamedTuple

#: What identifies a chart within one dashboard: the layout's ``chartId``, else its uuid.
ChartKey = int | str

#: An export gives a node to every chart whose uuid the layout does not name, with an id of eight
#: capital letters and digits: in a row of its own at the end of the grid, or, where tabs take the
#: grid's place, in no row at all (superset/commands/dashboard/export.py:append_charts, suffix).
#: The dashboard that was exported has no such node.
_EXPORTERS_CHART = re.compile(r"CHART-[A-Z0-9]{8}\Z")
_EXPORTERS_ROW = re.compile(r"ROW-N-[A-Z0-9]{8}\Z")


class Slot(NamedTuple):
    """A place where a chart is drawn. ``tabs`` are the TAB ids around it, outermost first."""

    key: ChartKey
    chart: Chart
    node_id: str
    tabs: tuple[str, ...]
    added: bool = False


def chart_key(placement: Placement) -> ChartKey | None:
    """What filters and tabs know the chart of a place by; None where nothing names it."""
    if placement.chart_id is not None:
        return placement.chart_id
    return placement.node.chart_uuid


class Page:
    """One dashboard's charts and tabs, looked at as the browser does."""

    def __init__(self, dashboard: Dashboard, workspace: Workspace) -> None:
        self.dashboard = dashboard
        self.workspace = workspace
        self.layout = dashboard.layout

    @cached_property
    def placements(self) -> tuple[Placement, ...]:
        """The places of charts that the layout's root reaches, without those an export added."""
        found = self.workspace.placements(self.dashboard)
        if any(_EXPORTERS_CHART.match(p.node.id) for p in found):
            return tuple(p for p in found if not self._is_exporters(p.node))
        return found

    def _is_exporters(self, node: LayoutNode) -> bool:
        """Whether a node is in an export only; a server's own answer holds none."""
        if self.dashboard.chart_ids is not None or not _EXPORTERS_CHART.match(node.id):
            return False
        raw = self.dashboard.position.get(node.id)
        if node.parents:
            return bool(_EXPORTERS_ROW.match(node.parents[-1]))
        return isinstance(raw, Mapping) and "parents" not in raw

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """Where charts are drawn, in the order of the layout; added charts last."""
        found = []
        for placement in self.placements:
            key = chart_key(placement)
            if placement.chart is not None and key is not None and self._belongs(key):
                found.append(
                    Slot(
                        key,
                        placement.chart,
                        placement.node.id,
                        self.layout.tab_path(placement.node),
                    )
                )
        first_tab = self._first_child_tabs
        for key, chart, node_id in self._added:
            found.append(Slot(key, chart, node_id, first_tab, added=True))
        return tuple(found)

    @cached_property
    def charts(self) -> Mapping[ChartKey, Chart]:
        """The charts of the dashboard, each once: drawn ones first, then unreachable ones."""
        known = {slot.key: slot.chart for slot in self.slots}
        for placement in self._unreachable:
            key = chart_key(placement)
            if key is not None and placement.chart is not None and self._belongs(key):
                known.setdefault(key, placement.chart)
        return known

    @cached_property
    def parents(self) -> Mapping[ChartKey, tuple[str, ...]]:
        """The layout ids above a chart's first node, which are what a scope looks at.

        First in the order in which the layout is stored, reachable or not
        (packages/superset-ui-core/src/…/getChartIdsInFilterScope).
        """
        found: dict[ChartKey, tuple[str, ...]] = {}
        for placement, above in self._stored_nodes():
            key = chart_key(placement)
            if key is not None:
                found.setdefault(key, above)
        added_below = self._added_parents
        for key, _, _ in self._added:
            found[key] = added_below
        return found

    @cached_property
    def all_below_root(self) -> bool:
        """Whether the root is above the first node of every chart."""
        return all("ROOT_ID" in self.parents.get(key, ()) for key in self.charts)

    def _stored_nodes(self) -> Iterator[tuple[Placement, tuple[str, ...]]]:
        placed = {p.node.id: p for p in self.placements}
        lost = {p.node.id: p for p in self._unreachable}
        if not lost and len({chart_key(p) for p in self.placements}) == len(placed):
            yield from ((p, p.node.parents) for p in self.placements)
            return
        for node_id, raw in self.dashboard.position.items():
            if node_id in placed:
                yield placed[node_id], placed[node_id].node.parents
            elif node_id in lost:
                stored = raw.get("parents") if isinstance(raw, Mapping) else None
                above = stored if isinstance(stored, list) else []
                yield lost[node_id], tuple(p for p in above if isinstance(p, str))

    @cached_property
    def _unreachable(self) -> tuple[Placement, ...]:
        return tuple(
            self.workspace.place(self.dashboard, node)
            for node in self.layout.unreachable_charts
            if not self._is_exporters(node)
        )

    def _belongs(self, key: ChartKey) -> bool:
        known = self.dashboard.chart_ids
        return known is None or key in known

    @cached_property
    def _added(self) -> tuple[tuple[ChartKey, Chart, str], ...]:
        """Charts that the front end adds to the first tab, or to the grid."""
        if self.dashboard.chart_ids is not None:
            placed = {chart_key(p) for p in (*self.placements, *self._unreachable)}
            root = self.dashboard.origin.root
            return tuple(
                (chart_id, chart, f"CHART-explore-{chart_id}-1")
                for chart_id in self.dashboard.chart_ids
                if chart_id not in placed
                for chart in [self.workspace.chart(root, id=chart_id)]
                if chart is not None
            )
        return self._exported

    @cached_property
    def _exported(self) -> tuple[tuple[ChartKey, Chart, str], ...]:
        """Charts that stand nowhere in the layout, as far as an export tells."""
        layout = self.layout
        nodes = (*layout.charts, *layout.unreachable_charts)
        added = [node for node in nodes if self._is_exporters(node)]
        if not added:
            return ()
        placed = {chart_key(p) for p in (*self.placements, *self._unreachable)}
        found = []
        for node in added:
            placement = self.workspace.place(self.dashboard, node)
            key = chart_key(placement)
            if key is not None and key not in placed and placement.chart is not None:
                found.append((key, placement.chart, node.id))
        return tuple(found)

    @cached_property
    def _container(self) -> LayoutNode | None:
        """Where the front end adds charts: the first top-level tab, else the grid."""
        nodes = self.layout.nodes
        root = nodes.get("ROOT_ID")
        first = nodes.get(root.children[0]) if root is not None and root.children else None
        if first is not None and first.type == "TABS":
            return nodes.get(first.children[0]) if first.children else None
        return first

    @cached_property
    def _first_child_tabs(self) -> tuple[str, ...]:
        return self.layout.tab_path(self._container) if self._container is not None else ()

    @cached_property
    def _added_parents(self) -> tuple[str, ...]:
        container = self._container
        return (*container.parents, container.id) if container is not None else ()

    @cached_property
    def has_tabs(self) -> bool:
        """Whether any node of the layout is a tab, even one that is not reached."""
        return bool(self.layout.tabs) or any(
            isinstance(raw, Mapping) and raw.get("type") == "TAB" for raw in self.dashboard.position.values()
        )

    def tabs_of(self, key: ChartKey) -> tuple[str, ...]:
        """The TAB ids above a chart's first node, outermost first."""
        position = self.dashboard.position
        return tuple(
            p
            for p in self.parents.get(key, ())
            if isinstance(position.get(p), Mapping) and position[p].get("type") == "TAB"
        )


@lru_cache(maxsize=8)
def page_of(dashboard: Dashboard, workspace: Workspace) -> Page:
    """The page of a dashboard; the last few are kept, as all events of one are asked in a row."""
    return Page(dashboard, workspace)
