"""Fingerprints: how other programs know a finding again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from dashlint.lint.model import Finding


def fingerprints(findings: Iterable[Finding]) -> list[str]:
    """One fingerprint (64 hexadecimal digits) for each finding, all different.

    Made of the finding's identity alone, so it survives moved lines, renamed assets and a new export. GitLab
    drops findings whose fingerprint it has seen, so those of one identity are numbered.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    made = []
    for finding in findings:
        identity = finding.identity
        seen[identity] += 1
        parts = [*identity, str(seen[identity])]
        text = "\0".join(parts).encode("utf-8", "backslashreplace")
        made.append(hashlib.sha256(text).hexdigest())
    return made
