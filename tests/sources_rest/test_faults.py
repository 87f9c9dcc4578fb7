"""Whatever a server does: `dashlint scan` ends soon, with a report that says what is missing, or a sentence.

Each fault at each address that dashlint asks, for an account that exports and for one that may only read.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from dashlint.cli.app import app
from dashlint.sources.errors import SourceError
from dashlint.sources.rest import Credentials
from tests.sources_rest import faults
from tests.sources_rest.conftest import ClientMaker, StubMaker, Waits
from tests.sources_rest.faulty import Fault, FaultyProxy, Spoilt
from tests.sources_rest.stub import Reply, Stub
from tests.sources_rest.world import World, small

PASSWORD = "hunter2-Pa55"
SECRETS = (PASSWORD, "access-s3cret", "refresh-s3cret", "cookie-s3cret")
TIMEOUT = 0.4
#: Two tries of ten timeouts each for one answer, and what is lost for nothing, ten more, are the most that a
#: single address can cost; the rest is this machine being busy.
SECONDS = 60

#: Every address that is asked, by the account that asks it.
EXPORTER = (
    r"GET /version",
    r"POST /api/v1/security/login",
    r"GET /api/v1/me/roles/",
    r"GET /api/v1/dashboard/\?",
    r"GET /api/v1/chart/\?",
    r"GET /api/v1/dataset/\?",
    r"GET /api/v1/database/\?",
    r"GET /api/v1/assets/export/",
    r"GET /api/v1/database/1/table_metadata/",
    r"GET /api/v1/database/1/tables/",
)
READER = (
    r"GET /api/v1/dashboard/1$",
    r"GET /api/v1/dataset/2$",
    r"GET /api/v1/database/1$",
    r"GET /api/v1/dashboard/2/charts",
    r"GET /api/v1/dashboard/2/datasets",
)
ADDRESSES = [*(("exporter", path) for path in EXPORTER), *(("reader", path) for path in READER)]


class Outcome(NamedTuple):
    code: int
    output: str
    errors: str
    seconds: float

    @property
    def report(self) -> dict[str, Any] | None:
        return json.loads(self.output) if self.output else None


@pytest.fixture
def elsewhere(stubs: StubMaker) -> Stub:
    """Another server, which nobody has a reason to ask."""
    return stubs()


@pytest.fixture
def world(stub: Stub) -> World:
    world = small(stub)
    for dataset in world.objects["dataset"].values():
        dataset["schema"] = "public"
    (country,) = world.objects["dashboard"][1]["metadata"]["native_filter_configuration"]
    country |= {"filterType": "filter_select", "type": "NATIVE_FILTER", "scope": {"rootPath": ["ROOT_ID"]}}
    world.with_pages()
    table = {"columns": [{"name": "ds", "type": "DATE"}, {"name": "country", "type": "TEXT"}], "indexes": []}
    stub.answers |= {
        "POST /api/v1/security/login": Reply(
            {"access_token": SECRETS[1], "refresh_token": SECRETS[2]},
            headers={"Set-Cookie": f"session={SECRETS[3]}; Path=/"},
        ),
        "POST /api/v1/security/refresh": Reply({"access_token": SECRETS[1]}),
        "GET /api/v1/database/1/table_metadata/": lambda r: Reply({"name": r.query["name"], **table}),
        "GET /api/v1/database/1/tables/": Reply({"result": [{"value": "orders", "type": "table"}]}),
    }
    return world


@pytest.fixture
def proxy(world: World, elsewhere: Stub) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(world.stub.url, elsewhere.url)
    yield proxy
    proxy.close()


Scan = Callable[..., Outcome]


@pytest.fixture
def scan(proxy: FaultyProxy, waits: Waits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Scan:
    monkeypatch.setenv("DASHLINT_PASSWORD", PASSWORD)
    runs = count()

    def run(*options: str) -> Outcome:
        # What tables are like is not kept from run to run.
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / f"cache-{next(runs)}"))
        arguments = ["scan", "--url", proxy.url, "--username", "ann", "--format", "json"]
        begun = time.monotonic()
        result = CliRunner().invoke(
            app, [*arguments, "--timeout", str(TIMEOUT), "--max-pages", "9", "-vv", *options]
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr, time.monotonic() - begun)

    return run


def as_reader(world: World) -> None:
    """An account that may read some, and export nothing: objects come one by one."""
    world.roles = {"Reader": [["can_read", "Chart"]]}
    world.hidden |= {("chart", 4), ("dataset", 3)}


def check(outcome: Outcome, whole: dict[str, Any], elsewhere: Stub) -> None:
    """What holds for every fault."""
    assert outcome.seconds < SECONDS
    assert not [secret for secret in SECRETS if secret in outcome.output + outcome.errors]
    assert elsewhere.requests == []
    assert "Traceback" not in outcome.errors
    assert "Error(" not in outcome.errors
    if outcome.report is None:
        assert outcome.code in {3, 4}
        sentences = [line for line in outcome.errors.splitlines() if line.startswith("dashlint: error: ")]
        assert len(sentences) == 1, outcome.errors
        assert "127.0.0.1" in outcome.errors or "account" in outcome.errors
        return
    assert outcome.code in {0, 1}
    found = outcome.report
    if found["summary"] == whole["summary"]:
        assert found["findings"] == whole["findings"]
    else:
        assert found["problems"], "something is missing, and nothing says so"


ALL = {**faults.QUICK, **faults.REDIRECTS}


@pytest.mark.parametrize("fault", ALL.values(), ids=ALL)
def test_whatever_an_answer_is(
    scan: Scan, world: World, proxy: FaultyProxy, elsewhere: Stub, fault: Fault
) -> None:
    for account in ("exporter", "reader"):
        if account == "reader":
            as_reader(world)
        proxy.spoilt = []
        whole = scan().report
        assert whole is not None
        for _, path in (pair for pair in ADDRESSES if pair[0] == account):
            spoilt = Spoilt(path, fault)
            proxy.spoilt = [spoilt]
            outcome = scan()
            assert spoilt.met, f"{account} never asked {path}"
            try:
                check(outcome, whole, elsewhere)
            except AssertionError as error:
                raise AssertionError(
                    f"{account}: {path}: {outcome.code}\n{outcome.errors}\n{error}"
                ) from None


@pytest.mark.parametrize("fault", faults.STALLS.values(), ids=faults.STALLS)
@pytest.mark.parametrize(("account", "path"), ADDRESSES[::2], ids=[path for _, path in ADDRESSES[::2]])
def test_whatever_does_not_end(
    scan: Scan, world: World, proxy: FaultyProxy, elsewhere: Stub, fault: Fault, account: str, path: str
) -> None:
    if account == "reader":
        as_reader(world)
    whole = scan().report
    assert whole is not None
    proxy.spoilt = [spoilt := Spoilt(path, fault)]
    check(scan(), whole, elsewhere)
    assert spoilt.met


def test_a_server_that_hangs_everywhere_is_given_up(scan: Scan, world: World, proxy: FaultyProxy) -> None:
    as_reader(world)
    for number in range(5, 60):
        world.dataset(number, f"t{number}")
    world.with_pages()
    proxy.spoilt = [spoilt := Spoilt(r"GET /api/v1/dataset/\d+", faults.STALLS["stall"])]
    outcome = scan("--no-indexes")
    assert outcome.report is not None
    told = [problem["message"] for problem in outcome.report["problems"]]
    assert any("57 datasets of 57 could not be read" in text for text in told), told
    # 58 datasets at two tries each would be more.
    assert spoilt.met < 58
    assert outcome.seconds < 58 * TIMEOUT + 10


def test_what_one_list_lacks_is_named_and_the_rest_is_kept(scan: Scan, proxy: FaultyProxy) -> None:
    proxy.spoilt = [Spoilt(r"chart/\?", faults.QUICK["failure"]), Spoilt("assets/export", faults.cut(0))]
    outcome = scan()
    assert outcome.report is not None
    assert outcome.report["summary"]["dashboards"] == 2
    assert any("list of charts" in problem["message"] for problem in outcome.report["problems"])


def test_endless_pages_end_where_an_option_says(scan: Scan, proxy: FaultyProxy) -> None:
    proxy.spoilt = [Spoilt(r"chart/\?", faults.QUICK["endless-pages"])]
    outcome = scan("--max-pages", "7")
    # The same list is read once more, with everything in it, for charts that no export gives.
    assert len([asked for asked in proxy.asked if "/chart/?" in asked and "params" not in asked]) == 7
    assert outcome.report is not None
    (problem,) = (p for p in outcome.report["problems"] if p["kind"] == "too-many-pages")
    assert "after 7 pages with 39 charts" in problem["message"]
    assert "--max-pages N" in problem["message"]
    assert outcome.report["summary"]["charts"] == 4


def test_all_answers_together_end_where_an_option_says(scan: Scan, world: World, proxy: FaultyProxy) -> None:
    as_reader(world)
    large = faults.said(lambda content, _: content["result"].update(description="x" * 600_000))
    proxy.spoilt = [Spoilt(r"GET /api/v1/dataset/\d+$", large)]
    outcome = scan("--max-download", "1", "--no-indexes")
    assert outcome.report is not None
    told = [p["message"] for p in outcome.report["problems"] if p["kind"] == "download-too-large"]
    assert "more than 1 MiB in all: --max-download MIB allows more" in told[0]
    assert outcome.report["summary"]["dashboards"] == 2


@pytest.mark.parametrize("by_reset", [True, False], ids=["reset", "closed"])
@pytest.mark.parametrize("sized", [True, False], ids=["with-length", "without"])
def test_an_answer_may_break_off_at_every_byte(
    proxy: FaultyProxy, clients: ClientMaker, *, by_reset: bool, sized: bool
) -> None:
    client = clients(proxy.url, Credentials(token=SECRETS[1]), timeout=1000.0)  # patience for all of them
    path, query = "database/", "(columns:!(id,uuid,database_name),page:0,page_size:100)"
    proxy.spoilt = [measured := Spoilt("database/", seen := _Measured())]
    whole = client.json(path, q=query)
    assert measured.met
    for position in range(seen.length if sized else seen.unsized):
        fault = faults.cut_at(position, by_reset=by_reset, sized=sized)
        proxy.spoilt = [Spoilt("database/", fault, times=1)]
        if sized:
            assert client.json(path, q=query) == whole, f"after {position} bytes"
        proxy.spoilt = [Spoilt("database/", fault)]
        with pytest.raises(SourceError) as error:
            client.json(path, q=query)
        assert error.value.kind in {"connection-broken", "truncated-answer"}, position
        assert error.value.exit_code == 4


class _Measured:
    """How long an answer is, with its length in it and without."""

    length = unsized = 0

    def __call__(self, line: Any, good: Any) -> None:
        self.length, self.unsized = len(good.raw), len(good.head + good.body)
        line.send(good.raw)


@pytest.mark.parametrize("path", [path for account, path in ADDRESSES if account == "exporter"])
def test_a_scan_whose_answers_break_off_somewhere(
    scan: Scan, proxy: FaultyProxy, elsewhere: Stub, path: str
) -> None:
    whole = scan().report
    assert whole is not None
    for tenth in range(10):
        fault = faults.cut(tenth / 10, by_reset=bool(tenth % 2))
        proxy.spoilt = [Spoilt(path, fault, times=1)]
        # One loss is made good everywhere.
        assert scan().report == whole
        proxy.spoilt = [Spoilt(path, fault)]
        check(scan(), whole, elsewhere)


def test_a_login_that_ends_all_the_time_is_renewed_all_the_time(
    scan: Scan, world: World, proxy: FaultyProxy
) -> None:
    """Every login ends the one before it, as some servers have it, while four threads ask."""
    world.roles = {"Reader": [["can_read", "Chart"], ["all_datasource_access", "all_datasource_access"]]}
    whole = scan().report
    issued: list[str] = []

    def login(_request: object) -> Reply:
        issued.append(f"access-s3cret-{len(issued)}")
        return Reply({"access_token": issued[-1]})

    stub = world.stub
    stub.answers["POST /api/v1/security/login"] = login
    uses: dict[str, int] = {}

    def guarded(answer: Any) -> Any:
        def reply(request: Any) -> Reply:
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            uses[token] = uses.get(token, 0) + 1
            # Each serves five times.
            if token != issued[-1] or uses[token] > 5:
                return Reply({"msg": "Token has expired"}, 401)
            return answer if isinstance(answer, Reply) else answer(request)

        return reply

    for path, answer in list(stub.answers.items()):
        if "/api/v1/" in path and "/security/" not in path and "/me/" not in path:
            stub.answers[path] = guarded(answer)
    outcome = scan()
    assert outcome.report == whole
    assert len(issued) > 2
