"""PostgreSQL's pg_stats: distinct and common values, nulls, widths, bounds and histograms of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dashlint.catalog.live.assembly import Draft, listed
from dashlint.catalog.live.postgres_model import Found
from dashlint.catalog.live.session import Row, Session
from dashlint.catalog.live.values import bounds_of, common_of, histogram_of

_Columns = dict[str, Row]


class _Gathered(NamedTuple):
    """Statistics by table and column: of tables by themselves, and of tables with their children."""

    own: dict[int, _Columns]
    whole: dict[int, _Columns]


def add_statistics(session: Session, rows: Sequence[Row] | None, found: Found) -> None:
    """Put statistics into the drafts, and say whose are not there and why."""
    if rows is None:
        return
    gathered = _Gathered({}, {})
    for row in rows:
        kind = gathered.whole if row["inherited"] else gathered.own
        kind.setdefault(row["relid"], {})[row["name"]] = row
    hidden: list[Draft] = []
    never: list[Draft] = []
    parents: list[Draft] = []
    stored = 0
    for relid, draft in found.drafts.items():
        if draft.kind == "view" or not draft.columns:
            continue
        stored += 1
        members = [m for m in found.families.get(relid, ()) if m not in found.partitioned]
        columns = gathered.whole.get(relid) if members else gathered.own.get(relid)
        if columns is not None:
            for name, row in columns.items():
                draft.fill(name, **_facts(row, draft.rows))
        elif not found.readable[relid]:
            hidden.append(draft)
        elif members and _combine(draft, members, gathered, found):
            parents.append(draft)
        elif draft.rows is None or draft.rows > 0:
            never.append(draft)
    _tell(session, stored, hidden, never, parents)


def _tell(
    session: Session, stored: int, hidden: list[Draft], never: list[Draft], parents: list[Draft]
) -> None:
    if hidden:
        session.problem(
            "no-statistics",
            f"This account may not read {listed(hidden)} of {stored:,}, so PostgreSQL hides the column "
            "statistics: grant it SELECT, or the role pg_read_all_data.",
        )
    if never:
        session.problem(
            "no-statistics",
            f"PostgreSQL has never gathered statistics of {listed(never)} of {stored:,}: run ANALYZE.",
        )
    if parents:
        # PostgreSQL manual, 25.1.3: autovacuum does not analyze partitioned tables.
        session.problem(
            "no-statistics",
            f"PostgreSQL has statistics of the parts but not of the whole of {listed(parents)}, so distinct "
            "values are unknown there: run ANALYZE on the partitioned table, which autovacuum never does.",
        )


def _facts(row: Row, rows: int | None) -> dict[str, Any]:
    common: Sequence[str | None] = row["common"] or ()
    bounds: Sequence[str | None] = row["histogram"] or ()
    minimum, maximum = None, None
    if row["category"] in {"N", "D"}:
        minimum, maximum = bounds_of([*common, *bounds], numbers=row["category"] == "N")
    return {
        "distinct": _distinct(row["n_distinct"], rows),
        "null_fraction": round(float(row["null_frac"]), 6),
        "average_width": row["avg_width"],
        "minimum": minimum,
        "maximum": maximum,
        "common": common_of(list(zip(common, row["shares"] or (), strict=False))),
        "histogram": histogram_of(bounds),
        "correlation": None if row["correlation"] is None else round(float(row["correlation"]), 3),
    }


def _distinct(value: float, rows: int | None) -> int | None:
    """pg_stats gives a share of the rows, negated, of columns that grow with the table; 0 is unknown."""
    if value > 0:
        return round(value)
    return None if value == 0 or rows is None else round(-value * rows)


def _combine(draft: Draft, members: Sequence[int], gathered: _Gathered, found: Found) -> bool:
    """Nulls, widths and bounds of a parent from its parts; not the distinct values, which may recur."""
    weights: Mapping[int, int] = {member: found.own_rows.get(member) or 0 for member in members}
    filled = [member for member in members if found.main_bytes.get(member) != 0 and weights[member]]
    if not filled or any(member not in gathered.own for member in filled):
        return False
    total = sum(weights[member] for member in filled)
    for name in draft.columns:
        parts = [(weights[m], gathered.own[m][name]) for m in filled if name in gathered.own[m]]
        if len(parts) != len(filled):
            continue
        facts = [_facts(row, None) for _, row in parts]
        minimum, maximum = None, None
        if all(fact["minimum"] is not None for fact in facts):
            ends = [str(fact[end]) for fact in facts for end in ("minimum", "maximum")]
            minimum, maximum = bounds_of(ends, numbers=parts[0][1]["category"] == "N")
        draft.fill(
            name,
            null_fraction=round(sum(rows * row["null_frac"] for rows, row in parts) / total, 6),
            average_width=round(sum(rows * row["avg_width"] for rows, row in parts) / total, 1),
            minimum=minimum,
            maximum=maximum,
        )
    return True
