"""What a result set costs a Superset worker: its memory, its cache entry, its answer.

```python
from dashlint.cost.memory import ColumnShape, ResultKind, estimate

cost = estimate(50_000, [ColumnShape("BIGINT"), ColumnShape("VARCHAR(40)", avg_width=12, distinct=30)])
cost.rss_peak  # bytes
```

``estimate`` is for one query, ``request_cost`` for a request of several, which a worker holds together.
How the figures were measured and how far they can be trusted: docs/memory-model.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from dashlint.assets import Dataset
from dashlint.cost.column_types import facts, family
from dashlint.cost.families import coefficients, families
from dashlint.cost.frames import Frame, untold
from dashlint.cost.periods import buckets, range_seconds
from dashlint.cost.pivots import after_post_processing
from dashlint.cost.resident import Part, resident
from dashlint.cost.result import ColumnShape, ResultCost, ResultKind, ResultSet
from dashlint.cost.stages import stages
from dashlint.superset.query import Query, QueryColumn, QueryMetric

if TYPE_CHECKING:
    from dashlint.catalog.model import ColumnStatistics

__all__ = [
    "ColumnShape",
    "ResultCost",
    "ResultKind",
    "ResultSet",
    "defaults_used",
    "estimate",
    "family",
    "kind_of",
    "request_cost",
    "shapes_of",
]


def estimate(
    rows: int, columns: Sequence[ColumnShape], *, kind: ResultKind | str = ResultKind.JSON
) -> ResultCost:
    """Bytes for one query of ``rows`` rows, answered as ``kind`` says (a ResultKind, or a format's name).

    The default is what a chart on a dashboard causes: the rows as JSON, stored in Redis.
    """
    return request_cost((ResultSet(rows, columns, ResultKind(kind) if isinstance(kind, str) else kind),))


def request_cost(results: Iterable[ResultSet]) -> ResultCost:
    """Bytes for one request with several queries.

    Superset runs them one after the other and holds what each one answers until it writes all of it into one
    response (ChartDataCommand.run in superset/commands/chart/data/get_data_command.py,
    ChartDataRestApi._send_chart_response in superset/charts/data/api.py).
    """
    sets = [result._replace(rows=max(0, result.rows)) for result in results]
    if not sets:
        return ResultCost(0, 0, 0, 0, 0, 0, 0)
    usual = _request(sets)
    if not any(untold(column) for result in sets for column in result.columns):
        return usual
    # What nobody told of texts can make twice the difference, and too low is how workers get killed.
    worst, part = _request(sets, strange=True), coefficients()["strange"]
    return usual._replace(
        python_peak=max(usual.python_peak, round(part["python"] * worst.python_peak)),
        rss_peak=max(usual.rss_peak, round(part["rss"] * worst.rss_peak)),
    )


def _request(sets: Sequence[ResultSet], *, strange: bool = False) -> ResultCost:
    parts = [_part(result, strange=strange) for result in sets]
    before = peak = answer = hit = writing = 0.0
    for part in parts:
        stage = part.stages
        peak = max(peak, before + stage.load)
        answer = max(answer, before + stage.cache)
        hit = max(hit, before + stage.hit)
        before += stage.held
        writing += stage.answer
    answer = max(answer, writing)
    hit = max(hit, writing - sum(part.out.kept for part in parts))
    request = coefficients()["python"]["request"]
    memory = resident(parts, answer, hit)
    stays = sum(
        part.stages.entry for part, given in zip(parts, sets, strict=True) if given.kind.cache == "memory"
    )
    return ResultCost(
        round(max(peak, answer) + request),
        round(memory.peak),
        round(sum(part.stages.entry for part in parts)),
        round(sum(part.stages.body for part in parts)),
        round(min(memory.peak, memory.retained + stays)),
        round(memory.hit) if any(given.kind.cache != "none" for given in sets) else 0,
        round(sum(_gzip(part, given.kind) for part, given in zip(parts, sets, strict=True))),
    )


def _part(result: ResultSet, *, strange: bool) -> Part:
    fetched = Frame(result.rows, result.columns, strange=strange)
    made = after_post_processing(result.rows, result.columns, result.kind)
    same = made.rows == result.rows and made.columns is result.columns
    out = fetched if same else Frame(*made, strange=strange)
    return Part(fetched, out, stages(fetched, out, result.kind))


def _gzip(part: Part, kind: ResultKind) -> float:
    """What Flask-Compress leaves of the body; it does not compress spreadsheets."""
    if kind.format == "xlsx":
        return part.stages.body
    weights = coefficients()["gzip"]
    out = part.out
    size = (
        weights["base"]
        + weights["rows"] * out.rows
        + weights["cells"] * out.cells
        + weights["numbers"] * out.numbers
        + weights["texts"] * out.words
        + weights["repeats"] * out.repeats
    )
    return min(part.stages.body, float(size))


def defaults_used(columns: Sequence[ColumnShape]) -> tuple[tuple[str, ...], ...]:
    """For each column the attributes that an estimate takes from the defaults: ``("avg_width", "distinct")``.

    Only those that matter for the column's type: a date is as wide as any other.
    """
    return tuple(tuple(_unknown(column)) for column in columns)


def _unknown(column: ColumnShape) -> Iterable[str]:
    fact = facts(column.type)
    kind = families()[fact.family]
    if column.avg_width is None and fact.width is None and kind.json_char:
        yield "avg_width"
    if column.distinct is None and fact.distinct is None and kind.shared:
        yield "distinct"
    if column.name_length is None:
        yield "name_length"
    if column.non_ascii is None and kind.cell_char:
        yield "non_ascii"


class Warehouse(Protocol):
    """Who knows the statistics: an Analysis."""

    def statistics(self, dataset: Dataset, column: str) -> ColumnStatistics | None:
        """What the catalog knows about the physical column behind a dataset's column."""

    def planned_width(self, dataset: Dataset, column: str) -> float | None:
        """Bytes of an average value of a dataset's column, by EXPLAIN; None where it does not know."""


def kind_of(query: Query) -> ResultKind:
    """What becomes of a chart query's rows: a pivot where its post-processing has one."""
    if "pivot" in query.post_processing:
        return ResultKind.PIVOT._replace(dimensions=len(query.columns))
    if "histogram" in query.post_processing and len(query.columns) == 1:
        # histogram.py: a row for each group of values, and here there is but one group.
        return ResultKind.JSON._replace(output_rows=1)
    return ResultKind.JSON


def shapes_of(
    query: Query, dataset: Dataset | None, warehouse: Warehouse, touched: int | None = None
) -> tuple[ColumnShape, ...]:
    """The columns of a query's result: dimensions by their types and statistics, metrics by what they are.

    ``touched`` is how many buckets of its time grain a series has at most; where it is not given, those of
    the time range.
    """
    shapes = [_dimension(query, column, dataset, warehouse, touched) for column in query.columns]
    shapes += [_metric(metric, dataset, warehouse) for metric in query.metrics or ()]
    return tuple(shapes)


def _dimension(
    query: Query, column: QueryColumn, dataset: Dataset | None, warehouse: Warehouse, touched: int | None
) -> ColumnShape:
    known = dataset.column_by_name.get(column.name) if dataset and column.name else None
    statistics = warehouse.statistics(dataset, column.name) if dataset and column.name else None
    type_text = (known.type if known else None) or (statistics.type if statistics else None) or "TEXT"
    if column.is_base_axis and column.time_grain:
        # How many timestamps there are says nothing of the buckets they fall into.
        spans = (
            touched if touched is not None else buckets(range_seconds(query.time_range), column.time_grain)
        )
        return ColumnShape(type_text, distinct=spans, name_length=len(column.label))
    distinct = None
    if statistics is not None and statistics.distinct is not None:
        distinct = round(statistics.distinct)
    if query.series_limit and not query.group_others and query.series_columns == (column,):
        distinct = min(query.series_limit, query.series_limit if distinct is None else distinct)
    width = None
    if family(type_text) in _TEXTS:
        # Catalogs and plans tell how many bytes a value takes; only for texts is that its length.
        width = statistics.average_width if statistics is not None else None
        if width is None and dataset is not None and column.name:
            width = warehouse.planned_width(dataset, column.name)
    if statistics is None:
        return ColumnShape(type_text, width, distinct=distinct, name_length=len(column.label))
    return ColumnShape(
        type_text,
        width,
        # Among groups, null is one of them and no more.
        0.0 if query.groups else statistics.null_fraction or 0.0,
        distinct,
        len(column.label),
    )


_TEXTS = ("text", "document", "json")


def _metric(metric: QueryMetric, dataset: Dataset | None, warehouse: Warehouse) -> ColumnShape:
    """COUNT is an integer, MIN and MAX are what the column is, sums and means of floats are floats."""
    length = len(metric.label)
    aggregate = (metric.aggregate or "").upper()
    if aggregate.startswith("COUNT") or "count" in metric.label.lower():
        return ColumnShape("BIGINT", name_length=length)
    known = dataset.column_by_name.get(metric.column) if dataset and metric.column else None
    statistics = warehouse.statistics(dataset, metric.column) if dataset and metric.column else None
    type_text = (known.type if known else None) or (statistics.type if statistics else None)
    if type_text and (aggregate in {"MIN", "MAX"} or family(type_text) == "double"):
        return ColumnShape(type_text, name_length=length)
    return ColumnShape("NUMERIC", name_length=length)
