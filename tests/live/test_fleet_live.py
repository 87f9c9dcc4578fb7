"""`dashlint fleet` on a real Superset, beside it a dead server, a wrong password and an export."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.live.superset_server import SupersetServer


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
