"""Creates made-up dashboards (``made_up`` and its like) on a Superset that holds the bundled examples."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from itertools import count

from tests.live.superset_client import SupersetSession
from tests.truth.made_up import Item, Json, MadeUp


def create(session: SupersetSession, dashboards: Iterable[MadeUp], only: Sequence[str] = ()) -> list[int]:
    """Creates all of them, or those with one of these titles, and gives their ids, in order.

    Those that the release refuses are left out.
    """
    datasets = {}
    answer = session.get("/api/v1/dataset/?q=(columns:!(id,table_name),page_size:100)").json()
    for found in answer["result"]:
        datasets[found["table_name"]] = found["id"]
    wanted = (one for one in dashboards if not only or one.title in only)
    made = (_create(session, one, datasets) for one in wanted)
    return [dashboard_id for dashboard_id in made if dashboard_id is not None]


def _create_datasets(session: SupersetSession, one: MadeUp, known: Mapping[str, int]) -> dict[str, int]:
    """The virtual datasets of a dashboard, on the examples' database or on one beside it.

    Those that are there from an earlier run stay as they are.
    """
    found = {}
    databases = session.get("/api/v1/database/").json()["result"]
    examples = next(d["id"] for d in databases if d["database_name"] == "examples")
    for name, asked in one.virtual.items():
        if name in known:
            continue
        body = dict(asked)
        database = examples
        if "database" in body:
            uri = session.get(f"/api/v1/database/{examples}/connection").json()["result"]["sqlalchemy_uri"]
            more = {"database_name": name, "sqlalchemy_uri": uri, **body.pop("database")}
            database = _post(session, "/api/v1/database/", more)
        made = {"database": database, "table_name": name, "sql": body.pop("sql")}
        found[name] = _post(session, "/api/v1/dataset/", made)
        if body:
            session.put(f"/api/v1/dataset/{found[name]}", json=body).raise_for_status()
    return found


def _create(session: SupersetSession, one: MadeUp, datasets: Mapping[str, int]) -> int | None:
    dashboard_id: int = _post(
        session, "/api/v1/dashboard/", {"dashboard_title": one.title, "published": True}
    )
    ids: dict[str, int] = {}
    datasets = {**_create_datasets(session, one, datasets), **datasets}
    # Layers come last, as they name other charts by their ids.
    for letter, made in sorted(one.charts.items(), key=lambda item: _names_others(item[1]["params"])):
        dataset = datasets[made["dataset"]]
        params = {**made["params"], "datasource": f"{dataset}__table"}
        if "deck_slices" in params:
            params["deck_slices"] = [ids[layer] for layer in params["deck_slices"]]
        if "annotation_layers" in params:
            params["annotation_layers"] = [
                {**layer, "value": ids.get(layer["value"], layer["value"])}
                for layer in params["annotation_layers"]
            ]
        body = {
            "slice_name": f"{one.title}: {letter}",
            "viz_type": params["viz_type"],
            "datasource_id": dataset,
            "datasource_type": "table",
            "params": json.dumps(params),
            "dashboards": [dashboard_id],
            **made.get("body", {}),
        }
        ids[letter] = _post(session, "/api/v1/chart/", body)
    metadata = one.metadata(ids) if one.metadata is not None else {}
    for made in (*one.filters, *metadata.get("chart_customization_config", ())):
        _resolve(made, ids, datasets)
    metadata = {"native_filter_configuration": list(one.filters), **metadata}
    position = _position(one, ids)
    if one.arrange is not None:
        one.arrange(position, ids)
    changes = {"position_json": json.dumps(position), "json_metadata": json.dumps(metadata)}
    answer = session.put(f"/api/v1/dashboard/{dashboard_id}", json=changes)
    if answer.status_code == HTTPStatus.BAD_REQUEST:
        # Keys that came with a later release.
        session.delete(f"/api/v1/dashboard/{dashboard_id}").raise_for_status()
        return None
    answer.raise_for_status()
    return dashboard_id


def _names_others(params: Json) -> bool:
    return "deck_slices" in params or "annotation_layers" in params


def _post(session: SupersetSession, path: str, body: Json) -> int:
    answer = session.post(path, json=body)
    if not answer.ok:
        raise ValueError(f"{path} {body}: {answer.status_code} {answer.text[:500]}")
    found: int = answer.json()["id"]
    return found


def _resolve(made: Json, ids: Mapping[str, int], datasets: Mapping[str, int]) -> None:
    made["scope"]["excluded"] = [ids[letter] for letter in made["scope"]["excluded"]]
    for target in made.get("targets", ()):
        if "dataset" in target:
            target["datasetId"] = datasets[target.pop("dataset")]
    layers = [name.split("/") for name in made.pop("layers", ())]
    if layers:
        made["scope"]["selectedLayers"] = [f"chart-{ids[of]}-layer-{ids[layer]}" for of, layer in layers]


_META: dict[str, Callable[[str], Json]] = {
    "HEADER": lambda text: {"text": text, "headerSize": "MEDIUM_HEADER"},
    "MARKDOWN": lambda text: {"code": text, "width": 4, "height": 20},
    "DIVIDER": lambda _: {},
    "COLUMN": lambda _: {"width": 4, "background": "BACKGROUND_TRANSPARENT"},
    "ROW": lambda _: {"background": "BACKGROUND_TRANSPARENT"},
}


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
            if isinstance(item, str) and nodes[parent]["type"] == "ROW":
                add("CHART", parent, {"chartId": ids[item], "width": 4, "height": 40, "sliceName": item})
            elif isinstance(item, str):
                if not row or len(nodes[row]["children"]) == 3:
                    row = add("ROW", parent, {"background": "BACKGROUND_TRANSPARENT"})
                add("CHART", row, {"chartId": ids[item], "width": 4, "height": 40, "sliceName": item})
            elif isinstance(item, tuple):
                kind, text, inside = item
                row = ""
                put(inside, add(kind, parent, _META[kind](text)))
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
