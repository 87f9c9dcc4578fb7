"""What a database's planner expects of datasets: rows that pass a query's filters, widths of columns.

Only what the statistics of the catalog cannot say is asked, and only of plain statements without groups: how
many groups there will be, the planner knows less well than the distinct counts do (docs/cost.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from dashlint.assets import Database, Dataset
from dashlint.catalog.explain.model import ExplainError
from dashlint.superset.query import Query, QueryColumn

if TYPE_CHECKING:
    from dashlint.analysis.compiled import CompiledQueries
    from dashlint.catalog.explain.model import Explainer, Plan

#: What PostgreSQL takes for the width of a text of which it knows nothing (get_typavgwidth in
#: src/backend/utils/cache/lsyscache.c).
_NO_WIDTH = 32


class Planner:
    """Asks a database about the datasets of some of Superset's databases; each statement once."""

    def __init__(self, explainer: Explainer, databases: Iterable[Database]) -> None:
        self._explainer = explainer
        self._databases = frozenset(databases)
        self._plans: dict[tuple[str, str | None], Plan | None] = {}

    def rows(self, analysis: CompiledQueries, query: Query, dataset: Dataset) -> float | None:
        """How many rows of a dataset pass a query's filters; None where the planner cannot be asked."""
        found = self._plan(analysis, _without_groups(query, dataset), dataset)
        return found.rows if found is not None else None

    def width(self, analysis: CompiledQueries, dataset: Dataset, column: str) -> float | None:
        """Bytes of an average value of a column; None where the planner only guesses."""
        query = Query((QueryColumn(column, column),), None, raw={"columns": [column]})
        found = self._plan(analysis, query, dataset)
        if found is None or found.width is None or found.width == _NO_WIDTH:
            return None
        return float(found.width)

    def _plan(self, analysis: CompiledQueries, query: Query, dataset: Dataset) -> Plan | None:
        if analysis.database_of(dataset) not in self._databases:
            return None
        statement = next(iter(analysis.statements(query, dataset)), None)
        if statement is None or not statement.sql:
            return None
        key = (statement.sql, dataset.schema)
        if key not in self._plans:
            try:
                self._plans[key] = self._explainer.explain(statement.sql, schema=dataset.schema).before
            except ExplainError:
                # Nothing more is known than without it, and the estimate says so.
                self._plans[key] = None
        return self._plans[key]


def _without_groups(query: Query, dataset: Dataset) -> Query:
    """The rows that a query's groups are made of: the same filters, no aggregates, no limits."""
    columns = [c for c in query.raw.get("columns") or () if c] or [c.name for c in dataset.columns[:1]]
    gone = {"metrics": None, "orderby": [], "series_columns": [], "series_limit": 0, "columns": columns}
    return replace(
        query,
        metrics=None,
        effective_limit=None,
        row_offset=0,
        series_limit=0,
        series_columns=(),
        series_limit_metric=None,
        orderby=(),
        having="",
        group_others=False,
        raw={**query.raw, **gone, "series_limit_metric": None, "groupby": []},
    )
