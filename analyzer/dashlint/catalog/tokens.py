"""Words of a DDL statement, and a cursor over them.

sqlglot is not used here: of 17 statements as pg_dump, mysqldump, SQL Server, Oracle, Redshift
and others write them, version 30.30 refuses four and keeps three as an unread command. What
the catalog wants of a statement (names, key columns, a few clauses) is simple enough to be
read in every dialect, whatever else the statement says.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

_STRING = r"(?P<string>(?:[NnBbXx]|[Uu]&)?'(?:[^']|'')*')"
_ESCAPED_STRING = r"(?P<string>(?:[NnBbXx]|[Uu]&)?'(?:[^'\\]|''|\\.)*')"
_BRACKET = r"""|(?P<bracket>\[[^\[\]0-9'",][^\[\]]*\])"""
_OTHERS = r"""
  | (?P<escaped>[Ee]'(?:[^'\\]|''|\\.)*')
  | {string}
  | (?P<word>[^\W\d][\w$\#@]*)
  | (?P<double>"(?:[^"]|"")*")
  | (?P<tick>`(?:[^`]|``)*`)
  | (?P<dollar>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  {bracket}
  | (?P<sign>::|\S)
"""


_NESTED_TYPES = frozenset({"STRUCT", "ARRAY", "MAP", "UNIONTYPE", "RANGE"})


def word_set(*lines: str) -> frozenset[str]:
    """The words of some lines, as a set."""
    return frozenset(word for line in lines for word in line.split())


class Token(NamedTuple):
    """A word. ``kind``: word, name (quoted), string, number, sign. ``upper`` is '' for a name."""

    kind: str
    text: str
    upper: str
    start: int
    end: int


@functools.cache
def _pattern(*, backslashes: bool, brackets: bool) -> re.Pattern[str]:
    string = _ESCAPED_STRING if backslashes else _STRING
    others = _OTHERS.replace("{string}", string).replace("{bracket}", _BRACKET if brackets else "")
    return re.compile(others.strip().removeprefix("|"), re.VERBOSE | re.DOTALL)


def tokenize(text: str, *, backslashes: bool, brackets: bool) -> list[Token]:
    """The words of a statement whose comments are gone.

    ``backslashes`` tells that they quote in texts, ``brackets`` that ``[a b]`` is a name.
    """
    found: list[Token] = []
    for match in _pattern(backslashes=backslashes, brackets=brackets).finditer(text):
        kind, raw = match.lastgroup or "sign", match.group()
        start, end = match.span()
        if kind in {"word", "sign", "number"}:
            found.append(Token(kind, raw, raw.upper(), start, end))
        elif kind in {"double", "tick", "bracket"}:
            found.append(Token("name", raw[1:-1].replace(raw[-1] * 2, raw[-1]), "", start, end))
        elif kind in {"string", "escaped"}:
            quote = raw.index("'")
            found.append(Token("string", raw[quote + 1 : -1].replace("''", "'"), "", start, end))
        else:
            found.append(Token("string", raw, "", start, end))
    return found


class UnreadableError(Exception):
    """A statement that should be one of ours, and is not written as expected."""


class Cursor:
    """Walks over the words of a statement."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.at = 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.tokens)

    def peek(self, ahead: int = 0) -> str:
        """The next word in capitals; '' at the end and for quoted names and texts."""
        place = self.at + ahead
        return self.tokens[place].upper if place < len(self.tokens) else ""

    def take(self) -> Token:
        if self.done:
            raise UnreadableError("it ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def skip(self, *words: str) -> bool:
        """Pass a phrase if it comes next."""
        if self.peek() != words[0]:
            return False
        if all(self.peek(number) == word for number, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def skip_any(self, words: frozenset[str]) -> None:
        while self.peek() in words:
            self.at += 1

    def expect(self, word: str) -> None:
        if not self.skip(word):
            here = self.tokens[self.at].text if not self.done else "its end"
            raise UnreadableError(f"{word} is missing before {here[:40]}")

    def is_name(self, ahead: int = 0) -> bool:
        place = self.at + ahead
        return place < len(self.tokens) and self.tokens[place].kind in {"word", "name"}

    def name(self) -> str:
        if not self.is_name():
            here = self.tokens[self.at].text if not self.done else "its end"
            raise UnreadableError(f"a name is missing before {here[:40]}")
        return self.take().text

    def path(self) -> tuple[str, ...]:
        """``a.b.c``; one quoted name with dots in it (BigQuery) is a path as well."""
        parts = [self._dashed_name()]
        while self.peek() == "." and (self.is_name(1) or self.peek(1) == "."):
            self.at += 1
            if self.peek() == ".":  # SQL Server's ``db..table``
                self.at += 1
            parts.append(self._dashed_name())
        if len(parts) == 1 and parts[0].count(".") in {1, 2}:
            return tuple(parts[0].split("."))
        return tuple(parts)

    def _dashed_name(self) -> str:
        """A name; BigQuery's projects may hold dashes (``my-project-1``)."""
        found = self.name()
        while self.peek() == "-" and self.at + 1 < len(self.tokens):
            following = self.tokens[self.at + 1]
            if following.start != self.tokens[self.at].end or following.kind not in {"word", "number"}:
                break
            self.at += 2
            found += "-" + following.text
        return found

    def group(self) -> Cursor:
        """What stands between the parenthesis that comes next and its partner."""
        self.expect("(")
        start, depth = self.at, 1
        while depth:
            if self.done:
                raise UnreadableError("a parenthesis is not closed")
            text = self.take().upper
            depth += (text == "(") - (text == ")")
        return Cursor(self.text, self.tokens[start : self.at - 1])

    def pass_one(self) -> None:
        """Pass one word, or all that stands in the parenthesis that comes next."""
        if self.peek() == "(":
            self.group()
        elif not self.done:
            self.take()

    def items(self) -> list[Cursor]:
        """The parts that commas separate, outside of brackets and of ``STRUCT<…>``."""
        found: list[Cursor] = []
        start, depth, angles = self.at, 0, 0
        for number in range(self.at, len(self.tokens)):
            text = self.tokens[number].upper
            depth += (text in {"(", "[", "{"}) - (text in {")", "]", "}"})
            if text == "<" and number and self.tokens[number - 1].upper in _NESTED_TYPES:
                angles += 1
            elif text == ">" and angles:
                angles -= 1
            if text == "," and depth == 0 and angles == 0:
                found.append(Cursor(self.text, self.tokens[start:number]))
                start = number + 1
        if start < len(self.tokens):
            found.append(Cursor(self.text, self.tokens[start:]))
        return found

    def rest(self) -> str:
        """What is left, as it is written, on one line."""
        return self.between(self.at, len(self.tokens))

    def between(self, first: int, last: int) -> str:
        if first >= last:
            return ""
        raw = self.text[self.tokens[first].start : self.tokens[last - 1].end]
        return " ".join(raw.split())
