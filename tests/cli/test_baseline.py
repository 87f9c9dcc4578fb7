"""``dashlint baseline``: what is there is accepted, what is new fails."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.paths import FIXTURES

EXPORT = FIXTURES / "exports" / "harbour-and-pine"
FACTS = ("--catalog", str(FIXTURES / "exports" / "harbour-and-pine-catalog"), "--today", "2026-11-21")
FILE = "dashlint-baseline.json"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    shutil.copytree(EXPORT, tmp_path / "export")
    return tmp_path / "export"


def more_rows(export: Path) -> None:
    (chart,) = (export / "charts").glob("Views_by_page_*.yaml")
    text = chart.read_text("utf-8")
    assert "  row_limit: 1000\n" in text
    chart.write_text(text.replace("  row_limit: 1000\n", "  row_limit: 50000\n"), "utf-8")


def test_only_what_is_new_fails(run: Run, export: Path) -> None:
    assert run("scan", "export", *FACTS).code == 1
    written = run("baseline", "export", *FACTS)
    assert written.code == 0
    assert f"accepted in {FILE}" in written.stderr
    same = run("scan", "export", *FACTS, "--baseline", FILE)
    assert same.code == 0
    assert "No findings." in same.stdout
    assert "accepted by the baseline" in same.stdout
    more_rows(export)
    worse = json.loads(run("scan", "export", *FACTS, "--baseline", FILE, "--format", "json").stdout)
    assert [(f["rule"], f["asset"]["name"]) for f in worse["findings"]] == [("DL307", "Views by page")]
    assert worse["summary"]["accepted"] > 50


def test_identity_survives_renaming_and_moving(run: Run, export: Path, tmp_path: Path) -> None:
    run("baseline", "export", *FACTS)
    for chart in sorted((export / "charts").glob("*.yaml")):
        text = chart.read_text("utf-8")
        chart.write_text(text.replace("slice_name: ", "slice_name: New ", 1), "utf-8")
        chart.rename(chart.with_name(f"moved_{chart.name}"))
    export.rename(tmp_path / "elsewhere")
    result = run("scan", "elsewhere", *FACTS, "--baseline", FILE)
    assert result.code == 0, result.stdout
    assert "stale" not in result.stderr


def test_a_broken_file_is_the_same_from_every_folder(
    run: Run, export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (export / "charts" / "broken.yaml").write_text("slice_name: [\nviz_type: table\n", "utf-8")
    run("baseline", "export", *FACTS)
    accepted = json.loads((tmp_path / FILE).read_text("utf-8"))
    assert "export/charts/broken.yaml" in {entry["asset"] for entry in accepted["findings"]}
    monkeypatch.chdir(export / "charts")
    result = run("scan", "..", *FACTS, "--baseline", tmp_path / FILE)
    assert result.code == 0, result.stdout
    assert "stale" not in result.stderr


def test_what_was_mended_is_reported_as_stale(run: Run, export: Path) -> None:
    more_rows(export)
    run("baseline", "export", *FACTS)
    (export / "charts").joinpath(next((export / "charts").glob("Views_by_page_*.yaml")).name).unlink()
    shutil.copy(next((EXPORT / "charts").glob("Views_by_page_*.yaml")), export / "charts")
    result = run("scan", "export", *FACTS, "--baseline", FILE)
    assert result.code == 0
    assert "not there any more (DL307 of 'Views by page')" in result.stderr
    # Of a part of the export nobody can say what is stale.
    part = run("scan", "export/dashboards/Finance_control_13.yaml", *FACTS, "--baseline", FILE)
    assert "not there any more" not in part.stderr


def test_configured(run: Run, export: Path, tmp_path: Path) -> None:
    (tmp_path / "dashlint.toml").write_text('baseline = "accepted.json"\n', "utf-8")
    missing = run("scan", "export", *FACTS)
    assert missing.code == 2
    assert "accepted.json: the baseline cannot be read" in missing.stderr
    assert run("baseline", "export", *FACTS).code == 0
    assert run("scan", "export", *FACTS).code == 0
    first = (tmp_path / "accepted.json").read_text("utf-8")
    assert run("baseline", "export", *FACTS).code == 0
    assert (tmp_path / "accepted.json").read_text("utf-8") == first


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "no baseline of version 1"),
        ('{"version": 2, "findings": []}', "no baseline of version 1"),
        ('{"version": 1, "findings": [3]}', "entry 1"),
        ('{"version": 1, "findings": [{"rule": "DL301", "asset": 3}]}', "entry 1"),
        ('{"version": 1, "findings": [{"rule": "a", "asset": "b", "count": 0}]}', "entry 1"),
    ],
)
def test_a_bad_baseline_is_one_sentence(
    run: Run, export: Path, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / FILE).write_text(text, "utf-8")
    result = run("scan", "export", *FACTS, "--baseline", FILE)
    assert result.code == 2
    assert words in result.stderr
