"""Which dashboards were meant by ``--dashboard ID|UUID|SLUG|TITLE`` and ``--published-only``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from dashlint.sources.errors import SourceError


def choose(
    rows: Mapping[int, Mapping[str, Any]], patterns: Sequence[str], *, published_only: bool
) -> list[int]:
    """The ids of the dashboards that were asked for.

    Args:
        rows: what the list of dashboards says, by id.
        patterns: ids, uuids, slugs or titles, also with ``*``, ``?`` and ``[…]``; letter case does not
            matter. None at all means every dashboard.
        published_only: leave drafts out.

    Raises:
        SourceError: a pattern matches nothing, or nothing is left; kind ``no-such-dashboard``.
    """
    chosen: dict[int, None] = {}
    unmatched = []
    for pattern in patterns:
        found = [number for number, row in rows.items() if _matches(row, number, pattern.strip())]
        chosen.update(dict.fromkeys(found))
        if not found:
            unmatched.append(pattern)
    if unmatched:
        raise SourceError("no-such-dashboard", " ".join(_unmatched(rows, unmatched)))
    numbers = sorted(chosen) if patterns else list(rows)
    if not published_only:
        return numbers
    published = [number for number in numbers if rows[number].get("published") is True]
    if numbers and not published:
        raise SourceError(
            "no-such-dashboard",
            f"none of {_count(len(numbers), 'dashboard')} is published: leave --published-only out",
        )
    return published


def _matches(row: Mapping[str, Any], number: int, pattern: str) -> bool:
    if pattern == str(number):
        return True
    wanted = pattern.casefold()
    return any(name == wanted or fnmatchcase(name, wanted) for name in _names(row))


def _names(row: Mapping[str, Any]) -> Iterable[str]:
    return [str(row[key]).casefold() for key in ("uuid", "slug", "dashboard_title") if row.get(key)]


def _unmatched(rows: Mapping[int, Mapping[str, Any]], patterns: Iterable[str]) -> Iterable[str]:
    shown = {name: str(row[key]) for row in rows.values() for key, name in _shown_names(row)}
    for pattern in patterns:
        near = difflib.get_close_matches(pattern.casefold(), shown, n=3, cutoff=0.6)
        near += [name for name in shown if pattern.casefold() in name and name not in near][: 3 - len(near)]
        hint = f"; did you mean {_either([shown[name] for name in near])}?" if near else ""
        seen = _count(len(rows), "dashboard")
        yield f"of {seen} that this account sees, none has the id, uuid, slug or title {pattern!r}{hint}"


def _shown_names(row: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    return [(key, str(row[key]).casefold()) for key in ("slug", "dashboard_title") if row.get(key)]


def _either(names: Sequence[str]) -> str:
    return " or ".join(repr(name) for name in names)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
