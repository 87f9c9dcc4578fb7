"""What keeps an edit from being made."""

from __future__ import annotations


class CannotEditError(Exception):
    """An edit that is left out; ``reason`` is the part of a sentence that follows "…: "."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
