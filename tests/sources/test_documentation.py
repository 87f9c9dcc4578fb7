"""docs/inputs.md tells every kind of problem, and the limits that hold."""

from __future__ import annotations

import re

from dashlint.limits import Limits
from dashlint.sources import yaml_slow
from dashlint.sql import statement
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "inputs.md").read_text(encoding="utf-8")
SOURCES = ROOT / "analyzer" / "dashlint" / "sources"


def test_every_kind_of_problem_is_explained() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES.glob("*.py"))
    kinds = set(re.findall(r'(?:Problem|report|SourceError|Unreadable)\(\s*"([a-z-]+)"', code))
    kinds |= set(re.findall(r'kind: str = "([a-z-]+)"', code))
    assert len(kinds) > 10
    explained = set(re.findall(r"`([a-z]+-[a-z-]+)`", PAGE.partition("## Problems")[2]))
    # These two end the program; the page says so in words.
    assert kinds - {"no-such-path", "nothing-usable"} == explained


def test_the_limits_are_those_of_the_code() -> None:
    table = PAGE.partition("## Limits")[2].partition("##")[0]
    for name, value in Limits()._asdict().items():
        assert re.search(rf"\| `{name.replace('_', '-')}` \|[^|]*\| {value:,} \|", table), name
    assert f"| {yaml_slow.MAX_DEPTH} levels |" in table
    assert f"| {yaml_slow.MAX_DIGITS:,} digits |" in table
    assert f"| {statement.MAX_DEPTH} brackets |" in table
