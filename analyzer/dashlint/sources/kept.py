"""Where things are kept between runs, and how: replaced in one step, readable by their owner alone."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

#: A folder for what is kept, or nothing, to keep and read nothing.
VARIABLE = "DASHLINT_CACHE_DIR"


def cache_folder(part: str) -> Path | None:
    """The folder for one kind of thing, which need not exist; None where nothing is to be kept."""
    given = os.environ.get(VARIABLE)
    if given is not None:
        return Path(given) / part if given else None
    import platformdirs

    return Path(platformdirs.user_cache_dir("dashlint", appauthor=False)) / part


@contextlib.contextmanager
def replacement(path: Path) -> Iterator[BinaryIO]:
    """A file that takes another's place when it is whole, so that runs at the same time do not meet halves.

    It is not forced onto the disk: who reads it has to notice damage anyway.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp makes files that only their owner may read.
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
