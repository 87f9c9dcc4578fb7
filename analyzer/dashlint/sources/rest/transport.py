"""HTTP as every request here needs it: retries, time and size limits, and no secret to another server."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
from urllib3 import exceptions as urllib3_errors

from dashlint import __version__
from dashlint.sources.rest import failures
from dashlint.sources.rest.address import same_server
from dashlint.sources.rest.body import (
    ACCEPTED,
    BrokenError,
    TooLargeError,
    UnknownCodingError,
    has_known_end,
    read_body,
)
from dashlint.sources.rest.deadline import Deadline, WatchedAdapter
from dashlint.sources.rest.failures import NoAnswerError
from dashlint.sources.rest.pauses import LONGEST_RETRY_AFTER, Patience, pause, retry_after
from dashlint.sources.rest.tls import checked_bundle, silence_urllib3

#: Answers that another try may turn into a good one: too many requests, and a gateway that got no worker
#: (RFC 9110 §15.6.3-5, RFC 6585 §4).
TRY_AGAIN = frozenset({429, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

#: How often a request is sent at most. With the waits below that spans about four seconds, or what the
#: server asks for: enough for a rolling restart, short enough to sit through.
ATTEMPTS = 4
# A request that timed out is sent once more at most: each try costs the user a whole timeout.
_TIMEOUT_ATTEMPTS = 2
_CONNECT_TIMEOUT = 10.0  # seconds
# An answer may take this many timeouts from its first byte to its last.
_SLOW_ANSWER = 10
# What a server may cost for nothing in all (tries that fail, waits between them, what an answer takes beyond
# one timeout), in timeouts: with the usual 60 s, ten minutes.
_PATIENCE = 10

#: A page of 100 charts with large params is about 2 MB (20 kB each, twice the largest of Superset's
#: examples); 32 times that is a mistake or an attack.
MAX_JSON = 64 * 2**20
#: All answers together, by default: twice the largest export that is accepted (client.py).
MAX_TOTAL = 1024 * 2**20


# After these the server cannot have seen the request.
_NEVER_SENT = frozenset({"connection-refused", "unknown-host", "unreachable"})
# The last two are raised where urllib3 is read from directly, or reads an answer that is none.
_BROKEN = (requests.RequestException, OSError, urllib3_errors.HTTPError, http.client.HTTPException)


class Answer(NamedTuple):
    """An HTTP answer, read to its end. ``url`` is where it came from, after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Transport:
    """Sends requests to one server. Threads may share it.

    Attributes:
        sent: how many HTTP requests have gone out, repeats and redirects included.
        received: how many bytes of answers have come, after decompression.
    """

    def __init__(
        self,
        *,
        timeout: float = 60.0,
        ca_bundle: str | None = None,
        insecure: bool = False,
        connections: int = 4,
        max_total: int = MAX_TOTAL,
    ) -> None:
        """Prepare, without connecting.

        Args:
            timeout: seconds to wait for an answer to begin.
            ca_bundle: a PEM file (or a folder of them) to trust instead of the usual issuers.
            insecure: do not check certificates.
            connections: how many are kept open at most.
            max_total: the most bytes of answers to accept in all, after decompression.

        Raises:
            SourceError: the CA bundle cannot be used.
        """
        self.timeout = timeout
        self.sent = 0
        self.received = 0
        self._max_total = max_total
        self._patience = Patience(_PATIENCE * timeout)
        self._lock = threading.Lock()
        self._answered = False
        self._verify: bool | str = True if ca_bundle is None else checked_bundle(ca_bundle)
        if insecure:
            self._verify = False
            silence_urllib3()
        self._session = _Session()
        self._session.headers.update({"User-Agent": f"dashlint/{__version__}", "Accept": "application/json"})
        self._session.headers["Accept-Encoding"] = ACCEPTED
        # What a server sets in a cookie is not ours to send back: every request carries its login itself.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = WatchedAdapter(pool_connections=connections, pool_maxsize=connections)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        self._session.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        max_bytes: int = MAX_JSON,
        patient: bool = True,
        once: bool = False,
    ) -> Answer:
        """Send a request and read its answer, again where that may help.

        Args:
            method: GET; POST for a login; PUT, which should be sent ``once``.
            url: without credentials.
            headers: those that carry the login.
            json: the body.
            max_bytes: the largest answer to accept, after decompression.
            patient: False gives up on the first timeout, 502 or 504: what took too long once will again.
            once: not again, unless the server cannot have acted on it: it was not reached, or answered that
                there were too many requests.

        Returns:
            The answer, whatever its status.

        Raises:
            NoAnswerError: there was no answer, or it broke off, or led to another server.
            SourceError: the answer was too large.
        """
        for attempt in range(1, ATTEMPTS + 1):
            if self.received >= self._max_total:
                raise failures.too_large(_host(url), max_bytes, 0, self._max_total)
            if not self._patience.left:
                raise failures.out_of_patience(_host(url), self._patience.most)
            begun = time.monotonic()
            try:
                answer = self._follow(method, url, headers or {}, json, max_bytes)
            except NoAnswerError as failure:
                self._patience.spend(time.monotonic() - begun)
                if (once and failure.kind not in _NEVER_SENT) or not self._worth_another(
                    failure, attempt, patient=patient
                ):
                    raise
                self._pause(pause(attempt))
                continue
            again = answer.status == 429 if once else answer.status in TRY_AGAIN
            if not again:
                self._patience.spend(time.monotonic() - begun - self.timeout)
                return answer
            self._patience.spend(time.monotonic() - begun)
            asked = retry_after(answer.headers)
            wait = pause(attempt) if asked is None else asked
            last = attempt == ATTEMPTS or not (patient or answer.status in {429, 503})
            if last or wait > min(LONGEST_RETRY_AFTER, self._patience.left):
                return answer
            self._pause(wait)
        raise AssertionError("the last attempt returns or raises")

    def _pause(self, seconds: float) -> None:
        self._patience.spend(seconds)
        _wait(seconds)

    def _worth_another(self, failure: NoAnswerError, attempt: int, *, patient: bool) -> bool:
        if not failure.retryable or attempt == ATTEMPTS:
            return False
        if failure.kind == "timeout":
            return patient and self._answered and attempt < _TIMEOUT_ATTEMPTS
        # Nothing has ever answered there: a wrong address is told at once, a restart is waited for.
        return self._answered or failure.kind == "connection-broken"

    def _follow(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        json: Mapping[str, Any] | None,
        max_bytes: int,
    ) -> Answer:
        for _ in range(5):
            answer = self._send_once(method, url, headers, json, max_bytes)
            target = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not target:
                return answer
            target = _joined(url, target)
            if not same_server(url, target):
                raise failures.elsewhere(_host(url), target)
            if urlsplit(target).path.rstrip("/").endswith("/login"):
                return answer  # "log in first": the caller knows what to say
            if method != "GET" and answer.status not in {307, 308}:
                raise failures.elsewhere(_host(url), target)
            url = target
        raise NoAnswerError(
            "redirected",
            f"{_host(url)} redirects in a circle: is the address right, with its path?",
            retryable=False,
        )

    def _send_once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        json: Mapping[str, Any] | None,
        max_bytes: int,
    ) -> Answer:
        with self._lock:
            self.sent += 1
        host, connect = _host(url), min(_CONNECT_TIMEOUT, self.timeout)
        # Also what comes drop by drop has to begin in time.
        deadline = Deadline(connect + self.timeout)
        with deadline:
            try:
                with self._session.request(
                    method,
                    url,
                    headers=dict(headers),
                    json=json,
                    auth=_leave_headers,
                    timeout=(connect, self.timeout),
                    allow_redirects=False,
                    stream=True,
                    verify=self._verify,
                ) as response:
                    self._answered = True
                    deadline.set(self.timeout * _SLOW_ANSWER)
                    body = self._read(response, host, max_bytes)
                    if not deadline.over:
                        return Answer(response.status_code, response.headers, body, url)
            except _BROKEN as error:
                if not deadline.over:
                    # None: the original's text may hold what must not be shown.
                    raise failures.from_exception(error, host, timeout=self.timeout) from None
            except NoAnswerError:
                if not deadline.over:
                    raise
        raise failures.timed_out(host, deadline.seconds, ended=deadline.seconds > connect + self.timeout)

    def _read(self, response: requests.Response, host: str, max_bytes: int) -> bytes:
        left = self._max_total - self.received
        try:
            body = read_body(response, min(max_bytes, max(0, left)))
        except TooLargeError:
            raise failures.too_large(host, max_bytes, left, self._max_total) from None
        except BrokenError:
            raise failures.truncated(host) from None
        except UnknownCodingError:
            raise failures.unknown_coding(host) from None
        if response.status_code == 200 and not body and not has_known_end(response):
            raise failures.truncated(host)  # cut off among its headers
        with self._lock:
            self.received += len(body)
        return body


_wait = time.sleep  # tests do not wait


class _Session(requests.Session):
    """A session that never looks at redirects: preparing them, requests reads bodies of any size."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Find no target in any answer."""


def _leave_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from putting a login of ~/.netrc in the place of ours."""
    return request


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:
        return target


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]
