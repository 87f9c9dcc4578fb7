"""Conditions in a dataset's SQL that no index can serve."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Dataset
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.datasets.sql_issues import told


class UnindexablePredicate(Rule):
    """A condition in a virtual dataset's SQL hides its column from every index.

    ## Why
    An index on `ordered_at` helps `ordered_at >= …`, not `DATE(ordered_at) = …`: the engine has
    to compute the function for every row. The same holds for casts of the column, arithmetic on
    it and patterns that begin with a wildcard. On engines that prune partitions instead of using
    indexes, only what defeats the pruning is reported.

    ## Example
    ```sql
    WHERE DATE(ordered_at) = CURRENT_DATE AND email LIKE '%@example.com'
    ```

    ## Use instead
    ```sql
    WHERE ordered_at >= CURRENT_DATE AND ordered_at < CURRENT_DATE + 1
    ```
    or an index on the expression, where the database has such indexes.

    ## Source
    PostgreSQL documentation, 11.7 “Indexes on Expressions” and 11.2 “Index Types”; MySQL
    reference manual, 8.3.1 “How MySQL Uses Indexes”.
    """

    code = "DL505"
    severity = Severity.WARNING
    effort = Effort.DESIGN
    remedy = "compare bare columns, so that indexes serve"
    applies_to = "Engines with indexes, and engines that prune partitions; not where all is scanned anyway."

    def check_dataset(self, dataset: Dataset, analysis: Analysis) -> Iterator[Finding]:
        """One finding per condition."""
        for count, issue in enumerate(analysis.unindexable_conditions(dataset)):
            yield self.finding(
                analysis,
                dataset,
                told(issue, dataset, analysis),
                field="sql" if count == 0 else f"sql#{count + 1}",
                confidence=Confidence(issue.confidence),
                advice="compare the bare column with a computed value, or index the expression",
            )
