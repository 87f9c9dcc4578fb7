"""Reads the files of one deployment, whatever they are, and puts them together. Nothing is executed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from dashlint.assets.origin import Problem
from dashlint.deployment.errors import DeploymentError
from dashlint.deployment.files import FileText
from dashlint.deployment.kinds import KINDS, Kind, Unreadable, kind_of
from dashlint.deployment.linking import joined
from dashlint.deployment.model import Deployment
from dashlint.deployment.part import Part, Source

#: Files that a folder may hold before the rest of it is left out: a whole disk was named by mistake.
MOST_FILES = 20_000
#: Folders that hold other people's code, or none.
_APART = frozenset({"__pycache__", "node_modules", "site-packages", "venv"})


def read(paths: Iterable[str | os.PathLike[str]]) -> tuple[Deployment, list[Problem]]:
    """What files and folders say about how a Superset is run, all of them together.

    Args:
        paths: files and folders; a folder is walked, and what is no file of a deployment in it is passed
            over. A file that was named and is none is a problem.

    Returns:
        The deployment, which is falsy where nothing could be used, and what could not be used.

    Raises:
        DeploymentError: a path does not exist.
    """
    problems: list[Problem] = []
    sources: dict[Kind, list[Source]] = {}
    seen: set[str] = set()
    for path, named in _files([os.fspath(path) for path in paths], problems):
        absolute = os.path.realpath(path)
        if absolute in seen:
            continue
        seen.add(absolute)
        file = FileText(path)
        try:
            kind = kind_of(path, file.text)
            if kind is not None:
                sources.setdefault(kind, []).append(Source(path, file.text()))
            elif named:
                problems.append(Problem("unknown-file", _none_of_ours(), path))
        except Unreadable as error:
            problems.append(Problem("unreadable-file", error.reason, path, error.line, error.column))
    parts: list[Part] = []
    read_files: list[str] = []
    for kind, found in sources.items():
        for batch in [found] if kind.together else [[one] for one in found]:
            try:
                part: Part = kind.load()(batch if kind.together else batch[0])
            except Unreadable as error:
                file_name = batch[0].file
                sentence = f"this {kind.what} cannot be read: {error.reason}"
                problems.append(Problem("unreadable-file", sentence, file_name, error.line, error.column))
                continue
            parts.append(part)
            problems += part.problems
            read_files += [one.file for one in batch]
    deployment, more = joined(parts, tuple(read_files))
    return deployment, [*problems, *more]


def _files(paths: list[str], problems: list[Problem]) -> Iterator[tuple[str, bool]]:
    """The files behind some paths, and whether each was named itself."""
    for path in paths:
        if "\0" in path:
            raise DeploymentError(f"{path!r} does not exist")
        here = Path(path)
        if here.is_dir():
            for count, file in enumerate(_walk(path)):
                if count == MOST_FILES:
                    sentence = f"the folder holds more than {MOST_FILES:,} files: name the deployment's own"
                    problems.append(Problem("too-large", sentence, path))
                    break
                yield file, False
        elif here.is_file():
            yield path, True
        elif here.exists():
            raise DeploymentError(f"{path} is neither a file nor a folder")
        else:
            raise DeploymentError(f"{path} {'is a broken link' if here.is_symlink() else 'does not exist'}")


def _walk(folder: str) -> Iterator[str]:
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _APART)
        for name in sorted(files):
            file = Path(here, name)
            if file.is_file():
                yield str(file)


def _none_of_ours() -> str:
    known = ", ".join(dict.fromkeys(kind.what for kind in KINDS))
    return f"nothing tells what this file is; what is read: {known}"
