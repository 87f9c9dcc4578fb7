"""Lines for a terminal are laid out as rich would, and are the same with colours and without."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from dashlint.report.lines import Piece, fold, fold_text, plain, shorten, width
from dashlint.report.screen import console_screen, text_screen

#: Narrow and wide letters, marks that take no room, blanks of several kinds.
TEXTS = st.text(alphabet="ab.é–“”表示가̀\u200b \u00a0", max_size=60)
#: What people write in the usual case, where no line is cut by rich.
WORDS = st.text(alphabet="abcxyz,.-_ ", max_size=120)
ROOMS = st.integers(min_value=2, max_value=40)
CONSOLE = Console(file=io.StringIO(), width=80)


def by_rich(text: str, room: int) -> list[str]:
    return [line.plain for line in Text(text).wrap(CONSOLE, room, overflow="fold")]


@given(WORDS, ROOMS)
def test_a_text_is_folded_as_rich_folds_it(text: str, room: int) -> None:
    assert [plain(line) for line in fold([Piece(text)], room)] == by_rich(text, room)


@given(TEXTS, ROOMS)
def test_so_it_is_in_any_script_but_for_blanks_at_the_ends(text: str, room: int) -> None:
    assert fold_text(text, room) == [line.rstrip() for line in by_rich(text, room)]


@given(TEXTS, ROOMS)
def test_nothing_is_lost_and_no_line_is_too_long(text: str, room: int) -> None:
    lines = fold_text(text, room)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line) <= room for line in lines)


@given(TEXTS, ROOMS)
def test_a_title_is_shortened_as_rich_shortens_it(text: str, room: int) -> None:
    title = Text(text)
    title.truncate(room, overflow="ellipsis")
    assert shorten(text, room) == title.plain


@given(st.lists(st.tuples(WORDS, st.sampled_from(["", "bold", "red"])), max_size=5), ROOMS)
def test_folding_keeps_the_style_of_every_character(parts: list[tuple[str, str]], room: int) -> None:
    pieces = [Piece(text, style) for text, style in parts]
    before = [(c, piece.style) for piece in pieces for c in piece.text if c != " "]
    after = [
        (c, piece.style) for line in fold(pieces, room) for piece in line for c in piece.text if c != " "
    ]
    assert after == before


@pytest.mark.parametrize("columns", [5, 11, 80])
def test_a_screen_shows_the_same_text_with_colours_and_without(columns: int) -> None:
    link = "https://example.com/"
    pieces = [
        Piece("warning ", "yellow"),
        Piece("DL301", "bold", link),
        Piece(" asks for all rows"),
    ]
    file, colourful = io.StringIO(), io.StringIO()
    console = Console(file=colourful, width=columns, force_terminal=True, color_system="standard")
    without = Console(file=io.StringIO(), width=columns)
    for screen in (text_screen(file, columns), console_screen(console), console_screen(without)):
        screen.show(*pieces)
        screen.show()
        screen.draw(pieces)
    assert "\x1b[33mwarn" in colourful.getvalue()
    assert link in colourful.getvalue()
    assert without.file.getvalue() == file.getvalue()  # type: ignore[attr-defined]
    assert Text.from_ansi(colourful.getvalue()).plain.rstrip("\n") == file.getvalue().rstrip("\n")


def test_a_text_is_as_wide_as_the_terminal_that_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def terminal(stream: int) -> os.terminal_size:
        if stream != 2:
            raise OSError("redirected")
        return os.terminal_size((61, 20))

    def none(stream: int) -> os.terminal_size:
        raise OSError(f"{stream} is no terminal")

    for wanted, ask, expected in (("47", terminal, 47), ("wide", terminal, 61), ("", none, 80)):
        monkeypatch.setenv("COLUMNS", wanted)
        monkeypatch.setattr("os.get_terminal_size", ask)
        assert text_screen(io.StringIO()).width == expected == Console(file=io.StringIO()).width
