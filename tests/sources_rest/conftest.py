"""Servers on loopback, and a client that does not wait between its tries."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator

import pytest

from dashlint.sources.rest import Credentials
from dashlint.sources.rest.address import parse
from dashlint.sources.rest.client import Client
from dashlint.sources.rest.login import Login
from dashlint.sources.rest.transport import Transport
from tests.sources_rest.stub import Stub

StubMaker = Callable[..., Stub]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Neither the proxies of whoever runs the tests nor their credentials or cache."""
    import os

    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(
            ("DASHLINT_", "REQUESTS_", "CURL_", "SSL_CERT")
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", os.devnull)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def stubs() -> Iterator[StubMaker]:
    made: list[Stub] = []

    def make(certificate: ssl.SSLContext | None = None) -> Stub:
        made.append(Stub(certificate))
        return made[-1]

    yield make
    for stub in made:
        stub.close()


@pytest.fixture
def stub(stubs: StubMaker) -> Stub:
    return stubs()


class Waits:
    """The seconds that would have been waited."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    """No test waits between two tries."""
    found = Waits()
    monkeypatch.setattr("dashlint.sources.rest.transport._wait", found)
    return found


ClientMaker = Callable[..., Client]


@pytest.fixture
def clients(waits: Waits) -> Iterator[ClientMaker]:
    transports: list[Transport] = []

    def make(url: str, credentials: Credentials | None = None, **options: object) -> Client:
        transport = Transport(**{"timeout": 5.0, **options})  # type: ignore[arg-type]
        transports.append(transport)
        address = parse(url)
        return Client(address, transport, Login(transport, address.base, credentials or Credentials()))

    yield make
    for transport in transports:
        transport.close()


@pytest.fixture
def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port
