"""``dashlint fleet``: many Supersets or workspaces from one inventory."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

from dashlint.cli import choices, options
from dashlint.cli.declare import Argument, Option
from dashlint.cli.errors import told_plainly
from dashlint.cli.outputs import console_for, tell, write_document
from dashlint.lint.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dashlint.fleet.model import Inventory, Result, Run, Workspace
    from dashlint.fleet.overview import Overview
    from dashlint.fleet.store import Store

FORMATS = ("terminal", "json", "markdown")
LATEST = "latest"
_FLEET = "Fleet"
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

InventoryFile = Annotated[
    Path | None,
    Argument(help="Inventory of workspaces: a TOML or YAML file (docs/fleet.md).", show_default=False),
]
Names = Annotated[
    Optional[list[str]],  # noqa: UP045 it is read at run time on Python 3.10
    Option("--workspace", help="Only this workspace. Repeatable.", metavar="NAME", rich_help_panel=_FLEET),
]
Concurrency = Annotated[
    int | None,
    Option(
        "--concurrency",
        help="Workspaces that are scanned at a time; else one per processor. The inventory bounds them per "
        "server, too.",
        metavar="N",
        rich_help_panel=_FLEET,
    ),
]
StorePlace = Annotated[
    str | None,
    Option(
        "--store",
        help="Where results are kept and compared with the run before: a folder, or a database as "
        "postgresql://user@host/name.",
        metavar="FOLDER|URL",
        envvar="DASHLINT_FLEET_STORE",
        rich_help_panel=_FLEET,
    ),
]
RunId = Annotated[
    str | None,
    Option(
        "--run",
        help="Id of the run; one that was interrupted goes on with what it lacks.",
        metavar="ID",
        rich_help_panel=_FLEET,
    ),
]
Shown = Annotated[
    str | None,
    Option(
        "--report",
        help="Scan nothing: show what is kept of a run and how far it is, by its id or as latest.",
        metavar="RUN",
        rich_help_panel=_FLEET,
    ),
]
Enqueue = Annotated[
    bool,
    Option("--enqueue", help="Leave the scanning to Celery workers (docs/scale.md).", rich_help_panel=_FLEET),
]
Broker = Annotated[
    str | None,
    Option(
        "--broker",
        help="Celery's broker for --enqueue, such as redis://host/0.",
        metavar="URL",
        envvar="DASHLINT_FLEET_BROKER",
        rich_help_panel=_FLEET,
    ),
]
FleetFormat = Annotated[
    str,
    Option("--format", help="terminal, json or markdown.", metavar="FORMAT", rich_help_panel="Output"),
]


def fleet(
    inventory: InventoryFile = None,
    workspace: Names = None,
    concurrency: Concurrency = None,
    store: StorePlace = None,
    run: RunId = None,
    report: Shown = None,
    enqueue: Enqueue = False,
    broker: Broker = None,
    allow_plugins: choices.AllowPlugins = None,
    strict: options.Strict = False,
    format: FleetFormat = "terminal",
    color: options.Color = "auto",
    verbose: Annotated[
        bool, Option("-v", "--verbose", help="Every new finding.", rich_help_panel="Output")
    ] = False,
) -> None:
    """Scan many Supersets or workspaces, and say what changed since the last time.

    One server that cannot be reached stops no other: it is named, and the rest goes on. Exit codes: 0 nothing
    found, 1 findings in a workspace, 2 wrong usage, 3 nothing usable (with --strict also if a workspace or a
    part of it could not be scanned), 4 no workspace was scanned and a server was not reached or refused the
    login.
    """
    with told_plainly():
        options.one_of("--format", format, FORMATS)
        if concurrency is not None and concurrency < 1:
            raise ConfigError(
                f"--concurrency {concurrency}: at least one workspace has to be scanned at a time"
            )
        if run is not None and not _RUN_ID.fullmatch(run):
            raise ConfigError("--run: an id is up to 64 letters, digits, dots, dashes and underscores")
        from dashlint.fleet.store import open_store

        kept = open_store(store) if store is not None else None
        if report is not None:
            if enqueue or run is not None:
                raise ConfigError("--report shows a run and starts none: leave out --enqueue and --run")
            shown = _stored(report, kept, only_new=format != "json")
        else:
            from dashlint.fleet.inventory import chosen, load

            if inventory is None:
                raise ConfigError("name an inventory of workspaces, such as fleet.toml (docs/fleet.md)")
            found = load(inventory)
            wanted = chosen(found, workspace or ())
            if enqueue:
                _enqueue(wanted, kept, broker, run)
                return
            many = concurrency or os.cpu_count() or 1
            shown = _scan(found, wanted, kept, run, many, allow_plugins, only_new=format != "json")
        _publish(shown, format, color, verbose=verbose)
        from dashlint.fleet.overview import exit_code

        sys.exit(exit_code(shown, strict=strict))


def _scan(
    inventory: Inventory,
    wanted: Sequence[Workspace],
    store: Store | None,
    id: str | None,
    concurrency: int,
    allow_plugins: bool | None,
    *,
    only_new: bool,
) -> Overview:
    from dashlint.cli.progress import progress_on_stderr
    from dashlint.fleet import child
    from dashlint.fleet import run as running
    from dashlint.fleet.overview import overview
    from dashlint.fleet.store import keep_compared

    this, known = _begun(running.new_run(wanted, id), store)
    left = [workspace for workspace in wanted if workspace.name not in known]
    around = child.surroundings(inventory, os.environ, allow_plugins=allow_plugins)

    def scan(workspace: Workspace, stop: threading.Event) -> Result:
        file = store.report_file(this.id, workspace.name) if store is not None else None
        return child.scan(workspace, around, report=file, stop=stop)

    stop = threading.Event()
    with progress_on_stderr() as progress, _told_to_stop(stop):
        progress("workspaces", len(known), len(this.workspaces))
        try:
            for result in running.results(inventory, left, concurrency, scan, stop):
                if store is not None:
                    # What is kept need not be held: thousands of workspaces have many findings.
                    result = keep_compared(store, this.id, result)._replace(findings=())  # noqa: PLW2901
                known[result.workspace] = result
                progress("workspaces", len(known), len(this.workspaces))
        except KeyboardInterrupt:
            if store is not None:
                sys.stderr.write(f"dashlint: note: --run {this.id} goes on with what this run lacks\n")
            raise
    if store is None:
        return overview(this, known)
    return overview(store.run(this.id) or this, store.results(this.id, only_new=only_new), store.label)


@contextmanager
def _told_to_stop(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C sets the event, whatever becomes of the exception that it raises."""

    def handle(_signal: int, _frame: object) -> None:
        stop.set()
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return
    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _begun(run: Run, store: Store | None) -> tuple[Run, dict[str, Result]]:
    """The run, and what is done of it already."""
    from dashlint.fleet.model import DONE

    if store is None:
        return run, {}
    begun = store.begin(run)
    return begun, {
        name: result
        for name, result in store.results(begun.id, only_new=True).items()
        if result.state == DONE
    }


