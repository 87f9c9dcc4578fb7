"""Exports as they were in a git revision, laid out in a folder of their own."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dashlint.lint.config import ConfigError


class Range(NamedTuple):
    """Two revisions; ``head`` is None for the files as they lie there now."""

    base: str
    head: str | None


def parse(text: str, folder: Path) -> Range:
    """``A...B`` (from where B left A), ``A..B``, or ``A`` (compared with the files as they are).

    Raises:
        ConfigError: git does not know a revision, or this is no repository.
    """
    base, dots, head = text.partition("...")
    if dots:
        common = _git(
            folder, "merge-base", "--", _known(base or "HEAD", folder), _known(head or "HEAD", folder)
        )
        return Range(common.decode().strip(), _known(head or "HEAD", folder))
    base, dots, head = text.partition("..")
    return Range(_known(base or "HEAD", folder), _known(head or "HEAD", folder) if dots else None)


def lay_out(revision: str, paths: Sequence[Path], into: Path) -> list[Path]:
    """Writes what paths of a work tree held in a revision below a folder, and says where it lies there.

    Paths that the revision does not have are left out.

    Raises:
        ConfigError: a path is outside of the repository, or git failed.
    """
    root = top(paths[0])
    names = []
    for path in paths:
        try:
            names.append(path.resolve().relative_to(root).as_posix())
        except ValueError:
            raise ConfigError(f"{path} is not in the git repository {root}") from None
    listed = _git(root, "ls-tree", "-r", "--name-only", "-z", "--full-tree", revision, "--", *names)
    there = [name for name in names if name == "." or _holds(listed.decode("utf-8", "surrogateescape"), name)]
    if not there:
        return []
    packed = _git(root, "archive", "--format=tar", revision, "--", *there)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(into, filter="data")
    return [into / name for name in there]


def top(path: Path) -> Path:
    """The root of the work tree that a path is in.

    Raises:
        ConfigError: it is in none.
    """
    folder = path if path.is_dir() else path.parent
    return Path(_git(folder, "rev-parse", "--show-toplevel").decode().strip())


def _holds(listed: str, name: str) -> bool:
    return any(file == name or file.startswith(f"{name}/") for file in listed.split("\0"))


def _known(revision: str, folder: Path) -> str:
    if revision.startswith("-"):
        raise ConfigError(f"--git {revision}: that is no revision")
    _git(
        folder,
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        f"{revision}^{{commit}}",
        about=revision,
    )
    return revision


def _git(folder: Path, *words: str, about: str | None = None) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, and revisions that cannot be options
            ["git", "-C", str(folder), *words],  # noqa: S607 - the git that the caller uses
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise ConfigError("--git needs the git command, which is not installed") from None
    if done.returncode == 0:
        return done.stdout
    if about is not None:
        raise ConfigError(
            f"--git {about}: git knows no such revision here (in a pipeline: fetch it, with its history)"
        )
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    raise ConfigError(f"git {words[0]}: {said[-1] if said else 'failed'}")
