"""What is installed with dashlint has a reason, and what it is tested with is locked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = ROOT / "requirements" / "dev.txt"


def names(requirements: list[str]) -> set[str]:
    """Names of packages as indexes write them."""
    found = (re.match(r"[A-Za-z0-9._-]+", line) for line in requirements)
    return {re.sub(r"[-_.]+", "-", match.group()).lower() for match in found if match is not None}


def locked() -> set[str]:
    return names(re.findall(r"^[A-Za-z0-9._-]+(?===)", LOCK.read_text(encoding="utf-8"), re.MULTILINE))


def test_every_dependency_has_a_reason() -> None:
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    table = page.partition("## What is installed with it")[2].partition("**No telemetry")[0]
    told = re.findall(r"^\| `([^`]+)` \| \S", table, re.MULTILINE)
    assert names(told) == names(PROJECT["project"]["dependencies"])
    assert told == sorted(told)


@pytest.mark.parametrize("group", ["dev", "docs"])
def test_what_tests_run_with_is_locked(group: str) -> None:
    wanted = [line for line in PROJECT["dependency-groups"][group] if isinstance(line, str)]
    assert names(wanted) | names(PROJECT["project"]["dependencies"]) <= locked()


def test_the_lock_holds_hashes_and_no_addresses() -> None:
    text = LOCK.read_text(encoding="utf-8")
    packages = re.findall(r"^[A-Za-z0-9._-]+==", text, re.MULTILINE)
    entries = re.split(r"^(?=[A-Za-z0-9._-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(packages) == len(entries) > 100
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text


#: Runs a command with an ear at everything that leaves the process, and lists it on the last line.
EAR = """
import json, sys
heard = []
NAMES = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
sys.addaudithook(lambda name, args: heard.append(name) if name in NAMES else None)
from dashlint.cli.main import main
code = 0
try:
    main()
except SystemExit as exit:
    code = exit.code
print(json.dumps([code, heard]), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "words",
    [["scan"], ["scan", "--plan"], ["cost"], ["trace"], ["capacity", "--viewers", "5"], ["warm"]],
    ids=" ".join,
)
def test_no_telemetry(words: list[str], tmp_path: Path) -> None:
    """Reading exports asks nobody anything: no name is looked up, no connection opened."""
    command, *options = words
    export = ROOT / "tests" / "data" / "exports" / "assets.zip"
    arguments = [sys.executable, "-c", EAR, command, str(export), *options]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=True)
    code, heard = json.loads(done.stderr.splitlines()[-1])
    assert code in {None, 0, 1}
    assert heard == []


def test_the_ear_hears(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", EAR, "scan", "--url", "http://127.0.0.1:9", "--username", "x"]
    environment = {**os.environ, "DASHLINT_PASSWORD": "x"}
    done = subprocess.run(
        arguments, cwd=tmp_path, capture_output=True, text=True, check=True, env=environment
    )
    assert "socket.connect" in json.loads(done.stderr.splitlines()[-1])[1]
