"""Requests that come along with a chart's own: deck.gl layers and annotation layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dashlint.assets import Chart, Workspace


def layers(chart: Chart) -> tuple[int, ...]:
    """The ids of the charts that a ``deck_multi`` chart draws on top of each other.

    They are numeric ids of the instance that the chart was saved on (params.deck_slices).
    """
    if chart.viz_type != "deck_multi":
        return ()
    stored = chart.params.get("deck_slices")
    if not isinstance(stored, list):
        return ()
    return tuple(dict.fromkeys(v for v in stored if isinstance(v, int) and not isinstance(v, bool)))


def layer_charts(chart: Chart, workspace: Workspace) -> Iterator[tuple[int, Chart | None]]:
    """Each layer's id, and its chart where the workspace holds it."""
    for layer in layers(chart):
        yield layer, workspace.chart(chart.origin.root, id=layer)


def annotation_layers(chart: Chart) -> tuple[tuple[str, int | None], ...]:
    """The annotation layers that the browser asks for by itself: name, and the id behind it.

    Only charts that post form data need it; others get theirs with their own request. Formulas
    are computed in the browser and have no ``sourceType`` (superset-frontend/src/components/
    Chart/chartAction:runAnnotationQuery).
    """
    stored = chart.params.get("annotation_layers")
    if not isinstance(stored, list):
        return ()
    return tuple(
        (str(layer.get("name") or ""), layer["value"] if isinstance(layer["value"], int) else None)
        for layer in stored
        if isinstance(layer, Mapping) and layer.get("sourceType") and layer.get("value")
    )
