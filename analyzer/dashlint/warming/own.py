"""What Superset's own warm-up does for a request: the endpoint ``warm_up_cache``, and ``cache-warmup`` by it.

Source: ``commands/chart/warm_up_cache.py`` and ``tasks/cache.py`` of 6.1.0; what a browser then found in the
cache was tried on 6.1.0 (docs/warm.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dashlint.assets import Chart
from dashlint.superset.js import as_list
from dashlint.superset.query import Request
from dashlint.superset.settings import Settings
from dashlint.warming.model import Verdict

#: Fields of a query object that are in the cache key (``common/query_object.py:to_dict, cache_key``), and
#: what their absence means there.
_IN_KEY: Mapping[str, Any] = {
    "annotation_layers": [],
    "columns": [],
    "extras": {},
    "filters": [],
    "granularity": None,
    "group_others_when_limit_reached": False,
    "groupby": [],
    "is_rowcount": False,
    "is_timeseries": None,
    "metrics": None,
    "order_desc": True,
    "orderby": [],
    "post_processing": [],
    "result_type": None,
    "row_limit": None,
    "row_offset": 0,
    "series_columns": [],
    "series_limit": 0,
    "series_limit_metric": None,
    "time_offsets": [],
    "time_range": None,
    "time_shift": None,
}


def verdict(
    request: Request,
    body: Mapping[str, Any] | None,
    context: Mapping[str, Any] | None,
    settings: Settings,
    *,
    filtered: bool,
) -> Verdict:
    """Whether the warm-up of a request's chart fills the entry that the browser asks for.

    Args:
        request: of a dashboard's load.
        body: what the browser sends, where it is known to the letter.
        context: the chart's saved query context; None where it has none, empty where nobody looked.
        settings: of the Superset.
        filtered: whether filters with default values make its queries others than the chart's own.
    """
    chart = request.chart
    if chart is None:
        return Verdict(fills=False, why="it warms charts, not the options of filters")
    if filtered:
        return Verdict(fills=False, why="it ignores default values of filters, which make another entry")
    if request.kind == "legacy" and chart.viz_type.startswith("deck_"):
        return Verdict(fills=None, why="what it does for several layers was not tried")
    if request.kind == "legacy":
        return Verdict(fills=True, why="it asks as the browser does (explore_json)")
    if chart.viz_type.startswith("deck_") and settings.at_least("6.1"):
        return Verdict(
            fills=False, why="it fills deck.gl's old entry (explore_json), the browser asks chart/data"
        )
    if context is None:
        return Verdict(fills=False, why="the chart has no saved query context: open and save it in Explore")
    if not context:
        return Verdict(fills=None, why="whether the chart has a saved query context was not looked up")
    if body is None:
        return Verdict(
            fills=None, why="the browser's request cannot be compared with the saved query context"
        )
    if key_fields(body) != key_fields(context):
        return Verdict(
            fills=False, why="its saved query context is not what the dashboard sends: save it in Explore"
        )
    return Verdict(fills=True, why="its saved query context is what the dashboard sends")


def key_fields(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What of a request decides about its cache entries, one mapping for each query."""
    source = body.get("datasource")
    found = []
    for query in as_list(body.get("queries")):
        if not isinstance(query, Mapping):
            continue
        fields = {key: query.get(key, default) for key, default in _IN_KEY.items()}
        fields["extras"] = {"having": "", "where": "", **(query.get("extras") or {})}
        fields["datasource"] = source.get("id") if isinstance(source, Mapping) else None
        found.append({key: _IN_KEY.get(key) if value is None else value for key, value in fields.items()})
    return found


def context_of(chart: Chart | None) -> Mapping[str, Any] | None:
    """A chart's saved query context as :func:`verdict` takes it."""
    return chart.query_context if chart is not None else None


def looked_up(texts: Mapping[int, str | None]) -> Callable[[Chart | None], Mapping[str, Any] | None]:
    """What gives the contexts of a server's charts, whose lists do not hold them.

    ``texts`` are those that were looked up, by the charts' ids; what is not among them nobody could see.
    """

    def saved(chart: Chart | None) -> Mapping[str, Any] | None:
        known = context_of(chart)
        if known or chart is None or chart.id is None:
            return known
        if chart.id not in texts:
            return {}
        return context_of(replace(chart, raw={"query_context": texts[chart.id]})) or None

    return saved
