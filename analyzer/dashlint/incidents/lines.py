"""Files as streams of lines: plain or gzip, of any size, one line in memory at a time."""

from __future__ import annotations

import gzip
import io
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any, Protocol, TypeVar

#: Told how many bytes of the file were read, and of how many (None: not known).
Progress = Callable[[int, "int | None"], None]
#: Characters of a line that are kept; what is longer is no line of a log.
LONGEST = 4 * 2**20
#: ``docker compose logs`` puts the service's name before each line.
_SERVICE = re.compile(r"^[\w.-]+ +\| ")
_T = TypeVar("_T")


class Lined(Protocol):
    """What lines are read from."""

    def readline(self, size: int, /) -> str: ...


class Counted(io.RawIOBase):
    """The bytes of a file, counted as they are read. ``damage`` is what is wrong with its gzip."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self.done = 0
        self.damage: str | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self.done += len(data)
        buffer[: len(data)] = data
        return len(data)


class Unpacked(io.RawIOBase):
    """What a gzip holds, as far as it can be unpacked: a damaged place is its end, and told as damage."""

    def __init__(self, packed: gzip.GzipFile, counted: Counted) -> None:
        super().__init__()
        self._packed = packed
        self._counted = counted

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._counted.damage is not None:
            return 0
        try:
            # One piece at a time: what was unpacked before the damaged place is not lost with it.
            data = self._packed.read1(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self._counted.damage = str(error)
            return 0
        buffer[: len(data)] = data
        return len(data)


@dataclass
class Unreadable:
    """Lines that say nothing: how many, and the first of them."""

    count: int = 0
    first: int | None = None

    def add(self, line: int) -> None:
        """One more."""
        self.count += 1
        if self.first is None:
            self.first = line


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[str], Counted, int | None]]:
    """A file as text (``-``: standard input), its counter, and its size in bytes.

    Raises:
        OSError: it cannot be read.
    """
    if str(path) == "-":
        counted = Counted(sys.stdin.buffer)
        yield _text(io.BufferedReader(counted, 2**16)), counted, None
        return
    with path.open("rb") as file:
        size = path.stat().st_size if path.is_file() else None
        counted = Counted(file)
        buffered = io.BufferedReader(counted, 2**16)
        if buffered.peek(2)[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=buffered) as packed:
                yield _text(io.BufferedReader(Unpacked(packed, counted), 2**16)), counted, size
        else:
            yield _text(buffered), counted, size


def _text(binary: object) -> IO[str]:
    return io.TextIOWrapper(binary, encoding="utf-8-sig", errors="replace", newline="\n")  # type: ignore[type-var]


def lines(file: Lined) -> Iterator[str]:
    """Lines without their end and without a service's name; the rest of one that is too long is dropped."""
    while line := file.readline(LONGEST):
        if not line.endswith("\n"):
            while rest := file.readline(LONGEST):
                if rest.endswith("\n"):
                    break
        line = line.rstrip("\r\n")
        if "|" in line[:64]:
            line = _SERVICE.sub("", line, count=1)
        yield line


def watched(
    source: Iterator[_T], counted: Counted, size: int | None, progress: Progress | None, every: int = 20_000
) -> Iterator[_T]:
    """The same lines or rows; every now and then somebody is told how far it is."""
    for number, line in enumerate(source):
        if progress is not None and number % every == 0:
            progress(counted.done, size)
        yield line
    if progress is not None:
        progress(counted.done, size)


def written(path: Path) -> datetime:
    """When a file was last written; now, where that is not known."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
    except (OSError, OverflowError, ValueError):
        return datetime.now(timezone.utc)
