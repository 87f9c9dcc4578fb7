"""``dashlint scan``: reads, checks, reports."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from dashlint.cli import inputs, options, verification
from dashlint.cli.errors import ExitCode, told_plainly
from dashlint.lint.config import FAIL_ON, Config, ConfigError

if TYPE_CHECKING:
    from dashlint.assets import Problem
    from dashlint.report.model import Report

FORMATS = ("terminal", "json")


@dataclass(frozen=True)
class Output:
    """How a report shall look. ``verbose`` is -1, 0 or 1."""

    format: str = "terminal"
    color: str = "auto"
    verbose: int = 0

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ConfigError(f"--format {self.format}: known are {', '.join(FORMATS)}")


def scan(
    sources: options.Sources = None,
    url: options.Url = None,
    username: options.Username = None,
    provider: options.Provider = "db",
    ca_bundle: options.CaBundle = None,
    insecure: options.Insecure = False,
    dashboard: options.Dashboards = None,
    published_only: options.PublishedOnly = False,
    timeout: options.Timeout = 60.0,
    indexes: options.Indexes = True,
    catalog: options.Catalog = None,
    superset_version: options.SupersetVersion = None,
    superset_config: options.SupersetConfig = None,
    setting: options.Setting = None,
    today: options.Today = None,
    verify: options.Verify = False,
    db: options.Db = None,
    db_name: options.DbName = None,
    select: options.Select = None,
    ignore: options.Ignore = None,
    fail_on: options.FailOn = None,
    min_confidence: options.MinConfidence = None,
    config: options.ConfigFile = None,
    strict: options.Strict = False,
    format: options.Format = "terminal",
    color: options.Color = "auto",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Check dashboards, charts, datasets and filters, and say what to change.

    Reads exports, or a running Superset with --url. Exit codes: 0 nothing found, 1 findings,
    2 wrong usage, 3 nothing usable in the input, 4 server not reached or login refused.
    """
    with told_plainly():
        output = Output(format, color, -1 if quiet else int(verbose))
        configured = inputs.merge(
            inputs.read_config(config, sources or []),
            select=inputs.split(select),
            ignore=inputs.split(ignore),
            fail_on=_one_of("--fail-on", fail_on, FAIL_ON),
            min_confidence=_one_of("--min-confidence", min_confidence, ("low", "medium", "high")),
        )
        server = inputs.ServerOptions(
            inputs.server_url(url, sources),
            username,
            provider,
            ca_bundle,
            insecure,
            tuple(dashboard or ()),
            published_only,
            timeout,
            indexes,
        )
        facts = inputs.Facts(
            tuple(catalog or ()), superset_version, superset_config, tuple(setting or ()), today, timeout
        )
        asked = verification.wanted(
            verify=verify,
            url=db,
            name=db_name,
            timeout=timeout,
            catalogs=(*configured.catalog, *facts.catalog),
        )
        facts = verification.with_catalog(facts, configured, asked)
        report = run(sources or [], server, configured, facts, asked)
        publish(report, output)
        sys.exit(_exit_code(report, configured, strict=strict))


def run(
    sources: list[Path],
    server: inputs.ServerOptions,
    config: Config,
    facts: inputs.Facts,
    asked: verification.Asked | None = None,
) -> Report:
    """Reads, checks, and gives the report; with ``asked``, a database is asked for plans."""
    from dashlint.lint import registry, runner
    from dashlint.lint import select as choice
    from dashlint.report.model import build

    rules, problems = registry.load_rules()
    chosen = choice.choose(rules, config)
    with inputs.opened(sources, server) as read:
        workspace = read.workspace
        analysis, more = inputs.analyse(read, config, facts)
    with verification.opened(asked, analysis) as planning:
        findings, failures = runner.run(analysis, chosen)
        graded = choice.grade(findings, config)
        complete = workspace.focused is None and len(chosen) == len(rules)
        today = date.today()  # noqa: DTZ011 a local date
        reported, suppressed, stale = choice.suppress(graded, config, today, complete=complete)
        notes: list[str] = []
        if planning is not None:
            reported, notes = planning.verified(reported, analysis)
        return build(
            analysis,
            reported,
            [*workspace.problems, *problems, *more, *failures, *stale],
            suppressed=len(suppressed),
            notes=notes,
        )


def publish(report: Report, output: Output) -> None:
    """The report on stdout; problems and notes on stderr."""
    if output.format == "json":
        from dashlint.report.json_report import render

        sys.stdout.write(render(report))
    else:
        from rich.console import Console

        from dashlint.report.terminal import show

        wanted = inputs.wants_color(output.color)
        console = Console(
            force_terminal=True if wanted else None,
            no_color=wanted is False,
            highlight=False,
            markup=False,
            emoji=False,
        )
        show(report, console, verbose=output.verbose)
    if output.verbose >= 0:
        tell(report.problems, report.notes)


def tell(problems: Iterable[Problem], notes: Iterable[str]) -> None:
    """What could not be used and what was not known, on stderr."""
    from dashlint.report.terminal import clean

    for problem in problems:
        line = f":{problem.line}" if problem.line is not None else ""
        place = f"{problem.file}{line}: " if problem.file else ""
        sys.stderr.write(f"dashlint: problem: {clean(place + problem.message)}\n")
    for note in notes:
        sys.stderr.write(f"dashlint: note: {clean(note)}\n")


def _exit_code(report: Report, config: Config, *, strict: bool) -> ExitCode:
    from dashlint.report.model import fails

    if strict and report.problems:
        return ExitCode.NOTHING_USABLE
    return ExitCode.FINDINGS if fails(report, config.fail_on) else ExitCode.OK


def _one_of(option: str, value: str | None, known: tuple[str, ...]) -> str | None:
    if value is not None and value not in known:
        raise ConfigError(f"{option} {value}: known are {', '.join(known)}")
    return value
