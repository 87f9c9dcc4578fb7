"""One workspace in its own process: what it gets, and how it may end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dashlint.fleet import child
from dashlint.fleet.model import DONE, Failure, Inventory, Result, Workspace
from tests.paths import ROOT

EXPORT = str(ROOT / "tests" / "data" / "exports" / "assets.zip")


def around(folder: Path, *workspaces: Workspace, **environ: str) -> child.Surroundings:
    inventory = Inventory(str(folder / "fleet.toml"), workspaces)
    return child.surroundings(inventory, {**os.environ, **environ})


def test_a_process_gets_its_own_secrets_and_nobody_elses(tmp_path: Path) -> None:
    mine = Workspace("mine", url="https://a", username="me", secrets={"password": "A_PASSWORD"})
    other = Workspace("other", url="https://b", username_env="B_USER", secrets={"token": "B_TOKEN"})
    given = around(
        tmp_path,
        mine,
        other,
        A_PASSWORD="one",
        B_TOKEN="two",
        B_USER="three",
        DASHLINT_TOKEN="four",
        DASHLINT_FLEET_STORE="five",
        HTTPS_PROXY="http://proxy",
    )
    environ = child.environment(mine, given)
    assert not isinstance(environ, Failure)
    assert environ["DASHLINT_USERNAME"] == "me"
    assert environ["DASHLINT_PASSWORD"] == "one"
    assert environ["HTTPS_PROXY"] == "http://proxy"
    assert not {"A_PASSWORD", "B_TOKEN", "B_USER", "DASHLINT_TOKEN", "DASHLINT_FLEET_STORE"} & set(environ)
    environ = child.environment(other, given)
    assert not isinstance(environ, Failure)
    assert (environ["DASHLINT_USERNAME"], environ["DASHLINT_TOKEN"]) == ("three", "two")
    assert "DASHLINT_PASSWORD" not in environ


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    workspace = Workspace("w", url="https://a", username="me", secrets={"password": "NOT_SET_ANYWHERE"})
    result = child.scan(workspace, around(tmp_path, workspace))
    assert result.failure is not None
    assert "NOT_SET_ANYWHERE" in result.failure.message
    assert (result.failure.exit_code, result.failure.transient) == (4, False)


def test_a_scan_brings_figures_and_the_whole_report(tmp_path: Path) -> None:
    workspace = Workspace("w", paths=(EXPORT,))
    result = child.scan(workspace, around(tmp_path, workspace), report=tmp_path / "deep" / "report.json")
    assert result.state == DONE, result
    assert result.figures is not None
    assert (result.figures.dashboards, result.figures.charts) == (9, 103)
    assert len(result.findings) == result.figures.errors + result.figures.warnings + result.figures.infos
    assert (tmp_path / "deep" / "report.json").exists()
    assert result.cpu is not None
    assert result.cpu > 0


def test_memory_is_that_of_the_scan(tmp_path: Path) -> None:
    """Not that of who started it."""
    held = bytearray(b"x" * 2**29)
    workspace = Workspace("w", paths=(EXPORT,))
    result = child.scan(workspace, around(tmp_path, workspace))
    assert result.memory is not None
    assert 2**24 < result.memory < len(held)


def test_a_deadline_ends_it(tmp_path: Path) -> None:
    workspace = Workspace("w", paths=(EXPORT,), deadline=0.01)
    result = child.scan(workspace, around(tmp_path, workspace))
    assert result.failure is not None
    assert result.failure.kind == "deadline"


def test_a_run_that_is_stopped_ends_it(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    workspace = Workspace("w", paths=(EXPORT,))
    result = child.scan(workspace, around(tmp_path, workspace), stop=stop)
    assert result.failure is not None
    assert result.failure.kind == "interrupted"


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
def test_a_killed_process_is_that_workspaces_problem(tmp_path: Path) -> None:
    workspace = Workspace("w", paths=(EXPORT,))
    found: list[Result] = []
    thread = threading.Thread(target=lambda: found.append(child.scan(workspace, around(tmp_path, workspace))))
    thread.start()
    os.kill(_child_of(os.getpid()), signal.SIGKILL)
    thread.join(30)
    failure = found[0].failure
    assert failure is not None
    assert failure.kind == "killed"
    assert "memory" in failure.message
    assert failure.transient


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
def test_a_process_ends_with_its_parent(tmp_path: Path) -> None:
    """A worker that is killed leaves nothing behind that goes on to ask servers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        code = f"""
import os
from dashlint.fleet import child
from dashlint.fleet.model import Inventory, Workspace

w = Workspace("w", url="http://127.0.0.1:{port}", username="x", secrets={{"password": "X"}}, timeout=600)
child.scan(w, child.surroundings(Inventory({str(tmp_path / "x.toml")!r}, (w,)), {{**os.environ, "X": "y"}}))
"""
        _ends_with_parent(code, silent)


def _ends_with_parent(code: str, server: socket.socket) -> None:
    parent = subprocess.Popen([sys.executable, "-c", code])
    grandchild = _child_of(parent.pid)
    connection, _ = server.accept()  # now it waits for an answer, ten minutes if it has to
    parent.kill()
    parent.wait(10)
    until = time.monotonic() + 20
    while Path(f"/proc/{grandchild}/stat").exists() and _state(grandchild) != "Z":
        assert time.monotonic() < until
        time.sleep(0.1)
    connection.close()


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def _child_of(pid: int) -> int:
    """The scanning process below another, once there is one."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for number in (task / "children").read_text().split():
                if b"fleet_child" in Path(f"/proc/{number}/cmdline").read_bytes():
                    return int(number)
        time.sleep(0.02)
    raise AssertionError("no process was started")
