"""The graph as an SVG picture: dashboards, filters, charts, datasets and tables in columns, left to right.

A layered layout of its own (Sugiyama, Tagawa and Toda 1981, without their dummy nodes): each kind is a
layer, and nodes move towards the middle of their neighbours, a few times there and back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from dashlint.report.text import visible

if TYPE_CHECKING:
    import networkx as nx

LAYERS = ("dashboard", "filter", "chart", "dataset", "table")
#: Pixels: a node, the distance of rows and of columns, what is left around all.
_WIDTH, _HEIGHT, _ROW, _GAP, _AROUND, _HEAD = 190, 22, 30, 110, 20, 28
#: Letters that a node has room for, at 12 pixels of a sans-serif font (about 6.5 pixels a letter).
_LETTERS = 26
#: Sweeps over the layers. Of the bundled example's 12,298 crossings 4 leave 10,150 and 16 leave 9,847; more
#: leave no fewer (counted between layers).
_SWEEPS = 16
_STYLE = """
text { font: 12px system-ui, "Segoe UI", Roboto, Arial, sans-serif; fill: #1d2125 }
.head { font-weight: 600; fill: #5b646d }
rect { stroke: #9aa4ac; fill: #fff } .paper { stroke: none }
.dashboard { fill: #e8eef2 } .filter { fill: #f7ebc6 } .chart { fill: #eef1ea } .table { fill: #f4f4f0 }
path { fill: none; stroke: #5b646d; stroke-opacity: .45 }
.filters { stroke: #b4621f } .cascades, .offers { stroke-dasharray: 4 3 }
.cross-filters { stroke-dasharray: 1 3 }
"""

_Places = dict[str, tuple[float, float]]


def to_svg(graph: nx.DiGraph[str]) -> str:
    """An SVG document, a newline at its end. Whole names and relations are its tooltips."""
    layers = _ordered(graph)
    tallest = max((len(nodes) for nodes in layers.values()), default=0)
    width = 2 * _AROUND + len(layers) * _WIDTH + max(0, len(layers) - 1) * _GAP
    height = 2 * _AROUND + _HEAD + tallest * _ROW
    places: _Places = {}
    heads = []
    for column, (kind, nodes) in enumerate(layers.items()):
        x = _AROUND + column * (_WIDTH + _GAP)
        heads.append(f'<text class="head" x="{x}" y="{_AROUND + 12}">{kind}s</text>')
        for row, node in enumerate(nodes):
            # As far apart as the tallest layer allows, so that short layers stand beside the middle.
            places[node] = (x, _AROUND + _HEAD + (row + 0.5) * tallest * _ROW / len(nodes) - _HEIGHT / 2)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"',
            f' height="{height}" role="img" aria-label="Who filters, shows and reads what">',
            f"<style>{_STYLE}</style>",
            f'<rect width="{width}" height="{height}" class="paper"/>',
            *heads,
            *(_edge(places[a], places[b], str(data["relation"])) for a, b, data in graph.edges(data=True)),
            *(_node(places[node], data) for node, data in graph.nodes(data=True)),
            "</svg>\n",
        ]
    )


def _ordered(graph: nx.DiGraph[str]) -> dict[str, list[str]]:
    """The nodes of each layer from top to bottom."""
    layers: dict[str, list[str]] = {kind: [] for kind in LAYERS}
    for node, kind in graph.nodes(data="kind"):
        layers[str(kind)].append(node)
    layers = {kind: nodes for kind, nodes in layers.items() if nodes}
    layer_of = {node: kind for kind, nodes in layers.items() for node in nodes}
    beside = graph.to_undirected(as_view=True)
    heights = {node: (row + 0.5) / len(nodes) for nodes in layers.values() for row, node in enumerate(nodes)}
    for sweep in range(_SWEEPS):
        order: Iterable[list[str]] = layers.values() if sweep % 2 else reversed(layers.values())
        for nodes in order:
            wanted = {}
            for node in nodes:
                others = [heights[one] for one in beside[node] if layer_of[one] != layer_of[node]]
                wanted[node] = _middle(others, heights[node])
            nodes.sort(key=wanted.__getitem__)
            heights.update((node, (row + 0.5) / len(nodes)) for row, node in enumerate(nodes))
    return layers


def _middle(heights: list[float], own: float) -> float:
    # Exact, and so the same in whatever order the neighbours come.
    return math.fsum(heights) / len(heights) if heights else own


def _edge(source: tuple[float, float], target: tuple[float, float], relation: str) -> str:
    """A curve from side to side; within one column it bends out to the right."""
    (x1, y1), (x2, y2) = source, target
    y1, y2 = y1 + _HEIGHT / 2, y2 + _HEIGHT / 2
    forth, back = x2 > x1, x2 < x1
    x1 += 0 if back else _WIDTH
    x2 += 0 if forth else _WIDTH
    bend = (x2 - x1) / 2 if forth or back else _GAP / 2
    left = x2 - bend if forth or back else x2 + bend
    line = f"M{x1:.0f} {y1:.1f}C{x1 + bend:.0f} {y1:.1f} {left:.0f} {y2:.1f} {x2:.0f} {y2:.1f}"
    return f'<path class="{relation}" d="{line}"><title>{relation}</title></path>'


def _node(place: tuple[float, float], data: Mapping[str, object]) -> str:
    x, y = place
    name = visible(str(data["name"]))
    shown = name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
    return (
        f'<g><title>{_escaped(name)}</title><rect class="{data["kind"]}" x="{x}" y="{y:.1f}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" rx="3"/>'
        f'<text x="{x + 7}" y="{y + 15:.1f}">{_escaped(shown)}</text></g>'
    )


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)
