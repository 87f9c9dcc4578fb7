"""What an analyzer may know of the measured tables' columns: computed from the rows themselves."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from benchmarks.memory.requests_sent import Request
from benchmarks.memory.tables import columns_of, rows, texts


@lru_cache(maxsize=4)
def _all_rows(engine: str) -> list[dict[str, str | None]]:
    return [texts(row, engine) for row in rows()]


def columns_json(request: Request, engine: str) -> str:
    """The columns of a request's result as a list of ColumnShape's fields.

    Raw requests return the table's first rows, so their widths and distinct counts are exact. Of a time
    series' columns the distinct counts are those of the whole table.
    """
    if request.series:
        series = _column(request.series, engine, None)
        return json.dumps(
            [["TIMESTAMP", None, 0.0, None, 9, None], series, ["DOUBLE", 17.5, 0.0, None, 10, None]]
        )
    return json.dumps([_column(name, engine, request.rows) for name in request.columns])


def _column(name: str, engine: str, count: int | None) -> list[Any]:
    values = [row[name] for row in _all_rows(engine)[:count]]
    known = [value for value in values if value is not None]
    chars = sum(map(len, known))
    foreign = sum(not character.isascii() for value in known for character in value)
    return [
        columns_of(engine)[name].upper(),
        round(chars / len(known), 3) if known else None,
        round(1 - len(known) / len(values), 4),
        len(set(known)),
        len(name),
        round(foreign / chars, 3) if chars else None,
    ]
