"""``dashlint scan``: reads, checks, reports."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dashlint.cli import actions, choices, groups, inputs, options, servers, verification
from dashlint.cli import jobs as processes
from dashlint.cli.errors import ExitCode, told_plainly
from dashlint.cli.fix_command import Given
from dashlint.cli.outputs import publish, read_output
from dashlint.lint.config import FAIL_ON, Config

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.assets import Problem
    from dashlint.cli.crew import Crew
    from dashlint.report.model import Report
    from dashlint.sources.rest import Server


def scan(
    sources: options.Sources = None,
    url: options.Url = None,
    account: groups.Account = groups.ACCOUNT,
    dashboard: options.Dashboards = None,
    published_only: options.PublishedOnly = False,
    indexes: options.Indexes = True,
    basis: groups.Basis = groups.BASIS,
    verify: options.Verify = False,
    db: options.Db = None,
    db_name: options.DbName = None,
    select: options.Select = None,
    ignore: options.Ignore = None,
    baseline: options.Baseline = None,
    fail_on: options.FailOn = None,
    min_confidence: options.MinConfidence = None,
    chosen: choices.Choices = choices.CHOICES,
    config: options.ConfigFile = None,
    strict: options.Strict = False,
    jobs: options.Jobs = None,
    plan: options.Plan = False,
    format: options.ReportFormat = "terminal",
    output: options.Outputs = None,
    color: options.Color = "auto",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Check dashboards, charts, datasets and filters, and say what to change.

    Reads exports, or a running Superset with --url. Exit codes: 0 nothing found, 1 findings,
    2 wrong usage, 3 nothing usable in the input, 4 server not reached or login refused.
    """
    with told_plainly():
        wanted = read_output(format, color, quiet=quiet, verbose=verbose, outputs=output)
        configured = inputs.merge(
            inputs.read_config(config, sources or []),
            select=inputs.split(select),
            ignore=inputs.split(ignore),
            fail_on=options.one_of("--fail-on", fail_on, FAIL_ON),
            min_confidence=options.one_of("--min-confidence", min_confidence, ("low", "medium", "high")),
            baseline=baseline,
        )
        configured = choices.settled(configured, chosen)
        server = account.at(
            servers.server_url(url, sources), dashboard, published_only=published_only, indexes=indexes
        )
        facts = basis.facts(account.timeout)
        asked = verification.wanted(
            verify=verify,
            url=db,
            name=db_name,
            timeout=account.timeout,
            catalogs=(*configured.catalog, *facts.catalog),
        )
        facts = verification.with_catalog(facts, configured, asked)
        given = Given(
            tuple(sources or ()),
            server,
            basis.facts(),
            inputs.split(select),
            inputs.split(ignore),
            min_confidence,
            config,
            chosen.as_options(),
        )
        shared_by = processes.jobs(jobs, configured.jobs)
        told = given if plan or wanted.says_what_fix_mends else None
        report = checked(
            sources or [], server, configured, facts, asked, given=told, planned=plan, jobs=shared_by
        )[1]
        publish(report, wanted)
        sys.exit(exit_code(report, strict=strict))


def run(
    sources: Sequence[Path], server: servers.ServerOptions, config: Config, facts: inputs.Facts
) -> Report:
    """Reads, checks, and gives the report."""
    return checked(sources, server, config, facts)[1]


def checked(
    sources: Sequence[Path],
    server: servers.ServerOptions,
    config: Config,
    facts: inputs.Facts,
    asked: verification.Asked | None = None,
    *,
    given: Given | None = None,
    planned: bool = False,
    meanwhile: Callable[[Server], Iterable[Problem]] | None = None,
    jobs: processes.Jobs = processes.ALONE,
) -> tuple[Analysis, Report]:
    """Reads, checks, and gives the analysis and its report; with ``asked``, a database is asked for plans.

    ``meanwhile`` is called while a server is logged in to, and gives the problems that it met there. With
    ``given``, the report says what ``dashlint fix`` can mend, and, if ``planned``, what to do first.
    Files among the sources that say how Superset is run are read as its deployment. ``jobs`` says how many
    processes may share the work.
    """
    exports, deployed = inputs.told_apart(sources)
    deployment, unread = inputs.read_deployment(deployed)
    whole = bool(exports) or server.url is not None
    if given is not None:
        given = given._replace(sources=tuple(exports))  # `dashlint fix` mends no deployment
    with processes.crew([str(path) for path in exports], jobs) as crew:
        with inputs.opened(exports, server, deployment, crew) as read:
            analysis, more = inputs.analyse(read, config, facts, deployment)
            if meanwhile is not None and read.server is not None:
                more = [*more, *meanwhile(read.server)]
        report = judged(
            analysis, [*unread, *more], config, asked, whole=whole, given=given, planned=planned, crew=crew
        )
    return analysis, report


