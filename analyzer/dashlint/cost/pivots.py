"""The shape of a frame after post-processing."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from dashlint.cost.column_types import facts
from dashlint.cost.families import coefficients, families, width_of
from dashlint.cost.result import ColumnShape, ResultKind
from dashlint.records import NamedTuple

_NUMBERS = frozenset({"tiny", "int", "bigint", "double", "numeric"})
_TEMPORAL = frozenset({"date", "timestamp", "timestamptz"})
#: A mean or a sum of floats is written with all its digits (``repr`` of a double).
_FULL_DOUBLE = 17.0


class Output(NamedTuple):
    """A frame after post-processing: ``counts`` tells how many columns there are of each shape."""

    rows: float
    columns: Sequence[ColumnShape]
    counts: Sequence[float] | None = None


def after_post_processing(rows: float, columns: Sequence[ColumnShape], kind: ResultKind) -> Output:
    """The frame that is cached and answered.

    A pivot (superset/utils/pandas_postprocessing/pivot.py) makes a cell for each combination that occurs
    on either side, filled or not, so a sparse one is many times as large as the query's result. Where the
    distinct counts are not known, every cell is taken as filled.
    """
    dimensions, metrics = _split(columns, kind.dimensions) if kind.shape == "pivot" else ([], [])
    if not dimensions or not metrics:
        return Output(rows if kind.output_rows is None else max(0, kind.output_rows), columns)
    index = next((c for c in dimensions if facts(c.type).family in _TEMPORAL), dimensions[0])
    series = [c for c in dimensions if c is not index]
    out_rows, combinations = _sides(rows, index, series)
    if kind.output_rows is not None:
        out_rows = max(0, kind.output_rows)
    count = float(combinations * len(metrics))
    if kind.output_columns is not None:
        count = float(max(0, kind.output_columns - 1))
    # A combination that does not occur is NaN, which takes as much as a number until it is written.
    filled = min(1.0, rows * len(metrics) / max(1.0, out_rows * count))
    names = sum(_width(c) for c in series) + 2 * max(0, len(series) - 1)
    made = [_made(metric, series, names, alone=len(metrics) == 1, nulls=1 - filled) for metric in metrics]
    return Output(out_rows, (index, *made), (1, *[count / len(metrics)] * len(metrics)))


def _made(
    metric: ColumnShape, series: Sequence[ColumnShape], names: float, *, alone: bool, nulls: float
) -> ColumnShape:
    """A column of a pivot; flatten.py names it after the series' values, and the metric of several."""
    own = coefficients()["defaults"]["name_length"] if metric.name_length is None else metric.name_length
    name = own if not series else names if alone else names + own + 2
    return ColumnShape("DOUBLE", _number_width(metric), nulls, None, name)


def _split(
    columns: Sequence[ColumnShape], dimensions: int | None
) -> tuple[list[ColumnShape], list[ColumnShape]]:
    if dimensions is not None:
        return list(columns[:dimensions]), list(columns[dimensions:])
    numbers = [facts(c.type).family in _NUMBERS for c in columns]
    pairs = list(zip(columns, numbers, strict=True))
    return [c for c, number in pairs if not number], [c for c, number in pairs if number]


def _sides(rows: float, index: ColumnShape, series: Sequence[ColumnShape]) -> tuple[float, float]:
    """Rows and combinations of the other dimensions; each occurs at least once in the query's rows."""
    if not series:
        return rows, 1.0
    known = [c.distinct if c.distinct is not None else facts(c.type).distinct for c in series]
    counts = [max(1, count) for count in known if count is not None]
    combinations = min(rows, prod(counts)) if len(counts) == len(series) else None
    tall = None if index.distinct is None else min(rows, max(1, index.distinct))
    if tall is None and combinations is None:
        tall = max(1.0, rows**0.5)
    if tall is None:
        tall = rows / max(1.0, combinations or 1.0)
    if combinations is None:
        combinations = rows / max(1.0, tall)
    return tall, max(1.0, combinations)


def _width(column: ColumnShape) -> float:
    fact = facts(column.type)
    return width_of(column, fact, families()[fact.family])


def _number_width(metric: ColumnShape) -> float | None:
    """Digits of a metric in a pivot, whose numbers are floats: ``12`` becomes ``12.0``."""
    if facts(metric.type).family in {"tiny", "int", "bigint"}:
        return _width(metric) + 2
    return metric.avg_width if metric.avg_width is not None else _FULL_DOUBLE
