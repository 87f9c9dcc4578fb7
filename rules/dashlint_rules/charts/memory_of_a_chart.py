"""Charts whose one request costs too much memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Chart
from dashlint.lint.amounts import cost_phrase, plural, saves, size
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions


class MemoryOfAChart(Rule):
    """One request of a chart can take more worker memory than the budget.

    ## Why
    All queries of a request are run one after another and held together until the answer is
    sent. The worker seldom gives the memory back to the system afterwards.

    ## Example
    A raw table with 40 columns and 50,000 rows: several hundred MiB for one request.

    ## Use instead
    A lower row limit, fewer columns, server pagination, or an aggregate.

    ## Source
    Bytes per row and column are measured on a real Superset: analyzer/dashlint/cost/coefficients.json.
    """

    code = "DL307"
    severity = Severity.WARNING
    effort = Effort.SETTING
    remedy = "bring charts below their memory budget"
    symptom = True

    class Options(RuleOptions):
        """The budget."""

        budget: Annotated[
            int,
            Option(
                "Bytes of worker memory that one request may take.",
                source="20 threads of the official image at this size fill 2 GiB.",
                ge=0,
                size=True,
            ),
        ] = 100 * 2**20

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """A finding when the expected memory is over the budget, or the most it can be."""
        memory = analysis.chart_cost(chart)
        budget = self.options.budget
        known = memory.expected if memory.expected is not None else memory.upper
        if known is None or known <= budget:
            return
        best = analysis.best_saving(chart)
        advice = "lower the row limit, select fewer columns, or aggregate"
        field = "params.row_limit"
        if not analysis.queries(chart):
            advice, field = "lower the row limits of its layers, or draw fewer of them", "params.deck_slices"
        yield self.finding(
            analysis,
            chart,
            f"one request takes {cost_phrase(memory)} of worker memory, over the budget of {size(budget)}: "
            + self._result(chart, analysis),
            field=field,
            # Where only the limit is known, the table may be smaller than it.
            confidence=Confidence.HIGH if memory.expected is not None else Confidence.MEDIUM,
            advice=f"{best.what}: {best.effect}{saves(best.saves)}" if best is not None else advice,
            memory=memory,
            saving=best.saves if best is not None else None,
        )

    @staticmethod
    def _result(chart: Chart, analysis: Analysis) -> str:
        dataset = analysis.dataset_of(chart)
        queries = analysis.queries(chart)
        if not queries:
            # DeckGLMultiLayer.get_data (superset/viz.py).
            return "the server runs the queries of all its layers for it, and holds their answers"
        heaviest = max(queries, key=lambda q: analysis.query_cost(q, dataset).upper or 0)
        rows = analysis.rows(heaviest, dataset)
        width = len(heaviest.columns) + len(heaviest.metrics or ())
        return f"up to {rows.upper or 0:,} rows of {plural(width, 'column')}"
