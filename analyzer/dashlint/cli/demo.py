"""``dashlint demo``: the bundled example, scanned."""

from __future__ import annotations

import sys
from pathlib import Path

from dashlint.cli import choices, inputs, options, servers
from dashlint.cli.errors import ExitCode, stop, told_plainly
from dashlint.cli.outputs import publish, read_output
from dashlint.cli.scan import run
from dashlint.lint.config import Config

#: In an installed wheel the example lies beside the package's modules; in a checkout, with the fixtures.
_PLACES = (
    Path(__file__).parent.parent / "_example",
    Path(__file__).parents[3] / "fixtures" / "exports",
)
_EXPORT = "harbour-and-pine"
#: The example's data end here: relative time ranges are those of this day.
_TODAY = "2026-11-21"


def example() -> tuple[Path, Path]:
    """The bundled export and the catalog of its warehouse."""
    for place in _PLACES:
        if (place / _EXPORT).is_dir():
            return place / _EXPORT, place / f"{_EXPORT}-catalog"
    return stop(
        "the bundled example is missing from this installation: install dashlint anew",
        ExitCode.NOTHING_USABLE,
    )


def demo(
    format: options.ReportFormat = "terminal",
    color: options.Color = "auto",
    persona: choices.Persona = None,
    pedantic: choices.Pedantic = False,
    profile: choices.Profile = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Scan the bundled example: a retailer's dashboards, and the catalog of its warehouse."""
    with told_plainly():
        wanted = read_output(format, color, quiet=quiet, verbose=verbose)
        export, catalog = example()
        config = choices.settled(Config(), choices.Choices(profile, persona, pedantic))
        report = run([export], servers.ServerOptions(), config, inputs.Facts((str(catalog),), today=_TODAY))
        publish(report, wanted)
        sys.exit(ExitCode.FINDINGS if report.findings else ExitCode.OK)
