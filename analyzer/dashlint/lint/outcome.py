"""What comes of asking a rule about one asset."""

from __future__ import annotations

from collections.abc import Sequence

from dashlint.assets import Problem
from dashlint.lint.model import Finding
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
