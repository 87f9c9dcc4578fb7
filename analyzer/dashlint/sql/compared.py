"""What single conditions compare: the SQL of a filter, condition by condition.

:mod:`dashlint.sql.predicates` reads whole statements and looks for mistakes; here a bare condition on one
source, such as Superset writes for a filter, is taken apart into what an index would have to answer.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from dashlint.sql.bounded import within_time

if TYPE_CHECKING:
    from sqlglot import exp

    from dashlint.sql.statement import Node

_SOURCE = "dashlint_source"


class Compared(NamedTuple):
    """One of the conditions that AND joins.

    ``kind`` is what an index would have to do: ``equality``, ``in``, ``range``, ``prefix``, ``contains``,
    ``null``; or ``negation`` and ``other``, which none does. ``columns`` are the names in it. ``expression``
    is the SQL that is compared where it is more than a column's name. ``constants`` tells what it is
    compared with: ``number`` (whole), ``decimal``, ``text``, ``boolean`` (IS TRUE), ``other``; each kind
    once. ``prefix`` is the
    text before the first wildcard of a LIKE.
    """

    kind: str
    columns: tuple[str, ...]
    text: str
    expression: str | None = None
    constants: tuple[str, ...] = ()
    prefix: str | None = None


@functools.lru_cache(maxsize=4096)
@within_time(lambda *_: ())
def compared(condition: str, engine: str | None = None) -> tuple[Compared, ...]:
    """The conditions in a text, in its order; empty where it does not parse. Never raises.

    Args:
        condition: SQL without Jinja, with the names of one source's columns.
        engine: the SQLAlchemy dialect's name.
    """
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    from dashlint.sql.statement import conjuncts, parse

    # On a line of its own: it may end in a comment. It is read, never run.
    statement = parse(f"SELECT 1 FROM {_SOURCE} WHERE\n{condition}\n", engine)  # noqa: S608
    where = statement.tree.args.get("where") if isinstance(statement.tree, exp.Select) else None
    if not isinstance(where, exp.Where):
        return ()
    try:
        return tuple(_Reader(statement.dialect).read(node) for node in conjuncts(where.this))
    except (SqlglotError, RecursionError):
        return ()


@functools.lru_cache(maxsize=4096)
@within_time(lambda *_: None)
def substituted(expression: str, column: str, replacement: str, engine: str | None = None) -> str | None:
    """An expression with another expression in a column's place; None where it does not parse."""
    from sqlglot import exp

    from dashlint.sql.statement import parse

    tree = parse(f"SELECT {expression}", engine)
    inner = parse(f"SELECT {replacement}", engine).tree
    if not (isinstance(tree.tree, exp.Select) and isinstance(inner, exp.Select)):
        return None
    outer, new = tree.tree.expressions[0].copy(), inner.expressions[0]
    plain = isinstance(new, exp.Column)

    def change(node: Node) -> Node:
        if isinstance(node, exp.Column) and node.name.casefold() == column.casefold():
            return new.copy() if plain else exp.Paren(this=new.copy())
        return node

    return str(outer.transform(change).sql(dialect=tree.dialect))


@functools.lru_cache(maxsize=1024)
@within_time(lambda *_: False)
def aggregates(expression: str, engine: str | None = None) -> bool:
    """Whether an expression is computed over several rows, so that no row has it before they are read."""
    from sqlglot import exp

    from dashlint.sql.statement import parse

    tree = parse(f"SELECT {expression}", engine).tree
    return tree is not None and tree.find(exp.AggFunc, exp.Window) is not None


