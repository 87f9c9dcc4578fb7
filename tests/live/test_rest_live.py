"""dashlint.sources.rest against a real Superset: accounts, plans, tokens, indexes, and older releases."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from dashlint.assets import Dashboard, Workspace
from dashlint.sources import read
from dashlint.sources.errors import SourceError
from dashlint.sources.rest import Credentials, ServerRequest, TableCache, open_server, read_server
from dashlint.sources.rest.login import Ticket
from tests.live.superset_builder import older_releases
from tests.live.superset_client import SupersetSession
from tests.live.superset_releases import DEFAULT, RELEASES
from tests.live.superset_server import Account, SupersetServer, start

# As recipe/superset_config.py says it, which only Superset's own environment can import.
SECRET_KEY = "dashlint-tests-only-this-is-not-a-secret"
KINDS = ("dashboards", "charts", "datasets", "databases")


def credentials(account: Account) -> Credentials:
    return Credentials(username=account.username, password=account.password)


def read_as(server: SupersetServer, account: Account, *dashboards: str) -> Workspace:
    return read_server(ServerRequest(server.url, dashboards=dashboards), credentials(account))


def told(workspace: Workspace) -> list[str]:
    assert {problem.kind for problem in workspace.problems} <= {"permission-denied"}
    return [problem.message for problem in workspace.problems]


# What only a server tells, and where things were read.
NOT_IN_EXPORTS = {"id", "database_id", "dataset_id", "backend", "owners", "origin"}


def differences(live: Workspace, exported: Workspace, *, but: frozenset[str] = frozenset()) -> list[str]:
    """The fields of assets that a server and an export tell differently; objects that only one has."""
    found = []
    for kind in KINDS:
        ours = {asset.uuid: asset for asset in getattr(live, kind)}
        theirs = {asset.uuid: asset for asset in getattr(exported, kind)}
        found += [f"{kind} {uuid} is in one only" for uuid in ours.keys() ^ theirs.keys()]
        for uuid in ours.keys() & theirs.keys():
            names = {f.name for f in fields(ours[uuid])} - NOT_IN_EXPORTS - but
            found += [
                f"{kind} {uuid}: {name}"
                for name in sorted(names)
                if getattr(ours[uuid], name) != getattr(theirs[uuid], name)
            ]
    return found


def test_an_admin_gets_what_the_export_of_everything_holds(superset: SupersetServer, tmp_path: Path) -> None:
    (tmp_path / "assets.zip").write_bytes(superset.export_assets())
    live, exported = read_as(superset, superset.admin), read(tmp_path / "assets.zip")
    assert (len(live.dashboards), len(live.charts), len(live.datasets)) == RELEASES[DEFAULT].examples
    assert differences(live, exported) == []
    assert live.problems == ()
    assert live.superset_version == DEFAULT
    for kind in KINDS:
        assert all(asset.id for asset in getattr(live, kind))
    assert all(live.dataset_of(chart) for chart in live.charts)
    assert {database.backend for database in live.databases} == {"sqlite"}


def test_chosen_dashboards_are_what_their_export_holds(superset: SupersetServer, tmp_path: Path) -> None:
    live = read_as(superset, superset.admin, "births", "*sales*")
    numbers = [dashboard.id for dashboard in live.dashboards if dashboard.id]
    (tmp_path / "dashboards.zip").write_bytes(superset.export_dashboards(numbers))
    assert {dashboard.title for dashboard in live.dashboards} == {
        "USA Births Names",
        "Sales Dashboard",
        "Video Game Sales",
    }
    assert differences(live, read(tmp_path / "dashboards.zip")) == []
    assert live.databases[0].id


@pytest.mark.parametrize("name", ["admin", "alpha"])
def test_a_full_read_takes_nine_requests(superset: SupersetServer, name: str) -> None:
    account = getattr(superset, name)
    with open_server(ServerRequest(superset.url), credentials(account)) as server:
        workspace = server.read()
        # Version, login, account, one page of each list and a second of charts, one export.
        assert server.requests_sent == 9
        assert server.account.username == name
    assert len(workspace.charts) == 103
    assert workspace.problems == ()


def test_who_sees_little_is_told_how_little(superset: SupersetServer) -> None:
    workspace = read_as(superset, superset.viewer)
    everything = read_as(superset, superset.admin)
    assert len(workspace.dashboards) == 2
    # Every chart on these dashboards is there: those that cannot be opened, as their dashboards tell them.
    for dashboard in workspace.dashboards:
        (same,) = (d for d in everything.dashboards if d.uuid == dashboard.uuid)
        assert dashboard.position == same.position
        assert dashboard.metadata == same.metadata
        assert all(placement.chart for placement in workspace.placements(dashboard))
    assert all(workspace.dataset_of(chart) for chart in workspace.charts)
    assert all(workspace.database_of(dataset) for dataset in workspace.datasets)
    for dataset in workspace.datasets:
        (full,) = (d for d in everything.datasets if d.id == dataset.id)
        assert set(dataset.column_by_name) == set(full.column_by_name)
        assert {c.name for c in dataset.temporal_columns} == {c.name for c in full.temporal_columns}
    charts, datasets, all_in_all = told(workspace)
    assert (
        charts == "the account 'viewer' (Gamma, Sales viewer) reads 2 charts only as far as dashboards tell"
    )
    assert datasets.endswith("reads 2 datasets only as far as dashboards tell")
    assert "may not see everything: 2 dashboards, 35 charts, 3 datasets were read" in all_in_all


def test_one_dashboard_of_an_account_that_sees_little(superset: SupersetServer) -> None:
    whole = read_as(superset, superset.viewer)
    featured = next(d for d in whole.dashboards if d.title == "Featured Charts")
    workspace = read_as(superset, superset.viewer, "Featured*")
    assert [dashboard.uuid for dashboard in workspace.dashboards] == [featured.uuid]
    assert {chart.uuid for chart in workspace.charts} == {chart.uuid for chart in whole.charts_of(featured)}
    assert all(workspace.dataset_of(chart) for chart in workspace.charts)


def test_who_sees_nothing_is_told_so(superset: SupersetServer) -> None:
    with pytest.raises(
        SourceError, match=r"'newcomer' \(Gamma\) sees no dashboard, chart or dataset"
    ) as caught:
        read_as(superset, superset.newcomer)
    assert (caught.value.kind, caught.value.exit_code) == ("nothing-visible", 3)


def test_a_wrong_password(superset: SupersetServer) -> None:
    with pytest.raises(SourceError, match="'admin': wrong password") as caught:
        read_as(superset, Account("admin", "hunter2"))
    assert (caught.value.kind, caught.value.exit_code) == ("wrong-password", 4)
    assert "hunter2" not in str(caught.value)


def test_another_way_to_check_passwords(superset: SupersetServer) -> None:
    who = Credentials(username="admin", password="admin", provider="ldap")
    with pytest.raises(SourceError, match="Alternative authentication provider is not allowed") as caught:
        read_server(ServerRequest(superset.url), who)
    assert caught.value.kind == "login-refused"


def token(user: int, *, key: str = SECRET_KEY, seconds: int = 900) -> str:
    """A JWT as Flask-JWT-Extended makes it, which ends in so many seconds."""
    now = int(time.time()) + min(0, seconds) * 2
    ends = int(time.time()) + seconds
    claims = {
        "sub": str(user),
        "iat": now,
        "nbf": now,
        "exp": ends,
        "jti": "x",
        "type": "access",
        "fresh": True,
    }

    def packed(part: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")

    head = packed({"alg": "HS256", "typ": "JWT"}) + b"." + packed(claims)
    signature = hmac.new(key.encode(), head, hashlib.sha256).digest()
    return (head + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def test_a_token_serves_as_a_login(superset: SupersetServer) -> None:
    workspace = read_server(ServerRequest(superset.url, dashboards=("births",)), Credentials(token=token(1)))
    assert workspace.dashboards[0].slug == "births"


@pytest.mark.parametrize(
    ("who", "kind"),
    [
        (lambda: Credentials(token=token(1, seconds=-60)), "token-expired"),
        (lambda: Credentials(token=token(1, key="of another server, and long enough for it")), "bad-token"),
        (lambda: Credentials(token="no-jwt-at-all"), "bad-token"),
        (lambda: Credentials(token=token(4711)), "account-disabled"),
        (lambda: Credentials(api_key="sst_without-FAB_API_KEY_ENABLED"), "bad-api-key"),
        (lambda: Credentials(session_cookie="made-up"), "bad-session-cookie"),
        (Credentials, "no-credentials"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_superset_does_not_take(
    superset: SupersetServer, who: Callable[[], Credentials], kind: str
) -> None:
    """Tokens are made here: one that was made when the tests were collected may have ended by now."""
    with pytest.raises(SourceError) as caught:
        read_server(ServerRequest(superset.url), who())
    assert (caught.value.kind, caught.value.exit_code) == (kind, 4)


def test_a_token_that_expires_on_the_way_is_renewed(superset: SupersetServer) -> None:
    with open_server(ServerRequest(superset.url), credentials(superset.admin)) as server:
        stale = {"Authorization": f"Bearer {token(1, seconds=-60)}"}
        server.client.login._ticket = Ticket(1, stale)
        assert len(server.read().charts) == 103
        assert server.client.login.ticket().number == 2


def test_a_browsers_session_serves_as_a_login(superset: SupersetServer) -> None:
    import re

    import requests

    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.get(f"{superset.url}/login/", timeout=60).text.replace("&#34;", '"')
        csrf = re.search(r'"csrf_token": ?"([^"]+)"|name="csrf_token"[^>]*value="([^"]+)"', page)
        assert csrf is not None
        form = {"username": "admin", "password": "admin", "csrf_token": csrf[1] or csrf[2]}
        browser.post(f"{superset.url}/login/", data=form, timeout=60).raise_for_status()
        cookie = browser.cookies["session"]
    with open_server(ServerRequest(superset.url), Credentials(session_cookie=cookie)) as server:
        assert server.account.username == "admin"
        assert len(server.read().charts) == 103


def created(session: SupersetSession, kind: str, **values: Any) -> int:
    answer = session.post(f"/api/v1/{kind}/", json=values)
    assert answer.ok, answer.text
    number: int = answer.json()["id"]
    return number


@contextmanager
def second_database(superset: SupersetServer) -> Iterator[None]:
    """A database whose file has the same name as the examples', with a dataset."""
    with superset.session() as admin:
        uri = f"sqlite:///{superset.home / 'examples.db'}?check_same_thread=false"
        database = created(admin, "database", database_name="examples!", sqlalchemy_uri=uri)
        dataset = created(admin, "dataset", database=database, table_name="one", sql="SELECT 1 AS a")
        yield
        assert admin.delete(f"/api/v1/dataset/{dataset}").ok
        assert admin.delete(f"/api/v1/database/{database}").ok


