"""Indexes from Superset itself: asked for once, kept between runs, and never guessed."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from dashlint.assets import Database, Origin
from dashlint.sources.errors import SourceError
from dashlint.sources.rest import Credentials, Server, ServerRequest, TableCache, open_server
from tests.sources_rest.stub import NOT_FOUND, Reply, Request, Stub
from tests.sources_rest.world import small

META = "GET /api/v1/database/1/table_metadata/"
KINDS = "GET /api/v1/database/1/tables/"
INDEX = {"name": "i", "column_names": ["ds"], "unique": False, "type": "index", "dialect_options": {}}
NOW = 1_800_000_000.0


def metadata(name: str, *indexes: dict[str, Any]) -> dict[str, Any]:
    column: dict[str, Any] = {"name": "ds", "type": "DATE", "longType": "DATE", "keys": [], "comment": None}
    primary = {"constrained_columns": None, "name": None}
    return {
        "name": name,
        "columns": [column],
        "indexes": list(indexes),
        "primaryKey": primary,
        "selectStar": "x",
    }


@pytest.fixture
def warehouse(stub: Stub) -> Stub:
    """A database with an indexed table, a bare one and a view."""
    small(stub)

    def answer(request: Request) -> Reply:
        name = request.query["name"]
        if name in {"bare", "visits_view"}:
            return Reply(metadata(name))
        if name == "secret":
            return Reply({"errors": [{"message": "No such table"}]}, 404)
        if name == "gone":
            return Reply({**metadata(name), "columns": []})
        return Reply({}, 500) if name == "odd" else Reply(metadata(name, INDEX))

    stub.answers[META] = answer
    stub.answers[KINDS] = Reply(
        {
            "count": 2,
            "result": [
                {"value": "bare", "type": "table", "extra": None},
                {"value": "visits_view", "type": "view"},
            ],
        }
    )
    return stub


@pytest.fixture
def server(warehouse: Stub) -> Iterator[Server]:
    with open_server(ServerRequest(warehouse.url), Credentials(token="t0k3n")) as opened:
        yield opened


DATABASE = Database("d-uuid", 1, "warehouse", Origin(None, "http://x"))


def orders(schema: str | None = "public", catalog: str | None = None) -> tuple[str, str | None, str | None]:
    return ("orders", schema, catalog)


def test_tables_are_asked_for_once_each(server: Server, warehouse: Stub) -> None:
    found = server.read_tables(
        [(DATABASE, orders()), (DATABASE, orders()), (DATABASE, ("stock", None, None))]
    )
    assert [a.table for a in found.answers] == [orders(), ("stock", None, None)]
    assert found.problems == ()
    assert found.answers[0].kind == "table"
    assert found.answers[0].metadata["indexes"] == [INDEX]
    queries = sorted((dict(r.query) for r in warehouse.asked(META)), key=str)
    assert queries == [{"name": "orders", "schema": "public"}, {"name": "stock"}]
    # No table lacks an index, so nothing needs to be known of kinds.
    assert warehouse.asked(KINDS) == []


def test_a_catalog_is_passed_on(server: Server, warehouse: Stub) -> None:
    server.read_tables([(DATABASE, orders("public", "lake"))])
    assert warehouse.asked(META)[0].query == {"name": "orders", "schema": "public", "catalog": "lake"}


def test_a_view_is_not_taken_for_a_table_without_indexes(server: Server, warehouse: Stub) -> None:
    names = ("bare", "visits_view", "orders")
    found = server.read_tables([(DATABASE, (name, "public", None)) for name in names])
    bare, view, indexed = found.answers
    assert (bare.kind, bare.metadata["indexes"]) == ("table", [])
    assert view.kind == "view"
    assert "indexes" not in view.metadata
    assert view.metadata["columns"]
    assert indexed.kind == "table"
    (kinds,) = warehouse.asked(KINDS)
    assert kinds.query == {"q": "(force:!f,schema_name:'public')"}


@pytest.mark.parametrize(
    "reply", [Reply({}, 500), Reply({"message": "Forbidden"}, 403), Reply({"result": None})]
)
def test_what_may_be_a_view_has_unknown_indexes(server: Server, warehouse: Stub, reply: Reply) -> None:
    warehouse.answers[KINDS] = reply
    (answer,) = server.read_tables([(DATABASE, ("bare", "public", None))]).answers
    assert answer.kind is None
    assert "indexes" not in answer.metadata


def test_names_are_quoted_for_rison(server: Server, warehouse: Stub) -> None:
    server.read_tables([(DATABASE, ("bare", "it's! odd", None))])
    assert warehouse.asked(KINDS)[0].query == {"q": "(force:!f,schema_name:'it!'s!! odd')"}


def test_what_the_server_does_not_tell_is_counted(server: Server) -> None:
    nameless = Database("e", None, "lost", Origin(None, "x"))
    names = ("secret", "gone", "odd", "orders")
    wanted = [*((DATABASE, (name, "public", None)) for name in names), (nameless, orders())]
    found = server.read_tables(wanted)
    assert [a.table[0] for a in found.answers] == ["orders"]
    first, second = found.problems
    assert first.kind == second.kind == "no-table-information"
    assert (
        "nothing about 3 tables of database 'warehouse': public.secret, public.gone, public.odd"
        in first.message
    )
    assert "1 table of database 'lost'" in second.message


def test_before_4_1_the_older_address_serves(server: Server, warehouse: Stub) -> None:
    warehouse.answers[META] = NOT_FOUND
    warehouse.answers["GET /api/v1/database/1/table/orders/public/"] = Reply(metadata("orders", INDEX))
    warehouse.answers["GET /api/v1/database/1/table/odd%2Fname/null/"] = Reply(metadata("odd/name", INDEX))
    wanted = [(DATABASE, orders()), (DATABASE, ("odd/name", None, None))]
    assert len(server.read_tables(wanted).answers) == 2


def test_a_login_that_ended_stops_everything(server: Server, warehouse: Stub) -> None:
    warehouse.answers[META] = Reply({"msg": "Token has expired"}, 401)
    with pytest.raises(SourceError) as caught:
        server.read_tables([(DATABASE, orders())])
    assert caught.value.kind == "token-expired"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def test_the_second_run_asks_nothing(server: Server, warehouse: Stub, tmp_path: Path) -> None:
    wanted = [(DATABASE, (name, "public", None)) for name in ("bare", "visits_view", "orders")]
    first = server.read_tables(wanted, cache=TableCache(tmp_path / "c"))
    asked = len(warehouse.requests)
    second = server.read_tables(wanted, cache=TableCache(tmp_path / "c"))
    assert len(warehouse.requests) == asked
    assert (first.cached, second.cached) == (0, 3)
    for one, other in zip(first.answers, second.answers, strict=True):
        assert (one.table, one.kind) == (other.table, other.kind)
        for key in ("name", "indexes", "primaryKey"):
            assert one.metadata.get(key) == other.metadata.get(key)
        assert [c["name"] for c in one.metadata["columns"]] == [c["name"] for c in other.metadata["columns"]]


def test_answers_grow_old(server: Server, warehouse: Stub, tmp_path: Path) -> None:
    clock = Clock()
    cache = TableCache(tmp_path, max_age=3600, clock=clock)
    wanted = [(DATABASE, orders())]
    server.read_tables(wanted, cache=cache)
    clock.now += 3599
    assert server.read_tables(wanted, cache=cache).cached == 1
    clock.now += 2
    # Having been read does not make it younger.
    assert server.read_tables(wanted, cache=cache).cached == 0
    assert len(warehouse.asked(META)) == 2


@pytest.mark.parametrize("max_age", [0, -1])
def test_no_age_means_no_answers_of_earlier_runs(server: Server, tmp_path: Path, max_age: float) -> None:
    cache = TableCache(tmp_path, max_age=max_age, clock=Clock())
    wanted = [(DATABASE, orders())]
    server.read_tables(wanted, cache=cache)
    assert server.read_tables(wanted, cache=cache).cached == 0


def test_answers_belong_to_one_server_database_and_table(tmp_path: Path) -> None:
    cache = TableCache(tmp_path, clock=Clock())
    other = Database("other", 1, "warehouse", Origin(None, "x"))
    cache.put("http://a", DATABASE, orders(), {"columns": [1], "indexes": []})
    assert cache.get("http://a", DATABASE, orders()) is not None
    for key in (
        ("http://b", DATABASE, orders()),
        ("http://a", other, orders()),
        ("http://a", DATABASE, orders(None)),
        ("http://a", DATABASE, orders("public", "lake")),
        ("http://a", DATABASE, ("Orders", "public", None)),
    ):
        assert cache.get(*key) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"format": 1}',
        json.dumps({"format": 1, "key": ["x"], "time": NOW, "answer": {"columns": []}}).encode(),
        b"KEEP-KEY-BUT time as text",
    ],
)
def test_what_is_not_an_answer_is_asked_for_again(
    server: Server, warehouse: Stub, tmp_path: Path, content: bytes
) -> None:
    cache = TableCache(tmp_path, clock=Clock())
    wanted = [(DATABASE, orders())]
    server.read_tables(wanted, cache=cache)
    (file,) = tmp_path.iterdir()
    if content.startswith(b"KEEP"):
        entry = json.loads(file.read_bytes())
        content = json.dumps({**entry, "time": "yesterday"}).encode()
    file.write_bytes(content)
    assert server.read_tables(wanted, cache=cache).cached == 0
    assert server.read_tables(wanted, cache=cache).cached == 1
    assert len(warehouse.asked(META)) == 2


def test_files_are_for_their_owner_and_hold_no_login(server: Server, tmp_path: Path) -> None:
    cache = TableCache(tmp_path / "new" / "folder", clock=Clock())
    server.read_tables([(DATABASE, orders())], cache=cache)
    folder = tmp_path / "new" / "folder"
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "t0k3n" not in file.read_text()
    assert file.suffix == ".json"  # nothing of the writing is left


def test_a_place_that_cannot_be_written_costs_nothing_but_time(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = TableCache(tmp_path / "file" / "folder")
    assert len(server.read_tables([(DATABASE, orders())], cache=cache).answers) == 1


def test_by_default_it_is_in_the_cache_folder_of_the_user() -> None:
    assert TableCache().folder == Path(platformdirs.user_cache_dir("dashlint", appauthor=False)) / "tables"
