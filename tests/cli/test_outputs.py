"""``--format`` and ``--output``: which report goes where."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashlint.cli import outputs
from dashlint.report import formats
from tests.cli.conftest import Run
from tests.cli.test_output import CATALOG, EXPORT, TODAY
from tests.paths import ROOT
from tests.report.forges import commands_in
from tests.report.schemas import parse_code_quality, parse_junit, parse_sarif

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

FINANCE = "export/dashboards/Finance_control_13.yaml"


@pytest.fixture(autouse=True)
def export(tmp_path: Path, run: Run) -> None:
    shutil.copytree(EXPORT, tmp_path / "export")


def test_several_reports_at_once_agree(run: Run) -> None:
    files = {"json": "a.json", "sarif": "b.sarif", "gitlab": "c.json", "junit": "d.xml", "markdown": "e.md"}
    wanted = [word for name, file in files.items() for word in ("--output", f"{name}={file}")]
    result = run("scan", "export", "--catalog", CATALOG, *TODAY, "--format", "github", *wanted)
    assert result.code == 1
    findings = json.loads(Path("a.json").read_text())["findings"]
    levels = [f["severity"] for f in findings]
    assert len(parse_sarif(Path("b.sarif").read_text())["results"]) == len(findings)
    assert len(parse_code_quality(Path("c.json").read_text())) == len(findings)
    assert int(parse_junit(Path("d.xml").read_text()).get("failures", 0)) > 0
    assert f"{levels.count('error')} errors, {levels.count('warning')} warnings" in Path("e.md").read_text()
    assert [command.name for command in commands_in(result.stdout)] == [
        *["error"] * min(levels.count("error"), 10),
        *["warning"] * min(levels.count("warning"), 10),
        *["notice"] * min(levels.count("info"), 10),
    ]
    assert sorted(path.name for path in Path().iterdir()) == sorted(["export", *files.values()]), (
        "no draft is left behind"
    )


@pytest.mark.parametrize("name", formats.MODULES)
def test_a_file_holds_what_stdout_would(run: Run, name: str) -> None:
    on_stdout = run("scan", FINANCE, *TODAY, "--format", name)
    as_dash = run("scan", FINANCE, *TODAY, "--output", f"{name}=-")
    run("scan", FINANCE, *TODAY, "-q", "--output", f"{name}=report")
    assert on_stdout == as_dash
    assert Path("report").read_text(encoding="utf-8") == on_stdout.stdout


def test_the_terminals_report_in_a_file_has_no_colours(run: Run) -> None:
    shown = run("scan", FINANCE, *TODAY, "--color", "always", "--output", "terminal=a.txt").stdout
    assert "\x1b[" in shown
    written = Path("a.txt").read_text(encoding="utf-8")
    assert "Finance control" in written
    assert "\x1b" not in written


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--output", "sarif=none/a.sarif"), "--output sarif=none/a.sarif: there is no folder none"),
        (("--output", "sarif=export"), "--output sarif=export: that is a folder"),
        (("--output", "sarif"), "--output sarif: write it as FORMAT=FILE"),
        (("--output", "sarif="), "--output sarif=: write it as FORMAT=FILE"),
        (("--output", "pdf=a"), "--output pdf=a: known formats are terminal, json, sarif"),
        (("--format", "pdf"), "--format pdf: known formats are terminal, json, sarif"),
        (("--output", "sarif=a", "--output", "json=./a"), "another --output writes the same file"),
        (("--output", "sarif=-", "--format", "json"), "stdout can hold one report, not 2: json, sarif"),
    ],
)
def test_wrong_outputs_are_told_before_anything_is_read(run: Run, words: tuple[str, ...], said: str) -> None:
    # There is no such export: to complain about it, dashlint would have had to look.
    result = run("scan", "no-such-export", *words)
    assert result.code == 2
    assert result.stderr.startswith("dashlint: error: ")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


def test_a_file_that_cannot_be_written_hides_no_other_report(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = outputs.write_pieces

    def full(path: Path, pieces: Iterable[str]) -> None:
        if path.name == "a":
            raise OSError(28, "No space left on device")
        real(path, pieces)

    monkeypatch.setattr(outputs, "write_pieces", full)
    result = run("scan", FINANCE, *TODAY, "--output", "sarif=a", "--output", "json=b")
    assert result.code == 2
    assert "--output sarif=a: No space left on device" in result.stderr
    assert "Finance control" in result.stdout
    assert json.loads(Path("b").read_text())["findings"]


def test_an_older_report_is_there_until_the_new_one_is_whole(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.json").write_text("old")
    os.link("a.json", "seen by a reader")
    run("scan", FINANCE, *TODAY, "--output", "json=a.json")
    assert Path("seen by a reader").read_text() == "old", "the file was replaced, not written over"
    assert json.loads(Path("a.json").read_text())["version"] == 1

    def broken(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", broken)
    assert run("scan", FINANCE, *TODAY, "--output", "json=a.json").code == 2
    assert json.loads(Path("a.json").read_text())["version"] == 1
    assert not list(Path().glob("*.tmp")) + list(Path().glob(".*.tmp"))


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes are POSIX's")
def test_links_modes_and_devices_stay_what_they_are(run: Run) -> None:
    Path("real.json").write_text("old")
    Path("real.json").chmod(0o640)
    Path("link.json").symlink_to("real.json")
    run("scan", FINANCE, *TODAY, "--output", "json=link.json", "--output", "junit=/dev/null")
    assert Path("link.json").is_symlink()
    assert json.loads(Path("real.json").read_text())["version"] == 1
    assert Path("real.json").stat().st_mode & 0o777 == 0o640
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(("format", "read"), [("json", json.loads), ("terminal", str)])
def test_any_title_can_be_printed_with_any_code_page(format: str, read: type) -> None:
    """As on a Windows whose output goes to a pipe, or in a container without a locale."""
    file = Path(FINANCE)
    file.write_text(file.read_text().replace("title: Finance control", 'title: "Κόστος"'))
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            "from dashlint.cli.main import main; main()",
            "scan",
            file,
            "--format",
            format,
        ],
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )
    assert result.returncode == 1, result.stderr.decode()
    text = result.stdout.decode("utf-8" if format == "json" else "cp1252")
    assert read(text)
    assert ("Κόστος" in text) == (format == "json")


@pytest.mark.parametrize(
    "words",
    [
        ("trace", "export", "--format", "json"),
        ("cost", "export", "--format", "json"),
        ("graph", "export", "--format", "json"),
        ("diff", "before", "export", "--format", "json"),
        ("capacity", "export", "--viewers", "10", "--format", "json"),
    ],
    ids=lambda words: words[0],
)
def test_documents_are_utf_8_with_any_code_page(words: tuple[str, ...]) -> None:
    shutil.copytree("export", "before")
    Path("before", *Path(FINANCE).parts[1:]).unlink()
    for file in Path("export/dashboards").glob("*.yaml"):
        file.write_text(
            file.read_text("utf-8").replace("dashboard_title: ", "dashboard_title: Κόστος "), "utf-8"
        )
    result = subprocess.run(
        [sys.executable, "-m", "dashlint", *words],
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )
    assert result.returncode in (0, 1), result.stderr.decode()
    read = json.loads(result.stdout.decode("utf-8"))
    assert "Κόστος" in json.dumps(read, ensure_ascii=False)


@pytest.mark.parametrize("name", ["github", "gitlab", "junit", "markdown"])
def test_the_example_in_every_format(run: Run, name: str, snapshot: SnapshotAssertion) -> None:
    assert run("scan", FINANCE, "--catalog", CATALOG, *TODAY, "--format", name).stdout == snapshot


def test_the_example_as_sarif(run: Run, snapshot: SnapshotAssertion) -> None:
    text = run("scan", FINANCE, "--catalog", CATALOG, *TODAY, "--format", "sarif").stdout
    run_ = parse_sarif(text)
    driver = run_["tool"]["driver"]
    # The rules' documentation has pages of its own; every change to one would be a change here.
    driver["rules"] = [rule["id"] for rule in driver["rules"]]
    del driver["version"], driver["semanticVersion"]
    assert json.dumps(run_, indent=1, ensure_ascii=False) == snapshot


def test_the_page_about_reports_names_every_format_and_its_commands_work(run: Run) -> None:
    page = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
    listed = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert listed == list(formats.NAMES)
    commands = re.findall(r"dashlint scan exports/((?:\s+--\w+ \S+)+)", page)
    assert len(commands) == 7
    shutil.copytree(EXPORT, "exports")
    Path("test-reports").mkdir()
    for command in commands:
        words = shlex.split(command.replace("$GITHUB_STEP_SUMMARY", "summary.md"))
        assert run("scan", "exports/", *words).code == 1
    for file in ("dashlint.sarif", "summary.md", "gl-code-quality-report.json", "test-reports/dashlint.xml"):
        assert Path(file).stat().st_size > 1000
