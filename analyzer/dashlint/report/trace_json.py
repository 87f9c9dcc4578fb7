"""The requests of dashboards' events as JSON, version 1: fields are only ever added."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard, Dataset
from dashlint.cost.model import UNKNOWN, Rows
from dashlint.superset.queries import METADATA_FILTERS
from dashlint.superset.query import Event, Query, Request


def render(traced: Iterable[tuple[Dashboard, Iterable[Event]]], analysis: Analysis) -> str:
    """One JSON document with the events of each dashboard."""
    dashboards = [
        {
            "uuid": dashboard.uuid,
            "id": dashboard.id,
            "title": dashboard.title,
            "events": [_event(event, dashboard, analysis) for event in events],
        }
        for dashboard, events in traced
    ]
    document = {"version": 1, "superset": analysis.settings.version, "dashboards": dashboards}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _event(event: Event, dashboard: Dashboard, analysis: Analysis) -> dict[str, Any]:
    return {
        "event": event.name,
        "requests": [_request(request, dashboard, analysis) for request in event.requests],
        "memory": analysis.event_cost(dashboard, event)._asdict(),
        "notes": list(event.notes),
    }


def _request(request: Request, dashboard: Dashboard, analysis: Analysis) -> dict[str, Any]:
    made: dict[str, Any] = {"kind": request.kind}
    chart = request.chart
    if chart is not None:
        made["chart"] = {
            "uuid": chart.uuid,
            "id": request.chart_id if request.chart_id is not None else chart.id,
            "name": chart.name,
            "viz_type": chart.viz_type,
        }
    elif request.chart_id is not None:
        made["chart"] = {"uuid": None, "id": request.chart_id, "name": None, "viz_type": None}
    if request.cell is not None:
        made["cell"] = dict(zip(("row", "column"), request.cell, strict=True))
    if request.native_filter is not None:
        made["filter"] = {"id": request.native_filter.id, "name": request.native_filter.name}
    timeout = request.cache_timeout
    made["cache_timeout"] = {"seconds": timeout.seconds, "from": timeout.origin} if timeout else None
    dataset = analysis.request_dataset(request, dashboard)
    made["queries"] = [
        {
            **_query(query),
            "rows": analysis.rows(query, dataset)._asdict(),
            "memory": analysis.query_cost(query, dataset)._asdict(),
            **_sql(query, dataset, request, analysis),
        }
        for query in request.queries
    ]
    if request.native_filter is not None and not request.queries:
        result_type = METADATA_FILTERS.get(request.native_filter.filter_type)
        if result_type is not None:
            # Answered from the dataset's metadata: no SQL, so there is nothing to know of rows.
            nothing: dict[str, Any] = {"rows": Rows(None, None)._asdict(), "memory": UNKNOWN._asdict()}
            nothing |= {"sql": None, "statements": []}
            made["queries"] = [{**_query(Query()), **nothing, "result_type": result_type}]
    made |= {
        "force": request.force,
        "round": request.round,
        "waits_for": list(request.waits_for),
        "before_apply": request.before_apply,
        "confidence": request.confidence,
        "because": list(request.because),
        "extra_statements": list(request.extra_statements),
    }
    return made


def _sql(query: Query, dataset: Dataset | None, request: Request, analysis: Analysis) -> dict[str, Any]:
    """The statements that reach the database, and what each reads; ``sql`` is the query's own."""
    statements = analysis.compiled(query, dataset, legacy=request.kind == "legacy")
    return {
        "sql": statements[0].sql if statements else None,
        "statements": [
            {
                **one._asdict(),
                "predicates": [predicate._asdict() for predicate in one.predicates],
                "group_keys": [{"column": name, "transformed": changed} for name, changed in one.group_keys],
            }
            for one in statements
        ],
    }


def _query(query: Query) -> dict[str, Any]:
    """A query object as it is sent, and the limit that reaches the database."""
    return {
        "columns": [
            column.label for column in (query.columns if query.sent_columns is None else query.sent_columns)
        ],
        "metrics": [metric.label for metric in query.metrics] if query.metrics is not None else None,
        "filters": [{"col": f.col, "op": f.op} for f in query.filters],
        "row_limit": query.row_limit,
        "effective_limit": query.effective_limit,
        "row_offset": query.row_offset,
        "series_limit": query.series_limit,
        "orderby": [list(pair) for pair in query.orderby],
        "is_rowcount": query.is_rowcount,
        "time_range": query.time_range,
        "time_grain": query.time_grain,
        "time_offsets": list(query.time_offsets),
        "post_processing": list(query.post_processing),
    }
