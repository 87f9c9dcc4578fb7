"""The time offsets that tables and the KPI ask for.

Source: ``plugin-chart-table/src/buildQuery.ts``; for 4.1 also
``superset-ui-chart-controls/src/utils/`` … ``getTimeOffset``, which works out the days itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from dashlint.superset.js import as_list
from dashlint.superset.viz import operators as op
from dashlint.superset.viz.base import Env, Form, QueryDict

_WORDS = ("custom", "inherit")
_TODAY = frozenset({"", "now", "today", "No filter"})


def time_offsets(form: Form, query: QueryDict, env: Env) -> list[Any]:
    """The offsets in the order sent: ``custom`` and ``inherit`` come last (5.0 and later)."""
    if not op.compares_time(form, query):
        return []
    wanted = as_list(form.get("time_compare"))
    if not env.settings.at_least("5.0"):
        return _worked_out(form, query, wanted)
    offsets = [offset for offset in wanted if offset not in _WORDS]
    if "custom" in wanted:
        offsets.append(form.get("start_date_offset"))
    if "inherit" in wanted:
        offsets.append("inherit")
    return offsets


def _worked_out(form: Form, query: QueryDict, wanted: list[Any]) -> list[Any]:
    """4.1 sends days in place of the words; a word stays here where only a clock could tell."""
    if not any(word in wanted for word in _WORDS):
        return wanted
    bounds = _range(form, query)
    offsets: list[Any] = []
    for offset in wanted:
        if offset not in _WORDS:
            offsets.append(offset)
            continue
        days: int | None
        if offset == "custom":
            start = form.get("start_date_offset")
            begin = _day(start)
            if not isinstance(start, str) or begin is _NONE:
                continue
            days = _between(begin, bounds[0])
            if days is not None:
                offsets.append(_phrase(days))
                continue
        else:
            days = _between(bounds[0], bounds[1])
            if days is not None:
                offsets += [_phrase(days)] if days else []
                continue
        offsets.append(offset)
    return offsets


def _phrase(days: int) -> str:
    return f"{days} days ago" if days >= 0 else f"{-days} days after"


#: A day that cannot be known without a clock, and one that is not a day at all.
_UNKNOWN = object()
_NONE = object()


def _range(form: Form, query: QueryDict) -> tuple[object, object]:
    comparator = query.get("time_range")
    if comparator is None:
        for entry in as_list(form.get("adhoc_filters")):
            if isinstance(entry, Mapping) and entry.get("operator") == "TEMPORAL_RANGE":
                comparator = entry.get("comparator")
                break
    since, _, until = (comparator if isinstance(comparator, str) else "").partition(" : ")
    return _day(since.strip()), _day(until.strip() or since.strip())


def _day(text: Any) -> object:
    if not isinstance(text, str) or text in _TODAY:
        return "today"
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return _UNKNOWN


def _between(start: object, end: object) -> int | None:
    if start == end == "today":
        return 0
    if isinstance(start, date) and isinstance(end, date):
        return (end - start).days
    return None
