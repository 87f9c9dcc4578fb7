"""Where a finding is, as a code forge sees it: paths below the root of the repository, with slashes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePath

from dashlint.assets import Location
from dashlint.lint.repository import in_repository
from dashlint.records import NamedTuple


class Place(NamedTuple):
    """A file, and perhaps a line in it.

    ``path`` is relative to the root of the repository if the file is ``inside`` it, else absolute. For a file
    in a ZIP, ``path`` is the ZIP's, ``member`` the file's inside, and ``line`` and ``column`` are those of
    the member: a forge cannot show them. ``line`` and ``column`` count from 1, in characters.
    """

    path: str
    inside: bool
    member: str | None = None
    line: int | None = None
    column: int | None = None

    @property
    def shown(self) -> str:
        """For people: ``exports/a.yaml:12``, ``export.zip/charts/a.yaml:12``."""
        path = f"{self.path}/{self.member}" if self.member else self.path
        return f"{path}:{self.line}" if self.line is not None else path


def place_of(location: Location) -> Place | None:
    """The place of a finding or problem; None for what was read from a server."""
    if location.file is None:
        return None
    archive, member = _split_archive(location.file)
    path, inside = in_repository(archive)
    return Place(path, inside, member, location.line, location.column)


@lru_cache(maxsize=1 << 16)
def _split_archive(file: str) -> tuple[str, str | None]:
    """``export.zip/charts/a.yaml`` as the archive and the member."""
    parts = PurePath(file).parts
    for number, part in enumerate(parts[:-1], start=1):
        if part.lower().endswith(".zip"):
            return str(PurePath(*parts[:number])), PurePath(*parts[number:]).as_posix()
    return file, None
