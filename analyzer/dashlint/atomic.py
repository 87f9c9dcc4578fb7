"""Files are written as a whole: who reads one meanwhile, or is interrupted, finds the old one or the new one.

What is written lies beside its place until it is on the disk. If the process or the machine ends before, a
file ``.dashlint-….tmp`` may be left there, and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

PREFIX, SUFFIX = ".dashlint-", ".tmp"


def write_whole(path: Path, data: bytes, *, private: bool = False, lasting: bool = True) -> None:
    """Writes a file, or puts other bytes in its place.

    A file that is there keeps its permissions and owner; a link stays a link, and its target is replaced.
    What is no regular file (``/dev/stderr``, a pipe) is written to.

    Args:
        path: the file.
        data: all of its bytes.
        private: a new file may be read by its owner alone.
        lasting: the bytes are on the disk before they take the name; a cache can do without.

    Raises:
        OSError: it cannot be written; the file is as it was.
    """
    with replacing(path, private=private, lasting=lasting) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path, *, private: bool = False, lasting: bool = True) -> Iterator[BinaryIO]:
    """A file to write to, which takes the other's place at the end; the rest is as with :func:`write_whole`.

    Raises:
        OSError: it cannot be written; the file is as it was.
    """
    real = Path(os.path.realpath(path))
    if real.exists() and not real.is_file():
        with real.open("wb") as file:
            yield file
        return
    import tempfile  # brings every way of packing along: 5 ms that only writers need

    status = real.stat() if real.exists() else None
    handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=SUFFIX, dir=real.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        _like(aside, status, private=private)
        aside.replace(real)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise
    if lasting:
        _sync_folder(real.parent)


def _like(aside: Path, status: os.stat_result | None, *, private: bool) -> None:
    if status is None:
        if not private:  # mkstemp makes files that only their owner may read
            aside.chmod(0o666 & ~_umask())
        return
    aside.chmod(stat.S_IMODE(status.st_mode))
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):  # only root gives files away
            os.chown(aside, status.st_uid, status.st_gid)


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
