"""The rules of a SARIF run: what code scanning shows beside an alert."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dashlint.lint import docs
from dashlint.lint.model import Severity
from dashlint.lint.rule import Rule
from dashlint.report.model import Report

#: SARIF's levels (§3.27.10).
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
#: GitHub's words for the severity of alerts. A ``security-severity`` would make security alerts of them.
_PROBLEM = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
#: GitHub's limit for descriptions, in characters.
_DESCRIPTION = 1024


def descriptors(report: Report) -> list[dict[str, Any]]:
    """Every rule that ran, in the order of the codes, and those that findings name besides."""
    known = {rule.code: _descriptor(rule) for rule in report.rules}
    others = {f.rule: _bare(f.rule, f.name) for f in report.findings if f.rule not in known}
    return [rule for _, rule in sorted({**known, **others}.items())]


def _descriptor(rule: Rule) -> dict[str, Any]:
    kind = type(rule)
    summary = docs.summary(kind)
    body = docs.body(kind)
    return {
        "id": rule.code,
        "name": rule.name(),
        "shortDescription": {"text": _cut(summary or rule.name())},
        "fullDescription": {"text": _cut(docs.section(kind, "Why") or summary or rule.name())},
        "help": {
            "text": f"{summary}\n\n{body}".strip() or rule.name(),
            "markdown": f"# {rule.name()} ({rule.code})\n\n{summary}\n\n{body}".strip(),
        },
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": list(_tags(rule.code)),
            "precision": rule.confidence.value,
            "problem.severity": _PROBLEM[rule.severity],
        },
    }


def _bare(code: str, name: str) -> dict[str, Any]:
    """A rule of which no more is known than what its findings say."""
    return {"id": code, "name": name, "shortDescription": {"text": name}, "help": {"text": name}}


def _tags(code: str) -> Iterable[str]:
    yield "superset"
    subject = docs.BLOCKS.get(code[:3])
    if subject is not None:
        yield subject.lower()


def _cut(text: str) -> str:
    return text if len(text) <= _DESCRIPTION else text[: _DESCRIPTION - 1] + "…"
