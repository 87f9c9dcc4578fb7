"""What may be explained: one SELECT that runs nothing of anybody's while it is planned.

EXPLAIN does not execute a statement, but planning may run parts of it:

- PostgreSQL evaluates functions that are declared IMMUTABLE when it simplifies constants, and STABLE ones
  for estimates (src/backend/optimizer/util/clauses.c: eval_const_expressions, estimate_expression_value).
  Those of PostgreSQL itself have no effects; VOLATILE ones (nextval, pg_sleep, dblink, setval, lo_import)
  are never evaluated. A function that somebody has written may be declared what it is not.
- MySQL and MariaDB read tables of one row, and derived tables that read no table at all, while they
  optimize: ``SELECT * FROM (SELECT sleep(2)) t`` sleeps in MariaDB 10.11's EXPLAIN. Deterministic stored
  functions of constants are evaluated there, too. Other derived tables are not materialized since MySQL 5.6
  and MariaDB 5.3, which are older than ``EXPLAIN FORMAT=JSON``.

So a statement is refused that calls a function of the database's own users (looked up by name in its
catalog), or on MySQL and MariaDB one that has effects. What is left is inside of views, operators and casts
of people's own; the transaction is read-only and a timeout ends what takes long.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NoReturn

from dashlint.catalog.explain.model import ExplainError
from dashlint.sql.bounded import within_time
from dashlint.sql.model import PLACEHOLDER_PREFIX

#: MySQL's and MariaDB's own functions that wait, lock, or touch files and sequences (reference manuals:
#: "Locking Functions", "Miscellaneous Functions", "Sequence Functions", LOAD_FILE).
MYSQL_EFFECTS = frozenset(
    {
        "benchmark",
        "get_lock",
        "lastval",
        "load_file",
        "master_gtid_wait",
        "master_pos_wait",
        "nextval",
        "release_all_locks",
        "release_lock",
        "setval",
        "sleep",
        "source_pos_wait",
        "wait_for_executed_gtid_set",
        "wait_until_sql_thread_after_gtids",
    }
)


def _took_too_long(*_: object, **__: object) -> NoReturn:
    raise ExplainError("its SQL takes too long to be parsed, or is nested too deeply")


@within_time(_took_too_long)
def one_select(sql: str, dialect: str, *, enforced: bool = False) -> frozenset[str]:
    """Checks that a text is a single SELECT that changes and locks nothing.

    Args:
        sql: the statement.
        dialect: sqlglot's name of its grammar.
        enforced: whether the server itself takes no more than one statement. If not, no semicolon may be in
            it, be it in a comment: what our grammar makes of quotes is not what counts.

    Returns:
        The names, in lower case, of what it may call as functions.

    Raises:
        ExplainError: it is something else, or nobody can tell.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    text = sql.strip().removesuffix(";")
    if ";" in text and not enforced:
        raise ExplainError(
            "its SQL holds a semicolon, which this database driver takes for the end of a statement"
        )
    try:
        statements = sqlglot.parse(text, dialect=dialect)
    except SqlglotError:
        raise ExplainError("its SQL cannot be parsed") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise ExplainError("it is not a single SELECT")
    tree = statements[0]
    if tree.find(exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into, exp.Lock, exp.Command) is not None:
        raise ExplainError("its SQL writes or locks rows, and only a plain SELECT is explained")
    if PLACEHOLDER_PREFIX in text and any(
        str(node.this).startswith(PLACEHOLDER_PREFIX) for node in tree.find_all(exp.Literal, exp.Identifier)
    ):
        raise ExplainError("its SQL depends on something that only Superset knows")
    return calls(text, dialect)


def calls(sql: str, dialect: str) -> frozenset[str]:
    """Names in front of a parenthesis, in lower case: more than the functions, never less."""
    import sqlglot
    from sqlglot import TokenType

    tokens = sqlglot.tokenize(sql, dialect=dialect)
    return frozenset(
        name.text.lower()
        for name, bracket in pairwise(tokens)
        if bracket.token_type is TokenType.L_PAREN and name.text and name.token_type is not TokenType.L_PAREN
    )


@within_time(lambda *_: None)
def indexed_table(statement: str, dialect: str) -> tuple[str, str | None] | None:
    """The name and schema of the table that a ``CREATE INDEX`` is for; None where it is anything else."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        (tree,) = sqlglot.parse(statement.strip().removesuffix(";"), dialect=dialect)
    except (SqlglotError, ValueError):
        return None
    if not isinstance(tree, exp.Create) or str(tree.args.get("kind")).upper() != "INDEX":
        return None
    table = tree.find(exp.Table)
    return (table.name, table.db or None) if table is not None else None
