"""Results in a folder, in SQLite, in PostgreSQL and in MariaDB: all keep the same promises."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from dashlint.catalog.errors import CatalogError
from dashlint.fleet.model import (
    DONE,
    FAILED,
    Failure,
    Figures,
    Known,
    Load,
    Result,
    Run,
    Widest,
    Workspace,
)
from dashlint.fleet.model import Inventory as Fleet
from dashlint.fleet.store import Store, keep_compared, open_store, prune
from dashlint.fleet.waiting import wait_for_end
from dashlint.fleet.work import TRIES, Later, perform
from dashlint.lint.config import ConfigError
from tests.catalog.databases import mariadb_database, postgres_database

MONDAY = datetime(2026, 1, 5, tzinfo=timezone.utc)
FIGURES = Figures(
    "6.1.0", 9, 103, 21, 1, 7, 3, Load("Ventes 🙂 ☃", None, 2**40), Widest("Ventes", "Région", 10)
)


def finding(number: int) -> Known:
    return Known(
        *("DL301", f"uuid-{number}", "params.row_limit", "warning", "chart", "Größe 🙂", "all rows"),
        fails=True,
    )


def done(name: str, *numbers: int) -> Result:
    return Result(
        name,
        DONE,
        MONDAY,
        MONDAY + timedelta(seconds=3),
        FIGURES,
        tuple(map(finding, numbers)),
        fails=True,
        problems=("charts/x.yaml: unreadable 🙂",),
        cpu=1.5,
        memory=2**33,
    )


def run(number: int, *names: str) -> Run:
    return Run(f"run-{number}", MONDAY + timedelta(days=number), "0.1.0", names)


@pytest.fixture(params=["folder", "sqlite", "postgresql", "mariadb"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with contextlib.ExitStack() as stack:
        if request.param == "postgresql":
            yield stack.enter_context(postgres_database("fleet")).url
        elif request.param == "mariadb":
            yield stack.enter_context(mariadb_database("fleet")).url
        else:
            yield f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else str(tmp_path / "kept")


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    store = open_store(place)
    yield store
    close(store)


def close(store: Store) -> None:
    engine = getattr(store, "_engine", None)
    if engine is not None:
        engine.dispose()


def test_what_is_kept_comes_back(store: Store) -> None:
    assert store.runs() == []
    assert store.run("run-0") is None
    store.begin(run(0, "a", "b"))
    assert store.result("run-0", "a") is None
    failure = Result("b", FAILED, MONDAY, MONDAY, failure=Failure("timeout", "no answer", 4, transient=True))
    assert store.keep("run-0", done("a", 1, 2))
    assert store.keep("run-0", failure)
    assert store.results("run-0") == {"a": done("a", 1, 2), "b": failure}
    assert store.run("run-0") == run(0, "a", "b")


def test_old_runs_are_deleted_as_a_whole(store: Store, place: str) -> None:
    for number in range(4):
        store.begin(run(number, "a", "b"))
        keep_compared(store, f"run-{number}", done("a", number))
        keep_compared(store, f"run-{number}", done("b", 7))
    if "://" not in place:
        (Path(place) / "run-0" / "notes.txt").write_text("mine", encoding="utf-8")
        (Path(place) / "somebody").mkdir()
        (Path(place) / "somebody" / "run.json").write_text(
            (Path(place) / "run-0" / "run.json").read_text("utf-8").replace("run-0", "../other"),
            encoding="utf-8",
        )
        store.delete("../other")
        (Path(place) / "somebody" / "run.json").unlink()
    assert [gone.id for gone in prune(store, 2)] == ["run-1", "run-0"]
    assert [kept.id for kept in store.runs()] == ["run-3", "run-2"]
    assert store.results("run-1") == {}
    assert {name: r.change.since for name, r in store.results("run-3").items() if r.change is not None} == {
        "a": "run-2",
        "b": "run-2",
    }
    assert prune(store, 2) == []
    if "://" not in place:
        assert [path.name for path in (Path(place) / "run-0").iterdir()] == ["notes.txt"]
        assert not (Path(place) / "run-1").exists()
    else:
        # A run of the same name begins with nothing.
        store.begin(run(0, "a"))
        assert store.keep("run-0", done("a", 1))
        assert [f.asset for f in store.results("run-0")["a"].findings] == ["uuid-1"]


def test_the_end_of_a_run_is_waited_for(store: Store) -> None:
    store.begin(run(0, "a", "b", "c"))
    store.keep("run-0", done("a", 1))
    store.keep("run-0", Result("b", FAILED, failure=Failure("wrong-password", "x", 4)))
    down = Result("c", FAILED, failure=Failure("timeout", "x", 4, transient=True))
    store.keep("run-0", down)
    told: list[tuple[int, int]] = []
    assert not wait_for_end(store, run(0, "a", "b", "c"), 0, lambda ended, all_: told.append((ended, all_)))
    assert told == [(2, 3)]  # c is tried again

    def last_try(ended: int, _all: int) -> None:
        if ended == 2:
            store.keep("run-0", down._replace(attempts=TRIES))

    assert wait_for_end(store, run(0, "a", "b", "c"), 60, last_try)


def test_what_is_done_stays_and_what_failed_may_be_done_later(store: Store) -> None:
    store.begin(run(0, "a", "b"))
    assert store.keep("run-0", done("a", 1))
    assert not store.keep("run-0", done("a", 2, 3))
    assert not store.keep("run-0", Result("a", FAILED, failure=Failure("x", "x", 4)))
    assert store.keep("run-0", Result("b", FAILED, failure=Failure("x", "x", 4)))
    assert store.keep("run-0", done("b", 5))
    assert [f.asset for r in store.results("run-0").values() for f in r.findings] == ["uuid-1", "uuid-5"]


def test_a_run_that_goes_on_keeps_its_results_and_gets_what_it_lacked(store: Store) -> None:
    store.begin(run(0, "a"))
    store.keep("run-0", done("a", 1))
    again = store.begin(run(0, "b", "a")._replace(started=MONDAY + timedelta(days=9)))
    assert again == run(0, "a", "b")
    assert list(store.results("run-0")) == ["a"]


def test_changes_are_since_the_last_run_in_which_the_workspace_was_done(store: Store) -> None:
    for number in range(4):
        store.begin(run(number, "a"))
    keep_compared(store, "run-0", done("a", 1, 2))
    keep_compared(store, "run-1", Result("a", FAILED, failure=Failure("timeout", "x", 4)))
    kept = keep_compared(store, "run-2", done("a", 2, 3))
    assert kept.change == ("run-0", 1, 1, 1)
    stored = store.results("run-2")["a"]
    assert stored.change == kept.change
    assert [(f.asset, f.new) for f in stored.findings] == [("uuid-2", False), ("uuid-3", True)]
    only_new = store.results("run-2", only_new=True)["a"]
    assert only_new == stored._replace(findings=stored.findings[1:])
    # What began later is no "before", though it was done first.
    keep_compared(store, "run-3", done("a", 2, 3))
    assert [each.id for each in store.runs()] == ["run-3", "run-2", "run-1", "run-0"]
    assert store.result("run-0", "a") == done("a", 1, 2)


def test_of_many_that_finish_at_once_one_is_kept(place: str) -> None:
    first = open_store(place)
    names = [f"w{n}" for n in range(6)]
    first.begin(run(0, *names))
    stores = [first, *(open_store(place) for _ in range(3))]

    def keep(number: int) -> tuple[str, bool]:
        name = names[number % 6]
        return name, stores[number % 4].keep("run-0", done(name, *range(20)))

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(keep, range(24)))
    kept = first.results("run-0")
    assert {name: len(result.findings) for name, result in kept.items()} == dict.fromkeys(names, 20)
    if "://" in place:  # a database tells exactly who was first
        assert sorted(name for name, won in said if won) == names
    for store in stores:
        close(store)


def test_places_of_a_server_are_bounded_and_void_after_a_while(store: Store) -> None:
    store.begin(run(0, "a"))
    assert store.hold("h:8088", 2, "one", 60)
    assert store.hold("h:8088", 2, "two", -1)
    assert store.hold("h:8088", 2, "one", 60)  # a task that came back keeps its own
    assert store.hold("elsewhere", 1, "three", 60)
    assert store.hold("h:8088", 2, "three", 60)  # that of "two" is void
    assert not store.hold("h:8088", 2, "four", 60)
    store.let_go("h:8088", "one")
    assert store.hold("h:8088", 2, "four", 60)


INVENTORY = Fleet("fleet.toml", (Workspace("a", url="http://h"), Workspace("b", url="http://h")), 1)


def test_a_task_that_is_brought_twice_works_once(store: Store) -> None:
    store.begin(run(0, "a", "b"))
    scanned: list[str] = []

    def scan(workspace: Workspace, _report: Path | None) -> Result:
        scanned.append(workspace.name)
        return done(workspace.name, 1)

    first = perform("run-0", "a", 1, INVENTORY, store, scan)
    assert perform("run-0", "a", 1, INVENTORY, store, scan) == first == store.result("run-0", "a")
    assert scanned == ["a"]


def test_a_busy_server_is_waited_for_and_its_place_given_back(store: Store) -> None:
    store.begin(run(0, "a", "b"))
    met: list[object] = []

    def scan(workspace: Workspace, _report: Path | None) -> Result:
        if workspace.name == "a":
            met.append(perform("run-0", "b", 1, INVENTORY, store, scan))
        return done(workspace.name)

    assert isinstance(perform("run-0", "a", 1, INVENTORY, store, scan), Result)
    assert isinstance(met[0], Later)
    assert met[0].attempt == 1
    assert isinstance(perform("run-0", "b", 1, INVENTORY, store, scan), Result)


def test_what_may_pass_is_tried_again_and_a_refused_login_is_not(store: Store) -> None:
    store.begin(run(0, "a", "b"))

    def failing(transient: bool) -> Result:  # noqa: FBT001
        return Result("a", FAILED, failure=Failure("k", "down", 4, transient))

    waits = []
    for attempt in range(1, TRIES):
        later = perform("run-0", "a", attempt, INVENTORY, store, lambda *_: failing(transient=True))
        assert isinstance(later, Later)
        assert later.attempt == attempt + 1
        waits.append(later.seconds)
    assert waits == sorted(waits)
    last = perform("run-0", "a", TRIES, INVENTORY, store, lambda *_: failing(transient=True))
    assert isinstance(last, Result)
    assert last.attempts == TRIES
    refused = perform(
        "run-0", "b", 1, INVENTORY, store, lambda *_: failing(transient=False)._replace(workspace="b")
    )
    assert isinstance(refused, Result)
    kept = store.result("run-0", "b")
    assert kept is not None
    assert kept.state == FAILED


def test_a_worker_with_another_inventory_says_so(store: Store) -> None:
    store.begin(run(0, "c"))
    result = perform("run-0", "c", 1, INVENTORY, store, lambda *_: done("c"))
    assert isinstance(result, Result)
    assert result.failure is not None
    assert "no such workspace" in result.failure.message


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("postgresql://me:s3cret@127.0.0.1:9/x", "postgresql://127.0.0.1:9/x cannot be used"),
        ("nosuchthing://me:s3cret@host/x", "no address of a database"),
        ("postgresql://me:s3cret@host:port/x", ""),
    ],
)
def test_a_store_that_is_none_is_told_without_its_password(place: str, said: str) -> None:
    with pytest.raises((ConfigError, CatalogError)) as error:
        open_store(place).begin(run(0, "a"))
    assert said in str(error.value)
    assert "s3cret" not in str(error.value)
