"""Fingerprints: how other programs know a finding again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from dashlint.lint.model import Finding
from dashlint.lint.repository import in_repository


def fingerprints(findings: Iterable[Finding]) -> list[str]:
    """One fingerprint (64 hexadecimal digits) for each finding, all different.

    Made of the finding's identity alone, so it survives moved lines, renamed assets and a new export. GitLab
    drops findings whose fingerprint it has seen, so those of one identity are numbered.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    made = []
    for finding in findings:
        rule, asset, field = finding.identity
        if finding.asset.kind == "file":
            # A file is its path, which must not depend on where dashlint was started.
            asset = in_repository(asset)[0]
        identity = (rule, asset, field)
        seen[identity] += 1
        parts = [*identity, str(seen[identity])]
        text = "\0".join(parts).encode("utf-8", "backslashreplace")
        made.append(hashlib.sha256(text).hexdigest())
    return made
