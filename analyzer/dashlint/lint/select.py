"""Which rules run, how severe they are, and which findings a project bears."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from dashlint.assets import Problem, Workspace
from dashlint.lint.config import Config, Suppression
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint.lint.selection import build, check, decide

if TYPE_CHECKING:
    from dashlint.lint.overrides import Overrides


def choose(rules: Sequence[type[Rule]], config: Config) -> list[Rule]:
    """The rules that run somewhere, with their options (those outside of any override).

    ``select = ["DL301"]`` beats ``ignore = ["DL3"]``: the longer pattern wins. A rule that runs on request
    has to be named itself: ``select = ["ALL", "DL512"]``.

    Raises:
        ConfigError: a pattern means no rule, or an option is wrong.
    """
    check(rules, config)
    chosen = []
    for rule in rules:
        verdicts = [decide(rule, config), *(decide(rule, config, (one,)) for one in config.overrides)]
        if any(verdict.runs for verdict in verdicts):
            built = build(rule, config)
            built.shows_pedantic = config.persona == "pedantic" or any(v.named for v in verdicts)
            chosen.append(built)
    return chosen


def overrides_of(config: Config, workspace: Workspace) -> Overrides | None:
    """What holds for parts of a workspace only; None where there is nothing of that kind."""
    if not config.overrides:
        return None
    from dashlint.lint.overrides import Overrides

    return Overrides(config, workspace)


def grade(findings: Iterable[Finding], config: Config, overrides: Overrides | None = None) -> list[Finding]:
    """Findings with the project's severities, without those below the wanted confidence."""
    least = Confidence(config.min_confidence).rank
    graded = []
    for finding in findings:
        if finding.confidence.rank < least:
            continue
        wanted = overrides.severity(finding) if overrides is not None else None
        wanted = wanted or config.severity.get(finding.rule) or config.severity.get(finding.name)
        graded.append(finding._replace(severity=Severity(wanted)) if wanted else finding)
    return graded


def shown(
    findings: Sequence[Finding],
    rules: Iterable[Rule],
    config: Config,
    overrides: Overrides | None = None,
) -> tuple[list[Finding], int]:
    """The findings that the persona wants to see, and how many it does not.

    ``regular`` does not see pedantic ones, unless their rule was selected by its whole code or name.
    """
    if config.persona == "pedantic" or not any(finding.pedantic for finding in findings):
        return list(findings), 0
    known = {rule.code: type(rule) for rule in rules}

    def is_named(finding: Finding) -> bool:
        held = overrides.chosen(overrides.of_finding(finding)) if overrides is not None else ()
        return decide(known[finding.rule], config, held).named

    kept = [finding for finding in findings if not finding.pedantic or is_named(finding)]
    return kept, len(findings) - len(kept)


def suppress(
    findings: Sequence[Finding],
    config: Config,
    today: date,
    *,
    complete: bool,
    idle: Iterable[type[Rule]] = (),
) -> tuple[list[Finding], list[Finding], list[Problem]]:
    """Splits findings into those to report and those that the project bears.

    Returns ``(reported, suppressed, problems)``; an expired suppression is a problem, and so
    is, when ``complete`` (everything was read and every rule ran but the ``idle`` ones), one that
    matches nothing, unless it is for an idle rule.
    """
    reported: list[Finding] = []
    suppressed: list[Finding] = []
    used: set[Suppression] = set()
    live = [s for s in config.suppressions if s.until is None or s.until >= today]
    for finding in findings:
        match = next((s for s in live if _covers(s, finding)), None)
        if match is None:
            reported.append(finding)
        else:
            used.add(match)
            suppressed.append(finding)
    file = str(config.path) if config.path else None
    problems = [
        Problem(
            "expired-suppression",
            f"the suppression of {s.rule} for {s.asset} ended on {s.until}: renew or delete it",
            file,
        )
        for s in config.suppressions
        if s not in live
    ]
    if complete:
        asleep = {name for rule in idle for name in (rule.code, rule.name())}
        problems += [
            Problem(
                "unused-suppression",
                f"the suppression of {s.rule} for {s.asset} matches no finding any more: delete it",
                file,
            )
            for s in live
            if s not in used and s.rule not in asleep
        ]
    return reported, suppressed, problems


def _covers(suppression: Suppression, finding: Finding) -> bool:
    return (
        suppression.rule in (finding.rule, finding.name)
        and suppression.asset == finding.asset.uuid
        and suppression.field in (None, finding.location.field)
    )
