"""From the query object that is sent to the :class:`Query` that the server makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from dashlint.assets import Dataset
from dashlint.superset import limits
from dashlint.superset.js import Unbuildable, as_list, column_label, metric_label, truthy
from dashlint.superset.query import Query, QueryColumn, QueryFilter, QueryMetric
from dashlint.superset.settings import Settings
from dashlint.superset.viz.base import TIMESTAMP, QueryDict
from dashlint.superset.viz.legacy_deck import tooltip_columns


class Writer:
    """Turns query objects into :class:`Query` values."""

    def __init__(
        self,
        settings: Settings,
        form: dict[str, Any],
        dataset: Dataset | None,
        sources: Sequence[str] = (),
        *,
        legacy: bool = False,
    ) -> None:
        """``sources`` tell who put in each of the filters that come from ``extra_form_data``."""
        self.settings = settings
        self.dataset = dataset
        self.paginates = bool(form.get("server_pagination"))
        self.sources = sources
        self.legacy = legacy
        extra = form.get("extra_form_data")
        filters = extra.get("filters") if isinstance(extra, Mapping) else None
        self.from_filters = len(filters) if isinstance(filters, (list, tuple)) else 0
        self.added = () if legacy else _added_by_server(form, dataset, settings)

    def write(self, dicts: list[QueryDict]) -> tuple[Query, ...]:
        """The queries of one request."""
        totals = self._totals(dicts)
        return tuple(self._query(query, index, totals) for index, query in enumerate(dicts))

    def _totals(self, dicts: list[QueryDict]) -> int | None:
        """The query that a contribution step of another one needs (``_prepare_contribution_totals``)."""
        if not any("contribution" in query.get("post_processing", ()) for query in dicts):
            return None
        for index, query in enumerate(dicts):
            if not query.get("columns") and query.get("metrics") and not query.get("post_processing"):
                return index
        return None

    def _query(self, query: QueryDict, index: int, totals: int | None) -> Query:
        rowcount = bool(query.get("is_rowcount"))
        row_limit = limits.asked(query.get("row_limit"))
        if query.get("unlimited"):
            effective = row_limit or None
        else:
            effective = limits.effective(
                row_limit,
                self.settings,
                server_pagination=self.paginates,
                rowcount=rowcount,
                totals=index == totals,
                legacy=self.legacy,
            )
        sent = _columns(query.get("columns"))
        columns = self._selected(query, sent)
        metrics = query.get("metrics")
        extras = query.get("extras") or {}
        series_columns = _columns(query.get("series_columns"))
        if self._groups_others(query, series_columns):
            effective = None
        limit_metric, offsets = query.get("series_limit_metric"), query.get("time_offsets")
        return Query(
            columns=columns,
            metrics=None if metrics is None else tuple(map(_metric, as_list(metrics))),
            filters=self._filters(query.get("filters")),
            row_limit=row_limit,
            effective_limit=effective,
            row_offset=limits.asked(query.get("row_offset")) or 0,
            series_limit=self._series_limit(query),
            series_columns=series_columns,
            series_limit_metric=_metric(limit_metric) if isinstance(limit_metric, (str, Mapping)) else None,
            orderby=_orderby(query.get("orderby")),
            order_desc=truthy(query.get("order_desc", True)),
            is_rowcount=rowcount,
            is_timeseries=truthy(query.get("is_timeseries")),
            post_processing=tuple(query.get("post_processing") or ()),
            time_offsets=() if offsets is None or offsets == [] else tuple(map(_text, as_list(offsets))),
            time_range=_maybe_text(query.get("time_range")),
            granularity=_maybe_text(query.get("granularity")),
            time_grain=_maybe_text(extras.get("time_grain_sqla")),
            where=extras.get("where", ""),
            having=extras.get("having", ""),
            group_others=truthy(query.get("group_others_when_limit_reached")),
            role=_role(query, index, rowcount=rowcount),
            raw=query,
            sent_columns=None if columns is sent else sent,
        )

    def _groups_others(self, query: QueryDict, series: tuple[QueryColumn, ...]) -> bool:
        """Whether the rest of the series becomes "Others": that statement has neither ORDER BY nor LIMIT.

        ``get_sqla_query`` makes it anew after both were put in (6.0 and 6.1; seen on 6.1.0).
        """
        others = truthy(query.get("group_others_when_limit_reached")) and self.settings.at_least("6.0")
        return others and bool(self._series_limit(query) and series) and query.get("metrics") is not None

    def _series_limit(self, query: QueryDict) -> int:
        """``explore_json`` limits series over time only (``get_sqla_query``: timeseries_limit)."""
        if self.legacy and not query.get("is_timeseries"):
            return 0
        return limits.asked(query.get("series_limit")) or 0

    def _selected(self, query: QueryDict, sent: tuple[QueryColumn, ...]) -> tuple[QueryColumn, ...]:
        """What the server selects: ``groupby`` instead of the columns, the time, its own additions.

        Source: ``common/query_object.py:_rename_deprecated_fields``,
        ``models/helpers.py:get_sqla_query`` (``is_timeseries``).
        """
        columns = _columns(query["groupby"]) if query.get("groupby") else sent
        if query.get("is_timeseries"):
            time = self._time_column(query.get("granularity"))
            if time is not None:
                grain = _maybe_text((query.get("extras") or {}).get("time_grain_sqla"))
                columns = (QueryColumn(TIMESTAMP, time, None, grain, is_base_axis=True), *columns)
        names = {column.name for column in columns}
        added = [name for name, bare in self.added if name not in names and (bare or columns)]
        return (*columns, *(QueryColumn(name, name) for name in added)) if added else columns

    def _time_column(self, granularity: Any) -> str | None:
        """The granularity where it is a time column, else the dataset's main one."""
        if not isinstance(granularity, str) or not granularity:
            return None
        dataset = self.dataset
        known = dataset.column_by_name.get(granularity) if dataset is not None else None
        if dataset is None or (known is not None and known.is_temporal):
            return granularity
        return dataset.main_dttm_col or granularity

    def _filters(self, filters: Any) -> tuple[QueryFilter, ...]:
        written = []
        for index, entry in enumerate(as_list(filters)):
            if not isinstance(entry, Mapping):
                continue
            source = "chart"
            if index < self.from_filters:
                source = self.sources[index] if index < len(self.sources) else "filter"
            column = entry.get("col")
            label = column_label(column) if isinstance(column, Mapping) else column
            written.append(QueryFilter(_text(label), _text(entry.get("op")), entry.get("val"), source))
        return tuple(written)


