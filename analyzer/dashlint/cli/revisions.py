"""Exports as they were in a git revision, laid out in a folder of their own."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
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
        ConfigError: a path is outside of the repository, a link in it leads there, or git failed.
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
    _unpack(packed, into)
    return [into / name for name in there]


def _unpack(packed: bytes, into: Path) -> None:
    """Writes the files and links of an archive below a folder.

    Not by ``extractall``, whose filters are missing in Pythons that are still in use (3.11.2 of Debian 12).
    Links come last, so that nothing is written through one.
    """
    with tarfile.open(fileobj=io.BytesIO(packed), encoding="utf-8", errors="surrogateescape") as archive:
        links = []
        for member in archive:
            place = into / _inside(member.name, member.name)
            if member.issym():
                links.append((place, member))
            elif member.isdir():
                place.mkdir(parents=True, exist_ok=True)
            elif (file := archive.extractfile(member)) is not None:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(file.read())
        for place, member in links:
            target = PurePosixPath(member.name).parent / member.linkname
            _inside(str(target), f"the link {member.name} to {member.linkname}")
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                place.symlink_to(member.linkname)
            except OSError:  # on Windows not everybody may make links; git writes a file then, too
                place.write_text(member.linkname, encoding="utf-8", errors="surrogateescape")


def _inside(name: str, what: str) -> Path:
    """A name as a path below a folder, if it stays there; ``what`` is how the error calls it."""
    path = Path(os.path.normpath(name))
    if path.anchor or path.parts[:1] == (os.pardir,):
        raise ConfigError(f"--git: {what} leads out of the repository, so the revision is not read")
    return path


def top(path: Path) -> Path:
    """The root of the work tree that a path is in.

    Raises:
        ConfigError: it is in none.
    """
    folder = path if path.is_dir() else path.parent
    return Path(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel")).rstrip("\r\n"))


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
            # A folder may be called [sales]: names are names, not patterns.
            ["git", "-C", str(folder), "--literal-pathspecs", *words],  # noqa: S607 - the caller's git
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
