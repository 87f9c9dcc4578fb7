"""Dashboards whose cold load costs too much memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Chart, Dashboard
from dashlint.lint.amounts import cost_phrase, saves, size, sum_phrase
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions
from dashlint.superset.query import Request


class MemoryOfALoad(Rule):
    """One cold load of a dashboard can take more worker memory than the budget.

    ## Why
    When a dashboard opens, all its charts' requests arrive together. Until each is answered,
    the workers hold its rows several times over: as the driver's rows, as a data frame, as
    records, as JSON text. Several viewers at once multiply that, and a worker that grows past
    its container's limit is killed with everybody's requests in it.

    ## Example
    Twelve raw tables of 50,000 rows and ten columns each: about 100 MiB per table.

    ## Use instead
    Lower the row limits of the charts that the message names, use server pagination for long
    tables, move rarely read charts to other tabs.

    ## Source
    Bytes per row and column are measured on a real Superset: analyzer/dashlint/cost/coefficients.json.
    """

    code = "DL102"
    severity = Severity.WARNING
    effort = Effort.DESIGN
    remedy = "bring the load of the dashboard below its budget"
    symptom = True

    class Options(RuleOptions):
        """The budget."""

        budget: Annotated[
            int,
            Option(
                "Bytes of worker memory that one cold load may take.",
                source="a quarter of a 2 GiB container: room for the baseline and a few viewers.",
                ge=0,
                size=True,
            ),
        ] = 512 * 2**20

    def check_dashboard(self, dashboard: Dashboard, analysis: Analysis) -> Iterator[Finding]:
        """A finding when the expected memory is over the budget, or the most it can be."""
        memory = analysis.load_cost(dashboard)
        budget = self.options.budget
        requests = analysis.load(dashboard).requests
        # Of the requests whose rows are expected to be so many; the others only have a bound.
        costs = [analysis.request_cost(request, dashboard) for request in requests]
        if sum(cost.expected or 0 for cost in costs) > budget:
            confidence = Confidence.HIGH
        elif memory.expected is None and memory.upper is not None and memory.upper > budget:
            # Only the limits are known: the tables may be smaller.
            confidence = Confidence.MEDIUM
        else:
            return
        charts = {r.chart: analysis.request_cost(r, dashboard) for r in requests if r.chart is not None}
        sent = {r.chart: r for r in reversed(requests) if r.chart is not None}
        worst = sorted(charts, key=lambda c: -(charts[c].upper or 0))[:3]
        named = ", ".join(f"“{c.name}” {cost_phrase(charts[c])}" for c in worst)
        yield self.finding(
            analysis,
            dashboard,
            f"one cold load takes {sum_phrase(costs)} of worker memory, over the budget of "
            f"{size(budget)}; most of it: {named}",
            field="position",
            confidence=confidence,
            advice=self._advice(worst[0], sent[worst[0]], analysis) if worst else "lower row limits",
            memory=memory,
        )

    @staticmethod
    def _advice(chart: Chart, request: Request, analysis: Analysis) -> str:
        best = analysis.best_saving(chart, request.queries)
        if best is None:
            return f"start with “{chart.name}”: a lower row limit, fewer columns, or another tab"
        change = f"{best.what}: {best.effect}{saves(best.saves)}"
        return f"start with “{chart.name}” and {change}; or move it to another tab"
