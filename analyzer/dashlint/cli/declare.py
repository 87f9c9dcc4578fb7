"""How commands declare their options, without the library that reads them.

Importing typer and building its parsers takes longer than scanning a small export, so a command's parameters
are annotated with these two, which hold what ``typer.Option`` and ``typer.Argument`` take.
:mod:`dashlint.cli.quick` reads the calls of every day from them, :mod:`dashlint.cli.app` hands them to typer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints


class Option:
    """An option: its names (``--format``, ``-q``, ``--yes/--no``) and what else typer takes."""

    def __init__(self, *names: str, **details: Any) -> None:
        self.names = names
        self.details = details


class Argument:
    """A positional argument, with what typer takes."""

    def __init__(self, **details: Any) -> None:
        self.details = details


def parameters(command: Callable[..., Any]) -> dict[str, tuple[Any, Option | Argument]]:
    """The type and the declaration of each parameter of a command, those of its groups in their place."""
    found: dict[str, tuple[Any, Option | Argument]] = {}
    for name, given in get_type_hints(command, include_extras=True).items():
        hint = _declared(given)
        if _is_group(hint):
            found |= parameters(hint)
        elif get_origin(hint) is Annotated:
            kind, declared = get_args(hint)
            found[name] = (kind, declared)
    return found


def grouped(command: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by the names of :func:`parameters` as the command takes them: groups as one."""
    left = dict(arguments)
    groups = {name: hint for name, hint in get_type_hints(command).items() if _is_group(hint)}
    return {
        name: group(**{field: left.pop(field) for field in group._fields if field in left})
        for name, group in groups.items()
    } | left


def _declared(hint: Any) -> Any:
    """A parameter's annotation as it was written: where its default is None, Python 3.10 makes it optional
    once more, around what it is annotated with (typing.get_type_hints).
    """
    if get_origin(hint) is Union:
        return next((each for each in get_args(hint) if get_origin(each) is Annotated), hint)
    return hint


def _is_group(hint: Any) -> bool:
    """Whether a parameter stands for several: a named tuple (:mod:`dashlint.cli.groups`)."""
    return isinstance(hint, type) and issubclass(hint, tuple)
