"""Where the lines of a report go: to a terminal, with colours and links, or as mere text."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from dashlint.records import NamedTuple
from dashlint.report.lines import Line, Piece, fold, plain

if TYPE_CHECKING:
    from rich.console import Console

#: Columns where there is no terminal to ask.
_COLUMNS = 80


class Screen(NamedTuple):
    """Takes lines.

    Args:
        width: cells in a line.
        draw: writes a line as it is.
        is_terminal: somebody sees it as it is written. Logs of CI systems would show a link's marks.
    """

    width: int
    draw: Callable[[Line], None]
    is_terminal: bool = False

    def show(self, *pieces: Piece) -> None:
        """Writes a line, on several where it is too long."""
        for line in fold(pieces, self.width):
            self.draw(line)


def text_screen(file: TextIO, columns: int | None = None) -> Screen:
    """Writes into a file or pipe, without any style.

    Args:
        file: takes the text.
        columns: its width; that of the nearest terminal unless given.
    """

    def draw(line: Line) -> None:
        file.write(plain(line) + "\n")

    return Screen(columns or _columns(), draw)


def console_screen(console: Console) -> Screen:
    """Has rich draw the lines."""
    from rich.style import Style
    from rich.text import Text

    def styled(piece: Piece) -> Text:
        style = Style.parse(piece.style)
        return Text(piece.text, style.update_link(piece.link) if piece.link else style)

    def draw(line: Line) -> None:
        console.print(Text.assemble(*map(styled, line)), soft_wrap=True)

    return Screen(console.width, draw, console.file.isatty())


def _columns() -> int:
    """Columns that a person wants, or those of the terminal that started this, as rich counts them."""
    wanted = os.environ.get("COLUMNS", "")
    if wanted.isdigit() and int(wanted):
        return int(wanted)
    for stream in (0, 1, 2):
        try:
            return os.get_terminal_size(stream).columns or _COLUMNS
        except OSError:
            continue
    return _COLUMNS
