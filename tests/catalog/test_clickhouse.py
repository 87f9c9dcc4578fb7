from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
import responses

from dashlint.catalog import clickhouse, live
from dashlint.catalog.clickhouse_http import parse
from dashlint.catalog.errors import CatalogError
from dashlint.catalog.model import Catalog, Table
from dashlint.catalog.serving import servable
from tests.catalog.clickhouse_server import PASSWORD, USER

DATA = Path(__file__).parent / "data" / "clickhouse"
# What ClickHouse 26.9 (as chDB) answered after data/clickhouse/shop.sql.
RECORDED: dict[str, Any] = json.loads((DATA / "answers.json").read_text(encoding="utf-8"))
URL = f"clickhousedb://{USER}:{quote(PASSWORD, safe='')}@ch.test:8123/shop"


def replay(
    mocked: responses.RequestsMock, answers: dict[str, Any] = RECORDED
) -> list[requests.PreparedRequest]:
    """Answers each query with what was recorded for the system table that it reads."""
    asked: list[requests.PreparedRequest] = []

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        asked.append(request)
        found = answers[re.findall(rb"FROM system\.(\w+)", request.body or b"")[0].decode()]  # type: ignore[arg-type]
        return found if isinstance(found, tuple) else (200, {}, json.dumps(found))

    mocked.add_callback(responses.POST, "http://ch.test:8123/", answer)
    return asked


@pytest.fixture
def mocked() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def keys(table: Table) -> list[tuple[str | None, str, list[str | None]]]:
    return [(i.name, i.method, [k.name or k.expression for k in i.columns]) for i in table.indexes or ()]


def check_shop(catalog: Catalog) -> None:
    """What shop.sql created, told by a real ClickHouse."""
    tables = {(t.schema, t.name): t for t in catalog.tables}
    assert set(tables) == {
        ("other", "t"),
        *(("shop", name) for name in ("german", "log", "orders", "small", "totals")),
    }
    orders = tables["shop", "orders"]
    assert (orders.rows, orders.kind, catalog.engine) == (10_000, "table", "clickhouse")
    assert 10_000 < (orders.bytes or 0) < 2_000_000
    assert orders.partitioned_by == ("toYYYYMM(ordered_at)",)
    assert orders.sort_key == ("country", "toStartOfHour(ordered_at)")
    assert keys(orders) == [
        ("by_note", "bloom_filter", ["note", "lower(note)"]),
        ("by_total", "minmax", ["total"]),
        ("by_day", "projection", ["day", "id"]),
        ("per_country", "aggregate-projection", ["country"]),
    ]
    columns = orders.columns
    assert list(columns) == ["id", "country", "note", "ordered_at", "day", "total"]
    assert (columns["country"].type, columns["country"].nullable) == ("LowCardinality(String)", False)
    assert (columns["note"].type, columns["note"].nullable) == ("Nullable(String)", True)
    assert (columns["id"].average_width, columns["day"].average_width) == (8, 2)
    assert (columns["ordered_at"].minimum or "").startswith(("2025-12-31", "2026-01-01"))
    assert (columns["ordered_at"].maximum or "").startswith("2026-03-11")
    assert columns["day"].minimum is None
    small = tables["shop", "small"]
    assert (small.partitioned_by, small.sort_key, small.indexes) == (("toYear(d)", "a % 2"), (), ())
    assert (small.columns["d"].minimum, small.columns["d"].maximum) == ("2025-06-01", "2025-06-10")
    german = tables["shop", "german"]
    assert (german.kind, german.indexes) == ("view", None)
    assert "FROM shop.orders" in (german.definition or "")
    totals = tables["shop", "totals"]
    assert (totals.kind, totals.sort_key) == ("materialized-view", ("country",))
    assert "sum(total)" in (totals.definition or "")


def test_the_tables_of_a_server(mocked: responses.RequestsMock) -> None:
    asked = replay(mocked)
    catalog, problems = clickhouse.read(URL, timeout=30)
    assert problems == ()
    check_shop(catalog)
    assert catalog.url == "clickhouse://ch.test:8123/shop"
    assert len(asked) == 5
    for request in asked:
        assert "readonly=1" in (request.url or "")
        assert "max_execution_time=30" in (request.url or "")
        assert request.headers["X-ClickHouse-User"] == USER
        assert request.headers["X-ClickHouse-Key"] == PASSWORD


