"""What went wrong between here and the server, as one sentence each.

Only classes, error numbers and our own words go into a sentence: the texts of requests and urllib3 can
hold addresses with passwords and header values.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
from urllib3 import exceptions as urllib3_errors
from urllib3.util.ssl_match_hostname import CertificateError

from dashlint.sources.errors import UNREACHABLE, SourceError

# Verification errors of OpenSSL (openssl/x509_vfy.h: X509_V_ERR_…).
_EXPIRED = {10, 12}
_NOT_YET_VALID = {9, 11}
_SELF_SIGNED = {18, 19}
_UNKNOWN_ISSUER = {2, 20, 21}
_WRONG_NAME = {62, 64}

_TRUST = "give the certificate of its issuer with --ca-bundle FILE (or, for a test only, --insecure)"


class NoAnswerError(SourceError):
    """No answer, or only a part of one.

    Attributes:
        retryable: whether another try may succeed where the server has answered before.
    """

    def __init__(self, kind: str, message: str, *, retryable: bool = True) -> None:
        super().__init__(kind, message, exit_code=UNREACHABLE)
        self.retryable = retryable


def from_exception(error: Exception, host: str, *, timeout: float) -> NoAnswerError:
    """The sentence for an exception of requests (or of the sockets below it).

    Args:
        error: what was raised.
        host: the host, perhaps with its port, as a person should see it.
        timeout: the seconds that were waited for.
    """
    chain = tuple(_causes(error))
    certificate = _first(chain, ssl.SSLCertVerificationError, CertificateError)
    if certificate is not None:
        return _bad_certificate(certificate, host)
    if _first(chain, requests.exceptions.ProxyError, urllib3_errors.ProxyError):
        return NoAnswerError(
            "proxy-failure",
            f"the proxy between here and {host} cannot be used: check HTTPS_PROXY, HTTP_PROXY and NO_PROXY",
            retryable=False,
        )
    if _first(chain, requests.exceptions.InvalidProxyURL):
        return NoAnswerError(
            "proxy-failure",
            "the address of the proxy in HTTPS_PROXY or HTTP_PROXY is not valid",
            retryable=False,
        )
    if _first(chain, requests.exceptions.InvalidSchema):
        return NoAnswerError(
            "proxy-failure",
            f"the kind of proxy that is set for {host} is not supported (SOCKS needs the package PySocks)",
            retryable=False,
        )
    if _first(chain, ssl.SSLError, urllib3_errors.SSLError, requests.exceptions.SSLError):
        return _broken_tls(chain, host)
    if _first(chain, socket.gaierror):
        return NoAnswerError(
            "unknown-host",
            f"there is no host named {host.rsplit(':', 1)[0]}, or no DNS server that knows it",
            retryable=False,
        )
    if _first(chain, ConnectionRefusedError):
        return NoAnswerError(
            "connection-refused", f"nothing listens at {host}: is Superset running, and is the port right?"
        )
    if _first(chain, requests.exceptions.ConnectTimeout, urllib3_errors.ConnectTimeoutError):
        return NoAnswerError(
            "timeout",
            f"{host} could not be reached in time: is there a firewall or a VPN between here and there?",
        )
    if _first(chain, requests.exceptions.ReadTimeout, urllib3_errors.ReadTimeoutError, TimeoutError):
        return timed_out(host, timeout)
    if _unreachable(chain):
        return NoAnswerError("unreachable", f"there is no way to {host} from here: is the network up?")
    if _first(
        chain,
        urllib3_errors.IncompleteRead,
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
    ):
        return truncated(host)
    if _first(
        chain,
        ConnectionError,
        requests.exceptions.ConnectionError,
        urllib3_errors.ProtocolError,
    ):
        return NoAnswerError(
            "connection-broken", f"{host} closed the connection without an answer: is it a web server?"
        )
    return NoAnswerError(
        "unreachable", f"the request to {host} failed ({type(error).__name__})", retryable=False
    )


def timed_out(host: str, timeout: float, *, ended: bool = False) -> NoAnswerError:
    """The error for a server that takes longer than ``timeout`` seconds.

    ``ended`` is for an answer that began in time.
    """
    if ended:
        return NoAnswerError(
            "timeout",
            f"the answer of {host} began, but did not end within {timeout:g} s (ten times --timeout): "
            "a longer --timeout gives it longer",
        )
    return NoAnswerError("timeout", f"{host} did not answer within {timeout:g} s: --timeout gives it longer")


def out_of_patience(host: str, seconds: float) -> NoAnswerError:
    """The error for what is not asked any more, after ``seconds`` of failed tries and waits."""
    return NoAnswerError(
        "timeout",
        f"{host} was given up: {seconds:g} s (ten times --timeout) went by with tries that failed and waits "
        "between them",
        retryable=False,
    )


def unknown_coding(host: str) -> NoAnswerError:
    """The error for an answer that is compressed in a way that was not asked for."""
    return NoAnswerError(
        "unexpected-answer",
        f"{host} packs its answer in a way that was not asked for (Content-Encoding): is a proxy in between "
        "doing that?",
        retryable=False,
    )


def truncated(host: str) -> NoAnswerError:
    """The error for an answer that broke off."""
    return NoAnswerError(
        "truncated-answer",
        f"the answer from {host} broke off before its end: is a proxy in between cutting it short?",
    )


def elsewhere(host: str, target: str) -> NoAnswerError:
    """The error for a redirect from ``host`` to another server."""
    try:
        parts = urlsplit(target)
    except ValueError:
        there = "an address that is none"
    else:
        # Without its query, which may hold a login in progress.
        there = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return NoAnswerError(
        "redirected",
        f"{host} sends requests on to {there}: no login goes there. If Superset has moved, give its "
        "new address; if that is a sign-in page, use a token, an API key or a session cookie",
        retryable=False,
    )


def too_large(host: str, most: int, left: int, total: int) -> SourceError:
    """The error for an answer above ``most`` bytes, or above what is ``left`` of the ``total``."""
    if left < most:
        return SourceError(
            "download-too-large",
            f"{host} sent more than {total // 2**20} MiB in all: --max-download MIB allows more, --dashboard "
            "restricts what is read",
        )
    return SourceError(
        "answer-too-large",
        f"{host} sent more than {most // 2**20} MiB in one answer: restrict what is read with --dashboard",
    )


def _bad_certificate(error: BaseException, host: str) -> NoAnswerError:
    # urllib3 1 compares names itself, and OpenSSL's number for a wrong one is not in its exception.
    code = 62 if isinstance(error, CertificateError) else getattr(error, "verify_code", None)
    if code in _EXPIRED:
        reason = "has expired: it must be renewed on the server"
    elif code in _NOT_YET_VALID:
        reason = "is not valid yet: is the clock of this machine right?"
    elif code in _WRONG_NAME:
        reason = "is for another host name: use the name that it was issued for"
    elif code in _SELF_SIGNED:
        reason = f"is self-signed: {_TRUST}"
    elif code in _UNKNOWN_ISSUER:
        reason = f"comes from an issuer that this machine does not trust: {_TRUST}"
    else:
        reason = f"is not accepted (OpenSSL's verification error {code}): {_TRUST}"
    return NoAnswerError("tls-failure", f"the TLS certificate of {host} {reason}", retryable=False)


def _broken_tls(chain: tuple[BaseException, ...], host: str) -> NoAnswerError:
    reasons = {str(getattr(e, "reason", "") or "") for e in chain if isinstance(e, ssl.SSLError)}
    if reasons & {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}:
        text = f"{host} does not speak TLS: does its address start with http:// instead of https://?"
    elif reasons & {"UNEXPECTED_EOF_WHILE_READING", "SSLV3_ALERT_HANDSHAKE_FAILURE"}:
        text = (
            f"{host} broke off the TLS handshake: does it ask for a client certificate, or for another name?"
        )
    else:
        text = (
            f"no TLS connection to {host} could be made: it and this machine agree on no protocol or cipher"
        )
    return NoAnswerError("tls-failure", text, retryable=False)


def _unreachable(chain: tuple[BaseException, ...]) -> bool:
    numbers = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}
    return any(isinstance(e, OSError) and e.errno in numbers for e in chain)


def _first(chain: tuple[BaseException, ...], *kinds: type[BaseException]) -> BaseException | None:
    return next((error for error in chain if isinstance(error, kinds)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and all those that it wraps: requests and urllib3 keep them in several places."""
    pending: list[object] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += [*current.args, getattr(current, "reason", None), current.__cause__, current.__context__]
