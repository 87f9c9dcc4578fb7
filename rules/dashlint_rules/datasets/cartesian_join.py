"""Joins without a condition."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Dataset
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.datasets.sql_issues import issues, told


class CartesianJoin(Rule):
    """A virtual dataset joins tables without a condition, or joins all of them unfiltered.

    ## Why
    Without a condition, every row of one table meets every row of the other: two tables of
    100,000 rows make ten thousand million. Every chart on the dataset pays for it with each
    query. Reported as info: a join that is aggregated or cut inside the dataset, so that no
    dashboard filter reaches its tables.

    ## Example
    ```sql
    SELECT o.amount, c.country FROM orders o, customers c WHERE o.amount > 100
    ```

    ## Use instead
    ```sql
    SELECT o.amount, c.country FROM orders o JOIN customers c ON c.id = o.customer_id
    ```

    ## Source
    SQL's definition of a cross join; Superset runs the dataset's SQL inside every chart's query
    (superset/models/helpers.py:get_from_clause).
    """

    code = "DL503"
    severity = Severity.ERROR
    effort = Effort.DESIGN
    remedy = "join on the columns that belong together"

    def check_dataset(self, dataset: Dataset, analysis: Analysis) -> Iterator[Finding]:
        """One finding per join without a condition, and per join that nothing can filter."""
        found = [*issues(dataset, analysis, "cartesian-join"), *issues(dataset, analysis, "unfiltered-join")]
        for count, issue in enumerate(found):
            cartesian = issue.kind == "cartesian-join"
            yield self.finding(
                analysis,
                dataset,
                told(issue, dataset, analysis),
                field="sql" if count == 0 else f"sql#{count + 1}",
                confidence=Confidence(issue.confidence),
                severity=None if cartesian else Severity.INFO,
                advice="join on the columns that belong together"
                if cartesian
                else "filter inside the dataset, or leave the aggregation to the charts",
            )
