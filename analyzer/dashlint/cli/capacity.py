"""``dashlint capacity``: how a Superset has to be run for its dashboards and viewers, and files for it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

from dashlint.cli import groups, inputs, options
from dashlint.cli.capacity_options import PEOPLE, SERVERS, People, Servers
from dashlint.cli.declare import Option
from dashlint.cli.errors import ExitCode, told_plainly
from dashlint.cli.outputs import console_for, tell, write_document, write_folder
from dashlint.cli.servers import server_url
from dashlint.cli.trace import chosen
from dashlint.lint.config import ConfigError

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.capacity.plan import CapacityPlan

_FILES = "Files"
FORMATS = ("terminal", "json", "markdown")
EMITTED = ("compose", "k8s", "helm", "superset_config", "gunicorn", "redis")


def capacity(
    sources: options.Sources = None,
    people: People = PEOPLE,
    servers: Servers = SERVERS,
    emit: Annotated[
        Optional[list[str]],  # noqa: UP045
        Option(
            "--emit",
            help=f"Print files that run it so, instead of the report: {', '.join(EMITTED)}. Repeatable with "
            "--emit-to.",
            metavar="KIND",
            rich_help_panel=_FILES,
        ),
    ] = None,
    emit_to: Annotated[
        Path | None,
        Option(
            "--emit-to",
            help="Folder for these files; the report goes to stdout as usual. What is there already stays.",
            metavar="FOLDER",
            rich_help_panel=_FILES,
        ),
    ] = None,
    url: options.Url = None,
    account: groups.Account = groups.ACCOUNT,
    dashboard: options.Dashboards = None,
    published_only: options.PublishedOnly = False,
    basis: groups.Basis = groups.BASIS,
    config: options.ConfigFile = None,
    strict: options.Strict = False,
    format: Annotated[
        str, Option("--format", help="terminal, json or markdown.", rich_help_panel="Output")
    ] = "terminal",
    color: options.Color = "auto",
    verbose: Annotated[
        bool, Option("-v", "--verbose", help="Every change that would help.", rich_help_panel="Output")
    ] = False,
) -> None:
    """Size the deployment: workers, threads, memory, cache, connections; what gives way first, what helps.

    Exit codes: 0, or 1 where what there is does not suffice; 2 wrong usage, 3 nothing usable in the input,
    4 server not reached or login refused.
    """
    with told_plainly():
        options.one_of("--format", format, FORMATS)
        kinds = _kinds(emit, emit_to)
        people.check()
        wanted = servers.wanted()
        server = account.at(server_url(url, sources), dashboard, published_only=published_only)
        facts = basis.facts(account.timeout)
        configured = inputs.read_config(config, sources or [])
        with inputs.opened(sources or [], server) as read:
            analysis, problems = inputs.analyse(read, configured, facts)
            dashboards = list(chosen(analysis, dashboard or []))
            from dashlint.capacity.demand import demand_of
            from dashlint.capacity.plan import plan

            views = people.views_of(dashboards)
            demand = demand_of(
                analysis,
                dashboards,
                people.audience(views.per_day),
                views.by_uuid,
                core_speed=servers.core_speed,
            )
            asynchronous = wanted.asynchronous or analysis.settings.flag("GLOBAL_ASYNC_QUERIES")
            found = plan(analysis, demand, wanted._replace(asynchronous=asynchronous))
        notes = [
            f"--views: no dashboard is called {name!r}; its views are left out" for name in views.strangers
        ]
        _publish(found, analysis, kinds, emit_to, format, color, verbose=verbose)
        problems = [*analysis.workspace.problems, *problems]
        tell(problems, notes)
        if strict and problems:
            sys.exit(ExitCode.NOTHING_USABLE)
        if found.fits is False:
            sys.exit(ExitCode.FINDINGS)


def _publish(
    found: CapacityPlan,
    analysis: Analysis,
    kinds: Sequence[str],
    folder: Path | None,
    format: str,
    color: str,
    *,
    verbose: bool,
) -> None:
    if kinds:
        from dashlint.report.serving import files

        if folder is None:
            written = files(found, analysis, kinds[0])
            main, *others = written
            write_document(written[main])
            for other in others:
                kind = "redis" if other.endswith(".conf") else "superset_config"
                sys.stderr.write(
                    f"dashlint: note: {main} needs {other}: --emit-to FOLDER writes both"
                    f"{'' if kind == 'redis' else f', --emit {kind} prints it'}\n"
                )
            return
        written = {name: text for kind in kinds for name, text in files(found, analysis, kind).items()}
        write_folder("--emit-to", folder, written)
        for name in written:
            sys.stderr.write(f"dashlint: wrote {folder / name}\n")
    if format == "json":
        from dashlint.report.capacity_json import render

        write_document(render(found, analysis))
    elif format == "markdown":
        from dashlint.report.capacity_text import markdown

        write_document(markdown(found, analysis, verbose=verbose))
    else:
        from dashlint.report.capacity_text import show

        show(found, analysis, console_for(color), verbose=verbose)


def _kinds(emit: Sequence[str] | None, folder: Path | None) -> tuple[str, ...]:
    kinds = inputs.split(emit)
    for kind in kinds:
        if kind not in EMITTED:
            raise ConfigError(f"--emit {kind}: known are {', '.join(EMITTED)}")
    if len(kinds) > 1 and folder is None:
        raise ConfigError("stdout can hold one kind of file: name a folder with --emit-to")
    if folder is not None and not kinds:
        raise ConfigError(f"--emit-to {folder}: say what with --emit ({', '.join(EMITTED)})")
    return tuple(dict.fromkeys(kinds))
