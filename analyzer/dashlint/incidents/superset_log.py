"""Superset's own log: an export of its table ``logs`` as CSV or JSON, the table itself, or ``/api/v1/log/``.

Only times, actions, ids and durations are read. The column ``json`` holds what was sent, passwords among it
(superset/utils/log.py: DBEventLogger); only ids of dashboards and charts are taken, nothing is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from dashlint.incidents.model import View
from dashlint.incidents.moments import Clock, moment

if TYPE_CHECKING:
    from dashlint.catalog.live import LiveOptions

#: superset/models/core.py:Log writes ``dttm`` with datetime.utcnow.
_UTC = Clock(timezone.utc, datetime.max.replace(tzinfo=timezone.utc))
_IN_JSON = re.compile(r'"(?P<key>slice_id|source_id|dashboard_id|dashboardId)":\s*"?(?P<id>\d{1,10})\b')
_DASHBOARD_IN_URL = re.compile(r"/superset/dashboard/(?:(?P<id>\d{1,10})|(?P<slug>[^/?#\s]+))")
_READ = "SELECT action, user_id, dashboard_id, slice_id, duration_ms, dttm, referrer FROM {place} ORDER BY id"


def of_row(row: Mapping[str, Any]) -> View | None:
    """One row of the table; None where it has no time or action."""
    when, action = _time(row.get("dttm")), row.get("action")
    if when is None or not isinstance(action, str):
        return None
    said = {found["key"]: int(found["id"]) for found in _IN_JSON.finditer(str(row.get("json") or ""))}
    dashboard = _number(row.get("dashboard_id")) or said.get("dashboard_id") or said.get("dashboardId")
    if dashboard is None and action in ("mount_dashboard", "load_chart", "spa_navigation"):
        dashboard = said.get("source_id")
    slug = None
    if dashboard is None:
        page = _DASHBOARD_IN_URL.search(str(row.get("referrer") or ""))
        if page is not None and page["id"]:
            dashboard = int(page["id"])
        elif page is not None:
            slug = page["slug"]
    milliseconds = _number(row.get("duration_ms"))
    return View(
        when,
        action,
        dashboard or None,
        (_number(row.get("slice_id")) or said.get("slice_id")) or None,
        _number(row.get("user_id")),
        None if milliseconds is None else milliseconds / 1000,
        slug,
    )


def _time(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:  # pandas writes milliseconds
            return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, timezone.utc)
        except (ValueError, OverflowError, OSError):
            return None
    return moment(str(value), _UTC) if value else None


def _number(value: object) -> int | None:
    try:
        return None if value in (None, "") or isinstance(value, bool) else int(float(str(value)))
    except (ValueError, OverflowError):
        return None


def from_database(url: str, options: LiveOptions) -> Iterator[View]:
    """The rows of the table in Superset's metadata database, oldest first, in one read-only transaction.

    The column ``json`` stays where it is: Superset fills the columns of ids from it (superset/utils/log.py:
    DBEventLogger.log).

    Raises:
        CatalogError: the database cannot be reached, refuses, or has no such table.
    """
    from dashlint.catalog.live.session import opened

    with opened(url, options) as session:
        # The session leaves PostgreSQL without a search path.
        place = "public.logs" if session.address.backend == "postgres" else "logs"
        for row in session.stream(_READ.format(place=place)):
            found = of_row(row)
            if found is not None:
                yield found
