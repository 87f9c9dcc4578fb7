"""Changing an object: the token against cross-site requests, its session, and what is never told."""

from __future__ import annotations

import pytest

from dashlint.sources.errors import SourceError
from dashlint.sources.rest import Credentials
from dashlint.sources.rest.writing import Writer
from tests.sources_rest.conftest import ClientMaker, StubMaker
from tests.sources_rest.stub import Reply, Request, Stub

LOGIN = "POST /api/v1/security/login"
CSRF = "GET /api/v1/security/csrf_token/"
PUT = "PUT /api/v1/chart/7"
ANN = Credentials(username="ann", password="hunter2-Pa55")
SECRETS = ("hunter2-Pa55", "access-1", "csrf-1", "session-1")


@pytest.fixture
def world(stub: Stub) -> Stub:
    stub.answers = {
        LOGIN: Reply({"access_token": "access-1", "refresh_token": "refresh-1"}),
        CSRF: Reply(
            {"result": "csrf-1"},
            headers={
                "Set-Cookie": "session=session-1; Expires=Thu, 01 Jan 2037 00:00:00 GMT; HttpOnly; Path=/"
            },
        ),
        PUT: Reply({"id": 7, "result": {}}),
    }
    return stub


def test_a_write_carries_login_token_and_session(world: Stub, clients: ClientMaker) -> None:
    writer = Writer(clients(world.url, ANN))
    writer.put("chart", 7, {"cache_timeout": 60})
    writer.put("chart", 7, {"cache_timeout": None})
    first, second = world.asked(PUT)
    assert (first.json, second.json) == ({"cache_timeout": 60}, {"cache_timeout": None})
    for request in (first, second):
        assert request.headers["Authorization"] == "Bearer access-1"
        assert request.headers["X-CSRFToken"] == "csrf-1"
        assert request.headers["Cookie"] == "session=session-1"
        assert request.headers["Referer"] == world.url
    assert len(world.asked(CSRF)) == 1


def test_a_session_of_ones_own_goes_on_where_the_server_sets_no_other(
    world: Stub, clients: ClientMaker
) -> None:
    world.answers[CSRF] = Reply({"result": "csrf-1"})
    Writer(clients(world.url, Credentials(session_cookie="mine.AbC-_="))).put("chart", 7, {})
    (request,) = world.asked(PUT)
    assert request.headers["Cookie"] == "session=mine.AbC-_="


@pytest.mark.parametrize(
    "expired",
    [
        Reply({"msg": "Token has expired"}, 401),
        Reply({"errors": [{"message": "The CSRF token has expired."}]}, 400),
    ],
    ids=["login", "token"],
)
def test_what_has_expired_is_asked_for_once_more(world: Stub, clients: ClientMaker, expired: Reply) -> None:
    world.answers[PUT] = [expired, Reply({"id": 7})]
    Writer(clients(world.url, ANN)).put("chart", 7, {"cache_timeout": 60})
    assert len(world.asked(PUT)) == 2
    assert len(world.asked(CSRF)) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 422, 500])
def test_a_refusal_is_a_sentence_without_secrets(world: Stub, clients: ClientMaker, status: int) -> None:
    def echo(request: Request) -> Reply:
        return Reply({"message": f"{dict(request.headers)} {' '.join(SECRETS)}"}, status)

    world.answers[PUT] = echo
    with pytest.raises(SourceError) as error:
        Writer(clients(world.url, ANN)).put("chart", 7, {"cache_timeout": 60})
    assert "PUT /api/v1/chart/7" in error.value.message
    assert not [secret for secret in SECRETS if secret in error.value.message]


def test_an_object_that_the_server_does_not_show_whole_is_not_changed(
    world: Stub, clients: ClientMaker
) -> None:
    world.answers["GET /api/v1/chart/7"] = Reply({"result": {"id": 7}})
    world.answers["GET /api/v1/chart/"] = Reply({"result": []})
    with pytest.raises(SourceError, match="does not show chart 7 whole"):
        Writer(clients(world.url, ANN)).read("chart", 7)


