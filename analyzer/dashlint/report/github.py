"""Annotations of a GitHub Actions run: workflow commands, which GitHub shows beside the lines of a change.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Sequence

from dashlint.lint import amounts
from dashlint.lint.model import Finding, Severity
from dashlint.report.model import Report
from dashlint.report.places import place_of
from dashlint.report.text import advice, sentence, visible

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
#: The runner makes this many annotations of each kind for one step and leaves the others in the log
#: (actions/runner, ExecutionContext.cs, _maxCountPerIssueType).
SHOWN_OF_A_KIND = 10


def render(report: Report) -> str:
    """One command per line: errors, warnings, notices, at most 10 of each, most memory first.

    Where there are more, the tenth counts them.
    """
    lines: list[str] = []
    for severity in (Severity.ERROR, Severity.WARNING, Severity.INFO):
        findings = [finding for finding in report.findings if finding.severity is severity]
        lines += _of_a_kind(sorted(findings, key=_weight), severity)
    return "".join(f"{line}\n" for line in lines)


def _of_a_kind(findings: Sequence[Finding], severity: Severity) -> list[str]:
    if len(findings) <= SHOWN_OF_A_KIND:
        return [_annotation(finding) for finding in findings]
    shown, rest = findings[: SHOWN_OF_A_KIND - 1], len(findings) - SHOWN_OF_A_KIND + 1
    noun = "notice" if severity is Severity.INFO else severity.value
    more = _command(
        severity,
        {"title": f"dashlint: {amounts.plural(rest, f'more {noun}')}"},
        f"GitHub shows {SHOWN_OF_A_KIND} annotations of a kind per step. These are the worst "
        f"{len(shown)} of {amounts.plural(len(findings), noun)}; "
        "dashlint's other formats list all of them.",
    )
    return [*(_annotation(finding) for finding in shown), more]


def _weight(finding: Finding) -> tuple[int, int]:
    """Most memory first, then the surest; otherwise the report's order."""
    memory = finding.memory.upper or finding.memory.expected or 0 if finding.memory is not None else 0
    return (-memory, -finding.confidence.rank)


def _annotation(finding: Finding) -> str:
    text = sentence(finding)
    where: dict[str, str | int] = {}
    place = place_of(finding.location)
    if place is not None:
        where["file"] = visible(place.path)
        if place.member is not None:
            text += f" ({visible(place.shown)})"
        elif place.line is not None:
            where["line"] = place.line
            if place.column is not None:
                where["col"] = place.column
    where["title"] = f"{finding.rule} {finding.name}"
    return _command(finding.severity, where, f"{text}\n{advice(finding)}".rstrip())


def _command(severity: Severity, properties: dict[str, str | int], message: str) -> str:
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[severity]} {written}::{_data(message)}"


def _data(text: str) -> str:
    """As actions/toolkit's escapeData (packages/core/src/command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """As actions/toolkit's escapeProperty."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
