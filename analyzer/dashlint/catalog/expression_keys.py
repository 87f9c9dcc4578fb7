"""Expressions that an index can have as a key, so that a condition on them finds its rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dashlint.catalog.engine_names import dialect
from dashlint.catalog.model import Table
from dashlint.sql.names import identifier

if TYPE_CHECKING:
    from dashlint.sql.statement import Node

#: Engines whose indexes on expressions are tried here. MariaDB and SQL Server have none.
_ENGINES = frozenset({"postgresql", "sqlite"})
_NUMBER = re.compile(r"(small|big)?int|integer|serial|bigserial|numeric|decimal")
_EXACT = re.compile(r"numeric|decimal")
_TEXT = re.compile(r"(character|var)|text|char|bpchar|citext")
_MOMENT = re.compile(r"timestamp(?!.*with time zone)(?!tz)|date")


def is_expression(table: Table, key: str) -> bool:
    """Whether a key is SQL rather than the name of one of the table's columns."""
    return table.column(key) is None and not key.isidentifier()


def expression_key(table: Table, sql: str, engine: str | None) -> str | None:
    """An expression as the key of an index, in the engine's words; None where it cannot be one.

    An index wants expressions whose value never changes and that fail on no row (PostgreSQL manual, 38.7
    "Function Volatility Categories"). Only what is known to be so passes: letters' case, COALESCE, lengths,
    sums and products of one type that cannot overflow, and, of columns whose types are known, casts of
    numbers to texts and of moments without a time zone to days. Not DATE_TRUNC, whose unit may be spelt
    otherwise in the query.
    """
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    from dashlint.sql.statement import parse

    name = dialect(engine)
    if name not in _ENGINES:
        return None
    statement = parse(f"SELECT {sql}", engine)
    tree = statement.tree
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1 or tree.args.get("where"):
        return None
    node = tree.expressions[0].copy()
    columns = list(node.find_all(exp.Column))
    if not columns or not all(_constant(part, table) for part in node.walk()):
        return None
    for column in columns:
        known = table.column(column.name)
        if known is None:
            return None
        spelt = identifier(known.name, engine)
        column.set("table", None)
        column.set("this", exp.to_identifier(known.name, quoted=spelt != known.name))
    try:
        return f"({node.sql(dialect=statement.dialect)})"
    except SqlglotError:
        return None


def _constant(node: Node, table: Table) -> bool:
    """Whether a part of an expression has the same value for ever, and always one."""
    from sqlglot import exp

    if isinstance(node, exp.Cast):
        return _cast(node, table)
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        sides = [side for side in (node.left, node.right) if not isinstance(side, exp.Literal)]
        # Of two types, one is converted, which does not stand in the query.
        if not all(_is(side, table, _NUMBER) for side in sides) or len({_type(s, table) for s in sides}) != 1:
            return False
        # The product of two integers may be too large for the row to be written.
        return len(sides) == 1 or _is(sides[0], table, _EXACT)
    plain = (exp.Column, exp.Identifier, exp.Literal, exp.Paren, exp.DataType, exp.DataTypeParam)
    functions = (exp.Lower, exp.Upper, exp.Coalesce, exp.Length, exp.Abs)
    return isinstance(node, (*plain, *functions))


def _cast(node: Node, table: Table) -> bool:
    from sqlglot import exp

    to = node.args.get("to")
    if not isinstance(to, exp.DataType):
        return False
    if to.is_type(*exp.DataType.TEXT_TYPES):
        return _is(node.this, table, _NUMBER) or _is(node.this, table, _TEXT)
    return bool(to.is_type("date")) and _is(node.this, table, _MOMENT)


def _type(node: Node, table: Table) -> str:
    known = table.column(node.unnest().name)
    return ((known.type or "") if known is not None else "").lower().split("(")[0].strip()


def _is(node: Node, table: Table, kind: re.Pattern[str]) -> bool:
    """Whether a part is a column of a kind."""
    from sqlglot import exp

    inner = node.unnest()
    known = table.column(inner.name) if isinstance(inner, exp.Column) else None
    return known is not None and known.type is not None and bool(kind.match(known.type.lower()))
