"""Kills and memory errors, in real logs and in lines as the programs write them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.incidents.kills import Kills
from dashlint.incidents.model import Incident
from dashlint.incidents.moments import Clock, age, moment

DATA = Path(__file__).parent / "data"
WRITTEN = datetime(2026, 11, 27, 12, tzinfo=timezone.utc)
CLOCK = Clock(timezone.utc, WRITTEN)


def kills(text: str) -> list[Incident]:
    found = Kills("log", CLOCK)
    for number, line in enumerate(text.splitlines(), 1):
        found.line(line, number)
    return found.found


def test_a_real_gunicorn_whose_worker_was_killed() -> None:
    (one,) = kills((DATA / "gunicorn-killed.log").read_text("utf-8"))
    assert (one.kind, one.process, one.line) == ("sigkill", "1567", 6)
    assert one.at == datetime(2026, 11, 27, 7, 3, 39, tzinfo=timezone.utc)


def test_a_real_gunicorn_that_killed_a_slow_worker_itself() -> None:
    """gunicorn then asks “Perhaps out of memory?” as well: it was not."""
    text = (DATA / "gunicorn-timeout.log").read_text("utf-8")
    assert "(pid:1615) was sent SIGKILL! Perhaps out of memory?" in text
    assert [one.kind for one in kills(text)] == ["timeout"]


def test_a_real_worker_that_got_no_memory() -> None:
    """The last line of a traceback has no time: that of the entry counts."""
    (one,) = kills((DATA / "gunicorn-memory-error.log").read_text("utf-8"))
    assert (one.kind, one.what) == ("memory-error", "Python: MemoryError")
    assert one.at == datetime(2026, 11, 27, 7, 3, 55, tzinfo=timezone.utc)


def test_a_real_superset_that_got_no_memory_for_charts() -> None:
    """Superset 6.1.0 under RLIMIT_AS warns, answers the browser with an error 400, and goes on."""
    text = (DATA / "superset-memory-error.log").read_text("utf-8")
    first, _, second = text.partition("2026-11-27 11:55:57,495:WARNING")
    (arrow,) = kills(first)
    assert (arrow.kind, arrow.what) == ("memory-error", "Arrow: no memory for a frame")
    (driver,) = kills("2026-11-27 11:55:57,495:WARNING" + second)
    assert (driver.kind, driver.what) == ("memory-error", "Python: MemoryError")
    assert [one.at and one.at.replace(microsecond=0) for one in (arrow, driver)] == [
        datetime(2026, 11, 27, 11, 55, at, tzinfo=timezone.utc) for at in (55, 57)
    ]


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("dmesg-gunicorn.log", None),  # seconds since the start of the machine tell no time of day
        ("dmesg-gunicorn-T.log", datetime(2026, 11, 27, 11, 1, 2, tzinfo=timezone.utc)),
        ("dmesg-gunicorn-iso.log", datetime(2026, 11, 27, 11, 1, 2, 268256, tzinfo=timezone.utc)),
    ],
)
def test_a_real_kernel_that_killed_a_worker(name: str, at: datetime | None) -> None:
    """Linux 6.18, as dmesg, dmesg -T and dmesg --time-format=iso print it; gunicorn's log tells it, too."""
    (one,) = kills((DATA / name).read_text("utf-8"))
    assert (one.kind, one.process, one.bytes) == ("oom-kill", "13067", 159_260 * 1024)
    assert (None if one.at is None else one.at.replace(microsecond=0)) == (at and at.replace(microsecond=0))
    (told,) = kills((DATA / "gunicorn-oom.log").read_text("utf-8"))
    assert (told.kind, told.process) == ("sigkill", "13067")
    assert told.at == datetime(2026, 11, 27, 11, 1, 2, tzinfo=timezone.utc)


def test_a_real_celery_whose_child_the_kernel_killed() -> None:
    """The child's end, the task's error and its traceback (Celery 5.7) are one kill."""
    (one,) = kills((DATA / "celery-killed.log").read_text("utf-8"))
    assert (one.kind, one.process) == ("sigkill", "13738")
    assert one.at is not None
    assert one.at.replace(microsecond=0) == datetime(2026, 11, 27, 11, 1, 42, tzinfo=timezone.utc)
    (kernel,) = kills((DATA / "dmesg-celery.log").read_text("utf-8"))
    assert (kernel.kind, kernel.process, kernel.bytes) == ("oom-kill", "13738", 146_036 * 1024)


KERNEL = """\
[Fri Nov 27 06:25:34 2026] gunicorn invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=969
[Fri Nov 27 06:25:34 2026] oom-kill:constraint=CONSTRAINT_MEMCG,cpuset=a,task=gunicorn,pid=4711,uid=0
[Fri Nov 27 06:25:34 2026] Memory cgroup out of memory: Killed process 4711 (gunicorn) total-vm:3000000kB, \
anon-rss:2097152kB, file-rss:1024kB, shmem-rss:0kB, UID:0 pgtables:4300kB oom_score_adj:969
"""


