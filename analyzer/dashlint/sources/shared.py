"""Several processes read one place at the same time, each its share, and tell each other what it says.

Every process still goes through all files, as one that is alone would, so that nothing depends on who has
parsed what: what another process has told counts for a file whose bytes are the same. Where nobody has told,
the file is parsed here. What is told is what :mod:`dashlint.sources.parsed_cache` keeps between runs, the
contents of plain files. The rest (broken files, templates, other encodings) is looked at by every process.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from dashlint.assets import Problem
from dashlint.sources.archive import Files
from dashlint.sources.folder import Folder
from dashlint.sources.parsed_cache import Entry


class Crew(Protocol):
    """This process and the others."""

    def begin(self, files: int) -> tuple[int, int] | None:
        """This process's number, from 0, and how many there are; None to read so many files alone."""

    def exchange(self, said: bytes) -> Sequence[bytes]:
        """Gives the others what this process has read, and returns what they have; some may be missing."""

    def agree_on(self, digest: bytes) -> None:
        """Takes a digest of all that was read: others have read the same if theirs is the same."""


class Known(Protocol):
    """What files say, as far as somebody knows."""

    def get(self, data: bytes) -> Entry | None:
        """What a file with these bytes says; None where that is not known."""

    def put(self, data: bytes, entry: Entry) -> None:
        """Remembers what a file says."""


class Share:
    """Collects what this process reads of its share."""

    def __init__(self, known: Known | None) -> None:
        self._known = known
        self.entries: dict[bytes, Entry] = {}

    def get(self, data: bytes) -> Entry | None:
        entry = self._known.get(data) if self._known is not None else None
        if entry is not None:
            self.entries[_key(data)] = entry
        return entry

    def put(self, data: bytes, entry: Entry) -> None:
        self.entries[_key(data)] = entry

    def written(self) -> bytes:
        """What the other processes, which are the same Python, take in."""
        entries = [(key, *entry) for key, entry in self.entries.items()]
        try:
            return marshal.dumps(entries)
        except ValueError:  # one of them is nested deeper than that (CPython's Python/marshal.c)
            return marshal.dumps([entry for entry in entries if _can_be_written(entry)])


class Told:
    """What this process and others have read of their shares; behind it, what was known before."""

    def __init__(self, known: Known | None, own: Share, others: Sequence[bytes]) -> None:
        self._known = known
        self._entries = own.entries
        for said in others:
            for key, *entry in marshal.loads(said):  # noqa: S302 from a process of our own
                self._entries[key] = Entry(*entry)

    def get(self, data: bytes) -> Entry | None:
        # Each once: two assets are never made of one object, and what is used up leaves the memory.
        entry = self._entries.pop(_key(data), None)
        if entry is None and self._known is not None:
            entry = self._known.get(data)
        return entry

    def put(self, data: bytes, entry: Entry) -> None:
        """What was not told need not be remembered."""


class Watched:
    """A place, and a digest of what was read of it."""

    def __init__(self, files: Files) -> None:
        self.name = files.name
        self._files = files
        self._noted = hashlib.sha256()

    def paths(self, problems: list[Problem]) -> Iterator[str]:
        return self._files.paths(problems)

    def read(self, path: str) -> bytes:
        self._noted.update(path.encode("utf-8", "surrogateescape") + b"\0")
        data = self._files.read(path)
        self._noted.update(_key(data))
        return data

    def shown(self, path: str) -> str:
        return self._files.shown(path)

    def digest(self) -> bytes:
        """The digest of all names and contents, in their order."""
        return self._noted.digest()


def for_a_look(files: Files) -> Files:
    """The same place once more: a folder counts what is read of it, and a look must not count."""
    return Folder(files.on_disk(""), files.name) if isinstance(files, Folder) else files


def _key(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _can_be_written(entry: tuple[Any, ...]) -> bool:
    try:
        marshal.dumps(entry)
    except ValueError:
        return False
    return True
