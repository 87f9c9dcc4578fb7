"""What an HTTP answer means: JSON, or a sentence that says why not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from dashlint.sources.errors import UNREACHABLE, SourceError
from dashlint.sources.rest.pauses import retry_after
from dashlint.sources.rest.transport import Answer

#: Takes secrets out of a text that a server wrote.
Clean = Callable[[str], str]

_LONGEST_MESSAGE = 200  # characters of a server's text that a sentence quotes
_SIGN_IN = re.compile(rb"type=[\"']?password|saml|openid|oauth|sign[ -]?in|log[ -]?in|sso", re.IGNORECASE)


class RefusedError(SourceError):
    """An answer that is not what was asked for.

    Attributes:
        status: its HTTP status.
        is_page: whether it is a web page, as opposed to an answer of the API.
    """

    def __init__(self, kind: str, message: str, *, status: int, is_page: bool = False) -> None:
        super().__init__(kind, message, exit_code=UNREACHABLE)
        self.status = status
        self.is_page = is_page


def read_json(answer: Answer, asked: str, clean: Clean) -> Mapping[str, Any]:
    """The JSON object in a good answer.

    Args:
        answer: with any status.
        asked: the request as a person should see it, such as ``GET /api/v1/chart/``.
        clean: takes secrets out of texts.

    Raises:
        RefusedError: the status is not 200, or there is no JSON object in it.
    """
    if answer.status != 200:
        raise refused(answer, asked, clean)
    if is_html(answer):
        raise _html(answer, asked, clean)
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        # An answer that a proxy cut, but with a length that fits what is left.
        if answer.body.lstrip()[:1] == b"{" and (answer.body.rstrip()[-1:] != b"}" or _ends(answer.body)):
            raise RefusedError(
                "truncated-answer",
                f"the JSON that {_host(answer)} gave to {asked} ends too early: is a proxy cutting it short?",
                status=200,
            ) from None
        raise _not_superset(answer, asked) from None
    if not isinstance(found, dict):
        raise _not_superset(answer, asked)
    return found


def refused(answer: Answer, asked: str, clean: Clean) -> RefusedError:
    """The error for an answer with a bad status."""
    host, status, said = _host(answer), answer.status, message_of(answer, clean)
    quoted, page = f": {said}" if said else "", is_html(answer)
    if status == 401:
        return RefusedError("not-logged-in", f"{host} wants a login for {asked}{quoted}", status=status)
    if status == 403:
        return RefusedError(
            "permission-denied", f"the account may not use {asked} on {host}{quoted}", status=status
        )
    if status in {404, 405}:
        return RefusedError("not-found", f"{host} knows no {asked}{quoted}", status=status, is_page=page)
    if status == 429:
        wait = retry_after(answer.headers)
        told = f"and asks to come back in {wait:.0f} s" if wait else "also after several tries"
        return RefusedError(
            "rate-limited", f"{host} refuses {asked} as one of too many requests, {told}", status=status
        )
    if status in {301, 302, 303, 307, 308}:
        return RefusedError("not-logged-in", f"{host} sends {asked} to its login page", status=status)
    if status in {502, 503, 504}:
        return RefusedError(
            "server-unavailable",
            f"{host} answers {asked} with HTTP {status}: Superset is starting, overloaded, or stopped behind "
            f"its proxy{quoted}",
            status=status,
        )
    if status >= 500:
        return RefusedError(
            "server-error", f"{host} failed at {asked} with HTTP {status}{quoted}", status=status
        )
    return RefusedError(
        "unexpected-answer", f"{host} answers {asked} with HTTP {status}{quoted}", status=status
    )


def is_html(answer: Answer) -> bool:
    """Whether an answer is a web page, by what it says of itself or how it begins."""
    if "html" in answer.headers.get("content-type", "").lower():
        return True
    return answer.body[:200].lstrip().lower().startswith((b"<!doctype", b"<html"))


def message_of(answer: Answer, clean: Clean) -> str:
    """What the server says went wrong, on one line; empty if it says nothing of use."""
    if is_html(answer):
        return title_of(answer, clean)
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict):
        return ""
    errors = found.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        found = errors[0]
    said = found.get("message", found.get("msg", ""))
    if isinstance(said, dict):  # validation errors: lists of texts by field
        said = "; ".join(
            str(text) for texts in said.values() for text in (texts if isinstance(texts, list) else [texts])
        )
    return one_line(str(said), clean)


def title_of(answer: Answer, clean: Clean) -> str:
    """The title of an HTML page."""
    match = re.search(rb"<title[^>]*>(.{0,500}?)</title", answer.body[: 2**16], re.IGNORECASE | re.DOTALL)
    if match is None:
        return ""
    import html

    return one_line(html.unescape(match.group(1).decode("utf-8", "replace")), clean)


def one_line(text: str, clean: Clean) -> str:
    """A server's text as part of a sentence of ours."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in clean(text)).split()).rstrip(".")
    return flat if len(flat) <= _LONGEST_MESSAGE else f"{flat[: _LONGEST_MESSAGE - 1]}…"


def _html(answer: Answer, asked: str, clean: Clean) -> RefusedError:
    title = title_of(answer, clean)
    page = f"a web page ({title!r})" if title else "a web page"
    if _SIGN_IN.search(answer.body[: 2**18]):
        reason = (
            "a sign-in page stands before Superset. Use an address that leads past it, or a session cookie "
            "(DASHLINT_SESSION_COOKIE)"
        )
    else:
        reason = "this is not the address of a Superset, or a path is missing in it"
    return RefusedError(
        "html-instead-of-json",
        f"{_host(answer)} answers {asked} with {page} instead of JSON: {reason}",
        status=200,
    )


def _ends(body: bytes) -> bool:
    """Whether only the end of a JSON text is wrong with it: it is missing."""
    text = body.decode("utf-8", "replace").rstrip()
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos >= len(text)
    except (ValueError, RecursionError):
        return False
    return False


def _not_superset(answer: Answer, asked: str) -> RefusedError:
    return RefusedError(
        "not-a-superset",
        f"{_host(answer)} answers {asked} with something that no Superset says: is the address right?",
        status=answer.status,
    )


def _host(answer: Answer) -> str:
    return urlsplit(answer.url).netloc.rpartition("@")[2]
