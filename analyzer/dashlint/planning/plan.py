"""What to do first: actions in their order, each with what it saves on top of those before it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from dashlint.analysis import Analysis
from dashlint.assets import Chart
from dashlint.cost.model import Cost
from dashlint.lint.model import Finding, Severity
from dashlint.planning import grouping
from dashlint.planning.grouping import Draft, Rules
from dashlint.planning.whatif import Check, fixed, gains
from dashlint.report.actions import (
    BLOCKS,
    NOTHING,
    SAVED_UNKNOWN,
    Action,
    ActionPlan,
    Gain,
    Saved,
    plus,
)

#: Minutes up to which an action belongs to the first week, and to the weeks after it: an hour, a day's work.
_SHORT, _LONG = 60, 480
#: The command that mends what some rules found: takes their codes and whether ``--unsafe`` is needed.
Command = Callable[[Sequence[str], bool], str]
_Key = tuple[int, int, float, float, int, str]


@dataclass(eq=False)
class _Weighed:
    """A draft and what it saves."""

    draft: Draft
    saves: Saved | None = None
    tabs: Saved | None = None
    gains: list[Gain] = field(default_factory=list)
    number: int = 0

    @property
    def all(self) -> Saved | None:
        """On loads and on first visits of tabs."""
        parts = [part for part in (self.saves, self.tabs) if part is not None]
        return plus(parts) if parts else None

    @property
    def block(self) -> str:
        saves, severity = self.all, self.draft.severity
        if severity is Severity.ERROR:
            return "week-1"
        if severity is Severity.INFO and not (saves is not None and saves.bounded):
            return "later"
        minutes = self.draft.minutes
        return "week-1" if minutes <= _SHORT else "weeks-2-4" if minutes <= _LONG else "later"

    @property
    def key(self) -> _Key:
        """What actions are sorted by.

        Known savings come first, by bytes for a minute. Then what is broken: nothing of it may be hidden
        behind guesses. Then the others by severity and by the most that they may save.
        """
        saves, minutes = self.all or NOTHING, self.draft.minutes
        rank = -self.draft.severity.rank
        if saves.notable:
            group, first = 0, -saves.sure / minutes
        elif self.draft.severity is Severity.ERROR:
            group, first = 1, 0.0
        else:
            group, first = 2, float(rank)
        most = -(saves.upper or 0) / minutes
        return (list(BLOCKS).index(self.block), group, first, most, rank, f"{self.number:06}")


def make_plan(
    findings: Sequence[Finding],
    analysis: Analysis,
    rules: Rules,
    *,
    check: Check,
    command: Command,
    shown: Iterable[str],
) -> ActionPlan:
    """Puts findings together to actions and these in order.

    Args:
        findings: what is to be planned; each ends up in exactly one action.
        analysis: the one that they were found in.
        rules: those that ran, by their codes.
        check: runs some of them over another analysis.
        command: writes the command for a fix.
        shown: the uuids of the dashboards whose loads count.
    """
    uuids = frozenset(shown)
    made = grouping.drafts(findings, rules, analysis)
    waiting = grouping.symptoms(findings, rules)
    _take_charts(made, waiting)
    weighed = [_Weighed(draft, number=number) for number, draft in enumerate(made)]
    fixes, final = _in_order([one for one in weighed if one.draft.kind == "fix"], analysis, check, uuids)
    _take_dashboards(fixes, waiting)
    others = [one for one in weighed if one.draft.kind != "fix"]
    for finding in waiting:
        others.append(_Weighed(grouping.by_hand(finding, rules), number=len(weighed) + len(others)))
    _weigh_by_hand(others, fixes, final, uuids)
    ordered = sorted([*fixes, *others], key=lambda one: one.key)
    actions = [(one.block, _action(one, command)) for one in ordered]
    return ActionPlan(
        tuple((block, tuple(a for own, a in actions if own == block)) for block in BLOCKS),
        plus([a.saves for _, a in actions if a.saves is not None]) if actions else NOTHING,
    )


def _in_order(
    fixes: list[_Weighed], analysis: Analysis, check: Check, shown: frozenset[str]
) -> tuple[list[_Weighed], Analysis]:
    """Fixes in the order of the plan, each weighed after those before it, and what is there after all.

    What a fix saves seldom grows by another one: it is weighed anew only when its turn comes, and goes back
    into the queue where it then saves less than the next.
    """

    def weigh(one: _Weighed, before: Analysis) -> Analysis:
        after = fixed(before, one.draft.codes, check)
        found, one.tabs = gains(before, after, shown)
        one.gains = found
        one.saves = plus([gain.saves for gain in found]) if found else NOTHING
        return after

    queue: list[tuple[_Key, _Weighed]] = []
    for one in fixes:
        weigh(one, analysis)
        heapq.heappush(queue, (one.key, one))
    taken: list[_Weighed] = []
    current = analysis
    while queue:
        _, one = heapq.heappop(queue)
        after = weigh(one, current)
        if queue and one.key > queue[0][0]:
            heapq.heappush(queue, (one.key, one))
            continue
        taken.append(one)
        current = after
    return taken, current


def _take_charts(made: Sequence[Draft], waiting: list[Finding]) -> None:
    """Gives symptoms of charts to the draft that changes the chart's queries, or to one about it."""
    for finding in list(waiting):
        if finding.asset.kind != "chart":
            continue
        uuid = finding.asset.uuid
        home = next((d for d in made if d.kind == "fix" and uuid in _queried(d)), None) or next(
            (d for d in made for f in d.findings if f.asset.uuid == uuid and f.saving is not None), None
        )
        if home is not None:
            home.symptoms.append(finding)
            waiting.remove(finding)


