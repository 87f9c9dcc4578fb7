"""YAML files in a folder on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from dashlint.assets import Problem
from dashlint.limits import MIB, limits, option
from dashlint.sources.archive import (
    SUFFIXES,
    Unreadable,
    is_ignored,
    printable,
    too_large_file,
    too_much_in_all,
)

#: Bytes that are read at first, which is enough for almost all files. A buffer of 256 KiB was new memory from
#: the operating system each time, and reading 11,500 files took four times as long (Linux, CPython 3.11).
_AT_ONCE = 32 * 1024
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)  # only Windows has another mode


class Folder:
    """The YAML files of a folder and of the folders in it, or of some of them.

    Links are followed, once each; hidden folders and those that hold other people's packages are left out.
    """

    def __init__(self, path: str, name: str, only: Sequence[str] | None = None) -> None:
        """A folder.

        Args:
            path: where it is.
            name: the folder as a person sees it.
            only: the names of files and folders in it that count; None for all.
        """
        self.name = name
        self._base = os.path.join(path, "")
        self._prefix = "" if name == os.curdir else os.path.join(name, "")
        self._only = only
        self._read: set[str] = set()
        self._total = 0

    def on_disk(self, path: str) -> str:
        """Where a file or folder really is; in long paths Windows takes no slash for a backslash."""
        return self._base + _native(path)

    def paths(self, problems: list[Problem]) -> Iterator[str]:
        most = limits().files
        for number, path in enumerate(self._paths(problems)):
            if number == most:
                message = (
                    f"the folder holds more than {most:,} YAML files, and what comes after them is not read: "
                    f"name a part of it, or raise {option('files')} in the configuration"
                )
                problems.append(Problem("too-large", message, self.name))
                return
            yield path

    def _paths(self, problems: list[Problem]) -> Iterator[str]:
        visited: set[tuple[int, int]] = set()
        if self._only is None:
            yield from self._walk("", visited, problems)
            return
        for name in self._only:
            if os.path.isdir(self.on_disk(name)):
                yield from self._walk(name + "/", visited, problems)
            else:
                yield name

    def read(self, path: str) -> bytes:
        try:
            data = _contents(self.on_disk(path), limits().file_mib * MIB)
        except OSError as error:
            raise Unreadable(f"it cannot be opened: {reason(error)}") from None
        if len(data) > limits().file_mib * MIB:
            raise Unreadable(too_large_file(), "too-large")
        self._count(path, len(data))
        return data

    def _count(self, path: str, size: int) -> None:
        """Refuses what goes beyond the limit of the folder; a file may be read again for its positions."""
        if path in self._read:
            return
        self._total += size
        if self._total > limits().total_mib * MIB:
            self._total -= size
            raise Unreadable(too_much_in_all("the folder"), "too-large")
        self._read.add(path)

    def shown(self, path: str) -> str:
        shown = self._prefix + path
        if shown.startswith(os.pardir):
            # The root may be above the working directory, and the file in it all the same.
            shown = os.path.relpath(self.on_disk(path))
        return printable(_native(shown))

    def _walk(self, folder: str, visited: set[tuple[int, int]], problems: list[Problem]) -> Iterator[str]:
        """Files first, then folders, each in the order of their names, so that runs are alike."""
        pending = [folder]
        while pending:
            inner = pending.pop()
            files: list[str] = []
            folders: list[str] = []
            try:
                here = self.on_disk(inner)
                status = os.stat(here)
                if (status.st_dev, status.st_ino) in visited:
                    continue
                visited.add((status.st_dev, status.st_ino))
                with os.scandir(here) as entries:
                    for entry in entries:
                        if is_ignored(entry.name):
                            continue
                        if entry.name.lower().endswith(SUFFIXES):
                            if entry.is_file():
                                files.append(inner + entry.name)
                            elif entry.is_symlink() and not os.path.exists(entry.path):
                                problems.append(_dead_link(self.shown(inner + entry.name)))
                        elif entry.is_dir():
                            folders.append(inner + entry.name + "/")
            except OSError as error:
                message = f"the folder cannot be opened: {reason(error)}"
                problems.append(Problem("unreadable-folder", message, self.shown(inner)))
            yield from sorted(files)
            pending.extend(sorted(folders, reverse=True))


def _native(path: str) -> str:
    return path if os.sep == "/" else path.replace("/", os.sep)


def _contents(place: str, most: int) -> bytes:
    """What a file holds; of one that holds more than ``most`` bytes, more than these."""
    # Without a file object, which takes as long to make as the file to read.
    file = os.open(place, _READ)
    try:
        data = os.read(file, _AT_ONCE)
        # A read may give less than there is, from a server for instance. Only nothing is the end.
        while len(data) <= most and (more := os.read(file, max(_AT_ONCE, len(data)))):
            data += more
        return data
    finally:
        os.close(file)


def reason(error: OSError) -> str:
    """What the operating system says, without the path."""
    return (error.strerror or type(error).__name__).lower()


def _dead_link(shown: str) -> Problem:
    return Problem("unreadable-file", "it is a link to a file that is not there", shown)
