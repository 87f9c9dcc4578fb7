"""A second pull fetches what changed since, and says what a pull without a cache says."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from dashlint.assets import Workspace
from dashlint.sources.rest import Credentials, ServerRequest, open_server
from tests.sources_rest.stub import Reply, Request, Stub
from tests.sources_rest.world import EXPORTS, World, small

THEN = "2026-03-01T10:20:30.123456+0000"
LATER = "2026-03-01T10:20:30.123457+0000"


class Dated(World):
    """Lists that tell when dashboards and charts changed."""

    def __init__(self, stub: Stub, **options: Any) -> None:
        super().__init__(stub, **options)
        self.changed: dict[tuple[str, int], str] = {}

    def _row(self, kind: str, o: dict[str, Any]) -> dict[str, Any]:
        told = {"changed_on_utc": self.changed.get((kind, o["id"]), THEN)}
        return {**super()._row(kind, o), **(told if kind in {"dashboard", "chart"} else {})}


@pytest.fixture
def world(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("tests.sources_rest.world.World", Dated)
    return small(stub)


Pull = Callable[..., Workspace]


@pytest.fixture
def pull(world: World, tmp_path: Path) -> Pull:
    def once(folder: Path | None = tmp_path / "kept") -> Workspace:
        world.stub.requests.clear()
        with open_server(ServerRequest(world.stub.url, cache=folder), Credentials(token="t0k3n")) as server:
            return server.read()

    return once


def fetched(world: World) -> list[str]:
    """The exports that were asked for, with their ids."""
    return [
        f"{r.path.split('/')[3]} {r.query.get('q', '')}".strip()
        for r in world.stub.requests
        if r.path.endswith("/export/")
    ]


def alike(one: Workspace, other: Workspace) -> bool:
    return told(one) == told(other)


def told(workspace: Workspace) -> list[object]:
    """All fields of all assets, which are equal only to themselves."""
    kinds = ("dashboards", "charts", "datasets", "databases")
    assets = [asset for kind in kinds for asset in getattr(workspace, kind)]
    return [workspace.problems, *({f.name: getattr(a, f.name) for f in fields(a)} for a in assets)]


def the_file(tmp_path: Path) -> Path:
    (file,) = (tmp_path / "kept").iterdir()
    return file


def test_what_did_not_change_is_not_fetched(world: World, pull: Pull) -> None:
    first = pull()
    assert fetched(world) == ["assets"]
    second = pull()
    # Columns of datasets may change without their datasets.
    assert fetched(world) == ["dataset !(1,2,3)"]
    assert alike(first, second)
    assert alike(second, pull(None))


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        (lambda w: w.objects["chart"][2]["params"].update(row_limit=77), ["dataset !(1,2,3)"]),
        # What is exported brings its datasets along.
        (lambda w: w.changed.update({("chart", 2): LATER}), ["chart !(2)", "dataset !(2,3)"]),
        (lambda w: w.changed.update({("dashboard", 2): LATER}), ["dashboard !(2)", "dataset !(1)"]),
        # A chart's dashboards are kept apart from them.
        (lambda w: w.objects["dashboard"][2]["charts"].append(1), ["dashboard !(2)"]),
        (lambda w: w.objects["chart"][2].update(dataset=3), ["chart !(2)", "dataset !(1,2)"]),
        # A clock that was set back.
        (
            lambda w: w.changed.update({("chart", 2): "1999-01-01T00:00:00.000001+0000"}),
            ["chart !(2)", "dataset !(2,3)"],
        ),
    ],
    ids=["nothing-told", "chart", "dashboard", "chart-of-dashboard", "dataset-of-chart", "clock"],
)
def test_what_changed_is_fetched(
    world: World, pull: Pull, change: Callable[[World], object], asked: list[str]
) -> None:
    pull()
    change(world)
    again = pull()
    assert sorted(fetched(world)) == sorted(asked)
    if len(asked) > 1:
        assert alike(again, pull(None))
    # What was fetched is kept in its turn.
    pull()
    assert fetched(world) == ["dataset !(1,2,3)"]


def test_columns_that_changed_behind_their_dataset_are_seen(world: World, pull: Pull) -> None:
    pull()
    world.objects["dataset"][1]["columns"].append({"column_name": "new", "type": "TEXT"})
    assert "new" in {column.name for column in pull().datasets[0].columns}


def test_what_was_deleted_is_gone(world: World, pull: Pull, tmp_path: Path) -> None:
    pull()
    del world.objects["chart"][4]
    world.objects["dashboard"][2]["charts"].remove(4)
    del world.objects["dashboard"][1]
    workspace = pull()
    assert [chart.id for chart in workspace.charts] == [1, 2, 3]
    assert [dashboard.id for dashboard in workspace.dashboards] == [2]
    kept = json.loads(the_file(tmp_path).read_text().splitlines()[1])
    assert sorted(kept) == ["chart/1", "chart/2", "chart/3", "dashboard/2"]


def test_another_account_has_another_file(world: World, pull: Pull, tmp_path: Path) -> None:
    pull()
    world.stub.answers["GET /api/v1/me/roles/"] = Reply(
        {"result": {"username": "bob", "roles": {"Admin": EXPORTS}}}
    )
    pull()
    assert fetched(world) == ["assets"]
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_other_rights_of_the_same_account_have_another_file(world: World, pull: Pull) -> None:
    pull()
    world.roles = {"Alpha": EXPORTS}
    pull()
    assert fetched(world) == ["assets"]


def test_what_the_account_may_no_longer_see_is_not_shown(world: World, pull: Pull) -> None:
    pull()
    world.hidden |= {("chart", 4), ("dashboard", 2)}
    workspace = pull()
    assert [dashboard.id for dashboard in workspace.dashboards] == [1]
    assert 4 not in {chart.id for chart in workspace.charts}


def test_who_is_not_told_apart_gets_no_cache(
    world: World, pull: Pull, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world.closed.add("me/roles/")
    pull()
    assert not (tmp_path / "kept").exists()
    assert "--cache is not used" in caplog.text


def test_only_its_owner_may_read_it(pull: Pull, tmp_path: Path) -> None:
    pull()
    assert stat.S_IMODE(the_file(tmp_path).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o700
    assert "t0k3n" not in the_file(tmp_path).read_text()


@pytest.mark.parametrize(
    "harm",
    [
        lambda _: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b'"row_limit":1', b'"row_limit":9'),
        lambda data: data.replace(b'"format": 1', b'"format": 2'),
        lambda data: re.sub(rb'"dashlint": "[^"]*"', b'"dashlint": "99.0"', data),
        lambda _: b"[" * 200_000,
        lambda data: bytes(len(data)),
        lambda data: data.partition(b"\n")[0] + b"\n[]",
    ],
    ids=["empty", "half", "a-bit", "format", "version", "nested", "zeros", "list"],
)
def test_a_file_that_is_not_right_does_no_harm(
    world: World, pull: Pull, tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    first = pull()
    file = the_file(tmp_path)
    data = file.read_bytes()
    assert harm(data) != data
    file.write_bytes(harm(data))
    assert alike(pull(), first)
    assert fetched(world) == ["assets"]
    pull()
    assert fetched(world) == ["dataset !(1,2,3)"]


def test_a_folder_that_cannot_be_written_is_told(
    pull: Pull, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "kept").write_text("a file")
    assert len(pull().charts) == 4
    assert "cannot be written (" in caplog.text


@pytest.mark.parametrize(
    ("seconds", "asked"),
    [
        (10, ["chart !(2)", "dataset !(2,3)"]),
        (61, ["dataset !(1,2,3)"]),
        (-5, ["chart !(2)", "dataset !(2,3)"]),
        (None, ["chart !(2)", "dataset !(2,3)"]),
    ],
)
def test_where_moments_have_whole_seconds_what_is_new_may_change_again(
    world: World, pull: Pull, seconds: int | None, asked: list[str]
) -> None:
    """As on MySQL: two changes in one second look the same. The server's own clock tells what is new."""
    from datetime import datetime, timedelta, timezone
    from email.utils import format_datetime

    moment = datetime(2026, 3, 1, 10, 20, 30, tzinfo=timezone.utc)
    world.changed["chart", 2] = moment.strftime("%Y-%m-%dT%H:%M:%S.%f%z")  # type: ignore[attr-defined]
    clock = format_datetime(moment + timedelta(seconds=seconds or 0), usegmt=True)
    for path, answer in list(world.stub.answers.items()):
        if path.startswith("GET /api/v1/") and "export" not in path:
            world.stub.answers[path] = dated(answer, clock if seconds is not None else "never")
    pull()
    pull()
    assert sorted(fetched(world)) == sorted(asked)


def dated(answer: Any, clock: str) -> Callable[[Request], Reply]:
    def reply(request: Request) -> Reply:
        made: Reply = answer if isinstance(answer, Reply) else answer(request)
        return Reply(made.body, made.status, {**made.headers, "Date": clock})

    return reply


def test_some_dashboards_alone_need_no_cache(world: World, tmp_path: Path) -> None:
    request = ServerRequest(world.stub.url, dashboards=("sales",), cache=tmp_path / "kept")
    with open_server(request, Credentials(token="t0k3n")) as server:
        assert len(server.read().dashboards) == 1
    assert not (tmp_path / "kept").exists()
