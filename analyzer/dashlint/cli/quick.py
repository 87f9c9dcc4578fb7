"""Reads the calls of every day without typer, whose import takes longer than scanning a small export.

What is not plainly right (help, a typing error, a combination of short options, a value from an environment
variable) is left to typer, which explains it. What is read here means the same to typer;
``tests/cli/test_quick.py`` compares the two.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any, get_args, get_origin

from dashlint.cli.declare import Argument, Option, grouped, parameters
from dashlint.records import NamedTuple

#: The commands, in the order of the help, and the modules that hold them.
COMMANDS = {
    "scan": "dashlint.cli.scan",
    "trace": "dashlint.cli.trace",
    "cost": "dashlint.cli.cost",
    "capacity": "dashlint.cli.capacity",
    "diagnose": "dashlint.cli.diagnose",
    "diff": "dashlint.cli.diff",
    "comment": "dashlint.cli.comment",
    "baseline": "dashlint.cli.baseline",
    "init": "dashlint.cli.configure",
    "config": "dashlint.cli.configure",
    "graph": "dashlint.cli.graph",
    "fix": "dashlint.cli.fix",
    "fleet": "dashlint.cli.fleet",
    "deploy": "dashlint.cli.deploy",
    "monitor": "dashlint.cli.monitor",
    "warm": "dashlint.cli.warm",
    "rules": "dashlint.cli.rules",
    "explain": "dashlint.cli.rules",
    "demo": "dashlint.cli.demo",
}


class Call(NamedTuple):
    """A command, and what it is called with."""

    command: Callable[..., None]
    arguments: dict[str, Any]


def command_named(name: str) -> FunctionType:
    """The function behind a command."""
    command: FunctionType = getattr(import_module(COMMANDS[name]), name)
    return command


def understand(words: Sequence[str]) -> Call | None:
    """The call that a command line means; None where typer shall look at it."""
    if not words or words[0] not in COMMANDS:
        return None
    command = command_named(words[0])
    declared = parameters(command)
    options: dict[str, tuple[str, Any]] = {}
    positional: tuple[str, Any] | None = None
    for name, (kind, what) in declared.items():
        if isinstance(what, Argument):
            positional = name, kind
            continue
        if what.details.get("envvar", "") in os.environ:
            return None
        options |= _spellings(name, kind, what)
    arguments: dict[str, Any] = {}
    try:
        _read(iter(words[1:]), options, positional, arguments)
    except _NotPlainError:
        return None
    if positional and positional[0] not in arguments and not _is_list(positional[1]):
        return None
    return Call(command, arguments)


def run(call: Call) -> None:
    """Runs a command. A reader of a pipe that has seen enough (``| head``) is no error."""
    try:
        try:
            call.command(**grouped(call.command, call.arguments))
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer has nowhere to go (Python's library reference on SIGPIPE).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


class _NotPlainError(Exception):
    """Something that typer shall look at."""


def _spellings(name: str, kind: Any, option: Option) -> dict[str, tuple[str, Any]]:
    """What may be written for an option; for flags, with the value that it stands for."""
    found: dict[str, tuple[str, Any]] = {}
    for names in option.names:
        yes, _, no = names.partition("/")
        found[yes] = (name, True if kind is bool else kind)
        if no:
            found[no] = (name, False)
    return found


def _read(
    words: Any, options: dict[str, tuple[str, Any]], positional: tuple[str, Any] | None, into: dict[str, Any]
) -> None:
    for word in words:
        if not word.startswith("-"):
            if positional is None or not word:
                raise _NotPlainError
            _add(*positional, word, into)
            continue
        spelling, equals, value = word.partition("=")
        known = options.get(spelling)
        if known is None:
            raise _NotPlainError
        name, kind = known
        if isinstance(kind, bool):
            if equals:
                raise _NotPlainError
            into[name] = kind
            continue
        if not equals:
            value = next(words, "")
        elif not spelling.startswith("--"):
            raise _NotPlainError
        if not value or value.startswith("-"):
            raise _NotPlainError
        _add(name, kind, value, into)


def _add(name: str, kind: Any, text: str, into: dict[str, Any]) -> None:
    if _is_list(kind):
        into.setdefault(name, []).append(_convert(_members(kind)[0], text))
    elif name in into:
        raise _NotPlainError
    else:
        into[name] = _convert(kind, text)


def _is_list(kind: Any) -> bool:
    return any(get_origin(member) is list for member in (kind, *get_args(kind)))


def _members(kind: Any) -> tuple[Any, ...]:
    """The types inside ``list[X]`` or ``list[X] | None``, or of ``X | None``; the type itself else."""
    inside = get_args(kind)
    if not inside:
        return (kind,)
    return tuple(m for member in inside if member is not type(None) for m in _members(member))


def _convert(kind: Any, text: str) -> Any:
    for member in _members(kind):
        if member is str:
            return text
        if member is Path:
            return Path(text)
    raise _NotPlainError
