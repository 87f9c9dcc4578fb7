"""Certificates are checked, each kind of trouble has its own sentence, and --insecure is loud."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
import trustme

from dashlint.sources.errors import SourceError
from dashlint.sources.rest import Credentials, ServerRequest, open_server
from tests.sources_rest.conftest import ClientMaker, StubMaker
from tests.sources_rest.stub import Reply, Stub

OK = Reply({"result": "fine"})


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def serving(stubs: StubMaker, certificate: trustme.LeafCert) -> Stub:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    stub = stubs(context)
    stub.answers["GET /api/v1/x"] = OK
    return stub


def message(clients: ClientMaker, url: str, **options: object) -> str:
    with pytest.raises(SourceError) as caught:
        clients(url, **options).json("x")
    assert (caught.value.kind, caught.value.exit_code) == ("tls-failure", 4)
    return str(caught.value)


def test_a_bundle_makes_an_own_issuer_trusted(
    stubs: StubMaker, clients: ClientMaker, authority: trustme.CA, bundle: str
) -> None:
    stub = serving(stubs, authority.issue_cert("127.0.0.1"))
    assert clients(stub.url, ca_bundle=bundle).json("x") == {"result": "fine"}


def test_an_unknown_issuer(stubs: StubMaker, clients: ClientMaker, authority: trustme.CA) -> None:
    stub = serving(stubs, authority.issue_cert("127.0.0.1"))
    text = message(clients, stub.url)
    assert "issuer that this machine does not trust" in text
    assert "--ca-bundle" in text
    assert len(stub.requests) == 0


def test_a_self_signed_certificate(stubs: StubMaker, clients: ClientMaker, tmp_path: Path) -> None:
    own = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    path = tmp_path / "self.pem"
    own.private_key_pem.write_to_path(path)
    own.cert_pem.write_to_path(path, append=True)
    context.load_cert_chain(path)
    assert "is self-signed" in message(clients, stubs(context).url)


def test_an_expired_certificate(
    stubs: StubMaker, clients: ClientMaker, authority: trustme.CA, bundle: str
) -> None:
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)
    certificate = authority.issue_cert(
        "127.0.0.1", not_before=long_ago, not_after=long_ago + dt.timedelta(days=1)
    )
    assert "has expired" in message(clients, serving(stubs, certificate).url, ca_bundle=bundle)


def test_a_certificate_for_another_name(
    stubs: StubMaker, clients: ClientMaker, authority: trustme.CA, bundle: str
) -> None:
    stub = serving(stubs, authority.issue_cert("superset.example"))
    assert "is for another host name" in message(clients, stub.url, ca_bundle=bundle)


def test_plain_http_behind_https(stub: Stub, clients: ClientMaker) -> None:
    text = message(clients, stub.url.replace("http://", "https://"))
    assert "http:// instead of https://" in text


def test_insecure_works_and_says_so_loudly(
    stubs: StubMaker, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stub = serving(stubs, authority.issue_cert("superset.example"))
    stub.answers |= {
        "GET /version": Reply({"version_string": "6.1.0"}),
        "GET /api/v1/me/roles/": Reply({"result": {"username": "ann", "roles": {"Admin": []}}}),
    }
    # requests lets these override verify=False of a session.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with (
        caplog.at_level(logging.WARNING, logger="dashlint"),
        open_server(ServerRequest(stub.url, insecure=True), Credentials(token="t")) as server,
    ):
        assert server.version == "6.1.0"
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "INSECURE" in record.getMessage()
    assert f"127.0.0.1:{stub.port}" in record.getMessage()


def test_no_login_goes_from_https_to_http(
    stubs: StubMaker, clients: ClientMaker, authority: trustme.CA, bundle: str
) -> None:
    stub, plain = serving(stubs, authority.issue_cert("127.0.0.1")), stubs()
    client = clients(stub.url, Credentials(token="s3cret-token"), ca_bundle=bundle)
    for target in (f"{plain.url}/api/v1/x", stub.url.replace("https:", "http:") + "/api/v1/x"):
        stub.answers["GET /api/v1/x"] = Reply({}, 302, {"Location": target})
        with pytest.raises(SourceError, match="no login goes there") as error:
            client.json("x")
        assert error.value.kind == "redirected"
    assert plain.requests == []


def test_a_handshake_that_comes_byte_by_byte_ends(clients: ClientMaker) -> None:
    """Each byte meets the limit for a single read, so only a limit for the whole ends it."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 KiB of handshake
                while not over.wait(0.05):
                    connection.sendall(b"\x00")

        thread = threading.Thread(target=drip)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(SourceError, match=r"did not answer within 0\.\d s") as error:
            clients(f"https://127.0.0.1:{listener.getsockname()[1]}", timeout=0.3).json("x")
        assert time.monotonic() - begun < 10
        over.set()
        thread.join()
    assert error.value.kind == "timeout"
