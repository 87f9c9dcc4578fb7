"""What stops the reading of a deployment as a whole."""

from __future__ import annotations

#: The command line's exit code where a path does not exist.
USAGE = 2


class DeploymentError(Exception):
    """A path makes no sense. The text is one sentence; ``exit_code`` is the command line's."""

    def __init__(self, message: str, *, exit_code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code
