"""A script of SQL → its statements, as dumps and migrations hold them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# What can hide a semicolon, or is none of SQL: comments, quotes, psql's and clients' own lines.
_STOPS = re.compile(
    r"""
    (?P<comment>--[^\n]*)
  | (?P<hash>\#[^\n]*)
  | (?P<block>/\*)
  | (?P<dollar>\$(?:[A-Za-z_][A-Za-z_0-9]*)?\$)
  | (?P<quote>['"`])
  | (?P<meta>^\\[^\n]*)
  | (?P<delimiter>^[ \t]*DELIMITER[ \t]+(?P<mark>\S+)[^\n]*)
  | (?P<go>^[ \t]*(?:GO|/)[ \t]*\r?$)
  | (?P<end>;)
    """,
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_BLOCK = re.compile(r"/\*|\*/")
_CONDITIONAL = re.compile(r"/\*(?:M?!)\d*(?P<body>.*?)\*/", re.DOTALL)
_COPY = re.compile(r"COPY\b.*\bFROM\s+stdin\b", re.IGNORECASE | re.DOTALL)
_COPY_END = re.compile(r"^\\\.[ \t]*\r?$", re.MULTILINE)
_ROUTINE = re.compile(
    r"\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:[\w=@`'.%-]+\s+){0,6}?(?:TRIGGER|PROCEDURE|FUNCTION|EVENT|PACKAGE)\b",
    re.IGNORECASE,
)
_NESTING = re.compile(
    r"\b(?:(BEGIN|CASE|IF|LOOP|WHILE|REPEAT)|(END)(?:\s+(?:IF|CASE|LOOP|WHILE|REPEAT))?)\b", re.IGNORECASE
)
_HAS_HASH_COMMENTS = frozenset({"mysql", "mariadb", "bigquery", "oceanbase", "doris", "pydoris", "starrocks"})
_HAS_BACKSLASHES = _HAS_HASH_COMMENTS | {
    "awsathena",
    "clickhouse",
    "clickhousedb",
    "databricks",
    "hive",
    "singlestoredb",
    "snowflake",
    "spark",
}


class Piece(NamedTuple):
    """One statement without its end mark. ``line`` is where its first word stands (from 1)."""

    text: str
    line: int


def has_backslashes(engine: str | None) -> bool:
    """Whether a backslash in a text quotes the next character."""
    return (engine or "") in _HAS_BACKSLASHES


def guess_engine(text: str) -> str | None:
    """The engine that a script was written by or for, if it tells."""
    head = text[:4000]
    if "PostgreSQL database dump" in head or re.search(r"\bpg_catalog\b", text[:20_000]):
        return "postgresql"
    if "MariaDB dump" in head or "enable the sandbox mode" in head:
        return "mariadb"
    if "MySQL dump" in head or re.search(r"\)\s*ENGINE\s*=\s*InnoDB", text, re.IGNORECASE):
        return "mysql"
    if re.search(r"\bENGINE\s*=\s*\w*MergeTree\b", text):
        return "clickhouse"
    if re.search(r"^\s*GO\s*$", text, re.MULTILINE) and "[" in text:
        return "mssql"
    if re.search(r"\b(?:DISTSTYLE|SORTKEY|DISTKEY)\b", text, re.IGNORECASE):
        return "redshift"
    return None


def split(text: str, engine: str | None = None) -> Iterator[Piece]:
    """The statements of a script.

    Knows comments (nested ones too), quotes, PostgreSQL's dollar quotes, data after COPY,
    psql's lines that begin with a backslash, MySQL's ``DELIMITER`` and ``/*!50100 … */``,
    ``GO``, and bodies of triggers and procedures with semicolons of their own.
    """
    # Up to the last end of a comment: without one, each beginning would search all that follows.
    closed = text.rfind("*/") + 2 if "*/" in text else 0
    text = _CONDITIONAL.sub(_uncovered, text[:closed]) + text[closed:]
    line, counted = 1, 0
    for statement, first in _pieces(text, engine):
        line += text.count("\n", counted, first)
        counted = first
        yield Piece(statement, line)


def _pieces(text: str, engine: str | None) -> Iterator[tuple[str, int]]:  # noqa: PLR0912  a flat dispatch
    """Statements, each with the offset of its first word."""
    start, mark, position = 0, ";", 0
    skipped: list[tuple[int, int]] = []
    while True:
        found = _STOPS.search(text, position)
        if found is None:
            break
        kind = found.lastgroup if found.lastgroup != "mark" else "delimiter"
        position = found.end()
        if kind in {"comment", "meta"} or (kind == "hash" and engine in _HAS_HASH_COMMENTS):
            skipped.append(found.span())
        elif kind == "block":
            position = _block_end(text, position)
            skipped.append((found.start(), position))
        elif kind == "dollar":
            closing = text.find(found.group(), position)
            position = len(text) if closing < 0 else closing + len(found.group())
        elif kind == "quote":
            position = _quote_end(text, found.start(), engine)
        elif kind == "delimiter":
            yield from _piece(text, start, found.start(), skipped)
            mark, start, skipped = found["mark"], position, []
        elif kind == "go":
            if found.group().strip() == "/" and text[start : found.start()].strip() == "":
                start = position
                continue
            if engine in {"mssql", "oracle", None} and not _open_parenthesis(text[start : found.start()]):
                yield from _piece(text, start, found.start(), skipped)
                start, skipped = position, []
        elif kind == "end" and text.startswith(mark, found.start()):
            statement = text[start : found.start()]
            if mark == ";" and _is_unfinished_routine(_blanked(statement, start, skipped)):
                continue
            yield from _piece(text, start, found.start(), skipped)
            position = start = found.start() + len(mark)
            skipped = []
            if _COPY.match(statement.lstrip()):
                data_end = _COPY_END.search(text, position)
                position = start = data_end.end() if data_end else len(text)
    yield from _piece(text, start, len(text), skipped)


def _uncovered(found: re.Match[str]) -> str:
    """The inside of MySQL's conditional comment, in its place."""
    whole, body = found.group(), found["body"]
    before = found.start("body") - found.start()
    return " " * before + body + " " * (len(whole) - before - len(body))


def _piece(text: str, start: int, end: int, skipped: list[tuple[int, int]]) -> Iterator[tuple[str, int]]:
    statement = _blanked(text[start:end], start, skipped)
    stripped = statement.lstrip()
    if stripped.strip():
        yield stripped.rstrip(), start + len(statement) - len(stripped)


def _blanked(statement: str, start: int, skipped: list[tuple[int, int]]) -> str:
    """The statement with its comments as blanks, so that places stay where they are."""
    for first, last in skipped:
        inside = statement[first - start : last - start]
        blank = "".join("\n" if character == "\n" else " " for character in inside)
        statement = statement[: first - start] + blank + statement[last - start :]
    return statement


def _block_end(text: str, position: int) -> int:
    depth = 1
    while depth:
        found = _BLOCK.search(text, position)
        if found is None:
            return len(text)
        depth += 1 if found.group() == "/*" else -1
        position = found.end()
    return position


def _quote_end(text: str, start: int, engine: str | None) -> int:
    quote = text[start]
    escapes = quote != "`" and (has_backslashes(engine) or text[start - 1 : start].lower() == "e")
    position = start + 1
    while True:
        closing = text.find(quote, position)
        if closing < 0:
            return len(text)
        if escapes:
            backslashes = 0
            while text[closing - 1 - backslashes] == "\\" and closing - 1 - backslashes > start:
                backslashes += 1
            if backslashes % 2:
                position = closing + 1
                continue
        if text.startswith(quote, closing + 1):
            position = closing + 2
            continue
        return closing + 1


def _is_unfinished_routine(statement: str) -> bool:
    """Whether a trigger's or procedure's body still waits for its END."""
    if not _ROUTINE.match(statement):
        return False
    depth = 0
    for found in _NESTING.finditer(statement):
        depth += 1 if found[1] else -1
    return depth > 0


def _open_parenthesis(statement: str) -> bool:
    return statement.count("(") > statement.count(")")
