"""How much of what was found ``dashlint fix`` mends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dashlint.analysis import Analysis
from dashlint.fix.units import Allowed
from dashlint.lint.model import Finding
from dashlint.planning.whatif import can_be_made


def count(findings: Iterable[Finding], analysis: Analysis, named: Sequence[str]) -> tuple[int, int]:
    """How many findings are mended without ``--unsafe``, and how many more with it.

    ``named`` are the rules of ``--select``: what a guess proposes is done for these alone.
    """
    safe, unsafe = Allowed(named=tuple(named)), Allowed(unsafe=True, named=tuple(named))
    known = [f for f in findings if unsafe.allows(f) and can_be_made(f, analysis)]
    at_once = sum(1 for finding in known if safe.allows(finding))
    return at_once, len(known) - at_once