class _Reader:
    def __init__(self, dialect: str) -> None:
        self._dialect = dialect

    def read(self, condition: Node) -> Compared:
        from sqlglot import exp

        node = condition.unnest()
        if isinstance(node, exp.Not) or (node.args.get("negate") and not isinstance(node, exp.Is)):
            return self._named("negation", node)
        if isinstance(node, exp.Or):
            return self._alternatives(node)
        if isinstance(node, exp.In):
            return self._sides("in", node, node.this, node.expressions)
        if isinstance(node, exp.Between):
            return self._sides("range", node, node.this, [node.args["low"], node.args["high"]])
        if isinstance(node, (exp.EQ, exp.NullSafeEQ)):
            return self._binary("equality", node)
        if isinstance(node, (exp.GT, exp.GTE, exp.LT, exp.LTE)):
            return self._binary("range", node)
        if isinstance(node, (exp.Like, exp.ILike, exp.Escape)):
            return self._like(node)
        if isinstance(node, exp.Is):
            null = isinstance(node.expression, exp.Null)
            negated = isinstance(node.expression, exp.Not)
            found = self._sides(
                "negation" if negated else "null" if null else "equality", node, node.this, ()
            )
            return found._replace(constants=("boolean",)) if found.kind == "equality" else found
        if isinstance(node, exp.Column):
            return self._sides("equality", node, node, ())
        return self._named("negation" if isinstance(node, exp.NEQ) else "other", node)

    def _binary(self, kind: str, node: exp.Binary) -> Compared:
        left, right = node.left, node.right
        named = [bool(_columns(side)) for side in (left, right)]
        if all(named) or not any(named):
            return self._named("other", node)
        subject, other = (left, right) if named[0] else (right, left)
        return self._sides(kind, node, subject, [other])

    def _like(self, node: Node) -> Compared:
        from sqlglot import exp

        like = node.this if isinstance(node, exp.Escape) else node
        if not isinstance(like, (exp.Like, exp.ILike)):
            return self._named("other", node)
        pattern = like.expression.unnest()
        while isinstance(pattern, (exp.Lower, exp.Upper)):
            pattern = pattern.this.unnest()
        text = pattern.name if isinstance(pattern, exp.Literal) and pattern.is_string else None
        start = text[: min(text.find(mark) % (len(text) + 1) for mark in "%_")] if text is not None else None
        folds = isinstance(like, exp.ILike)
        kind = "prefix" if start and not folds else "contains"
        found = self._sides(kind, node, like.this, [like.expression])
        return found._replace(prefix=start if kind == "prefix" else None)

    def _alternatives(self, node: Node) -> Compared:
        """OR: one of several values where all of it is about one column."""
        from sqlglot import exp

        from dashlint.sql.statement import alternatives

        branches = list(alternatives(node))
        kinds = {self.read(branch).kind for branch in branches}
        bare = [c for c in (b.unnest().this for b in branches) if isinstance(c, exp.Column)]
        names = _columns(node)
        single = len(names) == 1 and kinds <= {"equality", "in", "null"} and len(bare) == len(branches)
        return self._named("in" if single else "other", node)

    def _sides(self, kind: str, node: Node, subject: Node, others: Iterable[Node]) -> Compared:
        from sqlglot import exp

        plain = subject.unnest()
        bare = isinstance(plain, exp.Column)
        return Compared(
            kind,
            _columns(subject),
            node.sql(dialect=self._dialect),
            None if bare else plain.sql(dialect=self._dialect),
            tuple(dict.fromkeys(_constant(other.unnest()) for other in others)),
        )

    def _named(self, kind: str, node: Node) -> Compared:
        return Compared(kind, _columns(node), node.sql(dialect=self._dialect))


def _columns(node: Node) -> tuple[str, ...]:
    from sqlglot import exp

    from dashlint.sql.lineage import is_placeholder

    found = (c.name for c in node.find_all(exp.Column) if not is_placeholder(c))
    return tuple(dict.fromkeys(found))


def _constant(node: Node) -> str:
    from sqlglot import exp

    while isinstance(node, exp.Neg):
        node = node.this
    if not isinstance(node, exp.Literal):
        return "other"
    if node.is_string:
        return "text"
    return "number" if node.name.isdigit() else "decimal"


@functools.lru_cache(maxsize=1024)
@within_time(lambda condition, *_: condition)
def unqualified(condition: str, engine: str | None = None) -> str:
    """A condition without the tables' names before those of its columns; as it is where it does not parse."""
    from sqlglot import exp

    from dashlint.sql.statement import parse

    found = parse(f"SELECT 1 WHERE\n{condition}\n", engine)
    where = found.tree.args.get("where") if found.tree is not None else None
    if not isinstance(where, exp.Where):
        return condition

    def change(node: Node) -> Node:
        return exp.column(node.this.copy()) if isinstance(node, exp.Column) and node.table else node

    return str(where.this.transform(change).sql(dialect=found.dialect))


@functools.lru_cache(maxsize=1024)
@within_time(lambda *_: False)
def keeps_values(expression: str, engine: str | None = None) -> bool:
    """Whether an expression has about as many different values as its column, in about the same places.

    So do casts, cuts of a time to its day or hour for ranges, and foldings of case.
    """
    from sqlglot import exp

    from dashlint.sql.statement import parse
    from dashlint.sql.wrappers import wrapper_of

    statement = parse(f"SELECT {expression}", engine)
    if not isinstance(statement.tree, exp.Select):
        return False
    side = statement.tree.expressions[0]
    if isinstance(side.unnest(), exp.Column):
        return True
    found = wrapper_of(side, statement.text, statement.dialect)
    if found is None or len(_columns(side)) != 1:
        return False
    return found.family in {"cast", "date"} or found.label.upper() in {"LOWER", "UPPER", "TRIM"}
