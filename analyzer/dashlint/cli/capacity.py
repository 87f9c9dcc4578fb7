"""``dashlint capacity``: how a Superset has to be run for its dashboards and viewers, and files for it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

from dashlint.cli import groups, inputs, options
from dashlint.cli.declare import Option
from dashlint.cli.errors import ExitCode, told_plainly
from dashlint.cli.outputs import console_for, tell, write_file
from dashlint.cli.trace import chosen
from dashlint.cost.capacity import FILTER_VALUES
from dashlint.lint.config import ConfigError

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.assets import Dashboard
    from dashlint.capacity.model import Audience
    from dashlint.capacity.plan import CapacityPlan

_PEOPLE = "People"
_GIVEN = "What there is"
_MODEL = "What is assumed"
_FILES = "Files"
FORMATS = ("terminal", "json", "markdown")
EMITTED = ("compose", "k8s", "helm", "superset_config", "gunicorn", "redis")


def capacity(
    sources: options.Sources = None,
    viewers: Annotated[
        float | None,
        Option(
            "--viewers",
            help="People who have a dashboard open at the same time in the busiest hour.",
            metavar="N",
            rich_help_panel=_PEOPLE,
        ),
    ] = None,
    views_per_day: Annotated[
        float | None,
        Option(
            "--views-per-day",
            help="Dashboards opened on a day, instead of --viewers.",
            metavar="N",
            rich_help_panel=_PEOPLE,
        ),
    ] = None,
    peak_factor: Annotated[
        float | None,
        Option(
            "--peak-factor",
            help="The busiest hour has so many times the views of an average one of 24; by default 3: as if "
            "all fell into eight hours.",
            metavar="F",
            rich_help_panel=_PEOPLE,
        ),
    ] = None,
    weight: Annotated[
        Optional[list[str]],  # noqa: UP045
        Option(
            "--weight",
            help="A dashboard is opened so many times as often as others: 'Sales*=5'. Repeatable.",
            metavar="DASHBOARD=N",
            rich_help_panel=_PEOPLE,
        ),
    ] = None,
    views: Annotated[
        Path | None,
        Option(
            "--views",
            help="Views of each dashboard: CSV with columns dashboard and views, or a JSON object. Those of "
            "a day, unless --viewers or --views-per-day says how many there are.",
            metavar="FILE",
            rich_help_panel=_PEOPLE,
        ),
    ] = None,
    view_minutes: Annotated[
        float | None,
        Option(
            "--view-minutes",
            help="Minutes that a dashboard stays open; 5 by default.",
            metavar="M",
            rich_help_panel=_MODEL,
        ),
    ] = None,
    filter_changes: Annotated[
        float | None,
        Option(
            "--filter-changes",
            help="Filter changes in one view; 1 by default.",
            metavar="N",
            rich_help_panel=_MODEL,
        ),
    ] = None,
    filter_values: Annotated[
        int,
        Option(
            "--filter-values",
            help="Values of each filter that people pick.",
            metavar="N",
            min=1,
            rich_help_panel=_MODEL,
        ),
    ] = FILTER_VALUES,
    query_seconds: Annotated[
        float | None,
        Option(
            "--query-seconds",
            help="Seconds that a chart's query takes in the warehouse, on average. Nothing is run to find "
            "out; without it, waiting is unknown.",
            metavar="S",
            rich_help_panel=_MODEL,
        ),
    ] = None,
    core_speed: Annotated[
        float,
        Option(
            "--core-speed",
            help="Speed of a core, 1 being the one that was measured.",
            metavar="X",
            rich_help_panel=_MODEL,
        ),
    ] = 1.0,
    memory: Annotated[
        str | None,
        Option("--memory", help="Memory for gunicorn altogether.", metavar="SIZE", rich_help_panel=_GIVEN),
    ] = None,
    cpus: Annotated[
        float | None,
        Option("--cpus", help="Cores for gunicorn altogether.", metavar="N", rich_help_panel=_GIVEN),
    ] = None,
    pod_memory: Annotated[
        str | None,
        Option("--pod-memory", help="Memory of each pod, instead.", metavar="SIZE", rich_help_panel=_GIVEN),
    ] = None,
    pod_cpus: Annotated[
        float | None,
        Option("--pod-cpus", help="Cores of each pod, instead.", metavar="N", rich_help_panel=_GIVEN),
    ] = None,
    pods: Annotated[
        int | None,
        Option("--pods", help="Pods, if decided.", metavar="N", min=1, rich_help_panel=_GIVEN),
    ] = None,
    workers: Annotated[
        int | None,
        Option("--workers", help="Workers of a pod, if decided.", metavar="W", min=1, rich_help_panel=_GIVEN),
    ] = None,
    threads: Annotated[
        int | None,
        Option(
            "--threads", help="Threads of a worker, if decided.", metavar="T", min=1, rich_help_panel=_GIVEN
        ),
    ] = None,
    redis: Annotated[
        str | None,
        Option("--redis", help="maxmemory of the cache, if decided.", metavar="SIZE", rich_help_panel=_GIVEN),
    ] = None,
    max_connections: Annotated[
        int | None,
        Option(
            "--max-connections",
            help="Connections that the metadata database allows; else PostgreSQL's default of 100.",
            metavar="N",
            min=1,
            rich_help_panel=_GIVEN,
        ),
    ] = None,
    asynchronous: Annotated[
        bool,
        Option(
            "--async",
            help="Celery computes charts (GLOBAL_ASYNC_QUERIES), also where the settings do not say so.",
            rich_help_panel=_GIVEN,
        ),
    ] = False,
    seed: Annotated[
        int, Option("--seed", help="Of the simulation: the same seed repeats it.", rich_help_panel=_MODEL)
    ] = 1,
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
        if format not in FORMATS:
            raise ConfigError(f"--format {format}: known are {', '.join(FORMATS)}")
        kinds = _kinds(emit, emit_to)
        for name, value, least in (
            ("--viewers", viewers, 0.0),
            ("--views-per-day", views_per_day, 0.0),
            ("--peak-factor", peak_factor, 0.0),
            ("--view-minutes", view_minutes, 0.0),
            ("--cpus", cpus, 0.0),
            ("--pod-cpus", pod_cpus, 0.0),
            ("--core-speed", core_speed, 0.0),
        ):
            _above(name, value, least)
        for name, value in (("--query-seconds", query_seconds), ("--filter-changes", filter_changes)):
            if value is not None and not 0 <= value < float("inf"):
                raise ConfigError(f"{name} {value:g}: say a number that is not negative")
        _one_of(("--viewers", viewers), ("--views-per-day", views_per_day))
        _one_of(("--weight", weight), ("--views", views))
        _one_of(("--memory", memory), ("--pod-memory", pod_memory))
        _one_of(("--cpus", cpus), ("--pod-cpus", pod_cpus))
        if peak_factor is not None and viewers is not None:
            raise ConfigError(
                "--peak-factor goes with --views-per-day: --viewers are those of the busiest hour"
            )
        from dashlint.capacity.model import Budget, Fixed
        from dashlint.capacity.plan import Wanted

        budget = Budget(_size("--memory", memory), cpus, _size("--pod-memory", pod_memory), pod_cpus)
        wanted = Wanted(
            budget,
            Fixed(pods, workers, threads),
            query_seconds,
            asynchronous,
            redis=_size("--redis", redis),
            max_connections=max_connections,
            seed=seed,
        )
        server = account.at(inputs.server_url(url, sources), dashboard, published_only=published_only)
        facts = basis.facts(account.timeout)
        configured = inputs.read_config(config, sources or [])
        with inputs.opened(sources or [], server) as read:
            analysis, problems = inputs.analyse(read, configured, facts)
            dashboards = list(chosen(analysis, dashboard or []))
            weights, per_day, strangers = _weights(weight, views, dashboards)
            audience = _audience(
                viewers,
                views_per_day if views_per_day is not None or viewers is not None else per_day,
                peak_factor,
                view_minutes,
                filter_changes,
                filter_values,
            )
            wanted = wanted._replace(
                asynchronous=asynchronous or analysis.settings.flag("GLOBAL_ASYNC_QUERIES"),
                patience=float(wanted.patience),
            )
            from dashlint.capacity.demand import demand_of
            from dashlint.capacity.plan import plan

            found = plan(
                analysis, demand_of(analysis, dashboards, audience, weights, core_speed=core_speed), wanted
            )
        notes = [f"--views: no dashboard is called {name!r}; its views are left out" for name in strangers]
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
            sys.stdout.write(written[main])
            for other in others:
                kind = "redis" if other.endswith(".conf") else "superset_config"
                sys.stderr.write(
                    f"dashlint: note: {main} needs {other}: --emit-to FOLDER writes both"
                    f"{'' if kind == 'redis' else f', --emit {kind} prints it'}\n"
                )
            return
        _write({name: text for kind in kinds for name, text in files(found, analysis, kind).items()}, folder)
    if format == "json":
        from dashlint.report.capacity_json import render

        sys.stdout.write(render(found, analysis))
    elif format == "markdown":
        from dashlint.report.capacity_text import markdown

        sys.stdout.write(markdown(found, analysis, verbose=verbose))
    else:
        from dashlint.report.capacity_text import show

        show(found, analysis, console_for(color), verbose=verbose)


def _write(files: dict[str, str], folder: Path) -> None:
    """Raises ConfigError before anything is written, where a file is there already or cannot be."""
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise ConfigError(f"--emit-to {folder}: {', '.join(there)} is there already; name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_file(folder / name, text)
    except OSError as error:
        raise ConfigError(f"--emit-to {folder}: {error.strerror or error}") from None
    for name in files:
        sys.stderr.write(f"dashlint: wrote {folder / name}\n")


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


def _weights(
    weight: Sequence[str] | None, views: Path | None, dashboards: Sequence[Dashboard]
) -> tuple[dict[str, float] | None, float | None, tuple[str, ...]]:
    """How often each dashboard is opened, views of a day where a file tells, and names that fit none."""
    from dashlint.capacity.views import ViewsError, from_file, from_options

    try:
        if views is not None:
            read = from_file(views, dashboards)
            return read.by_uuid, sum(read.by_uuid.values()), read.strangers
        if weight:
            found = from_options(weight, dashboards)
            if not any(found.values()):
                raise ConfigError("--weight: every dashboard has the weight 0")
            return found, None, ()
    except ViewsError as error:
        raise ConfigError(str(error)) from None
    return None, None, ()


def _audience(
    viewers: float | None,
    per_day: float | None,
    peak_factor: float | None,
    view_minutes: float | None,
    filter_changes: float | None,
    filter_values: int,
) -> Audience:
    from dashlint.capacity.model import FILTER_CHANGES, PEAK_FACTOR, VIEW_SECONDS, Audience

    seconds = VIEW_SECONDS if view_minutes is None else view_minutes * 60
    changes = FILTER_CHANGES if filter_changes is None else filter_changes
    if viewers is not None:
        return Audience(viewers, seconds, changes, filter_values)
    if per_day is None:
        raise ConfigError(
            "how many people? say --viewers N (at the same time), --views-per-day N, or --views FILE"
        )
    factor = PEAK_FACTOR if peak_factor is None else peak_factor
    return Audience.of_views(
        per_day, factor, view_seconds=seconds, filter_changes=changes, filter_values=filter_values
    )


def _above(name: str, value: float | None, least: float) -> None:
    if value is not None and not least < value < float("inf"):
        raise ConfigError(f"{name} {value:g}: say a number above {least:g}")


def _one_of(*given: tuple[str, object]) -> None:
    names = [name for name, value in given if value is not None]
    if len(names) > 1:
        raise ConfigError(f"give either {' or '.join(names)}, not both")


def _size(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    from dashlint.lint.options import parse_size

    try:
        return parse_size(text)
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from None
