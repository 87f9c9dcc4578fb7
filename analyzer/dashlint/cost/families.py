"""How values of each family of types are kept: the measured figures of coefficients.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from dashlint.cost.column_types import TypeFacts
from dashlint.cost.result import ColumnShape
from dashlint.records import NamedTuple


class Family(NamedTuple):
    """How values of one kind are kept, in bytes per value unless said otherwise.

    ``…_char`` are bytes per character of the value's text.

    Attributes:
        width: characters of a value where nobody told.
        distinct: different values where nobody told; None: the share ``spread`` of the cells, and
            ``spread_char`` more per character, as long texts are seldom repeated.
        fetched: the object that the driver makes. wire: characters in its buffer (None: the width).
        arrow: in an Arrow array. made: the text that is made first where Arrow has no such type.
        block: in a numeric column of the data frame; 0 where the frame holds objects.
        cell: the object in the data frame (of a numeric column: where it has nulls). shared: whether
            equal values are one object. kept: what the driver's object leaves behind until the answer is
            sent. nullable: whether a numeric column stays one where it has nulls.
        pickle: in the cache entry. memo, entries: what pickle keeps of a value until it is done.
        boxed: the object in a record. encode: more while it is written as JSON.
        json: characters in the answer beside the value's own (with ``json_char`` 0: all of them).
        csv: characters in a CSV file (None: the width).
    """

    width: float
    distinct: float | None = None
    spread: float = 1
    spread_char: float = 0
    fetched: float = 0
    fetched_char: float = 0
    wire: float | None = None
    arrow: float = 0
    arrow_char: float = 0
    made: float = 0
    made_char: float = 0
    block: float = 0
    cell: float = 0
    cell_char: float = 0
    shared: bool = False
    kept: float = 0
    pickle: float = 0
    pickle_char: float = 0
    memo: float = 0
    entries: float = 0
    boxed: float = 0
    encode: float = 0
    json: float = 0
    json_char: float = 1
    csv: float | None = None
    nullable: bool = False


@lru_cache(maxsize=1)
def coefficients() -> Mapping[str, Any]:
    """The measured figures and what they were measured on."""
    # JSON, not TOML: every scan reads it, and the TOML reader takes longer than the rest of an estimate.
    tables: dict[str, Any] = json.loads(Path(__file__).with_name("coefficients.json").read_text("utf-8"))
    return tables


@lru_cache(maxsize=1)
def families() -> Mapping[str, Family]:
    """The families of values by name (column_types.py says which type belongs to which)."""
    return {name: Family(**figures) for name, figures in coefficients()["families"].items()}


def width_of(column: ColumnShape, fact: TypeFacts, kind: Family) -> float:
    """Characters of an average value: what was told, else what the type says, else the default."""
    if column.avg_width is not None:
        return column.avg_width
    if fact.width is not None:
        return fact.width
    return kind.width if fact.limit is None else min(kind.width, fact.limit)
