"""The import contracts hold, and each of them notices when it is broken."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint_imports(project: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the sources below `project`, which need not be the installed ones."""
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(project / "analyzer"), str(project / "rules")]),
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_keep_to_the_contracts() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("sources")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for folder in ("analyzer", "rules"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.mark.parametrize(
    ("importer", "imported", "contract"),
    [
        ("analyzer/dashlint/assets", "dashlint.superset", "Each room"),
        ("analyzer/dashlint/superset", "dashlint.sql", "Each room"),
        ("analyzer/dashlint/lint", "dashlint.report", "Each room"),
        ("analyzer/dashlint/report", "dashlint.fix", "Each room"),
        ("analyzer/dashlint/catalog", "dashlint.superset", "The catalogue"),
        ("analyzer/dashlint/cost", "dashlint.sql", "Costs"),
        ("analyzer/dashlint/lint", "dashlint.sources", "Where assets come from"),
        ("analyzer/dashlint/report", "dashlint.catalog", "Reports and forges"),
        ("analyzer/dashlint/monitoring", "dashlint.sources", "Monitoring"),
        ("analyzer/dashlint/warming", "dashlint.sources", "Warming"),
        ("analyzer/dashlint/forge", "dashlint.fix", "Forges"),
        ("analyzer/dashlint/fleet", "dashlint.sources", "A fleet"),
        ("analyzer/dashlint/fleet/changes.py", "subprocess", "What a fleet knows"),
        ("analyzer/dashlint/superset", "requests", "The middle"),
        ("analyzer/dashlint/sources", "typer", "The command line"),
        ("analyzer/dashlint/lint", "dashlint_rules", "Rules come in"),
        ("rules/dashlint_rules", "dashlint.sources", "Rules see"),
        ("rules/dashlint_rules", "socket", "Rules see"),
    ],
)
def test_a_forbidden_import_is_noticed(sources: Path, importer: str, imported: str, contract: str) -> None:
    planted = sources / importer
    before = planted.read_text(encoding="utf-8") if planted.is_file() else None
    planted = planted if before is not None else planted / "planted.py"
    planted.write_text(f"{before or ''}\nimport {imported}\n", encoding="utf-8")
    try:
        result = lint_imports(sources)
    finally:
        if before is None:
            planted.unlink()
        else:
            planted.write_text(before, encoding="utf-8")
    assert result.returncode == 1, result.stdout + result.stderr
    # Older import-linters colour even what goes to a pipe.
    plain = re.sub(r"\x1b\[[0-9;]*m", "", result.stdout)
    broken = [line for line in plain.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(contract) for line in broken), result.stdout


def test_a_room_that_the_table_does_not_know_is_noticed(sources: Path) -> None:
    planted = sources / "analyzer" / "dashlint" / "attic"
    planted.mkdir()
    (planted / "__init__.py").touch()
    try:
        result = lint_imports(sources)
    finally:
        shutil.rmtree(planted)
    assert result.returncode == 1
    assert "attic" in result.stdout
