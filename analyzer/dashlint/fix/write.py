"""Writes what was fixed: whole files or none, never half of one."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path


class NotWrittenError(Exception):
    """A file that stays as it was; the text is one sentence."""


def replace_file(path: str, original: bytes, data: bytes) -> None:
    """Puts other bytes in a file's place: written aside, on disk before they take the name.

    The file keeps its permissions; a link stays a link.

    Raises:
        NotWrittenError: it was changed since it was read, or cannot be written.
    """
    real = Path(os.path.realpath(path))
    try:
        if real.read_bytes() != original:
            raise NotWrittenError(
                f"{path} was changed while it was being fixed: it stays as it is, run again"
            )
        if not os.access(real, os.W_OK):
            raise NotWrittenError(f"{path} is write-protected and stays as it is")
        _write_aside(real, data, real.stat())
    except OSError as error:
        raise NotWrittenError(f"{path} cannot be written: {(error.strerror or 'error').lower()}") from None


def write_archive(source: str, target: str, changed: Mapping[str, bytes]) -> None:
    """A copy of a ZIP with other contents for some of its files, in the same order and packing.

    Raises:
        NotWrittenError: it cannot be written.
    """
    import io
    import zipfile

    buffer = io.BytesIO()
    try:
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(buffer, "w") as new:
            new.comment = old.comment
            # Of two files with one name, the last is read.
            last = {info.filename: info for info in old.infolist()}
            for info in old.infolist():
                path = info.filename.replace("\\", "/")
                is_changed = path in changed and last[info.filename] is info
                data = changed[path] if is_changed else old.read(info)
                new.writestr(info, data, compress_type=info.compress_type)
        place = Path(os.path.realpath(target))
        _write_aside(place, buffer.getvalue(), place.stat() if place.exists() else None)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NotWrittenError(f"{target} cannot be written: {reason.lower()}") from None


def write_new(path: Path, data: bytes) -> None:
    """A new file, readable by its owner alone, on disk when this returns.

    Raises:
        NotWrittenError: it exists already, or cannot be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise NotWrittenError(f"{path} exists already: name another file") from None
    except OSError as error:
        raise NotWrittenError(f"{path} cannot be written: {(error.strerror or 'error').lower()}") from None


def _write_aside(path: Path, data: bytes, status: os.stat_result | None) -> None:
    handle, name = tempfile.mkstemp(prefix=".dashlint-", dir=path.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        mode = stat.S_IMODE(status.st_mode) if status else 0o666 & ~_umask()
        aside.chmod(mode)
        if status and hasattr(os, "chown"):
            with contextlib.suppress(OSError):  # only root gives files away
                os.chown(aside, status.st_uid, status.st_gid)
        aside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise
    _sync_folder(path.parent)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """The new name on disk, too; not every system lets a folder be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
