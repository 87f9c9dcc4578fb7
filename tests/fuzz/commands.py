"""Every command that reads exports and writes nothing beside them, run in this process as a person would.

However odd an export is, a command ends with an exit code of its own and without a traceback, no rule fails,
and what calls itself JSON is JSON.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from dashlint.cli import quick
from dashlint.cli.declare import grouped

#: What is known of the tables that most datasets of these exports name.
CATALOG = {
    "version": 1,
    "engine": "postgresql",
    "tables": [
        {
            "name": name,
            "schema": schema,
            "rows": 5_000_000,
            "bytes": 1_000_000_000,
            "columns": [
                {
                    "name": "ds",
                    "type": "DATE",
                    "distinct": 900,
                    "minimum": "2020-01-01",
                    "maximum": "2026-01-01",
                },
                {
                    "name": "amount",
                    "type": "BIGINT",
                    "histogram": ["0", "10", "500", "100000"],
                    "distinct": -1,
                },
                {"name": "country", "type": "TEXT", "common": [["DE", 0.5], ["FR", 0.25]], "distinct": 12},
            ],
            "indexes": [{"name": "by_day", "columns": ["ds"]}],
        }
        for schema in ("sales", "public", None)
        for name in ("orders", "customers")
    ],
}
#: `{}` stands for the export, `{other}` for another one, `{catalog}` for the catalog. All end with one of
#: these codes: nothing found, findings, no dashboard for a command about dashboards, nothing usable.
CODES = (0, 1, 2, 3)
CALLS = (
    "scan {} --today 2026-01-05",
    "scan {} --today 2026-01-05 --verbose --persona pedantic --plan",
    *(
        f"scan {{}} --today 2026-01-05 --persona pedantic --format {name}"
        for name in ("json", "sarif", "github", "gitlab", "junit", "markdown", "html")
    ),
    "scan {} --today 2026-01-05 --plan --format json",
    "scan {} --today 2026-01-05 --superset-version 4.1 --format json",
    "scan {} --today 2026-01-05 --setting DASHBOARD_VIRTUALIZATION=False --superset-version 5.0 --quiet",
    "scan {} --today 2026-01-05 --catalog {catalog} --persona pedantic --format json",
    "cost {} --today 2026-01-05 --catalog {catalog} --format json",
    "warm {} --today 2026-01-05 --catalog {catalog} --format json",
    "cost {} --today 2026-01-05 --verbose",
    "cost {} --today 2026-01-05 --format json",
    "trace {} --today 2026-01-05 --event all",
    "trace {} --today 2026-01-05 --event all --format json",
    *(f"graph {{}} --cross-filters --format {name}" for name in ("json", "dot", "mermaid", "svg")),
    "diff {other} {} --today 2026-01-05 --format json",
    "diff {} {other} --today 2026-01-05",
    "diff {} {other} --today 2026-01-05 --format markdown",
    "fix {} --today 2026-01-05 --diff --unsafe",
    "fix {} --today 2026-01-05 --dry-run",
    "baseline {} --today 2026-01-05 -o baseline.json",
    "warm {} --today 2026-01-05 --format json",
    "capacity {} --today 2026-01-05 --viewers 5 --format json",
    "config {}",
)


class Outcome(NamedTuple):
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str


def run(words: list[str]) -> Outcome:
    """Runs a command line that :mod:`dashlint.cli.quick` understands, or else typer."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="replace"), io.StringIO()
    code: Any = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            call = quick.understand(words)
            if call is not None:
                call.command(**grouped(call.command, call.arguments))
            else:
                from dashlint.cli.app import app

                app(words)
        except SystemExit as ended:
            code = ended.code or 0
        finally:
            gc.unfreeze()  # a process reads one export, and keeps it; this one reads thousands
    out.flush()
    written = out.buffer
    assert isinstance(written, io.BytesIO)
    return Outcome(int(code), written.getvalue().decode(), err.getvalue())


def check(line: str, export: Path, other: Path) -> Outcome:
    """Runs one of ``CALLS`` in an empty folder beside the exports, and looks at how it ends."""
    catalog = export.parent / "catalog.json"
    catalog.write_text(json.dumps(CATALOG))
    words = [word.format(export, other=other, catalog=catalog) for word in line.split()]
    before = Path.cwd()
    folder = export.parent / "empty"
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    try:
        outcome = run(words)
    finally:
        os.chdir(before)
    told = outcome.stdout + outcome.stderr
    assert outcome.code in CODES, f"{line} ends with {outcome.code}: {outcome.stderr[:500]}"
    assert "please report it" not in told, told[max(0, told.find("please report it") - 300) :][:400]
    assert "Traceback" not in outcome.stderr
    if outcome.code >= 2:
        assert outcome.stdout == ""
        assert outcome.stderr.startswith("dashlint: error: ")
        assert outcome.stderr.count("\n") == 1
    elif line.endswith(("--format json", "--format sarif", "--format gitlab")):
        json.loads(outcome.stdout, parse_constant=_no_number)
    return outcome


def _no_number(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")
