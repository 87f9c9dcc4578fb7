"""``dashlint warm`` for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dashlint.report import warm_words as words
from dashlint.report.terminal import clean

if TYPE_CHECKING:
    from rich.console import Console

    from dashlint.warming.changed import Affected
    from dashlint.warming.model import WarmPlan

#: Entries that are shown unless all are asked for.
SHOWN = 10


def show(
    plan: WarmPlan,
    console: Console,
    *,
    changed: Affected | None = None,
    run: words.Outcome | None = None,
    verbose: bool = False,
) -> None:
    """Prints the plan, and what a run has done of it."""
    if changed is not None:
        _heading(console, "Changed tables")
        for line in words.changed(changed, plan):
            _line(console, line)
    if run is not None:
        _heading(console, "Done")
        _line(console, words.outcome(run))
        after = words.aftermath(run)
        if after is not None:
            _line(console, after)
        for one in run.failed:
            _line(console, f"{words.title(one.entry)}: {one.error}")
    if run is None or verbose:
        _entries(plan, console, verbose=verbose)
    _idle(plan, console)
    console.print()
    for note in (words.summary(plan), *plan.notes):
        _line(console, note, indent=0, style="dim")


def _entries(plan: WarmPlan, console: Console, *, verbose: bool) -> None:
    if not plan.entries:
        return
    _heading(console, "To warm, the most costly first")
    shown = plan.entries if verbose else plan.entries[:SHOWN]
    for number, entry in enumerate(shown, start=1):
        _line(console, words.title(entry), head=f"{number}.", style="bold")
        for text in (words.facts(entry), words.how(entry), *entry.notes):
            _line(console, text, head="")
    left = len(plan.entries) - len(shown)
    if left:
        _line(console, f"and {left} more: --verbose shows them", head="", style="dim")


def _idle(plan: WarmPlan, console: Console) -> None:
    if not plan.idle:
        return
    _heading(console, "Not warmed")
    for why, entries in words.reasons(plan.idle).items():
        _line(console, f"{', '.join(words.title(entry) for entry in entries)}: {why}")


def _heading(console: Console, text: str) -> None:
    from rich.rule import Rule
    from rich.text import Text

    console.print(Rule(Text(text, "bold"), align="left", characters="─", style="dim"))


def _line(console: Console, text: str, *, head: str | None = None, indent: int = 2, style: str = "") -> None:
    from rich.text import Text

    before = " " * indent + ("" if head is None else head.ljust(4))
    wrapped: Iterable[Text] = Text(clean(text), style).wrap(console, max(20, console.width - len(before) - 1))
    for number, line in enumerate(wrapped):
        line.rstrip()
        console.print(Text(before if number == 0 else " " * len(before), "cyan").append_text(line))
