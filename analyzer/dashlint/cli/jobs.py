"""How many processes share a scan: ``--jobs``, ``jobs`` in the configuration, or as many as pay."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dashlint.lint.config import ConfigError
from dashlint.records import NamedTuple

if TYPE_CHECKING:
    from dashlint.cli.crew import Crew

#: Files from which a second process pays: starting it and handing over take about 0.3 s, and it saves 0.15 s
#: for each 1,000 files (benchmarks/run.py).
WORTH_SHARING_FROM = 4_000
#: Files beyond which memory counts more than time: each process holds all that was read.
TOO_MANY_TO_HOLD_TWICE = 20_000
#: A third one was not measured.
_MOST = 2
#: Beyond, a typing error is more likely than such a machine.
MOST_ASKED = 64

_OURS = Path("/proc/self/cgroup")
_CGROUPS = Path("/sys/fs/cgroup")


class Jobs(NamedTuple):
    """How many processes there may be; None for as many as pay."""

    most: int | None = 1

    def for_files(self, files: int) -> int:
        """How many processes read and check so many files, this one included."""
        if self.most is not None:
            return min(self.most, max(files, 1))
        return min(_MOST, cpus()) if WORTH_SHARING_FROM <= files <= TOO_MANY_TO_HOLD_TWICE else 1


ALONE = Jobs()


def jobs(asked: str | None, configured: int | None) -> Jobs:
    """What the command line says, else the configuration.

    Raises:
        ConfigError: it is no number of processes.
    """
    if asked is None:
        return Jobs(configured)
    if asked == "auto":
        return Jobs(None)
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 0
    if not 1 <= number <= MOST_ASKED:
        raise ConfigError(f"--jobs {asked}: write a number from 1 to {MOST_ASKED}, or auto")
    return Jobs(number)


@contextmanager
def crew(sources: Sequence[str], jobs: Jobs) -> Iterator[Crew | None]:
    """The processes that share a scan, which are gone afterwards; None where there is to be one.

    What is shared is one place as a whole: a folder or a ZIP.
    """
    if jobs.most == 1 or len(sources) != 1 or sources[0].lower().endswith((".yaml", ".yml")):
        yield None
        return
    from dashlint.cli.crew import Crew

    found = Crew(sources, jobs.for_files)
    try:
        yield found
    finally:
        found.close()


def cpus() -> int:
    """The processors that this process may use, whole ones: in a container, often fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = getattr(os, "process_cpu_count", os.cpu_count)() or 1  # Python 3.13
    quota = _quota(_OURS, _CGROUPS)
    return max(1, count if quota is None else min(count, int(quota)))


def _quota(ours: Path, root: Path) -> float | None:
    """The processors that control groups grant, those around ours included; None without a limit.

    Version 2 says ``200000 100000`` in ``cpu.max``, microseconds in each period; version 1 has two files
    (Linux, Documentation/admin-guide/cgroup-v2.rst and Documentation/scheduler/sched-bwc.rst).
    """
    found: list[float] = []
    with suppress(OSError, ValueError):
        for line in ours.read_text("utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            bases: list[Path] = []
            if not controllers:
                bases = [root]
            elif "cpu" in controllers.split(","):
                bases = [root / "cpu", root / controllers]
            parts = [part for part in path.split("/") if part not in {"", ".."}]
            for base in bases:
                folders = (base.joinpath(*parts[:depth]) for depth in range(len(parts) + 1))
                found += [granted for folder in folders if (granted := _granted(folder)) is not None]
    return min(found, default=None)


def _granted(folder: Path) -> float | None:
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (folder / "cpu.max").read_text("ascii").split()
        return int(quota) / int(period)  # "max" is no number
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota = (folder / "cpu.cfs_quota_us").read_text("ascii")
        period = (folder / "cpu.cfs_period_us").read_text("ascii")
        return int(quota) / int(period) if int(quota) > 0 else None
    return None
