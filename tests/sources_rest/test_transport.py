"""Requests are repeated where that helps, stop where it does not, and never carry a login elsewhere."""

from __future__ import annotations

import email.utils
import gzip
import socket
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from dashlint.sources.errors import SourceError
from dashlint.sources.rest import Credentials
from dashlint.sources.rest.pauses import LONGEST_RETRY_AFTER, retry_after
from dashlint.sources.rest.transport import Transport
from tests.sources_rest.conftest import ClientMaker, StubMaker, Waits
from tests.sources_rest.stub import Reply, Request, Stub

OK = Reply({"result": "fine"})
TOKEN = Credentials(token="very-secret-token")


def error_of(clients: ClientMaker, url: str, path: str = "x", **options: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        clients(url, TOKEN, **options).json(path)
    return caught.value


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_pass_is_tried_again_with_growing_pauses(
    stub: Stub, clients: ClientMaker, waits: Waits, status: int
) -> None:
    stub.answers["GET /api/v1/x"] = [Reply({}, status), Reply({}, status), Reply({}, status), OK]
    assert clients(stub.url).json("x") == {"result": "fine"}
    first, second, third = waits.seconds
    assert 0.25 <= first <= 0.5 <= second <= 1 <= third <= 2


def test_after_four_tries_it_is_told(stub: Stub, clients: ClientMaker, waits: Waits) -> None:
    stub.answers["GET /api/v1/x"] = Reply("<html><title>502 Bad Gateway</title>", 502)
    error = error_of(clients, stub.url)
    assert (error.kind, error.exit_code) == ("server-unavailable", 4)
    assert "502 Bad Gateway" in str(error)
    assert len(stub.requests) == 4
    assert len(waits.seconds) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_what_will_not_pass_is_not_tried_again(stub: Stub, clients: ClientMaker, status: int) -> None:
    stub.answers["GET /api/v1/x"] = Reply({"message": "no"}, status)
    error_of(clients, stub.url)
    assert len(stub.requests) == 1


def test_a_connection_that_breaks_is_made_again(stub: Stub, clients: ClientMaker, waits: Waits) -> None:
    stub.answers["GET /api/v1/x"] = [Reply(drop=True), Reply({"a": "b" * 500}, cut=100), OK]
    assert clients(stub.url).json("x") == {"result": "fine"}
    assert len(waits.seconds) == 2


def test_an_answer_that_always_breaks_off_is_told(stub: Stub, clients: ClientMaker) -> None:
    stub.answers["GET /api/v1/x"] = Reply({"a": "b" * 500}, cut=100)
    error = error_of(clients, stub.url)
    assert (error.kind, error.exit_code) == ("truncated-answer", 4)


def test_the_server_says_how_long_to_wait(stub: Stub, clients: ClientMaker, waits: Waits) -> None:
    soon = email.utils.format_datetime(datetime.now(timezone.utc) + timedelta(seconds=30), usegmt=True)
    stub.answers["GET /api/v1/x"] = [
        Reply({}, 429, {"Retry-After": "7"}),
        Reply({}, 503, {"Retry-After": soon}),
        OK,
    ]
    clients(stub.url).json("x")
    assert waits.seconds[0] == 7
    assert 0 < waits.seconds[1] <= 30


def test_nobody_is_made_to_wait_for_ever(stub: Stub, clients: ClientMaker, waits: Waits) -> None:
    stub.answers["GET /api/v1/x"] = Reply({}, 429, {"Retry-After": "3600"})
    error = error_of(clients, stub.url)
    assert error.kind == "rate-limited"
    assert "3600 s" in str(error)
    assert waits.seconds == []
    assert LONGEST_RETRY_AFTER < 3600


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_retry_after_has_two_forms(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}) == seconds


