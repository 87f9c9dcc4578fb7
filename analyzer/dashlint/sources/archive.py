"""ZIP files and folders behind one interface: which files there are, and the bytes of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Protocol

from dashlint.assets import Problem
from dashlint.sources.errors import SourceError

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

#: Bytes of one file. Superset itself takes in 100 MB (config.py: ZIPPED_FILE_MAX_SIZE), but the YAML of the
#: largest dashboards has a few hundred kB, and PyYAML's C loader reads about 3 MB in a second (measured).
MAX_FILE_BYTES = 32 * 1024 * 1024
#: Bytes of everything in one ZIP, unpacked; 10,000 charts take about 40 MB (benchmarks/generate.py).
MAX_TOTAL_BYTES = 1024 * 1024 * 1024
#: How often a large file may be smaller when packed. Superset itself refuses a whole ZIP beyond 200
#: (config.py: ZIP_FILE_MAX_COMPRESS_RATIO).
MAX_RATIO = 200
#: Small files may pack as well as they like.
RATIO_MATTERS_FROM_BYTES = 1024 * 1024

SUFFIXES = (".yaml", ".yml")
#: Files that superset-cli lays over those of the same name
#: (preset-io/backend-sdk, src/preset_cli/cli/superset/sync/native/command.py).
OVERRIDES = (".overrides.yaml", ".overrides.yml")
_IGNORED_FOLDERS = frozenset({"__MACOSX", "__pycache__", "node_modules", "site-packages", "venv"})


class Unreadable(Exception):  # noqa: N818  a file that is unreadable, caught file by file
    """One file that cannot be read; ``reason`` is the part of a sentence that follows "…: "."""

    def __init__(self, reason: str, kind: str = "unreadable-file") -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind


class Files(Protocol):
    """A place with YAML files. Paths are relative to it and have ``/`` between their parts."""

    #: The place as a person sees it.
    name: str

    def __hash__(self) -> int:
        """Places are compared by identity, so that what was read of them can be remembered."""
        ...

    def paths(self, problems: list[Problem]) -> Iterator[str]:
        """The YAML files in it; what stands in the way is added to ``problems``."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of a file; :class:`Unreadable` if there is no way to them."""
        ...

    def shown(self, path: str) -> str:
        """A file's path as a person sees it."""
        ...


def is_ignored(part: str) -> bool:
    """Whether a folder or file is none of ours by its name: hidden, or holding other people's packages."""
    return part in _IGNORED_FOLDERS or (part.startswith(".") and part not in {".", ".."})


class Archive:
    """The YAML files of a ZIP. Nothing is unpacked to disk."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        """Opens a ZIP.

        Args:
            file: the ZIP, open for reading; it is read again when a position is asked for.
            name: the ZIP as a person sees it.

        Raises:
            SourceError: it is no ZIP, or one that is cut short.
        """
        import struct
        import zipfile

        self.name = name
        self._file = file
        self._members: dict[str, ZipInfo] = {}
        head = file.read(512)
        if not head.startswith(b"PK"):
            raise SourceError("not-a-zip", f"{name} is not a ZIP file{_what_it_is(head)}")
        try:
            self._zip: ZipFile = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError):
            raise SourceError(
                "damaged-zip", f"{name} is cut short or damaged: download or copy it once more"
            ) from None

    @property
    def on_disk(self) -> str:
        """Where the ZIP is; empty where it is no file."""
        name = getattr(self._file, "name", "")
        return name if isinstance(name, str) else ""

    def __del__(self) -> None:
        # The file stays open as long as a position may be asked for, that is as long as the assets live.
        self._file.close()

    def paths(self, problems: list[Problem]) -> Iterator[str]:
        total = 0
        for info in self._zip.infolist():
            path = info.filename.replace("\\", "/")
            parts = path.split("/")
            if info.is_dir() or not path or any(is_ignored(part) for part in parts):
                continue
            if path.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", path):
                reason = "its path leads out of the ZIP, so it is not read"
                problems.append(Problem("unsafe-path", reason, self.shown(path)))
            elif path.lower().endswith(".zip"):
                reason = "a ZIP inside a ZIP is not read: unpack it and name it by itself"
                problems.append(Problem("nested-zip", reason, self.shown(path)))
            elif path.lower().endswith(SUFFIXES):
                total += info.file_size
                too_much = _too_much(info, total)
                if too_much:
                    problems.append(Problem("too-large", too_much, self.shown(path)))
                    total -= info.file_size
                    continue
                if path in self._members:
                    reason = "the ZIP holds two files of this name: the last one is read"
                    problems.append(Problem("duplicate-file", reason, self.shown(path)))
                self._members[path] = info
        yield from self._members

    def read(self, path: str) -> bytes:
        import struct
        import zipfile
        import zlib

        info = self._members[path]
        if info.flag_bits & 0x1:
            raise Unreadable("it is encrypted: unpack the ZIP with its password and name the folder")
        try:
            # A damaged member can announce less than it holds: never take more than was announced.
            with self._zip.open(info) as member:
                return member.read(info.file_size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error):
            raise Unreadable("its part of the ZIP is damaged: download or copy the ZIP once more") from None
        except (NotImplementedError, RuntimeError):
            raise Unreadable("it is packed in a way that Python does not read: pack it again") from None

    def shown(self, path: str) -> str:
        return f"{self.name}/{printable(path)}"


def printable(path: str) -> str:
    """A path without bytes that are no text, and without control characters."""
    if path.isascii() and path.isprintable():
        return path
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "\N{REPLACEMENT CHARACTER}", text)


def _too_much(info: ZipInfo, total: int) -> str | None:
    size, packed = info.file_size, max(1, info.compress_size)
    if size > MAX_FILE_BYTES:
        return f"it has {size >> 20} MiB, and {MAX_FILE_BYTES >> 20} are the most that is read of one file"
    if size > RATIO_MATTERS_FROM_BYTES and size > packed * MAX_RATIO:
        return f"it grows more than {MAX_RATIO} times when unpacked, as no export does, so it is not read"
    if total > MAX_TOTAL_BYTES:
        return f"the ZIP holds more than {MAX_TOTAL_BYTES >> 20} MiB, and this file is beyond that"
    return None


def _what_it_is(head: bytes) -> str:
    start = head.lstrip()[:15].lower()
    if start.startswith((b"<!doctype", b"<html")):
        return ": it holds a web page, perhaps Superset's login page, so export it again after logging in"
    if start.startswith((b"{", b"[")):
        return ": it holds JSON, perhaps an error message that Superset sent, so look into it"
    if not head:
        return ": it is empty, so export it again"
    return ": name an export's ZIP, its folder, or a YAML file in it"
