"""One comment per pull request, kept up to date: found by marker and author, nobody else's touched."""

from __future__ import annotations

from enum import Enum

from dashlint.forge.model import Comment, Forge, ForgeError


class Outcome(str, Enum):
    """What was done."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


def marker(name: str = "default") -> str:
    """The first line of a comment of ours, which no forge shows.

    A link definition that nothing refers to (CommonMark 0.31, 4.7): Bitbucket shows HTML comments as text.
    """
    return f"[//]: # (dashlint:{name})"


def post(
    forge: Forge, text: str, *, name: str = "default", author: str | None = None, create: bool = True
) -> Outcome:
    """Creates the comment, or updates it where it says something else.

    Args:
        forge: the pull request.
        text: the comment in Markdown, without a marker.
        name: tells several comments of one pull request apart (one for each of its folders, say).
        author: who writes with this login, where the forge does not tell.
        create: whether there shall be one if there is none yet.

    Raises:
        ForgeError: the forge refused, or was not reached.
    """
    body = f"{marker(name)}\n\n{text.strip()}\n"
    own = _own(forge, name, author)
    if own is not None:
        if _same(own.body, body):
            return Outcome.UNCHANGED
        forge.update(own.key, body)
        return Outcome.UPDATED
    if not create:
        return Outcome.SKIPPED
    try:
        forge.create(body)
    except ForgeError:
        # Perhaps it was written and only the answer was lost: a second one would stay for ever.
        own = _own(forge, name, author)
        if own is None or not _same(own.body, body):
            raise
    return Outcome.CREATED


def _own(forge: Forge, name: str, author: str | None) -> Comment | None:
    wanted, me = marker(name), author or forge.author()
    for comment in forge.comments():
        first = comment.body.lstrip().splitlines()[:1]
        if comment.author == me and first == [wanted]:
            return comment
    return None


def _same(one: str, other: str) -> bool:
    """Forges change line ends, and cut blanks at the ends."""
    return one.replace("\r\n", "\n").strip() == other.strip()