def _added_by_server(
    form: dict[str, Any], dataset: Dataset | None, settings: Settings
) -> tuple[tuple[str, bool], ...]:
    """Columns that the server of 6.1 adds, and whether to a query without columns, too.

    Source: ``common/query_context_factory.py:_add_tooltip_columns, _add_currency_column``.
    """
    if not settings.at_least("6.1"):
        return ()
    added = [(name, True) for name in tooltip_columns(form)] if "tooltip_contents" in form else []
    if form.get("viz_type") == "pivot_table_v2" and dataset is not None and dataset.currency_code_column:
        currency = form.get("currency_format")
        if isinstance(currency, Mapping) and currency.get("symbol") == "AUTO":
            added.append((dataset.currency_code_column, False))
    return tuple(added)


def _role(query: QueryDict, index: int, *, rowcount: bool) -> str:
    if rowcount:
        return "rowcount"
    return "totals" if index and not query.get("columns") else "main"


def _text(value: Any) -> str:
    if value.__class__ is str:
        return str(value)
    return "null" if value is None else str(value)


def _maybe_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _columns(columns: Any) -> tuple[QueryColumn, ...]:
    if columns is None or columns == []:
        return ()
    return tuple(map(_column, as_list(columns)))


def _column(column: Any) -> QueryColumn:
    if column.__class__ is str:
        return _named_column(column)
    if not isinstance(column, Mapping):
        return QueryColumn("null")
    label = _text(column_label(column))
    grain = column.get("timeGrain")
    base = column.get("columnType") == "BASE_AXIS"
    sql = column.get("sqlExpression")
    # A base axis made of a column's name is that column, not an expression.
    named = base and (column.get("isColumnReference") or sql == label)
    return QueryColumn(
        label,
        name=sql if named and isinstance(sql, str) else None,
        sql=None if named or not isinstance(sql, str) else sql,
        time_grain=grain if isinstance(grain, str) else None,
        is_base_axis=base,
    )


def _metric(metric: Any) -> QueryMetric:
    if metric.__class__ is str:
        return _named_metric(metric)
    if not isinstance(metric, Mapping):
        return QueryMetric("null")
    try:
        label = _text(metric_label(metric))
    except Unbuildable:
        label = "null"
    if metric.get("expressionType") == "SIMPLE":
        column = metric.get("column")
        name = column.get("column_name", column.get("columnName")) if isinstance(column, Mapping) else None
        aggregate = metric.get("aggregate")
        return QueryMetric(
            label,
            aggregate=aggregate if isinstance(aggregate, str) else None,
            column=name if isinstance(name, str) else None,
        )
    sql = metric.get("sqlExpression")
    if isinstance(sql, str):
        return QueryMetric(label, sql=sql)
    return QueryMetric(label, name=label)


# Every query of a dashboard that names a column or metric of a dataset has the same one.
@lru_cache(maxsize=4096)
def _named_column(name: str) -> QueryColumn:
    return QueryColumn(name, name)


@lru_cache(maxsize=4096)
def _named_metric(name: str) -> QueryMetric:
    return QueryMetric(name, name)


def _orderby(orderby: Any) -> tuple[tuple[str, bool], ...]:
    written = []
    for item in as_list(orderby):
        if isinstance(item, (list, tuple)) and item:
            key = item[0]
            try:
                label = metric_label(key) if isinstance(key, Mapping) else key
            except Unbuildable:
                label = None
            written.append((_text(label), truthy(item[1]) if len(item) > 1 else False))
    return tuple(written)
