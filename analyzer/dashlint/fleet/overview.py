"""A run as a whole: what a report shows and an exit code says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from dashlint.fleet.model import DONE, FAILED, Known, Result, Run

#: What the process ends with (docs/exit-codes.md).
OK, FINDINGS, USAGE, NOTHING_USABLE, UNREACHABLE, DEFECT = 0, 1, 2, 3, 4, 70


class Overview(NamedTuple):
    """A run with a result for each workspace, those that wait among them, in the inventory's order.

    ``kept`` is where results are kept, None if nowhere.
    """

    run: Run
    results: tuple[Result, ...]
    kept: str | None = None

    @property
    def done(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.state == DONE)

    @property
    def failed(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.state == FAILED)

    @property
    def waiting(self) -> int:
        """How many workspaces nothing is known of yet."""
        return len(self.results) - len(self.done) - len(self.failed)

    def counted(self, *names: str) -> int:
        """The sum of some of :class:`dashlint.fleet.model.Figures`."""
        return sum(getattr(r.figures, name) for r in self.done for name in names if r.figures is not None)

    def new(self) -> Iterator[tuple[str, Known]]:
        """Findings that a workspace had not in the run before, with its name, the worst first."""
        order = ("error", "warning", "info")
        found = [
            (result.workspace, finding) for result in self.done for finding in result.findings if finding.new
        ]
        yield from sorted(found, key=lambda pair: order.index(pair[1].severity))


def overview(run: Run, results: Mapping[str, Result], kept: str | None = None) -> Overview:
    """A run with what is known of it by now."""
    return Overview(run, tuple(results.get(name, Result(name, attempts=0)) for name in run.workspaces), kept)


def exit_code(shown: Overview, *, strict: bool, only_new: bool = False) -> int:
    """What a run means for the process; with ``only_new``, findings of the run before do not count.

    A workspace that failed is a problem of that workspace, as an unreadable file is of an export: it hides
    no findings, and ``strict`` makes it 3. Only where no workspace was done does the reason count.
    """
    if not shown.done and shown.failed:
        codes = {result.failure.exit_code for result in shown.failed if result.failure is not None}
        if UNREACHABLE in codes:
            return UNREACHABLE
        return codes.pop() if len(codes) == 1 else NOTHING_USABLE
    if strict and (shown.failed or shown.waiting or any(result.problems for result in shown.done)):
        return NOTHING_USABLE
    if only_new:
        return FINDINGS if any(finding.fails for _, finding in shown.new()) else OK
    return FINDINGS if any(result.fails for result in shown.done) else OK
