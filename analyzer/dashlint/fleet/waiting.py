"""Waiting for the end of a run that others work on."""

from __future__ import annotations

import time
from collections.abc import Callable

from dashlint.fleet.model import Run
from dashlint.fleet.store import Store
from dashlint.fleet.work import is_final

#: Seconds between two looks, and how much longer than a look itself: a store of thousands of workspaces has
#: other work to do.
_LOOK, _REST = 2.0, 10


def wait_for_end(store: Store, run: Run, seconds: float, tell: Callable[[int, int], None]) -> bool:
    """Waits until no task of a run will try anything again.

    Args:
        store: where the results come in.
        run: what is waited for.
        seconds: how long at most.
        tell: is told how many workspaces have ended, of how many.

    Returns:
        False where the time was up before.
    """
    until = time.monotonic() + seconds
    while True:
        begun = time.monotonic()
        results = store.results(run.id, only_new=True)
        ended = sum(name in results and is_final(results[name]) for name in run.workspaces)
        tell(ended, len(run.workspaces))
        now = time.monotonic()
        if ended == len(run.workspaces):
            return True
        if now >= until:
            return False
        time.sleep(min(max(_LOOK, _REST * (now - begun)), until - now))
