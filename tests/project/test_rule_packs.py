"""Rules of others are found wherever they are installed; alone, the built-in ones are found quickly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dashlint.lint.registry import load_rules

if TYPE_CHECKING:
    import pytest

PACK = """
from dashlint.lint.rule import Rule

class Extra(Rule):
    '''Something of our own.'''
    code = "{code}"
"""


def install(folder: Path, code: str) -> None:
    info = folder / "other_rules-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: other-rules\nVersion: 1.0\n", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text(
        "[dashlint.rules]\nother = other_rules_of_a_test\n", encoding="utf-8"
    )
    (folder / "other_rules_of_a_test.py").write_text(PACK.format(code=code), encoding="utf-8")


def test_the_built_in_rules() -> None:
    rules, problems = load_rules()
    assert len(rules) > 30
    assert problems == []


def test_a_pack_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {rule.code for rule in load_rules()[0]}
    install(tmp_path, "XY101")
    monkeypatch.syspath_prepend(str(tmp_path))
    rules, problems = load_rules()
    assert {rule.code for rule in rules} == known | {"XY101"}
    assert problems == []
