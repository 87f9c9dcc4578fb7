"""Creates made-up dashboards (``made_up.py`` and its like) on a Superset that holds the bundled examples."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from itertools import count

from tests.live.superset_client import SupersetSession
from tests.truth.made_up import Item, Json, MadeUp


def create(session: SupersetSession, dashboards: Iterable[MadeUp]) -> list[int]:
    """Creates all of them and gives their ids, in order; without those that the release refuses."""
    datasets = {}
    answer = session.get("/api/v1/dataset/?q=(columns:!(id,table_name),page_size:100)").json()
    for found in answer["result"]:
        datasets[found["table_name"]] = found["id"]
    made = (_create(session, one, datasets) for one in dashboards)
    return [dashboard_id for dashboard_id in made if dashboard_id is not None]


def _create(session: SupersetSession, one: MadeUp, datasets: Mapping[str, int]) -> int | None:
    dashboard_id: int = _post(
        session, "/api/v1/dashboard/", {"dashboard_title": one.title, "published": True}
    )
    ids: dict[str, int] = {}
    # Layers come last, as they name other charts by their ids.
    for letter, made in sorted(one.charts.items(), key=lambda item: "deck_slices" in item[1]["params"]):
        dataset = datasets[made["dataset"]]
        params = {**made["params"], "datasource": f"{dataset}__table"}
        if "deck_slices" in params:
            params["deck_slices"] = [ids[layer] for layer in params["deck_slices"]]
        body = {
            "slice_name": f"{one.title}: {letter}",
            "viz_type": params["viz_type"],
            "datasource_id": dataset,
            "datasource_type": "table",
            "params": json.dumps(params),
            "dashboards": [dashboard_id],
        }
        ids[letter] = _post(session, "/api/v1/chart/", body)
    metadata = one.metadata(ids) if one.metadata is not None else {}
    for made in (*one.filters, *metadata.get("chart_customization_config", ())):
        _resolve(made, ids, datasets)
    metadata = {"native_filter_configuration": list(one.filters), **metadata}
    changes = {"position_json": json.dumps(_position(one, ids)), "json_metadata": json.dumps(metadata)}
    answer = session.put(f"/api/v1/dashboard/{dashboard_id}", json=changes)
    if answer.status_code == HTTPStatus.BAD_REQUEST:
        # Keys that came with a later release.
        session.delete(f"/api/v1/dashboard/{dashboard_id}").raise_for_status()
        return None
    answer.raise_for_status()
    return dashboard_id


def _post(session: SupersetSession, path: str, body: Json) -> int:
    answer = session.post(path, json=body)
    answer.raise_for_status()
    found: int = answer.json()["id"]
    return found


def _resolve(made: Json, ids: Mapping[str, int], datasets: Mapping[str, int]) -> None:
    made["scope"]["excluded"] = [ids[letter] for letter in made["scope"]["excluded"]]
    for target in made["targets"]:
        if "dataset" in target:
            target["datasetId"] = datasets[target.pop("dataset")]
    layers = [name.split("/") for name in made.pop("layers", ())]
    if layers:
        made["scope"]["selectedLayers"] = [f"chart-{ids[of]}-layer-{ids[layer]}" for of, layer in layers]


def _position(one: MadeUp, ids: Mapping[str, int]) -> Json:
    """The layout: charts in rows of three; tabs alone take the place of the grid."""
    nodes: Json = {
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
    }
    numbers = count(1)

    def add(kind: str, parent: str, meta: Json, name: str | None = None) -> str:
        node_id = f"{kind}-{name or f'made{next(numbers)}'}"
        parents = [*nodes[parent].get("parents", ()), parent]
        nodes[node_id] = {"type": kind, "id": node_id, "children": [], "parents": parents, "meta": meta}
        nodes[parent]["children"].append(node_id)
        return node_id

    def put(items: Sequence[Item], parent: str) -> None:
        row = ""
        for item in items:
            if isinstance(item, str):
                if not row or len(nodes[row]["children"]) == 3:
                    row = add("ROW", parent, {"background": "BACKGROUND_TRANSPARENT"})
                add("CHART", row, {"chartId": ids[item], "width": 4, "height": 40, "sliceName": item})
            else:
                row = ""
                tabs = add("TABS", parent, {})
                for text, inside in item.items():
                    put(inside, add("TAB", tabs, {"text": text}, text.replace(" ", "")))

    alone = len(one.layout) == 1 and not isinstance(one.layout[0], str)
    if alone:
        nodes["ROOT_ID"]["children"] = []
    put(one.layout, "ROOT_ID" if alone else "GRID_ID")
    return {"DASHBOARD_VERSION_KEY": "v2", **nodes}
