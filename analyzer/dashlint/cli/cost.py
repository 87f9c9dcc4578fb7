"""``dashlint cost``: what dashboards cost the server, how many viewers it bears, and what would save most."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from dashlint.cli import groups, inputs, options, servers, verification
from dashlint.cli.declare import Option
from dashlint.cli.errors import ExitCode, told_plainly
from dashlint.cli.outputs import console_for, tell, write_document
from dashlint.cli.trace import chosen
from dashlint.cost.capacity import FILTER_VALUES, THREADS, WORKERS, Deployment

if TYPE_CHECKING:
    from dashlint.analysis.plan import DashboardPlan

_SERVERS = "Deployment"


def cost(
    sources: options.Sources = None,
    viewers: Annotated[
        int,
        Option(
            "--viewers",
            help="People who open each dashboard at the same moment.",
            metavar="N",
            min=1,
            rich_help_panel=_SERVERS,
        ),
    ] = 1,
    workers: Annotated[
        int,
        Option(
            "--workers", help="Worker processes of the server.", metavar="W", min=1, rich_help_panel=_SERVERS
        ),
    ] = WORKERS,
    threads: Annotated[
        int,
        Option("--threads", help="Threads of each worker.", metavar="T", min=1, rich_help_panel=_SERVERS),
    ] = THREADS,
    limit: Annotated[
        str | None,
        Option(
            "--limit",
            help="Memory of the container, such as 2GiB; exit code 1 where a dashboard needs more.",
            metavar="SIZE",
            rich_help_panel=_SERVERS,
        ),
    ] = None,
    filter_values: Annotated[
        int,
        Option(
            "--filter-values",
            help="Values of each filter that people pick while the cache holds them.",
            metavar="N",
            min=0,
            rich_help_panel=_SERVERS,
        ),
    ] = FILTER_VALUES,
    url: options.Url = None,
    account: groups.Account = groups.ACCOUNT,
    dashboard: options.Dashboards = None,
    published_only: options.PublishedOnly = False,
    basis: groups.Basis = groups.BASIS,
    verify: options.Verify = False,
    db: options.Db = None,
    db_name: options.DbName = None,
    config: options.ConfigFile = None,
    strict: options.Strict = False,
    format: options.Format = "terminal",
    color: options.Color = "auto",
    verbose: Annotated[
        bool, Option("-v", "--verbose", help="Every chart and every saving.", rich_help_panel="Output")
    ] = False,
) -> None:
    """Predict the memory of dashboards: charts, loads, filters, workers, cache, and what saves most.

    Exit codes: 0, or 1 where a dashboard needs more than --limit; 2 wrong usage, 3 nothing usable in the
    input, 4 server not reached or login refused.
    """
    with told_plainly():
        options.one_of("--format", format, options.FORMATS)
        bytes_allowed = options.size("--limit", limit)
        server = account.at(servers.server_url(url, sources), dashboard, published_only=published_only)
        facts = basis.facts(account.timeout)
        configured = inputs.read_config(config, sources or [])
        asked = verification.wanted(
            verify=verify,
            url=db,
            name=db_name,
            timeout=account.timeout,
            catalogs=(*configured.catalog, *facts.catalog),
        )
        facts = verification.with_catalog(facts, configured, asked)
        with inputs.opened(sources or [], server) as read:
            analysis, problems = inputs.analyse(read, configured, facts)
        deployment = Deployment(viewers, workers, threads, filter_values)
        with verification.opened(asked, analysis):
            plans = [analysis.plan(one, deployment) for one in chosen(analysis, dashboard or [])]
            plans.sort(key=lambda plan: (-(_needed(plan) or 0), plan.dashboard.title))
            if format == "json":
                from dashlint.report.cost_json import render

                write_document(render(plans, analysis, bytes_allowed))
            else:
                from dashlint.report.cost_text import show

                show(plans, analysis, console_for(color), limit=bytes_allowed, verbose=verbose)
        problems = [*analysis.workspace.problems, *problems]
        tell(problems, ())
        if strict and problems:
            sys.exit(ExitCode.NOTHING_USABLE)
        if bytes_allowed is not None and any((_needed(plan) or 0) > bytes_allowed for plan in plans):
            sys.exit(ExitCode.FINDINGS)


def _needed(plan: DashboardPlan) -> int | None:
    """Bytes of all workers at the worst moment: expected, or the most where that is not known."""
    found = plan.peak.all_workers
    return found.expected if found.expected is not None else found.upper
