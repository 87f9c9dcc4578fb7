"""`dashlint scan --plan` on the examples of a real Superset: following it does what it says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

from tests.cli.conftest import Run, run
from tests.live.superset_server import SupersetServer

__all__ = ["run"]

TODAY = ("--today", "2026-11-21")


def scanned(run: Run, source: str, *more: object) -> dict[str, Any]:
    result = run("scan", source, *TODAY, "--format", "json", *more)
    assert result.code in (0, 1), result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_the_first_three_actions_on_the_examples(superset: SupersetServer, run: Run) -> None:
    """Exact, to the byte: plan and scan compute the same loads from the same definitions."""
    Path("examples.zip").write_bytes(superset.export_assets())
    document = scanned(run, "examples.zip", "--plan")
    actions = [a for b in document["plan"]["blocks"] for a in b["actions"] if a["command"]][:3]
    assert len(actions) == 3
    assert actions[0]["saves"]["upper"] > 2**20
    source = "examples.zip"
    before = {d["uuid"]: d["memory_on_load"]["upper"] for d in document["dashboards"]}
    for number, action in enumerate(actions):
        words = shlex.split(action["command"])[1:]
        result = f"step{number}.zip"
        words[words.index("examples.zip")] = source
        words[words.index("--output") + 1] = result
        run(*words)
        source = result
        after = {d["uuid"]: d["memory_on_load"]["upper"] for d in scanned(run, source)["dashboards"]}
        said = {load["uuid"]: load["saves"]["upper"] for load in action["loads"]}
        for uuid, upper in before.items():
            if upper is not None:
                assert after[uuid] == upper - (said.get(uuid, 0) or 0)
        before = after


def test_the_hint_counts_what_fix_does_to_the_examples(superset: SupersetServer, run: Run) -> None:
    Path("examples.zip").write_bytes(superset.export_assets())
    hint = run("scan", "examples.zip", *TODAY).stderr
    found = re.search(r"(\d+) findings? can be fixed with `([^`]*)`(?: \((\d+) more with --unsafe\))?", hint)
    assert found, hint
    words = shlex.split(found[2])[1:]
    if "--unsafe" not in words:
        assert re.search(rf"Would fix {found[1]} findings?", run(*words, "--diff").stderr)
        words.append("--unsafe")
    wanted = int(found[1]) + int(found[3] or 0)
    assert re.search(rf"Would fix {wanted} findings?", run(*words, "--diff").stderr)