class Held:
    """A chart as the server holds it, and what becomes of a PUT."""

    def __init__(self, stub: Stub) -> None:
        self.timeout: int | None = None
        self.version = 1
        stub.answers |= {
            "GET /api/v1/chart/7": lambda _: Reply({"result": {"id": 7, "cache_timeout": self.timeout}}),
            "GET /api/v1/chart/": lambda _: Reply(
                {"result": [{"id": 7, "changed_on_utc": f"v{self.version}"}]}
            ),
        }

    def set(self, value: int) -> None:
        self.timeout, self.version = value, self.version + 1

    def taken(self, request: Request) -> Reply:
        self.set(request.json["cache_timeout"])
        return Reply({"id": 7})


LOSSES = {
    "dropped": Reply(drop=True),
    "hung": Reply(hang=True),
    "cut": Reply({"id": 7, "result": "x" * 500}, cut=20),
    "bad-gateway": Reply("<html><title>502 Bad Gateway</title>", 502),
    "gateway-timeout": Reply("<html><title>504</title>", 504),
    "unavailable": Reply({}, 503),
    "no-json": Reply("<html><title>proxy</title>"),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_a_write_that_arrived_is_not_repeated_though_its_answer_was_lost(
    world: Stub, clients: ClientMaker, loss: Reply
) -> None:
    held = Held(world)
    world.answers[PUT] = lambda request: (held.taken(request), loss)[1]
    writer = Writer(clients(world.url, ANN, timeout=0.3))
    writer.read("chart", 7)
    writer.put("chart", 7, {"cache_timeout": 60})
    assert len(world.asked(PUT)) == 1
    assert held.timeout == 60


@pytest.mark.parametrize("name", [name for name in LOSSES if name != "dropped"])
def test_a_write_that_may_still_arrive_is_not_repeated(world: Stub, clients: ClientMaker, name: str) -> None:
    held = Held(world)
    world.answers[PUT] = LOSSES[name]
    writer = Writer(clients(world.url, ANN, timeout=0.3))
    writer.read("chart", 7)
    with pytest.raises(SourceError, match="chart 7 is as it was, but the server may still be at it") as error:
        writer.put("chart", 7, {"cache_timeout": 60})
    assert (error.value.kind, error.value.exit_code) == ("unsure-write", 4)
    assert len(world.asked(PUT)) == 1
    assert held.timeout is None


def test_a_write_that_broke_off_on_the_way_is_sent_again_after_a_look(
    world: Stub, clients: ClientMaker
) -> None:
    """As where the server has closed a connection that was kept open: gunicorn does after two seconds."""
    held = Held(world)
    world.answers[PUT] = [Reply(drop=True), held.taken]
    writer = Writer(clients(world.url, ANN))
    writer.read("chart", 7)
    writer.put("chart", 7, {"cache_timeout": 60})
    puts_and_reads = [f"{r.method} {r.path}" for r in world.requests if r.path == "/api/v1/chart/7"]
    assert puts_and_reads == ["GET /api/v1/chart/7", PUT, "GET /api/v1/chart/7", PUT]
    assert held.timeout == 60


def test_what_somebody_else_changed_meanwhile_is_not_written_over(world: Stub, clients: ClientMaker) -> None:
    held = Held(world)

    def lost(_request: Request) -> Reply:
        held.set(999)
        return Reply(drop=True)

    world.answers[PUT] = lost
    writer = Writer(clients(world.url, ANN))
    writer.read("chart", 7)
    with pytest.raises(SourceError, match="not as asked for, and was changed since it was read"):
        writer.put("chart", 7, {"cache_timeout": 60})
    assert len(world.asked(PUT)) == 1
    assert held.timeout == 999


def test_too_many_requests_are_no_loss(world: Stub, clients: ClientMaker) -> None:
    held = Held(world)
    world.answers[PUT] = [Reply({}, 429, {"Retry-After": "1"}), held.taken]
    Writer(clients(world.url, ANN)).put("chart", 7, {"cache_timeout": 60})
    assert held.timeout == 60


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_write_follows_a_redirect_to_another_server(
    world: Stub, stubs: StubMaker, clients: ClientMaker, status: int
) -> None:
    other = stubs()
    world.answers[PUT] = Reply({}, status, {"Location": f"{other.url}/api/v1/chart/7"})
    with pytest.raises(SourceError, match="no login goes there"):
        Writer(clients(world.url, ANN)).put("chart", 7, {"cache_timeout": 60})
    assert other.requests == []
