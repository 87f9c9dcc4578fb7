"""Paths below the root of the repository: how a file is named that has no UUID."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path, PurePath


def in_repository(file: str) -> tuple[str, bool]:
    """A file's path below the root of the repository, or its absolute path and False where it is elsewhere.

    The root is the nearest folder at or above the current one that git knows as one; the current folder if
    there is none.
    """
    return _relative(file, str(Path.cwd()))


@lru_cache(maxsize=1 << 16)  # a file has many findings, and each has a fingerprint and a place
def _relative(file: str, here: str) -> tuple[str, bool]:
    path = PurePath(os.path.normpath(PurePath(here, file)))
    root = _root(here)
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix(), True
    return path.as_posix(), False


@lru_cache(maxsize=8)
def _root(here: str) -> str:
    for folder in (Path(here), *Path(here).parents):
        # A file in worktrees and submodules, a folder elsewhere.
        if (folder / ".git").exists():
            return str(folder)
    return here
