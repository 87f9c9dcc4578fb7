"""A baseline: the findings of today are accepted, only new ones are reported.

```json
{"version": 1, "findings": [
  {"rule": "DL301", "asset": "5c6f…", "field": "params.row_limit", "name": "All orders"}]}
```

A finding is known by rule, asset and field. Assets are named by UUID, so entries survive another export,
renamed charts and moved files. ``name`` is for people; ``count`` is there where several are about one field.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dashlint import json_text
from dashlint.assets import Problem
from dashlint.lint.config import ConfigError
from dashlint.lint.model import Finding

VERSION = 1
FILE_NAME = "dashlint-baseline.json"
Identity = tuple[str, str, str]


class Baseline(NamedTuple):
    """Accepted findings: how many of each identity, and how people call their assets."""

    path: Path
    accepted: Mapping[Identity, int]
    names: Mapping[Identity, str]


class Judged(NamedTuple):
    """Findings to report, those that the baseline accepts, and problems with the baseline."""

    reported: list[Finding]
    accepted: list[Finding]
    problems: list[Problem]


def render(findings: Iterable[Finding]) -> str:
    """The baseline that accepts these findings: one line each, in a stable order, for small diffs."""
    counts: Counter[Identity] = Counter()
    names: dict[Identity, str] = {}
    for finding in findings:
        counts[finding.identity] += 1
        names[finding.identity] = finding.asset.name
    lines = []
    for identity in sorted(counts):
        rule, asset, field = identity
        entry: dict[str, Any] = {"rule": rule, "asset": asset, "field": field, "name": names[identity]}
        if counts[identity] > 1:
            entry["count"] = counts[identity]
        lines.append(f"  {json.dumps(entry, ensure_ascii=False)}")
    body = ",\n".join(lines)
    return (
        f'{{"version": {VERSION}, "findings": [\n{body}\n]}}\n'
        if lines
        else (f'{{"version": {VERSION}, "findings": []}}\n')
    )


def read(path: Path) -> Baseline:
    """The baseline in a file.

    Raises:
        ConfigError: it cannot be read, or is none.
    """
    try:
        raw = json_text.decode(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: the baseline cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise ConfigError(f"{path}: the baseline is not valid JSON ({error})") from None
    entries = raw.get("findings") if isinstance(raw, Mapping) else None
    if not isinstance(entries, list) or raw.get("version") != VERSION:
        raise ConfigError(
            f"{path}: this is no baseline of version {VERSION}: write one with `dashlint baseline`"
        )
    counts: Counter[Identity] = Counter()
    names: dict[Identity, str] = {}
    for number, entry in enumerate(entries, 1):
        identity = _identity(entry)
        count = entry.get("count", 1) if identity is not None else 0
        if identity is None or isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ConfigError(f"{path}: entry {number} should have the texts rule, asset and field")
        counts[identity] += count
        names[identity] = str(entry.get("name") or identity[1])
    return Baseline(path, counts, names)


def judge(
    findings: Sequence[Finding], baseline: Baseline, *, complete: bool, idle: Collection[str] = ()
) -> Judged:
    """Splits findings into new ones and accepted ones.

    Args:
        findings: what was found.
        baseline: what is accepted.
        complete: everything was read and every rule ran, so that an entry which matches nothing is stale.
        idle: codes of rules that had nothing to look at all the same.
    """
    left = Counter(baseline.accepted)
    reported, accepted = [], []
    for finding in findings:
        if left[finding.identity] > 0:
            left[finding.identity] -= 1
            accepted.append(finding)
        else:
            reported.append(finding)
    missed = (identity for identity, count in left.items() if count > 0 and identity[0] not in idle)
    stale = sorted(missed) if complete else []
    problems = []
    if stale:
        shown = ", ".join(
            f"{rule} of {baseline.names[rule, asset, field]!r}" for rule, asset, field in stale[:3]
        )
        more = f" and {len(stale) - 3} more" if len(stale) > 3 else ""
        problems.append(
            Problem(
                "stale-baseline",
                f"the baseline accepts findings that are not there any more ({shown}{more}): "
                "write it anew with `dashlint baseline`",
                str(baseline.path),
            )
        )
    return Judged(reported, accepted, problems)


def _identity(entry: Any) -> Identity | None:
    if not isinstance(entry, Mapping):
        return None
    parts = (entry.get("rule"), entry.get("asset"), entry.get("field", ""))
    if not all(isinstance(part, str) for part in parts):
        return None
    rule, asset, field = map(str, parts)
    return rule, asset, field
