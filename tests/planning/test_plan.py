"""The plan of the bundled example: it keeps its promises when somebody follows it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.cli.conftest import Run, run
from tests.cli.test_output import CATALOG, EXPORT, SCHEMA, TODAY

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

__all__ = ["run"]

FACTS = ("--catalog", "catalog", *TODAY)


@pytest.fixture(autouse=True)
def export(tmp_path: Path, run: Run) -> None:
    shutil.copytree(EXPORT, tmp_path / "export")
    shutil.copytree(CATALOG, tmp_path / "catalog")


def scan(run: Run, *arguments: object) -> dict[str, Any]:
    result = run("scan", "export", *FACTS, "--format", "json", *arguments)
    assert result.code == 1, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    jsonschema.validate(document, SCHEMA)
    return document


def actions(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [action for block in document["plan"]["blocks"] for action in block["actions"]]


def loads(document: dict[str, Any]) -> dict[str, tuple[int | None, int | None]]:
    memory = {d["uuid"]: d["memory_on_load"] for d in document["dashboards"]}
    return {uuid: (cost["expected"], cost["upper"]) for uuid, cost in memory.items()}


def key(finding: dict[str, Any]) -> tuple[str, str, str | None]:
    return finding["rule"], finding["asset"]["uuid"], finding["location"]["field"]


def test_each_finding_is_in_exactly_one_action(run: Run) -> None:
    document = scan(run, "--plan")
    planned = [(f["rule"], f["asset"], f["field"]) for a in actions(document) for f in a["findings"]]
    assert sorted(planned, key=str) == sorted(map(key, document["findings"]), key=str)
    assert "plan" not in scan(run)


def test_whoever_follows_the_plan_finds_loads_lighter_by_what_it_said(run: Run) -> None:
    document = scan(run, "--plan")
    before = loads(document)
    mended = [action for action in actions(document) if action["command"]][:3]
    assert all(max(a["saves"]["upper"], a["saves"]["known"]) > 2**20 for a in mended)
    for action in mended:
        assert run(*shlex.split(action["command"])[1:]).code in (0, 1)
        after = loads(scan(run))
        said = {load["uuid"]: load["saves"] for load in action["loads"]}
        for uuid, (expected, upper) in before.items():
            saves = said.get(uuid, {"expected": 0, "upper": 0})
            assert upper is not None
            assert after[uuid][1] == upper - saves["upper"]
            if expected is not None and saves["expected"] is not None:
                assert after[uuid][0] == expected - saves["expected"]
        before = after


def test_savings_are_never_more_than_the_loads(run: Run) -> None:
    document = scan(run, "--plan")
    saved: dict[str, list[int]] = {}
    for action in actions(document):
        for load in action["loads"]:
            saved.setdefault(load["uuid"], []).append(load["saves"]["upper"])
    assert saved
    for uuid, amounts in saved.items():
        assert sum(amounts) <= (loads(document)[uuid][1] or 0)


def test_known_savings_come_first_then_what_is_broken(run: Run) -> None:
    for block in scan(run, "--plan")["plan"]["blocks"]:
        ranks = []
        for action in block["actions"]:
            parts = [part for part in (action["saves"], action["saves_on_tabs"]) if part]
            known = sum(part["known"] if part["expected"] is None else part["expected"] for part in parts)
            ranks.append(0 if known >= 2**20 else 1 if action["severity"] == "error" else 2)
        assert ranks == sorted(ranks)
        if block["name"] != "week-1":
            assert not any(action["severity"] == "error" for action in block["actions"])


@pytest.mark.parametrize("unsafe", [(), ("--unsafe",)])
def test_the_hint_counts_what_fix_does(run: Run, unsafe: tuple[str, ...]) -> None:
    hint = run("scan", "export", *FACTS).stderr
    found = re.search(r"(\d+) findings can be fixed with `(.*)` \((\d+) more with --unsafe\)", hint)
    assert found, hint
    done = run(*shlex.split(found[2])[1:], *unsafe, "--diff").stderr
    wanted = int(found[1]) + (int(found[3]) if unsafe else 0)
    assert f"Would fix {wanted} findings" in done


def test_the_hint_is_for_people(run: Run) -> None:
    for quiet in (("-q",), ("--format", "sarif")):
        assert "can be fixed" not in run("scan", "export", *FACTS, *quiet).stderr
    assert "can be fixed" not in run("scan", "export", "--select", "DL206", *TODAY).stderr
    named = run("scan", "export/charts/Raw_events_199.yaml", *FACTS).stderr
    assert "can be fixed with `dashlint fix export/charts/Raw_events_199.yaml" in named


def test_a_zip_and_secrets_in_commands(run: Run) -> None:
    shutil.make_archive("company", "zip", ".", "export")
    assert "fix company.zip --output company-fixed.zip" in run("scan", "company.zip", *TODAY).stderr
    from dashlint.cli.fix_command import Given, fix_command
    from dashlint.cli.inputs import Facts
    from dashlint.cli.servers import ServerOptions

    server = ServerOptions(url="https://superset.example.com", username="ada")
    facts = Facts(("Shop=postgresql://me:p@ss:w/rd@db.example.com/shop?password=hunter2&x=1",))
    command = fix_command(Given((), server, facts), ("DL301",), unsafe=True)
    assert "ss:w" not in command
    assert "hunter2" not in command
    assert command.startswith("dashlint fix --url https://superset.example.com --username ada ")
    assert command.endswith("--select DL301 --unsafe")


def test_terminal(run: Run, snapshot: SnapshotAssertion) -> None:
    result = run("scan", "export", *FACTS, "--plan")
    own = [line for line in result.stdout.splitlines() if not line.lstrip().startswith("$ ")]
    assert max(map(len, own)) <= 80
    assert result.stdout == snapshot


def test_quiet_is_one_line_per_action(run: Run) -> None:
    lines = run("scan", "export", *FACTS, "--plan", "-q").stdout.splitlines()
    assert len(lines) == len(actions(scan(run, "--plan")))


def test_markdown(run: Run, snapshot: SnapshotAssertion) -> None:
    run("scan", "export", *FACTS, "--plan", "-q", "--output", "markdown=plan.md")
    assert Path("plan.md").read_text(encoding="utf-8") == snapshot


def test_nothing_to_plan_is_one_line(run: Run) -> None:
    result = run("scan", "export", "--select", "DL901", "--plan", *TODAY)
    assert (result.code, result.stdout) == (0, "Nothing to plan: no findings.\n")
