"""A file's text, and whether it says how a Superset is run. Every scan asks, so little is imported."""

from __future__ import annotations

import os
from pathlib import Path

from dashlint.deployment.kinds import Unreadable, kind_of

#: Larger files are no configuration, and nobody should wait for them: the limit of one file of an export.
MOST_BYTES = 16 * 1024 * 1024


def is_deployment_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file that was named says how a Superset is run."""
    file = os.fspath(path)
    if not Path(file).is_file():
        return False
    try:
        return kind_of(file, FileText(file).text) is not None
    except Unreadable:
        return False


class FileText:
    """A file that is read once, when its text is asked for."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._text: str | None = None

    def text(self) -> str:
        """The text, with line feeds alone.

        Raises:
            Unreadable: it cannot be opened, is too large, or is no text.
        """
        if self._text is None:
            try:
                with Path(self._path).open("rb") as file:
                    data = file.read(MOST_BYTES + 1)
            except OSError as error:
                raise Unreadable(f"the file cannot be opened ({error.strerror})") from None
            if len(data) > MOST_BYTES:
                raise Unreadable(
                    f"the file is larger than {MOST_BYTES // 2**20} MiB, which no configuration is"
                )
            try:
                text = data.decode("utf-8-sig")
            except UnicodeDecodeError:
                raise Unreadable("the file is no text in UTF-8") from None
            self._text = text.replace("\r\n", "\n").replace("\r", "\n")
        return self._text
