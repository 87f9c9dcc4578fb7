"""The plan for a person at a terminal: what to do, in blocks, first things first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dashlint.lint.amounts import plural
from dashlint.lint.effort import Effort
from dashlint.lint.model import Severity
from dashlint.report import plan_words as words
from dashlint.report.actions import BLOCKS, Action, ActionPlan
from dashlint.report.model import Report
from dashlint.report.terminal import clean

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: Actions of a block, and statements of an action, that are shown before they are counted. What is broken is
#: always shown, and what one command does that nobody will see.
_SHOWN = 6
_SHOWN_STATEMENTS = 2
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold", Severity.INFO: "bold"}
_INDENT = "    "


def show(report: Report, plan: ActionPlan, console: Console, *, verbose: int = 0) -> None:
    """Prints the plan. ``verbose``: -1 one line per action, 0 usual, 1 everything."""
    if not plan.actions:
        console.print(_text((words.NO_PLAN, "dim")))
        return
    titles = {summary.uuid: summary.title for summary in report.dashboards}
    if verbose >= 0:
        for line in _wrapped(words.headline(report, plan), "", "bold", console):
            console.print(line)
    number = 0
    for block, actions in plan.blocks:
        if not actions:
            continue
        if verbose >= 0:
            console.print()
            console.print(_heading(block, console))
        hidden = 0
        for place, action in enumerate(actions):
            number += 1
            if verbose < 0:
                console.print(_line(number, block, action, titles), soft_wrap=True)
            elif verbose or place < _SHOWN or action.broken or action.effort is Effort.COMMAND:
                for line in _entry(number, action, titles, console, verbose=verbose):
                    # A command is copied as one line, however wide the terminal.
                    console.print(line, soft_wrap=True)
            else:
                hidden += 1
        if hidden:
            console.print(_text((f"{_INDENT}… and {plural(hidden, 'more action')} (-v shows all)", "dim")))


def _heading(block: str, console: Console) -> Text:
    text = _text((BLOCKS[block], "bold"), (f"  {words.ABOUT[block]} ", "dim"))
    text.append("─" * max(0, console.width - text.cell_len), "dim")
    return text


def _entry(
    number: int, action: Action, titles: dict[str, str], console: Console, *, verbose: int
) -> Iterator[Text]:
    style = _STYLES[action.severity]
    yield from _wrapped(words.sentence(action.what), f"{number:>2}. ", style, console)
    saving = words.saving(action, titles)
    if saving:
        yield from _wrapped(
            saving, _INDENT, "green" if action.saves and action.saves.bounded else "", console
        )
    yield from _wrapped(words.where(action, titles), _INDENT, "", console)
    if action.command:
        yield _text((f"{_INDENT}$ {clean(action.command)}", "cyan"))
    elif not action.statements:
        yield from _advice(action, console, verbose=verbose)
    shown = action.statements if verbose else action.statements[:_SHOWN_STATEMENTS]
    for statement in shown:
        yield from _wrapped(statement, _INDENT + "  ", "cyan", console)
    if len(action.statements) > len(shown):
        more = plural(len(action.statements) - len(shown), "more statement")
        yield _text((f"{_INDENT}  … and {more} (-v shows all)", "dim"))
    yield from _wrapped(words.grades(action), _INDENT, "dim", console)


def _advice(action: Action, console: Console, *, verbose: int) -> Iterator[Text]:
    advice = words.advice(action)
    for text in advice if verbose else advice[:1]:
        yield from _wrapped(text, _INDENT + "→ ", "", console)


def _line(number: int, block: str, action: Action, titles: dict[str, str]) -> Text:
    saving = words.saving(action, titles)
    return _text(
        (f"{BLOCKS[block]}: ", "dim"),
        (f"{number}. {clean(action.what)}", _STYLES[action.severity]),
        (clean(f" ({saving})") if saving else "", "green"),
        (clean(f": {action.command}") if action.command else "", "cyan"),
    )


def _wrapped(text: str, first: str, style: str, console: Console) -> Sequence[Text]:
    """Lines that fit the console, the first behind ``first``, the others as far in. Nothing is cut."""
    room = max(20, console.width - len(first))
    lines = []
    for number, line in enumerate(_text((clean(text), style)).wrap(console, room, overflow="fold")):
        line.rstrip()
        lines.append(_text((first if number == 0 else " " * len(first), style)).append_text(line))
    return lines


def _text(*parts: tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*parts)
