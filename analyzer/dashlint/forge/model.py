"""What every forge can do for a comment on a pull request, and how it fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol


class ForgeError(Exception):
    """A forge refused or could not be reached: one sentence, with what to do, and never a token.

    ``forbidden`` tells that the login is good but may not write, as in a fork's pull request.
    """

    def __init__(self, message: str, *, forbidden: bool = False) -> None:
        super().__init__(message)
        self.forbidden = forbidden


class Place(NamedTuple):
    """A pull request: the forge's API address, the repository as the forge names it, its number.

    ``fork`` tells that it comes from another repository, so that this pipeline has no right to write.
    """

    forge: str
    api: str
    repository: str
    number: int
    fork: bool = False


class Comment(NamedTuple):
    """A comment: the forge's key for it, who wrote it, its text as it was sent."""

    key: str
    author: str
    body: str


class Forge(Protocol):
    """One pull request on one forge. Every method may raise ForgeError."""

    #: Characters that a comment may have.
    limit: int
    #: Whether ``<details>`` and HTML comments work in its Markdown.
    html: bool

    def author(self) -> str:
        """Who writes with this login, as ``Comment.author`` names people."""

    def comments(self) -> Iterator[Comment]:
        """All comments of the pull request, page by page."""

    def create(self, body: str) -> None:
        """Writes a new comment."""

    def update(self, key: str, body: str) -> None:
        """Replaces a comment's text."""


def explained(forge: str, status: int, doing: str) -> ForgeError:
    """What an HTTP status means when writing a comment, in words of the person who set the pipeline up."""
    if status == 401:
        return ForgeError(f"{forge} does not accept the token; see docs/pull-requests.md for which it needs")
    if status == 403:
        return ForgeError(
            f"{forge} does not let this token {doing}: it may not write comments on pull requests here",
            forbidden=True,
        )
    if status == 404:
        return ForgeError(
            f"{forge} knows no such pull request, or hides it from this token; could not {doing}"
        )
    if status in (400, 422):
        return ForgeError(f"{forge} did not take the comment ({status}); could not {doing}")
    if status == 429:
        return ForgeError(f"{forge} takes no more requests for now (429); could not {doing}, try again later")
    return ForgeError(f"{forge} answered {status}; could not {doing}")


def unreachable(forge: str, error: Exception, doing: str) -> ForgeError:
    """A forge that did not answer. The error's text may hold a login, so only its kind is told."""
    return ForgeError(f"{forge} could not be reached ({type(error).__name__}); could not {doing}")