def test_only_the_named_databases_are_asked_for(mocked: responses.RequestsMock) -> None:
    asked = replay(mocked)
    with pytest.raises(CatalogError, match='has no database "it\'s", or no table in it') as caught:
        clickhouse.read(URL, schemas=["shop", "it's"])
    assert (caught.value.kind, caught.value.exit_code) == ("missing-schema", 2)
    assert all(rb"database IN ('shop', 'it\'s')" in (request.body or b"") for request in asked)


def test_an_account_that_sees_nothing(mocked: responses.RequestsMock) -> None:
    replay(mocked, RECORDED | {"tables": {"data": []}})
    with pytest.raises(CatalogError, match="shows this account no table"):
        clickhouse.read(URL)


def test_it_is_read_as_any_live_database(mocked: responses.RequestsMock) -> None:
    replay(mocked)
    options = live.LiveOptions(database="Shop", values=False)
    catalog, problems = live.read(URL, options)
    assert (catalog.database, catalog.url, problems) == ("Shop", "clickhouse://ch.test:8123/shop", ())
    orders = catalog.table("orders", "shop")
    assert orders is not None
    assert (orders.rows, orders.columns["ordered_at"].minimum) == (10_000, None)


def test_a_password_is_asked_for_where_it_is_wanted(mocked: responses.RequestsMock) -> None:
    keys: list[str | None] = []

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        keys.append(request.headers.get("X-ClickHouse-Key"))
        if keys[-1] != PASSWORD:
            return refusal(
                194, "reader: Authentication failed: password is incorrect (REQUIRED_PASSWORD)", 403
            )
        found = RECORDED[re.findall(rb"FROM system\.(\w+)", request.body or b"")[0].decode()]  # type: ignore[arg-type]
        return 200, {}, json.dumps(found)

    mocked.add_callback(responses.POST, "http://ch.test:8123/", answer)
    options = live.LiveOptions(ask_password=lambda user: PASSWORD if user == USER else None)
    catalog, _ = live.read(f"clickhouse://{USER}@ch.test/shop", options)
    check_shop(catalog)
    assert keys == [None, *[PASSWORD] * 5]


def test_a_distributed_table_has_the_keys_of_the_local_one(mocked: responses.RequestsMock) -> None:
    # system.tables of a cluster: clickhouse.com/docs/engines/table-engines/special/distributed.
    engine = "Distributed('logs', 'shop', 'orders', rand())"
    row = ["shop", "everywhere", "Distributed", engine, "", "", "", "", None, None, "", ""]
    tables = {"data": [*RECORDED["tables"]["data"], row]}
    replay(mocked, RECORDED | {"tables": tables})
    catalog, _ = clickhouse.read(URL)
    everywhere, orders = catalog.table("everywhere", "shop"), catalog.table("orders", "shop")
    assert everywhere is not None
    assert orders is not None
    assert (everywhere.sort_key, everywhere.partitioned_by) == (orders.sort_key, orders.partitioned_by)
    assert (everywhere.rows, everywhere.indexes) == (None, orders.indexes)


def refusal(code: int, text: str, status: int = 500) -> tuple[int, dict[str, str], str]:
    return (
        status,
        {"X-ClickHouse-Exception-Code": str(code)},
        f"Code: {code}. DB::Exception: {text} (version 24.3.1)",
    )


def test_what_an_old_version_does_not_have_is_unknown(mocked: responses.RequestsMock) -> None:
    missing = refusal(60, "Table system.data_skipping_indices does not exist. (UNKNOWN_TABLE)", 404)
    replay(mocked, RECORDED | {"data_skipping_indices": missing})
    catalog, problems = clickhouse.read(URL)
    orders = catalog.table("orders", "shop")
    assert orders is not None
    assert (orders.indexes, orders.sort_key[0], problems) == (None, "country", ())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refusal(497, "reader: Not enough privileges. (ACCESS_DENIED)"), "may not read it"),
        (refusal(159, "Timeout exceeded: elapsed 30.1 seconds. (TIMEOUT_EXCEEDED)"), "within 30 seconds"),
        (refusal(241, f"Memory limit exceeded for {PASSWORD}. (MEMORY_LIMIT_EXCEEDED)"), "for ***"),
    ],
)
def test_a_part_that_is_refused_hides_no_other(
    mocked: responses.RequestsMock, answer: tuple[int, dict[str, str], str], words: str
) -> None:
    replay(mocked, RECORDED | {"parts_columns": answer})
    catalog, (problem,) = clickhouse.read(URL, timeout=30)
    assert words in problem.message
    assert problem.message.startswith("The widths of columns are missing in the catalog: ")
    assert problem.file == "clickhouse://ch.test:8123/shop"
    assert PASSWORD not in problem.message
    orders = catalog.table("orders", "shop")
    assert orders is not None
    assert (orders.rows, orders.columns["id"].average_width) == (10_000, None)


