"""What comes next, what changed, and what a run as a whole means."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timezone

import pytest

from dashlint.fleet.changes import compared
from dashlint.fleet.model import (
    DONE,
    FAILED,
    Failure,
    Figures,
    Inventory,
    Known,
    Result,
    Run,
    Workspace,
    read_result,
    result_values,
)
from dashlint.fleet.overview import exit_code, overview
from dashlint.fleet.run import results
from dashlint.fleet.schedule import Schedule

FIGURES = Figures("6.1.0", 1, 2, 3, 0, 1, 0)


def of(name: str, server: str | None) -> Workspace:
    return Workspace(name, url=f"https://{server}") if server else Workspace(name, paths=("x",))


def finding(asset: str, message: str = "m") -> Known:
    return Known("DL301", asset, "params.row_limit", "warning", "chart", "Orders", message)


def test_a_busy_server_is_passed_over_and_the_order_of_the_file_holds() -> None:
    schedule = Schedule([of("a1", "a"), of("a2", "a"), of("b1", "b"), of("file", None)], lambda _: 1)
    first, second, third = schedule.take(), schedule.take(), schedule.take()
    assert [w.name for w in (first, second, third) if w] == ["a1", "b1", "file"]
    assert schedule.take() is None
    assert first is not None
    schedule.give_back(first)
    last = schedule.take()
    assert last is not None
    assert last.name == "a2"


def test_no_server_gets_more_than_its_bound_and_all_are_done() -> None:
    workspaces = tuple(of(f"{server}{n}", server) for n in range(8) for server in "ab")
    inventory = Inventory("fleet.toml", workspaces, 2, {"b": 1})
    now: Counter[str] = Counter()
    most: Counter[str] = Counter()
    lock, meet = threading.Lock(), threading.Event()

    def scan(workspace: Workspace, _stop: threading.Event) -> Result:
        server = str(workspace.server)
        with lock:
            now[server] += 1
            most[server] = max(most[server], now[server])
        meet.wait(0.01)
        with lock:
            now[server] -= 1
        return Result(workspace.name, DONE)

    found = list(results(inventory, workspaces, 6, scan))
    assert {result.workspace for result in found} == {workspace.name for workspace in workspaces}
    assert most == {"a": 2, "b": 1}


def test_findings_are_compared_by_identity_and_counted() -> None:
    before = Result(
        "w", DONE, figures=FIGURES, findings=(finding("1", "99 rows"), finding("2"), finding("2"))
    )
    now = Result("w", DONE, figures=FIGURES, findings=(finding("1", "100 rows"), finding("2"), finding("3")))
    result = compared(now, "monday", before)
    assert result.change == ("monday", 1, 1, 2)
    assert [f.asset for f in result.findings if f.new] == ["3"]
    assert compared(Result("w", FAILED), "monday", before).change is None


def test_a_result_survives_json() -> None:
    result = Result(
        "w",
        DONE,
        datetime(2026, 1, 1, tzinfo=timezone.utc),
        figures=FIGURES,
        findings=(finding("1"),),
        problems=("p",),
        failure=Failure("k", "m", 4, transient=True),
    )
    result = compared(result, "x", result)
    assert read_result(result_values(result)) == result


def failed(code: int) -> Result:
    return Result("f", FAILED, failure=Failure("kind", "m", code))


@pytest.mark.parametrize(
    ("found", "strict", "code"),
    [
        ([Result("a", DONE, fails=True), failed(4)], False, 1),
        ([Result("a", DONE), failed(4)], False, 0),
        ([Result("a", DONE), failed(4)], True, 3),
        ([Result("a", DONE, problems=("p",))], True, 3),
        ([Result("a", DONE), Result("b")], True, 3),
        ([Result("a", DONE, fails=True)], True, 1),
        ([failed(4), failed(3)], False, 4),
        ([failed(2), failed(2)], False, 2),
        ([failed(2), failed(3)], False, 3),
        ([Result("waits")], False, 0),
    ],
)
def test_exit_codes(found: list[Result], strict: bool, code: int) -> None:  # noqa: FBT001
    named = {f"{n}": result._replace(workspace=f"{n}") for n, result in enumerate(found)}
    run = Run("r", datetime.now(timezone.utc), "0", tuple(named))
    assert exit_code(overview(run, named), strict=strict) == code


def test_an_interruption_that_is_lost_ends_the_run_all_the_same() -> None:
    """One that is raised in a finalizer goes no further; the event stays."""
    stop = threading.Event()
    ended: list[str] = []

    def scan(workspace: Workspace, told: threading.Event) -> Result:
        stop.set()
        assert told.wait(10)
        ended.append(workspace.name)
        return Result(workspace.name, "failed")

    two = [Workspace("a", paths=("x",)), Workspace("b", paths=("x",))]
    with pytest.raises(KeyboardInterrupt):
        list(results(Inventory("fleet.toml", tuple(two)), two, 1, scan, stop))
    assert ended == ["a"]
