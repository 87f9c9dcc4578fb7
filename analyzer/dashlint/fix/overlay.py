"""Files as they are after the edits made so far, of which nothing is on disk yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dashlint.assets import Problem
from dashlint.sources.archive import Archive, Files
from dashlint.sources.folder import Folder


@dataclass
class Place:
    """A file of the input: where it is, what it held, and what it holds now."""

    files: Files
    path: str
    original: bytes
    data: bytes

    @property
    def on_disk(self) -> str | None:
        """Where the file is; None for a file in a ZIP."""
        return self.files.on_disk(self.path) if isinstance(self.files, Folder) else None

    @property
    def archive(self) -> str | None:
        """The ZIP that holds the file; None for a file in a folder."""
        return self.files.on_disk if isinstance(self.files, Archive) else None


@dataclass
class Places:
    """All files that were read, by the path that people see."""

    by_name: dict[str, Place] = field(default_factory=dict)

    def changed(self) -> list[tuple[str, Place]]:
        """Those that hold something else now, in the order in which they were read."""
        return [(name, place) for name, place in self.by_name.items() if place.data != place.original]


class Overlay:
    """A place with files, as :class:`~dashlint.sources.archive.Files`, with the edits laid over it.

    Made anew for every reading: what is remembered of a place goes by its identity.
    """

    def __init__(self, files: Files, places: Places) -> None:
        self.name = files.name
        self._files = files
        self._places = places

    def paths(self, problems: list[Problem]) -> Iterator[str]:
        return self._files.paths(problems)

    def shown(self, path: str) -> str:
        return self._files.shown(path)

    def read(self, path: str) -> bytes:
        name = self._files.shown(path)
        place = self._places.by_name.get(name)
        if place is None or place.files is not self._files or place.path != path:
            data = self._files.read(path)
            if place is not None:
                return data  # another file that looks the same to people: it is read, and never edited
            place = Place(self._files, path, data, data)
            self._places.by_name[name] = place
        return place.data
