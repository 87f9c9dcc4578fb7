"""Sorting inside a dataset that no limit needs."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Dataset
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.datasets.sql_issues import issues, place


class OrderByWithoutLimit(Rule):
    """A virtual dataset sorts its rows and keeps all of them.

    ## Why
    Superset runs the dataset's SQL as a subquery and sorts anew outside. The order inside is
    lost by definition, but many engines sort all the same, on disk when memory does not suffice;
    SQL Server refuses it.

    ## Example
    ```sql
    SELECT ordered_at, amount FROM orders ORDER BY ordered_at DESC
    ```

    ## Use instead
    The same without ORDER BY; sort in the chart.

    ## Source
    superset/models/helpers.py:get_from_clause; the SQL standard gives a subquery no order.
    """

    code = "DL504"
    severity = Severity.WARNING
    effort = Effort.DESIGN
    remedy = "take ORDER BY out of datasets"

    def check_dataset(self, dataset: Dataset, analysis: Analysis) -> Iterator[Finding]:
        """One finding for the first such ORDER BY."""
        for issue in issues(dataset, analysis, "order-by-without-limit"):
            yield self.finding(
                analysis,
                dataset,
                "sorts its rows and keeps them all; the order is lost where a chart selects from them "
                f"({place(issue, dataset, analysis)})",
                field="sql",
                confidence=Confidence(issue.confidence),
                advice="take the ORDER BY out: charts sort by themselves",
            )
            return