def test_a_database_that_falls_out_of_the_export_is_fetched_by_itself(
    superset: SupersetServer, tmp_path: Path
) -> None:
    with second_database(superset):
        (tmp_path / "assets.zip").write_bytes(superset.export_assets())
        workspace = read_as(superset, superset.admin)
    # That it falls out is Superset's doing.
    assert len(read(tmp_path / "assets.zip").databases) == 1
    assert {database.name for database in workspace.databases} == {"examples", "examples!"}
    assert len(workspace.datasets) == 22
    assert all(workspace.database_of(dataset) for dataset in workspace.datasets)
    assert workspace.problems == ()


READER = (
    ("can_read", "Dashboard"),
    ("can_read", "Chart"),
    ("can_read", "Dataset"),
    ("can_read", "Database"),
    ("can_read", "CurrentUserRestApi"),
    ("all_datasource_access", "all_datasource_access"),
    ("all_database_access", "all_database_access"),
)


@pytest.fixture
def reader(superset: SupersetServer) -> Iterator[Account]:
    """Somebody who may read everything and export nothing."""
    with closing(sqlite3.connect(superset.home / "superset.db")) as metadata, metadata:
        found = metadata.execute(
            "SELECT pv.id, p.name, v.name FROM ab_permission_view pv JOIN ab_permission p ON p.id = "
            "pv.permission_id JOIN ab_view_menu v ON v.id = pv.view_menu_id"
        ).fetchall()
    wanted = [number for number, permission, view in found if (permission, view) in READER]
    assert len(wanted) == len(READER)
    with superset.session() as admin:
        role = created(admin, "security/roles", name="Reader")
        path = f"/api/v1/security/roles/{role}/permissions"
        assert admin.post(path, json={"permission_view_menu_ids": wanted}).ok
        person = {"first_name": "r", "last_name": "r", "email": "reader@example.com", "active": True}
        user = created(admin, "security/users", username="reader", password="reader", roles=[role], **person)
        yield Account("reader", "reader")
        assert admin.delete(f"/api/v1/security/users/{user}").ok
        assert admin.delete(f"/api/v1/security/roles/{role}").ok


