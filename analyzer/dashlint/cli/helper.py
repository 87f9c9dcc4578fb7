"""The other end of :mod:`dashlint.cli.crew`: a process that reads and checks its share of a scan.

It reads what it is told to, tells what its share of the files says, runs the rules that it is sent over its
share of the assets, and ends. It writes nothing but its answers, to the process that has started it, and ends
when that one does. Whatever goes wrong here ends it: then the other process does this share itself.
"""

from __future__ import annotations

import gc
import marshal
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from dashlint import __version__, limits
from dashlint.cli.messages import Messages
from dashlint.cli.process import GARBAGE_THRESHOLD

if TYPE_CHECKING:
    from datetime import datetime

    from dashlint.assets import Workspace
    from dashlint.catalog.load import CatalogSet
    from dashlint.deployment.model import Deployment
    from dashlint.lint.config import Config
    from dashlint.lint.rule import Rule
    from dashlint.superset.settings import Settings


class Job(NamedTuple):
    """By what a workspace is judged. ``config`` is there where it has overrides."""

    settings: Settings
    catalogs: CatalogSet | None
    now: datetime
    deployment: Deployment | None
    rules: Sequence[Rule]
    config: Config | None


def main() -> None:
    """What :mod:`dashlint.cli.crew` starts."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    _die_first()
    outgoing = _take_stdout()
    messages = Messages(sys.stdin.buffer, outgoing, at_end=lambda: os._exit(1))
    status = 1
    try:
        first: dict[str, Any] = marshal.loads(messages.receive())  # noqa: S302 from our own process
        if first["version"] == __version__:
            limits.use(limits.Limits(*first["limits"]))
            _work(messages, first)
            messages.finish()
            status = 0
    finally:
        os._exit(status)  # nobody waits for an explanation, nor for memory to be freed bit by bit


def agreement(read: bytes, workspace: Workspace) -> bytes:
    """What two processes have in common if they have read the same.

    Args:
        read: a digest of the files.
        workspace: what was made of them.
    """
    import hashlib

    w = workspace
    sizes = [len(assets) for assets in (w.dashboards, w.charts, w.datasets, w.databases)]
    made = repr((sizes, w.superset_version, w.problems))
    return hashlib.sha256(read + made.encode("utf-8", "replace")).digest()


def _work(messages: Messages, first: dict[str, Any]) -> None:
    from dashlint.cli.inputs import kept
    from dashlint.sources import read

    crew = _Member(messages, first["number"], first["of"])
    with kept():
        workspace = read(first["sources"], crew)
    # As much as possible while the other process prepares the job.
    from dashlint.analysis import Analysis
    from dashlint.lint import select
    from dashlint.lint import shares as lint
    from dashlint.lint.registry import built_in
    from dashlint.report.model import summaries

    built_in(deployment=False)
    share = lint.shares(workspace, first["of"])
    job: Job = lint.loads(messages.receive(), workspace)
    analysis = Analysis(workspace, job.settings, job.catalogs, job.now, job.deployment)
    overrides = select.overrides_of(job.config, workspace) if job.config is not None else None
    outcomes = lint.look(analysis, job.rules, overrides, share, first["number"])
    figures = summaries(analysis, [d for d in workspace.dashboards if share[d] == first["number"]])
    messages.send(agreement(crew.digest, workspace) + lint.dumps((outcomes, figures), workspace))


class _Member:
    """This process as one of several that read the same (:class:`dashlint.sources.shared.Crew`)."""

    def __init__(self, messages: Messages, number: int, of: int) -> None:
        self._messages = messages
        self._number = number
        self._of = of
        self.digest = b""

    def begin(self, files: int) -> tuple[int, int] | None:  # noqa: ARG002 the other one has decided
        return self._number, self._of

    def exchange(self, said: bytes) -> Sequence[bytes]:
        self._messages.send(said)
        received = [self._messages.receive() for _ in range(self._of - 1)]
        return [said for said in received if said]

    def agree_on(self, digest: bytes) -> None:
        self.digest = digest


def _die_first() -> None:
    """Where memory runs out, Linux ends this process rather than the one that can do without it (proc(5))."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


def _take_stdout() -> BinaryIO:
    """The pipe to the other process, where nothing else can write into it."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return pipe
