"""The fingerprint of a statement: what is left of its text without values, comments, quotes and spaces.

No grammar is needed for it, so it is fast (a regular expression once over the text), and it exists for
statements that no parser reads. The values that were taken out are kept in order, to tell apart statements
that differ in nothing else.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: A value that is not known: a parameter of ``pg_stat_statements``, or what only the server knows.
UNKNOWN = None
#: How the compiler writes what it does not know (``chart_sql.conditions.stand_in``, ``superset.masks``).
_STAND_IN = re.compile(r"dashlint_\w+|<(?:value|first option)>")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?Z?")

Value = tuple[str, ...] | None


class Fingerprint(NamedTuple):
    """``text`` is without values; ``sql`` is the statement with a numbered mark for each value, to be parsed.

    ``values`` are what the marks stand for, each a tuple (an IN list is one value); None is not known.
    ``limits`` are the numbers behind LIMIT and OFFSET, which are in none of the two texts.
    """

    text: str
    sql: str
    values: tuple[Value, ...]
    limits: tuple[str | None, ...]


#: The mark of value n in ``Fingerprint.sql``: a string, or a number where a number stood.
MARK = re.compile(r"dl(\d{4})lit|9081(\d{4})001", re.IGNORECASE)

_COMMON = r"""
  (?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z){hash})
