"""Processes that share a scan with this one: each reads a part of the files, and checks a part of the assets.

A helper is a new Python (:mod:`dashlint.cli.helper`), on every system. Nothing depends on it: where it cannot
be started, ends, or does not answer in time, this process does its share. The report is the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.assets import Dashboard
    from dashlint.cli.helper_process import Helper
    from dashlint.lint.config import Config
    from dashlint.lint.outcome import Done
    from dashlint.lint.overrides import Overrides
    from dashlint.lint.rule import Rule
    from dashlint.report.model import DashboardSummary

#: Seconds, and how many times as long as this process has taken for its own share, to wait for another's.
_PATIENCE = 10.0
_TIMES = 4
_DIGEST_BYTES = 32


class Crew:
    """This process and its helpers (:class:`dashlint.sources.shared.Crew`)."""

    def __init__(self, sources: Sequence[str], processes: Callable[[int], int]) -> None:
        """Starts nobody yet.

        ``sources`` are the paths that a person named; ``processes`` tells how many read so many files.
        """
        self._sources = list(sources)
        self._processes = processes
        self._helpers: list[Helper] = []
        self._of = 1
        self._began = 0.0
        self._digest = b""

    def begin(self, files: int) -> tuple[int, int] | None:
        of = self._of = self._processes(files)
        if of == 1:
            return None
        from dashlint.cli.helper_process import Helper

        try:
            for number in range(1, of):
                self._helpers.append(Helper(self._sources, number, of))
        except OSError:  # no more processes are to be had
            self.close()
            return None
        self._began = time.monotonic()
        return 0, of

    def exchange(self, said: bytes) -> Sequence[bytes]:
        for helper in self._helpers:
            helper.messages.send(said)
        told = {helper: self._answer(helper) for helper in list(self._helpers)}
        for helper, one in told.items():
            for other in self._helpers:
                if other is not helper:
                    other.messages.send(one or b"")
        return [one for one in told.values() if one]

    def agree_on(self, digest: bytes) -> None:
        self._digest = digest

    def judge(
        self, analysis: Analysis, rules: Sequence[Rule], overrides: Overrides | None, config: Config
    ) -> tuple[Done | None, dict[Dashboard, DashboardSummary]]:
        """What rules find about the assets, in all processes; nothing where there are no others.

        Also the figures of the dashboards that others have looked at.
        """
        if not self._helpers or analysis.planner is not None:
            return None, {}
        from dashlint.cli.helper import Job, agreement
        from dashlint.lint import shares as lint
        from dashlint.lint.outcome import Done
        from dashlint.lint.rule import is_built_in

        workspace = analysis.workspace
        job = Job(
            analysis.settings,
            analysis.catalogs,
            analysis.now,
            analysis.deployment,
            [rule for rule in rules if is_built_in(type(rule))],
            config if overrides is not None else None,
        )
        try:
            message = lint.dumps(job, workspace)
        except lint.UnwritableError:
            return None, {}
        for helper in self._helpers:
            helper.messages.send(message)
        share = lint.shares(workspace, self._of)
        self._began = time.monotonic()
        outcomes = {0: lint.look(analysis, rules, overrides, share, 0)}
        figures: dict[Dashboard, DashboardSummary] = {}
        agreed = agreement(self._digest, workspace)
        for helper in list(self._helpers):
            answer = self._answer(helper)
            if answer is not None and answer[:_DIGEST_BYTES] == agreed:
                outcomes[helper.number], theirs = lint.loads(answer[_DIGEST_BYTES:], workspace)
                figures |= theirs
        return Done(share, outcomes), figures

    def close(self) -> None:
        """Ends all helpers."""
        for helper in self._helpers:
            helper.close()
        self._helpers = []

    def _answer(self, helper: Helper) -> bytes | None:
        """A helper's next message. One that is late is ended: its share is done here."""
        from dashlint.cli.messages import Gone

        taken = time.monotonic() - self._began
        try:
            return helper.messages.receive(_PATIENCE + _TIMES * taken)
        except Gone:
            helper.close()
            self._helpers.remove(helper)
            return None
