"""The exact text of a predicate, found from the few positions that sqlglot remembers."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dashlint.sql.statement import Statement, position, shortened, span

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token

    from dashlint.sql.statement import Node

# Words that begin or end a condition (at the level of its own parentheses).
_BORDERS = frozenset(
    {"AND", "OR", "ON", "WHERE", "HAVING", "QUALIFY", "PREWHERE", "WHEN", "THEN", "ELSE", "END", "NOT"}
    | {"GROUP", "ORDER", "LIMIT", "OFFSET", "FETCH", "UNION", "EXCEPT", "INTERSECT", "JOIN", "LEFT"}
    | {"RIGHT", "FULL", "INNER", "CROSS", "NATURAL", "WINDOW", "USING", "SELECT", "FROM", "FOR", "OPTION"}
)


class Snippet(NamedTuple):
    """A piece of the text: itself on one line, and where it begins (from 1)."""

    text: str
    line: int | None
    column: int | None


def snippet_of(statement: Statement, node: Node) -> Snippet:
    """The text of a condition.

    sqlglot remembers where names, literals and functions are, not where operators, casts and
    parentheses end. From what it remembers, the text is followed outwards to the next word
    that no condition contains.
    """
    found = span(node)
    if found is None:
        return Snippet(shortened(node.sql(dialect=statement.dialect)), None, None)
    start, end = _outwards(statement, *found)
    line, column = position(statement.text, start)
    return Snippet(shortened(statement.text[start:end]), line, column)


def _outwards(statement: Statement, first: int, last: int) -> tuple[int, int]:
    tokens = _tokens(statement.text, statement.dialect)
    inside = [number for number, token in enumerate(tokens) if token.end >= first and token.start <= last]
    if not inside:
        return first, last + 1
    left, right = inside[0], inside[-1]
    depth = lowest = 0
    for token in tokens[left : right + 1]:
        depth += (token.text == "(") - (token.text == ")")
        lowest = min(lowest, depth)
    unopened, unclosed = -lowest, depth - lowest
    while left > 0 and not (unopened == 0 and _is_border(tokens, left - 1, opening=True)):
        left -= 1
        unopened += (tokens[left].text == ")") - (tokens[left].text == "(")
        if unopened < 0:  # an opening parenthesis that is the condition's own grouping
            left, unopened = left + 1, 0
            break
    while right < len(tokens) - 1 and not (unclosed == 0 and _is_border(tokens, right + 1, opening=False)):
        right += 1
        unclosed += (tokens[right].text == "(") - (tokens[right].text == ")")
    return tokens[left].start, tokens[right].end + 1


@functools.lru_cache(maxsize=4)  # one statement's conditions are asked for one after the other
def _tokens(text: str, dialect: str) -> Sequence[Token]:
    from sqlglot.dialects.dialect import Dialect

    return Dialect.get_or_raise(dialect or None).tokenize(text)


def _is_border(tokens: Sequence[Token], number: int, *, opening: bool) -> bool:
    text = _first_word(tokens[number])
    if not opening:
        return text in {",", ";", ")"} or text in _BORDERS
    if text == "(":
        # A function's or a cast's parenthesis belongs to what it encloses.
        before = _first_word(tokens[number - 1]) if number else ""
        return not before.isidentifier() or before in _BORDERS or before == "IN"
    return text in {",", ";"} or text in _BORDERS


def _first_word(token: Token) -> str:
    return (token.text.upper().split() or [""])[0]  # ``GROUP BY`` is one token