| (?P<dollar>\$(?P<tag>[A-Za-z_]\w*|)\$.*?\$(?P=tag)\$)
| (?P<text>[eExXbBnN]?'(?:[^'{escape}]|''{escaped})*'{double})
| (?P<quoted>{quoted})
| (?P<param>\$\d+|%\(\w+\)s|%s|\?|(?<![:\w]):[A-Za-z_]\w*)
| (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
| (?P<word>[^\W\d][\w$]*)
| (?P<sign>::|<>|!=|<=|>=|\|\||->>|->|[^\s])
"""


def _pattern(**parts: str) -> re.Pattern[str]:
    return re.compile(_COMMON.format(**parts), re.VERBOSE | re.DOTALL)


_PATTERNS = {
    "postgres": _pattern(hash="", escape="", escaped="", double="", quoted=r'"(?:[^"]|"")*"'),
    "mysql": _pattern(
        hash=r"|\#[^\n]*",
        escape=r"\\",
        escaped=r"|\\.",
        double=r'|"(?:[^"\\]|""|\\.)*"',
        quoted=r"`(?:[^`]|``)*`",
    ),
}
#: PostgreSQL's E'…' takes backslashes (sql-syntax-lexical: String Constants with C-Style Escapes).
_ESCAPED = re.compile(r"[eE]'(?:[^'\\]|''|\\.)*'", re.DOTALL)
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
#: Behind these a number says how many rows, which people change without changing the question.
_LIMITS = frozenset({"limit", "offset"})


class _Token(NamedTuple):
    kind: str  # word, quoted, sign, value
    text: str
    raw: str
    value: Value = None
    number: bool = False


def fingerprint(sql: str, dialect: str = "postgres", parameters: tuple[str | None, ...] = ()) -> Fingerprint:
    """The fingerprint of one statement. Never raises.

    Args:
        sql: its text.
        dialect: ``postgres``, or ``mysql``, which quotes and escapes otherwise.
        parameters: the values of ``$1``, ``$2``, …, where they are known.
    """
    tokens = _tokens(sql, _PATTERNS["mysql" if dialect == "mysql" else "postgres"], parameters)
    tokens, limits = _without_limits(_folded(tokens))
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    words: list[str] = []
    parts: list[str] = []
    values: list[Value] = []
    for token in tokens:
        if token.kind != "value":
            words.append(token.text)
            parts.append(token.raw)
            continue
        number = f"{len(values) % 10_000:04d}"
        words.append("?")
        parts.append(f"9081{number}001" if token.number else f"'dl{number}lit'")
        values.append(token.value)
    return Fingerprint(" ".join(words), " ".join(parts), tuple(values), limits)


def _tokens(sql: str, pattern: re.Pattern[str], parameters: tuple[str | None, ...]) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while place < len(sql):
        match = _ESCAPED.match(sql, place) if sql[place] in "eE" else None
        if match is not None:
            found.append(_Token("value", "?", "", (_unquoted(match.group()[1:]),)))
            place = match.end()
            continue
        match = pattern.match(sql, place)
        if match is None:  # an open quote at the end
            found.append(_Token("sign", sql[place], sql[place]))
            place += 1
            continue
        place = match.end()
        token = _token(match, parameters)
        if token is not None:
            found.append(token)
    return found


def _token(match: re.Match[str], parameters: tuple[str | None, ...]) -> _Token | None:
    kind, raw = match.lastgroup, match.group()
    if match["space"] is not None:
        return None
    if match["dollar"] is not None:
        tag = len(match["tag"]) + 2
        return _Token("value", "?", "", _known(raw[tag:-tag]))
    if match["text"] is not None:
        return _Token("value", "?", "", _known(_unquoted(raw)))
    if match["quoted"] is not None:
        return _Token("quoted", _identifier(raw), raw)
    if match["param"] is not None:
        place = int(raw[1:]) if raw[0] == "$" and raw[1:].isdigit() else 0
        given = parameters[place - 1] if 0 < place <= len(parameters) else None
        return _Token("value", "?", "", UNKNOWN if given is None else (given,))
    if kind == "number":
        return _Token("value", "?", "", (raw,), number=True)
    if match["word"] is not None:
        return _Token("word", raw.lower(), raw)
    return _Token("sign", "!=" if raw == "<>" else raw, raw)


def _known(text: str) -> Value:
    return UNKNOWN if _STAND_IN.search(text) else (text,)


def _unquoted(raw: str) -> str:
    mark = raw[-1]
    inner = raw[raw.find(mark) + 1 : -1]
    return inner.replace(mark * 2, mark)


def _identifier(raw: str) -> str:
    """A name without its quotes where it would mean the same without them."""
    inner = raw[1:-1].replace(raw[0] * 2, raw[0])
    return inner if _PLAIN.fullmatch(inner) else f'"{inner}"'


def _folded(tokens: list[_Token]) -> list[_Token]:
    """Lists of values behind IN become one value, and a sign before a number a part of it."""
    found: list[_Token] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.text == "(" and found and found[-1].text == "in":
            end, values = _list_at(tokens, place + 1)
            if end is not None:
                found += [token, _Token("value", "?", "", values), tokens[end]]
                place = end + 1
                continue
        if _is_unit(tokens, place, found):
            # EXTRACT(YEAR FROM …) has its unit as a word, pg_stat_statements has a parameter there.
            found.append(_Token("value", "?", "", (token.raw,)))
            place += 1
            continue
        if token.text in "+-" and _signed(tokens, place, found):
            value = tokens[place + 1]
            known = None if value.value is None else (token.text.replace("+", "") + value.value[0],)
            found.append(value._replace(value=known))
            place += 2
            continue
        found.append(token)
        place += 1
    return found


def _is_unit(tokens: list[_Token], place: int, before: list[_Token]) -> bool:
    follows = place + 1 < len(tokens) and tokens[place + 1].text == "from"
    opened = len(before) > 1 and before[-1].text == "(" and before[-2].text == "extract"
    return tokens[place].kind == "word" and follows and opened


def _signed(tokens: list[_Token], place: int, before: list[_Token]) -> bool:
    """Whether a plus or minus belongs to the number behind it, because nothing stands before it."""
    follows = place + 1 < len(tokens) and tokens[place + 1].number
    last = before[-1] if before else None
    return follows and (last is None or last.text in {"(", ",", "=", "<", ">", "<=", ">=", "!=", "in"})


def _list_at(tokens: list[_Token], place: int) -> tuple[int | None, Value]:
    values: list[str] | None = []
    while place + 1 < len(tokens):
        token, after = tokens[place], tokens[place + 1]
        if token.text in "+-" and after.number:
            place += 1
            continue
        if token.kind != "value" or after.text not in (",", ")"):
            return None, None
        if token.value is None:
            values = None
        elif values is not None:
            values.extend(token.value)
        if after.text == ")":
            return place + 1, None if values is None else tuple(sorted(values))
        place += 2
    return None, None


def _without_limits(tokens: list[_Token]) -> tuple[list[_Token], tuple[str | None, ...]]:
    found: list[_Token] = []
    limits: list[str | None] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        follows = tokens[place + 1] if place + 1 < len(tokens) else None
        if token.kind == "word" and token.text in _LIMITS and follows is not None and follows.kind == "value":
            limits.append(follows.value[0] if follows.value else None)
            place += 2
            if place + 1 < len(tokens) and tokens[place].text == "," and tokens[place + 1].kind == "value":
                place += 2  # MySQL's LIMIT 10, 20
            continue
        found.append(token)
        place += 1
    return found, tuple(limits)


def is_moment(value: Value) -> bool:
    """Whether a value is a day or a time of one."""
    return value is not None and len(value) == 1 and _MOMENT.fullmatch(value[0]) is not None
