"""Changing an object: the token against cross-site requests, its session, and what is never told."""

from __future__ import annotations

import pytest

from dashlint.sources.errors import SourceError
from dashlint.sources.rest import Credentials
from dashlint.sources.rest.writing import Writer
from tests.sources_rest.conftest import ClientMaker
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
