"""EXPLAIN on MySQL and MariaDB, which have no hypothetical indexes: the plan as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dashlint.catalog.explain.guard import MYSQL_EFFECTS, one_select
from dashlint.catalog.explain.model import Explained, ExplainError, Plan, Relation

if TYPE_CHECKING:
    from dashlint.catalog.explain.session import Session
    from dashlint.catalog.model import ColumnStatistics

#: Access types that read the whole table or the whole of an index (MySQL manual, EXPLAIN Join Types).
_WHOLE = frozenset({"ALL", "index"})
_PEOPLES = "SELECT routine_name AS name FROM information_schema.routines WHERE routine_type = 'FUNCTION'"


class MysqlExplainer:
    """MySQL or MariaDB as an :class:`~dashlint.catalog.explain.model.Explainer`."""

    dialect = "mysql"

    def __init__(self, session: Session, *, mariadb: bool) -> None:
        self._session = session
        self.database = session.database
        self.engine = "MariaDB" if mariadb else "MySQL"
        self._mariadb = mariadb
        self._peoples: frozenset[str] | None = None

    def explain(self, sql: str, *, schema: str | None = None, indexes: Sequence[str] = ()) -> Explained:
        """See :class:`~dashlint.catalog.explain.model.Explainer`; ``schema`` is a database of MySQL."""
        names = one_select(sql, "mysql", enforced=self._session.one_at_a_time)
        with self._session.transaction():
            called = names & (MYSQL_EFFECTS | self._peoples_functions())
            if called:
                raise ExplainError(f"it calls the function {min(called)}, which the optimizer might run")
            default = schema or self.database
            if default:
                self._session.run(f"USE `{default.replace('`', '``')}`")
            document = self._session.answer(f"EXPLAIN FORMAT=JSON {sql.strip().removesuffix(';')}")
            plan = plan_of(document)
            if plan.cost is None:
                plan = plan._replace(cost=self._last_cost(plan))
        untried = f"{self.engine} cannot try an index without creating it" if indexes else None
        return Explained(plan, untried=untried)

    def statistics(self, table: str, schema: str | None, column: str) -> ColumnStatistics | None:
        """Nothing: catalogs of MySQL and MariaDB hardly ever have values."""
        del table, schema, column
        return None

    def _peoples_functions(self) -> frozenset[str]:
        if self._peoples is None:
            self._peoples = frozenset(str(row["name"]).lower() for row in self._session.rows(_PEOPLES))
        return self._peoples

    def _last_cost(self, plan: Plan) -> float | None:
        """The cost of the statement before, which MariaDB's plans have only since 11.

        It means nothing for statements with subqueries (MySQL manual, Last_query_cost).
        """
        if any(relation.table.startswith("<") for relation in plan.relations):
            return None
        row = self._session.rows("SHOW SESSION STATUS LIKE 'Last_query_cost'")
        cost = float(row[0]["value"]) if row else 0.0
        return cost or None


def plan_of(document: Any) -> Plan:
    """The plan in what ``EXPLAIN FORMAT=JSON`` answers; rows of the result and their width are not in it.

    Raises:
        ExplainError: it has another form (MySQL's ``explain_json_format_version`` 2).
    """
    tree = json.loads(document) if isinstance(document, (str, bytes)) else document
    block = tree.get("query_block")
    if not isinstance(block, Mapping):
        raise ExplainError("its plan has a form that is not known (set explain_json_format_version = 1)")
    cost = block.get("cost_info", {}).get("query_cost", block.get("cost"))
    return Plan(float(cost) if cost is not None else None, None, None, tuple(_relations(tree)))


def _relations(node: Any) -> Iterator[Relation]:
    if isinstance(node, list):
        for child in node:
            yield from _relations(child)
    elif isinstance(node, Mapping):
        if "table_name" in node:
            access = str(node.get("access_type", ""))
            rows = node.get("rows_examined_per_scan", node.get("rows"))
            yield Relation(
                str(node["table_name"]),
                access,
                access in _WHOLE,
                () if access in _WHOLE or "key" not in node else (str(node["key"]),),
                float(rows) if rows is not None else None,
            )
        for child in node.values():
            yield from _relations(child)
