"""What a scan says about mending: how much ``dashlint fix`` can do, and what to do first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from dashlint.cli.fix_command import Given, fix_command
from dashlint.lint.config import Config

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.lint.model import Finding
    from dashlint.lint.rule import Rule
    from dashlint.report.actions import ActionPlan, Fixable
    from dashlint.report.model import DashboardSummary


def fixable(
    findings: Sequence[Finding], analysis: Analysis, config: Config, given: Given | None
) -> Fixable | None:
    """What ``dashlint fix`` mends, also of what a baseline accepts; None for nothing."""
    if given is None or not any(finding.fix is not None and finding.fix.edits for finding in findings):
        return None
    from dashlint.planning.fixable import count
    from dashlint.report.actions import Fixable

    safe, unsafe = count(findings, analysis, config.select)
    return Fixable(safe, unsafe, fix_command(given)) if safe or unsafe else None


def plan(
    analysis: Analysis,
    findings: Sequence[Finding],
    chosen: Sequence[Rule],
    config: Config,
    given: Given,
    summaries: Sequence[DashboardSummary],
) -> ActionPlan:
    """What to do first, of the findings that are reported; ``summaries`` are the dashboards of the report."""
    from dashlint.lint import runner
    from dashlint.lint import select as choice
    from dashlint.planning.plan import make_plan

    day = date.today()  # noqa: DTZ011 a local date

    def check(other: Analysis, codes: Sequence[str]) -> Sequence[Finding]:
        found, _ = runner.run(other, [rule for rule in chosen if rule.code in codes])
        return choice.suppress(choice.grade(found, config), config, day, complete=False)[0]

    return make_plan(
        findings,
        analysis,
        {rule.code: rule for rule in chosen},
        check=check,
        command=lambda codes, unsafe: fix_command(given, codes, unsafe=unsafe),
        shown=[summary.uuid for summary in summaries],
    )
