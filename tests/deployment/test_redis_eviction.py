"""What DL605 and DL606 say of a full Redis, as the real server does it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

REDIS = shutil.which("redis-server")
#: Bytes of one entry, and how many of them are written: some twice ``maxmemory``.
ENTRY, ENTRIES, MAXMEMORY = 4096, 4096, 8 * 2**20

pytestmark = pytest.mark.skipif(REDIS is None, reason="no redis-server is installed")

Ask = Callable[[Sequence[str]], list[str]]


@pytest.fixture
def ask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ask]:
    """Sends commands to a Redis of its own, which is started with the options of the test's parameter."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    own = ["--port", port, "--dir", str(tmp_path), "--save", "", "--bind", "127.0.0.1"]
    server = subprocess.Popen([str(REDIS), *own, *request.param], stdout=subprocess.DEVNULL)

    def send(commands: Sequence[str]) -> list[str]:
        told = subprocess.run(
            ["redis-cli", "-p", port], input="\n".join(commands), capture_output=True, text=True, check=False
        )
        return [line for line in told.stdout.split("\n") if line]

    try:
        deadline = time.monotonic() + 10
        while send(["PING"]) != ["PONG"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield send
    finally:
        server.terminate()
        server.wait(timeout=10)


def options(policy: str | None) -> list[str]:
    # Redis drops the oldest of a few keys that it draws; of as many as it may draw, hardly ever another.
    said = ["--maxmemory-policy", policy, "--maxmemory-samples", "64"] if policy else []
    return ["--maxmemory", str(MAXMEMORY), *said]


def fill(ask: Ask) -> list[str]:
    """Queues a task, and then caches more than fits."""
    task = ["LPUSH celery task", "SADD _kombu.binding.celery celery", "XADD async-events-1 * data done"]
    assert len(ask(task)) == len(task)
    # Nobody takes the task for a while: the clock of LRU counts seconds.
    time.sleep(1.5)
    value = "x" * ENTRY
    return ask([f"SET superset_data_{number} {value} EX 3600" for number in range(ENTRIES)])


def kept(ask: Ask) -> list[str]:
    return ask(["EXISTS celery _kombu.binding.celery async-events-1"])


@pytest.mark.parametrize("ask", [options(None), options("noeviction")], indirect=True)
def test_without_eviction_a_full_redis_refuses_entries_and_tasks(ask: Ask) -> None:
    answers = fill(ask)
    assert answers[0] == "OK"
    assert answers[-1].startswith("OOM command not allowed when used memory > 'maxmemory'")
    # A few may fit where the buffers of a client that left were.
    value = "x" * ENTRY
    assert ask([f"LPUSH celery {value}"] * 100)[-1].startswith("OOM ")
    assert ask([f"XADD async-events-1 * data {value}"] * 100)[-1].startswith("OOM ")
    assert kept(ask) == ["3"]


@pytest.mark.parametrize("ask", [options("allkeys-lru")], indirect=True)
def test_allkeys_drops_the_queue_its_bindings_and_the_events(ask: Ask) -> None:
    assert set(fill(ask)) == {"OK"}
    assert kept(ask) == ["0"]
    # Nothing tells the one who waits.
    assert ask(["LLEN celery"]) == ["0"]


@pytest.mark.parametrize("ask", [options("volatile-lru")], indirect=True)
def test_volatile_drops_entries_of_caches_alone(ask: Ask) -> None:
    assert set(fill(ask)) == {"OK"}
    assert int(ask(["DBSIZE"])[0]) < ENTRIES
    assert kept(ask) == ["3"]


@pytest.mark.parametrize("ask", [["--maxmemory-policy", "allkeys-lru"]], indirect=True)
def test_without_maxmemory_nothing_is_dropped(ask: Ask) -> None:
    assert set(fill(ask)) == {"OK"}
    assert ask(["DBSIZE"]) == [str(ENTRIES + 3)]


@pytest.mark.parametrize("ask", [options("allkeys-lru")], indirect=True)
def test_databases_share_the_policy(ask: Ask) -> None:
    assert ask(["SELECT 2", "LPUSH celery task"]) == ["OK", "1"]
    time.sleep(1.5)
    assert set(fill(ask)) == {"OK"}
    assert ask(["SELECT 2", "EXISTS celery"]) == ["OK", "0"]


@pytest.mark.parametrize("ask", [["--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"]], indirect=True)
def test_a_full_redis_has_more_than_maxmemory_resident(ask: Ask) -> None:
    # Sizes of results differ: the allocator keeps pages of which it uses a part.
    sizes = (2000 + (number * 7919) % 60_000 for number in range(6000))
    commands = [f"SET superset_data_{number} {'x' * size} EX 3600" for number, size in enumerate(sizes)]
    assert set(ask(commands)) == {"OK"}
    memory = dict(line.strip().split(":", 1) for line in ask(["INFO memory"]) if ":" in line)
    assert int(memory["used_memory"]) > 0.9 * 64 * 2**20
    assert int(memory["used_memory_rss"]) > 1.15 * 64 * 2**20
