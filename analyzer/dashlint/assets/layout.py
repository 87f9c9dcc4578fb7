"""The tree of a dashboard's layout (``position``): tabs, rows, columns, charts.

Superset stores the tree as a flat mapping of node id to node. Each node lists its
``children``; the ``parents`` that are stored beside them can be out of date, and the
front end rebuilds them from ``children`` when a dashboard opens, so they are rebuilt here
(superset-frontend/src/dashboard/util/updateComponentParentsList).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from dashlint.records import dataclass

ROOT = "ROOT_ID"
#: What nodes are stored as; ``dict`` first, because an abstract class takes longer to ask.
_MAPPING = (dict, Mapping)


@dataclass(frozen=True, eq=False, slots=True)
class LayoutNode:
    """One node: ``parents`` are the ids from the root down to, not including, itself."""

    id: str
    type: str
    children: tuple[str, ...]
    parents: tuple[str, ...]
    meta: Mapping[str, Any]

    @property
    def chart_id(self) -> int | None:
        """The numeric id of a CHART node's chart in the instance that was exported."""
        value = self.meta.get("chartId")
        if isinstance(value, bool):
            return None
        if isinstance(value, int):
            return value
        return int(value) if isinstance(value, str) and value.isdigit() else None

    @property
    def chart_uuid(self) -> str | None:
        value = self.meta.get("uuid")
        return value if isinstance(value, str) and value else None

    @property
    def text(self) -> str:
        """A tab's name as it is shown: its text, else its default text."""
        for key in ("text", "defaultText"):
            value = self.meta.get(key)
            if isinstance(value, str) and value:
                return value
        return self.id


class Layout:
    """The layout of one dashboard. Built from raw JSON or YAML; odd nodes are left out."""

    def __init__(self, position: Mapping[str, Any]) -> None:
        self._raw = position

    @cached_property
    def nodes(self) -> Mapping[str, LayoutNode]:
        """Every node reachable from the root, in the order of the layout (depth first)."""
        found: dict[str, LayoutNode] = {}
        # A loop, not recursion: a hostile export may nest deeper than the stack, or in a circle.
        pending: list[tuple[str, tuple[str, ...]]] = [(ROOT, ())]
        while pending:
            node_id, parents = pending.pop()
            raw = self._raw.get(node_id)
            if node_id in found or not isinstance(raw, _MAPPING):
                continue
            children = raw.get("children")
            child_ids = tuple(c for c in children if isinstance(c, str)) if isinstance(children, list) else ()
            meta = raw.get("meta")
            found[node_id] = LayoutNode(
                node_id,
                str(raw.get("type") or ""),
                child_ids,
                parents,
                meta if isinstance(meta, _MAPPING) else {},
            )
            path = (*parents, node_id)
            pending.extend((child, path) for child in reversed(child_ids))
        return found

    @cached_property
    def charts(self) -> tuple[LayoutNode, ...]:
        """CHART nodes that the root reaches, in the order of the layout."""
        return tuple(node for node in self.nodes.values() if node.type == "CHART")

    @cached_property
    def unreachable_charts(self) -> tuple[LayoutNode, ...]:
        """CHART nodes that stand in the layout but that no path from the root reaches."""
        return tuple(
            LayoutNode(key, "CHART", (), (), raw["meta"])
            for key, raw in self._raw.items()
            if isinstance(raw, _MAPPING)
            and raw.get("type") == "CHART"
            and key not in self.nodes
            and isinstance(raw.get("meta"), Mapping)
        )

    @cached_property
    def tabs(self) -> tuple[LayoutNode, ...]:
        """TAB nodes in the order of the layout."""
        return tuple(node for node in self.nodes.values() if node.type == "TAB")

    @cached_property
    def first_tabs(self) -> frozenset[str]:
        """TAB ids that are open when the dashboard opens: the first of every TABS node."""
        return frozenset(
            first
            for node in self.nodes.values()
            if node.type == "TABS"
            for first in [next((c for c in node.children if c in self.nodes), None)]
            if first is not None
        )

    def tab_path(self, node: LayoutNode) -> tuple[str, ...]:
        """The TAB ids that must be open for the node to be mounted, outermost first."""
        path = [p for p in node.parents if self.nodes[p].type == "TAB"]
        if node.type == "TAB":
            path.append(node.id)
        return tuple(path)

    def is_mounted(self, node: LayoutNode, visited: frozenset[str]) -> bool:
        """Whether the node is mounted once the tabs in ``visited`` have been opened."""
        return all(tab in visited for tab in self.tab_path(node))

    def tab_names(self, node: LayoutNode) -> tuple[str, ...]:
        """The texts of the tabs around a node (for a TAB: with its own), outermost first."""
        return tuple(self.nodes[tab].text for tab in self.tab_path(node))

    def walk(self) -> Iterator[LayoutNode]:
        yield from self.nodes.values()
