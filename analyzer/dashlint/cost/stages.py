"""What a worker holds at the peaks of a request: the stages of docs/memory-model.md.

Everything here follows from how the objects of CPython 3.11, pandas 2.1 and simplejson 3 and 4 are laid
out; only the figures in coefficients.json are measured.
"""

from __future__ import annotations

from collections.abc import Mapping

from dashlint.cost.families import coefficients
from dashlint.cost.frames import POINTER, STRING, Frame
from dashlint.cost.result import ResultKind
from dashlint.records import NamedTuple

#: JSON_Accu of simplejson's C encoder joins this many small strings into one.
_BATCH = 100_000
#: A pointer in a list that has grown by appending: 8 bytes and up to an eighth more.
_APPENDED = 9
#: A batch's values are seldom longer than this, or the text itself is what counts: an empty string and 16
#: characters (the measured numbers and dates).
_PIECE = STRING + 16
#: pandas formats so many cells at a time for CSV (``chunksize`` of CSVFormatter: 100,000 // columns rows).
_CSV_CHUNK = 100_000
#: A dict's insertion-ordered table, by its keys: sys.getsizeof, as CPython 3.11 grows it.
_DICT_HEADER = 96


class Stages(NamedTuple):
    """Bytes that Python holds for one query, as tracemalloc would see them, without what any request needs.

    Attributes:
        load: from the driver's rows to the data frame. cache: while the cache entry is written.
        answer: while the answer is made. hit: while a cached frame is read.
        held: what stays until the whole request is answered (its records or its file).
        frame: the data frame. numpy: its numeric columns where they are pandas's own, which happens after
            post-processing (before, they lie in Arrow's pool).
        entry: the stored value. body: this query's part of the response.
    """

    load: float
    cache: float
    answer: float
    hit: float
    held: float
    frame: float
    numpy: float
    entry: float
    body: float


def stages(fetched: Frame, out: Frame, kind: ResultKind) -> Stages:
    """The stages of one query: ``fetched`` from the database, ``out`` after post-processing."""
    figures = coefficients()["python"]
    # numpy's array of pointers, one column of it as a list, and texts made of nested values; or the frame.
    arrays = POINTER * (fetched.cells + fetched.rows) + fetched.made
    load = fetched.fetched + fetched.fetched_utf8 + max(arrays, fetched.objects + fetched.pointers)
    numpy = out.blocks if kind.shape == "pivot" else 0.0
    frame = out.objects + out.pointers + out.kept + numpy
    entry = out.pickle + figures["entry"] + figures["entry_column"] * out.columns
    cached = kind.cache != "none"
    # pickle and JSON leave texts that are not ASCII with their UTF-8 form (PyUnicode_AsUTF8AndSize).
    coded = frame + out.utf8
    held, answer, body = _answer(out, kind, frame, figures)
    const = figures["column"] * out.columns
    return Stages(
        load + figures["column"] * fetched.columns,
        coded + _pickling(entry, out, kind.cache) + const if cached else 0.0,
        answer + const,
        coded - out.kept + _COPIES.get(kind.cache, 2) * entry + const if cached else 0.0,
        held,
        frame,
        numpy,
        entry if cached else 0.0,
        body,
    )


def _answer(
    out: Frame, kind: ResultKind, frame: float, figures: Mapping[str, float]
) -> tuple[float, float, float]:
    """What is held until the answer is written, the most until it is, and the body."""
    if kind.format == "json":
        held = _records(out)
        writing = held + out.encode + _writing(out, _json(out, out.text))
        # The frame goes when the records are there, all but the objects that they share.
        return held, max(held + frame - out.objects, writing), _json(out, out.sent) + figures["body"]
    if kind.format == "csv":
        body = out.csv + out.cells + out.names + out.columns
        return body, frame + out.utf8 + _csv(out, body), body
    body = figures["xlsx_number"] * out.cells + figures["xlsx_char"] * out.words
    return body, frame + out.utf8 + figures["xlsx"] + figures["xlsx_cell"] * out.cells, body


#: How many copies of an entry there are at once while it is written or read (redis.py, memcached.py, file.py,
#: simple.py and serializers.py of cachelib). Redis: ``b"!" + pickle.dumps(…)``, and ``value[1:]`` when it is
#: read.
_COPIES = {"redis": 2, "memcached": 1, "memory": 1, "filesystem": 0}


def _pickling(entry: float, out: Frame, cache: str) -> float:
    """Writing the cache entry: its copies, or before that what pickle needs while it is at work.

    Its output, which grows by half, a list of the frame's pointers, and the memo.
    """
    copies = _COPIES.get(cache, 2)
    output = 1.25 * entry if copies else 0.0
    return max(copies * entry, _memo(output + out.pointers + out.memo, out.entries))


def _memo(others: float, entries: float) -> float:
    """Most memory of pickle's memo and what is there beside it.

    ``_PyMemoTable`` (Modules/_pickle.c): 16 bytes an entry, at most two thirds in use; it grows to four
    times its use, beyond 50,000 entries to twice, and while it grows, the old table is there too.
    """
    size, before = 8, 0
    while entries * 3 >= size * 2:
        before = size
        used = -(-size * 2 // 3)
        wanted = used * (2 if used > 50_000 else 4)
        size = 8
        while size < wanted:
            size *= 2
    growing = before * 2 / (3 * entries) if before else 0.0
    return max(others + 16 * size, others * growing + 16 * (size + before))


def _records(out: Frame) -> float:
    """``df.to_dict("records")`` and ``list(df.index)``: a dict and a number (32 + 8 bytes) a row."""
    dicts = out.rows * (_dict(out.columns) + POINTER + 40)
    return dicts + out.boxed + out.objects + out.kept + out.utf8


def _dict(keys: int) -> float:
    slots = 3
    while keys > (1 << slots) * 2 // 3:
        slots += 1
    index = 1 if slots < 8 else 2 if slots < 16 else 4
    return _DICT_HEADER + (index << slots) + 16 * ((1 << slots) * 2 // 3)


def _json(out: Frame, values: float) -> float:
    """The records as text: ``{"name": value, …}, ``, and the row numbers (``indexnames``)."""
    per_row = out.names + 6 * out.columns + 2 + len(str(int(out.rows))) + 1
    return values + out.rows * per_row + 2 * out.names


def _writing(out: Frame, body: float) -> float:
    """JSON text while it is made: small strings are joined by the batch, then the batches, then encoded.

    So there is the text twice; or, in small answers, once, beside a batch of strings. A cell is four of them
    (name, colon, value, comma), of which only the value's is its own; a row number is two.
    """
    pieces = min(4 * out.cells + 2 * out.rows, _BATCH)
    strings = min(out.pieces + out.rows * (STRING + len(str(int(out.rows)))), _BATCH / 4 * _PIECE)
    return max(2 * body, body + _APPENDED * pieces + strings)


def _csv(out: Frame, body: float) -> float:
    """``df_to_escaped_csv`` (superset/utils/csv.py): a copy of the frame, a chunk as text, the text twice."""
    share = min(1.0, _CSV_CHUNK / out.cells) if out.cells else 1.0
    chunk = share * (3 * POINTER * out.cells + out.formatted)
    return out.blocks + out.pointers + chunk + 2 * body
