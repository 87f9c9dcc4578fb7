"""``dashlint fix``: makes the changes that findings propose."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from dashlint.cli import choices, groups, inputs, options
from dashlint.cli.declare import Option
from dashlint.cli.errors import ExitCode, stop, told_plainly
from dashlint.lint.config import FAIL_ON, Config, ConfigError

if TYPE_CHECKING:
    from dashlint.assets import Problem
    from dashlint.fix.export import Outcome

_FIX = "What is fixed"


def fix(
    sources: options.Sources = None,
    unsafe: Annotated[
        bool,
        Option("--unsafe", help="Also make fixes that change what people see.", rich_help_panel=_FIX),
    ] = False,
    diff: Annotated[
        bool, Option("--diff", help="Show the changes as a diff; write nothing.", rich_help_panel=_FIX)
    ] = False,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Say what would be changed; write nothing.", rich_help_panel=_FIX)
    ] = False,
    output: Annotated[
        Path | None,
        Option("--output", help="For a ZIP: the new ZIP to write.", metavar="FILE", rich_help_panel=_FIX),
    ] = None,
    yes: Annotated[
        bool,
        Option("--yes", help="With --url: do not ask before writing.", rich_help_panel=options.SERVER),
    ] = False,
    rollback: Annotated[
        Path | None,
        Option(
            "--rollback",
            help="With --url: put back what a fix has changed, from the file that it wrote.",
            metavar="FILE",
            rich_help_panel=options.SERVER,
        ),
    ] = None,
    rollback_file: Annotated[
        Path | None,
        Option(
            "--rollback-file",
            help="With --url: where to write the old values before anything is changed; "
            "else dashlint-rollback-TIME.json here.",
            metavar="FILE",
            rich_help_panel=options.SERVER,
        ),
    ] = None,
    url: Annotated[
        str | None,
        Option("--url", help="Address of the running Superset to change.", rich_help_panel=options.SERVER),
    ] = None,
    account: groups.Account = groups.ACCOUNT,
    dashboard: options.Dashboards = None,
    published_only: options.PublishedOnly = False,
    indexes: options.Indexes = True,
    basis: groups.Basis = groups.BASIS,
    select: options.Select = None,
    ignore: options.Ignore = None,
    fail_on: options.FailOn = None,
    min_confidence: options.MinConfidence = None,
    chosen: choices.Choices = choices.CHOICES,
    config: options.ConfigFile = None,
    strict: options.Strict = False,
) -> None:
    """Make the changes that findings propose: in exported YAML, or with --url in a running Superset.

    Only safe fixes are made, which change nothing that people see, unless --unsafe is given. In YAML
    everything else stays byte for byte. Exit codes: 0 no finding at or above --fail-on remains
    (with --diff or --dry-run: nothing to change), 1 some remain (something to change), 2 wrong usage,
    3 nothing usable in the input, 4 server not reached or login refused.
    """
    with told_plainly():
        configured = inputs.merge(
            inputs.read_config(config, sources or []),
            select=inputs.split(select),
            ignore=inputs.split(ignore),
            fail_on=options.one_of("--fail-on", fail_on, FAIL_ON),
            min_confidence=options.one_of("--min-confidence", min_confidence, ("low", "medium", "high")),
        )
        configured = choices.settled(configured, chosen)
        facts = basis.facts()
        server = account.at(url, dashboard, published_only=published_only, indexes=indexes)
        if server.url:
            from dashlint.cli import fix_server

            wanted = fix_server.Wanted(unsafe, diff or dry_run, yes, rollback, rollback_file)
            if sources:
                raise ConfigError("give either exports or --url, not both")
            sys.exit(fix_server.run(server, configured, facts, wanted))
        if rollback:
            raise ConfigError("--rollback puts back what was changed on a server: name it with --url")
        sys.exit(
            _exports(
                sources or [], output, configured, facts, unsafe=unsafe, diff=diff, dry=dry_run, strict=strict
            )
        )


def _exports(
    sources: list[Path],
    output: Path | None,
    config: Config,
    facts: inputs.Facts,
    *,
    unsafe: bool,
    diff: bool,
    dry: bool,
    strict: bool,
) -> ExitCode:
    from dashlint.cli import fix_text
    from dashlint.cli.fix_check import Check
    from dashlint.fix.export import fix_targets
    from dashlint.fix.units import Allowed
    from dashlint.sources.targets import find_targets

    if not sources:
        raise ConfigError("nothing to fix: name an export (ZIP, folder or YAML file) or a server with --url")
    targets, errors = find_targets([str(source) for source in sources])
    if errors and len(sources) == len(errors):
        raise errors[0]
    check = Check(config, facts)
    allowed = Allowed(unsafe, config.asked.select or config.select)
    outcome = fix_targets(targets, [str(source) for source in sources], check, allowed)
    preview = diff or dry
    if diff:
        sys.stdout.write(fix_text.diff(outcome))
    problems = [] if preview else _written(outcome, output)
    fix_text.tell(outcome, [*check.problems, *problems], [str(error) for error in errors])
    if not diff:
        sys.stdout.write(fix_text.changes(outcome, dry=dry))
    (sys.stderr if diff else sys.stdout).write(fix_text.summary(outcome, dry=preview, allowed=allowed))
    if problems or (strict and (outcome.refusals or outcome.workspace.problems or errors)):
        return ExitCode.NOTHING_USABLE
    if preview:
        return ExitCode.FINDINGS if outcome.changes else ExitCode.OK
    return check.exit_code(outcome.remaining)


def _written(outcome: Outcome, output: Path | None) -> list[Problem]:
    """Writes what was changed; a problem for every file that could not be."""
    from dashlint.assets import Problem
    from dashlint.fix import write

    changed = outcome.places.changed()
    archives = {place.archive for place in outcome.places.by_name.values() if place.archive is not None}
    if output is None and any(place.archive for _, place in changed):
        named = ", ".join(sorted(archives))
        raise ConfigError(f"{named} is a ZIP and stays as it is: name a new one with --output, or unpack it")
    if output is not None and (
        len(archives) != 1 or any(place.archive is None for place in outcome.places.by_name.values())
    ):
        raise ConfigError("--output is for one ZIP: files in folders are changed where they are")
    problems = []
    try:
        if output is not None:
            contents = {place.path: place.data for _, place in changed}
            write.write_archive(archives.pop(), str(output), contents)
            return []
    except write.NotWrittenError as error:
        stop(str(error), ExitCode.NOTHING_USABLE)
    for name, place in changed:
        assert place.on_disk is not None, "archives were dealt with"
        try:
            write.replace_file(place.on_disk, place.original, place.data)
        except write.NotWrittenError as error:
            problems.append(Problem("not-written", str(error)))
            outcome.take_back(name)
    return problems
