"""Small dashboards for tests: layouts, filters, and what is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dashlint.assets import Chart, Dashboard, Origin, Workspace
from dashlint.superset import requests
from dashlint.superset.settings import Settings

ORIGIN = Origin("dashboards/a.yaml", "export")
SETTINGS = Settings()


def node(kind: str, *children: str, **meta: Any) -> dict[str, Any]:
    return {"type": kind, "children": list(children), "meta": meta}


def placed(*charts: int, **more: Any) -> dict[str, Any]:
    return {f"CHART-{c}": node("CHART", chartId=c, uuid=f"u{c}") for c in charts} | more


def layout(**nodes: Any) -> dict[str, Any]:
    return {"DASHBOARD_VERSION_KEY": "v2", **{k: {"id": k, **v} for k, v in nodes.items()}}


#: Two tabs; chart 1 on the first, 2 and 3 on the second.
TWO_TABS = layout(
    **placed(1, 2, 3),
    ROOT_ID=node("ROOT", "TABS-t"),
    GRID_ID=node("GRID"),
    **{
        "TABS-t": node("TABS", "TAB-a", "TAB-b"),
        "TAB-a": node("TAB", "ROW-1", text="A"),
        "TAB-b": node("TAB", "ROW-2", text="B"),
        "ROW-1": node("ROW", "CHART-1"),
        "ROW-2": node("ROW", "CHART-2", "CHART-3"),
    },
)


def select(
    name: str, *, root: Iterable[str] = ("ROOT_ID",), excluded: Iterable[int] = (), **more: Any
) -> Any:
    return {
        "id": f"NATIVE_FILTER-{name}",
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "name": name,
        "scope": {"rootPath": list(root), "excluded": list(excluded)},
        "targets": [{"datasetUuid": "d", "column": {"name": "country"}}],
        **more,
    }


def world(
    position: Mapping[str, Any], *filters: Any, charts: Iterable[int] = (1, 2, 3), **metadata: Any
) -> tuple[Dashboard, Workspace]:
    dashboard = Dashboard(
        "dash",
        1,
        "Dash",
        ORIGIN,
        position=position,
        metadata={"native_filter_configuration": list(filters), **metadata},
    )
    found = [
        Chart(f"u{c}", c, f"chart {c}", "table", ORIGIN, params={"groupby": ["a"], "metrics": ["count"]})
        for c in charts
    ]
    return dashboard, Workspace((dashboard,), tuple(found))


def sent(dashboard: Dashboard, workspace: Workspace, event: str, settings: Settings = SETTINGS) -> list[Any]:
    found = requests.predict(dashboard, event, workspace, settings).requests
    return [r.native_filter.name if r.native_filter else r.chart_id for r in found]
