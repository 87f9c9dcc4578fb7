"""Charts that ask for the currencies in a column on every request."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Chart
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule


class AutoCurrency(Rule):
    """A currency format set to AUTO runs a query of its own on every request.

    ## Why
    To find out whether the result is in one currency, Superset 6.1 reads the distinct values of
    the dataset's currency column: without a LIMIT, and past the cache, on every request. Only
    where the result itself holds that column is the query saved.

    ## Example
    ```yaml
    params:
      currency_format: {symbol: AUTO, symbolPosition: prefix}
    ```

    ## Use instead
    Name the currency, or put the currency column into the chart.

    ## Source
    superset/common/query_actions.py:_detect_currency; superset/utils/currency.py:detect_currency.
    """

    code = "DL309"
    severity = Severity.INFO
    effort = Effort.SETTING
    remedy = "name the currency of charts"
    applies_to = "Superset 6.1 and later."

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """One finding for a chart whose request runs such a query."""
        if "currency" in analysis.uncached_statements(chart):
            dataset = analysis.dataset_of(chart)
            column = dataset.currency_code_column if dataset is not None else None
            yield self.finding(
                analysis,
                chart,
                f"its currency AUTO reads the distinct values of “{column}” on every request, "
                "without a limit and past the cache",
                field="params.currency_format",
                advice="name the currency, or add the currency column to the chart",
            )
