"""What reports of a fleet have in common: the cells of a row, and the last lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dashlint.fleet.model import DONE, FAILED, Load, Result
from dashlint.fleet.overview import Overview
from dashlint.lint.amounts import plural
from dashlint.report.rows import memory_cell

HEAD = (
    "Workspace",
    "Dashboards\nand charts",
    "Errors/\nwarn/info",
    "Heaviest\ncold load",
    "Widest filter\nand its charts",
    "Since the\nlast run",
)


def cells(result: Result, shown: Overview, clean: Callable[[str], str]) -> tuple[str, ...]:
    """A workspace's row; of one that is not done, its name and why."""
    if result.state != DONE or result.figures is None:
        failed = result.state == FAILED and result.failure is not None
        why = f"not scanned: {result.failure.kind}" if failed and result.failure else "waiting"
        return clean(result.workspace), why
    figures = result.figures
    return (
        clean(result.workspace),
        f"{figures.dashboards:,}, {figures.charts:,}",
        f"{figures.errors}/{figures.warnings}/{figures.infos}",
        load(figures.heaviest),
        f"{clean(figures.widest.name)}: {figures.widest.charts}" if figures.widest is not None else "–",
        change(result) if shown.kept is not None else "–",
    )


def load(heaviest: Load | None) -> str:
    """The memory of a load, as :func:`dashlint.report.rows.memory_cell` writes it."""
    return "unknown" if heaviest is None else memory_cell(heaviest.expected, heaviest.upper)


def change(result: Result) -> str:
    """``+2 -1``, ``as before``, or ``first run``."""
    if result.change is None:
        return "first run"
    if not result.change.new and not result.change.fixed:
        return "as before"
    return f"+{result.change.new} -{result.change.fixed}"


def closing(shown: Overview) -> Iterator[str]:
    """How much was done, what was found, and where it is kept."""
    everything = f"{len(shown.done)} of {plural(len(shown.results), 'workspace')} scanned"
    if shown.failed:
        everything += f", {len(shown.failed)} not"
    if shown.waiting:
        everything += f", {shown.waiting} waiting"
    counted = (plural(shown.counted(f"{noun}s"), noun) for noun in ("dashboard", "chart"))
    yield f"{everything} · {' · '.join(counted)}"
    found = [plural(shown.counted(f"{noun}s"), noun) for noun in ("error", "warning")]
    line = ", ".join([*found, f"{shown.counted('infos')} info"])
    changes = [result.change for result in shown.done if result.change is not None]
    if changes:
        line += f" · {sum(c.new for c in changes)} new, {sum(c.fixed for c in changes)} fixed, "
        line += f"{sum(c.remaining for c in changes)} as before"
    yield line
    kept = f", kept in {shown.kept}" if shown.kept is not None else ""
    yield f"run {shown.run.id}{kept}"
