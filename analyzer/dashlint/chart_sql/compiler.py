"""A prepared query → its SELECT.

Source: ``superset/models/helpers.py:get_sqla_query`` of 6.1.0; where older releases differ, the
settings are asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dashlint.assets import Column, Dataset
from dashlint.chart_sql.conditions import Conditions
from dashlint.chart_sql.expressions import Expressions
from dashlint.chart_sql.model import Item, Refused, Select
from dashlint.chart_sql.prepared import TIMESTAMP, Prepared
from dashlint.chart_sql.source import Source
from dashlint.chart_sql.text import written
from dashlint.superset.js import column_label
from dashlint.superset.settings import Settings

#: Engines without joins or subqueries get the top series from a statement of its own.
_TOP_SERIES = "dashlint_top_series"


class Compiler:
    """Writes one query's statement. ``removed`` are columns whose filters the dataset's own SQL applies."""

    def __init__(
        self,
        query: Prepared,
        dataset: Dataset,
        source: Source,
        expressions: Expressions,
        conditions: Conditions,
        settings: Settings,
        removed: Iterable[str] = (),
    ) -> None:
        self._query = query
        self._dataset = dataset
        self._source = source
        self._expressions = expressions
        self._conditions = conditions
        self._settings = settings
        self._removed = frozenset(removed)
        self._spec = expressions.spec

    def statement(self) -> str:
        """The SQL.

        Raises:
            Refused: Superset answers with an error instead.
        """
        query = self._query
        axis = self._expressions.time_column(query.granularity)
        if axis is None and query.is_timeseries:
            raise Refused("a time series needs a time column, and neither chart nor dataset names one")
        if not query.metrics and not query.columns:
            raise Refused("the query is empty: it names neither columns nor metrics")
        metrics = [self._expressions.metric(metric) for metric in query.metrics or ()]
        order, orders_groups = self._order(metrics)
        grouped = query.metrics is not None or orders_groups
        items, groups, series = self._columns(axis, grouped=grouped)
        if not grouped:
            metrics = []
        items = _distinct([*items, *metrics])
        if not self._spec.allows("allows_hidden_orderby_agg"):
            items = _distinct([*items, *(item for item, _ in order)])
        where, having = self._where(axis)
        time_filters = self._time_filters(axis)
        select = Select(
            items=tuple(items),
            source=self._source.sql,
            where=(*time_filters, *where),
            group_by=tuple(groups.values()),
            having=tuple(having),
            order_by=tuple(self._ordered(order, items)),
            limit=query.limit,
            offset=query.offset,
            prefix=self._source.prefix,
        )
        if query.series_limit and series:
            main = metrics[0] if metrics else self._expressions.item("COUNT(*)", "ccount")
            select = self._with_series_limit(select, series, groups, main, axis, where)
        if query.is_rowcount:
            return self._rowcount(select)
        return written(select, self._spec)

    # Columns

    def _columns(
        self, axis: Column | None, *, grouped: bool
    ) -> tuple[list[Item], dict[str, str], dict[str, Item]]:
        """Selected columns, what is grouped by (by name), and the series columns (by name)."""
        query, expressions = self._query, self._expressions
        columns = [c for c in query.columns if c != TIMESTAMP]
        items: list[Item] = []
        groups: dict[str, str] = {}
        series: dict[str, Item] = {}
        if grouped:
            granularity = axis.name if axis is not None else None
            wanted = {self._spec.label(str(column_label(c))) for c in query.series_columns}
            for column in columns:
                item = expressions.selected(column, granularity, query.grain)
                groups[item.name] = self._group(item)
                if item.label in wanted or (query.is_timeseries and not wanted):
                    series[item.name] = item
                items.append(item)
        else:
            items = [expressions.raw(column) for column in columns]
        if axis is not None and query.is_timeseries:
            timestamp = expressions.timestamp(axis, query.grain)
            items.insert(0, timestamp)
            groups[timestamp.name] = self._group(timestamp)
        return items, groups, series

    def _group(self, item: Item) -> str:
        return item.label if self._spec.groups_by_label and item.label else item.sql

    # Order

    def _order(self, metrics: list[Item]) -> tuple[list[tuple[Item, bool]], bool]:
        """What the rows are ordered by, each with its direction, and whether that needs groups.

        An item of ``metrics`` itself stands for one that the SELECT names by its label.
        """
        found: list[tuple[Item, bool]] = []
        groups = False
        by_name = {metric.name: metric for metric in metrics}
        for key, ascending in self._query.orderby:
            if isinstance(key, Mapping):
                item = self._expressions.metric(key)
                same = next((m for m in metrics if m.sql == item.sql), None)
                found.append((same or item, ascending))
                groups = True
                continue
            item, groups_too = self._order_by_name(str(key), by_name)
            groups |= groups_too
            found.append((item, ascending))
        return found, groups

    def _order_by_name(self, key: str, metrics: Mapping[str, Item]) -> tuple[Item, bool]:
        dataset, expressions = self._dataset, self._expressions
        if key in dataset.column_by_name and not self._settings.at_least("5.0"):
            return expressions.column(dataset.column_by_name[key]), False
        if key in metrics:
            return metrics[key], True
        if key in dataset.metric_by_name:
            return expressions.metric(key), True
        if key in dataset.column_by_name:
            return expressions.column(dataset.column_by_name[key]), False
        for column in self._query.columns if self._settings.at_least("6.1") else ():
            if isinstance(column, Mapping) and column.get("label") == key:
                return expressions.adhoc_column(column), False
        raise Refused(f"the order names {key!r}, which is no column")

    def _ordered(self, order: list[tuple[Item, bool]], items: list[Item]) -> list[str]:
        selected = {id(item) for item in items}
        names = {item.name for item in items}
        written_order = []
        for item, ascending in order:
            sql = item.sql
            if self._spec.allows("allows_alias_in_orderby") and item.label and id(item) in selected:
                sql = item.label
            if self._spec.allows("allows_hidden_cc_in_orderby") and item.name in names and item.label:
                sql = item.label
            written_order.append(f"{sql} {'ASC' if ascending else 'DESC'}")
        return written_order

    # Conditions

    def _where(self, axis: Column | None) -> tuple[list[str], list[str]]:
        where: list[str] = []
        having: list[str] = []
        for _, sql, aggregate in self._filters(axis):
            (having if aggregate else where).append(sql)
        if self._query.where:
            where.append(f"({self._expressions.render(self._query.where)})")
        if self._query.having:
            having.append(f"({self._expressions.render(self._query.having)})")
        return where, having

    def _filters(self, axis: Column | None) -> Iterator[tuple[Mapping[str, Any], str, bool]]:
        """Each filter with its condition, and whether that is one on an aggregate."""
        newest = self._settings.at_least("6.1")
        for entry in self._query.filters:
            if self._is_removed(entry.get("col"), axis):
                continue
            found = self._conditions.of_filter(
                entry, axis if self._query.is_timeseries else None, names_metrics=newest
            )
            if found is not None:
                yield entry, *found

    def conditions(self) -> tuple[list[tuple[Mapping[str, Any], str]], list[str], str | None]:
        """What WHERE is made of: filters with their conditions, time ranges, and the chart's own SQL.

        Raises:
            Refused: Superset answers with an error instead.
        """
        axis = self._expressions.time_column(self._query.granularity)
        filters = [(entry, sql) for entry, sql, aggregate in self._filters(axis) if not aggregate]
        own = self._expressions.render(self._query.where) if self._query.where else None
        return filters, self._time_filters(axis), own

    def _is_removed(self, column: Any, axis: Column | None) -> bool:
        name = column_label(column)
        if name == TIMESTAMP and axis is not None:
            return axis.name in self._removed or TIMESTAMP in self._removed
        return name in self._removed

    def _time_filters(self, axis: Column | None) -> list[str]:
        if axis is None:
            return []
        columns = [axis]
        main = self._dataset.column_by_name.get(self._dataset.main_dttm_col or "")
        if self._dataset.always_filter_main_dttm and main is not None and main is not axis:
            columns.insert(0, main)
        found = (
            self._conditions.time_range(column, self._query.bounds)
            for column in columns
            if not self._is_removed(column.name, axis)
        )
        return [condition for condition in found if condition]

    # Series limit and row count

    def _with_series_limit(
        self,
        select: Select,
        series: Mapping[str, Item],
        groups: Mapping[str, str],
        main: Item,
        axis: Column | None,
        where: list[str],
    ) -> Select:
        spec = self._spec
        if not (spec.allows("allows_joins") and spec.allows("allows_subqueries")):
            return select._replace(where=(*select.where, f"({_TOP_SERIES})"))
        inner_items = [self._expressions.item(item.sql, f"{name}__") for name, item in series.items()]
        conditions = list(where)
        if axis is not None and not spec.allows("time_groupby_inline"):
            inner = self._conditions.time_range(axis, self._query.bounds)
            conditions += [inner] if inner else []
        inner_main = self._expressions.item(main.sql, "mme_inner__")
        by = inner_main.label or inner_main.sql
        if self._query.series_limit_metric:
            by = self._expressions.metric(self._query.series_limit_metric).sql
        inner_select = Select(
            items=(*inner_items, inner_main),
            source=self._source.sql,
            where=tuple(conditions),
            group_by=tuple(self._group(item) for item in inner_items),
            order_by=(f"{by} {'DESC' if self._query.order_desc else 'ASC'}",),
            limit=self._query.series_limit,
        )
        on = " AND ".join(
            f"{item.sql} = {inner.label or inner.sql}"
            for item, inner in zip(series.values(), inner_items, strict=True)
        )
        kind = "LEFT OUTER JOIN" if self._query.group_others else spec.inner_join
        joined = f"\n{kind} (\n{written(inner_select, spec)}\n) AS series_limit ON {on}"
        if not self._query.group_others:
            return select._replace(joined=joined)
        return self._with_others(select, series, groups, joined)

    def _with_others(
        self, select: Select, series: Mapping[str, Item], groups: Mapping[str, str], joined: str
    ) -> Select:
        """All other series become one; the statement made anew loses its order and its limit."""

        def grouped(name: str, sql: str) -> str:
            label = self._spec.label(f"{name}__")
            kept = f"CASE WHEN (series_limit.{label} IS NOT NULL) THEN {sql}"
            return f"{kept} ELSE {self._spec.text('Others')} END"

        items = tuple(
            item._replace(sql=grouped(item.name, item.sql)) if item.name in series else item
            for item in select.items
        )
        group_by = tuple(grouped(name, sql) if name in series else sql for name, sql in groups.items())
        return select._replace(
            items=items, group_by=group_by, joined=joined, order_by=(), limit=None, offset=0
        )

    def _rowcount(self, select: Select) -> str:
        if not self._spec.allows("allows_subqueries"):
            raise Refused("the database has no subqueries, which counting rows needs")
        inner = written(select._replace(prefix=""), self._spec)
        count = Select(
            items=(self._expressions.item("COUNT(*)", "rowcount"),),
            source=f"(\n{inner}\n) AS rowcount_qry",
            prefix=select.prefix,
        )
        return written(count, self._spec)


def _distinct(items: Iterable[Item]) -> list[Item]:
    """The first of each name stays (``remove_duplicates``)."""
    found: dict[str, Item] = {}
    for item in items:
        found.setdefault(item.label or item.sql, item)
    return list(found.values())
