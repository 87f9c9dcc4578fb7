"""A run that is killed, wherever that happens, leaves every file whole: the old one or the new one."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashlint.atomic import PREFIX, SUFFIX, write_whole
from tests.cli.test_fix import EXPORT, PIE

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")

#: Runs dashlint, and kills it at the n-th thing that it does to a file below the working directory.
KILLED = """
import os, signal, sys

limit, left = int(sys.argv[1]), int(sys.argv[1])
here = os.path.realpath(os.getcwd())

def count():
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

def watch(event, arguments):
    if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        if str(arguments[0]).startswith(here) or not os.path.isabs(str(arguments[0])):
            count()
    elif event in ("os.rename", "os.chmod", "os.chown", "os.remove", "os.link"):
        count()

def synced(handle, real=os.fsync):
    count()
    real(handle)
    count()

os.fsync = synced
sys.addaudithook(watch)
from dashlint.cli.main import main
sys.argv = ["dashlint", *sys.argv[2:]]
main()
"""
OLD = b"old\n" * 50_000


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def prepared(folder: Path) -> Path:
    folder.mkdir()
    shutil.copytree(EXPORT, folder / "export")
    shutil.copytree(PIE, folder / "pie")
    with zipfile.ZipFile(folder / "pie.zip", "w") as target:
        for path in sorted(PIE.rglob("*.yaml")):
            # Without the time, which would be another one in each copy.
            target.writestr(zipfile.ZipInfo(str(path.relative_to(PIE.parent))), path.read_bytes())
    (folder / "monitoring").mkdir()
    for name in ("report.json", "report.html", "baseline.json", "catalog.json", "monitoring/README.md"):
        (folder / name).write_bytes(OLD)
    with contextlib.closing(sqlite3.connect(folder / "shop.db")) as database:
        database.execute("CREATE TABLE orders (ds DATE, amount INTEGER)")
    (folder / "target.md").write_bytes(OLD)
    (folder / "link.md").symlink_to("target.md")
    return folder


def kinds_of_end(folder: Path, *words: str, step: int = 1) -> Iterator[int]:
    """Kills a command at points at which it touches a file, from the first to the last."""
    for point in range(1, 300, step):
        here = prepared(folder / str(point))
        result = subprocess.run(
            [sys.executable, "-c", KILLED, str(point), *words],
            cwd=here,
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert result.returncode in {0, 1, -signal.SIGKILL}, result.stderr.decode()
        yield point
        if result.returncode >= 0:
            return
    raise AssertionError("the command does not come to an end")


COMMANDS = {
    "fix of a folder": ("fix", "pie", "--unsafe", "--select", "DL302"),
    "fix of a ZIP": ("fix", "pie.zip", "--unsafe", "--select", "DL302", "--output", "fixed.zip"),
    "reports": (*("scan", "pie", "-q", "--output", "json=report.json", "--output", "markdown=link.md"),),
    "baseline": ("baseline", "pie", "-o", "baseline.json"),
    "configuration": ("init", "export"),
    "catalog": ("catalog", "snapshot", "--db", "sqlite:///shop.db", "--output", "catalog.json"),
    "monitoring": ("monitor", "export", "--output", "monitoring", "--force"),
}
#: Of a command that writes many files alike, not every point.
STEPS = {"monitoring": 11}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_killed_run_leaves_files_whole(tmp_path: Path, command: str) -> None:
    before = contents(prepared(tmp_path / "before"))
    done = prepared(tmp_path / "done")
    ended = subprocess.run(
        [sys.executable, "-m", "dashlint", *COMMANDS[command]],
        cwd=done,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode in {0, 1}, ended.stderr.decode()
    after = contents(done)
    assert after != before
    points = 0
    for points in kinds_of_end(tmp_path, *COMMANDS[command], step=STEPS.get(command, 1)):
        folder = tmp_path / str(points)
        for name, data in contents(folder).items():
            file = Path(name)
            if file.name.startswith(PREFIX) and file.name.endswith(SUFFIX):
                continue
            assert data in (before.get(name), after.get(name)), f"{name} is neither the old nor the new one"
        assert before.keys() <= contents(folder).keys(), "none is lost"
        assert (folder / "link.md").is_symlink()
    assert points > 4


def test_a_kill_at_any_moment_leaves_a_file_whole(tmp_path: Path) -> None:
    """Two large files take each other's place until a signal ends it, at moments that nobody chose."""
    path = tmp_path / "file"
    code = (
        "import sys; from pathlib import Path; from dashlint.atomic import write_whole\n"
        "while True:\n for data in (b'a', b'b'): write_whole(Path(sys.argv[1]), data * 3_000_000)\n"
    )
    chance = random.Random(8)
    for _ in range(8):
        process = subprocess.Popen([sys.executable, "-c", code, str(path)])
        try:
            while not path.exists():
                time.sleep(0.01)
            time.sleep(chance.random() / 5)
        finally:
            process.kill()
            process.wait(60)
        assert path.read_bytes() in (b"a" * 3_000_000, b"b" * 3_000_000)
        path.unlink()
    left = [one.name for one in tmp_path.iterdir()]
    assert all(name.startswith(PREFIX) and name.endswith(SUFFIX) for name in left)


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to("target")
    write_whole(link, b"new")
    assert link.is_symlink()
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new", 0o640)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link", "target"]


def test_nothing_is_left_where_nothing_could_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])
