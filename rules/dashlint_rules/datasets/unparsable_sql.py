"""Virtual datasets whose SQL cannot be parsed."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Dataset
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.datasets.sql_issues import lower_first


class UnparsableSql(Rule):
    """A virtual dataset's SQL, or its Jinja, cannot be parsed.

    ## Why
    Superset parses every statement with sqlglot before it runs it. What does not parse in the
    database's dialect is refused, or runs without the checks that depend on parsing (row level
    security in virtual datasets, read-only statements). dashlint cannot follow its columns
    either, so indexes and memory stay unknown.

    ## Example
    ```sql
    SELECT country, SUM(amount FROM orders GROUP BY country
    ```

    ## Use instead
    Mend the statement at the place that the message names.

    ## Source
    superset/sql/parse.py:SQLScript.
    """

    code = "DL501"
    severity = Severity.ERROR
    effort = Effort.DESIGN
    remedy = "mend SQL that does not parse"

    def check_dataset(self, dataset: Dataset, analysis: Analysis) -> Iterator[Finding]:
        """A finding with the position of the first error."""
        rendered = analysis.rendered_sql(dataset)
        if rendered is None:
            return
        if rendered.error is not None:
            line = f" in line {rendered.error_line}" if rendered.error_line else ""
            yield self.finding(
                analysis,
                dataset,
                f"the Jinja in its SQL cannot be rendered{line}: {rendered.error}",
                field="sql",
                advice="mend the template",
                confidence=Confidence.MEDIUM,
            )
            return
        facts = analysis.sql_facts(dataset)
        if facts is None or facts.error is None:
            return
        error = facts.error
        text = f" (“{error.snippet}”)" if error.snippet else ""
        # A template may stand for text that only the server knows; an unknown engine may read it.
        sure = not rendered.dynamic and analysis.engine_of(dataset) is not None
        yield self.finding(
            analysis,
            dataset,
            f"{lower_first(error.message).rstrip('.')}{text}",
            field="sql",
            advice="mend the statement",
            confidence=Confidence(error.confidence) if sure else Confidence.LOW,
        )
