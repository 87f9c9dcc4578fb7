"""What a PostgreSQL server is told: ``postgresql.conf``, ``ALTER SYSTEM`` and the command line.

Names are in lower case. Memory settings are bytes, time settings whose own unit is ``ms`` are milliseconds,
whole numbers are numbers, and everything else is text. Source: PostgreSQL 15, "Setting Parameters" (20.1),
src/backend/utils/misc/guc-file.l; the base units are pg_settings.unit of a running 15.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from dashlint.assets.origin import Location, Problem
from dashlint.deployment.hidden import guarded
from dashlint.deployment.model import UNKNOWN, Given
from dashlint.deployment.part import Part, Source
from dashlint.deployment.quantities import postgres_bytes, postgres_milliseconds

#: Memory settings and the bytes that a number without a unit counts in.
MEMORY: Mapping[str, int] = {
    **dict.fromkeys(("shared_buffers", "effective_cache_size", "temp_buffers", "wal_buffers"), 8192),
    **dict.fromkeys(("work_mem", "maintenance_work_mem", "autovacuum_work_mem"), 1024),
    **dict.fromkeys(("logical_decoding_work_mem", "temp_file_limit"), 1024),
}
#: Time settings whose own unit is a millisecond.
MILLISECONDS = frozenset({
    "deadlock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout", "lock_timeout",
    "log_min_duration_statement", "statement_timeout",
})  # fmt: skip
#: Letters of the command line that stand for settings (the manual's page on ``postgres``).
_LETTERS: Mapping[str, str] = {
    "B": "shared_buffers",
    "N": "max_connections",
    "S": "work_mem",
    "p": "port",
    "h": "listen_addresses",
}
#: Letters that take a value and set nothing that is kept.
_OTHER_LETTERS = "CDdfkrtvW"
#: The patterns of guc-file.l: a name, an equal sign that may be left out, and a value, which without quotes
#: is a word, a whole number with a unit, or a number with a point and no unit.
_LINE = re.compile(
    r"\s*(?P<name>[A-Za-z_\x80-\uffff][\w$]*(?:\.[A-Za-z_\x80-\uffff][\w$]*)?)(?:\s*=\s*|\s+|(?='))"
    r"(?P<value>'(?:[^'\\]|\\.|'')*'"
    r"|[A-Za-z_\x80-\uffff][\w\x80-\uffff.:/-]*"
    r"|[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+)[a-zA-Z]*"
    r"|[+-]?[0-9]*\.[0-9]*(?:[eE][+-]?[0-9]+)?)"
    r"\s*(?:#.*)?"
)
_ESCAPE = re.compile(r"\\([0-7]{1,3}|.)|''", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def read_postgresql_conf(source: Source) -> Part:
    """A ``postgresql.conf`` or ``postgresql.auto.conf``."""
    found, problems = settings(source.text, source.file)
    return Part(postgres=found, problems=tuple(problems))


def settings(
    text: str, file: str, *, first_line: int = 1, prefix: str = ""
) -> tuple[dict[str, Given], list[Problem]]:
    """The settings of a configuration's text, and the lines that the server would refuse."""
    found: dict[str, Given] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), first_line):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            sentence = "this line is no `name = value`, and the server does not start with it"
            problems.append(Problem("unreadable-line", sentence, file, number))
            continue
        name = match["name"].lower()
        if name in {"include", "include_dir", "include_if_exists"}:
            sentence = f"what `{name}` brings in is not followed: give that file, too"
            problems.append(Problem("not-followed", sentence, file, number))
            continue
        column = len(line) - len(line.lstrip()) + 1
        location = Location(file, number, column, f"{prefix}.{name}" if prefix else name)
        found[name] = Given(value_of(name, _unquoted(match["value"])), location)
    return found, problems


def value_of(name: str, text: str) -> Any:
    """A setting's text as bytes, milliseconds, a number or text; :data:`UNKNOWN` for what is none."""
    if name in MEMORY:
        size = postgres_bytes(text, MEMORY[name])
        return UNKNOWN if size is None else size
    if name in MILLISECONDS:
        time = postgres_milliseconds(text)
        return UNKNOWN if time is None else time
    if re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        return int(text)
    return guarded(name, text)


def command(arguments: Sequence[str], location: Location) -> dict[str, Given]:
    """The settings that arguments of ``postgres`` make, the last one of a name winning.

    ``config_file`` is among them where it is named.
    """
    found: dict[str, Given] = {}
    words = iter(arguments)
    for word in words:
        name, text = _argument(word, words)
        if name is not None:
            name = name.strip().replace("-", "_").lower()
            # What only a shell would fill in is not known.
            found[name] = Given(UNKNOWN if "$" in text else value_of(name, text), location)
    return found


def is_server(word: str) -> bool:
    """Whether a word is the program."""
    return PurePosixPath(word).name in {"postgres", "postmaster"}


def _argument(word: str, words: Iterator[str]) -> tuple[str | None, str]:
    if word.startswith("--"):
        name, sign, text = word[2:].partition("=")
        return (name, text) if sign else (None, "")
    if not word.startswith("-") or len(word) < 2:
        return None, ""
    letter, text = word[1], word[2:]
    if letter == "c":
        name, sign, value = (text or next(words, "")).partition("=")
        return (name, value) if sign else (None, "")
    if letter in _LETTERS:
        return _LETTERS[letter], text or next(words, "")
    if letter in _OTHER_LETTERS and not text:
        next(words, None)
    return None, ""


def read_postgres_sql(source: Source) -> Part:
    """The ``ALTER SYSTEM`` statements of an SQL script."""
    from sqlglot import tokenize
    from sqlglot.errors import SqlglotError

    found: dict[str, Given] = {}
    try:
        tokens = tokenize(source.text, read="postgres")
    except SqlglotError:
        sentence = "this SQL cannot be split into statements, so no ALTER SYSTEM in it is known"
        return Part(problems=(Problem("unreadable-file", sentence, source.file),))
    statement: list[Any] = []
    for token in [*tokens, None]:
        if token is not None and token.text != ";":
            statement.append(token)
            continue
        _alter(statement, source.file, found)
        statement = []
    return Part(postgres=found)


def _alter(tokens: Sequence[Any], file: str, found: dict[str, Given]) -> None:
    if not tokens or tokens[0].text.upper() != "ALTER":
        return
    texts = [token.text for token in tokens]
    line, column = tokens[0].line, max(tokens[0].col - len(tokens[0].text) + 1, 1)
    if len(texts) < 4 or texts[1].upper() != "SYSTEM":
        return
    if texts[2].upper() == "RESET":
        if texts[3].upper() == "ALL":
            found.clear()
        found.pop(texts[3].lower(), None)
        return
    if texts[2].upper() != "SET" or len(texts) < 6:
        return
    name = texts[3].lower()
    rest = texts[4:]
    if rest[0] == "." and len(rest) > 3:
        name, rest = f"{name}.{rest[1].lower()}", rest[2:]
    if rest[0] != "=" and rest[0].upper() != "TO":
        return
    value = "".join(rest[1:])
    location = Location(file, line, column, name)
    if value.upper() == "DEFAULT":
        found.pop(name, None)
    else:
        found[name] = Given(value_of(name, value), location)


def _unquoted(text: str) -> str:
    if not text.startswith("'"):
        return text
    return _ESCAPE.sub(_unescaped, text[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    escape = found[1]
    if escape is None:
        return "'"
    if escape[0] in "01234567":
        return chr(int(escape, 8) & 0xFF)
    return _ESCAPED.get(escape, escape)
