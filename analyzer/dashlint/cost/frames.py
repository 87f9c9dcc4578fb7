"""The bytes of a result's columns in each form they take on their way through a worker.

The forms, and the functions of Superset that make them, are told in docs/memory-model.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest
from math import exp
from pathlib import Path
from typing import Any, NamedTuple

from dashlint.cost.column_types import TypeFacts, facts
from dashlint.cost.result import ColumnShape

#: Bytes of a pointer: a slot of a tuple, of an array of objects.
POINTER = 8
#: What CPython adds to the text of a string that is ASCII (``sys.getsizeof("")``).
STRING = 49
#: What a string with wider characters has more (74 instead of 49), and how many of its characters are not
#: ASCII, as measured on Cyrillic and Chinese words.
_WIDE_STRING, _WIDE_SHARE = 25, 0.85
#: UTF-8 bytes that such a character takes beyond the first; JSON writes it as ``\uXXXX``.
_MORE_UTF8, _MORE_JSON = 1.3, 5
#: pickle refers to an object it has written by 2 bytes while it knows fewer than 256, then by 5.
_SHORT_MEMO = 256


class Family(NamedTuple):
    """How values of one kind are kept, in bytes per value unless said otherwise.

    ``…_char`` are bytes per character of the value's text.

    Attributes:
        width: characters of a value where nobody told.
        distinct: different values where nobody told; None: the share ``spread`` of the cells.
        fetched: the object that the driver makes. wire: characters in its buffer (None: the width).
        arrow: in an Arrow array. made: the text that is made first where Arrow has no such type.
        block: in a numeric column of the data frame; 0 where the frame holds objects.
        cell: the object in the data frame (of a numeric column: where it has nulls). shared: whether
            equal values are one object. kept: what the driver's object leaves behind until the answer is sent.
        pickle: in the cache entry. memo, entries: what pickle keeps of a value until it is done.
        boxed: the object in a record. encode: more while it is written as JSON.
        json: characters in the answer beside the value's own (with ``json_char`` 0: all of them).
        csv: characters in a CSV file (None: the width).
    """

    width: float
    distinct: float | None = None
    spread: float = 1
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


class Shared(NamedTuple):
    """A column of a frame whose equal values are one object; bytes per different value.

    ``cells`` is the share of the rows that is not null; ``limit`` the number of different values, ``drawn``
    tells that they are only expected to be as many, ``spread`` is used where there is no limit.
    """

    cells: float
    limit: float | None
    drawn: bool
    spread: float
    size: float
    utf8: float
    memo: float
    entries: float
    pickle: float
    chars: float

    def different(self, cells: float) -> float:
        """How many different values so many cells hold."""
        if self.limit is None:
            return cells * self.spread
        if self.drawn:
            # So many are expected when each cell is drawn from as many equally likely values.
            return self.limit * (1 - exp(-cells / self.limit)) if self.limit else 0.0
        return min(cells, self.limit)


class Forms:
    """The bytes of each form of some columns together.

    Attributes:
        buffer: the driver's copy of what came over the wire.
        fetched: the driver's objects, and the tuples that hold them.
        arrow: the Arrow table. made: texts made for the largest column that Arrow has no type for.
        objects: objects of the data frame. pointers: its arrays of them. blocks: its numeric columns.
        uniques: how many objects are shared by equal values. documents: the parts of fetched that are
            nested (dicts, lists) or views.
        kept, pickle, memo, entries, boxed, encode: as in Family.
        names: characters of the column names. text: characters of the values in JSON, more where texts may
            not be ASCII; sent: those that are likely sent; csv: in CSV.
        pieces: the strings that a value is first written as. formatted: those of numeric columns.
        fetched_utf8, utf8: second forms of texts that are not ASCII, of the driver's and of the frame's.
        numbers, words, repeats: for compression: characters of numbers, of different texts, texts again.
    """

    __slots__ = (
        "arrow", "blocks", "boxed", "buffer", "csv", "documents", "encode", "entries", "fetched", "fetched_utf8",
        "formatted", "kept", "made", "memo", "names", "numbers", "objects", "pickle", "pieces", "pointers",
        "repeats", "sent", "text", "uniques", "utf8", "words",
    )  # fmt: skip

    def __init__(self, values: Iterable[float] = ()) -> None:
        """All forms zero, or as given in the order of ``__slots__``."""
        for name, value in zip_longest(Forms.__slots__, values, fillvalue=0.0):
            setattr(self, str(name), value)

    def add(self, other: Forms, times: float) -> None:
        """Add another column's forms so many times."""
        for name in Forms.__slots__:
            setattr(self, name, getattr(self, name) + times * getattr(other, name))


