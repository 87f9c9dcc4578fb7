"""One task of a fleet that is spread over workers: what it does, without saying who brings it.

A task may be brought twice: its worker was killed before it could say that it is done, or the broker lost
patience. So it looks first whether the work is done, and what it keeps is kept once
(:meth:`dashlint.fleet.store.Store.keep`).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from dashlint.fleet.model import DONE, FAILED, Failure, Inventory, Result, Workspace
from dashlint.fleet.store import Store, keep_compared

#: Tries of a workspace whose server is not reached, and seconds before the second; each further wait is twice
#: as long: 30 s, 1, 2 and 4 min. A server that restarts is back within them (docs/scale.md).
TRIES = 5
FIRST_WAIT = 30
#: Seconds until a task looks again whether its server has room.
_BUSY = (5, 15)
#: Seconds beyond a workspace's deadline after which its place is void, if its worker was killed.
_GRACE = 60

#: Scans a workspace; the path is where the whole report goes, if anywhere.
Scan = Callable[[Workspace, Path | None], Result]


class Later(NamedTuple):
    """The task is to be brought again, in some seconds, as this attempt."""

    seconds: float
    attempt: int
    reason: str


def is_final(result: Result) -> bool:
    """Whether no task will try a workspace again."""
    if result.failure is not None and result.failure.transient:
        return result.attempts >= TRIES
    return result.state in (DONE, FAILED)


def perform(
    run: str, name: str, attempt: int, inventory: Inventory, store: Store, scan: Scan
) -> Result | Later:
    """Scans a workspace for a run, unless that is done already.

    Returns:
        What is kept of it now, or that it has to be tried later.
    """
    there = store.result(run, name)
    if there is not None and there.state == DONE:
        return there
    workspace = next((w for w in inventory.workspaces if w.name == name), None)
    if workspace is None:
        message = (
            f"the inventory of this worker ({inventory.path}) has no such workspace: give it the same file"
        )
        return keep_compared(
            store, run, Result(name, FAILED, failure=Failure("not-in-inventory", message, 2))
        )
    server, owner = workspace.server, f"{run}/{name}"
    if server is not None and not store.hold(
        server, inventory.limit(server), owner, workspace.deadline + _GRACE
    ):
        return Later(random.uniform(*_BUSY), attempt, f"{server} has no room")  # noqa: S311 no secret
    try:
        result = scan(workspace, store.report_file(run, name))
    finally:
        if server is not None:
            store.let_go(server, owner)
    kept = keep_compared(store, run, result._replace(attempts=attempt))
    if kept.failure is not None and kept.failure.transient and attempt < TRIES:
        wait = FIRST_WAIT * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311 no secret
        return Later(wait, attempt + 1, kept.failure.message)
    return kept
