"""What has been fetched so far, each object once, whichever way it came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from dashlint.assets import Problem
from dashlint.sources.ids import id_in_name

#: In the order in which they are fetched: what a dashboard brings along need not be fetched again.
KINDS = ("dashboard", "chart", "dataset", "database")
_FOLDERS = {"dashboards": "dashboard", "charts": "chart", "datasets": "dataset", "databases": "database"}
_TITLES = {"dashboard": "dashboard_title", "chart": "slice_name", "dataset": "table_name"}


class Item(NamedTuple):
    """An object as an export's file has it.

    ``way`` is ``export``, ``detail`` (put together from the object's own page) or ``dashboard`` (only what a
    dashboard tells of it); ``row`` holds what a list would say about it.
    """

    kind: str
    id: int | None
    uuid: str | None
    raw: Mapping[str, Any]
    way: str = "export"
    row: Mapping[str, Any] = MappingProxyType({})


class Collection:
    """Items by kind, in the order in which they came.

    Attributes:
        problems: what could not be fetched or used.
    """

    def __init__(self) -> None:
        self._items: dict[str, dict[object, Item]] = {kind: {} for kind in KINDS}
        self._ids: dict[str, set[int]] = {kind: set() for kind in KINDS}
        self.problems: list[Problem] = []

    def add(self, item: Item) -> bool:
        """Take an item in, unless it is there; whether it was new."""
        key: object = item.uuid or item.id
        items = self._items[item.kind]
        known = items.get(key)
        if key is None or (known is not None and (known.id is not None or item.id is None)):
            return False
        # An export may not tell an object's id; its own page then only adds that.
        items[key] = item if known is None else known._replace(id=item.id)
        if item.id is not None:
            self._ids[item.kind].add(item.id)
        return known is None

    def add_file(self, path: str, raw: Mapping[str, Any], ids: Mapping[str, Mapping[str, int]]) -> bool:
        """Take in a file of an export.

        Args:
            path: inside the export, without its root folder: ``charts/Sales_7.yaml``.
            raw: its content.
            ids: ids by kind and uuid, where lists told them; else the file's name tells.
        """
        folder, _, name = path.partition("/")
        kind = _FOLDERS.get(folder)
        if kind is None:
            return False
        uuid = raw.get("uuid")
        uuid = str(uuid) if uuid else None
        number = ids.get(kind, {}).get(uuid or "")
        if number is None and kind != "database":
            title = raw.get(_TITLES[kind])
            number = id_in_name(name, title if isinstance(title, str) else None)
        return self.add(Item(kind, number, uuid, raw))

    def replace(self, item: Item) -> None:
        """Put an item in the place of what has its identity."""
        self._items[item.kind][item.uuid or item.id] = item

    def of(self, kind: str) -> tuple[Item, ...]:
        return tuple(self._items[kind].values())

    def has(self, kind: str, number: int | None = None, uuid: str | None = None) -> bool:
        return (uuid is not None and uuid in self._items[kind]) or number in self._ids[kind]

    def missing(self, kind: str, rows: Mapping[int, Mapping[str, Any]]) -> list[int]:
        """Ids of listed objects that have not come."""
        return [number for number, row in rows.items() if not self.has(kind, number, row.get("uuid"))]

    def placed_charts(self) -> Iterator[tuple[Item, int | None, str | None]]:
        """The charts that layouts mention: the dashboard, the chart's id and its uuid."""
        for dashboard in self._items["dashboard"].values():
            for meta in chart_nodes(dashboard.raw.get("position")):
                number, uuid = meta.get("chartId"), meta.get("uuid")
                yield (
                    dashboard,
                    number if isinstance(number, int) and not isinstance(number, bool) else None,
                    uuid if isinstance(uuid, str) and uuid else None,
                )


def chart_nodes(position: Any) -> Iterable[Mapping[str, Any]]:
    """``meta`` of every CHART node of a layout."""
    nodes = position.values() if isinstance(position, Mapping) else ()
    return [
        node["meta"]
        for node in nodes
        if isinstance(node, Mapping) and node.get("type") == "CHART" and isinstance(node.get("meta"), Mapping)
    ]
