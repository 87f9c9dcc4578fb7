"""``dashlint diff``: before and after, from folders, reports and git revisions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashlint.report import diff_json
from dashlint.report.diff_markdown import render
from tests.cli.conftest import Run
from tests.paths import FIXTURES

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

EXPORT = FIXTURES / "exports" / "harbour-and-pine"
CATALOG = FIXTURES / "exports" / "harbour-and-pine-catalog"
FACTS = ("--catalog", str(CATALOG), "--today", "2026-11-21")


@pytest.fixture
def changed(tmp_path: Path) -> tuple[str, str]:
    """The bundled export, and one where charts read more rows and a dashboard is gone."""
    shutil.copytree(EXPORT, tmp_path / "before")
    shutil.copytree(EXPORT, tmp_path / "after")
    raise_limits(tmp_path / "after")
    (deleted,) = (tmp_path / "after" / "dashboards").glob("Daily_trading*")
    deleted.unlink()
    return "before", "after"


def raise_limits(export: Path) -> None:
    lines = 0
    for path in (export / "charts").glob("*.yaml"):
        text = path.read_text("utf-8")
        more = text.replace("\n  row_limit: 1000\n", "\n  row_limit: 50000\n")
        lines += more != text
        path.write_text(more, "utf-8")
    assert lines > 5


def git(folder: Path, *words: str) -> None:
    person = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    subprocess.run(["git", "-C", str(folder), *person, *words], check=True, capture_output=True)


def test_at_a_terminal(run: Run, changed: tuple[str, str], snapshot: SnapshotAssertion) -> None:
    result = run("diff", *changed, *FACTS)
    assert result.code == 1
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert result.stdout == snapshot


def test_as_markdown(run: Run, changed: tuple[str, str], snapshot: SnapshotAssertion) -> None:
    assert run("diff", *changed, *FACTS, "--format", "markdown").stdout == snapshot


def test_the_same_twice_is_one_quiet_line(run: Run, changed: tuple[str, str]) -> None:
    before, _after = changed
    result = run("diff", before, before, *FACTS)
    assert result.code == 0
    assert result.stdout.splitlines()[0] == "Nothing that dashlint measures changed."
    markdown = run("diff", before, before, *FACTS, "--format", "markdown").stdout
    assert "|" not in markdown


def test_backwards_new_is_fixed(run: Run, changed: tuple[str, str]) -> None:
    there = json.loads(run("diff", *changed, *FACTS, "--format", "json").stdout)
    back = json.loads(run("diff", *reversed(changed), *FACTS, "--format", "json").stdout)
    assert there["summary"]["new"] == back["summary"]["fixed"] > 0
    assert there["summary"]["growth"] == -back["summary"]["growth"] != 0


def test_reports_say_the_same_as_exports(run: Run, changed: tuple[str, str], tmp_path: Path) -> None:
    for side in changed:
        report = run("scan", side, *FACTS, "--format", "json").stdout
        (tmp_path / f"{side}.json").write_text(report, "utf-8")
    by_reports = json.loads(run("diff", "before.json", "after.json", *FACTS, "--format", "json").stdout)
    by_exports = json.loads(run("diff", *changed, *FACTS, "--format", "json").stdout)
    assert not by_reports["complete"]
    assert by_reports["summary"]["new"] == by_exports["summary"]["new"]
    assert {d["growth"] for d in by_reports["dashboards"]} >= {
        d["growth"] for d in by_exports["dashboards"] if d["growth"]
    }


def test_what_is_written_is_read_again(run: Run, changed: tuple[str, str]) -> None:
    text = run("diff", *changed, *FACTS, "--format", "json").stdout
    found = diff_json.parse(text)
    assert diff_json.render(found) == text
    assert render(found) == run("diff", *changed, *FACTS, "--format", "markdown").stdout


def test_a_dataset_changes_its_dashboards(run: Run, tmp_path: Path) -> None:
    shutil.copytree(EXPORT, tmp_path / "before")
    shutil.copytree(EXPORT, tmp_path / "after")
    path = tmp_path / "after" / "datasets" / "Retail_warehouse" / "orders_22.yaml"
    path.write_text(path.read_text("utf-8").replace("cache_timeout: null", "cache_timeout: 77"), "utf-8")
    found = json.loads(run("diff", "before", "after", *FACTS, "--format", "json").stdout)
    assert found["dashboards"]
    assert any(d["growth"] == 0 for d in found["dashboards"])


def test_git_revisions(run: Run, tmp_path: Path) -> None:
    shutil.copytree(EXPORT, tmp_path / "superset")
    git(tmp_path, "init", "--initial-branch=main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--message=before")
    git(tmp_path, "switch", "--create", "more-rows")
    raise_limits(tmp_path / "superset")
    by_files = json.loads(run("diff", "--git", "main", "superset", *FACTS, "--format", "json").stdout)
    git(tmp_path, "commit", "--all", "--message=after")
    by_revisions = json.loads(
        run("diff", "--git", "main...more-rows", "superset", *FACTS, "--format", "json").stdout
    )
    assert by_revisions["summary"] == by_files["summary"]
    assert by_revisions["summary"]["new"] > 0
    assert {f["location"]["file"] for f in by_revisions["new"]} == {
        f["location"]["file"] for f in by_files["new"]
    }
    assert all(f["location"]["file"].startswith("superset/") for f in by_revisions["new"])
    # A main that went on without the branch is none of its changes.
    git(tmp_path, "switch", "main")
    (tmp_path / "superset" / "dashboards").joinpath("Daily_trading_14.yaml").unlink(missing_ok=True)
    git(tmp_path, "commit", "--all", "--allow-empty", "--message=elsewhere")
    later = json.loads(
        run("diff", "--git", "main...more-rows", "superset", *FACTS, "--format", "json").stdout
    )
    assert later["summary"] == by_revisions["summary"]


def test_exports_that_are_new_in_a_revision(run: Run, tmp_path: Path) -> None:
    git(tmp_path, "init", "--initial-branch=main")
    git(tmp_path, "commit", "--allow-empty", "--message=empty")
    shutil.copytree(EXPORT, tmp_path / "superset")
    result = run("diff", "--git", "main", "superset", *FACTS)
    assert result.code == 1
    assert result.stdout.startswith("New dashboard")
    assert "(new)" in result.stdout


@pytest.mark.skipif(os.name == "nt", reason="not everybody may make links there")
def test_links_of_a_revision(run: Run, tmp_path: Path) -> None:
    """Those that stay in the repository are followed, as they are in the work tree; no other is made."""
    export = tmp_path / "superset [prod]"
    shutil.copytree(EXPORT, export)
    (tmp_path / "shared").mkdir()
    chart = next((export / "charts").glob("*.yaml"))
    chart.rename(tmp_path / "shared" / "chart.yaml")
    chart.symlink_to("../../shared/chart.yaml")
    (export / "charts" / "broken.yaml").write_text("slice_name: [\nviz_type: table\n", "utf-8")
    git(tmp_path, "init", "--initial-branch=main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--message=one")
    same = run("diff", "--git", "main", export.name, "shared", *FACTS, "--format", "json")
    assert json.loads(same.stdout)["summary"]["new"] == json.loads(same.stdout)["summary"]["fixed"] == 0
    for target in ("/etc", "../../../etc"):
        (export / "charts" / "elsewhere").unlink(missing_ok=True)
        (export / "charts" / "elsewhere").symlink_to(target)
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "--message=another")
        result = run("diff", "--git", "main", export.name, *FACTS)
        assert (result.code, result.stdout) == (2, "")
        assert f"elsewhere to {target} leads out of the repository" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give BASE and HEAD"),
        (("before",), "give BASE and HEAD"),
        (("before", "after", "--format", "xml"), "terminal, markdown, json"),
        (("before", "after", "--fail-on", "bad"), "--fail-on bad"),
        (("--git", "nowhere", "before"), "no such revision"),
        (("--git", "--output=x...HEAD", "before"), "no revision"),
        (("bad.json", "after"), "not valid JSON"),
        (("other.json", "after"), "not a report"),
        (("new.json", "after"), "version 9"),
        (("gone.json", "after"), "No such file"),
    ],
)
def test_wrong_usage(
    run: Run, changed: tuple[str, str], tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    git(tmp_path, "init", "--initial-branch=main")
    (tmp_path / "bad.json").write_text("{", "utf-8")
    (tmp_path / "other.json").write_text("{}", "utf-8")
    (tmp_path / "new.json").write_text('{"version": 9, "findings": [], "dashboards": []}', "utf-8")
    result = run("diff", *arguments)
    assert result.code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_outside_of_a_repository(run: Run, changed: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", "/")
    result = run("diff", "--git", "main", "before")
    assert result.code == 2
    assert "git" in result.stderr


def test_a_comment_keeps_below_the_limit(run: Run, changed: tuple[str, str]) -> None:
    found = diff_json.parse(run("diff", *changed, *FACTS, "--format", "json").stdout)
    whole = render(found)
    for limit in (len(whole), 4_000, 1_000, 300):
        shorter = render(found, limit)
        assert len(shorter) <= limit
        assert shorter.startswith(whole[:100])
        assert shorter.count("<details") == shorter.count("</details>")
