"""``dashlint fleet``: many Supersets or workspaces from one inventory."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated

from dashlint.cli import choices, options
from dashlint.cli import fleet_options as own
from dashlint.cli.declare import Option
from dashlint.cli.errors import ExitCode, stop, told_plainly
from dashlint.cli.outputs import console_for, tell, write_document
from dashlint.lint.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dashlint.fleet.model import Inventory, Result, Run, Workspace
    from dashlint.fleet.overview import Overview
    from dashlint.fleet.store import Store

LATEST = "latest"
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def fleet(
    inventory: own.InventoryFile = None,
    workspace: own.Names = None,
    concurrency: own.Concurrency = None,
    store: own.StorePlace = None,
    run: own.RunId = None,
    report: own.Shown = None,
    enqueue: own.Enqueue = False,
    broker: own.Broker = None,
    wait: own.Wait = None,
    keep: own.Keep = None,
    allow_plugins: choices.AllowPlugins = None,
    strict: options.Strict = False,
    fail_on: own.FailOn = own.ANY,
    format: own.FleetFormat = "terminal",
    color: options.Color = "auto",
    verbose: Annotated[
        bool, Option("-v", "--verbose", help="Every new finding.", rich_help_panel="Output")
    ] = False,
) -> None:
    """Scan many Supersets or workspaces, and say what changed since the last time.

    One server that cannot be reached stops no other: it is named, and the rest goes on. Exit codes: 0 nothing
    found, 1 findings in a workspace, 2 wrong usage, 3 nothing usable (with --strict also if a workspace or a
    part of it could not be scanned), 4 no workspace was scanned and a server was not reached or refused the
    login, or --wait was not long enough.
    """
    with told_plainly():
        options.one_of("--format", format, own.FORMATS)
        options.one_of("--fail-on", fail_on, (own.ANY, own.NEW))
        _check(run, concurrency, store, report, enqueue=enqueue, wait=wait, fail_on=fail_on)
        from dashlint.fleet.store import open_store

        kept = open_store(store) if store is not None else None
        ended, only_new = True, format != "json"
        if report is not None:
            found = _stored(report, kept)
            ended = _awaited(found, kept, wait)
            shown = _overview(found, kept, only_new=only_new)
        elif inventory is None:
            if keep is None:
                raise ConfigError("name an inventory of workspaces, such as fleet.toml (docs/fleet.md)")
            _prune(kept, keep)
            return
        else:
            from dashlint.fleet.inventory import chosen, load

            read = load(inventory)
            wanted = chosen(read, workspace or ())
            if enqueue:
                found = _enqueue(wanted, kept, broker, run, told=wait is None)
                if wait is None:
                    _prune(kept, keep)
                    return
                ended = _awaited(found, kept, wait)
                shown = _overview(found, kept, only_new=only_new)
            else:
                many = concurrency or os.cpu_count() or 1
                shown = _scan(read, wanted, kept, run, many, allow_plugins, only_new=only_new)
        _publish(shown, format, color, verbose=verbose)
        _prune(kept, keep)
        if not ended:
            stop(
                f"--wait {wait:g}: the run has not ended yet; --report {shown.run.id} --wait … waits on, and "
                f"--enqueue --run {shown.run.id} sends once more what is not done",
                ExitCode.UNREACHABLE,
            )
        from dashlint.fleet.overview import exit_code

        sys.exit(exit_code(shown, strict=strict, only_new=fail_on == own.NEW))


def _check(
    run: str | None,
    concurrency: int | None,
    store: str | None,
    report: str | None,
    *,
    enqueue: bool,
    wait: float | None,
    fail_on: str,
) -> None:
    """Whether the options fit together."""
    if concurrency is not None and concurrency < 1:
        raise ConfigError(f"--concurrency {concurrency}: at least one workspace has to be scanned at a time")
    if run is not None and not _RUN_ID.fullmatch(run):
        raise ConfigError("--run: an id is up to 64 letters, digits, dots, dashes and underscores")
    if report is not None and (enqueue or run is not None):
        raise ConfigError("--report shows a run and starts none: leave out --enqueue and --run")
    if wait is not None and not enqueue and report is None:
        raise ConfigError("--wait is for --enqueue and --report: other scans are waited for anyway")
    if fail_on == own.NEW and store is None:
        raise ConfigError("--fail-on new compares with the run before, which --store keeps")


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
    return _overview(this, store, only_new=only_new)


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


def _enqueue(
    wanted: Sequence[Workspace], store: Store | None, broker: str | None, id: str | None, *, told: bool
) -> Run:
    """Sends what is not done. ``told``: the run's id is what the command prints."""
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
    if told:
        sys.stdout.write(f"{run.id}\n")
    sys.stderr.write(
        f"dashlint: {len(left)} of {len(wanted)} workspaces wait for workers; how far they are: "
        f"dashlint fleet --report {run.id} --store …\n"
    )
    return run


def _stored(name: str, store: Store | None) -> Run:
    """A run by its id, or the latest."""
    if store is None:
        raise ConfigError("--report: name the place where results are kept with --store")
    runs = store.runs()
    run = next((each for each in runs if name in (each.id, LATEST)), None)
    if run is None:
        last = f"; the latest is {runs[0].id}" if runs else ": no run is kept there"
        raise ConfigError(f"--report {name}: {store.label} keeps no run of this id{last}")
    return run


def _awaited(run: Run, store: Store | None, seconds: float | None) -> bool:
    """Waits for the end of a run, if that is wanted; False where it did not come in time."""
    if seconds is None or store is None:
        return True
    from dashlint.cli.progress import progress_on_stderr
    from dashlint.fleet.waiting import wait_for_end

    with progress_on_stderr() as progress:
        return wait_for_end(store, run, seconds, partial(progress, "workspaces"))


def _overview(run: Run, store: Store | None, *, only_new: bool) -> Overview:
    """What is kept of a run now."""
    from dashlint.fleet.overview import overview

    if store is None:
        return overview(run, {})
    return overview(store.run(run.id) or run, store.results(run.id, only_new=only_new), store.label)


def _prune(store: Store | None, keep: int | None) -> None:
    """Deletes old runs, if that is wanted, and says so."""
    if keep is None:
        return
    if store is None:
        raise ConfigError("--keep: name the place where results are kept with --store")
    from dashlint.fleet.store import prune

    gone = prune(store, keep)
    if gone:
        runs = "1 run, of" if len(gone) == 1 else f"{len(gone)} runs, the last of them of"
        sys.stderr.write(f"dashlint: deleted {runs} {gone[0].started:%Y-%m-%d %H:%M} UTC\n")


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