@pytest.mark.parametrize(
    "stamp", ["[Fri Nov 27 06:25:34 2026]", "[12345.678901]", "Nov 27 06:25:34 host kernel:"]
)
def test_the_kernels_lines_are_one_kill(stamp: str) -> None:
    (one,) = kills(KERNEL.replace("[Fri Nov 27 06:25:34 2026]", stamp))
    assert (one.kind, one.process, one.bytes) == ("oom-kill", "4711", 2 * 2**30)
    expected = None if stamp.startswith("[1") else datetime(2026, 11, 27, 6, 25, 34, tzinfo=timezone.utc)
    assert one.at == expected


POD = """\
Name:             superset-6f7d
Status:           Running
    State:          Running
      Started:      Fri, 27 Nov 2026 06:26:01 +0000
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
      Started:      Fri, 27 Nov 2026 05:00:00 +0000
      Finished:     Fri, 27 Nov 2026 07:25:59 +0100
"""


def test_a_described_pod_is_one_kill_at_its_end() -> None:
    (one,) = kills(POD)
    assert (one.kind, one.process) == ("oom-kill", "superset-6f7d")
    assert one.at == datetime(2026, 11, 27, 6, 25, 59, tzinfo=timezone.utc)


def test_ages_of_events_are_near_the_time_of_the_file() -> None:
    (one,) = kills(
        "LAST SEEN   TYPE      REASON      OBJECT     MESSAGE\n5m    Warning   OOMKilling  node/n1   Memory"
    )
    assert (one.at, one.about, one.process) == (WRITTEN - timedelta(minutes=5), True, "n1")
    assert age("2m13s") == timedelta(seconds=133)


@pytest.mark.parametrize(
    ("columns", "process"),
    [
        # Of kubelet (pkg/kubelet/oom), and of node-problem-detector, which repeats the kernel's line.
        ("57m  Warning  SystemOOM  node/n1  System OOM encountered, victim process: gunicorn, pid: 77", "77"),
        (
            (
                "default  57m  Warning  OOMKilling  node/n1  Memory cgroup out of memory: Killed process 77 "
                "(gunicorn) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB"
            ),
            "77",
        ),
        ("57m  Warning  SystemOOM  node/n1  System OOM encountered", None),
    ],
)
def test_events_that_name_a_process(columns: str, process: str | None) -> None:
    (one,) = kills(columns)
    assert (one.kind, one.process, one.about) == ("oom-kill", process, True)
    assert one.at == WRITTEN - timedelta(minutes=57)


@pytest.mark.parametrize(
    ("line", "kind", "process"),
    [
        (
            "[2026-11-27 06:25:34] Process 'ForkPoolWorker-3' pid:31 exited with 'signal 9 (SIGKILL)'",
            "sigkill",
            "31",
        ),
        (
            (
                "[2026-11-27 06:25:34,123: ERROR/MainProcess] Task handler raised error: "
                "WorkerLostError('Worker exited prematurely: signal 9 (SIGKILL) Job: 3.')"
            ),
            "sigkill",
            None,
        ),
        (
            "2026-11-27T06:25:34.123456789Z container die 0123456789ab0123 (exitCode=137, name=web)",
            "sigkill",
            "web",
        ),
        ("2026-11-27T06:25:34Z container oom 0123456789ab0123 (image=superset, name=web)", "oom-kill", "web"),
        (
            (
                '{"Type":"container","Action":"die","Actor":{"ID":"0123456789ab","Attributes":{"exitCode":"137",'
                '"name":"web"}},"timeNano":1795760734000000000}'
            ),
            "sigkill",
            "web",
        ),
        (
            "2026-11-27 06:25:34 UTC [1] LOG:  server process (PID 77) was terminated by signal 9: Killed",
            "sigkill",
            "77",
        ),
        (
            (
                '2026-11-27 06:25:34 UTC [1] LOG:  background worker "parallel worker" (PID 78) was '
                "terminated by signal 9: Killed"
            ),
            "sigkill",
            "78",
        ),
        (
            "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 1.2 GiB for an array",
            "memory-error",
            "1.2 GiB",
        ),
        ('{"log":"MemoryError\\n","stream":"stderr","time":"2026-11-27T06:25:34.1Z"}', "memory-error", None),
    ],
)
def test_one_line(line: str, kind: str, process: str | None) -> None:
    (one,) = kills(line)
    assert (one.kind, one.process) == (kind, process)


@pytest.mark.parametrize(
    "line",
    [
        "[2026-11-27 06:25:34 +0000] [7] [INFO] Worker (pid:9) was sent SIGTERM!",
        "2026-11-27T06:25:34Z container die 0123456789ab (exitCode=0, name=web)",
        "except MemoryErrorHandler as error:",
        "GET /api/v1/chart/137 memory",
        "      Exit Code:    1",
    ],
)
def test_no_kill(line: str) -> None:
    assert not kills(line)


@given(st.lists(st.text(max_size=80), max_size=30))
def test_any_text_is_read(lines: list[str]) -> None:
    found = Kills("log", CLOCK)
    for number, line in enumerate(lines, 1):
        found.line(line, number)
        moment(line, CLOCK)
        age(line)