def _queried(draft: Draft) -> set[str]:
    """The charts whose parameters a fix changes."""
    edits = [edit for f in draft.findings if f.fix is not None for edit in f.fix.edits]
    return {e.asset.uuid for e in edits if isinstance(e.asset, Chart) and e.path[0] == "params"}


def _take_dashboards(fixes: Sequence[_Weighed], waiting: list[Finding]) -> None:
    """Gives symptoms of dashboards to the fix that saves most of their load."""
    for finding in list(waiting):
        known = [
            (gain.saves.sure, gain.saves.upper or 0, -number)
            for number, one in enumerate(fixes)
            for gain in one.gains
            if gain.uuid == finding.asset.uuid and gain.saves.bounded
        ]
        if known:
            fixes[-max(known)[2]].draft.symptoms.append(finding)
            waiting.remove(finding)


def _weigh_by_hand(
    others: Sequence[_Weighed], fixes: Sequence[_Weighed], final: Analysis, shown: frozenset[str]
) -> None:
    """What is saved by hand once all fixes are made; of each chart once."""
    claimed = {uuid for one in fixes if one.all not in (None, NOTHING) for uuid in _queried(one.draft)}
    pairs = [(one, finding) for one in others for finding in one.draft.findings]
    pairs.sort(key=lambda pair: -(_most(pair[1].saving)))
    parts: dict[_Weighed, list[Gain]] = {}
    for one, finding in pairs:
        if finding.memory is None and finding.saving is None:
            continue
        found = parts.setdefault(one, [])
        if finding.saving is None or finding.asset.kind != "chart":
            known = finding.asset.uuid in claimed
            found.append(Gain("", NOTHING if known else SAVED_UNKNOWN))
        elif finding.asset.uuid not in claimed:
            claimed.add(finding.asset.uuid)
            found += _of_chart(finding.asset.uuid, finding.saving, final, shown)
    for one, found in parts.items():
        one.saves = plus([gain.saves for gain in found]) if found else NOTHING
        one.gains = [gain for gain in found if gain.uuid]


def _most(saving: Cost | None) -> int:
    return (saving.upper or saving.expected or 0) if saving is not None else 0


def _of_chart(uuid: str, saving: Cost, analysis: Analysis, shown: frozenset[str]) -> list[Gain]:
    """What a change to a chart saves of the loads that ask for it: never more than it costs there."""
    found = []
    for dashboard in analysis.workspace.dashboards:
        if dashboard.uuid not in shown or not dashboard.layout.nodes:
            continue
        for request in analysis.load(dashboard).requests:
            if request.chart is not None and request.chart.uuid == uuid:
                costs = analysis.request_cost(request, dashboard)
                pairs = ((saving.expected, costs.expected), (saving.upper, costs.upper))
                least = [None if a is None or b is None else min(a, b) for a, b in pairs]
                found.append(Gain(dashboard.uuid, Saved(least[0], least[1], saving.basis)))
    return found


def _action(one: _Weighed, command: Command) -> Action:
    draft = one.draft
    findings = (*draft.findings, *draft.symptoms)
    return Action(
        what=draft.what,
        effort=draft.effort,
        minutes=draft.minutes,
        severity=draft.severity,
        findings=findings,
        dashboards=tuple(dict.fromkeys(uuid for finding in findings for uuid in finding.dashboards)),
        objects=draft.objects,
        command=command(draft.codes, draft.unsafe) if draft.kind == "fix" else "",
        unsafe=draft.kind == "fix" and draft.unsafe,
        statements=draft.statements if draft.kind == "sql" else (),
        saves=one.saves,
        tabs=one.tabs if one.tabs not in (None, NOTHING) else None,
        gains=tuple(one.gains),
    )
