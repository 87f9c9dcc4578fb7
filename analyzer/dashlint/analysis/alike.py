"""Charts that aggregate the same source alike, so that a table of groups would answer all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dashlint.assets import Chart, Dataset
from dashlint.sql.additive import AggregatePart, parts
from dashlint.superset.query import Query, QueryColumn, QueryMetric

if TYPE_CHECKING:
    from dashlint.analysis import Analysis

#: Grains by the finest one that they can be computed from (``db_engine_specs/base.py:builtin_time_grains``).
_FROM_DAYS = frozenset({"P1D", "P1W", "P1M", "P3M", "P0.25Y", "P1Y"})
_FROM_HOURS = frozenset({"PT1H", "PT6H"})
_ORDER = ("P1D", "PT1H", "")


class Dimension(NamedTuple):
    """What a group is made of: a dataset's column and, of moments, the grain that truncates it."""

    column: str
    grain: str | None


class _Needs(NamedTuple):
    """What one chart needs: its dimensions, each with its grain, and the parts of its metrics."""

    chart: Chart
    grains: Mapping[str, str | None]
    parts: tuple[AggregatePart, ...]


@dataclass(frozen=True)
class Alike:
    """Charts on one dataset, the groups that answer all of them, and how many these are.

    ``rows`` is expected of the groups, ``source_rows`` what the dataset has. ``seconds`` is the shortest
    time for which one of the charts is cached, None where none of them is.
    """

    dataset: Dataset
    charts: tuple[Chart, ...]
    dimensions: tuple[Dimension, ...]
    parts: tuple[AggregatePart, ...]
    rows: float
    source_rows: float
    seconds: int | None


def alike(analysis: Analysis, dataset: Dataset, *, most: float) -> Alike | None:
    """The largest set of charts on dashboards that groups of a dataset answer; None for less than two.

    A chart counts with the columns that it groups and filters by, those of the dashboards' filters that
    reach it, and metrics made of SUM, COUNT, MIN, MAX and AVG. ``most`` is the share of the source's rows, 0
    to 1, that the groups may have.
    """
    source = analysis.source_rows(dataset).expected
    charts = analysis.workspace.charts_by_dataset.get(dataset, ())
    needs = [need for chart in charts if (need := _needs(analysis, dataset, chart)) is not None]
    if source is None or len(needs) < 2:
        return None
    sized = [
        (rows, need) for need in needs if (rows := _rows(analysis, dataset, need.grains, source)) is not None
    ]
    chosen: list[_Needs] = []
    grains: dict[str, str | None] = {}
    for _, need in sorted(sized, key=lambda pair: pair[0]):
        together = _together(grains, need.grains)
        count = _rows(analysis, dataset, together, source)
        if count is not None and count <= source * most:
            chosen.append(need)
            grains = together
    if len(chosen) < 2:
        return None
    every = {part.sql: part for need in chosen for part in need.parts}
    count = _rows(analysis, dataset, grains, source)
    timeouts = [analysis.cache_timeout(need.chart).seconds for need in chosen]
    return Alike(
        dataset,
        tuple(need.chart for need in chosen),
        tuple(Dimension(name, grain) for name, grain in grains.items()),
        tuple(every.values()),
        count if count is not None else 0.0,
        source,
        min((seconds for seconds in timeouts if seconds > 0), default=None),
    )


def _together(one: Mapping[str, str | None], other: Mapping[str, str | None]) -> dict[str, str | None]:
    """Dimensions of both, with the finer grain of each."""
    found = dict(one)
    for name, grain in other.items():
        found[name] = max((found[name], grain), key=_fineness) if name in found else grain
    return found


def _fineness(grain: str | None) -> int:
    return _ORDER.index(grain or "")


def _coarsest(grain: str | None) -> str | None:
    """The coarsest of day and hour from which a grain can be computed; None: the moments themselves."""
    if grain is None:
        return None
    if grain in _FROM_DAYS or grain.endswith("/P1W") or grain.startswith("P1W/"):
        return "P1D"
    return "PT1H" if grain in _FROM_HOURS else None


