"""Columns and metrics of a query as SQL expressions.

Source: ``superset/connectors/sqla/models.py`` (``adhoc_metric_to_sqla``, ``adhoc_column_to_sqla``,
``TableColumn.get_timestamp_expression``), ``models/helpers.py:convert_tbl_column_to_sqla_col``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashlint.assets import Column, Dataset
from dashlint.chart_sql.engine import EngineSpec
from dashlint.chart_sql.model import Item, Refused
from dashlint.chart_sql.types import generic_type

#: Renders Jinja in an expression.
Render = Callable[[str], str]
TIMESTAMP = "__timestamp"
#: ``models/helpers.py:sqla_aggregations``, as SQLAlchemy writes them: functions that it knows itself
#: in small letters. It matters, as an order names a metric by its label only where both texts are equal.
_AGGREGATES = {
    "COUNT_DISTINCT": "count(DISTINCT {})",
    "COUNT": "count({})",
    "SUM": "sum({})",
    "AVG": "AVG({})",
    "MIN": "min({})",
    "MAX": "max({})",
}


class Expressions:
    """Writes the expressions of one dataset for one engine."""

    def __init__(self, dataset: Dataset, spec: EngineSpec, render: Render) -> None:
        self.dataset = dataset
        self.spec = spec
        self.render = render

    def item(self, sql: str, name: str) -> Item:
        """An expression with the label that its name becomes in the engine."""
        return Item(sql, name, self.spec.label(name))

    def is_temporal(self, column: Column) -> bool:
        """Whether the server takes a column for a time (``TableColumn.is_temporal``)."""
        return column.is_temporal or generic_type(column.type) == "temporal"

    def column_sql(self, column: Column) -> str:
        """A dataset's column: its quoted name, or a calculated column's expression."""
        return self.render(column.expression) if column.expression else self.spec.quote(column.name)

    def column(self, column: Column, name: str | None = None) -> Item:
        return self.item(self.column_sql(column), name or column.name)

    def timestamp(self, column: Column, grain: str | None, name: str = TIMESTAMP) -> Item:
        """A time column, cut to a grain, or turned into a time where it counts seconds.

        Raises:
            Refused: the engine has no such grain.
        """
        sql = self.column_sql(column)
        epoch = column.python_date_format if column.python_date_format in ("epoch_s", "epoch_ms") else None
        if not column.expression and not grain and not epoch:
            return self.item(sql, name)
        return self.item(self._cut(sql, grain, epoch, column.type), name)

    def _cut(self, sql: str, grain: str | None, epoch: str | None, type_text: str | None) -> str:
        cut = self.spec.time_grain(sql, grain, epoch, type_text)
        if cut is None:
            raise Refused(f"there is no time grain {grain} for {self.spec.name or 'this engine'}")
        return cut

    # What a query selects

    def selected(self, column: Any, granularity: str | None, grain: str | None) -> Item:
        """A grouping column: a name, or an adhoc column."""
        if isinstance(column, Mapping):
            return self.adhoc_column(column)
        name = str(column)
        known = self.dataset.column_by_name.get(name)
        if known is not None and name == granularity:
            return self.timestamp(known, grain, name)
        if known is not None:
            return self.column(known)
        if not name:
            return self.item("(None)", "(None)")  # an empty name becomes Python's None on its way
        return self.item(f"({self.render(name)})", name)

    def raw(self, column: Any) -> Item:
        """A column of a query without GROUP BY."""
        if isinstance(column, Mapping):
            sql, label = str(column.get("sqlExpression")), str(column.get("label"))
            known = next((c for c in self.dataset.columns if sql == self.spec.quote(c.name)), None)
            return self.column(known, label) if known is not None else self.item(self.render(sql), label)
        known = self.dataset.column_by_name.get(str(column))
        if known is not None:
            return self.column(known)
        return self.item(self.spec.quote(str(column)), str(column))

    def adhoc_column(self, column: Mapping[str, Any]) -> Item:
        """An adhoc column: SQL, or the base axis, which carries the time grain.

        Raises:
            Refused: the axis is the time of a dataset that has no such column.
        """
        sql = column.get("sqlExpression")
        label = column.get("label")
        name = str(label or sql)
        known = self.dataset.column_by_name.get(str(sql))
        grain = column.get("timeGrain") if column.get("columnType") == "BASE_AXIS" else None
        if known is None:
            if sql == TIMESTAMP and grain:
                raise Refused("the x axis is a time column that the dataset does not have")
            text = self.render(str(sql))
            quoted = self.spec.quote(text) if column.get("isColumnReference") else text
            # The server asks the database for the expression's type; a grain counts if it is a time.
            return self.item(quoted, name)
        plain = self.column_sql(known)
        if grain and self.is_temporal(known):
            plain = self._cut(plain, str(grain), known.python_date_format, known.type)
        return self.item(plain, name)

    def metric(self, metric: Any) -> Item:
        """A saved metric's expression, an aggregate of a column, or SQL.

        Raises:
            Refused: there is no such metric, or it makes no sense.
        """
        if isinstance(metric, Mapping) and metric.get("expressionType") in ("SIMPLE", "SQL"):
            return self._adhoc_metric(metric)
        name = metric.get("label") if isinstance(metric, Mapping) else metric
        saved = self.dataset.metric_by_name.get(str(name))
        if saved is None:
            raise Refused(f"metric {name!r} does not exist")
        return self.item(self.render(saved.expression), saved.name)

    def _adhoc_metric(self, metric: Mapping[str, Any]) -> Item:
        if metric["expressionType"] == "SQL":
            sql = self.render(str(metric.get("sqlExpression") or ""))
            return self.item(sql, str(metric.get("label") or metric.get("sqlExpression")))
        column = metric.get("column")
        name = column.get("column_name") if isinstance(column, Mapping) else None
        known = self.dataset.column_by_name.get(str(name))
        inner = self.column_sql(known) if known is not None else self.spec.quote(str(name or ""))
        aggregate = str(metric.get("aggregate"))
        if aggregate not in _AGGREGATES:
            raise Refused(f"aggregate {aggregate!r} does not exist")
        sql = _AGGREGATES[aggregate].replace("{}", inner)
        return self.item(sql, str(metric.get("label") or f"{aggregate}({name})"))

    def time_column(self, granularity: str | None) -> Column | None:
        """The column behind a granularity: itself if it is a time, else the dataset's main one.

        Raises:
            Refused: it is not in the dataset.
        """
        if granularity is None:
            return None
        known = self.dataset.column_by_name.get(granularity)
        if known is None or not known.is_temporal:
            main = self.dataset.main_dttm_col
            if not main:
                return None
            known = self.dataset.column_by_name.get(main)
            if known is None:
                raise Refused(f"time column {main!r} does not exist in the dataset")
        return known
