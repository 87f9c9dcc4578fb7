"""ZIP files and folders behind one interface: which files there are, and the bytes of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Protocol

from dashlint.assets import Problem
from dashlint.limits import MIB, limits, option
from dashlint.sources.errors import SourceError

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

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
        import warnings
        import zipfile

        # Python 3.14 tells of entries that overlap. Each counts for the limits, and that will do. Said once
        # for the process: around each file it would take a tenth of a second of 10,000 of them.
        warnings.filterwarnings("ignore", "Overlapped entries")
        self.name = name
        self._file = file
        self._members: dict[str, ZipInfo] = {}
        head = file.read(512)
        if not head.startswith(b"PK"):
            raise SourceError("not-a-zip", f"{name} is not a ZIP file{_what_it_is(head)}")
        most = limits().files
        if entries_in(file) > most:
            raise SourceError(
                "too-large",
                f"{name} holds more than {most:,} files, and is not read: export fewer assets at once, "
                f"or raise {option('files')} in the configuration",
            )
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
            if not path or info.is_dir() or any(is_ignored(part) for part in parts):
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
        # Whoever packed a ZIP chose the order in it, which decides nothing: of two assets that claim one
        # identity, the first shall be the same as in the folder.
        yield from sorted(self._members, key=_as_in_a_folder)

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


def _as_in_a_folder(path: str) -> list[tuple[bool, str]]:
    """Sorts as a folder is gone through: files first, then the folders beside them, by their names."""
    *folders, name = path.split("/")
    return [*((True, folder + "/") for folder in folders), (False, name)]


def printable(path: str) -> str:
    """A path without bytes that are no text, and without control characters."""
    if path.isascii() and path.isprintable():
        return path
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "\N{REPLACEMENT CHARACTER}", text)


def _too_much(info: ZipInfo, total: int) -> str | None:
    size, packed, most = info.file_size, max(1, info.compress_size), limits()
    if size > most.file_mib * MIB:
        return too_large_file()
    if size > RATIO_MATTERS_FROM_BYTES and size > packed * most.growth:
        return (
            f"it grows more than {most.growth} times when unpacked, as no export does, so it is not read "
            f"({option('growth')} in the configuration)"
        )
    return too_much_in_all("the ZIP") if total > most.total_mib * MIB else None


def too_large_file() -> str:
    """What is said of a file beyond the limit."""
    return (
        f"it has more than {limits().file_mib} MiB, which is the most that is read of one file "
        f"({option('file_mib')} in the configuration)"
    )


def too_much_in_all(where: str) -> str:
    """What is said of a file that others have left no room for."""
    return (
        f"{where} holds more than {limits().total_mib} MiB, and this file is beyond that "
        f"({option('total_mib')} in the configuration)"
    )


def entries_in(file: BinaryIO) -> int:
    """How many files a ZIP lists at most, without making an object of each; 0 where that is not to be found.

    Counted in the list itself: what the ZIP says about its length is not what Python goes by.
    """
    import struct

    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557))  # the end's record, with the longest comment (APPNOTE.TXT, 4.3.16)
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 22:
        return 0
    length = struct.unpack_from("<I", tail, place + 12)[0]
    end = size - len(tail) + place
    if length == 0xFFFFFFFF:  # a ZIP64: the record before has the length (4.3.14)
        record = tail.rfind(b"PK\x06\x06", 0, place)
        if record < 0 or len(tail) < record + 48:
            return 0
        length = struct.unpack_from("<Q", tail, record + 40)[0]
        end = size - len(tail) + record
    begin = max(0, end - length)
    file.seek(begin)
    found, rest = 0, b""
    while begin < end:
        part = file.read(min(MIB, end - begin))
        if not part:
            break
        begin += len(part)
        found += (rest + part).count(b"PK\x01\x02")
        rest = part[-3:]
    return found


def _what_it_is(head: bytes) -> str:
    start = head.lstrip()[:15].lower()
    if start.startswith((b"<!doctype", b"<html")):
        return ": it holds a web page, perhaps Superset's login page, so export it again after logging in"
    if start.startswith((b"{", b"[")):
        return ": it holds JSON, perhaps an error message that Superset sent, so look into it"
    if not head:
        return ": it is empty, so export it again"
    return ": name an export's ZIP, its folder, or a YAML file in it"
