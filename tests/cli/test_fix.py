"""`dashlint fix` as a person calls it."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Run
from tests.paths import FIXTURES

EXPORT = FIXTURES / "exports" / "harbour-and-pine"
CATALOG = FIXTURES / "exports" / "harbour-and-pine-catalog"
PIE = FIXTURES / "rules" / "DL302" / "flagged"
TODAY = ("--today", "2026-11-21")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    shutil.copytree(EXPORT, tmp_path / "export")
    return Path("export")


@pytest.fixture
def pie(tmp_path: Path) -> Path:
    """A small export with two findings of DL302, whose fix is unsafe, and nothing else selected."""
    shutil.copytree(PIE, tmp_path / "pie")
    return Path("pie")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_safe_fixes_are_made_and_the_rest_is_counted(run: Run, export: Path) -> None:
    before = contents(export)
    result = run("fix", export, *TODAY)
    assert result.code == 1, result.stderr
    assert "DL203 metadata.native_filter_configuration[2].scope.excluded: [] + [207]" in result.stdout
    assert re.search(
        r"Fixed 14 findings in 5 files\. \d+ findings remain, \d+ of which --unsafe", result.stdout
    )
    after = contents(export)
    changed = {path for path in before if before[path] != after[path]}
    assert len(changed) == 5
    assert all("/dashboards/" in path for path in changed)
    assert run("scan", export, "--select", "DL203", *TODAY).code == 0


def test_a_second_run_changes_nothing(run: Run, export: Path) -> None:
    arguments = ("fix", export, "--unsafe", "--catalog", CATALOG, *TODAY)
    first = run(*arguments)
    assert "Fixed" in first.stdout
    after = contents(export)
    second = run(*arguments)
    assert second.stdout.startswith("Nothing to fix.")
    assert contents(export) == after
    assert "not fixed" not in first.stderr + second.stderr


def test_a_diff_is_one_that_git_applies_to_the_same_effect(run: Run, export: Path, tmp_path: Path) -> None:
    before = contents(export)
    result = run("fix", export, "--unsafe", "--diff", *TODAY)
    assert result.code == 1
    assert contents(export) == before
    assert "Would fix" in result.stderr
    assert "Would fix" not in result.stdout
    run("fix", export, "--unsafe", *TODAY)
    fixed = contents(export)
    shutil.rmtree(export)
    shutil.copytree(EXPORT, export)
    (tmp_path / "fix.patch").write_bytes(result.stdout.encode())
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "fix.patch"], cwd=tmp_path, check=True)
    assert contents(export) == fixed


def test_a_dry_run_says_what_would_be_done(run: Run, export: Path) -> None:
    before = contents(export)
    result = run("fix", export, "--dry-run", *TODAY)
    assert result.code == 1
    assert "(not written)" in result.stdout
    assert "Would fix 14 findings in 5 files" in result.stdout
    assert contents(export) == before
    assert run("fix", export, "--dry-run", "--select", "DL302", *TODAY).code == 0


def test_unsafe_fixes_are_left_out_unless_asked_for(run: Run, pie: Path) -> None:
    result = run("fix", pie, "--select", "DL302", "--fail-on", "info")
    assert result.code == 1
    assert "Nothing to fix" in result.stdout
    assert "which --unsafe would fix" in result.stdout
    result = run("fix", pie, "--select", "DL302", "--fail-on", "info", "--unsafe")
    assert result.code == 0
    assert "→ 100 (unsafe)" in result.stdout
    assert "No finding remains." in result.stdout


def test_suppressed_findings_are_left_alone(run: Run, pie: Path) -> None:
    scan = run("scan", pie, "--select", "DL302", "--format", "json")

    found = json.loads(scan.stdout)["findings"]
    Path("dashlint.toml").write_text(
        "".join(
            f'[[suppress]]\nrule = "DL302"\nasset = "{f["asset"]["uuid"]}"\nreason = "a wall display"\n'
            for f in found
        )
    )
    before = contents(pie)
    assert run("fix", pie, "--select", "DL302", "--unsafe", "--config", "dashlint.toml").code == 0
    assert contents(pie) == before


def test_permissions_and_links_stay(run: Run, pie: Path, tmp_path: Path) -> None:
    chart = next((pie / "charts").iterdir())
    real = tmp_path / "elsewhere.yaml"
    chart.rename(real)
    chart.symlink_to(real)
    real.chmod(0o640)
    assert run("fix", pie, "--select", "DL302", "--unsafe").code == 0
    assert chart.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert yaml.safe_load(real.read_bytes())["params"]["row_limit"] == 100
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".dashlint")] == []


@pytest.mark.optional
@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write everything")
def test_a_write_protected_file_stays_and_is_named(run: Run, pie: Path) -> None:
    chart = next((pie / "charts").iterdir())
    chart.chmod(0o444)
    result = run("fix", pie, "--select", "DL302", "--unsafe")
    assert result.code == 3
    assert f"{chart} is write-protected" in result.stderr


def test_a_file_that_changes_meanwhile_is_not_overwritten(
    run: Run, pie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashlint.fix import write

    chart = next((pie / "charts").iterdir())
    replace = write.replace_file

    def late(path: str, original: bytes, data: bytes) -> None:
        Path(path).write_bytes(original + b"# mine\n")
        replace(path, original, data)

    monkeypatch.setattr(write, "replace_file", late)
    result = run("fix", pie, "--select", "DL302", "--unsafe")
    assert result.code == 3
    assert "was changed while it was being fixed" in result.stderr
    assert "Nothing to fix" in result.stdout
    assert chart.read_bytes().endswith(b"# mine\n")


def test_only_named_files_are_changed(run: Run, export: Path) -> None:
    before = contents(export)
    chart = export / "charts" / "Invoiced_by_month_173.yaml"
    result = run("fix", chart, "--unsafe", *TODAY)
    after = contents(export)
    assert {path for path in before if before[path] != after[path]} == {str(chart)}
    assert "this file was not named" in result.stderr


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"export/{path.relative_to(folder)}")
    return target


def test_a_zip_is_copied_with_the_fixes(run: Run, pie: Path) -> None:
    source = zipped(pie, Path("pie.zip"))
    before = source.read_bytes()
    result = run("fix", source, "--select", "DL302", "--unsafe")
    assert result.code == 2
    assert "name a new one with --output" in result.stderr
    assert run("fix", source, "--select", "DL302", "--unsafe", "--output", "new.zip").code == 0
    assert source.read_bytes() == before
    with zipfile.ZipFile(source) as old, zipfile.ZipFile("new.zip") as new:
        assert old.namelist() == new.namelist()
        different = [name for name in old.namelist() if old.read(name) != new.read(name)]
    assert len(different) == len(list((pie / "charts").iterdir()))
    assert run("scan", "new.zip", "--select", "DL302").code == 0


def test_output_is_for_a_zip(run: Run, pie: Path) -> None:
    result = run("fix", pie, "--select", "DL302", "--unsafe", "--output", "new.zip")
    assert result.code == 2
    assert "--output is for one ZIP" in result.stderr


def test_what_cannot_be_fixed_is_told_in_a_sentence(run: Run, pie: Path) -> None:
    chart = next((pie / "charts").iterdir())
    text = chart.read_text()
    old = re.search(r"  row_limit: .*\n", text)
    assert old is not None
    chart.write_text(text.replace(old.group(), "  row_limit: >-\n    5000\n"))
    before = chart.read_bytes()
    result = run("fix", pie, "--select", "DL302", "--unsafe")
    assert f"{chart}: DL302 is not fixed: its value is written as a block of text" in result.stderr
    assert chart.read_bytes() == before
    assert run("fix", pie, "--select", "DL302", "--unsafe", "--strict").code == 3


def test_an_overrides_file_keeps_its_file_from_being_fixed(run: Run, pie: Path) -> None:
    chart = next((pie / "charts").iterdir())
    chart.with_suffix(".overrides.yaml").write_text("params:\n  row_limit: 9000\n")
    before = chart.read_bytes()
    result = run("fix", pie, "--select", "DL302", "--unsafe")
    assert "an overrides file is laid over it" in result.stderr
    assert chart.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing to fix"),
        (("missing.yaml",), "missing.yaml does not exist"),
        (("pie", "--rollback", "x.json"), "--url"),
        (("pie", "--select", "DL999"), "there is no rule"),
    ],
)
def test_wrong_usage(run: Run, pie: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run("fix", *arguments)
    assert result.code == 2
    assert message in result.stderr


def test_the_address_of_a_server_to_change_has_to_be_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHLINT_URL", "http://127.0.0.1:9")
    result = run("fix", "--yes")
    assert result.code == 2
    assert "nothing to fix" in result.stderr


def test_nobody_at_a_terminal_has_confirmed_anything(run: Run) -> None:
    result = run("fix", "--url", "http://127.0.0.1:9")
    assert result.code == 2
    assert "give --yes to make the changes, or --dry-run to see them" in result.stderr


def test_a_diff_of_a_file_with_other_line_ends_applies(run: Run, pie: Path, tmp_path: Path) -> None:
    chart = next((pie / "charts").iterdir())
    chart.write_bytes(chart.read_bytes().rstrip(b"\n").replace(b"\n", b"\r\n"))
    before = chart.read_bytes()
    main = "from dashlint.cli.main import main; main()"
    command = [sys.executable, "-c", main, "fix", "pie", "--select", "DL302", "--unsafe", "--diff"]
    # The runner of the other tests makes all line ends alike.
    patch = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).stdout
    run("fix", pie, "--select", "DL302", "--unsafe")
    fixed = chart.read_bytes()
    assert fixed.count(b"\r\n") == before.count(b"\r\n")
    assert not fixed.endswith(b"\n")
    chart.write_bytes(before)
    (tmp_path / "fix.patch").write_bytes(patch)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "fix.patch"], cwd=tmp_path, check=True)
    assert chart.read_bytes() == fixed


def test_the_table_of_fixes_is_that_of_the_rules() -> None:
    """docs/fix.md, which `make docs` writes."""
    from dashlint.lint.registry import load_rules
    from tests.paths import ROOT

    page = (ROOT / "docs" / "fix.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| \[(DL\d+)\]", page, re.MULTILINE))
    assert listed == {rule.code for rule in load_rules()[0] if rule.fix}
