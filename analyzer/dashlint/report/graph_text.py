"""The graph as JSON, DOT and Mermaid text. Titles are untrusted and quoted for each format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx as nx

_SHAPES = {
    "dashboard": "folder",
    "filter": "hexagon",
    "chart": "box",
    "dataset": "cylinder",
    "table": "plain",
}
_MERMAID = {
    "dashboard": ("[/", "/]"),
    "filter": ("{{", "}}"),
    "chart": ("[", "]"),
    "dataset": ("[(", ")]"),
    "table": ("([", "])"),
}
_STYLES = {"filters": "bold", "cascades": "dashed", "cross-filters": "dotted", "offers": "dashed"}


def to_json(graph: nx.DiGraph[str]) -> str:
    """JSON, version 1: ``nodes`` (id, kind, name, …) and ``edges`` (source, target, relation, …)."""
    document = {
        "version": 1,
        "nodes": [{"id": node, **data} for node, data in graph.nodes(data=True)],
        "edges": [{"source": a, "target": b, **data} for a, b, data in graph.edges(data=True)],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def to_dot(graph: nx.DiGraph[str]) -> str:
    """Graphviz DOT, left to right."""
    lines = ["digraph dashlint {", "  rankdir=LR;", '  node [fontname="sans-serif"];']
    names = {node: f"n{place}" for place, node in enumerate(graph)}
    for node, data in graph.nodes(data=True):
        shape = _SHAPES.get(str(data["kind"]), "box")
        lines.append(f"  {names[node]} [shape={shape}, label={_quote_dot(str(data['name']))}];")
    for source, target, data in graph.edges(data=True):
        style = _STYLES.get(str(data["relation"]), "solid")
        relation = _quote_dot(str(data["relation"]))
        lines.append(f"  {names[source]} -> {names[target]} [style={style}, tooltip={relation}];")
    return "\n".join([*lines, "}", ""])


def to_mermaid(graph: nx.DiGraph[str]) -> str:
    """A Mermaid flowchart, left to right."""
    lines = ["flowchart LR"]
    names = {node: f"n{place}" for place, node in enumerate(graph)}
    for node, data in graph.nodes(data=True):
        before, after = _MERMAID.get(str(data["kind"]), ("[", "]"))
        lines.append(f"  {names[node]}{before}{_quote_mermaid(str(data['name']))}{after}")
    for source, target, data in graph.edges(data=True):
        arrow = "-.->" if data["relation"] in ("cascades", "cross-filters", "offers") else "-->"
        lines.append(f"  {names[source]} {arrow}|{data['relation']}| {names[target]}")
    return "\n".join([*lines, ""])


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _quote_dot(text: str) -> str:
    escaped = _one_line(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _quote_mermaid(text: str) -> str:
    # Mermaid reads HTML entities without the ampersand's usual form: #35; is "#", #quot; a quote.
    escaped = "".join(c if c.isalnum() or c in " .,:-_/()%+'" else f"#{ord(c)};" for c in _one_line(text))
    return f'"{escaped}"'
