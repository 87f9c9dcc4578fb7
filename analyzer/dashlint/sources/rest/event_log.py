"""Superset's own log through its API: who asked for which dashboards and charts, and when.

What ``GET /api/v1/log/`` answers (superset/views/log/api.py; tried on 6.1.0): rows of the table ``logs``, of
them what ``columns`` names, filtered by ``dttm`` with ``gt`` and ``lt``, in the order of ``dttm``, 100 a page
at most. The column ``json`` holds what people sent, passwords among it, and is not asked for. It needs the
permission ``can read on Log``, which only Admin has by itself (403 for others), and answers 404 where
SUPERSET_LOG_VIEW or FAB_ADD_SECURITY_VIEWS is off. Each page is a row of the log itself, so there is an end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from dashlint.sources.errors import SourceError
from dashlint.sources.rest.answers import RefusedError
from dashlint.sources.rest.client import Client, page
from dashlint.sources.rest.lists import PAGE_SIZE
from dashlint.sources.rest.plan import Progress

#: Only what tells views apart.
COLUMNS = ("action", "dttm", "user_id", "dashboard_id", "slice_id", "duration_ms", "referrer")
#: Pages that are asked for at most: a hundred rows each, so half a million.
MOST_PAGES = 5_000


def read_log(
    client: Client, since: datetime, until: datetime, progress: Progress | None = None
) -> Iterator[Mapping[str, Any]]:
    """The log's rows between two moments (aware), oldest first.

    Raises:
        SourceError: the log is off, the account may not read it, it does not come, or it is longer than
            what is read; rows that came before that count.
    """
    # Superset keeps naive moments in UTC (superset/models/core.py: Log.dttm).
    first, last = (at.astimezone(timezone.utc).replace(tzinfo=None).isoformat() for at in (since, until))
    bounds = f"!((col:dttm,opr:gt,value:'{first}'),(col:dttm,opr:lt,value:'{last}'))"
    rest = f",keys:!(none),order_column:dttm,order_direction:asc,filters:{bounds}"
    done = 0
    for number in range(MOST_PAGES):
        try:
            answer = client.json("log/", q=page(COLUMNS, number, PAGE_SIZE, rest))
        except RefusedError as refusal:
            raise _explained(refusal) from None
        rows = answer.get("result")
        count = answer.get("count")
        found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        yield from found
        done += len(found)
        total = count if isinstance(count, int) else done
        if progress is not None:
            progress("Superset's log", done, total)
        # By count: a page may be short where FAB_API_MAX_PAGE_SIZE is smaller.
        if not found or done >= total:
            return
    raise SourceError(
        "log-too-long",
        f"Superset's log has more than the {done:,} rows that were read of it: name fewer hours, or export "
        "its table",
    )


def _explained(refusal: RefusedError) -> SourceError:
    if refusal.status == 404:
        return SourceError(
            "log-off",
            "Superset's log cannot be read through its API: SUPERSET_LOG_VIEW or FAB_ADD_SECURITY_VIEWS is "
            "off there. Give an export of its table logs, or --metadata-db",
        )
    if refusal.status == 403:
        return SourceError(
            "log-forbidden",
            "this account may not read Superset's log: it needs “can read on Log”, as Admin has. Give an "
            "export of its table logs, or --metadata-db",
        )
    return refusal