def _rows(
    analysis: Analysis, dataset: Dataset, grains: Mapping[str, str | None], source: float
) -> float | None:
    """How many groups there are; None where the statistics of a column are missing."""
    from dashlint.cost.groups import Key, combinations, distinct_values

    counts = []
    for name, grain in grains.items():
        statistics = analysis.statistics(dataset, name)
        count = distinct_values(Key(statistics, grain=grain), analysis.now).expected
        if count is None:
            return None
        counts.append(count)
    return combinations(counts, source) if counts else 1.0


# --- what one chart needs -------------------------------------------------------------------------


def _needs(analysis: Analysis, dataset: Dataset, chart: Chart) -> _Needs | None:
    dashboards = analysis.workspace.dashboards_using(chart)
    queries = analysis.queries(chart)
    if not dashboards or not queries:
        return None
    grains: dict[str, str | None] = {}
    found: dict[str, AggregatePart] = {}
    for query in queries:
        own = _of_query(analysis, dataset, query)
        if own is None:
            return None
        grains = _together(grains, own[0])
        found.update({part.sql: part for part in own[1]})
    for name in _filtered(analysis, dataset, chart):
        grains = _together(grains, {name: None})
    return _Needs(chart, grains, tuple(found.values())) if found and grains else None


def _filtered(analysis: Analysis, dataset: Dataset, chart: Chart) -> Iterable[str]:
    """Columns of the dashboards' filters that reach a chart."""
    for dashboard in analysis.workspace.dashboards_using(chart):
        for native_filter in dashboard.filters:
            column = native_filter.target.column if native_filter.target is not None else None
            reached = any(p.chart is chart for p in analysis.charts_in_scope(dashboard, native_filter))
            if reached and column in dataset.column_by_name:
                yield str(column)


def _of_query(
    analysis: Analysis, dataset: Dataset, query: Query
) -> tuple[dict[str, str | None], list[AggregatePart]] | None:
    if query.metrics is None or not query.metrics or query.is_rowcount:
        return None
    grains: dict[str, str | None] = {}
    for column in query.columns:
        name, grain = _dimension(dataset, column, query)
        if name is None:
            return None
        grains = _together(grains, {name: grain})
    found: list[AggregatePart] = []
    ranked = [query.series_limit_metric] if query.series_limit_metric is not None else []
    for metric in (*query.metrics, *ranked):
        own = _of_metric(analysis, dataset, metric)
        if own is None:
            return None
        found += own
    if query.having and parts(query.having, analysis.engine_of(dataset)) is None:
        return None
    filters: dict[str, str | None] = {}
    for condition in query.filters:
        # A time range begins and ends with a day, as the time picker writes it.
        filters[condition.col] = "P1D" if condition.op == "TEMPORAL_RANGE" else None
    if query.granularity:
        filters[query.granularity] = "P1D"
    for comparison in analysis.sql_conditions(query, dataset) if query.where else ():
        filters[comparison.column or "?"] = None
    if any(name not in dataset.column_by_name for name in filters):
        return None
    return _together(grains, filters), found


def _dimension(dataset: Dataset, column: QueryColumn, query: Query) -> tuple[str | None, str | None]:
    """The dataset's column behind a group key, and its grain; (None, None) for free SQL."""
    if column.name is None or column.name not in dataset.column_by_name:
        return None, None
    grain = column.time_grain
    if grain is None and column.name == query.granularity:
        grain = query.time_grain
    return column.name, _coarsest(grain)


def _of_metric(analysis: Analysis, dataset: Dataset, metric: QueryMetric) -> list[AggregatePart] | None:
    """The parts of a metric as the dataset's own SQL would write them."""
    engine = analysis.engine_of(dataset)
    if metric.name is not None and metric.name in dataset.metric_by_name:
        text = dataset.metric_by_name[metric.name].expression
    elif metric.sql is not None:
        text = metric.sql
    elif metric.aggregate is not None and metric.column in dataset.column_by_name:
        if metric.aggregate.upper() == "COUNT_DISTINCT":
            return None
        text = f"{metric.aggregate}({_expression(dataset, metric.column, engine)})"
    else:
        return None
    if "{{" in text or "{%" in text:
        return None
    found = parts(text, engine)
    return list(found) if found is not None else None


def _expression(dataset: Dataset, name: str | None, engine: str | None) -> str:
    from dashlint.sql.names import identifier

    column = dataset.column_by_name[str(name)]
    return column.expression or identifier(column.name, engine)
