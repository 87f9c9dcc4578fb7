"""The bytes of a result's columns in each form they take on their way through a worker.

The forms, and the functions of Superset that make them, are told in docs/memory-model.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import exp

from dashlint.cost.column_types import TypeFacts, facts
from dashlint.cost.families import Family, coefficients, families, width_of
from dashlint.cost.result import ColumnShape
from dashlint.records import NamedTuple

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
    """The bytes of each form of some columns together."""

    buffer: float  # the driver's copy of what came over the wire
    fetched: float  # the driver's objects, and the tuples that hold them
    documents: float  # those of fetched that are nested (dicts, lists) or views
    fetched_utf8: float  # second forms of the driver's texts that are not ASCII
    arrow: float  # the Arrow table
    made: float  # texts made for the largest column that Arrow has no type for
    objects: float  # objects of the data frame
    uniques: float  # how many of them are shared by equal values
    pointers: float  # the data frame's arrays of them
    blocks: float  # its numeric columns
    utf8: float  # second forms of its texts that are not ASCII
    kept: float  # as in Family, and so are the next five
    pickle: float
    memo: float
    entries: float
    boxed: float
    encode: float
    names: float  # characters of the column names, once
    text: float  # characters of the values in JSON, more where texts may not be ASCII
    sent: float  # and those that are likely sent
    csv: float  # characters of the values in CSV
    pieces: float  # the strings that values are first written as
    formatted: float  # those of numeric columns
    numbers: float  # for compression: characters of numbers
    words: float  # characters of texts that are different
    repeats: float  # texts that were there before

    def __init__(self, values: Sequence[float] = ()) -> None:
        """All forms zero, or as given in the order of ``NAMES``."""
        self.__dict__.update(zip(NAMES, values or _ZEROS, strict=True))

    def add(self, other: Forms, times: float) -> None:
        """Add another column's forms so many times."""
        for name in NAMES:
            setattr(self, name, getattr(self, name) + times * getattr(other, name))


#: The forms in order.
NAMES = tuple(Forms.__annotations__)
_ZEROS = (0.0,) * len(NAMES)
_NAMES_AT = NAMES.index("names")


class Frame(Forms):
    """A result: its counts (rows, columns, cells), and the bytes of each form of its columns."""

    rows: float
    columns: int
    cells: float

    def __init__(
        self,
        rows: float,
        columns: Sequence[ColumnShape],
        counts: Sequence[float] | None = None,
        *,
        strange: bool = False,
    ) -> None:
        """The forms of ``rows`` rows of these columns, or of as many of each as ``counts`` says.

        ``strange`` takes texts of which nobody told it as all different, and the short ones as written in
        another alphabet than ASCII.
        """
        per_row, shared = _per_row(tuple(columns), None if counts is None else tuple(counts), strange=strange)
        super().__init__([value * rows for value in per_row])
        self.rows = rows
        self.columns = len(columns) if counts is None else round(sum(counts))
        self.cells = rows * self.columns
        self.names = per_row[_NAMES_AT]  # once, not per row
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
    columns: tuple[ColumnShape, ...], counts: tuple[float, ...] | None, *, strange: bool
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
        found = _add(target, column, fact, known[fact.family], strange=strange)
        if found is not None:
            shared.append(found)
        if counts is not None:
            forms.add(target, counts[number])
    forms.fetched += 48  # a row's tuple, and its pointer in the list of rows
    return tuple(getattr(forms, name) for name in NAMES), tuple(shared)


def untold(column: ColumnShape) -> bool:
    """Whether a column is of texts of which nobody told the alphabet, or how many are different."""
    fact = facts(column.type)
    if not families()[fact.family].spread:
        return False
    return column.non_ascii is None or (column.distinct is None and fact.distinct is None)


def _foreign(width: float, *, strange: bool) -> float:
    """The share of letters that are not ASCII, where nobody told.

    Other alphabets say a thing in fewer letters: a column of texts that are long on average is seldom one.
    """
    if not strange:
        return float(coefficients()["defaults"]["non_ascii"])
    figures = coefficients()["strange"]
    return float(figures["non_ascii"] * min(1.0, figures["width"] / max(1.0, width)) ** 2)


def _add(forms: Forms, column: ColumnShape, fact: TypeFacts, kind: Family, *, strange: bool) -> Shared | None:
    """Add one cell of a column; a column that shares its values is only returned where it does."""
    nulls = min(1.0, max(0.0, column.null_fraction))
    cells = 1 - nulls
    width = max(0.0, width_of(column, fact, kind))
    if kind.cell_char:
        told = 0.0 if column.non_ascii is None else min(1.0, max(0.0, column.non_ascii))
        foreign = _foreign(width, strange=strange and kind.spread > 0) if column.non_ascii is None else told
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
        return Shared(
            cells,
            limit,
            drawn,
            1.0 if strange else min(1.0, kind.spread + kind.spread_char * width),
            size,
            wide * coded,
            kind.memo,
            kind.entries,
            pickle,
            chars,
        )
    forms.objects += cells * size
    forms.memo += cells * kind.memo
    forms.entries += cells * kind.entries
    forms.pickle += cells * pickle
    forms.numbers += cells * value
    return None
