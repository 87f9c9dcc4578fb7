"""Asking a Superset: paths in, JSON or bytes out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from dashlint.sources.rest.address import Address
from dashlint.sources.rest.answers import RefusedError, is_html, read_json, refused
from dashlint.sources.rest.failures import NoAnswerError
from dashlint.sources.rest.login import Login, Ticket
from dashlint.sources.rest.pauses import moment_of
from dashlint.sources.rest.transport import MAX_JSON, Answer, Transport

#: The largest export that is accepted. The examples' 103 charts make 446 kB; at that rate this is more than
#: 100,000 charts, which Superset, building the ZIP in memory within one request, does not deliver anyway.
MAX_EXPORT = 512 * 2**20

#: Pages of one list that are read at most, by default: 100,000 objects.
MAX_PAGES = 1000

# How many renewals of a login, by other threads too, one request goes along with.
_TICKETS = 4

# Not 0.0.0-dev, which every build from Superset's main branch calls itself.
_VERSION = re.compile(r"[1-9]\d*\.\d+(?:[.\D][\w.+-]*)?", re.ASCII)


class Client:
    """A logged-in view of one server. Threads may share it.

    Attributes:
        max_pages: pages of one list that are read at most.
        server_time: what the server's clock said last; None where it does not tell.
    """

    def __init__(
        self, address: Address, transport: Transport, login: Login, *, max_pages: int = MAX_PAGES
    ) -> None:
        self.max_pages = max_pages
        self.server_time: datetime | None = None
        self.base = address.base
        self.host = address.host
        self.transport = transport
        self.login = login

    def json(self, path: str, **query: str | None) -> Mapping[str, Any]:
        """``GET`` a path below ``/api/v1/``.

        Args:
            path: such as ``chart/7``.
            **query: parameters of the query; those that are None are left out.

        Raises:
            SourceError: no usable answer; a :class:`~dashlint.sources.rest.answers.RefusedError` where the
                server gave one, with its status.
        """
        answer, asked = self._get(path, query, MAX_JSON, patient=True)
        return read_json(answer, asked, self.login.clean)

    def json_as_is(self, path: str) -> Mapping[str, Any]:
        """As :meth:`json`, but a refusal says nothing about the login, which is not renewed."""
        url = f"{self.base}/api/v1/{path}"
        answer = self.transport.send("GET", url, headers=self.login.ticket().headers)
        return read_json(answer, f"GET /api/v1/{path}", self.login.clean)

    def bytes(self, path: str, *, patient: bool = True, **query: str | None) -> bytes:
        """``GET`` a file below ``/api/v1/``. Errors: as :meth:`json`."""
        answer, asked = self._get(path, query, MAX_EXPORT, patient=patient)
        if answer.status != 200:
            raise refused(answer, asked, self.login.clean)
        if is_html(answer):
            read_json(answer, asked, self.login.clean)  # says what kind of page it is
        return answer.body

    def version(self) -> str | None:
        """Superset's version, asked without a login; None where it does not say.

        6.1 answers ``/version`` (superset/views/core.py); before, only HTML pages carry the version, in their
        bootstrap data (superset/views/base.py: ``navbar_right.version_string``), the login page among them.

        Raises:
            SourceError: nobody answers there.
        """
        try:
            answer = self.transport.send("GET", f"{self.base}/version")
        except NoAnswerError as failure:
            if failure.kind == "redirected":
                return None  # a sign-in page guards this path; it may let a token through to the API
            raise
        # A redirect to https holds for everything that follows: for the password above all.
        if answer.url.endswith("/version"):
            self.base = self.login.base = answer.url[: -len("/version")]
        try:
            found = read_json(answer, "GET /version", self.login.clean).get("version_string")
        except RefusedError:
            return None
        return found if isinstance(found, str) and _VERSION.fullmatch(found) else None

    def version_of_page(self) -> str | None:
        """The version that the login page carries; None if it does not."""
        try:
            answer = self.transport.send("GET", f"{self.base}/login/")
        except NoAnswerError as failure:
            if failure.kind == "redirected":
                return None
            raise
        text = answer.body[: 2**21].decode("utf-8", "replace")
        for quote in ("&#34;", "&quot;"):
            text = text.replace(quote, '"')
        match = re.search(r'"version_string":\s*"([^"]{1,40})"', text)
        return match.group(1) if match and _VERSION.fullmatch(match.group(1)) else None

    def _get(
        self, path: str, query: Mapping[str, str | None], max_bytes: int, *, patient: bool
    ) -> tuple[Answer, str]:
        asked = f"GET /api/v1/{path}"
        given = {key: value for key, value in query.items() if value is not None}
        url = f"{self.base}/api/v1/{path}{'?' + urlencode(given) if given else ''}"
        ticket, renewed = self.login.ticket(), False
        first = ticket.number
        while True:
            answer = self.transport.send(
                "GET", url, headers=ticket.headers, max_bytes=max_bytes, patient=patient
            )
            if answer.status != 401:
                break
            newer: Ticket | None = self.login.ticket()
            if newer is not None and newer.number == ticket.number:
                newer, renewed = (None if renewed else self.login.renew(ticket)), True
            # Others may renew it at the same time, and end what we have just got; but not for ever.
            if newer is None or newer.number > first + _TICKETS:
                break
            ticket = newer
        reason = self.login.explain(answer)
        if reason is not None:
            raise reason
        self.server_time = moment_of(answer.headers.get("date", ""))
        return answer, asked


def ids(numbers: Iterable[int]) -> str:
    """A Rison list of ids, as exports take them."""
    return f"!({','.join(map(str, numbers))})"


def page(columns: Iterable[str], number: int, size: int, rest: str = "") -> str:
    """The Rison query for one page of a list; ``rest`` filters and sorts."""
    return f"(columns:!({','.join(columns)}){rest},page:{number},page_size:{size})"
