"""`dashlint fleet`: what people see, exit codes, and results over time."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.conftest import Run
from tests.paths import ROOT

EXPORTS = ROOT / "tests" / "data" / "exports"
SCHEMA = json.loads((ROOT / "docs" / "fleet.schema.json").read_text(encoding="utf-8"))
INVENTORY = f"""
[[workspaces]]
name = "sales"
path = "{EXPORTS.as_posix()}/assets.zip"
[[workspaces]]
name = "one-chart"
path = "{EXPORTS.as_posix()}/chart.zip"
[[workspaces]]
name = "down"
url = "http://127.0.0.1:9"
username = "admin"
password-env = "FLEET_TEST_PASSWORD"
"""


@pytest.fixture
def inventory(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("STORE", "BROKER", "INVENTORY"):
        monkeypatch.delenv(f"DASHLINT_FLEET_{name}", raising=False)
    monkeypatch.setenv("FLEET_TEST_PASSWORD", "s3cret-of-down")
    path = tmp_path / "fleet.toml"
    path.write_text(INVENTORY, encoding="utf-8")
    return path


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def document(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    jsonschema.validate(found, SCHEMA)
    return found


def test_a_server_that_is_down_is_named_and_stops_nothing(run: Run, inventory: Path) -> None:
    result = run("fleet", inventory)
    assert result.code == 1
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(re.match(r"sales +9, 103 .*MiB +Country: 10 +–$", line) for line in lines), result.stdout
    assert any(re.match(r"down +not scanned: connection-refused$", line) for line in lines)
    assert "2 of 3 workspaces scanned, 1 not" in result.stdout
    assert "problem: down: nothing listens at 127.0.0.1:9" in result.stderr
    assert run("fleet", inventory, "--strict").code == 3


def test_where_nothing_was_scanned_the_reason_is_the_code(run: Run, inventory: Path) -> None:
    assert run("fleet", inventory, "--workspace", "down").code == 4
    result = run("fleet", inventory, "--workspace", "dwn")
    assert (result.code, result.stdout) == (2, "")
    assert "did you mean 'down'?" in result.stderr


def test_runs_are_compared(run: Run, inventory: Path, tmp_path: Path) -> None:
    first = document(run("fleet", inventory, "--store", "kept", "--format", "json").stdout)
    assert first["summary"]["done"] == 2
    assert all(each["change"] is None for each in first["workspaces"])
    # A rule that is switched off, and on again.
    found = first["workspaces"][0]["findings"]
    rule = found[0]["rule"]
    fixed = sum(1 for f in found if f["rule"] == rule)
    (tmp_path / "dashlint.toml").write_text(f'ignore = ["{rule}"]\n', encoding="utf-8")
    result = run("fleet", inventory, "--store", "kept")
    assert re.search(rf"^sales .* \+0 -{fixed}$", result.stdout, re.MULTILINE), result.stdout
    (tmp_path / "dashlint.toml").unlink()
    third = run("fleet", inventory, "--store", "kept", "--format", "json")
    change = document(third.stdout)["workspaces"][0]["change"]
    assert (change["new"], change["fixed"], change["remaining"]) == (fixed, 0, len(found) - fixed)
    shown = run("fleet", "--report", "latest", "--store", "kept")
    assert "New since the last run:" in shown.stdout
    assert f"{rule} sales: " in shown.stdout
    again = run(
        "fleet", "--report", document(third.stdout)["run"]["id"], "--store", "kept", "--format", "json"
    )
    assert again.stdout == third.stdout


def test_only_what_is_new_fails(run: Run, inventory: Path, tmp_path: Path) -> None:
    words = ("fleet", inventory, "--store", "kept", "--fail-on", "new", "--workspace", "sales")
    config = tmp_path / "dashlint.toml"
    config.write_text('ignore = ["DL301"]\n', encoding="utf-8")
    assert run(*words).code == 0  # the first run: there is nothing to be new against
    assert run(*words).code == 0
    assert run(*words[:4], *words[6:]).code == 1
    # New, but below what fails that workspace.
    config.write_text('fail-on = "never"\n', encoding="utf-8")
    result = run(*words, "--format", "json")
    assert (result.code, document(result.stdout)["summary"]["new"] > 0) == (0, True)
    config.write_text('ignore = ["DL301"]\n', encoding="utf-8")
    assert run(*words).code == 0
    config.unlink()
    again = run(*words, "--format", "json")
    assert again.code == 1
    new = [f for each in document(again.stdout)["workspaces"] for f in each["findings"] if f["new"]]
    assert {f["rule"] for f in new} == {"DL301"}
    assert {(f["severity"] != "info", f["fails"]) for f in new} == {(True, True), (False, False)}
    shown = run("fleet", "--report", "latest", "--store", "kept", "--fail-on", "new")
    assert shown.code == 1


def test_old_runs_are_deleted(run: Run, inventory: Path) -> None:
    words = ("fleet", inventory, "--store", "kept", "--workspace", "one-chart")
    for number in range(3):
        assert run(*words, "--run", f"run-{number}").code in (0, 1)
    result = run("fleet", "--keep", "2", "--store", "kept")
    assert (result.code, result.stdout) == (0, "")
    assert re.fullmatch(r"dashlint: deleted 1 run, of \d{4}-\d\d-\d\d \d\d:\d\d UTC\n", result.stderr)
    assert sorted(path.name for path in Path("kept").iterdir()) == ["run-1", "run-2"]
    last = run(*words, "--run", "run-3", "--keep", "1")
    assert "deleted 2 runs, the last of them of" in last.stderr
    assert [path.name for path in Path("kept").iterdir()] == ["run-3"]


def test_a_run_that_does_not_end_in_time(run: Run, inventory: Path) -> None:
    """The server that is down has been tried once, and nobody tries it again here."""
    run("fleet", inventory, "--store", "kept", "--run", "one")
    result = run("fleet", "--report", "one", "--store", "kept", "--wait", "1", "--format", "json")
    assert result.code == 4
    assert document(result.stdout)["summary"]["done"] == 2
    assert "--wait 1: the run has not ended yet; --report one --wait" in result.stderr
    run("fleet", inventory, "--store", "kept", "--run", "two", "--workspace", "sales")
    assert run("fleet", "--report", "two", "--store", "kept", "--wait", "1").code == 1


def test_whole_reports_are_kept_in_folders_and_no_secret_anywhere(run: Run, inventory: Path) -> None:
    result = run("fleet", inventory, "--store", "kept", "--format", "markdown")
    assert "| down | not scanned: connection-refused |" in result.stdout
    files = [path for path in Path("kept").rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"run.json", "sales.json", "one-chart.json", "down.json"}
    reports = [path for path in files if path.parent.name == "reports"]
    report = json.loads((reports[0].parent / "sales.json").read_text(encoding="utf-8"))
    assert len(report["dashboards"]) == 9
    for text in (result.stdout, result.stderr, *(path.read_text(encoding="utf-8") for path in files)):
        assert "s3cret" not in text


def test_a_run_goes_on_with_what_it_lacks(run: Run, inventory: Path) -> None:
    part = run(
        "fleet", inventory, "--store", "kept", "--run", "nightly", "--workspace", "sales", "--format", "json"
    )
    assert [each["name"] for each in document(part.stdout)["workspaces"]] == ["sales"]
    whole = run("fleet", inventory, "--store", "kept", "--run", "nightly", "--format", "json")
    before, after = document(part.stdout)["workspaces"], document(whole.stdout)["workspaces"]
    assert [each["name"] for each in after] == ["sales", "one-chart", "down"]
    assert after[0] == before[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name an inventory"),
        (("gone.toml",), "gone.toml: cannot be read"),
        (("fleet.toml", "--concurrency", "0"), "--concurrency 0"),
        (("fleet.toml", "--run", "../x"), "--run: an id is"),
        (("fleet.toml", "--format", "html"), "--format html: known are terminal, json, markdown"),
        (("--report", "latest"), "name the place where results are kept"),
        (("--report", "latest", "--store", "empty"), "no run is kept there"),
        (("--report", "x", "--enqueue", "--store", "empty"), "leave out --enqueue"),
        (("fleet.toml", "--enqueue", "--store", "kept"), "--enqueue needs --broker and --store"),
        (("fleet.toml", "--store", "fleet.toml"), "and this is a file"),
        (("fleet.toml", "--fail-on", "new"), "which --store keeps"),
        (("fleet.toml", "--fail-on", "old"), "--fail-on old: known are any, new"),
        (("fleet.toml", "--wait", "5"), "--wait is for --enqueue and --report"),
        (("--keep", "5"), "--keep: name the place"),
    ],
)
def test_wrong_usage(run: Run, inventory: Path, words: tuple[str, ...], said: str) -> None:
    result = run("fleet", *words)
    assert (result.code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_broker_that_is_not_there_is_one_sentence(run: Run, inventory: Path) -> None:
    pytest.importorskip("celery")
    broker = "redis://:s3cret@127.0.0.1:9/0"
    result = run("fleet", inventory, "--enqueue", "--store", "kept", "--broker", broker)
    assert result.code == 4
    assert "--broker: it is not reached" in result.stderr
    assert "s3cret" not in result.stderr


def test_plugins_of_a_configuration_are_run_only_if_somebody_says_so(
    run: Run, inventory: Path, tmp_path: Path
) -> None:
    (tmp_path / "rules.py").write_text("raise SystemExit('was run')\n", encoding="utf-8")
    (tmp_path / "dashlint.toml").write_text('plugins = ["rules.py"]\n', encoding="utf-8")
    result = run("fleet", inventory, "--workspace", "sales")
    assert result.code == 2
    assert "--allow-plugins" in result.stderr
    assert run("fleet", inventory, "--workspace", "sales", "--no-plugins").code == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupted_run_says_how_it_goes_on(inventory: Path, silent: str) -> None:
    first, rest = inventory.read_text(encoding="utf-8").split("[[workspaces]]\n")[1:3]
    slow = f'name = "slow"\nurl = "{silent}"\nusername = "admin"\npassword-env = "FLEET_TEST_PASSWORD"\n'
    inventory.write_text("".join(f"[[workspaces]]\n{text}" for text in (first, slow, rest)), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "dashlint", "fleet", str(inventory), "--store", "kept", "--concurrency", "1"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    until = time.monotonic() + 60
    while not list(Path("kept").rglob("workspaces/sales.json")):
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    told = re.search(r"note: --run (\S+) goes on", errors)
    assert told, errors
    assert "Traceback" not in errors
