"""The one exception of a live catalog reader: nothing could be read, and here is why."""

from __future__ import annotations

#: Exit codes of the command line that a database can cause (docs: "Exit codes").
USAGE = 2
UNUSABLE = 3
UNREACHABLE = 4


class CatalogError(Exception):
    """No catalog could be read from a database.

    What stops only a part of it is a :class:`~dashlint.assets.Problem` instead.

    Attributes:
        kind: a stable word with dashes (``missing-driver``, ``wrong-password``, ``unreachable``…).
        message: one sentence: what, where, and what to do. It never holds a secret.
        exit_code: 2 when what was asked for makes no sense, 3 when the database is of no use, 4 when it
            could not be reached, refused the login or did not answer in time.
    """

    def __init__(self, kind: str, message: str, *, exit_code: int = UNREACHABLE) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.exit_code = exit_code
