"""``dashlint comment``: a comparison as one comment on the pull request."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from dashlint.cli.declare import Argument, Option
from dashlint.cli.diff import stored
from dashlint.cli.errors import ExitCode, stop, told_plainly
from dashlint.cli.outputs import write_document
from dashlint.lint.config import ConfigError

if TYPE_CHECKING:
    from dashlint.forge.model import Place
    from dashlint.report.diff import Diff

_WHERE = "Where"
_FORK = (
    "This pull request comes from a fork, whose pipeline may not write comments: the comparison is in the "
    "job's summary instead."
)


def comment(
    comparison: Annotated[
        Path,
        Argument(help="What `dashlint diff --format json` wrote; - reads it from stdin.", show_default=False),
    ],
    forge: Annotated[
        str | None,
        Option(
            "--forge", help="github, gitlab, bitbucket or azure; else the pipeline's.", rich_help_panel=_WHERE
        ),
    ] = None,
    api: Annotated[
        str | None,
        Option(
            "--api",
            help="Address of the forge's API; else the pipeline's, or the public one.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    repository: Annotated[
        str | None,
        Option(
            "--repository", help="Repository, as owner/name; else the pipeline's.", rich_help_panel=_WHERE
        ),
    ] = None,
    pull_request: Annotated[
        int | None,
        Option(
            "--pull-request", help="Number of the pull request; else the pipeline's.", rich_help_panel=_WHERE
        ),
    ] = None,
    author: Annotated[
        str | None,
        Option(
            "--author",
            help="Account that the token writes as, where the forge does not tell.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    name: Annotated[
        str,
        Option("--name", help="Tells several comments on one pull request apart."),
    ] = "default",
    only_changes: Annotated[
        bool,
        Option(
            "--only-changes", help="No comment where there is nothing to say; one that is there is updated."
        ),
    ] = False,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Print the comment, and ask no forge anything.")
    ] = False,
) -> None:
    """Write what `dashlint diff` found as one comment on a pull request, or update it.

    Exit codes: 0 done, 2 wrong usage, 3 the comparison cannot be read, 4 the forge refused.
    """
    from dashlint.forge.environment import FORGES
    from dashlint.forge.model import ForgeError

    with told_plainly():
        if forge is not None and forge not in FORGES:
            raise ConfigError(f"--forge {forge}: known are {', '.join(FORGES)}")
        if not name.replace("-", "").replace("_", "").isalnum():
            raise ConfigError(f"--name {name!r}: letters, digits, - and _ only")
        found = stored(comparison)
        if dry_run:
            from dashlint.report.diff_markdown import render

            write_document(render(found))
            return
        try:
            _post(found, forge, api, repository, pull_request, author, name, only_changes=only_changes)
        except ForgeError as error:
            stop(str(error), ExitCode.UNREACHABLE)


def _post(
    found: Diff,
    forge: str | None,
    api: str | None,
    repository: str | None,
    pull_request: int | None,
    author: str | None,
    name: str,
    *,
    only_changes: bool,
) -> None:
    from dashlint.forge import environment, sticky
    from dashlint.forge.model import ForgeError
    from dashlint.report.diff_markdown import render

    where = environment.place(os.environ, forge=forge, api=api, repository=repository, number=pull_request)
    token = environment.token(os.environ, where.forge)
    if token is None and where.fork:
        _summarise(found, where)
        return
    if token is None:
        names = " or ".join(environment.TOKENS[where.forge])
        raise ForgeError(f"no token to write the comment with: set {names}")
    connected = environment.connect(where, token)
    room = connected.limit - len(sticky.marker(name)) - 10
    try:
        done = sticky.post(
            connected,
            render(found, room, html=connected.html),
            name=name,
            author=author,
            create=not (only_changes and found.quiet),
        )
    except ForgeError as error:
        if not (error.forbidden and where.fork):
            raise
        _summarise(found, where)
        return
    sys.stderr.write(f"dashlint: comment {done.value} on {where.repository} #{where.number}\n")


def _summarise(found: Diff, where: Place) -> None:
    """The comparison where a fork's job may write: its summary (GitHub), else its log."""
    from dashlint.report.diff_markdown import render

    text = render(found, note=_FORK)
    summary = os.environ.get("GITHUB_STEP_SUMMARY") if where.forge == "github" else None
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(text)
        from dashlint.report.github import render as annotations
        from dashlint.report.model import Counts, Report

        write_document(annotations(Report("", False, Counts(0, 0, 0), (), found.new, ())))
    else:
        write_document(text)
    sys.stderr.write(f"dashlint: note: {_FORK}\n")
