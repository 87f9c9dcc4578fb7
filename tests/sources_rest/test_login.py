"""Each way to log in sends what Superset expects, renews what expires, and says why it was refused."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashlint.sources.errors import SourceError
from dashlint.sources.rest import Credentials
from tests.sources_rest.conftest import ClientMaker, StubMaker
from tests.sources_rest.stub import Answer, Reply, Request, Stub

LOGIN = "POST /api/v1/security/login"
REFRESH = "POST /api/v1/security/refresh"
OK = Reply({"result": "fine"})
EXPIRED = Reply({"msg": "Token has expired"}, 401)
ANN = Credentials(username="ann", password="pass-word")


def only_with(token: str, otherwise: Reply = EXPIRED) -> Answer:
    """An endpoint that takes one token."""

    def answer(request: Request) -> Reply:
        return OK if request.headers.get("Authorization") == f"Bearer {token}" else otherwise

    return answer


def refusal(clients: ClientMaker, url: str, credentials: Credentials) -> SourceError:
    with pytest.raises(SourceError) as caught:
        clients(url, credentials).json("x")
    assert caught.value.exit_code == 4
    return caught.value


def test_user_and_password(stub: Stub, clients: ClientMaker) -> None:
    stub.answers |= {
        LOGIN: Reply({"access_token": "a1", "refresh_token": "r1"}),
        "GET /api/v1/x": only_with("a1"),
    }
    client = clients(stub.url, Credentials(username="ann", password="pass-word", provider="ldap"))
    client.json("x")
    client.json("x")
    (login,) = stub.asked(LOGIN)
    assert login.json == {"username": "ann", "password": "pass-word", "provider": "ldap", "refresh": True}


def test_below_a_path(stub: Stub, clients: ClientMaker) -> None:
    stub.answers |= {
        "POST /bi/api/v1/security/login": Reply({"access_token": "a1"}),
        "GET /bi/api/v1/x": only_with("a1"),
    }
    assert clients(f"{stub.url}/bi/", ANN).json("x") == {"result": "fine"}


@pytest.mark.parametrize(
    ("credentials", "header", "value"),
    [
        (Credentials(token="jwt"), "Authorization", "Bearer jwt"),
        (Credentials(api_key="sst_k"), "Authorization", "Bearer sst_k"),
        (Credentials(session_cookie=".eJw.x="), "Cookie", "session=.eJw.x="),
        (Credentials(session_cookie="session=.eJw"), "Cookie", "session=.eJw"),
        (Credentials(session_cookie="a=b; session=.eJw"), "Cookie", "a=b; session=.eJw"),
    ],
)
def test_what_is_sent_as_it_is(
    stub: Stub, clients: ClientMaker, credentials: Credentials, header: str, value: str
) -> None:
    stub.answers["GET /api/v1/x"] = OK
    clients(stub.url, credentials).json("x")
    (request,) = stub.requests
    assert request.headers[header] == value


def test_preset_exchanges_a_token_and_a_secret(stubs: StubMaker, clients: ClientMaker) -> None:
    workspace, auth = stubs(), stubs()
    auth.answers["POST /v1/auth/"] = Reply({"payload": {"access_token": "jwt"}})
    workspace.answers["GET /api/v1/x"] = only_with("jwt")
    credentials = Credentials(preset_token="tok", preset_secret="sec", preset_auth_url=f"{auth.url}/v1/auth/")
    assert clients(workspace.url, credentials).json("x") == {"result": "fine"}
    assert auth.requests[0].json == {"name": "tok", "secret": "sec"}
    assert len(workspace.requests) == 1


def test_preset_refuses(stub: Stub, clients: ClientMaker) -> None:
    stub.answers["POST /v1/auth/"] = Reply({"errors": [{"message": "nope"}]}, 401)
    url = f"{stub.url}/v1/auth/"
    error = refusal(clients, stub.url, Credentials(preset_token="t", preset_secret="s", preset_auth_url=url))
    assert error.kind == "wrong-password"
    assert "Preset" in str(error)


def test_preset_logs_in_again_when_its_token_expires(stub: Stub, clients: ClientMaker) -> None:
    stub.answers |= {
        "POST /v1/auth/": [Reply({"payload": {"access_token": t}}) for t in ("old", "new")],
        "GET /api/v1/x": only_with("new"),
    }
    url = f"{stub.url}/v1/auth/"
    clients(stub.url, Credentials(preset_token="t", preset_secret="s", preset_auth_url=url)).json("x")
    assert len(stub.asked("POST /v1/auth/")) == 2


def test_an_expired_token_is_refreshed(stub: Stub, clients: ClientMaker) -> None:
    stub.answers |= {
        LOGIN: Reply({"access_token": "a1", "refresh_token": "r1"}),
        REFRESH: only_with("r1", Reply({}, 500)),
        "GET /api/v1/x": only_with("a2"),
    }
    stub.answers[REFRESH] = lambda request: (
        Reply({"access_token": "a2"}) if request.headers["Authorization"] == "Bearer r1" else Reply({}, 500)
    )
    assert clients(stub.url, ANN).json("x") == {"result": "fine"}
    assert len(stub.asked(LOGIN)) == 1


def test_where_the_refresh_token_has_expired_too_the_password_serves_again(
    stub: Stub, clients: ClientMaker
) -> None:
    stub.answers |= {
        LOGIN: [Reply({"access_token": t, "refresh_token": "r"}) for t in ("a1", "a2")],
        REFRESH: EXPIRED,
        "GET /api/v1/x": only_with("a2"),
    }
    assert clients(stub.url, ANN).json("x") == {"result": "fine"}
    assert len(stub.asked(LOGIN)) == 2


def test_it_is_renewed_once_a_request_and_then_told(stub: Stub, clients: ClientMaker) -> None:
    stub.answers |= {LOGIN: Reply({"access_token": "a"}), "GET /api/v1/x": EXPIRED}
    assert refusal(clients, stub.url, ANN).kind == "token-expired"
    assert len(stub.asked("GET /api/v1/x")) == 2
    assert len(stub.asked(LOGIN)) == 2


def test_threads_whose_token_expires_together_renew_it_once(stub: Stub, clients: ClientMaker) -> None:
    together = threading.Barrier(4, timeout=10)

    def answer(request: Request) -> Reply:
        if request.headers["Authorization"] == "Bearer a2":
            return OK
        together.wait()
        return EXPIRED

    stub.answers |= {LOGIN: [Reply({"access_token": t}) for t in ("a1", "a2")], "GET /api/v1/x": answer}
    client = clients(stub.url, ANN)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(client.json, ["x"] * 4)) == [{"result": "fine"}] * 4
    assert len(stub.asked(LOGIN)) == 2


def test_a_login_is_tried_again_where_the_server_is_busy(stub: Stub, clients: ClientMaker) -> None:
    stub.answers |= {
        LOGIN: [Reply({}, 429), Reply({}, 503), Reply({"access_token": "a1"})],
        "GET /api/v1/x": only_with("a1"),
    }
    assert clients(stub.url, ANN).json("x") == {"result": "fine"}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_password_follows_no_redirect_to_another_server(
    stubs: StubMaker, clients: ClientMaker, status: int
) -> None:
    mine, other = stubs(), stubs()
    mine.answers[LOGIN] = Reply({}, status, {"Location": f"{other.url}/api/v1/security/login"})
    assert refusal(clients, mine.url, ANN).kind == "redirected"
    assert other.requests == []


def test_a_password_follows_a_redirect_to_a_slash_on_the_same_server(
    stub: Stub, clients: ClientMaker
) -> None:
    stub.answers |= {
        LOGIN: Reply({}, 308, {"Location": "/api/v1/security/login/"}),
        f"{LOGIN}/": Reply({"access_token": "a1"}),
        "GET /api/v1/x": only_with("a1"),
    }
    # A path that ends in /login is, for a GET, the page that people log in at.
    stub.answers[LOGIN] = Reply({}, 308, {"Location": "/other/security/"})
    stub.answers["POST /other/security/"] = Reply({"access_token": "a1"})
    assert clients(stub.url, ANN).json("x") == {"result": "fine"}


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (
            Reply({"message": "Not authorized"}, 401),
            "wrong-password",
            ["'ann'", "wrong password", "disabled"],
        ),
        (
            Reply({"message": {"provider": ["Alternative authentication provider is not allowed"]}}, 400),
            "login-refused",
            ["'db'", "--provider ldap", "Alternative authentication provider"],
        ),
        (Reply("<html><title>404 Not Found</title>", 404), "not-a-superset", ["address", "path"]),
        (Reply({"detail": "Method Not Allowed"}, 405), "not-a-superset", ["address"]),
        (Reply({"token": "x"}), "not-a-superset", ["without a token"]),
        (Reply(["a"]), "not-a-superset", ["no Superset says"]),
        (Reply("<html><title>Sign in - ACME</title><form>"), "html-instead-of-json", ["Sign in - ACME"]),
        (Reply({"message": "Fatal error"}, 500), "server-error", ["HTTP 500", "Fatal error"]),
        (Reply({}, 429), "rate-limited", ["too many requests"]),
        (Reply({"message": "go away"}, 403), "permission-denied", ["go away"]),
        (Reply({"access_token": "a\nb"}), "not-a-superset", ["without a token"]),
    ],
)
def test_why_a_login_was_refused(
    stub: Stub, clients: ClientMaker, reply: Reply, kind: str, words: list[str]
) -> None:
    stub.answers[LOGIN] = reply
    error = refusal(clients, stub.url, ANN)
    assert error.kind == kind
    for word in words:
        assert word in str(error)


@pytest.mark.parametrize(
    ("credentials", "reply", "kind"),
    [
        # What Superset 6.1.0 answers.
        (Credentials(token="t"), EXPIRED, "token-expired"),
        (Credentials(token="t"), Reply({"msg": "Signature verification failed"}, 422), "bad-token"),
        (Credentials(token="t"), Reply({"msg": "Not enough segments"}, 422), "bad-token"),
        (Credentials(token="t"), Reply({"msg": "Error loading the user 7"}, 401), "account-disabled"),
        (Credentials(api_key="sst_k"), Reply({"message": "Not authorized"}, 401), "bad-api-key"),
        (Credentials(api_key="sst_k"), Reply({"msg": "Not enough segments"}, 422), "bad-api-key"),
        (
            Credentials(session_cookie="c"),
            Reply({"msg": "Missing Authorization Header"}, 401),
            "bad-session-cookie",
        ),
        (Credentials(), Reply({"msg": "Missing Authorization Header"}, 401), "no-credentials"),
    ],
)
def test_why_a_token_was_refused(
    stub: Stub, clients: ClientMaker, credentials: Credentials, reply: Reply, kind: str
) -> None:
    stub.answers["GET /api/v1/x"] = reply
    assert refusal(clients, stub.url, credentials).kind == kind


def test_a_request_that_superset_cannot_process_is_no_matter_of_the_token(
    stub: Stub, clients: ClientMaker
) -> None:
    stub.answers["GET /api/v1/x"] = Reply({"message": "Unable to read the schema"}, 422)
    error = refusal(clients, stub.url, Credentials(token="jwt"))
    assert error.kind == "unexpected-answer"
    assert "Unable to read the schema" in str(error)


def test_without_a_login_everything_that_would_be_one_is_named(stub: Stub, clients: ClientMaker) -> None:
    stub.answers["GET /api/v1/x"] = Reply({}, 401)
    text = str(refusal(clients, stub.url, Credentials()))
    assert "DASHLINT_USERNAME" in text
    assert "DASHLINT_TOKEN" in text