def in_order(workspace: Workspace) -> dict[str, tuple[object, object]]:
    """Columns and metrics of each dataset, without the order of the database's rows."""
    return {d.uuid: (set(d.columns), sorted(m.name for m in d.metrics)) for d in workspace.datasets}


def test_object_by_object_gives_what_the_export_gives(superset: SupersetServer, reader: Account) -> None:
    exported = read_as(superset, superset.admin)
    with open_server(ServerRequest(superset.url), credentials(reader)) as server:
        single = server.read()
        # A request for each dashboard, dataset and database; charts come by the hundred.
        assert server.requests_sent <= 3 + 5 + 9 + 21 + 1
    left_out = frozenset({"raw", "columns", "metrics", "uri", "extra", "query_context"})
    assert differences(single, exported, but=left_out) == []
    assert in_order(single) == in_order(exported)
    assert told(single) == []


def test_one_dashboard_object_by_object(superset: SupersetServer, reader: Account) -> None:
    exported = read_as(superset, superset.admin, "births")
    single = read_as(superset, reader, "births")
    left_out = frozenset({"raw", "columns", "metrics", "uri", "extra", "query_context"})
    assert differences(single, exported, but=left_out) == []


@pytest.fixture
def indexed_table(superset: SupersetServer) -> Iterator[str]:
    name = "dashlint_orders"
    with closing(sqlite3.connect(superset.home / "examples.db")) as data:
        data.executescript(
            f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, ds DATE, country TEXT);"
            f"CREATE INDEX {name}_ds ON {name} (ds, country);"
            f"CREATE VIEW {name}_view AS SELECT * FROM {name}"
        )
        yield name
        data.executescript(f"DROP VIEW {name}_view; DROP TABLE {name}")


