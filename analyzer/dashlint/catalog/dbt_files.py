"""Where dbt's artifacts are: given as files, as the target folder, or as the project."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from dashlint.assets import Problem
from dashlint.catalog import dbt
from dashlint.catalog.model import Catalog

_PROJECT = "dbt_project.yml"
_ARTIFACTS = ("manifest.json", "catalog.json")
#: docs.getdbt.com/reference/global-configs/json-artifacts: ``target`` unless ``target-path`` says otherwise.
_TARGET_PATH = re.compile(r"""^target-path:\s*["']?([^"'#\s{]+)""", re.MULTILINE)
#: The manifest of a project of thousands of models has some 100 MB.
MAX_BYTES = 500_000_000


def folder_of(path: Path) -> Path | None:
    """The folder of artifacts that a path stands for; None if it is nothing of dbt's.

    For a project that was never compiled this is the folder in which they would be.
    """
    if path.is_file():
        return path.parent if path.name in _ARTIFACTS and _is_artifact(path) else None
    if (path / _PROJECT).is_file():
        return path / _target(path / _PROJECT)
    return path if any(_is_artifact(path / name) for name in _ARTIFACTS) else None


def folders_in(root: Path, files: Iterable[Path]) -> list[Path]:
    """The projects and target folders below a folder, of whose files these are; none inside another."""
    found: list[Path] = []
    others: set[Path] = set()
    for file in files:
        for folder in reversed(file.relative_to(root).parents):
            place = root / folder
            if place in found:
                break
            if place not in others and folder_of(place) is not None:
                found.append(place)
                break
            others.add(place)
    return found


def read(folder: Path) -> tuple[Catalog | None, Sequence[Problem]]:
    """The catalog of a folder of artifacts. Never raises."""
    problems: list[Problem] = []
    texts = [_text(folder / name, problems) for name in _ARTIFACTS]
    if texts == [None, None]:
        if not problems:
            message = f"No manifest.json of dbt is in {folder}: run `dbt docs generate` in the project first."
            problems.append(Problem("empty-catalog", message, str(folder)))
        return None, problems
    catalog, more = dbt.read(texts[0], texts[1], str(folder))
    return catalog, [*problems, *more]


def _text(path: Path, problems: list[Problem]) -> str | None:
    if not path.is_file():
        return None
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            message = f"{path} has {size:,} bytes, more than {MAX_BYTES:,}, so it was not read."
            problems.append(Problem("unreadable-catalog", message, str(path)))
            return None
        return path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        message = f"{path} could not be read: {error.strerror or error}."
        problems.append(Problem("unreadable-catalog", message, str(path)))
        return None


def _is_artifact(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return dbt.is_artifact(file.read(2000).decode("utf-8", errors="replace"))
    except OSError:
        return False


def _target(project: Path) -> str:
    try:
        found = _TARGET_PATH.search(project.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        found = None
    return found[1] if found else "target"
