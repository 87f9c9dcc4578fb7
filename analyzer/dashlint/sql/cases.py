"""Expressions that can only have values which they list: ``CASE WHEN … THEN 'a' ELSE status END``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dashlint.sql.bounded import within_time
from dashlint.sql.dialects import grammar

if TYPE_CHECKING:
    from sqlglot import expressions as exp

#: Most calculated columns are no CASE: a look at the text spares parsing them.
_MAYBE = re.compile(r"\b(case|iff?)\b", re.IGNORECASE)


class Listed(NamedTuple):
    """What an expression can be: so many constants, whether NULL, and what its ``columns`` are."""

    values: int
    nullable: bool
    columns: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
@within_time(lambda *_: None)
def listed_values(expression: str, engine: str | None) -> Listed | None:
    """The different values that an expression can have at most.

    Args:
        expression: SQL of a calculated column.
        engine: the SQLAlchemy dialect name of its database.

    Returns:
        The distinct constants and the columns behind THEN and ELSE; None where a value is computed, where
        there are none but NULL, or the expression is none of these or cannot be read.
    """
    if not _MAYBE.search(expression) or "{{" in expression or "{%" in expression:
        return None
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        tree = sqlglot.parse_one(expression, read=grammar(engine).name or None)
    except (SqlglotError, RecursionError):
        return None
    leaves = _leaves(tree)
    if leaves is None:
        return None
    constants, columns = leaves
    nullable = None in constants
    constants.discard(None)
    return Listed(len(constants), nullable, tuple(sorted(columns))) if constants else None


def _leaves(tree: exp.Expr) -> tuple[set[str | None], set[str]] | None:
    """The constants that a tree may yield (None for NULL) and its columns; None for anything else."""
    from sqlglot import expressions as exp

    values: set[str | None] = set()
    columns: set[str] = set()
    pending: list[exp.Expr | None] = [tree]
    while pending:
        node = pending.pop()
        if node is None or isinstance(node, exp.Null):
            values.add(None)
        elif isinstance(node, exp.Paren):
            pending.append(node.this)
        elif isinstance(node, exp.Case):
            pending += [branch.args.get("true") for branch in node.args.get("ifs") or ()]
            pending.append(node.args.get("default"))
        elif isinstance(node, exp.If):
            pending += [node.args.get("true"), node.args.get("false")]
        elif isinstance(node, exp.Column) and not node.table:
            columns.add(node.name)
        elif isinstance(node.this if isinstance(node, exp.Neg) else node, exp.Literal | exp.Boolean):
            values.add(node.sql())
        else:
            return None
    return values, columns
