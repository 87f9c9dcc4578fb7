"""What YAML files said, kept on disk by their bytes, so that a hook does not parse a whole repository again.

One file for each folder that was read: what the files say as JSON, one after the other, then an index by
the SHA-256 of each file's bytes, then where that index begins. JSON does no harm, whoever has written it; and
a file with other bytes is another file, so nothing is ever stale.
A cache that is damaged, cut short or of another version is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import zlib
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from dashlint import __version__
from dashlint.atomic import replacing
from dashlint.sources.kept import cache_folder
from dashlint.sources.kinds import CHART, DASHBOARD, DATABASE, DATASET

#: The share of files that has to be new before all is written again. Below it, parsing these takes less time.
_WORTH_WRITING = 0.02
_DAY = 86_400  # seconds
#: Seconds after which a cache that nobody has used is deleted. Its time is that of its last use, to the day.
_UNUSED_AFTER = 30 * _DAY
_FORMAT = 1
_KINDS = (CHART, DASHBOARD, DATASET, DATABASE)
_MAGIC = b"dashlint-parsed\n"
_TRAILER_BYTES = 8 + 32 + len(_MAGIC)


class Entry(NamedTuple):
    """What a file says: the kind of its asset, its contents, and whether it is of the plain grammar."""

    kind: str
    raw: dict[str, Any]
    is_plain: bool


class _Place(NamedTuple):
    offset: int
    size: int
    checksum: int


class ParsedCache:
    """What the files of one folder said."""

    def __init__(self, place: str, *, writes: bool, folder: Path | None = None) -> None:
        """Opens what there is.

        Args:
            place: the folder that is read.
            writes: whether to keep what is new.
            folder: where caches are; by default in the user's cache folder.
        """
        folder = folder or cache_folder("exports")
        name = hashlib.sha256(json.dumps([_FORMAT, __version__, place]).encode()).hexdigest()
        self._path = folder / f"{name}.parsed" if folder is not None else None
        self._writes = writes and folder is not None
        self._old: BinaryIO | None = None
        self._index: dict[str, _Place] = {}
        self._used: dict[str, None] = {}
        self._new: dict[str, bytes] = {}
        if self._path is not None:
            self._open(self._path)

    def close(self) -> None:
        """Keeps what is new, and closes the file."""
        try:
            if len(self._new) > _WORTH_WRITING * (len(self._used) + len(self._new)):
                self._write()
        finally:
            if self._old is not None:
                self._old.close()

    def get(self, data: bytes) -> Entry | None:
        """What a file with these bytes says; None where that is not known."""
        if self._old is None:
            return None
        key = hashlib.sha256(data).hexdigest()
        text = self._text(key)
        try:
            kind, is_plain, raw = json.loads(text) if text is not None else (None, None, None)
        except (ValueError, TypeError, RecursionError):
            return None
        if kind not in _KINDS or not isinstance(raw, dict):
            return None
        self._used[key] = None
        return Entry(kind, raw, bool(is_plain))

    def put(self, data: bytes, entry: Entry) -> None:
        """Remembers what a file says, if JSON can say it, too."""
        if not self._writes:
            return
        try:
            text = json.dumps([entry.kind, entry.is_plain, entry.raw], separators=(",", ":"))
            # Keys that are numbers, and values that are no numbers, would come back as something else.
            is_same = json.loads(text)[2] == entry.raw
        except (ValueError, TypeError, RecursionError):
            return
        if is_same:
            self._new[hashlib.sha256(data).hexdigest()] = text.encode("ascii")

    def _open(self, path: Path) -> None:
        try:
            file = path.open("rb")
        except OSError:
            return
        try:
            self._index = _read_index(file)
            if time.time() - os.fstat(file.fileno()).st_mtime > _DAY:
                with contextlib.suppress(OSError):
                    os.utime(path)
        except (OSError, ValueError, TypeError, RecursionError):
            file.close()
        else:
            self._old = file

    def _text(self, key: str) -> bytes | None:
        place = self._index.get(key)
        if place is None or self._old is None:
            return None
        try:
            self._old.seek(place.offset)
            text = self._old.read(place.size)
        except (OSError, ValueError, TypeError, OverflowError):  # an index that somebody has made up
            return None
        return text if zlib.crc32(text) == place.checksum else None

    def _write(self) -> None:
        """Replaces the cache. A folder that cannot be written costs the next run time, and nothing else."""
        if self._path is None:
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Not forced onto the disk: damage is noticed when it is read.
            with replacing(self._path, private=True, lasting=False) as file:
                self._fill(file)
        _sweep(self._path.parent)

    def _fill(self, file: BinaryIO) -> None:
        index: dict[str, _Place] = {}
        offset = 0
        for key in (*self._used, *self._new):
            text = self._new.get(key) or self._text(key)
            if text is None:
                continue
            file.write(text)
            index[key] = _Place(offset, len(text), zlib.crc32(text))
            offset += len(text)
        table = json.dumps(index, separators=(",", ":")).encode("ascii")
        file.write(table)
        file.write(offset.to_bytes(8, "big") + hashlib.sha256(table).digest() + _MAGIC)


def _read_index(file: BinaryIO) -> dict[str, _Place]:
    """The index of a cache.

    Raises:
        ValueError: it is damaged.
    """
    end = file.seek(0, os.SEEK_END) - _TRAILER_BYTES
    file.seek(max(end, 0))
    trailer = file.read()
    offset, digest, magic = int.from_bytes(trailer[:8], "big"), trailer[8:40], trailer[40:]
    if magic != _MAGIC or offset > end:
        raise ValueError("not a cache")
    file.seek(offset)
    table = file.read(end - offset)
    if hashlib.sha256(table).digest() != digest:
        raise ValueError("a damaged cache")
    return {key: _Place(*place) for key, place in json.loads(table).items()}


def _sweep(folder: Path) -> None:
    """Deletes what nobody has used for a while: caches of folders that are gone, and of older versions."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.suffix in {".parsed", ".tmp"} and time.time() - path.stat().st_mtime > _UNUSED_AFTER:
                path.unlink()
