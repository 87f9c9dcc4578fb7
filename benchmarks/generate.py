"""Writes an export as large as wanted, made of real charts and datasets.

Charts, datasets and filters are those of the exports in tests/data/exports (Superset 6.1.0), again and again
under other names, ids and uuids; each chart keeps a dataset that has its columns. Sizes follow these exports
as well: dashboards hold 2 to 44 charts, a third of them have tabs. Charts that were saved in the browser also
hold a ``query_context``; here three out of four do, since the exports' own charts mostly come from scripts.

    python benchmarks/generate.py --dashboards 1000 --charts 10000 --datasets 500 /tmp/export
    python benchmarks/generate.py /tmp/export.zip

The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

EXPORTS = Path(__file__).resolve().parent.parent / "tests" / "data" / "exports"
QUERY_CONTEXT_SHARE = 0.75
TABS_SHARE = 1 / 3
#: How many charts the dashboards of the exports hold: 4 typical ones and the largest.
CHARTS_PER_DASHBOARD = (2, 5, 9, 13, 20, 44)
CHARTS_WEIGHTS = (3, 5, 6, 4, 2, 1)
ROOT = "assets_export_20261122T120000"
TIMESTAMP = (2026, 11, 22, 12, 0, 0)


class Templates(NamedTuple):
    """Real files: charts by their dataset's uuid, datasets by uuid, filters by their dataset's uuid."""

    charts: dict[str, list[dict[str, Any]]]
    datasets: dict[str, dict[str, Any]]
    filters: dict[str, list[dict[str, Any]]]
    database: dict[str, Any]


def read_templates() -> Templates:
    files: dict[str, dict[str, Any]] = {}
    for path in sorted(EXPORTS.glob("**/*.zip")):
        if path.name == "unusual.zip":
            continue  # made to be odd
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                raw = yaml.load(archive.read(name), Loader=yaml.CSafeLoader)
                files[f"{path.name}/{name}"] = raw
    charts: dict[str, list[dict[str, Any]]] = {}
    datasets: dict[str, dict[str, Any]] = {}
    filters: dict[str, list[dict[str, Any]]] = {}
    database: dict[str, Any] = {}
    for raw in files.values():
        if "viz_type" in raw and raw.get("dataset_uuid"):
            charts.setdefault(raw["dataset_uuid"], []).append(raw)
        elif "table_name" in raw:
            datasets[raw["uuid"]] = raw
        elif "sqlalchemy_uri" in raw:
            database = raw
        for entry in (raw.get("metadata") or {}).get("native_filter_configuration") or []:
            for target in entry.get("targets") or []:
                if target.get("datasetUuid"):
                    filters.setdefault(target["datasetUuid"], []).append(entry)
    return Templates(
        {key: value for key, value in charts.items() if key in datasets}, datasets, filters, database
    )


def files(*, dashboards: int, charts: int, datasets: int, seed: int) -> Iterator[tuple[str, str]]:
    """Path and text of every file of an export."""
    rng = random.Random(seed)
    templates = read_templates()

    def new_uuid() -> str:
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))

    yield (
        "metadata.yaml",
        _dump({"version": "1.0.0", "type": "assets", "timestamp": "2026-11-22T12:00:00+00:00"}),
    )
    database = {**templates.database, "uuid": new_uuid()}
    yield "databases/examples.yaml", _dump(database)
    used = list(templates.charts)
    made: list[tuple[str, str]] = []
    for number in range(1, datasets + 1):
        source = used[number % len(used)]
        raw = {**templates.datasets[source], "uuid": new_uuid(), "database_uuid": database["uuid"]}
        raw["table_name"] = f"{raw['table_name']}_{number}"
        made.append((source, raw["uuid"]))
        yield f"datasets/examples/{_slug(raw['table_name'])}_{number}.yaml", _dump(raw)
    chart_refs: list[tuple[int, str, str, int]] = []
    for number in range(1, charts + 1):
        index = rng.randrange(len(made))
        source, dataset_uuid = made[index]
        raw = copy.deepcopy(rng.choice(templates.charts[source]))
        raw.update(slice_name=f"{raw['slice_name']} {number}", uuid=new_uuid(), dataset_uuid=dataset_uuid)
        raw["params"].update(datasource=f"{index + 1}__table", slice_id=number)
        raw["query_context"] = _query_context(raw) if rng.random() < QUERY_CONTEXT_SHARE else None
        chart_refs.append((number, raw["uuid"], raw["slice_name"], index))
        yield f"charts/{_slug(raw['slice_name'])}_{number}.yaml", _dump(raw)
    position = 0
    for number in range(1, dashboards + 1):
        left = max(1, round((charts - position) / (dashboards - number + 1)))
        size = min(left * 3, rng.choices(CHARTS_PER_DASHBOARD, CHARTS_WEIGHTS)[0], len(chart_refs))
        placed = [chart_refs[(position + i) % len(chart_refs)] for i in range(size)]
        position += size
        raw = _dashboard(f"Dashboard {number}", new_uuid(), placed, made, templates, rng)
        yield f"dashboards/Dashboard_{number}_{number}.yaml", _dump(raw)


def _query_context(chart: dict[str, Any]) -> str:
    """A request of about the size that the browser saves: form data and one query."""
    params = chart["params"]
    query = {
        "filters": [], "extras": {"having": "", "where": ""}, "applied_time_extras": {},
        "columns": params.get("groupby") or params.get("all_columns") or [],
        "metrics": params.get("metrics") or [params.get("metric")],
        "orderby": [], "annotation_layers": [], "row_limit": params.get("row_limit"), "series_limit": 0,
        "order_desc": True, "url_params": {}, "custom_params": {}, "custom_form_data": {},
        "post_processing": [], "time_offsets": [],
    }  # fmt: skip
    datasource = {"id": int(params["datasource"].partition("__")[0]), "type": "table"}
    context = {
        "datasource": datasource, "force": False, "queries": [query], "form_data": params,
        "result_format": "json", "result_type": "full",
    }  # fmt: skip
    return json.dumps(context)


def _dashboard(
    title: str,
    dashboard_uuid: str,
    charts: list[tuple[int, str, str, int]],
    datasets: list[tuple[str, str]],
    templates: Templates,
    rng: random.Random,
) -> dict[str, Any]:
    nodes: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": title}},
    }
    parents = [("GRID_ID", ["ROOT_ID", "GRID_ID"])]
    if rng.random() < TABS_SHARE:
        nodes["ROOT_ID"]["children"] = ["TABS-top"]
        tabs = [f"TAB-{i}" for i in range(rng.choice((2, 3, 4)))]
        nodes["TABS-top"] = {
            "type": "TABS",
            "id": "TABS-top",
            "children": tabs,
            "parents": ["ROOT_ID"],
            "meta": {},
        }
        for index, tab in enumerate(tabs):
            meta = {"text": f"Tab {index + 1}", "defaultText": "Tab title", "placeholder": "Tab title"}
            path = ["ROOT_ID", "TABS-top"]
            nodes[tab] = {"type": "TAB", "id": tab, "children": [], "parents": path, "meta": meta}
        parents = [(tab, ["ROOT_ID", "TABS-top", tab]) for tab in tabs]
    for start in range(0, len(charts), 3):
        parent, path = parents[(start // 3) % len(parents)]
        row = f"ROW-{start}"
        nodes[parent]["children"].append(row)
        meta = {"background": "BACKGROUND_TRANSPARENT"}
        nodes[row] = {"type": "ROW", "id": row, "children": [], "parents": path, "meta": meta}
        for number, chart_uuid, name, _ in charts[start : start + 3]:
            node = f"CHART-{number}-{start}"
            nodes[row]["children"].append(node)
            shown = {"chartId": number, "uuid": chart_uuid, "sliceName": name, "width": 4, "height": 50}
            parents_of = [*path, row]
            nodes[node] = {"type": "CHART", "id": node, "children": [], "parents": parents_of, "meta": shown}
    ids = [number for number, *_ in charts]
    scope = {"rootPath": ["ROOT_ID"], "excluded": []}
    metadata = {
        "native_filter_configuration": _filters(charts, datasets, templates, rng),
        "chart_configuration": {
            str(i): {"id": i, "crossFilters": {"scope": "global", "chartsInScope": ids}} for i in ids
        },
        "global_chart_configuration": {"scope": scope, "chartsInScope": ids},
        "color_scheme": "supersetColors",
        "refresh_frequency": rng.choice((0, 0, 0, 30, 300)),
        "cross_filters_enabled": True,
        "expanded_slices": {},
    }
    return {
        "dashboard_title": title, "description": None, "css": "", "slug": None, "certified_by": None,
        "certification_details": None, "published": True, "uuid": dashboard_uuid, "position": nodes,
        "metadata": metadata, "theme_uuid": None, "version": "1.0.0",
    }  # fmt: skip


def _filters(
    charts: list[tuple[int, str, str, int]],
    datasets: list[tuple[str, str]],
    templates: Templates,
    rng: random.Random,
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for index in sorted({index for *_, index in charts})[:4]:
        source, dataset_uuid = datasets[index]
        for template in templates.filters.get(source, [])[: rng.choice((0, 1, 2))]:
            entry = copy.deepcopy(template)
            entry["id"] = f"NATIVE_FILTER-{index}-{len(found)}"
            entry["targets"] = [{**entry["targets"][0], "datasetUuid": dataset_uuid}]
            entry["scope"] = {"rootPath": ["ROOT_ID"], "excluded": []}
            entry["chartsInScope"] = [number for number, *_ in charts]
            entry["cascadeParentIds"] = []
            found.append(entry)
    return found


def _slug(name: str) -> str:
    return "".join(c for c in name.replace(" ", "_") if c.isascii() and (c.isalnum() or c in "_.-")).strip(
        "._"
    )


class _Dumper(yaml.CSafeDumper):
    """Superset's own files never hold aliases: each value comes from JSON."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _dump(raw: dict[str, Any]) -> str:
    return yaml.dump(raw, Dumper=_Dumper, sort_keys=False)


def generate(out: Path, *, dashboards: int, charts: int, datasets: int, seed: int = 1) -> None:
    """Writes an export to a folder, or to a ZIP if the name ends so (not packed, as Superset writes it)."""
    export = files(dashboards=dashboards, charts=charts, datasets=datasets, seed=seed)
    if out.suffix == ".zip":
        with zipfile.ZipFile(out, "w") as archive:
            for path, text in export:
                archive.writestr(zipfile.ZipInfo(f"{ROOT}/{path}", TIMESTAMP), text)
        return
    for path, text in export:
        target = out / ROOT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="a folder, or a file that ends in .zip")
    parser.add_argument("--dashboards", type=int, default=1_000)
    parser.add_argument("--charts", type=int, default=10_000)
    parser.add_argument("--datasets", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    generate(
        given.out,
        dashboards=given.dashboards,
        charts=given.charts,
        datasets=given.datasets,
        seed=given.seed,
    )


if __name__ == "__main__":
    main()