def test_a_slow_server_is_told_with_the_time_that_was_waited(stub: Stub, clients: ClientMaker) -> None:
    stub.answers["GET /api/v1/x"] = Reply(hang=True)
    error = error_of(clients, stub.url, timeout=0.2)
    assert (error.kind, error.exit_code) == ("timeout", 4)
    assert "0.2 s" in str(error)
    assert "--timeout" in str(error)
    # Nothing has ever answered there: one try is enough.
    assert len(stub.requests) == 1


def test_a_server_that_has_answered_gets_a_second_chance(stub: Stub, clients: ClientMaker) -> None:
    stub.answers |= {"GET /api/v1/a": OK, "GET /api/v1/x": [Reply(hang=True), OK]}
    client = clients(stub.url, timeout=0.3)
    client.json("a")
    assert client.json("x") == {"result": "fine"}


def test_what_took_too_long_once_is_not_repeated_where_it_will_again(
    stub: Stub, clients: ClientMaker
) -> None:
    stub.answers |= {"GET /api/v1/a": OK, "GET /api/v1/x": Reply({}, 504)}
    client = clients(stub.url)
    client.json("a")
    with pytest.raises(SourceError):
        client.bytes("x", patient=False)
    assert len(stub.asked("GET /api/v1/x")) == 1


def test_too_large_an_answer_is_not_read_to_its_end(
    stub: Stub, clients: ClientMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 40 kB on the wire become 40 MB in memory.
    monkeypatch.setattr("dashlint.sources.rest.client.MAX_JSON", 2**20)
    packed = gzip.compress(b" " * 40_000_000)
    stub.answers["GET /api/v1/x"] = Reply(packed, 200, {"Content-Encoding": "gzip"})
    error = error_of(clients, stub.url)
    assert error.kind == "answer-too-large"
    assert "1 MiB" in str(error)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_login_follows_a_redirect_to_another_port(
    stubs: StubMaker, clients: ClientMaker, status: int
) -> None:
    mine, other = stubs(), stubs()
    other.answers["GET /api/v1/x"] = OK
    target = f"http://ann:pw@127.0.0.1:{other.port}/api/v1/x?state=abc"
    mine.answers["GET /api/v1/x"] = Reply({}, status, {"Location": target})
    error = error_of(clients, mine.url)
    assert (error.kind, error.exit_code) == ("redirected", 4)
    assert other.requests == []
    assert f"127.0.0.1:{other.port}/api/v1/x" in str(error)
    assert "pw" not in str(error)
    assert "state" not in str(error)


def test_no_login_follows_a_redirect_to_another_name_of_the_same_machine(
    stub: Stub, clients: ClientMaker
) -> None:
    stub.answers["GET /api/v1/x"] = [
        Reply({}, 302, {"Location": f"http://localhost:{stub.port}/api/v1/x"}),
        OK,
    ]
    assert error_of(clients, stub.url).kind == "redirected"
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    "target", ["//evil.example/x", "file:///etc/passwd", "http://[::1", "http://x:port/"]
)
def test_odd_redirects_lead_nowhere(stub: Stub, clients: ClientMaker, target: str) -> None:
    stub.answers["GET /api/v1/x"] = Reply({}, 302, {"Location": target})
    assert error_of(clients, stub.url).kind == "redirected"


def test_a_redirect_on_the_same_server_is_followed_with_the_login(stub: Stub, clients: ClientMaker) -> None:
    stub.answers |= {"GET /api/v1/x": Reply({}, 308, {"Location": "/api/v1/x/"}), "GET /api/v1/x/": OK}
    assert clients(stub.url, TOKEN).json("x") == {"result": "fine"}
    assert [r.headers.get("Authorization") for r in stub.requests] == ["Bearer very-secret-token"] * 2


def test_a_circle_of_redirects_ends(stub: Stub, clients: ClientMaker) -> None:
    stub.answers["GET /api/v1/x"] = Reply({}, 302, {"Location": "/api/v1/x"})
    error = error_of(clients, stub.url)
    assert error.kind == "redirected"
    assert "circle" in str(error)


