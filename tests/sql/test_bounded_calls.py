"""Every call of the SQL parser that is not made by dashlint.sql.statement has an end of its own, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlglot

from dashlint.catalog.explain.guard import indexed_table, one_select
from dashlint.catalog.explain.model import ExplainError
from dashlint.catalog.implication import same_sql
from dashlint.incidents.structure import structure
from dashlint.limits import limited
from dashlint.sql import bounded
from dashlint.sql.wrappers import same_expression

DEEP = "(" * 20_000 + "1" + ")" * 20_000
COLUMN = sqlglot.parse_one("a")


def explained(sql: str) -> str:
    with pytest.raises(ExplainError) as caught:
        one_select(sql, "postgres")
    return str(caught.value)


QUESTIONS: dict[str, tuple[Callable[[str], Any], Any]] = {
    "explain": (explained, "its SQL takes too long to be parsed, or is nested too deeply"),
    "index": (lambda sql: indexed_table(sql, "postgres"), None),
    "expression": (lambda sql: same_expression(COLUMN, sql, "postgres"), False),
    "structure": (lambda sql: structure(sql, "postgres"), None),
}


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser that never ends, and little patience."""

    def parse(*_: object, **__: object) -> None:
        while True:
            pass

    monkeypatch.setattr(sqlglot, "parse", parse)
    monkeypatch.setattr(sqlglot, "parse_one", parse)
    monkeypatch.setattr(bounded, "_allowed", lambda: 0.2)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_parser_that_never_ends_is_ended(hurried: None, question: str) -> None:
    ask, answer = QUESTIONS[question]
    assert ask("SELECT a FROM b") == answer


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_nests_too_deeply_is_not_followed(question: str) -> None:
    ask, answer = QUESTIONS[question]
    assert ask(f"SELECT {DEEP}") == answer


def test_expressions_of_an_index_are_compared_within_time(hurried: None) -> None:
    with limited(sql_seconds=1):
        assert not same_sql("lower(a)", "lower(a)", "postgresql")
