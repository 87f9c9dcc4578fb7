"""``dashlint diff``: what a change does to dashboards and findings."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

from dashlint.cli import choices, groups, inputs, options, servers
from dashlint.cli.declare import Argument, Option
from dashlint.cli.errors import ExitCode, stop, told_plainly
from dashlint.cli.outputs import console_for, tell, tell_hidden, write_document
from dashlint.cli.scan import checked
from dashlint.lint.config import FAIL_ON, Config, ConfigError

if TYPE_CHECKING:
    from dashlint.report.diff import Diff, Side
    from dashlint.report.model import Report

FORMATS = ("terminal", "markdown", "json", "github")


def diff(
    sources: Annotated[
        Optional[list[Path]],  # noqa: UP045 it is read at run time on Python 3.10
        Argument(
            help="BASE and HEAD: exports (folder, ZIP, file) or reports of `scan --format json`; "
            "with --git the exports in the repository.",
            show_default=False,
        ),
    ] = None,
    git: Annotated[
        str | None,
        Option(
            "--git",
            help="Revisions to compare: origin/main...HEAD (since HEAD left it), A..B, or A "
            "(with the files as they are).",
            metavar="RANGE",
        ),
    ] = None,
    from_: Annotated[
        Path | None,
        Option("--from", help="A comparison that was written with --format json; nothing is read again."),
    ] = None,
    basis: groups.Basis = groups.BASIS,
    select: options.Select = None,
    ignore: options.Ignore = None,
    fail_on: options.FailOn = None,
    min_confidence: options.MinConfidence = None,
    chosen: choices.Choices = choices.CHOICES,
    config: options.ConfigFile = None,
    format: Annotated[
        str,
        Option(
            "--format", help="terminal, markdown, json or github (annotations).", rich_help_panel="Output"
        ),
    ] = "terminal",
    color: options.Color = "auto",
) -> None:
    """Compare dashboards before and after a change: queries, memory, findings.

    Exit codes: 0 no new finding, 1 new findings, 2 wrong usage, 3 nothing usable in the input.
    """
    with told_plainly():
        options.one_of("--format", format, FORMATS)
        options.one_of("--fail-on", fail_on, FAIL_ON)
        configured = inputs.merge(
            inputs.read_config(config, [Path.cwd()]),
            select=inputs.split(select),
            ignore=inputs.split(ignore),
            fail_on=fail_on,
            min_confidence=min_confidence,
        )
        facts = basis.facts()
        if from_ is not None:
            if sources or git:
                raise ConfigError("--from has both sides already: give no exports and no --git with it")
            found = stored(from_)
        else:
            configured = choices.settled(configured, chosen)
            found = compared(sources or [], git, configured, facts)
        publish(found, format, color)
        tell(found.problems, ())
        sys.exit(ExitCode.FINDINGS if _fails(found, configured.fail_on) else ExitCode.OK)


def compared(sources: Sequence[Path], git: str | None, config: Config, facts: inputs.Facts) -> Diff:
    """Reads both sides and compares them.

    Raises:
        ConfigError: not two sides were given.
    """
    if git is None:
        if len(sources) != 2:
            raise ConfigError(
                "give BASE and HEAD (exports or reports), or --git RANGE with the exports in the repository"
            )
        return _told([_side(source, config, facts) for source in sources])
    from dashlint.cli import revisions

    paths = list(sources) or [Path()]
    between = revisions.parse(git, paths[0] if paths[0].is_dir() else paths[0].parent)
    sides = []
    for revision in between:
        if revision is None:
            sides.append(_read(paths, "the files as they are", config, facts))
            continue
        with tempfile.TemporaryDirectory(prefix="dashlint-") as folder:
            laid_out = Path(folder).resolve()
            there = revisions.lay_out(revision, paths, laid_out)
            moved = _moved(config, revisions.top(paths[0]), laid_out)
            sides.append(_read(there, revision, moved, facts, laid_out))
    return _told(sides)


def _moved(config: Config, top: Path, folder: Path) -> Config:
    """The configuration, whose overrides speak of files that now lie in another folder."""
    if config.root is None or not config.root.is_relative_to(top):
        return config
    return config._replace(root=folder / config.root.relative_to(top))


def _told(sides: Sequence[Side]) -> Diff:
    """The comparison; what the persona does not see of the newer side is counted on stderr."""
    from dashlint.report.diff import compare

    tell_hidden(sides[1].report.hidden)
    return compare(*sides)


def stored(path: Path) -> Diff:
    """A comparison that was written as JSON; ``-`` is stdin."""
    from dashlint.report.diff_json import parse
    from dashlint.report.json_read import NotAReportError

    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return parse(data.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except (NotAReportError, UnicodeDecodeError) as error:
        stop(f"{path} is no comparison: {error}", ExitCode.NOTHING_USABLE)


def publish(found: Diff, format: str, color: str) -> None:
    """The comparison on stdout."""
    if format == "json":
        from dashlint.report.diff_json import render

        write_document(render(found))
    elif format == "markdown":
        from dashlint.report.diff_markdown import render as markdown

        write_document(markdown(found))
    elif format == "github":
        from dashlint.report.github import render as annotations
        from dashlint.report.model import Counts, Report

        write_document(annotations(Report("", False, Counts(0, 0, 0), (), found.new, found.problems)))
    else:
        from dashlint.report.diff_text import show

        show(found, console_for(color))


def _side(source: Path, config: Config, facts: inputs.Facts) -> Side:
    from dashlint.report.diff import Side
    from dashlint.report.json_read import NotAReportError, parse

    if source.suffix.lower() != ".json":
        return _read([source], str(source), config, facts)
    try:
        return Side(str(source), parse(source.read_text("utf-8-sig")))
    except OSError as error:
        raise ConfigError(f"{source}: {error.strerror or error}") from None
    except (NotAReportError, UnicodeDecodeError) as error:
        raise ConfigError(f"{source} cannot be compared: {error}") from None


def _read(
    sources: Sequence[Path], label: str, config: Config, facts: inputs.Facts, apart: Path | None = None
) -> Side:
    """One side from exports. ``apart``: the folder that they were laid out in, no part of their names."""
    from dashlint.report.contents import contents
    from dashlint.report.diff import Side

    if not sources:
        return Side(label, _nothing())
    analysis, report = checked(sources, servers.ServerOptions(), config, facts)
    if apart is not None:
        above = f"{apart}{os.sep}"
        report = report._replace(
            findings=tuple(
                f._replace(
                    asset=f.asset._replace(
                        uuid=f.asset.uuid.removeprefix(above), name=f.asset.name.removeprefix(above)
                    ),
                    location=f.location._replace(file=_below(above, f.location.file)),
                )
                for f in report.findings
            ),
            dashboards=tuple(d._replace(file=_below(above, d.file)) for d in report.dashboards),
            problems=tuple(
                p._replace(file=_below(above, p.file), message=p.message.replace(above, ""))
                for p in report.problems
            ),
        )
    return Side(label, report, contents(analysis))


def _below(folder: str, file: str | None) -> str | None:
    return file.removeprefix(folder) if file is not None else None


def _nothing() -> Report:
    from dashlint.report.model import Counts, Report

    return Report("", False, Counts(0, 0, 0), (), (), ())


def _fails(found: Diff, fail_on: str) -> bool:
    from dashlint.lint.model import Severity

    if fail_on == "never":
        return False
    return any(finding.severity.rank >= Severity(fail_on).rank for finding in found.new)
