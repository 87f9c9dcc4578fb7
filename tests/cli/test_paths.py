"""Spaces, Unicode and bytes that are no text in names of files: every command works as it does elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.paths import FIXTURES

EXPORT = FIXTURES / "rules" / "DL101" / "flagged-tab"
CATALOG = FIXTURES / "exports" / "harbour-and-pine-catalog" / "schema.sql"
LOG = Path(__file__).parents[1] / "incidents" / "data" / "postgres.log"
CONFIG = FIXTURES / "deployments" / "guide-small"

#: Spaces, a letter composed and in parts (as macOS writes it), other scripts, and what means something to
#: shells, patterns, addresses and markup.
TEXT = "Größe Gro\u0308ße [2] – 数据 100% #a&b;'c' $x {y} ~z+=,@!"
#: A name that a system without UTF-8 gave; Python reads it with surrogates (PEP 383).
BYTES = os.fsdecode(b"caf\xe9 \xff")


class Result(NamedTuple):
    """What is the same whatever files are called: exit code, lines on stderr, sizes of a JSON document."""

    code: int
    told: int
    sizes: dict[str, int]


CALLS = [
    *(
        f"scan NAME/export --format {format}"
        for format in ("terminal", "json", "sarif", "gitlab", "github", "junit", "markdown", "html")
    ),
    "scan NAME/NAME.zip --format json",
    "scan NAME/export/charts/NAME.yaml --format json",
    "scan NAME/export --config NAME/NAME.toml --format json",
    "scan NAME/export --catalog NAME/NAME.sql --superset-config NAME/superset_config.py --format json",
    "scan NAME/export --output sarif=NAME/NAME.sarif --output html=NAME/NAME.html",
    "baseline NAME/export --output NAME/NAME.json",
    "scan NAME/export --baseline NAME/NAME.json",
    "trace NAME/export --format json",
    "cost NAME/export --format json",
    "capacity NAME/export --viewers 10 --emit compose --emit-to NAME/served",
    "diagnose NAME/export --logs NAME/NAME.log --format json --fail-on never",
    "diff NAME/export NAME/NAME.zip --format json",
    "diff --git HEAD NAME/export --format json",
    "graph NAME/export --format json",
    "deploy NAME/superset_config.py --format json",
    "monitor NAME/export --output NAME/monitoring",
    "warm NAME/export --format json",
    "config NAME/export --config NAME/NAME.toml",
    "fleet NAME/fleet.toml --store NAME/results --format json --run one",
    "fix NAME/export --unsafe --diff",
    "fix NAME/NAME.zip --unsafe --output NAME/fixed.zip",
    "fix NAME/export --unsafe",
]


def lay_out(folder: Path, name: str) -> None:
    """A repository with an export and all that commands read beside it, under a name."""
    root = folder / name
    shutil.copytree(EXPORT, root / "export")
    chart = min((root / "export" / "charts").iterdir())
    chart.rename(chart.with_name(f"{name}.yaml"))
    with zipfile.ZipFile(root / f"{name}.zip", "w") as archive:
        for path in sorted(EXPORT.rglob("*.yaml")):
            archive.write(path, f"export/{path.relative_to(EXPORT).as_posix()}")
    shutil.copy(CATALOG, root / f"{name}.sql")
    shutil.copy(LOG, root / f"{name}.log")
    shutil.copy(CONFIG / "superset_config.py", root)
    (root / f"{name}.toml").write_text('persona = "pedantic"\n', encoding="utf-8")
    (root / "fleet.toml").write_text('[[workspaces]]\nname = "one"\npath = "export"\n', encoding="utf-8")
    person = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    for words in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message=all")):
        subprocess.run(["git", *person, *words], cwd=folder, check=True)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Result]]:
    """What the calls do where the name is one that nothing could stumble over."""
    return all_calls(tmp_path_factory.mktemp("usual"), "plain")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(TEXT, id="text"),
        pytest.param(
            BYTES,
            id="bytes",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="names are text on this system"),
        ),
    ],
)
def test_commands_work_whatever_files_are_called(
    name: str, usual: tuple[Path, list[Result]], tmp_path: Path
) -> None:
    folder, results = all_calls(tmp_path, name)
    for call, result, expected in zip(CALLS, results, usual[1], strict=True):
        assert result == expected, call
    assert files(folder, name) == files(usual[0], "plain")


def all_calls(folder: Path, name: str) -> tuple[Path, list[Result]]:
    lay_out(folder, name)
    return folder, [result(folder, call, name) for call in CALLS]


def result(folder: Path, call: str, name: str) -> Result:
    words = [word.replace("NAME", name) for word in call.split()]
    done = subprocess.run(
        [sys.executable, "-m", "dashlint", *words],
        cwd=folder,
        capture_output=True,
        check=False,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
    )
    out, errors = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    assert done.returncode in (0, 1), errors
    sizes: dict[str, int] = {}
    if "--format json" in call:
        document = json.loads(out)
        sizes = {key: len(value) for key, value in document.items() if isinstance(value, list | dict)}
    return Result(done.returncode, errors.count("\n"), sizes)


def files(folder: Path, name: str) -> set[str]:
    """What lies there, git's own files aside."""
    paths = (path.relative_to(folder) for path in folder.rglob("*"))
    return {str(path).replace(name, "plain") for path in paths if path.parts[0] != ".git"}
