"""``redis.conf`` and command lines, as text and against the real server."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.assets.origin import Location
from dashlint.deployment.model import UNKNOWN
from dashlint.deployment.part import Source
from dashlint.deployment.redis_conf import command, read_redis_conf, settings, split

HERE = Location("compose.yaml", 7, 5, "services.redis.command")
REDIS = shutil.which("redis-server")

CONF = """\
# comment
MaxMemory   1500MB
maxmemory-policy "ALLKEYS-LFU"
save 900 1
save 300 10
  appendonly yes
proc-title-template "{title} \\x41 it\\"s"
requirepass 'it''s'
requirepass "secret pass"
hz 20
hz 30
"""


def test_options_stand_where_they_are_written() -> None:
    options, problems = settings(CONF, "redis.conf")
    assert options["maxmemory"].value == 1500 * 2**20
    assert options["maxmemory"].location == Location("redis.conf", 2, 1, "maxmemory")
    assert options["appendonly"].location[1:3] == (6, 3)
    assert options["maxmemory-policy"].value == "allkeys-lfu"
    assert options["save"].value == ["900 1", "300 10"]
    assert options["hz"].value == "30"
    assert [(one.kind, one.line) for one in problems] == [("unreadable-line", 8)]


def test_a_password_is_not_printed() -> None:
    options, _ = settings(CONF, "redis.conf")
    assert options["requirepass"].value == "secret pass"
    assert "secret pass" not in f"{options} {options['requirepass'].value}"


def test_arguments_win_over_the_file_and_the_file_is_named() -> None:
    conf, _ = settings("maxmemory 1gb\nhz 20\n", "redis.conf")
    program = command(
        ["/etc/redis.conf", "--maxmemory", "2gb", "--save", "60", "1", "--appendonly", "yes"], HERE, conf
    )
    assert {name: one.value for name, one in program.options.items()} == {
        "maxmemory": 2 * 2**30,
        "hz": "20",
        "save": ["60 1"],
        "appendonly": "yes",
        "config-file": "/etc/redis.conf",
    }
    assert program.options["hz"].location.file == "redis.conf"
    assert program.options["maxmemory"].location == HERE


def test_a_file_that_nobody_can_read_may_set_anything() -> None:
    assert command(["/etc/redis.conf"], HERE).options["config-file"].value is UNKNOWN


def test_what_a_shell_would_fill_in_is_unknown() -> None:
    assert command(["--maxmemory", "$SIZE"], HERE).options["maxmemory"].value is UNKNOWN


def test_an_include_is_a_problem_and_the_rest_goes_on() -> None:
    part = read_redis_conf(Source("redis.conf", "include /etc/common.conf\nmaxmemory 1gb\n"))
    assert [(one.kind, one.line) for one in part.problems] == [("not-followed", 1)]
    assert part.programs[0].options["maxmemory"].value == 2**30


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_read(text: str) -> None:
    settings(text, "redis.conf")
    split(text)
    command(text.split(), HERE)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.skipif(REDIS is None, reason="no redis-server is installed")
@pytest.mark.parametrize(
    ("conf", "arguments"),
    [
        ("maxmemory 100mb\nmaxmemory-policy allkeys-lru\n", []),
        ("MAXMEMORY 1g\nmaxmemory-policy VOLATILE-TTL\nhz 50\nsave 900 1\nsave 300 10\n", []),
        ("maxmemory 64mb\n", ["--maxmemory", "32m", "--maxmemory-policy", "noeviction", "--save", ""]),
        ('maxmemory-policy \'allkeys-random\'\nmaxmemory "3MB"\nlogfile "\\x61b"\nsave ""\n', []),
        ("", ["--maxmemory", "7k", "--hz", "33", "--save", "60", "100"]),
    ],
)
def test_the_real_server_says_the_same(tmp_path: Path, port: int, conf: str, arguments: list[str]) -> None:
    file = tmp_path / "redis.conf"
    file.write_text(conf)
    options, problems = settings(conf, str(file))
    assert problems == []
    ours = command([str(file), *arguments], HERE, options).options
    server = subprocess.Popen(
        [str(REDIS), str(file), *arguments, "--port", str(port), "--dir", str(tmp_path)],
        stdout=subprocess.PIPE,
    )
    try:
        real = {name: _told(port, name) for name in ours if name != "config-file"}
    finally:
        server.terminate()
        server.communicate(timeout=10)
    for name, value in real.items():
        mine = ours[name].value
        assert value == (" ".join(mine) if isinstance(mine, list) else str(mine)), name


def _told(port: int, name: str) -> str:
    deadline = time.monotonic() + 10
    while True:
        asked = ["redis-cli", "-p", str(port), "CONFIG", "GET", name]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answer.returncode == 0 and not answer.stdout.startswith("LOADING"):
            return answer.stdout.split("\n")[1]
        assert time.monotonic() < deadline, answer.stderr
        time.sleep(0.05)
