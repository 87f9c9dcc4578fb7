"""The plan of a report: findings put together to what one person does in one go, first things first."""

from __future__ import annotations

from typing import NamedTuple

from dashlint.cost.model import NOTABLE, UNKNOWN, Cost
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity

#: The blocks of a plan: their key, and what stands above them.
BLOCKS = {"week-1": "Week 1", "weeks-2-4": "Weeks 2–4", "later": "Later"}


class Saved(NamedTuple):
    """Bytes that one cold load of each of the dashboards takes less; negative where it takes more.

    ``expected`` and ``upper`` are how far these two figures of a load fall; None is unknown. ``known`` is the
    part of ``expected`` that is known where the whole is not.
    """

    expected: int | None
    upper: int | None
    basis: str = "unknown"
    known: int = 0

    @property
    def cost(self) -> Cost:
        """As an amount for people: an upper bound may fall less than what is likely does."""
        upper = self.upper
        if self.expected is not None and upper is not None:
            upper = max(self.expected, upper)
        return Cost(self.expected, upper, self.basis)

    @property
    def sure(self) -> int:
        """What is known of it, in bytes."""
        return self.expected if self.expected is not None else self.known

    @property
    def notable(self) -> bool:
        """Whether so much is known to be saved that it is worth a word."""
        return self.sure >= NOTABLE

    @property
    def bounded(self) -> bool:
        """Whether at least the most that it can save is known, and worth a word."""
        return max(self.sure, self.upper or 0) >= NOTABLE


NOTHING = Saved(0, 0, "measured")
SAVED_UNKNOWN = Saved(*UNKNOWN)


class Gain(NamedTuple):
    """What an action saves of one dashboard's cold load."""

    uuid: str
    saves: Saved


class Action(NamedTuple):
    """What one person does in one go.

    ``what`` says it in a few words, ``command`` or ``statements`` do it; where there is neither, people do it
    by hand. ``saves`` is None where the action is not about memory; ``tabs`` is what the first visit of tabs
    saves. What an earlier action of the plan saves already is not counted again. ``minutes`` put it in order.
    ``gains`` are the dashboards whose load gets lighter, ``dashboards`` all that it concerns.
    """

    what: str
    effort: Effort
    minutes: int
    severity: Severity
    findings: tuple[Finding, ...]
    dashboards: tuple[str, ...]
    objects: tuple[str, ...] = ()
    command: str = ""
    unsafe: bool = False
    statements: tuple[str, ...] = ()
    saves: Saved | None = None
    tabs: Saved | None = None
    gains: tuple[Gain, ...] = ()

    @property
    def rules(self) -> tuple[str, ...]:
        """The codes of its findings' rules."""
        return tuple(sorted({finding.rule for finding in self.findings}))

    @property
    def broken(self) -> bool:
        """Whether it mends something that does not work."""
        return self.severity is Severity.ERROR


class ActionPlan(NamedTuple):
    """All actions in their blocks (keys of :data:`BLOCKS`), each in the order in which to take them.

    ``saves`` is what all of them save together.
    """

    blocks: tuple[tuple[str, tuple[Action, ...]], ...]
    saves: Saved

    @property
    def actions(self) -> tuple[Action, ...]:
        return tuple(action for _, actions in self.blocks for action in actions)


class Fixable(NamedTuple):
    """How many findings ``dashlint fix`` mends: the safe ones, those that need ``--unsafe``; its command."""

    safe: int
    unsafe: int
    command: str


def plus(amounts: list[Saved]) -> Saved:
    """The sum; unknown parts make it unknown, and what is known of it is kept."""
    from dashlint.cost.model import total

    whole = total(Cost(*one[:3]) for one in amounts)
    return Saved(*whole, known=sum(one.sure for one in amounts))
