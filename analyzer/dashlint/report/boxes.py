"""A dashboard's layout as boxes to draw: a flat list, in which everything comes after what it stands in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dashlint.assets import Layout, LayoutNode

#: superset-frontend/src/dashboard/util/constants.ts: GRID_COLUMN_COUNT, GRID_DEFAULT_CHART_WIDTH; and the
#: height of a new chart (newComponentFactory.ts), in units of GRID_BASE_UNIT (8 pixels).
COLUMNS, _WIDTH, _HEIGHT = 12, 4, 50
#: Taller than anything on a real dashboard; a number from a file must not make a page endless.
_TALLEST = 400
#: Superset nests 8 deep at most (isValidChild.ts: depthSixChild and what it may hold); an odd file may nest
#: deeper than a browser bears.
_DEEPEST = 30
#: Characters of a text on a dashboard that a drawing of it shows.
_TEXT = 200


class Box(NamedTuple):
    """A node of the layout. ``parent`` is a place in the same list, None at the root.

    ``width`` counts columns of the grid (1 to 12), ``height`` units of 8 pixels; ``chart`` is a place in the
    page's charts, None where the box is no chart or its chart was not given.
    """

    kind: str
    parent: int | None
    width: int
    height: int
    text: str
    chart: int | None


def boxes(layout: Layout, charts: Mapping[str, int]) -> tuple[Box, ...]:
    """The boxes of a layout; ``charts`` are places of charts by the id of their node."""
    order = {key: place for place, key in enumerate(layout.nodes)}
    return tuple(
        Box(
            node.type.lower(),
            order[node.parents[: _DEEPEST + 1][-1]] if node.parents else None,
            _number(node, "width", _WIDTH, COLUMNS),
            _number(node, "height", _HEIGHT, _TALLEST),
            _text(node)[:_TEXT],
            charts.get(node.id),
        )
        for node in layout.nodes.values()
    )


def _number(node: LayoutNode, key: str, default: int, most: int) -> int:
    value = node.meta.get(key)
    # Neither text nor NaN, which is not greater than anything.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 1:
        return default
    return int(min(value, most))


def _text(node: LayoutNode) -> str:
    keys = {"CHART": ("sliceNameOverride", "sliceName"), "MARKDOWN": ("code",)}.get(node.type)
    if keys is None:
        return node.text if node.type in ("TAB", "HEADER") else ""
    return next((str(node.meta[key]) for key in keys if node.meta.get(key)), "")
