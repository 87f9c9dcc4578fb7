"""What the rules about a dataset's SQL share: its issues of one kind, with their place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.assets import Dataset

if TYPE_CHECKING:
    from dashlint.sql.model import SqlIssue


def issues(dataset: Dataset, analysis: Analysis, kind: str) -> Iterator[SqlIssue]:
    """The issues of one kind in a virtual dataset's SQL; none where it does not parse."""
    facts = analysis.sql_facts(dataset)
    if facts is None or facts.error is not None:
        return
    yield from (issue for issue in facts.issues if issue.kind == kind)


def told(issue: SqlIssue, dataset: Dataset, analysis: Analysis) -> str:
    """An issue as part of a sentence, with its place: ``… (line 3 of its SQL: SELECT *)``."""
    return f"{lower_first(issue.message).rstrip('.')} ({place(issue, dataset, analysis)})"


def place(issue: SqlIssue, dataset: Dataset, analysis: Analysis) -> str:
    """``line 3 of its SQL: SELECT *``; with Jinja, the line of the SQL as rendered."""
    rendered = analysis.rendered_sql(dataset)
    where = f"line {issue.line} of its SQL" if issue.line is not None else "its SQL"
    if rendered is not None and rendered.has_template:
        where += " as rendered"
    return f"{where}: {issue.snippet}" if issue.snippet else where


def lower_first(text: str) -> str:
    """A sentence's beginning in lower case, unless its first word is SQL in capitals."""
    word = text.split(" ", 1)[0]
    return text if (word.isupper() and len(word) > 1) or "(" in word else text[:1].lower() + text[1:]
