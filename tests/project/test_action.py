"""The GitHub action, its steps run by bash as a runner runs them, on a repository with exports."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.forge.stub import Stub, serving
from tests.paths import FIXTURES, ROOT

EXPORT = FIXTURES / "exports" / "harbour-and-pine"
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """What a runner checks out for a pull request: the merge, cut off from its history."""
    origin = tmp_path / "origin"
    shutil.copytree(EXPORT, origin / "superset")
    git(origin, "init", "--initial-branch=main")
    git(origin, "add", ".")
    git(origin, "commit", "--message=before")
    git(origin, "switch", "--create", "more-rows")
    for path in (origin / "superset" / "charts").glob("*.yaml"):
        text = path.read_text("utf-8")
        path.write_text(re.sub(r"(\n  row_limit: )\d+\n", r"\g<1>100000\n", text), "utf-8")
    git(origin, "commit", "--all", "--message=after")
    git(origin, "switch", "main")
    git(origin, "merge", "--no-ff", "--message=merge", "more-rows")
    work = tmp_path / "work"
    git(tmp_path, "clone", "--depth=1", f"file://{origin}", str(work))
    return work


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving() as found:
        yield found


@pytest.mark.parametrize(
    ("head", "allowed", "run"),
    [("team/boards", "true", "run"), ("team/boards", "false", ""), ("stranger/boards", "true", "")],
    ids=["ours and allowed", "ours", "a fork's"],
)
def test_plugins_of_a_pull_request(
    repository: Path, tmp_path: Path, stub: Stub, head: str, allowed: str, run: str
) -> None:
    """The configuration and its plugins are what the pull request made of them."""
    mark = tmp_path / "mark"
    (repository / "ours.py").write_text(
        f"open({str(mark)!r}, 'w').close()\nfrom dashlint.lint.rule import Rule\n"
        "class Ours(Rule):\n    'Ours.'\n    code = 'XY101'\n",
        "utf-8",
    )
    (repository / "dashlint.toml").write_text(
        'plugins = ["ours.py"]\nseverity = { XY101 = "info" }\n', "utf-8"
    )
    runner = Runner(repository, tmp_path, stub, head)
    runner.run(path="superset", comment="false", fail_on="never", allow_plugins=allowed)
    assert runner.failed is None, runner.printed
    assert mark.exists() is bool(run)


def git(folder: Path, *words: str) -> None:
    person = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    subprocess.run(["git", "-C", str(folder), *person, *words], check=True, capture_output=True)


class Runner:
    """As much of a runner as the action needs: expressions in ``env`` and ``if``, outputs, the summary."""

    def __init__(self, work: Path, folder: Path, stub: Stub, head: str = "team/boards") -> None:
        self.work = work
        self.outputs: dict[str, str] = {}
        self.printed = ""
        self.failed: str | None = None
        self.summary, self._output = folder / "summary.md", folder / "output"
        event = {"pull_request": {"number": 7, "head": {"repo": {"full_name": head}}}}
        (folder / "event.json").write_text(json.dumps(event), "utf-8")
        # The package as it is here stands in for the installation, whose step is compared in another test.
        binary = folder / "dashlint" / "bin"
        binary.mkdir(parents=True)
        (binary / "python").symlink_to(sys.executable)
        start = f"#!{sys.executable}\nfrom dashlint.cli.main import main\nmain()\n"
        (binary / "dashlint").write_text(start, "utf-8")
        (binary / "dashlint").chmod(0o755)
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}
        self._variables = {
            **kept,
            "RUNNER_TEMP": str(folder),
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": f"{stub.address}/github",
            "GITHUB_REPOSITORY": "team/boards",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_OUTPUT": str(self._output),
        }

    def run(self, **inputs: str) -> None:
        given = {name: str(what.get("default", "")) for name, what in ACTION["inputs"].items()}
        given |= {"token": "t0ken"} | {name.replace("_", "-"): value for name, value in inputs.items()}
        for step in ACTION["runs"]["steps"][1:]:
            if "if" in step and given["comment"] != "true":
                continue
            env = {name: self._expression(text, given) for name, text in step["env"].items()}
            self._output.write_text("", "utf-8")
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.work,
                env={**self._variables, **env},
                capture_output=True,
                text=True,
                check=False,
            )
            self.printed += done.stdout + done.stderr
            for line in self._output.read_text("utf-8").splitlines():
                name, _, value = line.partition("=")
                self.outputs[f"steps.{step['id']}.outputs.{name}"] = value
            if done.returncode != 0:
                self.failed = step["name"]
                return

    def _expression(self, text: str, given: dict[str, str]) -> str:
        known = {f"inputs.{name}": value for name, value in given.items()} | self.outputs
        return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: known[found[1]], text)


def test_a_pull_request(repository: Path, tmp_path: Path, stub: Stub) -> None:
    runner = Runner(repository, tmp_path, stub)
    runner.run(path="superset")
    assert runner.failed == "Judge", runner.printed
    assert int(runner.outputs["steps.compare.outputs.new"]) > 0
    assert "::warning " in runner.printed
    assert runner.summary.read_text("utf-8").startswith("**")
    assert len(stub.bodies()) == 1
    assert "t0ken" not in runner.printed
    (tmp_path / "again").mkdir()
    again = Runner(repository, tmp_path / "again", stub)
    again.run(path="superset", fail_on="never")
    assert again.failed is None, again.printed
    assert len(stub.bodies()) == 1


def test_no_comment_where_none_is_wanted(repository: Path, tmp_path: Path, stub: Stub) -> None:
    runner = Runner(repository, tmp_path, stub)
    runner.run(path="superset", comment="false", fail_on="never")
    assert runner.failed is None, runner.printed
    assert stub.sent == []


def test_a_fork_gets_its_summary(repository: Path, tmp_path: Path, stub: Stub) -> None:
    stub.faults = {n: 403 for n, method in enumerate(["GET"] * 2 + ["POST"], 1) if method == "POST"}
    runner = Runner(repository, tmp_path, stub, head="stranger/boards")
    runner.run(path="superset", fail_on="never")
    assert runner.failed is None, runner.printed
    assert "comes from a fork" in runner.summary.read_text("utf-8")
    assert stub.bodies() == []


def test_a_base_that_is_not_there(repository: Path, tmp_path: Path, stub: Stub) -> None:
    runner = Runner(repository, tmp_path, stub)
    runner.run(path="superset", base="no-such-branch")
    assert runner.failed == "Compare"


def test_inputs_reach_scripts_as_variables_only() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"], step["name"]