def test_indexes_come_from_superset_and_are_kept(
    superset: SupersetServer, indexed_table: str, tmp_path: Path
) -> None:
    cache = TableCache(tmp_path)
    with open_server(ServerRequest(superset.url), credentials(superset.admin)) as server:
        (database,) = server.read().databases
        names = (indexed_table, f"{indexed_table}_view", "flights", "not_there")
        wanted = [(database, (name, "main", None)) for name in names]
        before = server.requests_sent
        first = server.read_tables(wanted, cache=cache)
        assert server.requests_sent == before + len(names) + 1
        second = server.read_tables(wanted[:3], cache=cache)
        assert server.requests_sent == before + len(names) + 1
    indexed, view, bare = first.answers
    assert [index["column_names"] for index in indexed.metadata["indexes"]] == [["ds", "country"]]
    assert (view.kind, "indexes" in view.metadata) == ("view", False)
    assert (bare.kind, bare.metadata["indexes"]) == ("table", [])
    (problem,) = first.problems
    assert "1 table of database 'examples': main.not_there" in problem.message
    assert [answer.kind for answer in second.answers] == ["table", "view", "table"]


def test_who_may_not_read_a_table_learns_nothing_of_it(superset: SupersetServer) -> None:
    with open_server(ServerRequest(superset.url), credentials(superset.viewer)) as server:
        (database,) = server.read().databases
        found = server.read_tables([(database, (n, "main", None)) for n in ("cleaned_sales_data", "flights")])
    assert [answer.table[0] for answer in found.answers] == ["cleaned_sales_data"]
    assert "main.flights" in found.problems[0].message


@pytest.mark.slow
@pytest.mark.optional
@pytest.mark.parametrize("version", older_releases())
def test_older_releases(version: str, tmp_path: Path) -> None:
    """Those that were built here (`superset_server.py build --version …`), which takes minutes."""
    server = start(version)
    try:
        (tmp_path / "assets.zip").write_bytes(server.export_assets())
        with open_server(ServerRequest(server.url), credentials(server.admin)) as opened:
            live = opened.read()
            assert opened.requests_sent <= 10
            physical = next(d for d in live.datasets if not d.is_virtual)
            tables = opened.read_tables([(live.databases[0], (physical.name, physical.schema, None))])
        as_alpha, as_viewer = read_as(server, server.alpha), read_as(server, server.viewer)
    finally:
        server.stop()
    assert live.superset_version == version
    assert live.problems == ()
    assert (len(live.dashboards), len(live.charts), len(live.datasets)) == RELEASES[version].examples
    # Charts that a layout lacks get new names in each export; old chart types are told as what they are.
    exported = read(tmp_path / "assets.zip")
    assert differences(live, exported, but=frozenset({"raw", "position", "viz_type"})) == []
    for one in live.dashboards:
        other: Dashboard = next(d for d in exported.dashboards if d.uuid == one.uuid)
        assert len(one.layout.charts) == len(other.layout.charts)
    assert all(dataset.id for dataset in live.datasets)
    assert [answer.table[0] for answer in tables.answers] == [physical.name]
    # One dashboard is a draft.
    assert told(as_alpha) == [
        "the account 'alpha' cannot open 1 dashboard with charts that it can (drafts, for one)"
    ]
    assert len(as_viewer.dashboards) == 2
    assert "may not see everything" in told(as_viewer)[-1]
