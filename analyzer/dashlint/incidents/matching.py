"""Which chart sent a statement.

``exact``: the statement is what the chart sends, but for moments, limits and values that nobody knows.
``filtered``: it is that and conditions on columns that filters and clicks of its dashboards put there.
``shape``: it asks for the same of the same, under other conditions, values or in another order: a drill-down,
row-level security, a chart that was changed since.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from dashlint.incidents.candidates import Candidate
from dashlint.incidents.fingerprint import Fingerprint, Value, fingerprint, is_moment
from dashlint.incidents.model import Observed
from dashlint.incidents.structure import Condition, Structure, picked, structure

EXACT, FILTERED, SHAPE = "exact", "filtered", "shape"
CONFIDENCES = (EXACT, FILTERED, SHAPE)
#: Structures of statements that are kept; more different ones are parsed anew.
_KEPT = 20_000
#: What drivers, poolers and SQLAlchemy say to a database for themselves, and reads of its catalogue.
_HOUSEKEEPING = re.compile(
    r"^(?:begin|commit|rollback|abort|end|start transaction|savepoint|release|set|reset|show|discard"
    r"|deallocate|close|use|ping|quit|analyze|vacuum|checkpoint)\b"
    r"|\bpg_catalog\b|\binformation_schema\b|\bpg_(?:class|namespace|attribute|type|stat\w*|database|roles)\b"
    r"|^select (?:version|current_schema|current_database|connection_id|database) \( \)"
    r"|^select \?(?: as \w+)?$"
    r"|^select @ ?@"
)
#: Names that nobody but Superset gives (superset/models/helpers.py).
_OF_SUPERSET = re.compile(r"\bas (?:virtual_table|series_limit|rowcount_qry|expr_qry)\b")
_UNITS = frozenset(
    {"microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year"}
    | {"decade", "century", "epoch", "dow", "isodow", "doy", "isoyear", "julian"}
)
#: Days by which two periods may differ and still be the same words: months have 28 to 31.
_SAME_PERIOD = 1.0


class Match(NamedTuple):
    """``candidates`` all send the statement; there is more than one where nothing tells them apart."""

    confidence: str
    candidates: tuple[Candidate, ...]


class Unmatched(NamedTuple):
    """Why a statement is nobody's: ``housekeeping``, ``superset`` (of no chart here), ``other``."""

    reason: str


class _Prepared(NamedTuple):
    candidate: Candidate
    parts: Structure | None


