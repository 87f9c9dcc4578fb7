"""The time offsets that tables and the KPI ask for.

Source: ``plugin-chart-table/src/buildQuery.ts``; for 4.1 also
``superset-ui-chart-controls/src/utils/`` … ``getTimeOffset``, which works out the days itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dashlint.superset.js import Unbuildable, as_list
from dashlint.superset.viz import operators as op
from dashlint.superset.viz.base import Env, Form, QueryDict

if TYPE_CHECKING:
    from datetime import date

WORDS = ("custom", "inherit")

_TODAY = frozenset({"", "now", "today", "No filter"})


def time_offsets(form: Form, query: QueryDict, env: Env) -> list[Any]:
    """The offsets in the order sent: ``custom`` and ``inherit`` come last (5.0 and later)."""
    if not op.compares_time(form, query):
        return []
    wanted = as_list(form.get("time_compare"))
    if not env.settings.at_least("5.0"):
        return _worked_out(form, query, wanted)
    offsets = [offset for offset in wanted if offset not in WORDS]
    if "custom" in wanted:
        offsets.append(form.get("start_date_offset"))
    if "inherit" in wanted:
        offsets.append("inherit")
    return offsets


def _worked_out(form: Form, query: QueryDict, wanted: list[Any]) -> list[Any]:
    """4.1 sends days in place of the words; a word stays here where only a clock could tell."""
    since, until = _range(form, query)
    if not any(word in wanted for word in WORDS):
        return wanted
    offsets: list[Any] = []
    for offset in wanted:
        if offset == "custom":
            start = form.get("start_date_offset")
            if not isinstance(start, str):
                continue
            days = _between(_day(start), since)
        elif offset == "inherit":
            days = _between(since, until)
            if days == 0:
                continue
        else:
            days = None
        offsets.append(offset if days is None else _phrase(days))
    return offsets


def _phrase(days: int) -> str:
    return f"{days} days ago" if days >= 0 else f"{-days} days after"


def _range(form: Form, query: QueryDict) -> tuple[date | str | None, date | str | None]:
    comparator = query.get("time_range")
    if comparator is None:
        for entry in as_list(form.get("adhoc_filters")):
            if isinstance(entry, Mapping) and entry.get("operator") == "TEMPORAL_RANGE":
                comparator = entry.get("comparator")
                break
    if comparator is not None and not isinstance(comparator, str):
        raise Unbuildable("a time range that has no split method")
    since, _, until = (comparator or "").partition(" : ")
    return _day(since.strip()), _day(until.strip() or since.strip())


def _day(text: str) -> date | str | None:
    """A date; text for today; None where only a clock could tell."""
    from datetime import date  # only 4.1 comes here

    if text in _TODAY:
        return "today"
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _between(start: date | str | None, end: date | str | None) -> int | None:
    if start is None or end is None:
        return None
    if isinstance(start, str) or isinstance(end, str):
        return 0 if start == end else None
    return (end - start).days
