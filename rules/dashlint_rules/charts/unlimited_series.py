"""Time series of a column with many values, without a series limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Chart, Dataset
from dashlint.cost.changes import SERIES, with_series_limit
from dashlint.lint.amounts import saves
from dashlint.lint.effort import Effort
from dashlint.lint.model import Edit, Finding, Fix, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions
from dashlint.superset.controls import control_keys
from dashlint.superset.query import Query


class UnlimitedSeries(Rule):
    """A time series is split by a column with many values, without a series limit.

    ## Why
    The query returns one row per time bucket and value. The row limit then cuts by whatever the
    rows are ordered by, so series end in the middle without a word; the frame that Superset
    pivots has one column per series.

    ## Example
    Revenue by day, split by `customer_name` with 50,000 customers, `limit: 0`.

    ## Use instead
    `limit: 10` (series limit): the ten largest series are chosen by the database.

    ## Source
    superset/models/helpers.py:get_sqla_query (series limit);
    superset-frontend/packages/superset-ui-chart-controls/src/operators/pivotOperator.ts.
    """

    code = "DL306"
    severity = Severity.WARNING
    effort = Effort.SETTING
    remedy = "set a series limit"
    applies_to = "Needs the number of distinct values: pass --catalog with statistics."
    fix = """
    Unsafe: sets a series limit of 10, in the saved `query_context` too. The other series are no longer shown.
    """

    class Options(RuleOptions):
        """How many series are too many."""

        max_series: Annotated[
            int,
            Option(
                "Series that a chart may have without a series limit.",
                source="twice the 25 colours of Superset's longest colour scheme, rounded: "
                "beyond it no legend tells them apart.",
                ge=1,
            ),
        ] = 50

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """A finding when the series columns are known to have too many values."""
        dataset = analysis.dataset_of(chart)
        if dataset is None:
            return
        for query in analysis.queries(chart):
            if query.series_limit or not query.series_columns:
                continue
            series = self._series(query, dataset, analysis)
            if series is None or series <= self.options.max_series:
                continue
            names = ", ".join(f"“{c.label}”" for c in query.series_columns)
            yield self.finding(
                analysis,
                chart,
                f"splits by {names} with about {series:,} values and has no series limit",
                field="params.groupby",
                advice=f"set a series limit, such as {SERIES}"
                + saves(
                    analysis.saving(chart, [with_series_limit(q, SERIES) for q in analysis.queries(chart)])
                ),
                memory=analysis.query_cost(query, dataset),
                fix=self._fix(chart, analysis),
            )
            return

    @staticmethod
    def _fix(chart: Chart, analysis: Analysis) -> Fix | None:
        panel = control_keys(chart.viz_type, analysis.settings.version)
        key = next((key for key in ("series_limit", "limit") if key in panel), None)
        if key is None:
            return None
        return Fix("unsafe", f"set params.{key} to {SERIES}", (Edit(chart, ("params", key), SERIES),))

    @staticmethod
    def _series(query: Query, dataset: Dataset, analysis: Analysis) -> int | None:
        product = 1.0
        for column in query.series_columns:
            statistics = analysis.statistics(dataset, column.name) if column.name else None
            if statistics is None or statistics.distinct is None:
                analysis.lacks("distinct", f"{dataset.name}.{column.label}")
                return None
            product *= max(1.0, statistics.distinct)
        return round(product)
