"""Two reports compared: which dashboards changed and by how much, which findings are new, which are gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from dashlint.assets import Problem
from dashlint.cost.model import UNKNOWN, Cost
from dashlint.lint.model import Finding, Severity
from dashlint.report.model import DashboardSummary, Report


class Side(NamedTuple):
    """One side of a comparison.

    ``label`` names it for people (a revision, a path). ``contents`` has a fingerprint of everything that a
    dashboard consists of, by its uuid: itself, its charts and their datasets; empty where only a report's
    JSON is known, which does not hold them.
    """

    label: str
    report: Report
    contents: Mapping[str, str] = {}


class DashboardChange(NamedTuple):
    """A dashboard before and after; None on the side where it is not there."""

    before: DashboardSummary | None
    after: DashboardSummary | None

    @property
    def summary(self) -> DashboardSummary:
        """The newer side that there is."""
        found = self.after if self.after is not None else self.before
        assert found is not None
        return found

    @property
    def load(self) -> tuple[Cost, Cost]:
        """Bytes of a cold load, before and after; a dashboard that is not there costs nothing."""
        return _both(self, lambda s: s.memory_on_load)

    @property
    def filter(self) -> tuple[Cost, Cost]:
        """Bytes of one change of the widest filter, before and after."""
        return _both(self, lambda s: s.widest_filter_memory)

    @property
    def growth(self) -> int | None:
        """Bytes by which a cold load grows, expected or at most; None where the two cannot be compared."""
        return difference(*self.load)

    @property
    def weight(self) -> int:
        """Bytes by which a cold load or a change of the widest filter grows, whichever grows more."""
        return max(self.growth or 0, difference(*self.filter) or 0)

    @property
    def moved(self) -> bool:
        """Whether a figure differs."""
        if self.before is None or self.after is None:
            return True
        return _figures(self.before) != _figures(self.after)


class Diff(NamedTuple):
    """What changed between two reports.

    ``dashboards``: those that changed, most growth first. ``new`` and ``fixed`` findings, worst first;
    ``unchanged`` counts the others. ``problems`` are those of the newer side that the older had not.
    ``complete`` tells that contents were compared, not figures alone.
    """

    base: str
    head: str
    dashboards: tuple[DashboardChange, ...]
    new: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    unchanged: int
    problems: tuple[Problem, ...]
    complete: bool

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to say: no figure moved, no finding came or went."""
        return not (self.new or self.fixed or self.problems or any(d.moved for d in self.dashboards))

    def count_of(self, severity: Severity) -> int:
        """How many new findings have a severity."""
        return sum(1 for finding in self.new if finding.severity is severity)


def compare(base: Side, head: Side) -> Diff:
    """What changed from ``base`` to ``head``. Assets are the same where their UUIDs are."""
    before = {s.uuid: s for s in base.report.dashboards}
    after = {s.uuid: s for s in head.report.dashboards}
    complete = bool(base.contents or head.contents) or not (before or after)
    changes = []
    for uuid in dict.fromkeys((*after, *before)):
        change = DashboardChange(before.get(uuid), after.get(uuid))
        if change.moved or base.contents.get(uuid) != head.contents.get(uuid):
            changes.append(change)
    changes.sort(key=lambda c: (-c.weight, not c.moved, c.summary.title))
    new, fixed, unchanged = _findings(base.report.findings, head.report.findings)
    known = {(p.kind, p.message) for p in base.report.problems}
    return Diff(
        base.label,
        head.label,
        tuple(changes),
        new,
        fixed,
        unchanged,
        tuple(p for p in head.report.problems if (p.kind, p.message) not in known),
        complete,
    )


def difference(before: Cost, after: Cost) -> int | None:
    """Bytes between two costs: of what is expected where both sides know it, else of the most."""
    for one, other in ((before.expected, after.expected), (before.upper, after.upper)):
        if one is not None and other is not None:
            return other - one
    return None


def _both(change: DashboardChange, of: Callable[[DashboardSummary], Cost | None]) -> tuple[Cost, Cost]:
    sides = []
    for side in (change.before, change.after):
        cost = of(side) if side is not None else Cost(0, 0, "measured")
        sides.append(cost if cost is not None else UNKNOWN)
    return sides[0], sides[1]


def _figures(summary: DashboardSummary) -> tuple[object, ...]:
    return (
        summary.charts,
        summary.charts_on_load,
        summary.queries_on_load,
        summary.memory_on_load,
        summary.widest_filter,
        summary.widest_filter_queries,
        summary.widest_filter_memory,
    )


def _findings(
    before: Iterable[Finding], after: Iterable[Finding]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...], int]:
    """New ones, fixed ones, and how many are on both sides. Several with one identity are told by number."""
    left = Counter(finding.identity for finding in before)
    new, unchanged = [], 0
    for finding in after:
        if left[finding.identity] > 0:
            left[finding.identity] -= 1
            unchanged += 1
        else:
            new.append(finding)
    fixed = []
    for finding in before:
        if left[finding.identity] > 0:
            left[finding.identity] -= 1
            fixed.append(finding)
    return _worst_first(new), _worst_first(fixed), unchanged


def _worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    def order(finding: Finding) -> tuple[int, int, str, str]:
        memory = finding.memory.upper or 0 if finding.memory is not None else 0
        return -finding.severity.rank, -memory, finding.rule, finding.asset.name

    return tuple(sorted(findings, key=order))