def test_an_account_that_may_set_nothing_is_asked_without_settings(mocked: responses.RequestsMock) -> None:
    asked: list[str] = []

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        asked.append(request.url or "")
        if "readonly" in (request.url or ""):
            return refusal(164, "Cannot modify 'max_execution_time' setting in readonly mode. (READONLY)")
        found = RECORDED[re.findall(rb"FROM system\.(\w+)", request.body or b"")[0].decode()]  # type: ignore[arg-type]
        return 200, {}, json.dumps(found)

    mocked.add_callback(responses.POST, "http://ch.test:8123/", answer)
    catalog, problems = clickhouse.read(URL)
    check_shop(catalog)
    assert (problems, sum("readonly" in url for url in asked), len(asked)) == ((), 1, 6)


@pytest.mark.parametrize(
    ("answer", "kind", "exit_code", "words"),
    [
        (
            refusal(516, f"{USER}: Authentication failed {PASSWORD}", 403),
            "wrong-password",
            4,
            "refused the login",
        ),
        ((200, {}, "<html>A proxy</html>"), "unexpected-answer", 3, "did not answer as"),
        ((302, {"Location": "http://elsewhere/"}, ""), "unexpected-answer", 3, "HTTP 302"),
        (refusal(497, "Not enough privileges"), "no-rights", 4, "tables of clickhouse://ch.test:8123/shop"),
    ],
)
def test_a_server_of_no_use_is_one_sentence(
    mocked: responses.RequestsMock,
    answer: tuple[int, dict[str, str], str],
    kind: str,
    exit_code: int,
    words: str,
) -> None:
    mocked.add(responses.POST, "http://ch.test:8123/", status=answer[0], headers=answer[1], body=answer[2])
    with pytest.raises(CatalogError) as caught:
        clickhouse.read(URL)
    assert (caught.value.kind, caught.value.exit_code) == (kind, exit_code)
    assert words in caught.value.message
    assert PASSWORD not in caught.value.message
    assert "\n" not in caught.value.message


def test_a_server_that_does_not_answer(unused_tcp_port: int) -> None:
    with pytest.raises(CatalogError, match=f"no server answers at clickhouse://127.0.0.1:{unused_tcp_port}/"):
        clickhouse.read(f"clickhouse://me:hidden@127.0.0.1:{unused_tcp_port}")


@pytest.fixture
def unused_tcp_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("url", "base", "label"),
    [
        ("clickhouse://h", "http://h:8123/", "clickhouse://h:8123/"),
        ("clickhousedb://u:p@h/d", "http://h:8123/", "clickhouse://h:8123/d"),
        ("clickhousedb+connect://u:p@h:8443/d", "https://h:8443/", "clickhouse://h:8443/d"),
        ("clickhousedb://u:p@h/d?secure=true", "https://h:8443/", "clickhouse://h:8443/d"),
        ("clickhouse+http://u:p@h:8123/d?protocol=https", "https://h:8123/", "clickhouse://h:8123/d"),
        ("clickhouse+https://u@h/d", "https://h:8443/", "clickhouse://h:8443/d"),
        ("clickhouse+http://u:a%2Fb%40c@[::1]:9123/d?x=1", "http://[::1]:9123/", "clickhouse://[::1]:9123/d"),
    ],
)
def test_urls_as_superset_writes_them(url: str, base: str, label: str) -> None:
    server = parse(url)
    assert (server.base, server.label) == (base, label)


def test_accounts_and_certificates_of_urls() -> None:
    server = parse("clickhouse+http://u%40x:a%2Fb%40c@h/d?verify=false")
    assert (server.user, server.password, server.database, server.verify) == ("u@x", "a/b@c", "d", False)
    assert parse("clickhousedb://u@h/d?ca_cert=/etc/ca.pem", "later").verify == "/etc/ca.pem"
    assert parse("clickhousedb://u@h/d", "later").password == "later"
    assert "a/b" not in repr(server)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("clickhouse://u:top@secret@h/d", "%40 for @"),
        ("clickhouse:///d", "the ClickHouse URL cannot be read"),
        ("clickhouse+native://u:secret@h:9000/d", "over HTTP"),
    ],
)
def test_a_url_that_cannot_be_used(url: str, words: str) -> None:
    with pytest.raises(CatalogError, match=words) as caught:
        parse(url)
    assert "secret" not in str(caught.value)
    assert caught.value.exit_code == 2


