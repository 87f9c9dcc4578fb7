"""Statistics of columns in MySQL and MariaDB: from indexes, and where gathered, MariaDB's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from dashlint.catalog.live import mysql_queries as queries
from dashlint.catalog.live.assembly import listed
from dashlint.catalog.live.mysql_model import Drafts, Server
from dashlint.catalog.live.session import Row, Session
from dashlint.catalog.live.values import LONGEST, at_share, bounds_of, common_of, histogram_of

#: Types whose bounds sort as numbers; the rest of what has bounds are dates and times.
_NUMBERS = ("int", "bigint", "smallint", "mediumint", "tinyint", "decimal", "numeric", "float", "double")
_TIMES = ("date", "datetime", "timestamp")


def add_statistics(session: Session, indexes: Sequence[Row], drafts: Drafts, this: Server) -> None:
    """Put distinct counts of indexed columns into the drafts, then what MariaDB gathered itself."""
    sampled = session.optional(
        "InnoDB's statistics of indexes", queries.INDEX_STATISTICS, schemas=_schemas(drafts)
    )
    exact = {(row["schema"], row["table"], row["name"]): row["distinct_values"] for row in sampled or ()}
    seen = set()
    for row in indexes:
        place = row["schema"], row["table"], row["name"]
        if place in seen:
            continue
        seen.add(place)  # the first column alone; the counts of others are of combinations
        draft = drafts.get((row["schema"], row["table"]))
        count = exact.get(place, row["cardinality"])
        if draft is None or row["column"] is None or row["length"] is not None or count is None:
            continue
        if row["method"] == "BTREE":
            _fill_distinct(draft, row["column"], int(count), row)
    if this.mariadb:
        _add_gathered(session, drafts)


def _fill_distinct(draft: Any, column: str, count: int, row: Row) -> None:
    known = draft.columns.get(column)
    if known is None:
        return
    if row["name"] == "PRIMARY" and draft.rows is not None and len(draft.indexes[0].columns) == 1:
        count = draft.rows
    draft.fill(column, distinct=max(known.distinct or 0, count))


def _schemas(drafts: Drafts) -> list[str]:
    return sorted({schema for schema, _ in drafts})


def _add_gathered(session: Session, drafts: Drafts) -> None:
    rows = session.optional(
        "MariaDB's column statistics", queries.COLUMN_STATISTICS, schemas=_schemas(drafts)
    )
    if rows is None:
        return
    without = {place: draft for place, draft in drafts.items() if draft.kind == "table" and draft.rows}
    for row in rows:
        place = row["schema"], row["table"]
        without.pop(place, None)
        draft = drafts.get(place)
        if draft is not None:
            kind = (draft.columns[row["name"]].type or "") if row["name"] in draft.columns else ""
            draft.fill(row["name"], **_facts(row, kind.lower(), values=session.values))
    if without:
        session.problem(
            "no-statistics",
            f"MariaDB has no column statistics of {listed(without.values())} of {len(drafts):,}, so distinct "
            "values are known of indexed columns only: run ANALYZE TABLE … PERSISTENT FOR ALL.",
        )


def _facts(row: Row, kind: str, *, values: bool) -> dict[str, Any]:
    nulls = None if row["nulls"] is None else float(row["nulls"])
    facts: dict[str, Any] = {
        "null_fraction": nulls,
        "average_width": None if row["width"] is None else float(row["width"]),
    }
    frequency = float(row["frequency"] or 0)
    if frequency > 0:
        # How often each value occurs on average (MariaDB's manual, mysql.column_stats).
        facts["distinct"] = round(float(row["rows"]) * (1 - (nulls or 0)) / frequency)
    if not values:
        return facts
    numeric = kind.startswith(_NUMBERS)
    low, high = _text(row["minimum"]), _text(row["maximum"])
    if low is not None and high is not None and (numeric or kind.startswith(_TIMES)):
        facts["minimum"], facts["maximum"] = bounds_of([low, high], numbers=numeric)
    histogram = _text(row["histogram"])
    if histogram and row["kind"] == "JSON_HB":
        facts["common"], facts["histogram"] = _buckets(histogram, 1 - (nulls or 0))
    elif histogram and facts.get("minimum") is not None:
        facts["histogram"] = _positions(histogram, str(facts["minimum"]), str(facts["maximum"]))
    return facts


def _positions(text: str, low: str, high: str) -> tuple[str, ...] | None:
    """SINGLE_PREC_HB and DOUBLE_PREC_HB: widths of buckets, as shares of the way from least to greatest."""
    widths = [float(width) for width in text.split(",") if width.strip()]
    ends = [0.0, *accumulate(widths)]
    return histogram_of([at_share(low, high, min(end, 1.0)) for end in ends])


def _buckets(
    text: str, present: float
) -> tuple[tuple[tuple[str, float], ...] | None, tuple[str, ...] | None]:
    """JSON_HB: a value with a bucket of its own is a common one; the others make the histogram.

    Sizes are shares of the rows that are not NULL; ``present`` is these rows' share of all.
    """
    try:
        buckets = json.loads(text)["histogram_hb"]
        own = [b for b in buckets if b["ndv"] == 1]
        others = [b for b in buckets if b["ndv"] != 1]
        common = [(str(b["start"]), float(b["size"]) * present) for b in own]
        sizes = [float(b["size"]) for b in others]
        starts = [str(b["start"]) for b in others]
        last = others[-1].get("end") if others else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, None
    bounds = None
    # Only the last bucket may be smaller; where popular values cut up more, the steps are not equal.
    if last is not None and max(sizes) <= 2 * min(sizes) and max(map(len, starts)) <= LONGEST:
        bounds = histogram_of([*starts, str(last)])
    return common_of(common), bounds


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.decode("utf-8", "replace") if isinstance(value, (bytes, bytearray)) else str(value)
