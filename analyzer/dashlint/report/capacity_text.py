"""``dashlint capacity`` for a person at a terminal, and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashlint.report import markdown_text
from dashlint.report.capacity_words import notes, sections
from dashlint.report.terminal import clean

if TYPE_CHECKING:
    from rich.console import Console

    from dashlint.analysis import Analysis
    from dashlint.capacity.plan import CapacityPlan

#: The widest label is "metadata connections".
_LABEL = 21
_NUMBER = 3


def show(plan: CapacityPlan, analysis: Analysis, console: Console, *, verbose: bool = False) -> None:
    """Prints the plan."""
    from rich.rule import Rule
    from rich.text import Text

    for section in sections(plan, verbose=verbose):
        console.print(Rule(Text(section.title, "bold"), align="left", characters="─", style="dim"))
        numbered = section.lines and section.lines[0][0] in ("1.", "")
        width = _NUMBER if numbered else max(12, *(len(label) + 1 for label, _ in section.lines))
        for label, text in section.lines:
            wrapped = Text(clean(text)).wrap(console, max(20, console.width - width - 2))
            for number, line in enumerate(wrapped):
                line.rstrip()
                head = (label if number == 0 else "").ljust(width)
                console.print(Text("  " + head, "cyan").append_text(line))
        console.print()
    for note in notes(plan, analysis):
        console.print(Text(clean(note), "dim"))


def markdown(plan: CapacityPlan, analysis: Analysis, *, verbose: bool = False) -> str:
    """The same for a ticket or a pull request."""
    parts = ["# Capacity\n"]
    for section in sections(plan, verbose=verbose):
        parts.append(f"## {section.title}\n")
        if section.lines[0][0] in ("1.", ""):
            parts += [f"{label} {markdown_text.inline(text)}".strip() for label, text in section.lines]
        else:
            parts += ["| | |", "|---|---|"]
            parts += [f"| {label} | {markdown_text.inline(text)} |" for label, text in section.lines]
        parts.append("")
    parts += [markdown_text.inline(note) for note in notes(plan, analysis)]
    return "\n".join(parts) + "\n"
