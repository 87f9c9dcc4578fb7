"""CREATE VIEW in its many spellings: the columns it declares, how it is kept, and its query."""

from __future__ import annotations

import re

from dashlint.catalog.ddl_clauses import read_clauses
from dashlint.catalog.ddl_model import Parts
from dashlint.catalog.model import ColumnStatistics
from dashlint.catalog.tokens import Cursor, word_set

_BEFORE_VIEW = word_set(
    "OR REPLACE REFRESH FORCE NO NOEDITIONABLE EDITIONABLE EDITIONING TEMP TEMPORARY RECURSIVE SECURE",
    "ALGORITHM = UNDEFINED MERGE TEMPTABLE DEFINER SQL SECURITY INVOKER MATERIALIZED LIVE",
    "ALTER GLOBAL PRIVATE",
)
#: What may follow a name in a view's list of columns without being its type.
_REMARKS = word_set("COMMENT OPTIONS WITH TAG MASKING CONSTRAINT POLICY PROJECTION")
#: What may follow the query: PostgreSQL, Redshift, MySQL, SQL Server and Oracle.
_AFTER_QUERY = re.compile(
    r"(?<!\s)\s+WITH\s+(?:(?:NO\s+)?DATA|(?:LOCAL\s+|CASCADED\s+)?CHECK\s+OPTION|READ\s+ONLY|NO\s+SCHEMA\s+BINDING)\s*$",
    re.IGNORECASE,
)
_QUERY = re.compile(r"\(*\s*(?:SELECT|WITH|VALUES|TABLE|FROM)\b", re.IGNORECASE)


def find_view(words: Cursor) -> str | None:
    """Pass ``… VIEW``; the kind of view, None if the statement creates something else."""
    start = words.at
    while not words.done and words.peek() != "VIEW":
        # MySQL: DEFINER=`root`@`localhost` stands between CREATE and VIEW.
        first = words.at == start and words.tokens[words.at].kind == "word"
        if first and words.peek() not in _BEFORE_VIEW:
            return None
        if words.peek() in {"(", "FUNCTION", "PROCEDURE", "TRIGGER", "TYPE"}:
            return None
        words.take()
    kinds = {token.upper for token in words.tokens[start : words.at]}
    if not words.skip("VIEW"):
        return None
    return "materialized-view" if kinds & {"MATERIALIZED", "LIVE"} else "view"


def read_view(words: Cursor, parts: Parts, kind: str) -> str | None:
    """Read what follows a view's name, and give its query.

    A list of columns renames those of the query; it is kept as that of a common table expression.
    """
    names: list[str] = []
    if words.peek() == "(":
        group = words.group()
        for item in group.items():
            if item.is_name() and item.peek() not in {"INDEX", "CONSTRAINT"}:
                start = item.at
                name = item.name()
                parts.columns[name] = ColumnStatistics(name)
                if item.done or item.peek() in _REMARKS:
                    names.append(item.between(start, start + 1))
        if len(names) != len(parts.columns):
            names = []  # with types (ClickHouse): those of the query, under their own names
    clauses = words.at
    query = read_query(words)
    if kind == "materialized-view":
        read_clauses(Cursor(words.text, words.tokens[clauses : words.at]), parts)
    if query and names:
        columns = ", ".join(names)
        return f"WITH definition ({columns}) AS ({query}) SELECT * FROM definition"  # noqa: S608  only read
    return query


def read_query(words: Cursor) -> str | None:
    """The query after the next AS outside of parentheses, as it is written; None if there is none.

    The cursor is left before that AS.
    """
    while not words.done and words.peek() != "AS":
        words.pass_one()
    if words.done or words.at + 1 >= len(words.tokens):
        return None
    first, last = words.tokens[words.at + 1], words.tokens[-1]
    query = _AFTER_QUERY.sub("", words.text[first.start : last.end])
    return query if _QUERY.match(query) else None
