"""Rows of a table of figures at a terminal, and what stands in their cells.

Laid out here: importing rich's tables takes as long as everything else that a report draws.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from dashlint.lint import amounts
from dashlint.report.lines import fold_text
from dashlint.report.lines import width as cells


def width(texts: Iterator[str]) -> int:
    """Cells that the widest line of some texts takes."""
    return max(cells(line) for text in texts for line in text.split("\n"))


def row_lines(
    row: Sequence[str],
    widths: Sequence[int],
    *,
    gap: str,
    right: Collection[int] = (),
    is_head: bool = False,
) -> Iterator[str]:
    """The lines of a row. Texts are folded where they are too long, never cut.

    Args:
        row: its cells.
        widths: of the columns, in cells of the terminal.
        gap: what stands between two columns.
        right: places of columns whose texts stand at the right.
        is_head: texts stand at the bottom of the row, on the rule below it; else at its top.
    """
    folded = [
        [line for text in cell.split("\n") for line in fold_text(text, room)]
        for cell, room in zip(row, widths, strict=True)
    ]
    height = max(map(len, folded))
    for line in range(height):
        parts = []
        for place, (lines, room) in enumerate(zip(folded, widths, strict=True)):
            at = line - (height - len(lines)) if is_head else line
            text = lines[at] if 0 <= at < len(lines) else ""
            space = " " * (room - cells(text))
            parts.append(space + text if place in right else text + space)
        yield gap.join(parts).rstrip()


def memory_cell(expected: int | None, upper: int | None) -> str:
    """``~24 MiB`` and, on a line of its own, ``≤ 310 MiB``; bytes, None where unknown."""
    if expected is None:
        return "unknown" if upper is None else f"≤ {amounts.size(upper)}"
    if upper is None or upper == expected:
        return f"~{amounts.size(expected)}"
    return f"~{amounts.size(expected)}\n≤ {amounts.size(upper)}"
