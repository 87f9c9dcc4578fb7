"""Comments (notes) on merge requests of GitLab, by python-gitlab (extra ``gitlab``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dashlint.forge.model import Comment, Place, explained, unreachable


class GitLab:
    """A merge request on GitLab (REST API, "Notes")."""

    # GitLab's limit on a note (docs.gitlab.com, "Instance limits": size of comments and descriptions).
    limit = 1_000_000
    html = True

    def __init__(self, place: Place, token: str) -> None:
        """Logs nobody in yet: the first request does."""
        import gitlab

        self._client = gitlab.Gitlab(
            place.api.removesuffix("/api/v4"),
            private_token=token,
            timeout=30,
            per_page=100,
            retry_transient_errors=False,
        )
        project = self._client.projects.get(place.repository, lazy=True)
        self._notes: Any = project.mergerequests.get(place.number, lazy=True).notes

    def author(self) -> str:
        """The account behind the token; project and group tokens have one of their own."""
        with _told("ask who it is"):
            self._client.auth()
            return str(self._client.user.username) if self._client.user is not None else ""

    def comments(self) -> Iterator[Comment]:
        with _told("read the comments"):
            for note in self._notes.list(iterator=True, max_retries=4, retry_transient_errors=True):
                yield Comment(str(note.id), note.author["username"], note.body)

    def create(self, body: str) -> None:
        with _told("write a comment"):
            self._notes.create({"body": body}, max_retries=2)

    def update(self, key: str, body: str) -> None:
        with _told("update its comment"):
            self._notes.update(key, {"body": body}, max_retries=4, retry_transient_errors=True)


@contextmanager
def _told(doing: str) -> Iterator[None]:
    """Turns what python-gitlab raises into a sentence."""
    import requests
    from gitlab.exceptions import GitlabError

    try:
        yield
    except GitlabError as error:
        raise explained("GitLab", error.response_code or 0, doing) from None
    except requests.RequestException as error:
        raise unreachable("GitLab", error, doing) from None
