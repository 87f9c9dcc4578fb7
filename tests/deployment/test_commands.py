"""Command lines say what their programs would read of them; what a shell computes stays unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.assets import Location
from dashlint.deployment.commands import image_programs, parse_command, role_of
from dashlint.deployment.model import UNKNOWN, Given, Role

PLACE = Location("start.sh", 10)


def options(command: str | list[str], **environment: str) -> list[dict[str, Any]]:
    known = {name: Given(value, PLACE) for name, value in environment.items()}
    return [
        {name: given.value for name, given in program.options.items()}
        for program in parse_command(command, PLACE, known)
    ]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("gunicorn -w 4 --timeout=120 'superset.app:create_app()'", {"workers": "4", "timeout": "120"}),
        (
            "exec gunicorn -kgevent -t 30 --preload app",
            {"worker-class": "gevent", "timeout": "30", "preload": True},
        ),
        ("python -m gunicorn --threads 8 app", {"threads": "8"}),
        ("sh -c 'gunicorn -w 2 app'", {"workers": "2"}),
        ("/usr/local/bin/gunicorn -w ${N:-3} app", {"workers": "3"}),
        ("N=5\ngunicorn -w $N app", {"workers": "5"}),
        ("export N=5 && gunicorn -w $N app 2>&1 | tee log", {"workers": "5"}),
        ("gunicorn -w $N app", {"workers": UNKNOWN}),
        ("gunicorn -w $((2 * $(nproc) + 1)) app", {"workers": UNKNOWN}),
        ("gunicorn -w `nproc` app", {"workers": UNKNOWN}),
        ("# gunicorn -w 9 app\ngunicorn -w 1 app # -w 2", {"workers": "1"}),
        ("gunicorn \\\n  -w 4 \\\n  app", {"workers": "4"}),
        (["gunicorn", "-w", "4", "a b"], {"workers": "4"}),
        (
            "flask run -p 8088 --reload --debugger --host=::",
            {"port": "8088", "reload": True, "debugger": True, "host": "::"},
        ),
        (["/bin/sh", "-c", "gunicorn -w 4 app"], {"workers": "4"}),
        (
            "celery --app=superset.tasks.celery_app:app worker --pool=prefork -Ofair -c 4 -E",
            {"pool": "prefork", "optimization": "fair", "concurrency": "4", "task-events": True},
        ),
    ],
)
def test_options(command: str | list[str], expected: dict[str, Any]) -> None:
    assert options(command) == [expected]


def test_the_command_line_wins_over_the_environment() -> None:
    assert options("gunicorn -w 2 app", WEB_CONCURRENCY="9", GUNICORN_CMD_ARGS="--workers 5 -t 90") == [
        {"workers": "2", "timeout": "90"}
    ]


def test_the_image_starts_gunicorn_by_its_environment() -> None:
    environment = {"SERVER_WORKER_AMOUNT": Given("4", PLACE), "OTHER": Given("1", PLACE)}
    (program,) = image_programs(PLACE, environment)
    assert program.launcher == "run-server.sh"
    assert {name: given.value for name, given in program.options.items()} == {"workers": "4"}


def test_what_a_shell_refuses_is_said() -> None:
    (program,) = parse_command("gunicorn -w 4 superset.app:create_app()", PLACE)
    assert program.broken == "the parentheses of superset.app:create_app() need quotes"
    (unclosed,) = parse_command("cd /app; gunicorn -w 4 'superset.app", PLACE)
    assert unclosed.broken == "a quote is not closed"
    (quoted,) = parse_command('gunicorn "superset.app:create_app()"', PLACE)
    assert not quoted.broken
    assert quoted.application is not None
    assert quoted.application.value == "superset.app:create_app()"


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("gunicorn app", Role.WEB),
        ("superset run -p 8088", Role.WEB),
        ("celery -A superset.tasks.celery_app:app worker", Role.CELERY_WORKER),
        ("celery -A superset.tasks.celery_app:app beat -s /tmp/x", Role.CELERY_BEAT),
        ("superset db upgrade && superset init", Role.INIT),
        ("superset db upgrade && gunicorn app", Role.WEB),
        ("celery -A x inspect active", Role.OTHER),
        ("sleep 5", Role.OTHER),
    ],
)
def test_roles(command: str, role: Role) -> None:
    assert role_of(parse_command(command, PLACE)) is role


def test_lines_and_fields_are_those_of_the_commands() -> None:
    web, worker = parse_command("#!/bin/sh\ngunicorn -w 4 app &\ncelery -A x worker -c 2", PLACE)
    assert web.options["workers"].location == Location("start.sh", 11, None, "gunicorn.workers")
    assert worker.options["concurrency"].location == Location("start.sh", 12, None, "celery.concurrency")


@given(st.text(alphabet="gunicorn celery-w4'\"`$(){}\\\n;|&<>#=", max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    parse_command(f"gunicorn {text}", PLACE)


@pytest.mark.parametrize(
    "text",
    [
        "exec gosu superset gunicorn -w 4 'a:b()'",
        "tini -- gunicorn -w 4 'a:b()'",
        "timeout 60 gunicorn -w 4 'a:b()'",
        "ddtrace-run gunicorn -w 4 'a:b()'",
        "uv run gunicorn -w 4 'a:b()'",
        "python3.11 -m gunicorn -w 4 'a:b()'",
    ],
)
@pytest.mark.parametrize("command", [str, lambda text: ["sh", "-c", text]], ids=["script", "sh -c"])
def test_wrappers_are_looked_behind_in_scripts_as_in_containers(
    text: str, command: Callable[[str], str | list[str]]
) -> None:
    (program,) = parse_command(command(text), Location("start.sh", 1))
    assert program.name == "gunicorn"
    assert program.options["workers"].value == "4"
