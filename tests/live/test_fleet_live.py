"""`dashlint fleet` on a real Superset: beside a dead server and a wrong password, and on Celery."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.superset_server import SupersetServer
from tests.live.test_capacity_files import redis


def run(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dashlint", "fleet", "fleet.yaml", "--store", "results", *words],
        cwd=folder,
        env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1", **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def workspaces(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in json.loads(done.stdout)["workspaces"]}


def test_a_fleet_with_a_dead_server_and_a_wrong_password(superset: SupersetServer, tmp_path: Path) -> None:
    (tmp_path / "examples.zip").write_bytes(superset.export_assets())
    (tmp_path / "fleet.yaml").write_text(
        f"""
concurrency-per-server: 2
defaults: {{username: admin, timeout: 30}}
workspaces:
- {{name: dead, url: 'http://127.0.0.1:9', password-env: GOOD}}
- {{name: real, url: '{superset.url}', password-env: GOOD}}
- {{name: wrong, url: '{superset.url}', password-env: WRONG}}
- {{name: alpha, url: '{superset.url}', username: alpha, password-env: ALPHA}}
- {{name: export, path: examples.zip}}
""",
        encoding="utf-8",
    )
    secrets = {"GOOD": superset.password, "WRONG": "n0t-the-password", "ALPHA": superset.alpha.password}
    first = run(tmp_path, **secrets)
    assert first.returncode == 1, first.stderr
    assert max(map(len, first.stdout.splitlines())) <= 80
    assert "3 of 5 workspaces scanned, 2 not" in first.stdout
    assert "dead: nothing listens at" in first.stderr
    assert "wrong: " in first.stderr

    second = run(tmp_path, "--format", "json", **secrets)
    kept = workspaces(second)
    assert kept["dead"]["failure"]["kind"] == "connection-refused"
    assert kept["wrong"]["failure"]["kind"] == "wrong-password"
    assert (kept["dead"]["failure"]["transient"], kept["wrong"]["failure"]["transient"]) == (True, False)
    # A server and its own export are the same dashboards.
    assert kept["real"]["figures"]["dashboards"] == kept["export"]["figures"]["dashboards"] > 0
    for name in ("real", "alpha", "export"):
        change = kept[name]["change"]
        assert (change["new"], change["fixed"]) == (0, 0), name
        assert change["remaining"] == len(kept[name]["findings"]) > 0

    everything = [first.stdout, first.stderr, second.stdout, second.stderr]
    everything += [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.json")]
    assert not any("n0t-the-password" in text for text in everything)
    assert run(tmp_path, "--strict", **secrets).returncode == 3
    assert run(tmp_path, "--workspace", "wrong", **secrets).returncode == 4


@pytest.fixture
def workers(superset: SupersetServer, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A Redis and two Celery workers; the environment that all of them share."""
    pytest.importorskip("celery")
    (tmp_path / "redis.conf").write_text('save ""\nappendonly no\n', encoding="utf-8")
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(redis(tmp_path / "redis.conf", tmp_path))
        environ = {
            "DASHLINT_FLEET_BROKER": f"redis://127.0.0.1:{port}/0",
            "DASHLINT_FLEET_STORE": str(tmp_path / "results"),
            "DASHLINT_FLEET_INVENTORY": str(tmp_path / "fleet.yaml"),
            "GOOD": superset.password,
            "WRONG": "n0t-the-password",
            "ALPHA": superset.alpha.password,
        }
        for name in ("first", "second"):
            words = ["-A", "dashlint.fleet.celery", "worker", "--concurrency=1", f"--hostname={name}@%h"]
            with (tmp_path / f"{name}.log").open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "celery", *words, "--loglevel=INFO"],
                    cwd=tmp_path,
                    env={**os.environ, **environ},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            stack.callback(process.wait, 60)
            stack.callback(process.terminate)
        yield environ


def test_workers_scan_a_superset_and_runs_are_compared(
    superset: SupersetServer, workers: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "fleet.yaml").write_text(
        f"""
concurrency-per-server: 1
defaults: {{username: admin, password-env: GOOD}}
workspaces:
- {{name: all, url: '{superset.url}'}}
- {{name: published, url: '{superset.url}', published-only: true}}
- {{name: wrong, url: '{superset.url}', password-env: WRONG}}
- {{name: alpha, url: '{superset.url}', username: alpha, password-env: ALPHA}}
""",
        encoding="utf-8",
    )
    words = ("--enqueue", "--wait", "280", "--fail-on", "new", "--format", "json")
    first = run(tmp_path, *words, **workers)
    assert first.returncode == 0, first.stderr  # findings there are, but nothing to be new against
    kept = workspaces(first)
    assert kept["wrong"]["failure"]["kind"] == "wrong-password"
    for name in ("all", "published", "alpha"):
        assert kept[name]["state"] == "done"
        assert kept[name]["findings"]
    # Not more than one at a time of the same server, whichever worker has it.
    spans = sorted((each["started"], each["finished"]) for each in kept.values())
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    logs = [(tmp_path / f"{name}.log").read_text(encoding="utf-8") for name in ("first", "second")]
    assert all("succeeded" in log for log in logs)

    # A rule that is ignored for one night is fixed, and new on the next.
    (tmp_path / "dashlint.toml").write_text('ignore = ["DL301"]\n', encoding="utf-8")
    second = run(tmp_path, *words, **workers)
    assert second.returncode == 0, second.stderr
    ignored = sum(1 for f in kept["all"]["findings"] if f["rule"] == "DL301")
    assert ignored > 0
    change = workspaces(second)["all"]["change"]
    assert (change["new"], change["fixed"]) == (0, ignored)
    (tmp_path / "dashlint.toml").unlink()
    third = run(tmp_path, *words, "--keep", "2", **workers)
    assert third.returncode == 1, third.stderr
    new = [f for f in workspaces(third)["all"]["findings"] if f["new"]]
    assert [f["rule"] for f in new] == ["DL301"] * ignored
    assert len(list((tmp_path / "results").glob("*/run.json"))) == 2

    texts = [first.stdout, second.stdout, third.stderr, *logs]
    texts += [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.json")]
    assert not any("n0t-the-password" in text for text in texts)
