"""No secret in any sentence, traceback, log line, problem, cache file or repr, whatever goes wrong."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import replace

import pytest

from dashlint.sources.errors import SourceError
from dashlint.sources.rest import Credentials, ServerRequest, open_server
from tests.sources_rest.conftest import StubMaker, Waits
from tests.sources_rest.stub import Reply, Request, Stub
from tests.sources_rest.world import small

PASSWORD, ACCESS, REFRESH = "hunter2-Pa55", "issued-access-token", "issued-refresh-token"
LOGIN = "POST /api/v1/security/login"
SECRETS = (
    PASSWORD,
    ACCESS,
    REFRESH,
    "jwt-of-mine",
    "sst_key-of-mine",
    "cookie-of-mine",
    "preset-tok",
    "preset-sec",
)

WAYS = {
    "password": Credentials(username="ann", password=PASSWORD),
    "token": Credentials(token="jwt-of-mine"),
    "api-key": Credentials(api_key="sst_key-of-mine"),
    "cookie": Credentials(session_cookie="cookie-of-mine"),
    "preset": Credentials(preset_token="preset-tok", preset_secret="preset-sec"),
}

Trouble = Callable[[Stub], None]


def echo(request: Request) -> Reply:
    """A server that says everything it was told in its error."""
    said = f"{dict(request.headers)} {request.body!r} {' '.join(SECRETS)}"
    return Reply({"message": said}, 400)


def everywhere(reply: Reply | Callable[[Request], Reply]) -> Trouble:
    def cause(stub: Stub) -> None:
        for key in stub.answers:
            stub.answers[key] = reply

    return cause


def after_login(reply: Reply | Callable[[Request], Reply]) -> Trouble:
    def cause(stub: Stub) -> None:
        for key in stub.answers:
            if "security" not in key and "auth" not in key:
                stub.answers[key] = reply

    return cause


TROUBLES: dict[str, Trouble] = {
    "echo": everywhere(echo),
    "echo after the login": after_login(echo),
    "title": everywhere(Reply(f"<html><title>{' '.join(SECRETS)}</title>")),
    "unauthorized": after_login(Reply({"msg": f"Token {ACCESS} is bad"}, 401)),
    "unprocessable": after_login(Reply({"msg": f"Not enough segments in jwt-of-mine {ACCESS}"}, 422)),
    "server error": after_login(Reply({"errors": [{"message": f"failed with {' '.join(SECRETS)}"}]}, 500)),
    "redirect": after_login(
        Reply({}, 302, {"Location": f"http://ann:{PASSWORD}@elsewhere.example/x?t={ACCESS}"})
    ),
    "dropped": everywhere(Reply(drop=True)),
    "cut": after_login(Reply({"a": "b" * 999}, cut=10)),
    "not json": after_login(Reply(b"{'" + ACCESS.encode())),
    "wrong json": after_login(Reply({"result": ACCESS, "count": PASSWORD})),
    "forbidden": after_login(Reply({"message": ACCESS}, 403)),
    "odd token": lambda stub: stub.answers.update({LOGIN: Reply({"access_token": f"{ACCESS}\n\0"})}),
}


@pytest.fixture
def server(stub: Stub) -> Stub:
    small(stub).with_pages()
    stub.answers[LOGIN] = Reply({"access_token": ACCESS, "refresh_token": REFRESH})
    stub.answers["POST /api/v1/security/refresh"] = Reply({"access_token": ACCESS})
    stub.answers["POST /auth/"] = Reply({"payload": {"access_token": ACCESS}})
    return stub


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_trouble_brings_a_secret_to_light(
    server: Stub, way: str, trouble: str, caplog: pytest.LogCaptureFixture, waits: Waits
) -> None:
    caplog.set_level(logging.DEBUG)
    credentials = replace(WAYS[way], preset_auth_url=f"{server.url}/auth/")
    TROUBLES[trouble](server)
    texts = []
    try:
        with open_server(ServerRequest(server.url, timeout=5), credentials) as opened:
            texts += [repr(opened), repr(opened.client.login), repr(opened.client.login.ticket())]
            workspace = opened.read()
            texts += [problem.message for problem in workspace.problems]
            texts.append(repr(workspace))
    except SourceError as error:
        texts += [str(error), repr(error), "".join(traceback.format_exception(error))]
    texts += [record.getMessage() for record in caplog.records]
    assert texts
    # A server that makes up a secret that nobody gave it is out of reach.
    known = {*credentials.secrets}
    if way in {"password", "preset"} and server.asked("GET /api/v1/me/roles/"):
        known.add(ACCESS)
    for secret in known:
        assert not [text for text in texts if secret in text]


def test_a_password_in_the_address_is_used_and_never_shown(
    server: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = server.url.replace("http://", f"http://ann:{PASSWORD}@")
    request = ServerRequest(url)
    with open_server(request, Credentials()) as opened:
        workspace = opened.read()
    (login,) = server.asked(LOGIN)
    assert (login.json["username"], login.json["password"]) == ("ann", PASSWORD)
    shown = [repr(request), str(workspace.url), opened.url, *(r.getMessage() for r in caplog.records)]
    shown += [asset.origin.root for asset in workspace.charts]
    assert workspace.charts
    assert not [text for text in shown if PASSWORD in text]
    # Nor does it go out in any address.
    assert not [r for r in server.requests if PASSWORD in f"{r.path} {dict(r.query)} {dict(r.headers)}"]


def test_secrets_go_to_the_server_only(stubs: StubMaker, server: Stub) -> None:
    auth = stubs()
    auth.answers["POST /auth/"] = Reply({"payload": {"access_token": ACCESS}})
    credentials = replace(WAYS["preset"], preset_auth_url=f"{auth.url}/auth/")
    with open_server(ServerRequest(server.url), credentials) as opened:
        opened.read()
    assert [r.path for r in auth.requests] == ["/auth/"]
    seen = "".join(f"{r.headers} {r.body!r}" for r in server.requests)
    assert "preset-sec" not in seen
    assert ACCESS in seen
    # The version is asked before anybody logs in.
    assert "Authorization" not in server.requests[0].headers
