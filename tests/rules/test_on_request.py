"""Rules that run only where somebody asks for them by name."""

from __future__ import annotations

import pytest

from dashlint.lint import docs
from dashlint.lint.config import Config
from dashlint.lint.registry import load_rules
from dashlint.lint.select import choose

RULES = load_rules()[0]


@pytest.mark.parametrize(
    ("select", "ignore", "runs"),
    [
        ((), (), False),
        (("ALL",), (), False),
        (("DL5",), (), False),
        (("DL51",), (), False),
        (("DL512",), (), True),
        (("redundant-index",), (), True),
        (("ALL", "DL512"), (), True),
        (("ALL", "DL512"), ("DL5",), True),
        (("DL512",), ("DL512",), False),
    ],
)
def test_it_has_to_be_named_itself(select: tuple[str, ...], ignore: tuple[str, ...], *, runs: bool) -> None:
    chosen = choose(RULES, Config(select=select, ignore=ignore))
    assert ("DL512" in {rule.code for rule in chosen}) is runs
    if "ALL" in select or not select:
        others = {rule.code for rule in chosen} - {"DL512"}
        assert ("DL505" in others) is ("DL5" not in ignore)


def test_its_page_says_how() -> None:
    (rule,) = [rule for rule in RULES if rule.code == "DL512"]
    assert 'Runs only on request: `select = ["ALL", "DL512"]`.' in docs.page(rule)
    assert not any("on request" in docs.page(rule) for rule in RULES if not rule.on_request)
