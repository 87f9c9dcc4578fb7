"""How findings become actions, whatever they are."""

from __future__ import annotations

import random

import pytest

from dashlint.analysis import Analysis
from dashlint.assets import Location, Workspace
from dashlint.cost.model import Cost
from dashlint.lint import registry
from dashlint.lint.effort import Effort
from dashlint.lint.model import AssetRef, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint.planning.plan import make_plan
from dashlint.report import plan_words
from dashlint.report.actions import Saved
from tests.report.conftest import finding

RULES = {rule.code: rule for rule in registry.load_rules()[0]}


def some(seed: int) -> list[Finding]:
    """Findings of rules that there are and one that there is not, on few assets, with odd figures."""
    dice = random.Random(seed)
    codes = [*RULES, "XX1"]
    found = []
    for number in range(dice.randrange(60)):
        kind = dice.choice(["chart", "filter", "dataset", "dashboard", "file"])
        amount = dice.choice([None, Cost(None, None), Cost(5_000_000, 9_000_000), Cost(None, 7_000_000)])
        statement = f"CREATE INDEX i ON t{dice.randrange(3)} (a{dice.randrange(3)});"
        found.append(
            finding(
                rule=dice.choice(codes),
                severity=dice.choice(list(Severity)),
                asset=AssetRef(kind, f"u{dice.randrange(6)}", None, f"n{number}"),
                location=Location(None, field=str(number)),
                memory=amount,
                saving=dice.choice([None, amount]),
                proposal=(statement,) if dice.random() < 0.3 else (),
            )
        )
    return found


@pytest.mark.parametrize("seed", range(60))
def test_every_finding_is_in_one_action_and_errors_come_first(seed: int) -> None:
    findings = some(seed)
    plan = make_plan(
        findings,
        Analysis(Workspace()),
        RULES,
        check=lambda _analysis, _codes: [],
        command=lambda codes, _unsafe: " ".join(codes),
        shown=(),
    )
    planned = [one.identity for action in plan.actions for one in action.findings]
    assert sorted(planned) == sorted(one.identity for one in findings)
    for block, actions in plan.blocks:
        assert block == "week-1" or not any(action.broken for action in actions)
    # No dashboard is there that could get lighter.
    assert (plan.saves.known, plan.saves.upper or 0) == (0, 0)


def test_what_rules_of_others_do_not_say_has_a_default() -> None:
    class Other(Rule):
        """One."""

        code = "XX1"

    assert Other.effort is Effort.DESIGN
    assert not Other.symptom


def test_every_rule_says_what_its_findings_ask_for() -> None:
    assert [code for code, rule in RULES.items() if not rule.remedy or "effort" not in vars(rule)] == []


@pytest.mark.parametrize(
    ("saves", "said"),
    [
        (Saved(None, None), "unknown"),
        (Saved(None, None, known=50 * 2**20), "~50 MiB where rows are known, else unknown"),
        (Saved(None, 50 * 2**20), "up to 50 MiB"),
        (Saved(None, 2**20, known=50 * 2**20), "~50 MiB where rows are known"),
        (Saved(20 * 2**20, 50 * 2**20), "~20 MiB, up to 50 MiB"),
        (Saved(0, 50 * 2**20), "up to 50 MiB"),
        (Saved(50 * 2**20, 20 * 2**20), "~50 MiB"),
        (Saved(0, 0), ""),
    ],
)
def test_amounts(saves: Saved, said: str) -> None:
    assert plan_words.amount(saves) == said
