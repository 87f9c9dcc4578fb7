"""Changing objects of a Superset, one `PUT` each: the one part of this package that writes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, NamedTuple

from dashlint.sources.errors import UNREACHABLE, SourceError
from dashlint.sources.rest.answers import RefusedError, read_json
from dashlint.sources.rest.client import Client
from dashlint.sources.rest.transport import Answer

_CSRF = "security/csrf_token/"
_COOKIE = re.compile(r"(?:^|, )([!#$%&'*+.^_`|~0-9A-Za-z-]+=[^;,]*)")


class Stored(NamedTuple):
    """An object as the server holds it, and when it was last changed there (as the server writes it)."""

    detail: Mapping[str, Any]
    changed_on: str


class Writer:
    """Reads and changes single charts, datasets and dashboards over a logged-in client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._headers: Mapping[str, str] | None = None
        self._asking = threading.Lock()
        self._read: dict[tuple[str, int], str] = {}

    def read(self, kind: str, number: int) -> Stored:
        """An object by its kind (``chart``, ``dataset``, ``dashboard``) and id.

        Raises:
            SourceError: the account may not see it, or it is gone.
        """
        query = f"(columns:!(id,changed_on_utc),filters:!((col:id,opr:eq,value:{number})))"
        detail = self._client.json(f"{kind}/{number}").get("result")
        rows = self._client.json(f"{kind}/", q=query).get("result")
        row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
        if not isinstance(detail, dict) or not isinstance(row.get("changed_on_utc"), str):
            raise RefusedError(
                "permission-denied", f"the server does not show {kind} {number} whole", status=403
            )
        self._read[kind, number] = row["changed_on_utc"]
        return Stored(detail, row["changed_on_utc"])

    def put(self, kind: str, number: int, values: Mapping[str, Any]) -> None:
        """Changes some values of an object and leaves the others.

        Nothing is sent twice on trust. Where the answer was lost, the object is read: it may be as asked for.

        Raises:
            SourceError: the server does not take them, or does not say whether it did.
        """
        before = self._read.get((kind, number))
        try:
            self.call("PUT", f"{kind}/{number}", values)
        except SourceError as lost:
            if not _is_unsure(lost):
                raise
            if self._arrived(kind, number, values, before, lost):
                return
            # Read again and found as it was before: it broke off on the way there.
            self.call("PUT", f"{kind}/{number}", values)

    def _arrived(
        self, kind: str, number: int, values: Mapping[str, Any], before: str | None, lost: SourceError
    ) -> bool:
        """Whether a change whose answer was lost has been made.

        Raises:
            SourceError: that cannot be told, or may still come.
        """
        name = f"{kind} {number}"
        try:
            now = self.read(kind, number)
        except SourceError:
            raise _unsure(f"whether {name} was changed is not known", lost) from None
        if all(plain(now.detail.get(key)) == plain(value) for key, value in values.items()):
            return True
        if now.changed_on != before:
            raise _unsure(f"{name} is not as asked for, and was changed since it was read", lost)
        if lost.kind != "connection-broken":
            raise _unsure(f"{name} is as it was, but the server may still be at it", lost)
        return False

    def call(self, method: str, path: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """``POST`` or ``PUT`` below ``/api/v1/`` with what Superset wants of a write; its answer.

        It is sent once, unless the server cannot have acted on it. Threads may share this.

        Raises:
            SourceError: the server does not take it.
        """
        url = f"{self._client.base}/api/v1/{path}"

        def send() -> Answer:
            with self._asking:
                headers = self._write_headers()
            return self._client.transport.send(method, url, headers=headers, json=values, once=True)

        answer = send()
        if answer.status == 401 or (answer.status == 400 and b"CSRF" in answer.body):
            # The login or its token against cross-site requests has expired while somebody was reading.
            if answer.status == 401:
                self._client.login.renew(self._client.login.ticket())
            self._headers = None
            answer = send()
        reason = self._client.login.explain(answer)
        if reason is not None:
            raise reason
        if answer.status in (201, 202):
            answer = answer._replace(status=200)  # "made" and "under way" are good answers to a write
        return read_json(answer, f"{method} /api/v1/{path}", self._client.login.clean)

    def _write_headers(self) -> Mapping[str, str]:
        """The login with a token against cross-site requests, which Superset wants of every write, and the
        session that it belongs to (superset/security/api.py:csrf_token; flask_wtf/csrf.py).
        """
        if self._headers is None:
            login = dict(self._client.login.ticket().headers)
            answer = self._client.transport.send("GET", f"{self._client.base}/api/v1/{_CSRF}", headers=login)
            token = read_json(answer, f"GET /api/v1/{_CSRF}", self._client.login.clean).get("result")
            cookies = _cookies(login.pop("Cookie", ""), answer)
            self._client.login.hide(str(token or ""))
            for value in cookies.values():
                self._client.login.hide(value)
            self._headers = {
                **login,
                **({"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())} if cookies else {}),
                # flask_wtf compares it over https.
                "Referer": self._client.base,
                "X-CSRFToken": str(token or ""),
            }
        return self._headers


def _is_unsure(error: SourceError) -> bool:
    """Whether the server may have acted, though it did not say so."""
    if isinstance(error, RefusedError):
        return error.status in {200, 502, 503, 504}
    return error.kind in {"timeout", "truncated-answer", "connection-broken", "answer-too-large"}


def _unsure(what: str, lost: SourceError) -> SourceError:
    return SourceError(
        "unsure-write",
        f"{what}: {lost.message}. Nothing more was written; run again to see what is left to do",
        exit_code=UNREACHABLE,
    )


def plain(value: Any) -> Any:
    """A stored value to compare: JSON counts by what it says, as a server writes it anew."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _cookies(own: str, answer: Answer) -> dict[str, str]:
    """The login's cookies with those that an answer sets."""
    jar: dict[str, str] = {}
    for text in (own.replace("; ", ", "), answer.headers.get("set-cookie", "")):
        for pair in _COOKIE.findall(text):
            try:
                parsed = SimpleCookie(pair)
            except CookieError:
                continue
            jar.update({name: morsel.coded_value for name, morsel in parsed.items()})
    return jar
