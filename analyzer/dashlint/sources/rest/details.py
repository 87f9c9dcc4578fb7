"""Objects read one by one, in the shape in which Superset's export would have written them.

So that everything after this reads one shape only. Keys and conversions: superset/commands/*/export.py
(dashboard, chart, dataset, database); what the REST API gives: dashboards/schemas.py, charts/api.py,
datasets/api.py and databases/api.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

_VERSION = "1.0.0"  # superset/utils/dict_import_export.py: EXPORT_VERSION

_DASHBOARD = (
    "dashboard_title",
    "css",
    "slug",
    "certified_by",
    "certification_details",
    "published",
    "uuid",
)
_DATASET = (
    "table_name",
    "main_dttm_col",
    "currency_code_column",
    "description",
    "default_endpoint",
    "offset",
    "cache_timeout",
    "catalog",
    "schema",
    "sql",
    "filter_select_enabled",
    "fetch_values_predicate",
    "normalize_columns",
    "always_filter_main_dttm",
    "folders",
    "uuid",
)
_METRIC = (
    "metric_name",
    "verbose_name",
    "metric_type",
    "expression",
    "description",
    "d3format",
    "currency",
    "extra",
    "warning_text",
)
_COLUMN = (
    "column_name",
    "verbose_name",
    "is_dttm",
    "is_active",
    "type",
    "advanced_data_type",
    "groupby",
    "filterable",
    "expression",
    "description",
    "python_date_format",
    "datetime_format",
    "extra",
)
_DATABASE = (
    "database_name",
    "cache_timeout",
    "expose_in_sqllab",
    "allow_run_async",
    "allow_ctas",
    "allow_cvas",
    "allow_dml",
    "allow_file_upload",
    "impersonate_user",
    "uuid",
)

# superset/commands/dashboard/export.py: DEFAULT_CHART_HEIGHT and _WIDTH
_HEIGHT, _WIDTH = 50, 4


def dashboard(detail: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """A dashboard's file.

    What it takes from other objects is filled in by :func:`with_all_charts` and :func:`with_uuids`.

    Args:
        detail: ``GET /dashboard/{id}``.
        row: its row in the list.
    """
    raw = {key: detail.get(key, row.get(key)) for key in _DASHBOARD}
    raw["position"] = _decoded(detail.get("position_json"))
    raw["metadata"] = _decoded(detail.get("json_metadata"))
    theme = detail.get("theme")
    raw["theme_uuid"] = theme.get("uuid") if isinstance(theme, Mapping) else None
    raw["version"] = _VERSION
    return raw


def with_uuids(metadata: Mapping[str, Any], dataset_uuids: Mapping[int, str]) -> dict[str, Any]:
    """Metadata whose native filters name their datasets by uuid, as far as uuids are known."""
    filters = metadata.get("native_filter_configuration")
    if not isinstance(filters, list):
        return dict(metadata)
    return {
        **metadata,
        "native_filter_configuration": [_with_uuids(entry, dataset_uuids) for entry in filters],
    }


def filter_datasets(metadata: Any) -> set[int]:
    """Ids of the datasets that native filters name by id."""
    filters = metadata.get("native_filter_configuration") if isinstance(metadata, Mapping) else None
    targets = [target for entry in _list(filters) for target in _list(entry.get("targets"))]
    return {target["datasetId"] for target in targets if isinstance(target.get("datasetId"), int)}


def _with_uuids(entry: Any, dataset_uuids: Mapping[int, str]) -> Any:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("targets"), list):
        return entry
    return {**entry, "targets": [_target(target, dataset_uuids) for target in entry["targets"]]}


def _target(target: Any, dataset_uuids: Mapping[int, str]) -> Any:
    number = target.get("datasetId") if isinstance(target, Mapping) else None
    if not isinstance(number, int) or number not in dataset_uuids:
        return target
    rest = {key: value for key, value in target.items() if key != "datasetId"}
    return {**rest, "datasetUuid": dataset_uuids[number]}


def with_all_charts(
    position: Mapping[str, Any], title: object, charts: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """A layout with every chart of the dashboard: what it lacks goes into a new last row, as in an export."""
    nodes = dict(position) or {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"children": ["GRID_ID"], "id": "ROOT_ID", "type": "ROOT"},
        "GRID_ID": {"children": [], "id": "GRID_ID", "parents": ["ROOT_ID"], "type": "GRID"},
        "HEADER_ID": {"id": "HEADER_ID", "meta": {"text": title}, "type": "HEADER"},
    }
    placed = [node["meta"] for node in nodes.values() if _is_chart(node)]
    known = {meta.get("uuid") for meta in placed} | {meta.get("chartId") for meta in placed}
    missing = [
        row for row in charts if row["id"] not in known and (not row.get("uuid") or row["uuid"] not in known)
    ]
    if not missing:
        return nodes
    root, grid = nodes.get("ROOT_ID"), nodes.get("GRID_ID")
    # Names as the exporter makes them; where the grid is not in use, its nodes have no parents at all.
    names = [f"CHART-{row['id']:08}" for row in missing]
    parents: dict[str, list[str]] = {}
    if isinstance(root, Mapping) and "GRID_ID" in (root.get("children") or ()) and isinstance(grid, Mapping):
        row_name, above = f"ROW-N-{missing[0]['id']:08}", ["ROOT_ID", "GRID_ID"]
        nodes["GRID_ID"] = {**grid, "children": [*(grid.get("children") or ()), row_name]}
        nodes[row_name] = {"children": names, "id": row_name, "meta": {}, "type": "ROW", "parents": above}
        parents = {"parents": [*above, row_name]}
    for name, row in zip(names, missing, strict=True):
        meta = {
            "chartId": row["id"],
            "height": _HEIGHT,
            "sliceName": row.get("slice_name"),
            "uuid": row.get("uuid"),
            "width": _WIDTH,
        }
        nodes[name] = {"children": [], "id": name, "meta": meta, "type": "CHART", **parents}
    return nodes


def _is_chart(node: Any) -> bool:
    return isinstance(node, Mapping) and node.get("type") == "CHART" and isinstance(node.get("meta"), Mapping)


def chart(row: Mapping[str, Any]) -> dict[str, Any]:
    """A chart's file, from its row in the list (or ``GET /chart/{id}``). Lists have no query_context.

    Its ``dataset_uuid`` comes later: only then are all uuids known.
    """
    raw = {
        key: row.get(key)
        for key in ("slice_name", "description", "certified_by", "certification_details", "viz_type")
    }
    raw["params"] = _decoded(row.get("params"))
    raw["query_context"] = row.get("query_context")
    raw["cache_timeout"] = row.get("cache_timeout")
    raw["uuid"] = row.get("uuid")
    raw["version"] = _VERSION
    return raw


def chart_of_dashboard(found: Mapping[str, Any], uuid: str | None) -> dict[str, Any]:
    """A chart's row, from ``GET /dashboard/{id}/charts``: for charts that the account sees only there."""
    form = found.get("form_data")
    form = form if isinstance(form, Mapping) else {}
    number, _, kind = str(form.get("datasource") or "").partition("__")
    return {
        "id": found.get("id"),
        "uuid": uuid or found.get("uuid"),
        "slice_name": found.get("slice_name"),
        "viz_type": form.get("viz_type"),
        "params": form,
        "cache_timeout": found.get("cache_timeout"),
        "datasource_id": int(number) if number.isdigit() else None,
        "datasource_type": kind or "table",
    }


