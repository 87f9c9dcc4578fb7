"""Runs the commands of the five-minute starts, so that what stands below them is what dashlint says.

``python docs/examples.py`` runs every ``console`` block that follows a line ``<!-- run -->`` and writes what
came out below each command; ``--check`` says which pages are out of date. Each page gets a git repository of
its own with the example: the exports in ``superset/``, the warehouse's catalog in ``warehouse/``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXPORTS = HERE.parent / "fixtures" / "exports"
#: Blocks to run, and the commands in them: from ``$`` to a line that does not end with a backslash.
BLOCK = re.compile(r"(?<=<!-- run -->\n)```console\n(.*?)```\n", re.DOTALL)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)$", re.MULTILINE)
#: Relative time ranges are those of this day: another day has other rows.
TODAY = "2026-11-27"
#: Takes the place of ``dashlint``. Only commands that know the option get the day.
SHIM = f"""#!/bin/sh
command="$1"; shift
case "$command" in
  scan|cost|diff|fix|baseline|trace) exec {sys.executable} -m dashlint "$command" --today {TODAY} "$@" ;;
  *) exec {sys.executable} -m dashlint "$command" "$@" ;;
esac
"""


def refreshed(page: Path, scratch: Path) -> str:
    """The text of a page with what its commands print now."""
    repository(scratch)
    return BLOCK.sub(lambda found: f"```console\n{run(found[1], scratch)}```\n", page.read_text("utf-8"))


def repository(folder: Path) -> None:
    """A git repository with exports and a catalog, on its branch main."""
    programs = folder.parent / "bin"
    programs.mkdir(exist_ok=True)
    shim = programs / "dashlint"
    shim.write_text(SHIM, "utf-8")
    shim.chmod(0o755)
    folder.mkdir()
    shutil.copytree(EXPORTS / "harbour-and-pine", folder / "superset")
    shutil.copytree(EXPORTS / "harbour-and-pine-catalog", folder / "warehouse")
    shell("git init -q -b main && git add . && git commit -q -m Exports", folder)


def run(block: str, folder: Path) -> str:
    """A block's commands, each with what it prints, as a terminal would show it."""
    parts = []
    for command in COMMAND.findall(block):
        printed = shell(command, folder)
        lines = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
        parts.append(f"$ {command}\n{lines}")
    return "".join(parts)


def shell(command: str, folder: Path) -> str:
    """What a command prints to both streams."""
    # The same commits each time, as their names are printed.
    what = {"NAME": "Ada", "EMAIL": "ada@example.com", "DATE": f"{TODAY}T09:00:00+0000"}
    person = {f"GIT_{who}_{key}": value for who in ("AUTHOR", "COMMITTER") for key, value in what.items()}
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DASHLINT_", "GIT_", "CI"))
    }
    path = f"{folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**kept, **person, "PATH": path, "COLUMNS": "80", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def main() -> int:
    """Writes the pages, or compares them; 1 if one is out of date and is still."""
    stale = []
    for page in sorted((HERE / "start").glob("*.md")):
        with tempfile.TemporaryDirectory() as scratch:
            text = refreshed(page, Path(scratch) / "work")
        if text != page.read_text("utf-8"):
            stale.append(page)
            if "--check" not in sys.argv:
                page.write_text(text, "utf-8")
    if "--check" not in sys.argv:
        return 0
    for page in stale:
        sys.stderr.write(f"{page.relative_to(HERE.parent)} is out of date: run `make docs`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
