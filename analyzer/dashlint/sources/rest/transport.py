"""HTTP as every request here needs it: retries, time and size limits, and no secret to another server."""

from __future__ import annotations

import email.utils
import random
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter

from dashlint import __version__
from dashlint.sources.errors import USAGE, SourceError
from dashlint.sources.rest import failures
from dashlint.sources.rest.address import same_server
from dashlint.sources.rest.failures import NoAnswerError

#: Answers that another try may turn into a good one: too many requests, and a gateway that got no worker
#: (RFC 9110 §15.6.3-5, RFC 6585 §4).
TRY_AGAIN = frozenset({429, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

#: How often a request is sent at most. With the waits below that spans about four seconds, or what the
#: server asks for: enough for a rolling restart, short enough to sit through.
ATTEMPTS = 4
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0  # seconds
#: A server that asks for a longer pause than this (seconds) is not waited for.
LONGEST_RETRY_AFTER = 60.0
# A request that timed out is sent once more at most: each try costs the user a whole timeout.
_TIMEOUT_ATTEMPTS = 2
_CONNECT_TIMEOUT = 10.0  # seconds
# An answer may take this many timeouts from its first byte to its last.
_SLOW_ANSWER = 10

#: A page of 100 charts with large params is about 2 MB (20 kB each, twice the largest of Superset's
#: examples); 32 times that is a mistake or an attack.
MAX_JSON = 64 * 2**20
_CHUNK = 2**16


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
    """

    def __init__(
        self,
        *,
        timeout: float = 60.0,
        ca_bundle: str | None = None,
        insecure: bool = False,
        connections: int = 4,
    ) -> None:
        """Prepare, without connecting.

        Args:
            timeout: seconds to wait for an answer to begin.
            ca_bundle: a PEM file (or a folder of them) to trust instead of the usual issuers.
            insecure: do not check certificates.
            connections: how many are kept open at most.

        Raises:
            SourceError: the CA bundle cannot be used.
        """
        self.timeout = timeout
        self.sent = 0
        self._lock = threading.Lock()
        self._answered = False
        self._verify: bool | str = True if ca_bundle is None else _checked_bundle(ca_bundle)
        if insecure:
            self._verify = False
            _silence_urllib3()
        self._session = _Session()
        self._session.headers.update({"User-Agent": f"dashlint/{__version__}", "Accept": "application/json"})
        # What a server sets in a cookie is not ours to send back: every request carries its login itself.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_connections=connections, pool_maxsize=connections)
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
    ) -> Answer:
        """Send a request that may safely be sent twice, and read its answer.

        Args:
            method: GET, or POST for a login.
            url: without credentials.
            headers: those that carry the login.
            json: the body.
            max_bytes: the largest answer to accept, after decompression.
            patient: False gives up on the first timeout, 502 or 504: what took too long once will again.

        Returns:
            The answer, whatever its status.

        Raises:
            NoAnswerError: there was no answer, or it broke off, or led to another server.
            SourceError: the answer was too large.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self._follow(method, url, headers or {}, json, max_bytes)
            except NoAnswerError as failure:
                if not self._worth_another(failure, attempt, patient=patient):
                    raise
                _wait(_pause(attempt))
                continue
            last = attempt == ATTEMPTS or not (patient or answer.status in {429, 503})
            if answer.status not in TRY_AGAIN or last:
                return answer
            wait = retry_after(answer.headers)
            if wait is not None and wait > LONGEST_RETRY_AFTER:
                return answer
            _wait(_pause(attempt) if wait is None else wait)
        raise AssertionError("the last attempt returns or raises")

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
                raise _elsewhere(url, target)
            if urlsplit(target).path.rstrip("/").endswith("/login"):
                return answer  # "log in first": the caller knows what to say
            if method != "GET" and answer.status not in {307, 308}:
                raise _elsewhere(url, target)
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
        try:
            with self._session.request(
                method,
                url,
                headers=dict(headers),
                json=json,
                auth=_leave_headers,
                timeout=(min(_CONNECT_TIMEOUT, self.timeout), self.timeout),
                allow_redirects=False,
                stream=True,
                verify=self._verify,
            ) as response:
                self._answered = True
                body = self._read(response, max_bytes)
                return Answer(response.status_code, response.headers, body, url)
        except (requests.RequestException, OSError) as error:
            # None: the original's text may hold what must not be shown.
            raise failures.from_exception(error, _host(url), timeout=self.timeout) from None

    def _read(self, response: requests.Response, max_bytes: int) -> bytes:
        end = time.monotonic() + self.timeout * _SLOW_ANSWER
        parts, size = [], 0
        for chunk in response.iter_content(_CHUNK):
            size += len(chunk)
            if size > max_bytes:
                raise SourceError(
                    "answer-too-large",
                    f"{_host(response.url)} sent more than {max_bytes // 2**20} MiB in one answer: "
                    "restrict what is read with --dashboard",
                )
            if time.monotonic() > end:
                raise failures.timed_out(_host(response.url), self.timeout * _SLOW_ANSWER)
            parts.append(chunk)
        # urllib3 1 does not compare; its count is of bytes on the wire, as Content-Length is.
        declared = response.headers.get("content-length", "")
        if declared.isdigit() and response.raw.tell() < int(declared):
            raise failures.truncated(_host(response.url))
        return b"".join(parts)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by ``Retry-After``, which holds seconds or a date (RFC 9110 §10.2.3); None without."""
    text = headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())


def _wait(seconds: float) -> None:
    time.sleep(seconds)


def _pause(attempt: int) -> float:
    # Between half and all of it, so that many clients do not come back together.
    wait: float = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (attempt - 1))
    return wait * (0.5 + random.random() / 2)  # noqa: S311 no secret depends on it


class _Session(requests.Session):
    """A session that never looks at redirects: preparing them, requests reads bodies of any size."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Find no target in any answer."""


def _leave_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from putting a login of ~/.netrc in the place of ours."""
    return request


def _elsewhere(url: str, target: str) -> NoAnswerError:
    try:
        parts = urlsplit(target)
    except ValueError:
        there = "an address that is none"
    else:
        # Without its query, which may hold a login in progress.
        there = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return NoAnswerError(
        "redirected",
        f"{_host(url)} sends requests on to {there}: no login goes there. If Superset has moved, give its "
        "new address; if that is a sign-in page, use a token, an API key or a session cookie",
        retryable=False,
    )


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:
        return target


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _checked_bundle(path: str) -> str:
    import ssl

    place = Path(path).expanduser()
    try:
        if place.is_dir():
            return str(place)
        ssl.create_default_context(cafile=str(place))
    except ssl.SSLError:
        reason = "holds no certificates in PEM form"
    except OSError as error:
        reason = f"cannot be read ({error.strerror or type(error).__name__})"
    else:
        return str(place)
    raise SourceError("bad-ca-bundle", f"--ca-bundle {path}: the file {reason}", exit_code=USAGE) from None


def _silence_urllib3() -> None:
    # It would warn at every request; whoever asked for --insecure is told once, in plain words.
    import urllib3

    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
