"""The `dashlint` command: one file per subcommand; this one puts them together."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from dashlint import __version__
from dashlint.cli.demo import demo
from dashlint.cli.graph import graph
from dashlint.cli.rules import explain, rules
from dashlint.cli.scan import scan
from dashlint.cli.trace import trace

DEFECT = 70

app = typer.Typer(
    name="dashlint",
    help="Finds the Superset dashboards, filters and charts that cost memory and time, before users do.",
    no_args_is_help=True,
    add_completion=False,
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


for command in (scan, trace, graph, rules, explain, demo):
    app.command()(command)


def main() -> None:
    """Run the command line; the process ends with one of the documented exit codes.

    A defect of dashlint itself ends with 70 (EX_SOFTWARE of sysexits.h). Python's own 1 would say
    "there are findings", and a pipeline that tolerates findings would take a crash for a report.
    """
    try:
        app()
    except Exception:  # noqa: BLE001 the outermost place: whatever got here is a defect
        import traceback

        traceback.print_exc()
        typer.echo(
            "dashlint: this is a defect of dashlint, not of your dashboards: please report it", err=True
        )
        sys.exit(DEFECT)