# --- a real one -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Iterator[Callable[..., str]]:
    """A function that makes URLs of a real ClickHouse with shop.sql in it."""
    python = os.environ.get("DASHLINT_TEST_CHDB_PYTHON")
    if python is None and importlib.util.find_spec("chdb") is None:
        pytest.skip("chDB is not installed (pip install chdb-core, or DASHLINT_TEST_CHDB_PYTHON)")
    command = [python or sys.executable, str(Path(__file__).parent / "clickhouse_server.py"), "0"]
    with subprocess.Popen(
        [*command, str(DATA / "shop.sql")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        word, port = server.stdout.readline().split()
        assert word == "ready"
        yield (
            lambda password=PASSWORD: f"clickhouse://{USER}:{quote(password, safe='')}@127.0.0.1:{port}/shop"
        )
        assert server.stdin is not None
        server.stdin.close()


@pytest.mark.optional
@pytest.mark.slow
def test_a_real_clickhouse_tells_the_same(real: Callable[..., str]) -> None:
    catalog, problems = clickhouse.read(real())
    assert problems == ()
    check_shop(catalog)
    some, _ = clickhouse.read(real(), schemas=["other"])
    assert [(t.schema, t.name, t.sort_key) for t in some.tables] == [("other", "t", ("x",))]
    with pytest.raises(CatalogError, match="refused the login"):
        clickhouse.read(real("wrong"))


BIG = (
    "CREATE DATABASE big",
    """CREATE TABLE big.t (a UInt32, b UInt32, c UInt32, d UInt32, e String, ts DateTime,
        INDEX i c TYPE minmax GRANULARITY 1, INDEX j e TYPE bloom_filter GRANULARITY 1,
        PROJECTION p (SELECT * ORDER BY b, d))
        ENGINE = MergeTree PARTITION BY toYYYYMM(ts) ORDER BY (a, ts) SETTINGS index_granularity = 256""",
    """INSERT INTO big.t SELECT intDiv(number * 7919, 13) % 1000, number * 31 % 5000, number, number * 17 % 7,
        toString(number), toDateTime('2026-01-01 00:00:00', 'UTC') + number * 60 FROM numbers(100000)""",
    "OPTIMIZE TABLE big.t FINAL",
)


@pytest.mark.optional
@pytest.mark.slow
def test_what_serves_a_condition_is_what_a_real_clickhouse_uses(real: Callable[..., str]) -> None:
    """EXPLAIN indexes = 1 tells how many of the table's granules are left to read."""
    base = f"http://{real().partition('@')[2].partition('/')[0]}/"

    def ask(sql: str) -> str:
        account = {"X-ClickHouse-User": USER, "X-ClickHouse-Key": PASSWORD}
        answer = requests.post(base, data=sql.encode(), headers=account, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.text

    for statement in BIG:
        ask(statement)
    catalog, _ = clickhouse.read(real(), schemas=["big"])
    (table,) = catalog.tables
    seen = set()
    for column, kind, condition, equalities in (
        ("a", "equality", "a = 5", []),
        ("a", "range", "a > 990", []),
        ("ts", "range", "ts > '2026-03-01 00:00:00'", []),
        ("b", "equality", "b = 5", []),
        ("b", "range", "b > 4990", []),
        ("d", "equality", "d = 3", []),
        ("d", "equality", "d = 3 AND b = 5", ["b"]),
        ("c", "range", "c > 99000", []),
        ("e", "equality", "e = '77'", []),
        ("e", "range", "e > '77'", []),
    ):
        plan = ask(f"EXPLAIN indexes = 1 SELECT e FROM big.t WHERE {condition} FORMAT TSVRaw")
        left, _ = map(int, re.findall(r"Granules: (\d+)/(\d+)", plan)[-1])
        every = max(int(total) for _, total in re.findall(r"Granules: (\d+)/(\d+)", plan))
        access = servable(table, column, kind, "clickhouse", equalities=equalities)
        assert access.usable is (left < every / 2), (condition, access, plan)
        seen.add(access.by)
    assert seen == {"sort-key", "partition", "index", None}
