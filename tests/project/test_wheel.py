"""What people install: one wheel, two packages, and everything that `dashlint demo` needs offline."""

from __future__ import annotations

import configparser
import email
import os
import subprocess
import sys
import zipfile
from email.message import Message
from pathlib import Path

import pytest

from dashlint import __version__

ROOT = Path(__file__).parents[2]
INFO = f"dashlint-{__version__}.dist-info"
DATA = f"dashlint-{__version__}.data"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution: so both are complete."""
    folder = tmp_path_factory.mktemp("dist")
    build = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout + build.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel puts into site-packages."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def python(installed: Path, code: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run code against the unpacked wheel, which goes before the checkout on sys.path."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_else_lands_in_site_packages(names: list[str]) -> None:
    assert {name.split("/")[0] for name in names} == {"dashlint", "dashlint_rules", INFO, DATA}
    assert {name.removeprefix(f"{DATA}/data/") for name in names if name.startswith(DATA)} == {
        f"share/man/man1/{path.name}" for path in (ROOT / "docs" / "man").iterdir()
    }


def test_every_module_is_in_it(names: list[str]) -> None:
    modules = {
        path.relative_to(root).as_posix()
        for root in (ROOT / "analyzer", ROOT / "rules")
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert modules <= set(names)


def test_it_is_typed_and_licensed(names: list[str]) -> None:
    assert {"dashlint/py.typed", "dashlint_rules/py.typed", f"{INFO}/licenses/LICENSE"} <= set(names)


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        return email.message_from_bytes(archive.read(f"{INFO}/METADATA"))


def test_version_has_one_source(metadata: Message) -> None:
    assert metadata["Version"] == __version__


def test_drivers_come_only_with_an_extra(metadata: Message) -> None:
    always = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    drivers = ("sqlalchemy", "psycopg", "pymysql", "duckdb")
    assert always
    assert [line for line in always if line.lower().startswith(drivers)] == []


def test_rules_come_in_by_the_entry_point(wheel: Path) -> None:
    entry_points = configparser.ConfigParser()
    with zipfile.ZipFile(wheel) as archive:
        entry_points.read_string(archive.read(f"{INFO}/entry_points.txt").decode())
    assert dict(entry_points["dashlint.rules"]) == {"builtin": "dashlint_rules"}
    assert dict(entry_points["console_scripts"]) == {"dashlint": "dashlint.cli.main:console"}


def test_the_wheel_runs_on_its_own(installed: Path, tmp_path: Path) -> None:
    code = (
        "import dashlint, dashlint_rules\n"
        "print(dashlint.__file__, dashlint_rules.__file__)\n"
        "from dashlint.cli.main import main; main()"
    )
    result = python(installed, code, "--version", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    origins, version = result.stdout.splitlines()
    assert all(Path(origin).is_relative_to(installed) for origin in origins.split())
    assert version == f"dashlint {__version__}"


def test_demo_works_from_the_wheel_without_network(installed: Path, tmp_path: Path) -> None:
    code = (
        "import socket\n"
        "def refuse(*_): raise SystemExit('the demo wanted to open a connection')\n"
        "socket.socket.connect = refuse\n"
        "from dashlint.cli.main import main; main()"
    )
    result = python(installed, code, "demo", cwd=tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr  # 1: it has findings, as an example should
    assert "DL" in result.stdout
