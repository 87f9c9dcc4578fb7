"""`dashlint deploy`: exit codes, streams, formats, and how findings are named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import FIXTURES

EXPORT = FIXTURES / "exports" / "harbour-and-pine"
CONFIG = "CELERY_BROKER_URL = 'redis://:s3cret@redis/0'\nROW_LIMIT = 10_000\n"


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dashlint", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "superset_config.py").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def test_findings_name_file_and_line_and_never_a_secret(folder: Path) -> None:
    done = run("deploy", "deploy", "--select", "DL601", cwd=folder)
    assert done.returncode == 1
    assert "DL601 CELERY_BROKER_URL" in done.stdout
    assert "deploy/superset_config.py:1" in done.stdout
    assert "1 deployment file" in done.stdout
    assert done.stderr == ""
    assert "s3cret" not in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("deploy",), 2, "nothing to check"),
        (("deploy", "gone.py"), 2, "gone.py does not exist"),
        (("deploy", "notes.txt"), 3, "nothing tells what this file is"),
        (("deploy", "broken.py"), 3, "no valid Python"),
        (("deploy", "deploy", "broken.py", "--strict", "--select", "DL601"), 3, "no valid Python"),
        (("deploy", "deploy", "--fail-on", "error", "--select", "DL601"), 0, ""),
    ],
)
def test_exit_codes(folder: Path, words: tuple[str, ...], code: int, said: str) -> None:
    (folder / "notes.txt").write_text("hello", encoding="utf-8")
    (folder / "broken.py").write_text("FEATURE_FLAGS = {\n", encoding="utf-8")
    done = run(*words, cwd=folder)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("format", ["json", "sarif", "github", "gitlab", "junit", "markdown", "html"])
def test_every_format_tells_it(folder: Path, format: str) -> None:
    done = run("deploy", "deploy", "--select", "DL601", "--format", format, cwd=folder)
    assert done.returncode == 1
    # Markdown escapes underscores.
    assert "nothing in Superset reads CELERY_BROKER_URL" in done.stdout.replace("\\_", "_")
    assert "superset_config.py" in done.stdout
    assert "s3cret" not in done.stdout


def test_json_counts_the_files(folder: Path) -> None:
    report = json.loads(run("deploy", "deploy", "--select", "DL601", "--format", "json", cwd=folder).stdout)
    assert report["summary"]["deployment_files"] == 1
    (finding,) = report["findings"]
    assert finding["asset"]["kind"] == "deployment"
    assert finding["asset"]["uuid"] == "deploy/superset_config.py"
    assert finding["location"]["field"] == "CELERY_BROKER_URL"


def test_a_suppression_names_the_file_from_wherever_it_is_run(folder: Path) -> None:
    (folder / "dashlint.toml").write_text(
        '[[suppress]]\nrule = "DL601"\nasset = "deploy/superset_config.py"\nfield = "CELERY_BROKER_URL"\n'
        'reason = "ours"\n',
        encoding="utf-8",
    )
    for words, cwd in ((("deploy",), folder), (("superset_config.py",), folder / "deploy")):
        done = run("deploy", *words, "--select", "DL601", cwd=cwd)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "1 finding suppressed" in done.stdout


def test_scan_takes_both(folder: Path) -> None:
    config = str(folder / "deploy" / "superset_config.py")
    done = run("scan", str(EXPORT), config, "--select", "DL601,DL506", "--format", "json", cwd=folder)
    report = json.loads(done.stdout)
    assert report["summary"]["deployment_files"] == 1
    assert report["summary"]["dashboards"] > 0
    assert "DL601" in {finding["rule"] for finding in report["findings"]}


def test_what_is_borne_of_a_deployment_is_not_missed_where_none_is_given(folder: Path) -> None:
    (folder / "dashlint.toml").write_text(
        'fail-on = "never"\n[[suppress]]\nrule = "DL601"\nasset = "deploy/superset_config.py"\n'
        'reason = "ours"\n',
        encoding="utf-8",
    )
    accepted = {"rule": "DL601", "asset": "other.py", "field": "X", "name": "other.py"}
    (folder / "base.json").write_text(json.dumps({"version": 1, "findings": [accepted]}), encoding="utf-8")
    both = run("scan", str(EXPORT), "--config", "dashlint.toml", "--baseline", "base.json", cwd=folder)
    assert "DL601" not in both.stderr
    with_it = run(
        "scan",
        str(EXPORT),
        "deploy/superset_config.py",
        "--config",
        "dashlint.toml",
        "--baseline",
        "base.json",
        cwd=folder,
    )
    assert "the baseline accepts findings that are not there any more (DL601" in with_it.stderr


def test_a_server_is_no_export(folder: Path) -> None:
    done = run("deploy", "deploy", "--with", "https://superset.example.com", cwd=folder)
    assert done.returncode == 2
    assert "dashlint scan --url" in done.stderr
