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
#: What notes are called among the kinds of problems.
NOTE = "note"
#: GitHub's limit for descriptions, in characters.
_DESCRIPTION = 1024


def descriptors(report: Report) -> list[dict[str, Any]]:
    """Every rule that ran, in the order of the codes, and those that findings name besides."""
    known = {rule.code: _descriptor(rule) for rule in report.rules}
    others = {
        f.rule: {**_bare(f.rule, f.name), "name": f.name} for f in report.findings if f.rule not in known
    }
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
        **({"helpUri": kind.url()} if kind.url() is not None else {}),
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": list(_tags(rule.code)),
            "precision": rule.confidence.value,
            "problem.severity": _PROBLEM[rule.severity],
        },
    }


def notifications(report: Report) -> list[dict[str, Any]]:
    """The kinds of problems that the run met, and of notes."""
    texts = {
        problem.kind: f"Could not be used: {problem.kind.replace('-', ' ')}." for problem in report.problems
    }
    if report.notes:
        texts[NOTE] = "Was not known."
    return [_bare(kind, text) for kind, text in sorted(texts.items())]


def _bare(code: str, text: str) -> dict[str, Any]:
    """What there is to say where no documentation is. GitHub requires all of these."""
    return {"id": code, **{key: {"text": text} for key in ("shortDescription", "fullDescription", "help")}}


def _tags(code: str) -> Iterable[str]:
    yield "superset"
    subject = docs.BLOCKS.get(code[:3])
    if subject is not None:
        yield subject.lower()


def _cut(text: str) -> str:
    return text if len(text) <= _DESCRIPTION else text[: _DESCRIPTION - 1] + "…"