def _enqueue(wanted: Sequence[Workspace], store: Store | None, broker: str | None, id: str | None) -> None:
    from dashlint.fleet import run as running

    if store is None or broker is None:
        raise ConfigError(
            "--enqueue needs --broker and --store (or DASHLINT_FLEET_BROKER and DASHLINT_FLEET_STORE): "
            "results come from other processes, so they have to be kept where those can write"
        )
    try:
        from dashlint.fleet import celery
    except ImportError:
        raise ConfigError("--enqueue needs Celery: pip install 'dashlint[celery]'") from None
    run, done = _begun(running.new_run(wanted, id), store)
    left = [workspace.name for workspace in wanted if workspace.name not in done]
    celery.send(broker, run.id, left, longest=max((w.deadline for w in wanted), default=0))
    sys.stdout.write(f"{run.id}\n")
    sys.stderr.write(
        f"dashlint: {len(left)} of {len(wanted)} workspaces wait for workers; how far they are: "
        f"dashlint fleet --report {run.id} --store …\n"
    )


def _stored(name: str, store: Store | None, *, only_new: bool) -> Overview:
    from dashlint.fleet.overview import overview

    if store is None:
        raise ConfigError("--report: name the place where results are kept with --store")
    runs = store.runs()
    run = next((each for each in runs if name in (each.id, LATEST)), None)
    if run is None:
        last = f"; the latest is {runs[0].id}" if runs else ": no run is kept there"
        raise ConfigError(f"--report {name}: {store.label} keeps no run of this id{last}")
    return overview(run, store.results(run.id, only_new=only_new), store.label)


def _publish(shown: Overview, format: str, color: str, *, verbose: bool) -> None:
    from dashlint.assets import Problem

    if format == "json":
        from dashlint.report.fleet_json import render

        write_document(render(shown))
    elif format == "markdown":
        from dashlint.report.fleet_markdown import render

        write_document(render(shown))
    else:
        from dashlint.report.fleet_text import show

        show(shown, console_for(color), verbose=verbose)
    sys.stdout.flush()
    for result in shown.results:
        told = [result.failure.message] if result.failure is not None else result.problems
        kind = result.failure.kind if result.failure is not None else "workspace"
        tell([Problem(kind, message, result.workspace) for message in told], ())
