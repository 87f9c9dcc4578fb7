"""``dashlint warm``: which cache entries deserve warming, what warms them, and doing it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from dashlint.cli import groups, inputs, options, servers
from dashlint.cli.declare import Option
from dashlint.cli.errors import ExitCode, told_plainly
from dashlint.cli.outputs import console_for, tell, write_document
from dashlint.cli.trace import chosen
from dashlint.lint.config import ConfigError

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.assets import Chart, Dashboard
    from dashlint.report.warm_words import Outcome
    from dashlint.sources.rest import Server
    from dashlint.warming.changed import Affected
    from dashlint.warming.model import WarmPlan

_DOING = "Doing it"
_CHANGED = "Changed data"
EMITTED = ("celery",)
#: Requests at a time. A load of a dashboard sends six and more at once (browsers' connections to one host):
#: two are less than one more viewer.
CONCURRENCY = 2


def warm(
    sources: options.Sources = None,
    views: Annotated[
        Path | None,
        Option(
            "--views",
            help="Views of each dashboard on a day: CSV with columns dashboard and views, or a JSON object.",
            metavar="FILE",
        ),
    ] = None,
    changed: Annotated[
        Optional[list[str]],  # noqa: UP045
        Option(
            "--changed",
            help="A table whose data have changed: only what reads it counts, through virtual datasets, too. "
            "Repeatable.",
            metavar="TABLE",
            rich_help_panel=_CHANGED,
        ),
    ] = None,
    invalidate: Annotated[
        bool,
        Option(
            "--invalidate",
            help="With --changed: let Superset forget the entries of these datasets first, instead of asking "
            "past them.",
            rich_help_panel=_CHANGED,
        ),
    ] = False,
    run: Annotated[
        bool,
        Option(
            "--run",
            help="Send the requests, which query the warehouse. Without it nothing is sent.",
            rich_help_panel=_DOING,
        ),
    ] = False,
    concurrency: Annotated[
        int,
        Option(
            "--concurrency", help="Requests at a time.", metavar="N", min=1, max=20, rich_help_panel=_DOING
        ),
    ] = CONCURRENCY,
    emit: Annotated[
        str | None,
        Option(
            "--emit",
            help="Print celery instead of the report: Superset's own warm-up for superset_config.py.",
            metavar="KIND",
            rich_help_panel="Files",
        ),
    ] = None,
    url: options.Url = None,
    account: groups.Account = groups.ACCOUNT,
    dashboard: options.Dashboards = None,
    published_only: options.PublishedOnly = False,
    basis: groups.Basis = groups.BASIS,
    config: options.ConfigFile = None,
    strict: options.Strict = False,
    format: options.Format = "terminal",
    color: options.Color = "auto",
    verbose: Annotated[
        bool, Option("-v", "--verbose", help="Every entry.", rich_help_panel="Output")
    ] = False,
) -> None:
    """Plan a warm cache: what deserves it, what really warms it, how often; with --run, warm it.

    Exit codes: 0, or 1 where a request of --run failed; 2 wrong usage, 3 nothing usable in the input,
    4 server not reached or login refused.
    """
    with told_plainly(), ExitStack() as stack:
        options.one_of("--format", format, options.FORMATS)
        address = servers.server_url(url, sources)
        _check(emit, address, changed, run=run, invalidate=invalidate)
        server = account.at(address, dashboard, published_only=published_only, indexes=False)
        facts = basis.facts(account.timeout)
        configured = inputs.read_config(config, sources or [])
        live: Server | None = None
        if server.url and not sources:
            from dashlint.cli.progress import progress_on_stderr

            live = stack.enter_context(servers.server_only(server))
            with progress_on_stderr() as progress:
                read = inputs.read_server(live, server, progress)
        else:
            read = stack.enter_context(inputs.opened(sources or [], server))
        analysis, problems = inputs.analyse(read, configured, facts)
        dashboards = list(chosen(analysis, dashboard or []))
        told, notes = _views(views, dashboards)
        found = _changes(changed, analysis)
        if found is not None:
            notes += [f"--changed {table}: no dataset that was read reads it" for table in found.strangers]
        from dashlint.warming.plan import plan

        planned = plan(
            analysis,
            dashboards,
            told,
            only=found.datasets if found is not None else None,
            saved=_contexts(analysis, dashboards, live),
        )
        done = None
        if run and live is not None:
            done = _run(live, planned, found, concurrency, invalidate=invalidate)
        _publish(planned, analysis, emit, format, color, found, done, verbose=verbose)
        problems = [*analysis.workspace.problems, *problems]
        tell(problems, notes)
        if strict and problems:
            sys.exit(ExitCode.NOTHING_USABLE)
        if done is not None and done.failed:
            sys.exit(ExitCode.FINDINGS)


def _check(
    emit: str | None, address: str | None, changed: Sequence[str] | None, *, run: bool, invalidate: bool
) -> None:
    if emit is not None and emit not in EMITTED:
        raise ConfigError(f"--emit {emit}: known is {', '.join(EMITTED)}")
    if emit is not None and run:
        raise ConfigError("give either --emit or --run: one prints a file, the other warms")
    if run and not address:
        raise ConfigError("--run warms a running Superset: name it with --url")
    if invalidate and not changed:
        raise ConfigError("--invalidate goes with --changed TABLE, which says whose entries")
    for table in changed or ():
        if not table.strip(". ") or len(table.split(".")) > 3:
            raise ConfigError(f"--changed {table!r}: write table, schema.table or catalog.schema.table")


def _views(
    file: Path | None, dashboards: Sequence[Dashboard]
) -> tuple[Mapping[str, float] | None, list[str]]:
    if file is None:
        return None, []
    from dashlint.capacity.views import ViewsError, from_file

    try:
        read = from_file(file, dashboards)
    except ViewsError as error:
        raise ConfigError(str(error)) from None
    return read.by_uuid, [
        f"--views: no dashboard is called {name!r}; its views are left out" for name in read.strangers
    ]


def _changes(tables: Sequence[str] | None, analysis: Analysis) -> Affected | None:
    if not tables:
        return None
    from dashlint.warming.changed import affected

    return affected(tuple(dict.fromkeys(tables)), analysis)


def _contexts(
    analysis: Analysis, dashboards: Sequence[Dashboard], live: Server | None
) -> Callable[[Chart | None], Mapping[str, Any] | None]:
    """Saved query contexts: an export holds them; a server's lists do not, so each chart is asked for."""
    from dashlint.warming.own import context_of, looked_up

    if live is None:
        return context_of
    from dashlint.sources.rest.warming import Warmer

    charts = {
        request.chart.id: request.chart
        for one in dashboards
        for request in analysis.load(one).requests
        if request.chart is not None and request.chart.id is not None
    }
    lacking = [number for number, chart in charts.items() if not chart.query_context]
    return looked_up(Warmer(live.client).contexts(lacking))


