"""Writes what was fixed: whole files or none, never half of one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dashlint.atomic import write_whole


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
        write_whole(real, data)
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
                if not info.filename:
                    continue  # nothing can be unpacked from it
                path = info.filename.replace("\\", "/")
                is_changed = path in changed and last[info.filename] is info
                data = changed[path] if is_changed else old.read(info)
                new.writestr(info, data, compress_type=info.compress_type)
        write_whole(Path(target), buffer.getvalue())
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NotWrittenError(f"{target} cannot be written: {reason.lower()}") from None


def write_new(path: Path, data: bytes) -> None:
    """A new file, readable by its owner alone, on disk when this returns.

    Raises:
        NotWrittenError: it exists already, or cannot be written.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # nobody else takes the name
        write_whole(path, data)
    except FileExistsError:
        raise NotWrittenError(f"{path} exists already: name another file") from None
    except OSError as error:
        raise NotWrittenError(f"{path} cannot be written: {(error.strerror or 'error').lower()}") from None
