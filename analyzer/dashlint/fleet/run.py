"""Runs a fleet from one process: several workspaces at a time, none of which stops the others."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timezone

from dashlint import __version__
from dashlint.fleet.model import Inventory, Result, Run, Workspace
from dashlint.fleet.schedule import Schedule

#: Scans a workspace; ends early when the event is set.
Scan = Callable[[Workspace, threading.Event], Result]


def new_run(workspaces: Sequence[Workspace], id: str | None = None) -> Run:
    """A run that begins now. Without an id it gets one that sorts by time."""
    now = datetime.now(timezone.utc)
    return Run(
        id or f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}",
        now,
        __version__,
        tuple(w.name for w in workspaces),
    )


def results(
    inventory: Inventory,
    workspaces: Sequence[Workspace],
    concurrency: int,
    scan: Scan,
    stop: threading.Event | None = None,
) -> Iterator[Result]:
    """Results in the order in which they come.

    Args:
        inventory: bounds what is under way of one server.
        workspaces: what to scan.
        concurrency: how many at a time at most.
        scan: does it, in a thread; it raises nothing that it can put into its result.
        stop: set by whoever was told to stop; scans under way are ended.

    Raises:
        KeyboardInterrupt: ``stop`` was set.
    """
    schedule = Schedule(workspaces, inventory.limit)
    stop = stop or threading.Event()
    under_way: dict[Future[Result], Workspace] = {}
    with ThreadPoolExecutor(concurrency, thread_name_prefix="dashlint-fleet") as pool:
        try:
            while True:
                while len(under_way) < concurrency and (workspace := schedule.take()) is not None:
                    under_way[pool.submit(scan, workspace, stop)] = workspace
                if not under_way:
                    return
                done = wait(under_way, return_when=FIRST_COMPLETED).done
                if stop.is_set():
                    raise KeyboardInterrupt  # the first one was lost: one that is raised in a finalizer is
                for future in done:
                    schedule.give_back(under_way.pop(future))
                    yield future.result()
        finally:
            # Ctrl-C, or whoever reads has seen enough: processes under way are ended, not waited for.
            stop.set()