def test_a_login_of_netrc_does_not_take_the_place_of_ours(
    stub: Stub, clients: ClientMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    stub.answers["GET /api/v1/x"] = OK
    clients(stub.url, TOKEN).json("x")
    clients(stub.url).json("x")
    assert [r.headers.get("Authorization") for r in stub.requests] == ["Bearer very-secret-token", None]


def test_cookies_of_the_server_are_not_sent_back(stub: Stub, clients: ClientMaker) -> None:
    stub.answers["GET /api/v1/x"] = Reply({}, 200, {"Set-Cookie": "session=theirs; Path=/"})
    client = clients(stub.url, Credentials(session_cookie="mine"))
    client.json("x")
    client.json("x")
    assert [r.headers["Cookie"] for r in stub.requests] == ["session=mine"] * 2


def test_proxies_of_the_environment_are_used(
    stubs: StubMaker, clients: ClientMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = stubs()
    proxy.answers["GET http://superset.example/api/v1/x"] = OK
    monkeypatch.setenv("http_proxy", proxy.url)
    assert clients("http://superset.example", TOKEN).json("x") == {"result": "fine"}


def test_a_proxy_that_is_not_there_is_told(
    clients: ClientMaker, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://ann:proxy-secret@127.0.0.1:{closed_port}")
    error = error_of(clients, "http://superset.example")
    assert (error.kind, error.exit_code) == ("proxy-failure", 4)
    assert "proxy-secret" not in str(error)


def test_nobody_listens(clients: ClientMaker, closed_port: int) -> None:
    error = error_of(clients, f"http://127.0.0.1:{closed_port}")
    assert (error.kind, error.exit_code) == ("connection-refused", 4)
    assert f"127.0.0.1:{closed_port}" in str(error)


def test_a_host_that_nobody_knows(clients: ClientMaker) -> None:
    # RFC 6761: .invalid never resolves.
    error = error_of(clients, "http://superset.invalid:8088")
    assert (error.kind, error.exit_code) == ("unknown-host", 4)
    assert "superset.invalid" in str(error)


def test_what_listens_is_no_web_server(clients: ClientMaker) -> None:
    import threading

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def greet() -> None:
            for _ in range(4):
                connection, _address = listener.accept()
                with connection:
                    connection.sendall(b"220 mail.example ESMTP\r\n")
                    connection.recv(1000)

        thread = threading.Thread(target=greet)
        thread.start()
        error = error_of(clients, f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()
    assert error.kind == "connection-broken"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda place: place / "missing.pem", "No such file"),
        (lambda place: (place / "empty.pem").write_text("nothing here") and place / "empty.pem", "PEM"),
    ],
)
def test_a_ca_bundle_that_is_none_is_told_at_once(tmp_path: Path, make: object, reason: str) -> None:
    assert callable(make)
    with pytest.raises(SourceError, match=reason) as caught:
        Transport(ca_bundle=str(make(tmp_path)))
    assert (caught.value.kind, caught.value.exit_code) == ("bad-ca-bundle", 2)


def test_every_request_counts(stub: Stub, clients: ClientMaker) -> None:
    stub.answers["GET /api/v1/x"] = [Reply({}, 503), Reply({}, 302, {"Location": "/api/v1/x"}), OK]
    client = clients(stub.url)
    client.json("x")
    assert client.transport.sent == len(stub.requests) == 3


def test_the_server_learns_who_asks(stub: Stub, clients: ClientMaker) -> None:
    def echo(request: Request) -> Reply:
        return Reply({"agent": request.headers["User-Agent"], "accept": request.headers["Accept"]})

    stub.answers["GET /api/v1/x"] = echo
    found = clients(stub.url).json("x")
    assert str(found["agent"]).startswith("dashlint/")
    assert found["accept"] == "application/json"
    assert "python-requests" not in str(found["agent"])
