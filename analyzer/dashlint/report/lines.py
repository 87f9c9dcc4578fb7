"""Lines for a terminal, laid out before anything draws them: pieces of text, each with a style.

Where nobody sees colours, a line is its text, and rich, whose console takes as long to import as many a scan
takes, is not needed. Where somebody does, :mod:`dashlint.report.screen` hands the same lines to rich.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dashlint.records import NamedTuple


class Piece(NamedTuple):
    """A text without line ends, its style as rich writes it (``bold red``), and where it leads to."""

    text: str
    style: str = ""
    link: str | None = None


#: Pieces that stand side by side.
Line = Sequence[Piece]


def plain(line: Line) -> str:
    """The text of a line."""
    return "".join(piece.text for piece in line)


def width(text: str) -> int:
    """Cells of the terminal that a text without line ends takes: two for most of what Asia writes."""
    from rich.cells import cell_len

    return cell_len(text)


def fold(line: Line, room: int) -> list[Line]:
    """A line as lines of at most ``room`` cells, broken between words, and inside those that are too long.

    Nothing is cut but blanks at the end of a line that is too long with them.
    """
    return [_part(line, start, end) for start, end in _lines_in(plain(line), room)]


def fold_text(text: str, room: int) -> list[str]:
    """The same for a text. Without the blanks at the ends of lines."""
    return [text[start:end].rstrip() for start, end in _lines_in(text, room)]


def shorten(text: str, room: int) -> str:
    """A text that takes at most ``room`` cells, with an ellipsis where something is left out."""
    if width(text) <= room:
        return text
    from rich.cells import set_cell_size

    return set_cell_size(text, room - 1) + "…"


def _lines_in(text: str, room: int) -> Iterator[tuple[int, int]]:
    """Where each line of a text begins and ends, in characters."""
    if width(text) <= room:
        yield 0, len(text)
        return
    starts = [0, *(start for start in _breaks(text, room) if start)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        while end > start and text[end - 1].isspace() and width(text[start:end]) > room:
            end -= 1  # noqa: PLW2901
        yield start, end


def _breaks(text: str, room: int) -> Iterator[int]:
    """Where lines begin; the blanks behind a word belong to its line."""
    from rich.cells import chop_cells

    used = 0
    for found in re.finditer(r"\s*\S+\s*", text):
        word, start = found[0], found.start()
        bare = width(word.rstrip())
        if bare <= room - used:
            used += width(word)
        elif bare <= room:
            yield start
            used = width(word)
        else:
            for chunk in chop_cells(word, room):
                yield start
                start += len(chunk)
                used = width(chunk)


def _part(line: Line, start: int, end: int) -> Line:
    """What stands between two places of a line."""
    found = []
    at = 0
    for piece in line:
        text = piece.text[max(0, start - at) : max(0, end - at)]
        if text:
            found.append(piece._replace(text=text))
        at += len(piece.text)
    return found
