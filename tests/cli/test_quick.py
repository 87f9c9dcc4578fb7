"""What is read without typer means what typer makes of it."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from hypothesis import given
from hypothesis import strategies as st

from dashlint.cli import declare, quick
from dashlint.cli.app import for_typer

EXAMPLE = Path(__file__).parents[2] / "fixtures" / "exports" / "harbour-and-pine"


def test_parameters_are_the_same_on_python_3_10(monkeypatch: pytest.MonkeyPatch) -> None:
    """There, typing.get_type_hints makes what may be None optional once more."""

    def kinds(command: str) -> dict[str, Any]:
        declared = declare.parameters(quick.command_named(command))
        return {name: kind for name, (kind, _) in declared.items()}

    now = {name: kinds(name) for name in quick.COMMANDS}
    assert len(now["scan"]) > 20

    def as_there(of: Any, **more: Any) -> dict[str, Any]:
        hints = typing.get_type_hints(of, **more)
        named = {name: given.default for name, given in inspect.signature(of).parameters.items()}
        return {name: hint | None if named.get(name, 0) is None else hint for name, hint in hints.items()}

    monkeypatch.setattr(declare, "get_type_hints", as_there)
    assert {name: kinds(name) for name in quick.COMMANDS} == now


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DASHLINT_URL", "DASHLINT_USERNAME", "DASHLINT_PROVIDER"):
        monkeypatch.delenv(name, raising=False)


def by_typer(name: str, words: list[str]) -> dict[str, Any] | None:
    """What typer reads; None where it has something to say."""
    read: dict[str, Any] = {}

    def record(**values: Any) -> None:
        read.update(values)

    original = for_typer(quick.command_named(name))
    record.__annotations__ = original.__annotations__
    vars(record)["__signature__"] = inspect.signature(original)
    application = typer.Typer(add_completion=False)
    application.command()(record)
    try:
        typer.main.get_command(application).main(words, standalone_mode=False)
    except Exception:  # noqa: BLE001 whatever typer says, it is not for the quick reader
        return None
    return read


WORDS = st.sampled_from(
    [
        *("a.yaml", "b", "", "-", "--", "json", "terminal", "x=y", "-x", "1", "2.5", "DL301"),
        *(
            "--format",
            "--format=json",
            "--format=",
            "--output",
            "--output=sarif=x",
            "sarif=a=b",
            "--formt",
            "--color",
            "--url",
            "--setting",
            "--setting=A=1",
        ),
        *(
            "--select",
            "--select=DL1,DL2",
            "--catalog",
            "--timeout",
            "--timeout=3",
            "--config",
            "-q",
            "-v",
            "-qv",
        ),
        *("-q=1", "--quiet", "--strict", "--strict=1", "--no-indexes", "--indexes", "--help", "--dashboard"),
        *("--event", "--explain-request", "--cross-filters", "--no-cross-filters"),
    ]
)


@given(st.sampled_from(list(quick.COMMANDS)), st.lists(WORDS, max_size=6))
def test_the_two_agree(command: str, words: list[str]) -> None:
    call = quick.understand([command, *words])
    if call is None:
        return
    read = by_typer(command, words)
    assert read is not None, "typer would have refused this"
    chosen = {name: value for name, value in read.items() if name in call.arguments}
    assert chosen == call.arguments


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["scan", "a", "b"], {"sources": [Path("a"), Path("b")]}),
        (["scan", "a", "--format", "json", "-q"], {"sources": [Path("a")], "format": "json", "quiet": True}),
        (
            ["scan", "--select=DL1", "a", "--select", "DL2"],
            {"select": ["DL1", "DL2"], "sources": [Path("a")]},
        ),
        (["scan", "--config", "c.toml", "--strict"], {"config": Path("c.toml"), "strict": True}),
        (["graph", "a", "--no-cross-filters"], {"sources": [Path("a")], "cross_filters": False}),
        (["explain", "DL301"], {"rule": "DL301"}),
        (
            ["scan", "a", "--output", "sarif=b", "--output=json=-"],
            {"sources": [Path("a")], "output": ["sarif=b", "json=-"]},
        ),
        (["demo"], {}),
    ],
)
def test_everyday_calls_are_read(words: list[str], arguments: dict[str, Any]) -> None:
    call = quick.understand(words)
    assert call is not None
    assert call.arguments == arguments


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--help"],
        ["scna"],
        ["scan", "--help"],
        ["scan", "--formt", "x"],
        ["scan", "--format"],
        ["scan", "--timeout", "x"],
        ["explain"],
        ["explain", "DL301", "DL302"],
    ],
)
def test_the_rest_is_left_to_typer(words: list[str]) -> None:
    assert quick.understand(words) is None


def test_values_from_the_environment_are_left_to_typer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHLINT_USERNAME", "somebody")
    assert quick.understand(["scan", "a"]) is None


@pytest.fixture
def pipe_nobody_reads() -> Iterator[int]:
    read, write = os.pipe()
    os.close(read)
    yield write
    os.close(write)


def test_a_closed_pipe_is_no_error(pipe_nobody_reads: int) -> None:
    command = [sys.executable, "-c", "from dashlint.cli.main import main; main()"]
    result = subprocess.run(
        [*command, "scan", str(EXAMPLE), "--format", "json", "-q"],
        stdout=pipe_nobody_reads,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
