"""A fleet for a person at a terminal: a row per workspace, then the findings that are new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dashlint.fleet.overview import Overview
from dashlint.lint.amounts import plural
from dashlint.report import fleet_words as words
from dashlint.report.rows import row_lines, width
from dashlint.report.terminal import clean

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_GAP = "  "
#: New findings that are written out before they are counted.
_SHOWN = 10
_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
#: Places of the columns that hold figures, which stand at the right.
_FIGURES = (1, 2, 3, 5)


def show(shown: Overview, console: Console, *, verbose: bool = False) -> None:
    """Prints a run. With ``verbose``, every new finding."""
    from rich.text import Text

    for line in _table(
        [words.HEAD, *(words.cells(result, shown, clean) for result in shown.results)], console
    ):
        console.print(line, soft_wrap=True)
    new = list(shown.new())
    if new:
        console.print()
        console.print(Text(f"New since the last run: {plural(len(new), 'finding')}", "bold"))
        for workspace, finding in new if verbose else new[:_SHOWN]:
            head = Text(f"  {finding.severity:7}", _STYLES.get(finding.severity, ""))
            text = f" {finding.rule} {clean(workspace)}: {finding.kind} “{clean(finding.name)}”: "
            console.print(head.append(text + clean(finding.message), ""))
        if len(new) > _SHOWN and not verbose:
            console.print(Text(f"  … and {len(new) - _SHOWN} more (-v shows all)", "dim"))
    console.print()
    for number, said in enumerate(words.closing(shown)):
        console.print(Text(said, "bold" if number == 1 else "dim"))


def _table(rows: Sequence[Sequence[str]], console: Console) -> Iterator[Text]:
    """The rows, line by line; the first is the head."""
    from rich.text import Text

    whole = [row for row in rows if len(row) == len(words.HEAD)]
    widths = [width(row[place] for row in whole) for place in range(len(words.HEAD))]
    widths[0] = max(widths[0], width(row[0] for row in rows))
    room = console.width - sum(widths[i] for i in _FIGURES) - len(_GAP) * (len(widths) - 1)
    widths[4] = min(widths[4], max(len("and its charts"), room - widths[0]))
    widths[0] = min(widths[0], max(len("Workspace"), room - widths[4]))
    for number, row in enumerate(rows):
        # A workspace that was not scanned has one text instead of figures.
        is_whole = len(row) == len(widths)
        wide = widths if is_whole else [widths[0], console.width - widths[0] - len(_GAP)]
        style = "bold" if number == 0 else "" if is_whole else "dim" if row[-1] == "waiting" else "red"
        right = _FIGURES if is_whole else ()
        for line in row_lines(row, wide, gap=_GAP, right=right, is_head=number == 0):
            yield Text(line, style)
        if number == 0:
            yield Text("─" * min(console.width, sum(widths) + len(_GAP) * (len(widths) - 1)))