def _run(
    live: Server, planned: WarmPlan, found: Affected | None, concurrency: int, *, invalidate: bool
) -> Outcome:
    from dashlint.cli.progress import progress_on_stderr
    from dashlint.report.warm_words import Done, Outcome
    from dashlint.sources.rest import warming

    warmer = warming.Warmer(live.client)
    invalidated = None
    if invalidate and found is not None:
        ids = [one.id for one in found.datasets if one.id is not None]
        warmer.invalidate(ids)
        invalidated = len(ids)
    jobs = [(entry.body, entry.chart_id, entry.dashboards[0].id) for entry in planned.entries]
    outcomes = {}
    # Data that have changed are asked for past the cache, unless it has been emptied of them.
    force = found is not None and not invalidate
    with progress_on_stderr() as progress:
        for number, became in warming.run(warmer, jobs, concurrency=concurrency, force=force):
            outcomes[number] = became
            progress("warming", len(outcomes), len(jobs))
    done = tuple(
        Done(entry, outcomes[number].outcome, outcomes[number].error)
        for number, entry in enumerate(planned.entries)
    )
    return Outcome(done, invalidated, force)


def _publish(
    planned: WarmPlan,
    analysis: Analysis,
    emit: str | None,
    format: str,
    color: str,
    found: Affected | None,
    done: Outcome | None,
    *,
    verbose: bool,
) -> None:
    if emit == "celery":
        from dashlint.report.warm_celery import celery

        write_document(celery(planned, analysis.settings))
    elif format == "json":
        from dashlint.report.warm_json import render

        write_document(render(planned, analysis.settings, changed=found, run=done))
    else:
        from dashlint.report.warm_text import show

        show(planned, console_for(color), changed=found, run=done, verbose=verbose)
