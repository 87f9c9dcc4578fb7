"""A query moved in time, as a time comparison runs it beside the query itself.

Source: ``superset/models/helpers.py:processing_time_offsets`` (6.1),
``common/query_context_processor.py:processing_time_offsets`` (up to 6.0).
"""

from __future__ import annotations

from datetime import datetime

from dashlint.assets import Dataset
from dashlint.chart_sql.model import Refused
from dashlint.chart_sql.prepared import Prepared, Raw
from dashlint.superset import time_range
from dashlint.superset.js import column_label
from dashlint.superset.settings import Settings
from dashlint.superset.time_range import Bounds


def shifted(query: Prepared, offset: str, dataset: Dataset, settings: Settings, now: datetime) -> Prepared:
    """The query for one offset (``1 year ago``, ``inherit``, a date, a range of dates).

    Raises:
        Refused: the query's own range has no beginning or no end.
    """
    outer = query.bounds
    if not outer.enclosed:
        raise Refused("a time comparison needs a time range with both ends")
    if " : " in offset:
        return _to_range(query, offset, settings, now)
    bounds = _moved(outer, offset)
    axis = query.x_axis_label()
    granularity = query.granularity or axis
    value = _as_range(bounds)
    column = dataset.column_by_name.get(axis or "")
    along_time = column is not None and column.is_temporal
    filters: list[Raw] = []
    for entry in query.filters:
        temporal = entry.get("op") == "TEMPORAL_RANGE"
        if (
            temporal
            and isinstance(entry.get("val"), str)
            and (not along_time or entry.get("col") == granularity)
        ):
            filters.append({**entry, "val": value})
        elif temporal or axis is None or entry.get("col") != axis:
            filters.append(entry)
    return query.changed(
        bounds=bounds,
        granularity=granularity,
        filters=tuple(filters),
        limit=settings.row_limit if query.limit or query.offset else None,
        offset=0,
    )


def _to_range(query: Prepared, offset: str, settings: Settings, now: datetime) -> Prepared:
    """A comparison with a range of dates (6.0, flag DATE_RANGE_TIMESHIFTS_ENABLED)."""
    if not settings.flag("DATE_RANGE_TIMESHIFTS_ENABLED"):
        raise Refused("comparing with a range of dates needs the flag DATE_RANGE_TIMESHIFTS_ENABLED")
    axis = query.x_axis_label()
    temporal = [f.get("col") for f in query.filters if f.get("op") == "TEMPORAL_RANGE"]
    column = (column_label(temporal[0]) if temporal else None) or query.granularity or axis
    kept = [f for f in query.filters if f.get("op") != "TEMPORAL_RANGE"]
    if column:
        kept.append({"col": column, "op": "TEMPORAL_RANGE", "val": offset})
    return query.changed(
        bounds=time_range.resolve(offset, now),
        granularity=query.granularity or axis,
        filters=tuple(kept),
        limit=settings.row_limit if query.limit or query.offset else None,
        offset=0,
    )


def _moved(outer: Bounds, offset: str) -> Bounds:
    since, until = outer.since, outer.until
    if since is None or until is None:
        # Nobody but the server knows where the range lies, so nobody knows where it moves to.
        return Bounds(
            None,
            None,
            f"{offset} of {outer.unknown_since or since}",
            f"{offset} of {outer.unknown_until or until}",
        )
    if offset == "inherit":
        length = max((until - since).days, 0)
        offset = f"{length} days ago"
    else:
        day = _date(offset)
        if day is not None:
            offset = f"{max((since - day).days, 0)} days ago"
    moved = (time_range.offset(offset, since), time_range.offset(offset, until))
    return Bounds(
        moved[0],
        moved[1],
        None if moved[0] else f"{offset} of {since}",
        None if moved[1] else f"{offset} of {until}",
    )


def _date(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - Superset's moments have no zone
    except ValueError:
        return None


def _as_range(bounds: Bounds) -> str:
    ends = (bounds.since or bounds.unknown_since, bounds.until or bounds.unknown_until)
    return " : ".join(str(end) for end in ends)