class Frame(Forms):
    """A result: its counts (rows, columns, cells), and the bytes of each form of its columns."""

    __slots__ = ("cells", "columns", "rows")

    def __init__(
        self, rows: float, columns: Sequence[ColumnShape], counts: Sequence[float] | None = None
    ) -> None:
        """The forms of ``rows`` rows of these columns, or of as many of each as ``counts`` says."""
        per_row, shared = _per_row(tuple(columns), None if counts is None else tuple(counts))
        super().__init__([value * rows for value in per_row])
        self.rows = rows
        self.columns = len(columns) if counts is None else round(sum(counts))
        self.cells = rows * self.columns
        self.names = per_row[Forms.__slots__.index("names")]  # once, not per row
        for column in shared:
            cells = column.cells * rows
            unique = column.different(cells)
            self.uniques += unique
            self.objects += unique * column.size
            self.utf8 += unique * column.utf8
            self.memo += unique * column.memo
            self.entries += unique * column.entries
            self.pickle += unique * column.pickle + (cells - unique) * (2 if unique < _SHORT_MEMO else 5)
            self.words += unique * column.chars
            self.repeats += cells - unique


@lru_cache(maxsize=4096)
def _per_row(
    columns: tuple[ColumnShape, ...], counts: tuple[float, ...] | None
) -> tuple[tuple[float, ...], tuple[Shared, ...]]:
    """What one row takes, and the columns of which a row's share depends on how many there are.

    Columns of which there are several do not share values: pivots make numbers.
    """
    forms = Forms()
    known, default = families(), coefficients()["defaults"]
    shared = []
    for number, column in enumerate(columns):
        target = forms if counts is None else Forms()
        target.names += default["name_length"] if column.name_length is None else max(0.0, column.name_length)
        # What every cell takes: in libpq's result 16 bytes (PGresAttValue), in a row's tuple a pointer.
        target.buffer += 16
        target.fetched += POINTER
        fact = facts(column.type)
        found = _add(target, column, fact, known[fact.family], default["non_ascii"])
        if found is not None:
            shared.append(found)
        if counts is not None:
            forms.add(target, counts[number])
    forms.fetched += 48  # a row's tuple, and its pointer in the list of rows
    return tuple(getattr(forms, name) for name in Forms.__slots__), tuple(shared)


def _add(
    forms: Forms, column: ColumnShape, fact: TypeFacts, kind: Family, usual_non_ascii: float
) -> Shared | None:
    """Add one cell of a column; a column that shares its values is only returned where it does."""
    nulls = min(1.0, max(0.0, column.null_fraction))
    cells = 1 - nulls
    width = max(0.0, width_of(column, fact, kind))
    if kind.cell_char:
        told = 0.0 if column.non_ascii is None else min(1.0, max(0.0, column.non_ascii))
        foreign = usual_non_ascii if column.non_ascii is None else told
        wide = min(1.0, foreign / _WIDE_SHARE)
        stored = width * (1 + wide) + _WIDE_STRING * wide
        coded = width * (1 + _MORE_UTF8 * told)
        value = kind.json + width * (1 + _MORE_JSON * foreign)
        sent = kind.json + width * (1 + _MORE_JSON * told)
    else:
        wide, stored, coded = 0.0, width, width
        value = sent = kind.json + kind.json_char * width
    forms.buffer += cells * ((coded if kind.wire is None else kind.wire) + 1)
    fetched = cells * (kind.fetched + kind.fetched_char * stored)
    forms.fetched += fetched
    forms.documents += fetched if kind.fetched_char > 1 or kind.kept else 0.0
    forms.fetched_utf8 += cells * wide * coded
    forms.arrow += kind.arrow + cells * kind.arrow_char * coded
    forms.made = max(forms.made, cells * (kind.made + kind.made_char * stored))
    forms.text += cells * value + 4 * nulls
    forms.sent += cells * sent + 4 * nulls
    forms.csv += cells * (width if kind.csv is None else kind.csv)
    forms.encode += cells * kind.encode
    forms.kept += cells * kind.kept
    forms.pieces += cells * (STRING + value) if kind.cell or kind.boxed else 0.0
    if kind.block and nulls < 1 and (nulls == 0 or kind.nullable):
        forms.blocks += kind.block
        forms.pickle += kind.block
        forms.boxed += kind.boxed
        forms.formatted += cells * (STRING + width)
        forms.numbers += cells * value
        return None
    # Numbers with nulls, and columns of nothing but nulls, become objects (integer_object_nulls).
    forms.pointers += POINTER
    forms.pickle += nulls
    size = kind.cell + kind.cell_char * stored
    pickle = kind.pickle + kind.pickle_char * coded
    if kind.shared and cells:
        limit = next((n for n in (column.distinct, fact.distinct, kind.distinct) if n is not None), None)
        drawn = column.distinct is None and fact.distinct is None
        chars = width if kind.cell_char else 0.0
        limit = None if limit is None else max(0, limit)
        return Shared(cells, limit, drawn, kind.spread, size, wide * coded, kind.memo, kind.entries, pickle, chars)
    forms.objects += cells * size
    forms.memo += cells * kind.memo
    forms.entries += cells * kind.entries
    forms.pickle += cells * pickle
    forms.numbers += cells * value
    return None


def width_of(column: ColumnShape, fact: TypeFacts, kind: Family) -> float:
    """Characters of an average value: what was told, else what the type says, else the default."""
    if column.avg_width is not None:
        return column.avg_width
    if fact.width is not None:
        return fact.width
    return kind.width if fact.limit is None else min(kind.width, fact.limit)
