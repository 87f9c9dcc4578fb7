"""``dashlint init`` and ``dashlint config``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from dashlint.lint.config import load
from tests.cli.conftest import Run
from tests.paths import FIXTURES

EXPORTS = FIXTURES / "exports"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(EXPORTS / "harbour-and-pine", tmp_path / "superset")
    shutil.copytree(EXPORTS / "harbour-and-pine-catalog", tmp_path / "warehouse")
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "superset_config.py").write_text("ROW_LIMIT = 1000\n", "utf-8")
    (tmp_path / "package.json").write_text('{"version": "1.0"}', "utf-8")
    return tmp_path


def test_init_finds_what_is_there(run: Run, project: Path) -> None:
    result = run("init", "--no-hook")
    assert result.code == 0
    assert "exports in superset" in result.stderr
    assert "next: dashlint scan superset" in result.stderr
    found = load(project / "dashlint.toml")
    assert {Path(path).relative_to(project).parts[0] for path in found.catalog} == {"warehouse"}
    assert found.superset_config == project / "deploy" / "superset_config.py"
    assert run("scan", "superset", "--fail-on", "never").code == 0
    again = run("init")
    assert again.code == 2
    assert "there already" in again.stderr
    assert run("init", "--force", "--no-hook").code == 0


def test_init_where_nothing_is(run: Run, tmp_path: Path) -> None:
    result = run("init", "--no-hook")
    assert result.code == 0
    assert "no export found" in result.stderr
    assert load(tmp_path / "dashlint.toml").catalog == ()


@pytest.mark.parametrize(
    "text",
    [
        None,
        (
            "repos:\n  - repo: local\n    hooks:\n      - id: own\n        name: own\n        entry: true\n"
            "        language: system\n"
        ),
        "# ours\nrepos:\n- repo: local # here\n  hooks:\n  - id: own\n\nfail_fast: true\n",
    ],
)
def test_the_hook_is_added_to_what_is_there(run: Run, tmp_path: Path, text: str | None) -> None:
    path = tmp_path / ".pre-commit-config.yaml"
    if text is not None:
        path.write_text(text, "utf-8")
    assert run("init", "--hook").code == 0
    written = path.read_text("utf-8")
    parsed = yaml.safe_load(written)
    assert parsed["repos"][0]["hooks"] == [{"id": "dashlint"}]
    if text is not None:
        assert parsed["repos"][1:] == yaml.safe_load(text)["repos"]
        assert all(line in written.splitlines() for line in text.splitlines())
    assert "has the hook already" in run("init", "--force", "--hook").stderr
    assert path.read_text("utf-8") == written


def test_a_hook_file_that_is_none(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".pre-commit-config.yaml").write_text("repos: []\n", "utf-8")
    result = run("init", "--hook")
    assert result.code == 2
    assert "by hand" in result.stderr


def test_config_says_where_values_come_from(run: Run, tmp_path: Path) -> None:
    (tmp_path / "dashlint.toml").write_text(
        'fail-on = "error"\n[severity]\nDL101 = "info"\n[rules.DL102]\nbudget = "64MiB"\n'
        '[[suppress]]\nrule = "DL301"\nasset = "a-b"\nreason = "known"\nuntil = 2027-01-31\n',
        "utf-8",
    )
    shown = run("config", "--show").stdout
    for line in (
        'fail-on = "error"',
        'min-confidence = "low"',
        'severity.DL101 = "info"',
        'rules.DL102.budget = "64MiB"',
        'suppress.DL301 = "a-b"',
    ):
        assert line in shown.splitlines()
    words = " ".join(shown.split())
    assert "[dashlint.toml]" in words
    assert "known, until 2027-01-31" in words
    assert "[default: " in words


def test_config_without_a_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run("config").stdout
    assert shown.startswith("# no configuration file")
    assert 'fail-on = "warning"' in shown


def test_config_that_is_wrong(run: Run, tmp_path: Path) -> None:
    (tmp_path / "dashlint.toml").write_text("[rules.DL102]\nbudgett = 3\n", "utf-8")
    result = run("config")
    assert result.code == 2
    assert "did you mean 'budget'" in result.stderr
