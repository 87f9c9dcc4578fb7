"""How commands declare their options, without the library that reads them.

Importing typer and building its parsers takes longer than scanning a small export, so a command's parameters
are annotated with these two, which hold what ``typer.Option`` and ``typer.Argument`` take.
:mod:`dashlint.cli.quick` reads the calls of every day from them, :mod:`dashlint.cli.app` hands them to typer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, get_args, get_origin, get_type_hints


class Option:
    """An option: its names (``--format``, ``-q``, ``--yes/--no``) and what else typer takes."""

    def __init__(self, *names: str, **details: Any) -> None:
        self.names = names
        self.details = details


class Argument:
    """A positional argument, with what typer takes."""

    def __init__(self, **details: Any) -> None:
        self.details = details


def parameters(command: Callable[..., None]) -> dict[str, tuple[Any, Option | Argument]]:
    """The type and the declaration of each parameter of a command."""
    found = {}
    for name, hint in get_type_hints(command, include_extras=True).items():
        if get_origin(hint) is Annotated:
            kind, declared = get_args(hint)
            found[name] = (kind, declared)
    return found