def dataset(detail: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """A dataset's file, from ``GET /dataset/{id}`` (or the part of it that a dashboard tells).

    Its ``database_uuid`` comes later: only then are all uuids known.
    """
    raw = {key: detail.get(key, row.get(key)) for key in _DATASET}
    for key in ("params", "template_params", "extra"):
        raw[key] = _decoded(detail.get(key)) or None
    raw["metrics"] = [_part(metric, _METRIC) for metric in _list(detail.get("metrics"))]
    raw["columns"] = [_part(column, _COLUMN) for column in _list(detail.get("columns"))]
    raw["version"] = _VERSION
    return raw


def dataset_of_dashboard(found: Mapping[str, Any]) -> dict[str, Any]:
    """A dataset's detail, from ``GET /dashboard/{id}/datasets``.

    That gives columns in full only where the dashboard's charts name them; of the others, the name, and which
    ones are temporal (superset/connectors/sqla/models.py: ``data_for_slices``).
    """
    columns = [column for column in _list(found.get("columns")) if column.get("column_name")]
    named = {column["column_name"] for column in columns}
    # column_names holds the labels of those columns, too.
    labels = {column.get("verbose_name") for column in columns}
    temporal = {pair[0] for pair in found.get("granularity_sqla") or () if isinstance(pair, list) and pair}
    others = [
        {"column_name": name, "is_dttm": name in temporal}
        for name in found.get("column_names") or ()
        if isinstance(name, str) and name not in named and name not in labels
    ]
    return {**found, "columns": [*columns, *others]}


def database(detail: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """A database's file without its URI, which only those may read who may change it."""
    raw = {key: detail.get(key, row.get(key)) for key in _DATABASE}
    raw["extra"] = _decoded(detail.get("extra", row.get("extra")))
    raw["version"] = _VERSION
    return raw


def dataset_id(row: Mapping[str, Any]) -> int | None:
    """The id of a chart's dataset, from the chart's row or page."""
    number = row.get("datasource_id")
    return number if isinstance(number, int) and row.get("datasource_type", "table") == "table" else None


def database_id(row: Mapping[str, Any]) -> int | None:
    """The id of a dataset's database, from the dataset's row or page."""
    found = row.get("database")
    number = found.get("id") if isinstance(found, Mapping) else None
    return number if isinstance(number, int) else None


def database_uuid(row: Mapping[str, Any]) -> str | None:
    """The uuid of a dataset's database, from the dataset's row."""
    found = row.get("database")
    uuid = found.get("uuid") if isinstance(found, Mapping) else None
    return uuid if isinstance(uuid, str) else None


def _part(source: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    # A key that the answer lacks stays out, so that its default holds.
    raw = {key: source[key] for key in keys if key in source}
    if isinstance(raw.get("extra"), str):
        raw["extra"] = _decoded(raw["extra"]) or None
    return raw


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _decoded(value: Any) -> dict[str, Any]:
    """A mapping that may have been stored as JSON text; empty where there is none."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}
