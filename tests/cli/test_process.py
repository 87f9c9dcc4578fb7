"""The installed command ends at once: with its exit code, and with all that it had to say."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashlint.cli import inputs, process, servers
from tests.paths import FIXTURES

EXPORT = str(FIXTURES / "rules" / "DL101" / "flagged")


def ended(
    *words: str, code: str = "", stdout: int | None = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    program = f"{code}\nfrom dashlint.cli.main import console; console()"
    return subprocess.run(
        [sys.executable, "-c", program, *words], stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
    )


@pytest.mark.parametrize(
    ("words", "status"), [(["--version"], 0), (["scan", EXPORT], 1), (["scan", EXPORT, "--no-such"], 2)]
)
def test_exit_codes_arrive(words: list[str], status: int) -> None:
    assert ended(*words).returncode == status


def test_the_report_is_whole() -> None:
    assert json.loads(ended("scan", "--format", "json", EXPORT).stdout)["findings"]


def test_python_does_not_take_everything_apart_before_it_ends() -> None:
    late = "import atexit; atexit.register(print, 'taken apart')"
    assert "taken apart" not in ended("--version", code=late).stdout


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "words", [["--version"], ["--help"], ["rules"], ["scan", EXPORT], ["scan", EXPORT, "--format", "json"]]
)
def test_a_full_disk_is_a_sentence(
    words: list[str], unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    with full.open("w") as device:
        found = ended(*words, stdout=device.fileno())
    assert found.returncode == 2
    assert found.stderr.endswith("dashlint: error: the output cannot be written: No space left on device\n")
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("format", ["terminal", "json"])
def test_a_reader_that_has_seen_enough_is_no_error(format: str) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        found = ended("scan", EXPORT, "--format", format, stdout=write)
    finally:
        os.close(write)
    assert found.returncode == 0
    assert "Traceback" not in found.stderr
    assert "Exception ignored" not in found.stderr


def test_reading_leaves_the_collector_as_it_was() -> None:
    assert gc.isenabled()
    before = gc.get_threshold()
    with inputs.opened([Path(EXPORT)], servers.ServerOptions()) as read:
        assert read.workspace.dashboards
        assert gc.isenabled()
        # What was read is not searched again.
        assert gc.get_freeze_count() > 0
    gc.unfreeze()
    assert gc.get_threshold() == before


def test_a_command_that_read_much_may_make_much() -> None:
    before = gc.get_threshold()
    try:
        gc.set_threshold(process.GARBAGE_THRESHOLD)
        much: list[list[int]] = [[] for _ in range(process.GARBAGE_THRESHOLD)]
        process.keep_what_was_read()
        assert gc.get_threshold()[0] > len(much)
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
