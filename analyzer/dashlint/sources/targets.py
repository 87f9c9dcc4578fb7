"""From what a person names on the command line to what is read."""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence

from dashlint.records import NamedTuple
from dashlint.sources.archive import SUFFIXES, Archive, Files, Unreadable, printable
from dashlint.sources.errors import USAGE, SourceError
from dashlint.sources.folder import Folder, reason
from dashlint.sources.kinds import FOLDER_OF, KIND_OF_FOLDER, OLD_JSON, kind_of
from dashlint.sources.roots import holds_assets, parts_of, root_around
from dashlint.sources.yaml_text import YamlError, decode, parse


class Target(NamedTuple):
    """A place to read. ``focus`` are the paths in it that the report is limited to; None for all."""

    files: Files
    focus: tuple[str, ...] | None = None


def find_targets(paths: Sequence[str]) -> tuple[list[Target], list[SourceError]]:
    """What to read for some paths, and the errors of those that cannot be read.

    Files of one export root become one target, so that the root is read once.

    Raises:
        SourceError: a path does not exist.
    """
    targets: list[Target] = []
    errors: list[SourceError] = []
    whole: set[str] = set()
    parts: dict[str, list[str]] = {}
    for path in dict.fromkeys(paths):
        absolute = os.path.abspath(path)
        try:
            _check(path)
            if os.path.isdir(path):
                root = _root_of_part(absolute)
                if root is not None:
                    parts.setdefault(root, []).append(absolute)
                elif absolute not in whole:
                    whole.add(absolute)
                    targets.append(Target(Folder(absolute, _shown(absolute, path))))
            elif _is_archive(path):
                if absolute not in whole:
                    whole.add(absolute)
                    targets.append(Target(_open_archive(path)))
            else:
                root = root_around(absolute, _kind_of_file(absolute))
                parts.setdefault(root if root is not None else absolute, []).append(absolute)
        except SourceError as error:
            if error.exit_code == USAGE:
                raise
            errors.append(error)
        except OSError as error:
            errors.append(SourceError("unreadable-file", f"{path} cannot be opened: {reason(error)}"))
    absolute_paths = all(os.path.isabs(path) for path in paths)
    targets.extend(
        _part(root, named, shown_as=root if absolute_paths else ".") for root, named in parts.items()
    )
    return targets, errors


def _open_archive(path: str) -> Archive:
    """A ZIP that stays open for as long as somebody may ask for a position in it."""
    file = open(path, "rb")  # noqa: SIM115
    try:
        archive = Archive(file, printable(os.path.normpath(path)))
    except SourceError:
        file.close()
        raise
    weakref.finalize(archive, file.close)
    return archive


def _part(root: str, named: Sequence[str], *, shown_as: str) -> Target:
    """Some files or folders of an export root, with the root around them."""
    if root in named and not os.path.isdir(root):
        folder, name = os.path.split(root)
        return Target(Folder(folder, _shown(folder, shown_as), [name]), (name,))
    paths = [os.path.relpath(path, root).replace(os.sep, "/") for path in named]
    outside = [path for path in paths if "/" not in path]
    only = list(dict.fromkeys([*parts_of(root), *outside]))
    return Target(Folder(root, _shown(root, shown_as), only), tuple(paths))


def _check(path: str) -> None:
    if "\0" in path or not os.path.exists(path):
        # One slash: what was made a path on its way has lost the other. There may be a password in it.
        if path.startswith(("http:/", "https:/")):
            message = "the address of a server is not a path: give it with --url"
            raise SourceError("no-such-path", message, exit_code=USAGE)
        what = "is a broken link" if os.path.islink(path) else "does not exist"
        raise SourceError("no-such-path", f"{printable(path)} {what}", exit_code=USAGE)
    if not (os.path.isdir(path) or os.path.isfile(path)):
        message = f"{printable(path)} is neither a file nor a folder"
        raise SourceError("no-such-path", message, exit_code=USAGE)


def _is_archive(path: str) -> bool:
    """Whether a file is meant as a ZIP: by its name, or by how it begins."""
    if path.lower().endswith(SUFFIXES):
        return False
    with open(path, "rb") as file:
        head = file.read(4)
        if path.lower().endswith(".zip") or head[:2] == b"PK":
            return True
        if head[:2] == b"\x1f\x8b" or path.lower().endswith((".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z")):
            message = f"{printable(path)} is packed, but not as a ZIP: unpack it and name the folder"
            raise SourceError("not-a-zip", message)
        if OLD_JSON in head + file.read(1 << 16):
            message = (
                f"{printable(path)} is a JSON export of an old Superset, which has no room for what is "
                "checked here: import it into Superset 3 or later, and export it from there"
            )
            raise SourceError("old-export", message)
    return False


def _kind_of_file(path: str) -> str | None:
    """The kind of one file; None if it does not tell."""
    folder, name = os.path.split(path)
    try:
        return kind_of(parse(decode(Folder(folder, folder).read(name)).content))
    except (Unreadable, YamlError):
        return None


def _root_of_part(folder: str) -> str | None:
    """The export root that a folder is a part of: ``a`` for ``a/charts``; None for other folders."""
    name = os.path.basename(folder)
    above = os.path.dirname(folder)
    if name in KIND_OF_FOLDER and holds_assets(folder):
        return above
    # datasets/<database>
    if os.path.basename(above) == FOLDER_OF["dataset"] and holds_assets(folder):
        return os.path.dirname(above)
    return None


def _shown(absolute: str, given: str) -> str:
    """A path as a person sees it: as it was given, absolute or from the working directory."""
    if os.path.isabs(given):
        return absolute
    try:
        return os.path.relpath(absolute)
    except ValueError:  # another drive on Windows
        return absolute
