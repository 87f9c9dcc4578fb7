"""A fleet on real workers: a real Redis, two Celery processes, one of which is killed in the middle."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.catalog.databases import postgres_database
from tests.live.test_capacity_files import redis
from tests.paths import ROOT

pytest.importorskip("celery")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("fleet-workers")]
EXPORT = ROOT / "tests" / "data" / "exports" / "assets.zip"
WORKSPACES = 6
#: Seconds after which Redis brings a message to another worker: longer than one scan takes here.
VISIBILITY = 12


class Worker(NamedTuple):
    """A Celery worker, with its own log."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def received(self) -> list[str]:
        return re.findall(r"Task dashlint\.fleet\.scan\[(\S+)\] received", self.said())

    def finished(self) -> list[str]:
        return re.findall(r"Task dashlint\.fleet\.scan\[(\S+)\] succeeded", self.said())

    def kill(self) -> None:
        """As the kernel does when memory runs out: all of it, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)


class Fleet(NamedTuple):
    """An inventory, where its results go, and workers to start."""

    folder: Path
    environ: dict[str, str]
    start: Callable[[str], Worker]

    def dashlint(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dashlint", "fleet", *words],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def report(self, run: str) -> dict[str, dict[str, object]]:
        done = self.dashlint("--report", run, "--format", "json")
        assert done.returncode in (0, 1), done.stderr
        return {each["name"]: each for each in json.loads(done.stdout)["workspaces"]}


@pytest.fixture(params=["folder", "postgresql"])
def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fleet]:
    lines = []
    for number in range(WORKSPACES):
        shutil.copy(EXPORT, tmp_path / f"{number}.zip")
        lines += ["[[workspaces]]", f'name = "tenant-{number}"', f'path = "{number}.zip"', ""]
    lines += ["[[workspaces]]", 'name = "down"', 'url = "http://127.0.0.1:9"', 'password-env = "DOWN"', ""]
    (tmp_path / "fleet.toml").write_text("\n".join([*lines, 'username = "x"']), encoding="utf-8")
    (tmp_path / "redis.conf").write_text('save ""\nappendonly no\n', encoding="utf-8")
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(redis(tmp_path / "redis.conf", tmp_path))
        store = str(tmp_path / "results")
        if request.param == "postgresql":
            store = stack.enter_context(postgres_database("fleet_celery")).url
        environ = {
            **os.environ,
            "DASHLINT_FLEET_BROKER": f"redis://127.0.0.1:{port}/3",
            "DASHLINT_FLEET_STORE": store,
            "DASHLINT_FLEET_INVENTORY": str(tmp_path / "fleet.toml"),
            "DASHLINT_FLEET_VISIBILITY": str(VISIBILITY),
            "DOWN": "s3cret",
        }

        def start(name: str) -> Worker:
            words = ["-A", "dashlint.fleet.celery", "worker", "--concurrency=1", f"--hostname={name}@%h"]
            with (tmp_path / f"{name}.log").open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "celery", *words, "--loglevel=INFO"],
                    cwd=tmp_path,
                    env=environ,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            worker = Worker(process, tmp_path / f"{name}.log")
            stack.callback(worker.kill)
            return worker

        yield Fleet(tmp_path, environ, start)


def wait_until(condition: Callable[[], bool], seconds: float, *workers: Worker) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "\n".join(worker.said() for worker in workers)
        time.sleep(0.2)


def test_a_killed_worker_loses_nothing_and_nothing_is_kept_twice(fleet: Fleet) -> None:
    alone = subprocess.run(
        [sys.executable, "-m", "dashlint", "scan", str(EXPORT), "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=fleet.folder,
    )
    expected = Counter(
        (f["rule"], f["asset"]["uuid"], f["location"]["field"] or "")
        for f in json.loads(alone.stdout)["findings"]
    )
    assert expected

    sent = fleet.dashlint("fleet.toml", "--enqueue")
    assert sent.returncode == 0, sent.stderr
    run = sent.stdout.strip()
    assert all(each["state"] == "waiting" for each in fleet.report(run).values())

    first, second = fleet.start("first"), fleet.start("second")
    # In the middle: it has done one, and is at another.
    wait_until(
        lambda: bool(first.finished()) and len(first.received()) > len(first.finished()), 120, first, second
    )
    first.kill()
    lost = set(first.received()) - set(first.finished())
    assert len(lost) >= 1
    wait_until(lambda: len(done(fleet.report(run))) == WORKSPACES, 180, first, second)
    assert lost <= set(second.received())

    kept = fleet.report(run)
    assert done(kept) == [f"tenant-{number}" for number in range(WORKSPACES)]
    for name in done(kept):
        each = kept[name]
        found = Counter(
            (f["rule"], f["asset"]["uuid"], f["field"])
            for f in each["findings"]  # type: ignore[attr-defined]
        )
        assert found == expected

    # A server that is down is tried again, by whichever worker is there.
    wait_until(lambda: fleet.report(run)["down"]["attempts"] in (2, 3), 120, second)
    assert fleet.report(run)["down"]["failure"]["kind"] == "connection-refused"  # type: ignore[index]
    assert "down of run" in second.said()
    assert "s3cret" not in first.said() + second.said()

    # Sent once more, only what is not done is sent.
    again = fleet.dashlint("fleet.toml", "--enqueue", "--run", run)
    assert again.stdout.strip() == run
    assert f"1 of {WORKSPACES + 1} workspaces wait" in again.stderr
    after = fleet.report(run)
    assert {name: after[name] for name in done(kept)} == {name: kept[name] for name in done(kept)}


def done(report: dict[str, dict[str, object]]) -> list[str]:
    return [name for name, each in report.items() if each["state"] == "done"]
