"""The hook, run by pre-commit itself on a git repository with exports."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import FIXTURES, ROOT

EXPORT = FIXTURES / "exports" / "harbour-and-pine"
CONFIGURATION = """\
repos:
  - repo: {hooks}
    rev: {revision}
    hooks:
      - id: dashlint
"""


def run(folder: Path, *words: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    person = {
        f"GIT_{who}_{what}": "ada@example.com"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GIT_"))}
    more = {"PRE_COMMIT_HOME": str(home)} if home is not None else {}
    return subprocess.run(
        words, cwd=folder, env={**kept, **person, **more}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """This project as a repository with one commit, as it lies here."""
    folder = tmp_path_factory.mktemp("hooks")
    listed = run(ROOT, "git", "ls-files", "--cached", "--others", "--exclude-standard").stdout.split("\n")
    kept = (
        "analyzer/",
        "rules/",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        ".pre-commit-hooks.yaml",
        "fixtures/exports/",
        "docs/man/",
    )
    for name in listed:
        if name.startswith(kept) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    run(folder, "git", "init", "--initial-branch=main")
    run(folder, "git", "add", ".")
    run(folder, "git", "commit", "--message=as it lies here")
    return folder, run(folder, "git", "rev-parse", "HEAD").stdout.strip()


def test_the_hook(hooks: tuple[Path, str], tmp_path: Path) -> None:
    folder, revision = hooks
    work, home = tmp_path / "work", tmp_path / "pre-commit"
    shutil.copytree(EXPORT, work / "superset")
    (work / ".pre-commit-config.yaml").write_text(
        CONFIGURATION.format(hooks=folder, revision=revision), "utf-8"
    )
    run(work, "git", "init", "--initial-branch=main")
    run(work, "git", "add", ".")
    run(work, "git", "commit", "--no-verify", "--message=exports")
    hook = (sys.executable, "-m", "pre_commit", "run", "dashlint")

    # Nothing of an export is staged: the hook has nothing to do.
    (work / "notes.txt").write_text("no export", "utf-8")
    run(work, "git", "add", "notes.txt")
    idle = run(work, *hook, home=home)
    assert idle.returncode == 0, idle.stdout + idle.stderr
    assert "no files to check" in idle.stdout

    # One chart is: what is said is about it and the dashboards that show it.
    (chart,) = (work / "superset" / "charts").glob("Views_by_page_*.yaml")
    text = chart.read_text("utf-8")
    chart.write_text(text.replace("  row_limit: 1000\n", "  row_limit: 100000\n"), "utf-8")
    assert chart.read_text("utf-8") != text
    run(work, "git", "add", ".")
    failed = run(work, *hook, home=home)
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "Views by page" in failed.stdout
    assert "Finance control" not in failed.stdout

    # The whole repository in one process: a headline for each dashboard, once.
    everything = run(work, *hook, "--all-files", home=home)
    assert everything.returncode == 1
    assert everything.stdout.count("dashlint explain") == 1
