"""Which pull request a pipeline runs for, and its token, from the variables that pipelines set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashlint.forge.model import Forge, ForgeError, Place

#: Where a token is looked for, the first that is set counts.
TOKENS = {
    "github": ("DASHLINT_FORGE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"),
    "gitlab": ("DASHLINT_FORGE_TOKEN", "GITLAB_TOKEN"),
    "bitbucket": ("DASHLINT_FORGE_TOKEN", "BITBUCKET_TOKEN"),
    "azure": ("DASHLINT_FORGE_TOKEN", "SYSTEM_ACCESSTOKEN"),
}
FORGES = tuple(TOKENS)
_PUBLIC = {
    "github": "https://api.github.com",
    "gitlab": "https://gitlab.com/api/v4",
    "bitbucket": "https://api.bitbucket.org/2.0",
}


def detect(environment: Mapping[str, str]) -> str | None:
    """The forge whose pipeline this is; None outside of one that is known."""
    if environment.get("GITHUB_ACTIONS"):
        return "github"
    if environment.get("GITLAB_CI"):
        return "gitlab"
    if environment.get("BITBUCKET_BUILD_NUMBER"):
        return "bitbucket"
    return "azure" if environment.get("TF_BUILD") else None


def place(
    environment: Mapping[str, str],
    *,
    forge: str | None = None,
    api: str | None = None,
    repository: str | None = None,
    number: int | None = None,
) -> Place:
    """The pull request that is meant: what is given counts more than what the pipeline says.

    Raises:
        ForgeError: something is neither given nor known here.
    """
    name = forge or detect(environment)
    if name is None:
        raise ForgeError(f"this is no pipeline of a forge that is known: say which with --forge ({_LIST})")
    found = _FROM[name](environment) if name == detect(environment) else {}
    api = api or found.get("api") or _PUBLIC.get(name)
    repository = repository or found.get("repository")
    number = number or found.get("number")
    missing = [
        option
        for option, value in (("--api", api), ("--repository", repository), ("--pull-request", number))
        if not value
    ]
    if not api or not repository or not number:
        hint = " (this pipeline was not started for a pull request)" if found and not number else ""
        raise ForgeError(f"which pull request is meant is not known{hint}: pass {', '.join(missing)}")
    return Place(name, api, repository, number, bool(found.get("fork")))


def token(environment: Mapping[str, str], forge: str) -> str | None:
    """The token for a forge; None where no variable holds one."""
    return next((environment[name] for name in TOKENS[forge] if environment.get(name)), None)


def connect(place: Place, token: str) -> Forge:
    """The pull request on its forge.

    Raises:
        ForgeError: the client library is not installed.
    """
    try:
        if place.forge == "github":
            from dashlint.forge.github import GitHub

            return GitHub(place, token)
        if place.forge == "gitlab":
            from dashlint.forge.gitlab import GitLab

            return GitLab(place, token)
    except ImportError:
        raise ForgeError(
            f"comments on this forge need a client library: pip install 'dashlint[{place.forge}]'"
        ) from None
    if place.forge == "bitbucket":
        from dashlint.forge.bitbucket import Bitbucket

        return Bitbucket(place, token)
    from dashlint.forge.azure import AzureDevOps

    return AzureDevOps(place, token)


def _github(environment: Mapping[str, str]) -> dict[str, Any]:
    """Variables of GitHub Actions (docs.github.com, "Variables reference") and the event's file."""
    found: dict[str, Any] = {
        "api": environment.get("GITHUB_API_URL"),
        "repository": environment.get("GITHUB_REPOSITORY"),
    }
    try:
        event = json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_text("utf-8"))
    except (KeyError, OSError, ValueError):
        return found
    request = event.get("pull_request") if isinstance(event, dict) else None
    if not isinstance(request, dict):
        return found
    found["number"] = request.get("number")
    head = (request.get("head") or {}).get("repo") or {}
    found["fork"] = head.get("full_name") != found["repository"]
    return found


def _gitlab(environment: Mapping[str, str]) -> dict[str, Any]:
    """Variables of GitLab CI (docs.gitlab.com, "Predefined CI/CD variables")."""
    source = environment.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
    return {
        "api": environment.get("CI_API_V4_URL"),
        "repository": environment.get("CI_MERGE_REQUEST_PROJECT_ID") or environment.get("CI_PROJECT_ID"),
        "number": _whole(environment.get("CI_MERGE_REQUEST_IID")),
        "fork": bool(source) and source != environment.get("CI_MERGE_REQUEST_PROJECT_ID"),
    }


def _bitbucket(environment: Mapping[str, str]) -> dict[str, Any]:
    """Variables of Bitbucket Pipelines (support.atlassian.com, "Variables and secrets")."""
    return {
        "repository": environment.get("BITBUCKET_REPO_FULL_NAME"),
        "number": _whole(environment.get("BITBUCKET_PR_ID")),
    }


def _azure(environment: Mapping[str, str]) -> dict[str, Any]:
    """Variables of Azure Pipelines (learn.microsoft.com, "Use predefined variables")."""
    project, repository = environment.get("SYSTEM_TEAMPROJECTID"), environment.get("BUILD_REPOSITORY_ID")
    return {
        "api": environment.get("SYSTEM_COLLECTIONURI"),
        "repository": f"{project}/{repository}" if project and repository else None,
        "number": _whole(environment.get("SYSTEM_PULLREQUEST_PULLREQUESTID")),
        "fork": environment.get("SYSTEM_PULLREQUEST_ISFORK") == "True",
    }


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


_FROM = {"github": _github, "gitlab": _gitlab, "bitbucket": _bitbucket, "azure": _azure}
_LIST = ", ".join(FORGES)
