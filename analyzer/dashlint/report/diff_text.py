"""A comparison for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.lint.amounts import plural
from dashlint.lint.model import Finding, Severity
from dashlint.report import diff_words as words
from dashlint.report.diff import DashboardChange, Diff
from dashlint.report.text import visible

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def show(diff: Diff, console: Console) -> None:
    """Prints the headline, what moved of each changed dashboard, and new and fixed findings."""
    console.print(words.headline(diff, lambda name: f"“{visible(name)}”"), style="bold")
    for change in (c for c in diff.dashboards if c.moved):
        console.print()
        for number, line in enumerate(_dashboard(change)):
            console.print(line, style="bold" if number == 0 else "")
    _list(console, "New", diff.new, advice=True)
    _list(console, "Fixed", diff.fixed, advice=False)
    console.print()
    said = f"{len(diff.new)} new, {len(diff.fixed)} fixed, {diff.unchanged} as before"
    console.print(f"{said} · {visible(diff.base)} → {visible(diff.head)}")
    for sentence in (words.unmoved(diff, visible), words.certainty(diff)):
        if sentence:
            console.print(sentence, style="dim")


def _dashboard(change: DashboardChange) -> Iterator[str]:
    before, after = change.before, change.after
    state = " (new)" if before is None else " (deleted)" if after is None else ""
    yield visible(change.summary.title) + state
    yield f"  cold load   {words.memory_cell(change, change.load)}"
    charts = words.counted(*(s.charts_on_load if s is not None else None for s in (before, after)))
    queries = words.counted(*(s.queries_on_load if s is not None else None for s in (before, after)))
    yield f"  on load     {charts} charts, {queries} queries"
    if any(s is not None and s.widest_filter for s in (before, after)):
        memory = words.memory_cell(change, change.filter)
        yield f"  filter      {words.filter_cell(change, visible)} queries, {memory}"


def _list(console: Console, title: str, findings: tuple[Finding, ...], *, advice: bool) -> None:
    if not findings:
        return
    from rich.text import Text

    console.print()
    console.print(f"{title}: {plural(len(findings), 'finding')}", style="bold")
    for finding in findings:
        line = f"{finding.rule} {visible(finding.asset.name)}: {visible(finding.message)}"
        if advice and finding.advice:
            line += f" → {visible(finding.advice)}"
        text = Text("  " + finding.severity.value, _STYLES[finding.severity] if advice else "dim")
        console.print(text.append(" " + line, ""))
