"""Virtual datasets that select every column."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Dataset
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.datasets.sql_issues import issues, told


class SelectStar(Rule):
    """A virtual dataset's outermost query is `SELECT *`.

    ## Why
    What the dataset offers then changes whenever somebody changes a table: charts break when a
    column goes, and a new wide column travels along wherever the engine materialises the
    subquery. Superset knows only the columns that were there when the dataset was last synced.

    ## Example
    ```sql
    SELECT * FROM orders JOIN customers USING (customer_id)
    ```

    ## Use instead
    ```sql
    SELECT orders.ordered_at, orders.amount, customers.country FROM …
    ```

    ## Source
    superset/models/helpers.py:get_from_clause: the SQL becomes a subquery as it is.
    """

    code = "DL502"
    severity = Severity.INFO
    effort = Effort.DESIGN
    remedy = "name the columns that charts use"
    pedantic = True
    persona = """
    A convention: Superset selects what a chart needs from the dataset's query, and what a chart reads of it
    is the business of other rules.
    """

    def check_dataset(self, dataset: Dataset, analysis: Analysis) -> Iterator[Finding]:
        """One finding, for the first star that decides what comes out."""
        for issue in issues(dataset, analysis, "select-star"):
            yield self.finding(
                analysis,
                dataset,
                told(issue, dataset, analysis),
                field="sql",
                confidence=Confidence(issue.confidence),
                advice="name the columns that its charts use",
            )
            return
