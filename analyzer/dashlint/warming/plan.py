"""The plan: what opening dashboards asks of the cache, what fills it, and in which order that pays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dashlint.analysis import Analysis
from dashlint.assets import Chart, Dashboard, Dataset
from dashlint.cost.model import bytes_of
from dashlint.superset.body import NotExactError, body
from dashlint.superset.queries import METADATA_FILTERS
from dashlint.superset.query import Request
from dashlint.warming.model import API, NONE, REQUEST, Entry, Verdict, WarmPlan
from dashlint.warming.own import context_of, key_fields, verdict

#: Celery's crontab goes by minutes (celery.schedules.crontab): what expires sooner cannot be kept warm by it.
SHORTEST = 60

ContextOf = Callable[["Chart | None"], "Mapping[str, Any] | None"]


def plan(
    analysis: Analysis,
    dashboards: Sequence[Dashboard],
    views: Mapping[str, float] | None = None,
    *,
    only: Iterable[Dataset] | None = None,
    saved: ContextOf = context_of,
) -> WarmPlan:
    """What to warm.

    Args:
        analysis: what is known of the dashboards.
        dashboards: those that are meant.
        views: how often each is opened on a day, by UUID; None where nobody knows.
        only: datasets whose entries are meant; all without it.
        saved: gives a chart's saved query context.
    """
    meant = None if only is None else set(only)
    found: dict[object, Entry] = {}
    for dashboard in dashboards:
        seen = None if views is None else views.get(dashboard.uuid, 0.0)
        for request in analysis.load(dashboard).requests:
            one = request.native_filter
            if one is not None and one.filter_type in METADATA_FILTERS:
                continue  # it asks no database
            dataset = analysis.request_dataset(request, dashboard)
            if meant is not None and dataset not in meant:
                continue
            entry = _entry(analysis, dashboard, request, dataset, seen, saved)
            key = _identity(entry)
            found[key] = _joined(found[key], entry) if key in found else entry
    ranked = sorted(found.values(), key=_rank)
    return WarmPlan(
        tuple(entry for entry in ranked if entry.way != NONE),
        tuple(entry for entry in ranked if entry.way == NONE),
        tuple(dashboards),
        analysis.settings.caches_data,
        tuple(_notes(analysis, dashboards, views)),
    )


def _entry(
    analysis: Analysis,
    dashboard: Dashboard,
    request: Request,
    dataset: Dataset | None,
    views: float | None,
    saved: ContextOf,
) -> Entry:
    written, why = _written(analysis, dashboard, request, dataset)
    own = verdict(
        request,
        written,
        saved(request.chart),
        analysis.settings,
        filtered=_filtered(analysis, request),
    )
    hopeless = _hopeless(analysis, request, dataset)
    if hopeless is not None:
        way, why = NONE, hopeless
    elif written is not None:
        way, why = REQUEST, "the browser's own request, so that it fills the browser's entry"
    elif request.chart_id is not None and own.fills:
        way, why = API, f"{why}; {own.why}"
    elif _perhaps(request, own, saved):
        way, why = API, f"perhaps: {why}; {own.why}"
    else:
        way, why = NONE, f"{why}; Superset's own warm-up: {own.why}"
    return Entry(
        (dashboard,),
        request.chart,
        request.chart_id or (request.chart.id if request.chart is not None else None),
        request.native_filter,
        dataset,
        way,
        why,
        own,
        request.cache_timeout,
        analysis.request_costs(request, dashboard).cold,
        max(1, sum(1 + len(query.time_offsets) for query in request.queries)),
        views,
        written if way == REQUEST else None,
        tuple(_about(analysis, request, dataset)),
    )


def _perhaps(request: Request, own: Verdict, saved: ContextOf) -> bool:
    """Whether Superset's own warm-up has something to ask, be it what the browser asks or not."""
    if own.fills is not None or request.kind != "chart" or request.cell is not None:
        return False
    return request.chart_id is not None and request.confidence == "high" and bool(saved(request.chart))


def _written(
    analysis: Analysis, dashboard: Dashboard, request: Request, dataset: Dataset | None
) -> tuple[dict[str, Any] | None, str]:
    """The browser's request, or why it is not known to the letter."""
    if any(one.default_data_mask for one in dashboard.chart_customizations):
        return None, "the dashboard has chart customizations, which change what charts ask"
    try:
        return body(request, dashboard, dataset, analysis.settings), ""
    except NotExactError as error:
        return None, str(error)


