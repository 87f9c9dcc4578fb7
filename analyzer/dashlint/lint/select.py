"""Which rules run, how severe they are, and which findings a project bears."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from dashlint.assets import Problem
from dashlint.lint.config import Config, ConfigError, Suppression
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule


def matches(rule: type[Rule], pattern: str) -> bool:
    """Whether a code, a prefix of a code (``DL3``), a name or ``ALL`` means a rule."""
    return pattern == "ALL" or rule.code.startswith(pattern) or rule.name() == pattern


def choose(rules: Sequence[type[Rule]], config: Config) -> list[Rule]:
    """The rules to run, with their options.

    The longer pattern wins: ``select = ["DL301"]`` beats ``ignore = ["DL3"]``. A rule that runs on request
    has to be named itself: ``select = ["ALL", "DL512"]``.

    Raises:
        ConfigError: a pattern means no rule, or an option is wrong.
    """
    for where, patterns in (
        ("select", config.select),
        ("ignore", config.ignore),
        ("severity", tuple(config.severity)),
        ("rules", tuple(config.options)),
    ):
        for pattern in patterns:
            if not any(matches(rule, pattern) for rule in rules):
                raise ConfigError(_no_such_rule(where, pattern, rules, config))
    return [_build(rule, config) for rule in rules if _is_chosen(rule, config)]


def _no_such_rule(where: str, pattern: str, rules: Sequence[type[Rule]], config: Config) -> str:
    import difflib

    known = [name for rule in rules for name in (rule.code, rule.name())]
    near = difflib.get_close_matches(pattern, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`dashlint rules` lists them"
    place = f"{config.path}: " if config.path else ""
    return f"{place}{where}: there is no rule {pattern!r}; {hint}"


def _is_chosen(rule: type[Rule], config: Config) -> bool:
    def best(patterns: Iterable[str]) -> int:
        return max((0 if p == "ALL" else len(p) for p in patterns if matches(rule, p)), default=-1)

    if rule.on_request and not {rule.code, rule.name()} & set(config.select):
        return False
    selected = best(config.select) if config.select else 0
    return selected >= 0 and selected > best(config.ignore)


def _build(rule: type[Rule], config: Config) -> Rule:
    raw = {**config.options.get(rule.name(), {}), **config.options.get(rule.code, {})}
    if not raw:
        return rule()
    from dashlint.lint.options import read_options

    return rule(read_options(rule, raw))


def grade(findings: Iterable[Finding], config: Config) -> list[Finding]:
    """Findings with the project's severities, without those below the wanted confidence."""
    least = Confidence(config.min_confidence).rank
    graded = []
    for finding in findings:
        if finding.confidence.rank < least:
            continue
        wanted = config.severity.get(finding.rule) or config.severity.get(finding.name)
        graded.append(finding._replace(severity=Severity(wanted)) if wanted else finding)
    return graded


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
