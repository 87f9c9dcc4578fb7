"""What is proposed for a column is what serves it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from dashlint.catalog.advice import Wanted, propose
from dashlint.catalog.model import ColumnStatistics, Table
from dashlint.lint.proposing import Unserved, advice, proposals_for

COLUMNS = {name: ColumnStatistics(name, "varchar(60)", distinct=5e4) for name in ("email", "zip")}
USERS = Table("users", None, columns=COLUMNS, indexes=(), rows=1_000_000)
LOWER = Unserved(USERS, "users", "email", "LOWER(email)", indexes=True)
BARE = Unserved(USERS, "users", "email", None, indexes=True)


def analysis(engine: str, *equalities: str) -> Any:
    """An analysis of dashboards that all compare these columns and expressions, each in a chart."""
    offered = propose([Wanted(USERS, frozenset({key}), None, 1) for key in equalities], engine)
    return SimpleNamespace(advising=SimpleNamespace(for_dashboard=lambda _: offered))


def statements(columns: list[Unserved], known: Any, dashboards: int = 1) -> list[str]:
    board: Any = object()
    return [proposal.statement for proposal in proposals_for(columns, [board] * dashboards, known)]


def test_an_index_on_the_bare_column_is_none_for_an_expression() -> None:
    maria = analysis("mariadb", "email", "LOWER(email)")
    assert len(statements([BARE], maria)) == 1
    assert statements([LOWER], maria) == []
    assert advice(LOWER, []) == (
        "let the dataset hand the bare column email through and index it, or, if the engine has such "
        "indexes, index the expression LOWER(email) of users"
    )
    (own,) = statements([LOWER], analysis("postgresql", "email", "LOWER(email)"))
    assert "((LOWER(email)))" in own


def test_dashboards_that_need_the_same_get_it_once() -> None:
    assert len(statements([BARE], analysis("postgresql", "email"), dashboards=3)) == 1