def _filtered(analysis: Analysis, request: Request) -> bool:
    """Whether default values of filters make the queries others than the chart's own."""
    if request.chart is None or not request.queries:
        return False
    own = analysis.queries(request.chart)
    return [query.statement_key for query in request.queries] != [query.statement_key for query in own]


def _hopeless(analysis: Analysis, request: Request, dataset: Dataset | None) -> str | None:
    """Why no entry of it can stay warm."""
    settings = analysis.settings
    if settings.caches_data is False:
        return f"chart data are not cached (DATA_CACHE_CONFIG: {settings.data_cache_type})"
    timeout = request.cache_timeout
    if timeout is not None and timeout.seconds == -1:
        return f"its {timeout.origin} says -1: its data are neither read from the cache nor stored"
    if timeout is not None and 0 < timeout.seconds < SHORTEST:
        return f"it expires after {timeout.seconds} s ({timeout.origin}), sooner than any schedule comes back"
    if settings.at_least("6.1") and dataset is not None and _rejected(request, dataset):
        return "no column of its filters is in its dataset: 6.1 then asks the database again at each hit"
    return None


def _rejected(request: Request, dataset: Dataset) -> bool:
    """6.1 takes a hit for a miss where none of a query's filters applied.

    Source: ``common/query_context_processor.py:get_df_payload`` of 6.1 (``applied_filter_columns``).
    """
    if request.kind != "chart" or not dataset.columns:
        return False
    return any(
        query.filters and all(entry.col not in dataset.column_by_name for entry in query.filters)
        for query in request.queries
    )


def _about(analysis: Analysis, request: Request, dataset: Dataset | None) -> Iterable[str]:
    database = analysis.database_of(dataset) if dataset is not None else None
    settings = analysis.settings
    if database is not None and (
        settings.flag("CACHE_QUERY_BY_USER")
        or database.extra.get("per_user_caching") is True
        or (settings.flag("CACHE_IMPERSONATION") and database.impersonate_user)
    ):
        yield "each user has an entry of their own: this warms that of the account alone"
    if request.extra_statements:
        yield f"each hit still runs SQL for its {', '.join(request.extra_statements)}"


def _identity(entry: Entry) -> object:
    if entry.body is not None:
        return json.dumps(key_fields(entry.body), sort_keys=True, default=str)
    one = entry.chart or entry.native_filter
    return (entry.dashboards[0].uuid, entry.way, id(one) if one is not None else entry.chart_id)


def _joined(first: Entry, other: Entry) -> Entry:
    """One entry that two charts ask for: the shorter timeout counts, as each who asks may store it."""
    views = first.views
    new = [one for one in other.dashboards if one not in first.dashboards]
    if new and views is not None and other.views is not None:
        views += other.views
    timeouts = [t for t in (first.timeout, other.timeout) if t is not None]
    finite = [t for t in timeouts if t.seconds > 0]
    timeout = min(finite or timeouts, key=lambda t: t.seconds, default=None)
    return first._replace(dashboards=(*first.dashboards, *new), views=views, timeout=timeout)


def _rank(entry: Entry) -> tuple[float, int, str]:
    """Cost × views, largest first; among equals the larger number of statements."""
    cost = bytes_of(entry.cost) or 0
    return (-cost * (1.0 if entry.views is None else entry.views), -entry.statements, entry.name)


def _notes(
    analysis: Analysis, dashboards: Sequence[Dashboard], views: Mapping[str, float] | None
) -> Iterable[str]:
    settings = analysis.settings
    if views is None:
        yield "Nobody said how often dashboards are opened: ranked by cost alone; --views FILE tells it."
    if settings.caches_data is None:
        yield (
            "Whether chart data are cached is not known: by default Superset caches none. "
            "--superset-config superset_config.py tells it."
        )
    if settings.auto_refresh_mode == "force":
        timed = [one.title for one in dashboards if one.refresh_frequency]
        if timed:
            yield (
                f"{', '.join(timed)}: its own timer passes the cache by (DASHBOARD_AUTO_REFRESH_MODE is "
                "force), and fills it anyway."
            )
    yield (
        "Entries of users with row-level security of their own differ: what one account warms serves those "
        "to whom the same rules apply."
    )
