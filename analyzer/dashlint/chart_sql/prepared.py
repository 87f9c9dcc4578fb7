"""A query object as the server understands it, before any SQL is written.

Source: ``superset/common/query_context_factory.py`` (``_apply_granularity``, ``_apply_filters``),
``query_object_factory.py:_process_time_range``, ``query_object.py``; for charts that post form
data, ``viz.py:BaseViz.query_obj``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dashlint.assets import Dataset
from dashlint.chart_sql.model import Refused
from dashlint.superset.js import as_list, column_label
from dashlint.superset.query import Query
from dashlint.superset.settings import Settings
from dashlint.superset.time_range import Bounds, resolve

TIMESTAMP = "__timestamp"
Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Prepared:
    """What ``get_sqla_query`` is called with.

    ``range_words`` are what ``bounds`` were read from: the query's own ``time_range``, or a time filter's.
    """

    columns: tuple[Any, ...]
    metrics: tuple[Any, ...] | None
    filters: tuple[Raw, ...]
    orderby: tuple[tuple[Any, bool], ...]
    bounds: Bounds
    time_range: str | None
    range_words: str | None
    granularity: str | None
    grain: str | None
    is_timeseries: bool
    series_columns: tuple[Any, ...]
    series_limit: int
    series_limit_metric: Any
    order_desc: bool
    where: str
    having: str
    group_others: bool
    limit: int | None
    offset: int
    is_rowcount: bool

    def x_axis_label(self) -> str | None:
        """The label of the base axis (``utils/core.py:get_x_axis_label``)."""
        found = next((c for c in self.columns if _is_base_axis(c)), None)
        return None if found is None else str(column_label(found))

    def changed(self, **values: Any) -> Prepared:
        return replace(self, **values)


def prepare(query: Query, dataset: Dataset, settings: Settings, now: datetime, *, legacy: bool) -> Prepared:
    """The query as the server reads it. ``now`` is the server's clock.

    Raises:
        Refused: the server cannot read it.
    """
    raw = query.raw
    filters = tuple(dict(f) for f in as_list(raw.get("filters")) if isinstance(f, Mapping))
    columns = (*_sent(query), *added_columns(query))
    metrics = raw.get("metrics")
    time_range = raw.get("time_range") if isinstance(raw.get("time_range"), str) else None
    words = time_range
    if legacy:
        # Without a range, everything up to today (get_since_until without arguments).
        bounds = (
            resolve(time_range, now) if time_range else resolve("today : today", now)._replace(since=None)
        )
    else:
        words = _range_of(time_range, filters, columns)
        bounds = ends_of(words, raw, now)
    made = Prepared(
        columns=columns,
        metrics=None if metrics is None else tuple(as_list(metrics)),
        filters=filters,
        orderby=tuple(_order(raw.get("orderby"))),
        bounds=bounds,
        time_range=time_range,
        range_words=words,
        # Empty text is not None: the dataset's main time column takes its place.
        granularity=query.granularity,
        grain=query.time_grain,
        is_timeseries=_is_timeseries(query),
        series_columns=tuple(as_list(raw.get("series_columns"))),
        series_limit=query.series_limit,
        series_limit_metric=raw.get("series_limit_metric"),
        order_desc=query.order_desc,
        where=query.where,
        having=query.having,
        group_others=query.group_others and settings.at_least("6.0"),
        limit=query.effective_limit,
        offset=query.row_offset,
        is_rowcount=query.is_rowcount,
    )
    if not legacy:
        made = _with_granularity(made, dataset)
        if made.time_range:
            override = made.time_range
            changed: list[Raw] = [
                {**f, "val": override} if f.get("op") == "TEMPORAL_RANGE" else f for f in made.filters
            ]
            made = made.changed(filters=tuple(changed))
    if not made.series_columns and made.is_timeseries and made.metrics:
        made = made.changed(series_columns=made.columns)
    return made


def ends_of(time_range: str | None, raw: Raw, now: datetime) -> Bounds:
    """Both ends of a range in a query; its ``extras`` may say what "last week" counts from.

    Raises:
        Refused: the range ends before it begins.
    """
    extras = raw.get("extras") or {}
    start, end = (str(extras.get(key) or "today") for key in ("relative_start", "relative_end"))
    bounds = resolve(time_range, now, start, end)
    if bounds.since is not None and bounds.until is not None and bounds.since > bounds.until:
        raise Refused(f"time range {time_range!r} ends before it begins")
    return bounds


def _is_timeseries(query: Query) -> bool:
    """What the query says, else whether the time is among its columns (``_set_is_timeseries``)."""
    said = query.raw.get("is_timeseries")
    return TIMESTAMP in as_list(query.raw.get("columns")) if said is None else bool(said)


def _sent(query: Query) -> list[Any]:
    return as_list(query.raw.get("groupby")) or as_list(query.raw.get("columns"))


def added_columns(query: Query) -> tuple[str, ...]:
    """Columns that the server adds to those that are sent: of a tooltip, of a currency."""
    labels = {str(column_label(column)) for column in _sent(query)}
    return tuple(c.name for c in query.columns if c.name and c.label not in labels and c.label != TIMESTAMP)


def _order(orderby: Any) -> list[tuple[Any, bool]]:
    return [
        (entry[0], bool(entry[1]) if len(entry) > 1 else True)
        for entry in as_list(orderby)
        if isinstance(entry, (list, tuple)) and entry and not _is_nothing(entry[0])
    ]


def _is_nothing(value: Any) -> bool:
    return value is None or value == ""


def _range_of(time_range: str | None, filters: tuple[Raw, ...], columns: tuple[Any, ...]) -> str | None:
    """Without a range of its own, a query takes that of its time filter, the x axis's first."""
    if time_range is not None:
        return time_range
    temporal = [f for f in filters if f.get("op") == "TEMPORAL_RANGE"]
    if not temporal:
        return None
    axis = next((column_label(c) for c in columns if _is_base_axis(c)), None)
    chosen = next((f for f in temporal if f.get("col") == axis), temporal[0])
    value = chosen.get("val")
    if value is not None and not isinstance(value, str):
        raise Refused("a time filter's range is not text")
    return value


def _is_base_axis(column: Any) -> bool:
    return isinstance(column, Mapping) and column.get("columnType") == "BASE_AXIS"


def _with_granularity(made: Prepared, dataset: Dataset) -> Prepared:
    """A time column that a filter chose takes the x axis's place, and its filter's."""
    granularity = made.granularity
    if not granularity:
        return made
    temporal = {c.name for c in dataset.columns if c.is_temporal}
    axis = next((c for c in made.columns if _is_base_axis(c)), None)
    sql = axis.get("sqlExpression") if axis is not None else None
    dropped: Any = None
    columns = made.columns
    if sql in temporal:
        dropped = sql
        replaced = {**(axis or {}), "sqlExpression": granularity, "label": granularity}
        columns = tuple(replaced if c is axis else c for c in columns)
    if dropped is None:
        named = [f.get("col") for f in made.filters if f.get("op") == "TEMPORAL_RANGE"]
        if named:
            dropped = granularity if granularity in named else named[0]
    if isinstance(dropped, Mapping):
        dropped = dropped.get("sqlExpression")
    kept = tuple(f for f in made.filters if f.get("col") != dropped) if dropped else made.filters
    return made.changed(columns=columns, filters=kept)
