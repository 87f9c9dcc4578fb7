"""What goes into an estimate of memory, and what comes out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from dashlint.records import NamedTuple


class ColumnShape(NamedTuple):
    """A column of a query's result.

    Attributes:
        type: the type as Superset stores it, in any engine's spelling: ``VARCHAR(40)``, ``Nullable(Int64)``.
        avg_width: characters of an average value that is not null, written as text. None: the type's default.
        null_fraction: share of nulls, 0 to 1.
        distinct: how many different values the result holds; more than there are cells counts as all
            different. Equal texts, dates and times are one object in the data frame and one entry of its
            pickle. None: the type's default; of texts the more are different the longer they are.
        name_length: characters of the column's name, which each record of a JSON answer repeats.
            None: the default.
        non_ascii: share of a text's characters that are not ASCII, 0 to 1. A text with one of them takes two
            bytes per character and more, and six per such character in JSON. None: the default.

    The defaults are in coefficients.json; ``defaults_used`` tells which an estimate rests on.
    """

    type: str
    avg_width: float | None = None
    null_fraction: float = 0.0
    distinct: int | None = None
    name_length: float | None = None
    non_ascii: float | None = None


class _Kind(NamedTuple):
    format: str = "json"
    shape: str = "rows"
    output_rows: int | None = None
    output_columns: int | None = None
    dimensions: int | None = None
    cache: str = "redis"


class ResultKind(_Kind):
    """What becomes of a query's rows: post-processing, a cache entry, an answer.

    Attributes:
        format: ``json``, ``csv`` or ``xlsx``.
        shape: ``rows`` as the database returned them, or ``pivot``, as in every time series: the first
            temporal dimension (or the first dimension) becomes the row, and each combination of the other
            dimensions a column per metric.
        output_rows: rows after post-processing. None: as many as the shape says.
        output_columns: columns after post-processing. None: as many as the shape says.
        dimensions: how many of the columns, from the first on, are dimensions; the others are metrics.
            None: those that are not numbers. Only a pivot asks.
        cache: the data cache: ``redis``; ``memcached`` and ``filesystem``, which make fewer copies;
            ``memory``, which keeps its entries in the worker; ``none``.

    ``JSON``, ``CSV``, ``XLSX`` and ``PIVOT`` are ready-made:
    ``ResultKind.PIVOT._replace(output_rows=730, output_columns=21)``.
    """

    __slots__ = ()

    JSON: ClassVar[ResultKind]
    CSV: ClassVar[ResultKind]
    XLSX: ClassVar[ResultKind]
    PIVOT: ClassVar[ResultKind]


ResultKind.JSON = ResultKind()
ResultKind.CSV = ResultKind("csv")
ResultKind.XLSX = ResultKind("xlsx")
ResultKind.PIVOT = ResultKind("json", "pivot")


class ResultSet(NamedTuple):
    """One query of a request: rows from the database, their columns, and what becomes of them."""

    rows: int
    columns: Sequence[ColumnShape]
    kind: ResultKind = ResultKind.JSON


class ResultCost(NamedTuple):
    """Bytes; memory is above what the worker held before the request.

    Attributes:
        python_peak: the most that Python and numpy hold at once (what tracemalloc sees, so without the
            driver's buffer and Arrow's pool).
        rss_peak: the most resident memory.
        cache_entry: length of the stored value; 0 where nothing is stored.
        response: the body, not compressed.
        retained: resident memory that the process keeps when the answer is sent; the next request uses it.
        cache_hit_peak: the most resident memory when the cache answers, not the database; 0 without a cache.
        response_gzip: the body as gzip leaves of it.
    """

    python_peak: int
    rss_peak: int
    cache_entry: int
    response: int
    retained: int
    cache_hit_peak: int
    response_gzip: int