class Matcher:
    """Finds the senders of statements among all candidates."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._by_text: dict[str, list[_Prepared]] = {}
        self._by_core: dict[str, list[_Prepared]] = {}
        self._by_shape: dict[str, list[_Prepared]] = {}
        parsed: dict[tuple[str, str], Structure | None] = {}
        for one in candidates:
            key = (one.print.sql, one.dialect)
            if key not in parsed:
                parsed[key] = structure(one.print.sql, one.dialect)
            ready = _Prepared(one, parsed[key])
            self._by_text.setdefault(one.print.text, []).append(ready)
            if ready.parts is not None:
                self._by_core.setdefault(ready.parts.core, []).append(ready)
                self._by_shape.setdefault(ready.parts.shape, []).append(ready)
        self._structures: OrderedDict[tuple[str, str], Structure | None] = OrderedDict()

    def match(self, seen: Observed) -> Match | Unmatched:
        """The senders of one statement, or why it has none."""
        return self.match_print(fingerprint(seen.sql, seen.dialect, seen.parameters), seen.dialect)

    def match_print(self, made: Fingerprint, dialect: str) -> Match | Unmatched:
        """The same for a statement whose fingerprint is at hand."""
        same = [p for p in self._by_text.get(made.text, ()) if _agree(p.candidate.print.values, made.values)]
        if same:
            return Match(EXACT, _closest([(p.candidate, _distance(p, made)) for p in same]))
        if _HOUSEKEEPING.search(made.text):
            return Unmatched("housekeeping")
        parts = self._structure(made, dialect)
        if parts is not None:
            found = self._filtered(parts, made)
            if found is not None:
                return found
        shaped: Sequence[_Prepared] = self._by_text.get(made.text, ())
        if not shaped and parts is not None:
            shaped = self._by_core.get(parts.core) or self._by_shape.get(parts.shape) or ()
        if shaped:
            return Match(SHAPE, _closest([(p.candidate, _unlike(p, made, parts)) for p in shaped]))
        return Unmatched("superset" if _OF_SUPERSET.search(made.text) else "other")

    def _structure(self, made: Fingerprint, dialect: str) -> Structure | None:
        key = (made.sql, dialect)
        if key in self._structures:
            self._structures.move_to_end(key)
            return self._structures[key]
        found = self._structures[key] = structure(made.sql, dialect)
        if len(self._structures) > _KEPT:
            self._structures.popitem(last=False)
        return found

    def _filtered(self, parts: Structure, made: Fingerprint) -> Match | None:
        found: list[tuple[Candidate, tuple[float, ...]]] = []
        foreign: list[tuple[Candidate, tuple[float, ...]]] = []
        for one in self._by_core.get(parts.core, ()):
            assert one.parts is not None
            theirs = one.candidate.print.values
            if not _agree(picked(theirs, one.parts.core_values), picked(made.values, parts.core_values)):
                continue
            compared = _extra(one.parts.conditions, theirs, parts.conditions, made.values)
            if compared is None:
                continue
            extra, missing = compared
            reached = all(c.columns and c.columns <= one.candidate.filterable for c in extra)
            place = (float(missing), float(len(extra)), *_distance(one, made))
            (found if reached else foreign).append((one.candidate, place))
        if found:
            exact = any(place[:2] == (0, 0) for _, place in found)
            return Match(EXACT if exact else FILTERED, _closest(found))
        return Match(SHAPE, _closest(foreign)) if foreign else None


def _agree(ours: Sequence[Value | object], theirs: Sequence[Value | object]) -> bool:
    """Whether two lists of values may be the same: moments may be any, and so may what is not known."""
    if len(ours) != len(theirs):
        return False
    return all(
        a is None or b is None or a == b or (_moment(a) and _moment(b)) or _same_unit(a, b)
        for a, b in zip(ours, theirs, strict=True)
    )


def _same_unit(ours: object, theirs: object) -> bool:
    """Whether both are one unit of time: Superset runs ``DATE_TRUNC('MONTH', …)`` for ``month``."""
    if not (isinstance(ours, tuple) and isinstance(theirs, tuple) and len(ours) == len(theirs) == 1):
        return False
    return str(ours[0]).lower() == str(theirs[0]).lower() and str(ours[0]).lower() in _UNITS


def _moment(value: object) -> bool:
    return isinstance(value, tuple) and is_moment(value)


def _extra(
    base: Sequence[Condition], ours: Sequence[Value], seen: Sequence[Condition], theirs: Sequence[Value]
) -> tuple[list[Condition], int] | None:
    """The conditions that a statement has beside a chart's own; None where it lacks one of those.

    A chart's own time range may be missing (that is counted) or another: the dashboard's takes its place.
    """
    rest = list(seen)
    missing = 0
    for one in base:
        values = picked(ours, one.values)
        same = [c for c in rest if c.text == one.text and _agree(values, picked(theirs, c.values))]
        if same:
            rest.remove(same[0])
        elif not any(_moment(value) for value in values) and any(v is not None for v in values or [()]):
            return None
        else:
            missing += 1
    return rest, missing


def _distance(one: _Prepared, made: Fingerprint) -> tuple[float, ...]:
    """How far values are from each other that need not agree: known ones, periods, limits."""
    ours = one.candidate.print
    unknown = sum(a is None and b is not None for a, b in zip(ours.values, made.values, strict=False))
    days = abs(_period(ours.values) - _period(made.values))
    known = [
        (a, b) for a, b in zip(ours.limits, made.limits, strict=False) if a is not None and b is not None
    ]
    limits = sum(a != b for a, b in known) + abs(len(ours.limits) - len(made.limits))
    return (float(unknown), 0.0 if days <= _SAME_PERIOD else days, float(limits))


def _period(values: Sequence[Value]) -> float:
    """Days from the first to the last moment; 0 with fewer than two."""
    found = [
        datetime.fromisoformat(v[0].rstrip("Z"))
        for v in values
        if v is not None and is_moment(v) and _real(v[0])
    ]
    return (max(found) - min(found)).total_seconds() / 86400 if len(found) > 1 else 0.0


def _real(text: str) -> bool:
    try:
        datetime.fromisoformat(text.rstrip("Z"))
    except ValueError:
        return False
    return True


def _unlike(one: _Prepared, made: Fingerprint, parts: Structure | None) -> tuple[float, ...]:
    """How many values and conditions of a statement of the same shape differ from a chart's."""
    ours = one.candidate.print
    if ours.text == made.text or parts is None or one.parts is None:
        pairs = zip(ours.values, made.values, strict=False)
        return (float(sum(a is not None and b is not None and a != b for a, b in pairs)),)
    mine = {(c.text, repr(picked(ours.values, c.values))) for c in one.parts.conditions}
    theirs = {(c.text, repr(picked(made.values, c.values))) for c in parts.conditions}
    values = zip(
        picked(ours.values, one.parts.core_values), picked(made.values, parts.core_values), strict=False
    )
    return (float(sum(a != b for a, b in values)), float(len(mine ^ theirs)))


def _closest(found: Sequence[tuple[Candidate, tuple[float, ...]]]) -> tuple[Candidate, ...]:
    """Those at the least distance, one for each sender."""
    least = min(place for _, place in found)
    kept: dict[str, Candidate] = {}
    for candidate, place in found:
        if place == least:
            kept.setdefault(candidate.sender.uuid, candidate)
    return tuple(kept.values())
