"""Exports for tests: real ones, and small ones made of what a test is about."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.paths import ROOT

DATA = ROOT / "tests" / "data" / "exports"
REAL_ZIPS = sorted(DATA.glob("**/*.zip"))
BROWSER_ZIPS = sorted((DATA / "browser").glob("*.zip"))

Content = str | bytes | Mapping[str, Any]

CHART_UUID = "11111111-1111-4111-8111-111111111111"
DATASET_UUID = "22222222-2222-4222-8222-222222222222"
DATABASE_UUID = "33333333-3333-4333-8333-333333333333"
DASHBOARD_UUID = "44444444-4444-4444-8444-444444444444"


def real_texts() -> dict[str, str]:
    """Every YAML file of every real export, by ZIP and path."""
    found = {}
    for path in REAL_ZIPS:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                found[f"{path.name}/{name}"] = archive.read(name).decode()
    return found


def chart(**values: Any) -> dict[str, Any]:
    return {
        "slice_name": "Sales",
        "viz_type": "table",
        "params": {"row_limit": 100},
        "query_context": None,
        "cache_timeout": None,
        "uuid": CHART_UUID,
        "version": "1.0.0",
        "dataset_uuid": DATASET_UUID,
        **values,
    }


def dataset(**values: Any) -> dict[str, Any]:
    return {
        "table_name": "orders",
        "sql": None,
        "columns": [{"column_name": "ds", "is_dttm": True, "type": "DATE"}, {"column_name": "amount"}],
        "metrics": [{"metric_name": "count", "expression": "COUNT(*)"}],
        "uuid": DATASET_UUID,
        "version": "1.0.0",
        "database_uuid": DATABASE_UUID,
        **values,
    }


def database(**values: Any) -> dict[str, Any]:
    return {
        "database_name": "shop",
        "sqlalchemy_uri": "postgresql://reader:XXXXXXXXXX@db/shop",
        "extra": {},
        "uuid": DATABASE_UUID,
        "version": "1.0.0",
        **values,
    }


def dashboard(*charts: tuple[int, str | None], **values: Any) -> dict[str, Any]:
    """A dashboard whose grid shows charts, given by id and uuid."""
    nodes: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": []},
    }
    for chart_id, uuid in charts:
        key = f"CHART-{chart_id}"
        meta = {"chartId": chart_id, "uuid": uuid, "sliceName": "Sales", "width": 4, "height": 50}
        nodes[key] = {"type": "CHART", "id": key, "children": [], "meta": meta}
        nodes["GRID_ID"]["children"].append(key)
    return {
        "dashboard_title": "Shop",
        "slug": "shop",
        "published": True,
        "uuid": DASHBOARD_UUID,
        "position": nodes,
        "metadata": {},
        "version": "1.0.0",
        **values,
    }


def shop(more: Mapping[str, Content] = {}) -> dict[str, Content]:
    """A small export, one of each kind, with some of its files replaced or added."""
    return {
        "metadata.yaml": {"version": "1.0.0", "type": "Dashboard", "timestamp": "2026-11-22T12:00:00"},
        "dashboards/Shop_1.yaml": dashboard((7, CHART_UUID)),
        "charts/Sales_7.yaml": chart(),
        "datasets/shop/orders.yaml": dataset(),
        "databases/shop.yaml": database(),
        **more,
    }


def as_bytes(content: Content) -> bytes:
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    import yaml

    return yaml.safe_dump(json.loads(json.dumps(content)), sort_keys=False).encode()


def write(folder: Path, files: Mapping[str, Content]) -> Path:
    """Writes files below a folder, and gives the folder."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(as_bytes(content))
    return folder


def zipped(files: Mapping[str, Content], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for path, content in files.items():
            archive.writestr(path, as_bytes(content))
    return buffer.getvalue()
