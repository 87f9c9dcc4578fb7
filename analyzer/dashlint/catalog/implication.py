"""Whether conditions of a query imply the predicate of a partial index."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashlint.sql.statement import Node


def implied(where: str, conditions: Sequence[str], column: str, kind: str) -> bool:
    """Whether a query with these conditions, and one of ``kind`` on ``column``, satisfies ``where``.

    Proven like in PostgreSQL (``predtest.c``: clause by clause, by equality of expressions, and
    by comparing constants), so a no may be a yes that takes more thought. A comparison of the
    column with anything implies that it is not NULL.
    """
    wanted = _clauses(where)
    if wanted is None:
        return False
    given = [clause for condition in conditions for clause in _clauses(condition) or ()]
    compared = {column.casefold()} if kind != "null" else set()
    compared |= {name for clause in given for name in _compared(clause)}
    return all(_follows(clause, given, compared) for clause in wanted)


def same_sql(one: str, other: str, engine: str | None) -> bool:
    """Whether two expressions are the same but for qualifiers, quotes, case and casts of texts."""
    from sqlglot import exp

    from dashlint.sql.dialects import grammar
    from dashlint.sql.statement import parse
    from dashlint.sql.wrappers import same_expression

    tree = parse(f"SELECT {other}", engine).tree
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1:
        return False
    return same_expression(tree.expressions[0], one, grammar(engine).name)


@functools.lru_cache(maxsize=1024)
def _clauses(condition: str) -> tuple[Any, ...] | None:
    from sqlglot import exp

    from dashlint.sql.statement import conjuncts, parse
    from dashlint.sql.wrappers import normal

    tree = parse(f"SELECT 1 WHERE {condition}", "postgresql").tree
    where = tree.args.get("where") if tree is not None else None
    if not isinstance(where, exp.Where):
        return None
    return tuple(normal(clause) for clause in conjuncts(where.this))


def _compared(clause: Node) -> set[str]:
    """Columns that cannot be NULL where the clause is true."""
    from sqlglot import exp

    strict = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.Like, exp.ILike, exp.In)
    if not isinstance(clause, strict):
        return set()
    side = clause.this
    return {side.name.casefold()} if isinstance(side, exp.Column) else set()


def _follows(wanted: Node, given: Sequence[Node], compared: set[str]) -> bool:
    from sqlglot import exp

    if any(wanted == clause for clause in given):
        return True
    negated = isinstance(wanted, exp.Not)
    test = wanted.this if negated else wanted
    not_null = isinstance(test, exp.Is) and isinstance(test.expression, exp.Null)
    if not_null and (negated or test.args.get("negate")):
        return isinstance(test.this, exp.Column) and test.this.name.casefold() in compared
    if isinstance(wanted, exp.Column):  # ``WHERE is_active``
        return any(_is_true(clause, wanted) for clause in given)
    if isinstance(wanted, exp.Or):
        return _follows(wanted.left, given, compared) or _follows(wanted.right, given, compared)
    return any(_stronger(clause, wanted) for clause in given)


def _is_true(clause: Node, column: Node) -> bool:
    from sqlglot import exp

    side = getattr(clause, "this", None)
    value = clause.args.get("expression")
    return isinstance(clause, (exp.EQ, exp.Is)) and side == column and value == exp.true()


def _stronger(given: Node, wanted: Node) -> bool:
    """Whether ``given`` implies ``wanted``: both compare one column with constants."""
    from sqlglot import exp

    if given.args.get("this") != wanted.args.get("this") or not isinstance(
        wanted.args.get("this"), exp.Column
    ):
        return False
    values = _values(given)
    allowed = _values(wanted)
    if allowed is not None:
        return values is not None and values <= allowed
    if values is not None and isinstance(wanted, exp.NEQ):
        return _constant(wanted.args.get("expression")) not in values
    bound = _constant(wanted.args.get("expression"))
    if bound is None:
        return False
    own = {_constant(given.args.get("expression"))} if values is None else values
    order = _ORDER.get(type(wanted).__name__)
    if order is None or any(value is None or type(value) is not type(bound) for value in own):
        return False
    if values is None:
        accepted, strict = _SAME_DIRECTION.get((type(given).__name__, type(wanted).__name__), (False, False))
        if not accepted:
            return False
        return all(order(value, bound) or (strict and value == bound) for value in own)
    return all(order(value, bound) for value in own)


_ORDER: dict[str, Any] = {
    "GT": lambda a, b: a > b,
    "GTE": lambda a, b: a >= b,
    "LT": lambda a, b: a < b,
    "LTE": lambda a, b: a <= b,
}
#: Whether a comparison goes the same way, and whether the same bound is enough.
_SAME_DIRECTION = {
    ("GT", "GT"): (True, True),
    ("GT", "GTE"): (True, True),
    ("GTE", "GTE"): (True, True),
    ("GTE", "GT"): (True, False),
    ("LT", "LT"): (True, True),
    ("LT", "LTE"): (True, True),
    ("LTE", "LTE"): (True, True),
    ("LTE", "LT"): (True, False),
}


def _values(clause: Node) -> set[Any] | None:
    """The constants that an equality or IN allows."""
    from sqlglot import exp

    if isinstance(clause, exp.EQ):
        value = _constant(clause.expression)
        # ``= ANY (ARRAY['a', 'b'])`` is how PostgreSQL stores IN.
        array = clause.expression.find(exp.Array) if isinstance(clause.expression, exp.Any) else None
        if array is not None:
            found = {_constant(item) for item in array.expressions}
            return None if None in found else found
        return {value} if value is not None else None
    if isinstance(clause, exp.In) and clause.expressions:
        found = {_constant(item) for item in clause.expressions}
        return None if None in found else found
    return None


def _constant(node: Any) -> Any:
    from sqlglot import exp

    if isinstance(node, exp.Cast):
        node = node.this
    if isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Literal):
        return node.name if node.is_string else float(node.name)
    return None
