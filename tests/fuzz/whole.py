"""Whole exports under commands: one run of it, for tests that choose by Hypothesis or by bytes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import commands
from tests.fuzz.workspaces import Export, as_bytes, pack, workspaces, write

exports = workspaces()
calls = st.lists(st.sampled_from(commands.CALLS), min_size=1, max_size=4)
places = st.sampled_from(("folder", "ZIP"))


def encoded(export: Export) -> dict[str, bytes]:
    """The files as they lie on a disk."""
    return {path: as_bytes(content) for path, content in export.items()}


def run(folder: Path, export: Export, other: Export, lines: list[str], place: str) -> None:
    """Writes both exports below a folder, and runs commands on them."""
    files = encoded(export)
    read = pack(folder / "export.zip", files) if place == "ZIP" else write(folder / "export", files)
    write(folder / "other", encoded(other))
    for line in lines:
        commands.check(line, read, folder / "other")


@cache
def _by_bytes() -> tuple[list[Path], Callable[[bytes], bytes | None]]:
    here: list[Path] = []

    @given(exports, exports, calls, places)
    @settings(database=None, suppress_health_check=list(HealthCheck))
    def one(export: Export, other: Export, lines: list[str], place: str) -> None:
        run(here[0], export, other, lines, place)

    return here, one.hypothesis.fuzz_one_input  # type: ignore[attr-defined]


def ended(data: bytes, folder: Path) -> None:
    """One run, chosen by bytes; too few of them are none."""
    here, by_bytes = _by_bytes()
    here[:] = [folder]
    by_bytes(data)
