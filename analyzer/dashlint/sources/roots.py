"""Export roots: which files belong together.

A root is the smallest folder whose subfolders hold the kinds: the root of ``prod/charts/a.yaml`` is
``prod``. Numeric ids mean something only within one root.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from dashlint.sources.archive import SUFFIXES
from dashlint.sources.kinds import FOLDER_OF, KIND_OF_FOLDER, OTHER_FOLDERS, may_be_asset

#: How many files of a folder are looked at to tell whether it holds assets.
_SAMPLE = 5


def find_roots(assets: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The root of every asset.

    Args:
        assets: kind and path of each.

    Returns:
        The root's path by the asset's; ``""`` is the place that was read itself.
    """
    assets = list(assets)
    holders = {holder for kind, path in assets for holder in [_holder(kind, path)] if holder is not None}
    return {path: _deepest(path, holders) for _, path in assets}


def _holder(kind: str, path: str) -> str | None:
    """The folder around the nearest folder that is named after the kind."""
    parts = path.split("/")
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == FOLDER_OF[kind]:
            return "/".join(parts[:index])
    return None


def _deepest(path: str, holders: set[str]) -> str:
    """The nearest folder around a path that is a root; else the folder that the path lies in."""
    folder = parent(path)
    while True:
        if folder in holders:
            return folder
        if not folder:
            return parent(path)
        folder = parent(folder)


def parent(path: str) -> str:
    """The folder that a path lies in; ``""`` for the place that was read itself."""
    return path.rpartition("/")[0]


def is_in(path: str, root: str) -> bool:
    """Whether a path lies in a folder; everything lies in ``""``."""
    return not root or path.startswith(root + "/")


def root_around(path: str, kind: str | None) -> str | None:
    """The export root around a file or folder on disk; None if nothing there looks like one.

    Args:
        path: an absolute path.
        kind: the kind of the file, or of the folder's files; None if unknown.
    """
    named = FOLDER_OF.get(kind or "")
    folder = os.path.dirname(path)
    if _holds_kinds(folder, named):
        return folder
    # A folder that holds folders of assets is nearer than the one that the names would give.
    candidates: list[str] = []
    while True:
        above, name = os.path.split(folder)
        if above == folder:
            return None
        candidates.append(folder)
        if name == named or (named is None and name in KIND_OF_FOLDER):
            nearer = next((f for f in candidates[:-1] if _holds_kinds(f, named)), None)
            return nearer or above
        folder = above


def _holds_kinds(folder: str, named: str | None) -> bool:
    """Whether folders in it hold assets. ``datasets`` with a database called charts in it does not count."""
    if os.path.basename(folder) == named:
        return False
    return any(holds_assets(os.path.join(folder, name)) for name in KIND_OF_FOLDER)


def holds_assets(folder: str) -> bool:
    """Whether the first YAML files in a folder of a kind (or, for datasets, one level below) are assets."""
    for path in _sample(folder):
        try:
            with open(path, "rb") as file:
                if may_be_asset(file.read(1 << 20)):
                    return True
        except OSError:
            continue
    return False


def _sample(folder: str) -> list[str]:
    files = [os.path.join(folder, name) for name in _names(folder)]
    found = [path for path in files if path.lower().endswith(SUFFIXES)]
    if not found and os.path.basename(folder) == "datasets":
        inner = (os.path.join(path, name) for path in files for name in _names(path)[:_SAMPLE])
        found = [path for path in inner if path.lower().endswith(SUFFIXES)]
    return found[:_SAMPLE]


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def parts_of(root: str) -> list[str]:
    """The names in a root that belong to its export: folders of the kinds, and the YAML files beside them."""
    return [
        name
        for name in _names(root)
        if name in KIND_OF_FOLDER or name in OTHER_FOLDERS or name.lower().endswith(SUFFIXES)
    ]
