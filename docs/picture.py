"""Draws the README's picture: a real run on one dashboard of the bundled example.

``python docs/picture.py`` writes ``docs/scan.svg``; ``--check`` says whether it is out of date.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

from rich.console import Console

from dashlint.cli.demo import example
from dashlint.cli.inputs import Facts
from dashlint.cli.scan import run
from dashlint.cli.servers import ServerOptions
from dashlint.lint.config import Config
from dashlint.report.screen import console_screen
from dashlint.report.terminal import show

PICTURE = Path(__file__).resolve().with_name("scan.svg")
DASHBOARD = "dashboards/Finance_control_13.yaml"


def draw() -> str:
    """The SVG of what `dashlint scan` prints about one dashboard."""
    export, catalog = example()
    # Paths as a person in the example's folder would see them.
    os.chdir(export)
    report = run([Path(DASHBOARD)], ServerOptions(), Config(), Facts((catalog,)))
    console = Console(
        record=True, width=96, file=io.StringIO(), force_terminal=True, color_system="truecolor",
        markup=False, highlight=False,
    )  # fmt: skip
    console.print(
        f"$ dashlint scan {DASHBOARD} --catalog schema.sql --catalog statistics.json\n", style="bold"
    )
    show(report, console_screen(console))
    # A fixed id: rich would draw a new one for every picture, and every run would be a change.
    return console.export_svg(title="dashlint", unique_id="dashlint")


def main() -> int:
    """Writes the picture, or compares it."""
    drawn = draw()
    if "--check" in sys.argv:
        current = PICTURE.read_text(encoding="utf-8") if PICTURE.exists() else ""
        if current != drawn:
            sys.stderr.write("docs/scan.svg is out of date: run `make readme-picture`\n")
            return 1
        return 0
    PICTURE.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
