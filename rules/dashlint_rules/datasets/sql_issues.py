"""What the rules about a dataset's SQL share: its issues of one kind, with their place."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Dataset
from dashlint.sql.model import SqlIssue


def issues(dataset: Dataset, analysis: Analysis, kind: str) -> Iterator[SqlIssue]:
    """The issues of one kind in a virtual dataset's SQL; none where it does not parse."""
    facts = analysis.sql_facts(dataset)
    if facts is None or facts.error is not None:
        return
    yield from (issue for issue in facts.issues if issue.kind == kind)


def place(issue: SqlIssue, dataset: Dataset, analysis: Analysis) -> str:
    """``in line 3 of its SQL: SELECT *``; with Jinja, of the SQL as rendered."""
    rendered = analysis.rendered_sql(dataset)
    line = f"line {issue.line} of its SQL" if issue.line is not None else "its SQL"
    if rendered is not None and rendered.has_template:
        line += " as rendered"
    return f"in {line}" + (f": {issue.snippet}" if issue.snippet else "")
