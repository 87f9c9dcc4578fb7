"""Comments on pull requests of Bitbucket Cloud (REST API 2.0, "Pullrequests")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dashlint.forge.http import Bearer, JsonApi
from dashlint.forge.model import Comment, Place


class Bitbucket:
    """A pull request on Bitbucket Cloud. ``Place.repository`` is ``workspace/slug``."""

    # Longer ones are refused ("content.raw: longer than 32768").
    limit = 32_768
    html = False

    def __init__(self, place: Place, token: str) -> None:
        """``token``: an access token, or ``user:app-password``."""
        user, colon, password = token.partition(":")
        self._api = JsonApi("Bitbucket", place.api, (user, password) if colon else Bearer(token))
        self._comments = f"repositories/{place.repository}/pullrequests/{place.number}/comments"

    def author(self) -> str:
        """The account's uuid."""
        return str(self._api.send("GET", "user", "ask who it is")["uuid"])

    def comments(self) -> Iterator[Comment]:
        path: str | None = f"{self._comments}?pagelen=100"
        while path:
            page: Any = self._api.send("GET", path, "read the comments")
            for comment in page["values"]:
                if not comment.get("deleted"):
                    user = comment.get("user") or {}
                    yield Comment(str(comment["id"]), user.get("uuid", ""), comment["content"]["raw"] or "")
            path = page.get("next")

    def create(self, body: str) -> None:
        self._api.send("POST", self._comments, "write a comment", {"content": {"raw": body}})

    def update(self, key: str, body: str) -> None:
        self._api.send("PUT", f"{self._comments}/{key}", "update its comment", {"content": {"raw": body}})
