"""``redis.conf`` and the command line of ``redis-server``: what Redis is told, by its own option names.

Sizes are bytes, names of policies are in lower case; everything else is text. Options that may be given
more than once (``save``, ``include``, …) are lists of texts. Source: redis src/config.c
(loadServerConfigFromString, standardConfig), src/sds.c (sdssplitargs), src/server.c (main).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from dashlint.assets.origin import Location, Problem
from dashlint.deployment.hidden import Hidden
from dashlint.deployment.model import UNKNOWN, Given, Program
from dashlint.deployment.part import Part, Source
from dashlint.deployment.quantities import redis_bytes

#: Options of Redis that are sizes (config.c: MEMORY_CONFIG).
_SIZES = frozenset({"maxmemory", "repl-backlog-size", "proto-max-bulk-len", "client-query-buffer-limit"})
_SECRET = frozenset({"requirepass", "masterauth", "user", "tls-key-file-pass", "tls-client-key-file-pass"})
_REPEATED = frozenset({
    "save", "include", "loadmodule", "rename-command", "user", "client-output-buffer-limit", "bind",
})  # fmt: skip
#: What a policy may be called (config.c: maxmemory_policy_enum).
POLICIES = (
    "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
    "allkeys-lru", "allkeys-lfu", "allkeys-random", "noeviction",
)  # fmt: skip
#: The option under which the configuration file of a ``redis-server`` is kept: its path, or
#: :data:`UNKNOWN` where it could not be read, so that anything may be set in it.
CONFIG_FILE = "config-file"

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}
_HEX = re.compile(r"\\x([0-9a-fA-F]{2})")


def read_redis_conf(source: Source) -> Part:
    """A ``redis.conf``, which counts for the ``redis-server`` that names it, or alone."""
    options, problems = settings(source.text, source.file)
    program = Program("redis-server", Location(source.file, 1), options)
    return Part(programs=(program,), problems=tuple(problems))


def settings(
    text: str, file: str, *, first_line: int = 1, prefix: str = ""
) -> tuple[dict[str, Given], list[Problem]]:
    """The options of a configuration's text by name, and the lines that Redis would refuse."""
    options: dict[str, Given] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), first_line):
        stripped = line.strip(" \t\r\n")
        if not stripped or stripped.startswith("#"):
            continue
        location = Location(file, number, len(line) - len(line.lstrip()) + 1, prefix or None)
        words = split(stripped)
        if words is None:
            sentence = "the quotes of this line do not match, and Redis does not start with it"
            problems.append(Problem("unreadable-line", sentence, file, number))
            continue
        if not words:
            continue
        name = words[0].lower()
        if name == "include":
            sentence = "what `include` brings in is not followed: give that file, too"
            problems.append(Problem("not-followed", sentence, file, number))
        field = f"{prefix}.{name}" if prefix else name
        _set(options, name, words[1:], location._replace(field=field))
    return options, problems


def command(arguments: Sequence[str], location: Location, conf: Mapping[str, Given] | None = None) -> Program:
    """A ``redis-server`` as its arguments say.

    Args:
        arguments: what follows ``redis-server``.
        location: where the command stands.
        conf: the options of the configuration file that it names, if that could be read.
    """
    file = config_file(arguments)
    options: dict[str, Given] = {}
    if file is not None:
        options = {**(conf or {}), CONFIG_FILE: Given(file if conf is not None else UNKNOWN, location)}
    rest = list(arguments[1:] if file is not None else arguments)
    # Everything up to the next word with two dashes is the value of the option before it.
    name: str | None = None
    values: list[str] = []
    for word in [*rest, "--"]:
        if word.startswith("--"):
            if name is not None:
                _set(options, name.lower(), values, location, anew=True)
            name, values = word[2:], []
        elif name is not None:
            values.append(word)
    return Program("redis-server", location, options)


def config_file(arguments: Sequence[str]) -> str | None:
    """The configuration file that ``redis-server`` is told to read."""
    first = arguments[0] if arguments else ""
    return first if first and not first.startswith("-") else None


def is_server(word: str) -> bool:
    """Whether a word is the program."""
    return PurePosixPath(word).name in {"redis-server", "valkey-server", "keydb-server"}


def split(line: str) -> list[str] | None:
    """The words of a line as Redis splits them; None where its quotes do not match."""
    words: list[str] = []
    position = 0
    while position < len(line):
        if line[position].isspace():
            position += 1
            continue
        word, position = _word(line, position)
        if word is None:
            return None
        words.append(word)
    return words


def _word(line: str, position: int) -> tuple[str | None, int]:
    pieces: list[str] = []
    quote = ""
    while position < len(line):
        character = line[position]
        if quote == '"' and character == "\\" and position + 1 < len(line):
            code = _HEX.match(line, position)
            pieces.append(
                chr(int(code[1], 16)) if code else _ESCAPES.get(line[position + 1], line[position + 1])
            )
            position = code.end() if code else position + 2
        elif quote == "'" and line.startswith("\\'", position):
            pieces.append("'")
            position += 2
        elif quote and character == quote:
            following = line[position + 1 : position + 2]
            if following and not following.isspace():
                return None, position
            return "".join(pieces), position + 1
        elif not quote and character in "\"'":
            quote = character
            position += 1
        elif not quote and character.isspace():
            break
        else:
            pieces.append(character)
            position += 1
    return (None if quote else "".join(pieces)), position


def _set(
    options: dict[str, Given], name: str, words: Sequence[str], location: Location, *, anew: bool = False
) -> None:
    # What only a shell would fill in is not known.
    value = UNKNOWN if anew and any("$" in word for word in words) else _value(name, words)
    if name in _REPEATED and value is not UNKNOWN:
        before = options.get(name)
        kept = before.value if before is not None and not anew and isinstance(before.value, list) else []
        # `save ""` forgets what was said before it (config.c: setConfigSaveOption).
        value = [*kept, value] if value != "" else []
    options[name] = Given(value, location)


def _value(name: str, words: Sequence[str]) -> Any:
    text = " ".join(words)
    if name in _SIZES:
        size = redis_bytes(text)
        return UNKNOWN if size is None else size
    if name in _SECRET:
        return Hidden(text)
    return text.lower() if name == "maxmemory-policy" else text