def judged(
    analysis: Analysis,
    more: Iterable[Problem],
    config: Config,
    asked: verification.Asked | None = None,
    *,
    whole: bool = True,
    given: Given | None = None,
    planned: bool = False,
    crew: Crew | None = None,
) -> Report:
    """Runs the rules that the configuration chooses, and gives the report of what they find.

    Args:
        analysis: what is judged.
        more: problems that were met before, besides those of the workspace.
        config: rules, severities, suppressions, baseline.
        asked: a database to ask for plans.
        whole: everything was read that the project has, so that suppressions which match nothing are stale.
        given: how the command was called: the report says what ``dashlint fix`` can mend.
        planned: the report says what to do first, too; needs ``given``.
        crew: processes that have read the same, and check a part of it.
    """
    from dashlint.lint import registry, runner
    from dashlint.lint import select as choice
    from dashlint.report.model import build

    # What is said about rules has to be held against all of them. Else those that have nothing to look at
    # stay where they are: they are a tenth of the scan of one file.
    everything = analysis.deployment is not None or config.speaks_of_rules
    rules, problems = registry.load_rules(config.trusted_plugins, deployment=everything)
    chosen = choice.choose(rules, config)
    workspace = analysis.workspace
    with verification.opened(asked, analysis) as planning:
        overrides = choice.overrides_of(config, workspace)
        done, figures = crew.judge(analysis, chosen, overrides, config) if crew is not None else (None, {})
        findings, failures = runner.run(analysis, chosen, overrides, done)
        graded = choice.grade(findings, config, overrides)
        idle = set(rules) - {type(rule) for rule in chosen}
        asleep = set() if analysis.deployment else {r for r in set(rules) - idle if runner.deployment_only(r)}
        complete = whole and workspace.focused is None and all(rule.on_request for rule in idle)
        idle |= asleep
        day = date.today()  # noqa: DTZ011 a local date
        reported, suppressed, stale = choice.suppress(graded, config, day, complete=complete, idle=idle)
        shown = choice.shown(reported, chosen, config, overrides)[0]
        fixable = actions.fixable(shown, analysis, config, given)
        accepted = 0
        if config.baseline is not None:
            from dashlint.lint import baseline

            known = baseline.judge(
                reported, baseline.read(config.baseline), complete=complete, idle={r.code for r in asleep}
            )
            reported, accepted = known.reported, len(known.accepted)
            stale = [*stale, *known.problems]
        reported, hidden = choice.shown(reported, chosen, config, overrides)
        if overrides is not None and workspace.focused is None:
            stale = [*stale, *overrides.problems()]
        notes: list[str] = []
        if planning is not None:
            reported, notes = planning.verified(reported, analysis)
        return build(
            analysis,
            reported,
            [*workspace.problems, *problems, *more, *failures, *stale],
            suppressed=len(suppressed),
            accepted=accepted,
            hidden=hidden,
            rules=[rule for rule in chosen if type(rule) not in asleep],
            fail_on=config.fail_on,
            notes=notes,
            plan=partial(actions.plan, analysis, reported, chosen, config, given)
            if planned and given
            else None,
            fixable=fixable,
            known=figures,
        )


def exit_code(report: Report, *, strict: bool) -> ExitCode:
    """What a report means for the process."""
    from dashlint.report.model import fails

    if strict and report.problems:
        return ExitCode.NOTHING_USABLE
    return ExitCode.FINDINGS if fails(report) else ExitCode.OK
