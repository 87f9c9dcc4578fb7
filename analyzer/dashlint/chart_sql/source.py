"""What a dataset's queries select from: its table, or its SQL as ``virtual_table``.

Source: ``superset/connectors/sqla/models.py:get_sqla_table``, ``models/helpers.py:get_from_clause``.
"""

from __future__ import annotations

from typing import NamedTuple

from dashlint.assets import Dataset
from dashlint.chart_sql.engine import EngineSpec
from dashlint.chart_sql.model import Refused

VIRTUAL_TABLE = "virtual_table"
_CTE = "__cte"


class Source(NamedTuple):
    """The text behind FROM, and the CTEs that have to stand before the whole statement."""

    sql: str
    prefix: str = ""


def table(dataset: Dataset, spec: EngineSpec) -> Source:
    """A physical dataset's table."""
    if dataset.catalog and spec.allows("supports_cross_catalog_queries"):
        parts = [p for p in (dataset.catalog, dataset.schema, dataset.name) if p]
        return Source(".".join(map(spec.quote, parts)))
    parts = [dataset.schema, dataset.name] if dataset.schema else [dataset.name]
    return Source(".".join(spec.quote(part) for part in parts if part))


def virtual(text: str, spec: EngineSpec) -> Source:
    """A virtual dataset's rendered SQL as a derived table.

    Raises:
        Refused: there is nothing left of it.
    """
    sql = text.strip("\t\r\n; ")
    if not sql:
        raise Refused("the virtual dataset's SQL is empty")
    if not spec.allows("allows_cte_in_subquery"):
        hoisted = _hoisted(sql, spec)
        if hoisted is not None:
            return hoisted
    between = "" if spec.name == "oracle" else "AS "
    return Source(f"(\n{sql}\n) {between}{VIRTUAL_TABLE}")


def _hoisted(sql: str, spec: EngineSpec) -> Source | None:
    """Where CTEs may not stand in a subquery, the whole SQL becomes one before the statement."""
    from sqlglot.errors import SqlglotError

    from dashlint.sql.statement import parse

    tree = parse(sql, spec.name).tree
    ctes = tree.args.get("with_") or tree.args.get("with") if tree is not None else None
    if tree is None or ctes is None:
        return None
    try:
        inner = tree.copy()
        inner.set("with_" if tree.args.get("with_") else "with", None)
        named = ", ".join(cte.sql(dialect=spec.dialect) for cte in ctes.expressions)
        body = inner.sql(dialect=spec.dialect)
    except SqlglotError:
        return None
    return Source(_CTE, f"WITH {named}, {_CTE} AS (\n{body}\n)")
