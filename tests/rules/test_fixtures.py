"""Every rule has fixtures, flags what it must, leaves alone what it must, and says what it says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashlint.lint.registry import load_rules
from dashlint.report.model import Report
from dashlint.testing import Case, cases, check, scan_case
from tests.paths import FIXTURES

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

RULES = [rule.code for rule in load_rules()[0]]
CASES = cases(FIXTURES / "rules")


def describe(report: Report) -> list[str]:
    """What a person would read of each finding."""
    return [
        "\n".join(
            line
            for line in (
                f"{f.severity.value}/{f.confidence.value} {f.rule} {f.asset.kind} {f.asset.name}",
                f"  at {f.location.field or '-'} line {f.location.line}",
                f"  {f.message}",
                f"  -> {f.advice}" if f.advice else "",
                f"  memory {tuple(f.memory)}" if f.memory else "",
                *f.proposal,
            )
            if line
        )
        for f in report.findings
    ]


def test_there_are_rules_and_cases() -> None:
    assert RULES
    assert CASES


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_a_flagged_and_a_clean_fixture(code: str) -> None:
    kinds = {case.flagged for case in CASES if case.rule == code}
    assert kinds == {True, False}, f"{code} lacks fixtures under fixtures/rules/{code}"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch) -> None:
    # Paths in messages are shown as they were given.
    monkeypatch.chdir(case.path.parent)
    case = case._replace(path=Path(case.path.name))
    check(case)
    if case.flagged:
        report = scan_case(case)
        assert {f.rule for f in report.findings} == {case.rule}
        assert describe(report) == snapshot
