"""The typer application: help, and every call that :mod:`dashlint.cli.quick` leaves to it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Annotated, Any, cast

import typer

from dashlint import __version__
from dashlint.cli import catalog
from dashlint.cli.commands import Commands
from dashlint.cli.declare import Option, grouped, parameters
from dashlint.cli.examples import epilog
from dashlint.cli.quick import COMMANDS, command_named

app = typer.Typer(
    name="dashlint",
    cls=Commands,
    help="Finds the Superset dashboards, filters and charts that cost memory and time, before users do.",
    epilog=epilog(""),
    no_args_is_help=True,
    add_completion=True,
    context_settings={"help_option_names": ["--help", "-h"]},
    # A traceback of ours is a bug report: it stays plain text, without the values of local variables.
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dashlint {__version__}")
        raise typer.Exit


@app.callback()
def dashlint(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    """A static analyzer for Apache Superset."""


def for_typer(command: FunctionType) -> Callable[..., None]:
    """The command with its declarations as typer wants them."""
    hints: dict[str, Any] = {}
    for name, (kind, declared) in parameters(command).items():
        if isinstance(declared, Option):
            hints[name] = Annotated[kind, typer.Option(*declared.names, **declared.details)]
        else:
            hints[name] = Annotated[kind, typer.Argument(**declared.details)]

    def called(**arguments: Any) -> None:
        command(**grouped(command, arguments))

    given: dict[str, Any] = {}
    for name, parameter in inspect.signature(command).parameters.items():
        if isinstance(parameter.default, tuple):
            given |= {name: getattr(parameter.default, name) for name in parameters(type(parameter.default))}
        else:
            given[name] = parameter.default
    called.__name__ = command.__name__
    called.__doc__ = _flowing(command.__doc__ or "")
    called.__annotations__ = hints
    vars(called)["__signature__"] = inspect.Signature(
        [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=given[name],
                annotation=hint,
            )
            for name, hint in hints.items()
        ]
    )
    return called


def _flowing(text: str) -> str:
    """A docstring whose paragraphs are one line each: they are as wide as the terminal, not as our source."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n"))


for _name in COMMANDS:
    app.command(_name, epilog=epilog(_name))(for_typer(command_named(_name)))

_catalog = typer.Typer(help="Catalogs of the warehouse: what is known of its tables.", no_args_is_help=True)
_catalog.command("snapshot", epilog=epilog("catalog snapshot"))(
    for_typer(cast("FunctionType", catalog.snapshot))
)
app.add_typer(_catalog, name="catalog")
