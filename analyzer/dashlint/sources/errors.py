"""The one exception that a source raises: nothing could be read, and here is why."""

from __future__ import annotations

#: Exit codes of the command line that a source can cause (docs: "Exit codes").
USAGE = 2
UNUSABLE = 3
UNREACHABLE = 4


class SourceError(Exception):
    """Nothing usable could be read.

    What stops only a part of the input is a :class:`~dashlint.assets.Problem` instead.

    Attributes:
        kind: a stable word with dashes (``not-a-zip``, ``wrong-password``, ``timeout``…).
        message: one sentence: what, and what to do. It never holds a secret.
        exit_code: 2 when what was asked for makes no sense, 3 when the input is of no use, 4 when a
            server could not be reached or refused the login.
    """

    def __init__(self, kind: str, message: str, *, exit_code: int = UNUSABLE) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.exit_code = exit_code
