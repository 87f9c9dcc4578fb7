"""Files beside those that were given, which Compose itself would read: ``.env``, ``env_file``, mounts."""

from __future__ import annotations

import os
from pathlib import Path

from dashlint.deployment.files import MOST_BYTES


def read(path: str) -> str | None:
    """A file's text with line feeds alone; None where there is none that could be read.

    Only regular files are opened: a pipe or a device that somebody mounts would be waited for.
    """
    try:
        file = Path(path)
        if not file.is_file() or file.stat().st_size > MOST_BYTES:
            return None
        data = file.read_bytes()
        text = data.decode("utf-8-sig")
    except (OSError, ValueError):
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def beside(file: str, path: str) -> str:
    """A path that a file names, seen from that file's folder."""
    # normpath, since a Path keeps its `..`.
    return os.path.normpath(Path(file).parent / path)
