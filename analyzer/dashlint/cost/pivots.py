"""The shape of a frame after post-processing."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from dashlint.cost.column_types import facts
from dashlint.cost.frames import coefficients, families, width_of
from dashlint.cost.result import ColumnShape, ResultKind

_NUMBERS = frozenset({"tiny", "int", "bigint", "double", "numeric"})
_TEMPORAL = frozenset({"date", "timestamp", "timestamptz"})
#: A mean or a sum of floats is written with all its digits (``repr`` of a double).
_FULL_DOUBLE = 17.0


def after_post_processing(
    rows: float, columns: Sequence[ColumnShape], kind: ResultKind
) -> tuple[float, Sequence[ColumnShape]]:
    """Rows and columns of the frame that is cached and answered.

    A pivot (superset/utils/pandas_postprocessing/pivot.py) makes a cell for each combination that occurs
    on either side, filled or not, so a sparse one is many times as large as the query's result. Where the
    distinct counts are not known, every cell is taken as filled.
    """
    if kind.shape == "rows" or not columns:
        return (rows if kind.output_rows is None else kind.output_rows), columns
    dimensions, metrics = _split(columns, kind.dimensions)
    if not dimensions:
        return (rows if kind.output_rows is None else kind.output_rows), columns
    index = next((c for c in dimensions if facts(c.type).family in _TEMPORAL), dimensions[0])
    series = [c for c in dimensions if c is not index]
    out_rows, combinations = _sides(rows, index, series)
    if kind.output_rows is not None:
        out_rows = kind.output_rows
    count = combinations * len(metrics)
    if kind.output_columns is not None:
        count = max(0, kind.output_columns - 1)
    if not count:
        return out_rows, [index]
    filled = min(1.0, rows * len(metrics) / max(1.0, out_rows * count))
    names = sum(_width(c) for c in series) + 2 * max(0, len(series) - 1)
    made = []
    for number in range(round(count)):
        metric = metrics[number % len(metrics)]
        own = coefficients()["defaults"]["name_length"] if metric.name_length is None else metric.name_length
        # flatten.py: the metric's label is only part of a column's name where there are several.
        name = own if not series else names if len(metrics) == 1 else names + own + 2
        made.append(ColumnShape("DOUBLE", _number_width(metric), 1 - filled, None, name))
    return out_rows, [index, *made]


def _split(
    columns: Sequence[ColumnShape], dimensions: int | None
) -> tuple[list[ColumnShape], list[ColumnShape]]:
    if dimensions is not None:
        return list(columns[:dimensions]), list(columns[dimensions:])
    numbers = [c for c in columns if facts(c.type).family in _NUMBERS]
    return [c for c in columns if c not in numbers], numbers


def _sides(rows: float, index: ColumnShape, series: Sequence[ColumnShape]) -> tuple[float, int]:
    """Rows and combinations of the other dimensions; each occurs at least once in the query's rows."""
    if not series:
        return rows, 1
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
    return tall, max(1, round(combinations))


def _width(column: ColumnShape) -> float:
    fact = facts(column.type)
    return width_of(column, fact, families()[fact.family])


def _number_width(metric: ColumnShape) -> float | None:
    """Digits of a metric in a pivot, whose numbers are floats: ``12`` becomes ``12.0``."""
    if facts(metric.type).family in {"tiny", "int", "bigint"}:
        return _width(metric) + 2
    return metric.avg_width if metric.avg_width is not None else _FULL_DOUBLE
