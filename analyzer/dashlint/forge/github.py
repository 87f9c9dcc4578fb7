"""Comments on pull requests of GitHub and GitHub Enterprise Server, by PyGithub (extra ``github``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dashlint.forge.model import Comment, ForgeError, Place, explained, unreachable

if TYPE_CHECKING:
    from github.Issue import Issue

#: Who comments with the token of a job of GitHub Actions (docs.github.com, "Automatic token authentication").
ACTIONS_BOT = "github-actions[bot]"
#: Seconds that a rate limit may make us wait: a pipeline's patience.
_PATIENCE = 120


class GitHub:
    """A pull request on GitHub. Its comments are those of an issue (REST API, "Issue comments")."""

    # The API answers 422 above (body is too long, maximum is 65536 characters).
    limit = 65_536
    html = True

    def __init__(self, place: Place, token: str) -> None:
        """Logs nobody in yet: the first request does."""
        import github

        retry = github.GithubRetry(
            total=4,
            backoff_factor=0.5,
            status_forcelist=[429, 500, 502, 503, 504],
            allowed_methods={"GET", "PATCH"},
            secondary_rate_wait=60,
            max_rate_limit_wait=_PATIENCE,
        )
        self._client = github.Github(
            base_url=place.api,
            auth=github.Auth.Token(token),
            retry=retry,
            timeout=30,
            per_page=100,
            lazy=True,
        )
        self._place = place
        self._found: Issue | None = None

    def author(self) -> str:
        """The account behind a personal token. The token of a workflow has none and may not ask."""
        try:
            with _told("ask who it is"):
                return self._client.get_user().login
        except ForgeError as error:
            if error.forbidden:
                return ACTIONS_BOT
            raise

    def comments(self) -> Iterator[Comment]:
        with _told("read the comments"):
            for comment in self._issue().get_comments():
                yield Comment(str(comment.id), comment.user.login, comment.body or "")

    def create(self, body: str) -> None:
        with _told("write a comment"):
            self._issue().create_comment(body)

    def update(self, key: str, body: str) -> None:
        with _told("update its comment"):
            self._issue().get_comment(int(key)).edit(body)

    def _issue(self) -> Issue:
        if self._found is None:
            repository = self._client.get_repo(self._place.repository)
            self._found = repository.get_issue(self._place.number)
        return self._found


@contextmanager
def _told(doing: str) -> Iterator[None]:
    """Turns what PyGithub raises into a sentence."""
    import requests
    from github import GithubException

    try:
        yield
    except GithubException as error:
        raise explained("GitHub", error.status, doing) from None
    except requests.RequestException as error:
        raise unreachable("GitHub", error, doing) from None
