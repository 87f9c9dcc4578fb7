"""What comes of asking rules about assets, here or in another process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashlint.assets import Asset, Problem
from dashlint.lint.model import Finding
from dashlint.lint.rule import Rule, is_built_in
from dashlint.records import NamedTuple


class Outcome(NamedTuple):
    """Findings, or how the rule failed.

    ``lacking`` is what the rule would have needed to know, as topic and subject, where that is not noted yet.
    """

    findings: Sequence[Finding] = ()
    failure: Problem | None = None
    lacking: tuple[tuple[str, str], ...] = ()


#: What most questions come to.
NOTHING = Outcome()

#: What a process has found: by the rule's code and the place of the call among the rule's.
Outcomes = dict[tuple[str, int], Outcome]


class Done:
    """What processes have found."""

    def __init__(self, share: Mapping[Asset, int], outcomes: Mapping[int, Outcomes]) -> None:
        """``share`` tells whose an asset is, ``outcomes`` what processes have found, by their numbers."""
        self._found = {key: outcome for found in outcomes.values() for key, outcome in found.items()}
        self._lost = {asset for asset, number in share.items() if number not in outcomes}

    def holds(self, rule: Rule) -> bool:
        """Whether a rule has been called for assets; those that :meth:`lacks` are still to be asked about."""
        return is_built_in(type(rule))

    def lacks(self, asset: Asset) -> bool:
        """Whether the process whose an asset is has found nothing because it has ended."""
        return asset in self._lost

    def outcome(self, rule: Rule, number: int) -> Outcome | None:
        """What came of a rule's call, by its place among the rule's calls; None where nothing came of it."""
        return self._found.get((rule.code, number))
