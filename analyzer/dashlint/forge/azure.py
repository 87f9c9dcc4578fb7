"""Comments on pull requests of Azure DevOps (REST API 7.1, "Pull Request Threads")."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.forge.http import Bearer, JsonApi
from dashlint.forge.model import Comment, Place

_VERSION = "api-version=7.1"


class AzureDevOps:
    """A pull request on Azure DevOps. ``Place.repository`` is ``project/repository`` (names or ids)."""

    # learn.microsoft.com, "Git limits": a comment's content has at most 150,000 characters.
    limit = 150_000
    html = True

    def __init__(self, place: Place, token: str) -> None:
        """``token``: ``System.AccessToken`` of a pipeline, or a personal access token."""
        # A pipeline's token is a JWT; personal ones go as the password of nobody.
        is_jwt = token.count(".") == 2
        self._api = JsonApi("Azure DevOps", place.api, Bearer(token) if is_jwt else ("", token))
        project, _, repository = place.repository.partition("/")
        self._threads = f"{project}/_apis/git/repositories/{repository}/pullRequests/{place.number}/threads"

    def author(self) -> str:
        """The identity's id."""
        found = self._api.send("GET", "_apis/connectionData?api-version=7.1-preview", "ask who it is")
        return str(found["authenticatedUser"]["id"])

    def comments(self) -> Iterator[Comment]:
        found = self._api.send("GET", f"{self._threads}?{_VERSION}", "read the comments")
        for thread in found["value"]:
            for comment in thread.get("comments") or ():
                if not comment.get("isDeleted"):
                    key = f"{thread['id']}/comments/{comment['id']}"
                    yield Comment(key, comment["author"]["id"], comment.get("content") or "")

    def create(self, body: str) -> None:
        # A closed thread: an open one would keep policies from completing the pull request.
        comment = {"parentCommentId": 0, "commentType": "text", "content": body}
        thread = {"comments": [comment], "status": "closed"}
        self._api.send("POST", f"{self._threads}?{_VERSION}", "write a comment", thread)

    def update(self, key: str, body: str) -> None:
        path = f"{self._threads}/{key}?{_VERSION}"
        self._api.send("PATCH", path, "update its comment", {"content": body})
