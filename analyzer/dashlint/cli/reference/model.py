"""Commands, arguments and options as plain values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dashlint.cli.examples import EXAMPLES

#: Where options stand that were given no panel, and the arguments.
GENERAL = "Options"


class Parameter(NamedTuple):
    """An argument or option. ``names`` is empty for an argument; ``value`` is what follows an option."""

    names: tuple[str, ...]
    value: str
    help: str
    default: str
    variable: str
    repeatable: bool
    required: bool


class Command(NamedTuple):
    """A command. ``words`` is what is typed: ``dashlint catalog snapshot``.

    ``summary`` is one sentence, ``paragraphs`` say more; ``panels`` are options by heading, in the order of
    the help. ``examples`` are what is typed and what for.
    """

    words: str
    summary: str
    paragraphs: tuple[str, ...]
    arguments: tuple[Parameter, ...]
    panels: Mapping[str, tuple[Parameter, ...]]
    examples: tuple[tuple[str, str], ...]

    @property
    def usage(self) -> str:
        named = [f" {p.value}" if p.required else f" [{p.value}]" for p in self.arguments]
        return f"{self.words} [OPTIONS]{''.join(named)}"


def commands() -> list[Command]:
    """Every command that is not hidden, in the order of the help."""
    import typer.main

    from dashlint.cli.app import app

    return list(_below(typer.main.get_command(app), "dashlint"))


def _below(group: Any, words: str) -> Iterator[Command]:
    for name, command in group.commands.items():
        if command.hidden:
            continue
        own = f"{words} {name}"
        if hasattr(command, "commands"):
            yield from _below(command, own)
        else:
            yield _command(command, own)


def _command(command: Any, words: str) -> Command:
    summary, *paragraphs = [" ".join(part.split()) for part in (command.help or "").split("\n\n")]
    arguments: list[Parameter] = []
    panels: dict[str, list[Parameter]] = {}
    for parameter in [
        *command.params,
        command.get_help_option(command.make_context(words, [], resilient_parsing=True)),
    ]:
        if parameter.hidden:
            continue
        described = _parameter(parameter)
        if described.names:
            panels.setdefault(parameter.rich_help_panel or GENERAL, []).append(described)
        else:
            arguments.append(described)
    return Command(
        words,
        summary,
        tuple(paragraphs),
        tuple(arguments),
        {panel: tuple(members) for panel, members in panels.items()},
        EXAMPLES.get(words.partition(" ")[2], ()),
    )


def _parameter(parameter: Any) -> Parameter:
    is_option = parameter.param_type_name == "option"
    several = bool(parameter.multiple or parameter.nargs != 1)
    value = "" if is_option and parameter.is_flag else _value(parameter)
    return Parameter(
        names=(*parameter.opts, *parameter.secondary_opts) if is_option else (),
        value=f"{value}..." if several and not is_option else value,
        help=" ".join((parameter.help or "").split()),
        default=_default(parameter) if is_option else "",
        variable=parameter.envvar if isinstance(parameter.envvar, str) else "",
        repeatable=bool(several and is_option),
        required=bool(parameter.required),
    )


def _value(parameter: Any) -> str:
    if parameter.metavar:
        return str(parameter.metavar)
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    return re.sub(r"\W+", "_", str(parameter.type.name)).upper()


def _default(parameter: Any) -> str:
    """What holds where the option is not given; empty where there is nothing to say."""
    default = parameter.default
    if default is None or parameter.show_default is False or isinstance(default, (list, tuple)):
        return ""
    if parameter.is_flag:
        # Of a pair of names, the one that stands for what holds; a flag that is off goes without saying.
        return (
            str((parameter.opts if default else parameter.secondary_opts or [""])[0])
            if parameter.secondary_opts
            else ""
        )
    return f"{default:g}" if isinstance(default, float) else str(default)


def mentioned(texts: Iterable[str]) -> set[str]:
    """The variables of the environment that texts name."""
    return {name for text in texts for name in re.findall(r"DASHLINT_[A-Z_]*[A-Z]", text)}
