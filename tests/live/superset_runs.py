"""The running servers of a state folder: `runs/<version>-<random>/`, one folder for each.

A server holds the lock of its folder. Folders whose lock is free belong to servers that were killed; the next
start removes them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.live.superset_builder import alone, state_folder


def new_home(version: str) -> tuple[Path, int]:
    """An empty folder for a run and its lock, which is held as long as any process has it open."""
    import fcntl  # not on Windows

    runs = state_folder() / "runs"
    runs.mkdir(exist_ok=True)
    with alone(state_folder() / "runs.lock"):
        for home in _homes():
            if not _is_served(home):  # its server was killed
                shutil.rmtree(home, ignore_errors=True)
        home = Path(tempfile.mkdtemp(prefix=f"{version}-", dir=runs))
        lock = os.open(home / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        return home, lock


def running() -> dict[str, Path]:
    """The URL and folder of each server of this state folder that runs now, whoever started it."""
    found = {}
    for home in _homes():
        # A server that is only just starting has not written the file yet.
        if _is_served(home) and (home / "server.json").exists():
            found[json.loads((home / "server.json").read_text(encoding="utf-8"))["url"]] = home
    return found


def stop(home: Path) -> None:
    """End the server that runs in `home`, and remove that folder."""
    # While its lock is held, the process number is still that of the server.
    if _is_served(home):
        os.kill(json.loads((home / "server.json").read_text(encoding="utf-8"))["pid"], signal.SIGTERM)
        _is_served(home, wait=True)
    shutil.rmtree(home, ignore_errors=True)


def _homes() -> Iterator[Path]:
    return (state_folder() / "runs").glob("*-*")


def _is_served(home: Path, *, wait: bool = False) -> bool:
    """Whether a server runs in `home`; `wait` waits until none does."""
    import fcntl

    try:
        with (home / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | (0 if wait else fcntl.LOCK_NB))
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
