"""Where assets come from: exports on disk, or a running Superset (:mod:`dashlint.sources.rest`)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dashlint.assets import Workspace
from dashlint.sources.errors import SourceError

if TYPE_CHECKING:
    from dashlint.sources.shared import Crew

__all__ = ["SourceError", "read"]


def read(
    target: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], crew: Crew | None = None
) -> Workspace:
    """Reads exports: ZIPs, folders, single files, or several of them.

    Args:
        target: a path or several. A file, or a folder such as ``charts``, is read together with the export
            root around it; :attr:`Workspace.focus` then names the files that were meant.
        crew: other processes that read the same at the same time.

    Returns:
        Everything that could be read, with a :class:`~dashlint.assets.Problem` for whatever could not.

    Raises:
        SourceError: nothing usable is there (exit code 3), or a path does not exist (exit code 2).
    """
    from dashlint.sources.export import read_export

    paths = [target] if isinstance(target, str | os.PathLike) else list(target)
    return read_export([os.fspath(path) for path in paths], crew)
