"""Runs rules over an analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.assets import Asset, Dashboard, Problem, Workspace
from dashlint.lint.model import Finding
from dashlint.lint.outcome import NOTHING, Outcome
from dashlint.lint.rule import Rule

if TYPE_CHECKING:
    from dashlint.lint.outcome import Done
    from dashlint.lint.overrides import Overrides

#: A hook to call, and the asset that it is called for (None: the whole workspace).
Call = tuple[Callable[..., Iterator[Finding]], "tuple[object, ...]", "Asset | None"]


def run(
    analysis: Analysis,
    rules: Iterable[Rule],
    overrides: Overrides | None = None,
    done: Done | None = None,
) -> tuple[list[Finding], list[Problem]]:
    """All findings of the rules, and a problem for every rule that failed on something.

    Where the workspace has a focus, only its assets are checked; what a rule finds about
    the whole workspace is kept if it concerns one of them. The same finding about the same
    place is given once. Where overrides hold for an asset, the rule looks at it as they say.
    What is ``done`` already is not asked again.
    """
    findings: dict[tuple[object, ...], Finding] = {}
    problems: list[Problem] = []
    focused = analysis.workspace.focused
    for rule in rules:
        failed = 0
        known = done if done is not None and done.holds(rule) else None
        for number, call in enumerate(calls(rule, analysis, overrides)):
            asset = call[2]
            if focused is not None and asset is not None and asset not in focused:
                continue
            if known is not None and asset is not None and not known.lacks(asset):
                outcome = known.outcome(rule, number)
                if outcome is None:
                    continue
            else:
                outcome = ask(rule, call, analysis)
            for topic, subject in outcome.lacking:
                analysis.lacks(topic, subject)
            if outcome.failure is not None:
                failed += 1
                if failed == 1:
                    problems.append(outcome.failure)
            for finding in outcome.findings:
                if asset is None and not _in_focus(finding, analysis.workspace):
                    continue
                findings.setdefault((finding.identity, finding.location, finding.message), finding)
        if failed > 1:
            problems.append(Problem("rule-failed", f"{rule.code} failed on {failed - 1} more assets"))
    return list(findings.values()), problems


def calls(rule: Rule, analysis: Analysis, overrides: Overrides | None = None) -> Iterator[Call]:
    """What is asked of a rule, in order."""
    return _calls(rule, analysis) if overrides is None else _overridden(rule, analysis, overrides)


def ask(rule: Rule, call: Call, analysis: Analysis) -> Outcome:
    """What a rule finds, or how it failed: one broken rule must not hide the others' findings."""
    hook, arguments, asset = call
    try:
        found = list(hook(*arguments, analysis))
    except MemoryError:
        raise  # the others would get none either
    except Exception as error:  # noqa: BLE001 whatever a rule may raise
        return Outcome(failure=_failure(rule, asset, error, hook.__name__))
    return Outcome(found) if found else NOTHING


def _overridden(rule: Rule, analysis: Analysis, overrides: Overrides) -> Iterator[Call]:
    """The calls of a rule as it is for each asset.

    What looks at the whole workspace, or at the deployment, is called for each way in which the rule is meant
    to look, and what it finds counts where that way holds.
    """
    files = analysis.deployment.files if analysis.deployment is not None else ()
    for hook, arguments, asset in _calls(rule, analysis):
        if asset is not None:
            variant = overrides.variant(rule, overrides.of(asset))
            if variant is not None:
                yield getattr(variant, hook.__name__), arguments, asset
            continue
        for matched in overrides.everywhere(files):
            variant = overrides.variant(rule, matched)
            if variant is not None:
                yield _held(getattr(variant, hook.__name__), overrides, matched), arguments, None


def _held(
    hook: Callable[..., Iterator[Finding]], overrides: Overrides, matched: tuple[int, ...]
) -> Callable[..., Iterator[Finding]]:
    @wraps(hook)
    def held(*arguments: object) -> Iterator[Finding]:
        return (f for f in hook(*arguments) if overrides.of_finding(f) == matched)

    return held


def _in_focus(finding: Finding, workspace: Workspace) -> bool:
    """Whether a finding about the whole workspace concerns what the report is limited to."""
    if workspace.focus is None or workspace.focused is None:
        return True
    if finding.asset.kind == "deployment":
        return True  # these files were named, too
    if finding.asset.kind == "file":
        return finding.asset.uuid in workspace.focus
    owner = finding.asset.uuid.split("/", 1)[0]
    return any(asset.uuid == owner for asset in workspace.focused)


def _calls(rule: Rule, analysis: Analysis) -> Iterator[Call]:
    workspace = analysis.workspace
    if _overrides(rule, "check_workspace"):
        yield rule.check_workspace, (), None
    if _overrides(rule, "check_dashboard"):
        for dashboard in workspace.dashboards:
            yield rule.check_dashboard, (dashboard,), dashboard
    if _overrides(rule, "check_filter"):
        for dashboard in workspace.dashboards:
            for native_filter in dashboard.filters:
                yield rule.check_filter, (native_filter, dashboard), dashboard
    if _overrides(rule, "check_chart"):
        for chart in workspace.charts:
            yield rule.check_chart, (chart,), chart
    if _overrides(rule, "check_dataset"):
        for dataset in workspace.datasets:
            yield rule.check_dataset, (dataset,), dataset
    if analysis.deployment and _overrides(rule, "check_deployment"):
        yield rule.check_deployment, (analysis.deployment,), None


def deployment_only(rule: type[Rule]) -> bool:
    """Whether a rule looks at nothing but files that say how Superset is run."""
    own = {
        name
        for name in vars(Rule)
        if name.startswith("check_") and getattr(rule, name) is not vars(Rule)[name]
    }
    return own == {"check_deployment"}


def _overrides(rule: Rule, hook: str) -> bool:
    return getattr(type(rule), hook) is not getattr(Rule, hook)


def _failure(rule: Rule, asset: Asset | None, error: Exception, hook: str) -> Problem:
    what = "the deployment" if hook == "check_deployment" else "the workspace"
    if asset is not None:
        name = asset.title if isinstance(asset, Dashboard) else asset.name
        what = f"{name!r}"
    return Problem(
        "rule-failed",
        f"{rule.code} ({rule.name()}) failed on {what}: {type(error).__name__}: {error}; please report it",
        asset.origin.file if asset is not None else None,
    )
