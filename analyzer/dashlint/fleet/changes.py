"""What a run has that the one before it had not."""

from __future__ import annotations

from collections import Counter

from dashlint.fleet.model import DONE, Change, Result


def compared(result: Result, since: str, before: Result) -> Result:
    """The result with what changed since an earlier run, its new findings marked.

    Findings are compared by rule, asset and field, so that texts and lines may differ; several of one
    identity are counted. What failed is not compared.
    """
    if result.state != DONE or before.state != DONE:
        return result
    left = Counter(finding.identity for finding in before.findings)
    remaining = 0
    findings = []
    for finding in result.findings:
        known = left[finding.identity] > 0
        if known:
            left[finding.identity] -= 1
            remaining += 1
        findings.append(finding._replace(new=not known))
    change = Change(since, len(findings) - remaining, sum(left.values()), remaining)
    return result._replace(findings=tuple(findings), change=change)
