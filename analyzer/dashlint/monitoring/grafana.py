"""A Grafana dashboard on the same metrics and thresholds."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from dashlint.monitoring.alerts_memory import GROUP, limits, share_of_limit, used
from dashlint.monitoring.alerts_services import METADATA, QUEUE
from dashlint.monitoring.alerts_superset import BUSY, CHARTS
from dashlint.monitoring.model import Predicted, Setup

#: Of Grafana 10 and 11; newer versions migrate a dashboard when they load it.
SCHEMA = 39
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 24


class Panel(NamedTuple):
    """A graph: its queries by legend, its unit in Grafana's words, and a line where alerts begin."""

    title: str
    queries: dict[str, str]
    unit: str = "short"
    threshold: float | None = None
    below: bool = False
    note: str = ""


def panels(setup: Setup, known: Predicted) -> tuple[Panel, ...]:
    """All panels, in order."""
    found = [*_superset(setup, known), *_memory(setup, known)]
    if "redis" not in setup.without:
        limit = setup.redis_maxmemory.value if setup.redis_maxmemory else None
        found.append(
            Panel(
                "Redis: memory",
                {
                    "used {{instance}}": "redis_memory_used_bytes",
                    "maxmemory {{instance}}": "redis_memory_max_bytes > 0",
                },
                "bytes",
                limit,
            )
        )
        found.append(
            Panel(
                "Redis: keys evicted per second",
                {"{{instance}}": "rate(redis_evicted_keys_total[5m])"},
                "ops",
            )
        )
        if "celery" not in setup.without and setup.celery_slots:
            found.append(
                Panel(
                    "Celery: tasks that wait", {"{{key}}": f'redis_key_size{{key="{QUEUE}"}}'}, "short", None
                )
            )
    if "postgres" not in setup.without:
        found.append(
            Panel(
                "Metadata database: connections",
                {
                    "{{state}}": f'sum by (state) (pg_stat_activity_count{{datname="{METADATA}"}})',
                    "max_connections {{instance}}": "pg_settings_max_connections",
                },
            )
        )
    return tuple(found)


def _superset(setup: Setup, known: Predicted) -> list[Panel]:
    bucket = f"superset_api_request_duration_seconds_bucket{{{CHARTS}}}"
    rate = f"superset_api_requests_total{{{CHARTS}"
    found = [
        Panel(
            "Charts: duration of requests",
            {
                f"{quantile * 100:g} %": f"histogram_quantile({quantile}, sum by (le) (rate({bucket}[5m])))"
                for quantile in (0.5, 0.95, 0.99)
            },
            "s",
            setup.slow.value,
        ),
        Panel(
            "Charts: requests per second", {"{{outcome}}": f"sum by (outcome) (rate({rate}}}[5m]))"}, "reqps"
        ),
    ]
    if known.caches_data is not False:
        share = setup.hit_share.value * (1.0 if known.cacheable is None else known.cacheable)
        hits = "(sum(rate(superset_data_cache_hits_total[15m])) or vector(0))"
        found.append(
            Panel(
                "Charts: answered from the cache",
                {
                    "hits": f"{hits} / ({hits} + sum(rate(superset_data_cache_unforced_misses_total[15m])))",
                },
                "percentunit",
                share,
                below=True,
                note="Forced refreshes are not counted.",
            )
        )
    if "gunicorn" in setup.without:
        busy = "superset_api_request_duration_seconds_sum"
    else:
        busy = "superset_gunicorn_request_duration_seconds_sum"
        log = "superset_gunicorn_log_messages_total"
        found.append(
            Panel("gunicorn: errors logged", {"{{level}}": f"sum by (level) (increase({log}[5m]))"}, "short")
        )
        responses = "sum by (status) (rate(superset_gunicorn_responses_total[5m]))"
        found.append(Panel("gunicorn: answers per second", {"{{status}}": responses}, "reqps"))
    found.append(
        Panel("Threads in use", {"of all": f"sum(rate({busy}[5m])) / {setup.slots}"}, "percentunit", BUSY)
    )
    steps = "superset_sqllab_step_duration_seconds"
    mean = f"sum by (step) (rate({steps}_sum[15m])) / sum by (step) (rate({steps}_count[15m]))"
    found.append(
        Panel(
            "SQL Lab: mean duration",
            {"{{step}}": mean},
            "s",
        )
    )
    slowest = "superset_api_request_duration_seconds"
    found.append(
        Panel(
            "Slowest endpoints (mean)",
            {
                "{{api}}.{{endpoint}}": f"topk(8, sum by (api, endpoint) (rate({slowest}_sum[15m]))"
                f" / sum by (api, endpoint) (rate({slowest}_count[15m])))"
            },
            "s",
        )
    )
    return found


def _memory(setup: Setup, known: Predicted) -> list[Panel]:
    if setup.place != "hosts":
        label = "pod" if setup.place == "kubernetes" else "name"
        return [
            Panel(
                "Memory of Superset's containers",
                {f"{{{{{label}}}}}": used(setup), f"limit {{{{{label}}}}}": limits(setup)},
                "bytes",
            )
        ]
    share, _ = share_of_limit(setup, known)
    limit = setup.memory_limit.value * share if setup.memory_limit else None
    group = f'{{groupname="{GROUP}"'
    memory = f'namedprocess_namegroup_memory_bytes{group},memtype="resident"}}'
    return [
        Panel(
            "Memory of Superset's processes",
            {"{{instance}}": f"sum by (instance) ({memory})"},
            "bytes",
            limit,
        ),
        Panel("Processes of gunicorn", {"{{instance}}": f"namedprocess_namegroup_num_procs{group}}}"}),
    ]


def dashboard_file(setup: Setup, known: Predicted) -> str:
    """The dashboard's JSON, to be imported into Grafana."""
    made = [_panel(panel, number) for number, panel in enumerate(panels(setup, known))]
    return json.dumps(_dashboard(made), indent=2, ensure_ascii=False) + "\n"


def _dashboard(made: list[dict[str, Any]]) -> dict[str, Any]:
    source = {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "refresh": 1,
        "hide": 0,
        "includeAll": False,
        "multi": False,
        "options": [],
        "current": {},
    }
    return {
        "id": None,
        "uid": "dashlint-superset",
        "title": "Superset",
        "description": "Written by dashlint monitor; its alerts use the same metrics.",
        "tags": ["superset"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [source]},
        "annotations": {"list": []},
        "links": [],
        "panels": made,
    }


def _panel(panel: Panel, number: int) -> dict[str, Any]:
    across = _COLUMNS // _WIDTH
    steps: list[dict[str, Any]] = [{"color": "red" if panel.below else "green", "value": None}]
    if panel.threshold is not None:
        steps.append({"color": "green" if panel.below else "red", "value": panel.threshold})
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.note,
        "datasource": _SOURCE,
        "gridPos": {
            "x": number % across * _WIDTH,
            "y": number // across * _HEIGHT,
            "w": _WIDTH,
            "h": _HEIGHT,
        },
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0,
                "color": {"mode": "palette-classic"},
                "thresholds": {"mode": "absolute", "steps": steps},
                "custom": {
                    "lineWidth": 1,
                    "fillOpacity": 5,
                    "thresholdsStyle": {"mode": "off" if panel.threshold is None else "line"},
                },
            },
            "overrides": [],
        },
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [
            {"refId": chr(ord("A") + n), "datasource": _SOURCE, "expr": query, "legendFormat": legend}
            for n, (legend, query) in enumerate(panel.queries.items())
        ],
    }
