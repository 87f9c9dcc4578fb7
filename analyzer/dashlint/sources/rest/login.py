"""Logging in, and staying logged in."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from dashlint.sources.errors import UNREACHABLE, SourceError
from dashlint.sources.rest import address
from dashlint.sources.rest.answers import RefusedError, is_html, message_of, read_json
from dashlint.sources.rest.credentials import Credentials
from dashlint.sources.rest.transport import Answer, Transport

_LOGIN = "/api/v1/security/login"
_REFRESH = "/api/v1/security/refresh"


class Ticket(NamedTuple):
    """The headers that carry a login; ``number`` grows each time it is made anew."""

    number: int
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Ticket({self.number})"


class Login:
    """Makes the headers of a login, and renews them when a token has expired. Threads may share it."""

    def __init__(self, transport: Transport, base: str, credentials: Credentials) -> None:
        """Prepare; the login itself happens when :meth:`ticket` is first asked.

        Args:
            transport: sends the requests.
            base: the server, without a slash at its end.
            credentials: complete ones.
        """
        self.credentials = credentials
        self.base = base
        self._transport = transport
        self._lock = threading.Lock()
        self._ticket: Ticket | None = None
        self._refresh_token: str | None = None
        # Tokens that the server gave are as secret as a password.
        self._issued: set[str] = set()

    def __repr__(self) -> str:
        return f"Login({self.base!r}, way={self.credentials.way!r})"

    def clean(self, text: str) -> str:
        """A text without the secrets that this login knows."""
        for secret in sorted({*self.credentials.secrets, *self._issued}, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def hide(self, secret: str) -> None:
        """Keeps something else that the server gave out of texts, too."""
        if secret:
            self._issue(secret)

    def ticket(self) -> Ticket:
        """The headers to send, logging in first if need be.

        Raises:
            SourceError: the login was refused, or nobody answered.
        """
        with self._lock:
            if self._ticket is None:
                self._ticket = Ticket(1, self._first_headers())
            return self._ticket

    def renew(self, old: Ticket) -> Ticket | None:
        """A newer ticket than one that the server no longer takes; None if there is no way to one.

        Raises:
            SourceError: the server refuses to log us in again.
        """
        with self._lock:
            if self._ticket is not None and self._ticket.number != old.number:
                return self._ticket  # another thread was faster
            way = self.credentials.way
            if way == "password":
                headers = self._refreshed() or self._by_password()
            elif way == "preset":
                headers = self._by_preset()
            else:
                return None
            self._ticket = Ticket(old.number + 1, headers)
            return self._ticket

    def explain(self, answer: Answer) -> SourceError | None:
        """Why the server takes this login no (longer); None if the answer is about something else.

        The texts are Flask-JWT-Extended's and Flask-AppBuilder's: 401 ``Token has expired``, 401
        ``Error loading the user 5`` (gone or inactive), 422 for a token that is none, 401 otherwise.
        """
        if answer.status not in {401, 422}:
            return None
        if answer.status == 422 and b'"msg"' not in answer.body:
            return None  # Superset's own, which has a "message", about what was asked
        plain, said = message_of(answer, str).lower(), message_of(answer, self.clean)
        host = urlsplit(answer.url).netloc
        if "expired" in plain:
            return _refused("token-expired", f"the token for {host} has expired: get a new one")
        if "loading the user" in plain:
            return _refused("account-disabled", f"{host} no longer knows this account, or has disabled it")
        if self.credentials.way == "anonymous":
            return _refused(
                "no-credentials",
                f"{host} wants a login: set DASHLINT_USERNAME and DASHLINT_PASSWORD, or DASHLINT_TOKEN, "
                "DASHLINT_API_KEY or DASHLINT_SESSION_COOKIE",
            )
        reason = f" ({said})" if said else ""
        if self.credentials.way == "api-key":
            return _refused(
                "bad-api-key",
                f"{host} does not take this API key{reason}: it may be revoked, or this Superset has none "
                "(6.1 and later, with FAB_API_KEY_ENABLED)",
            )
        if self.credentials.way == "session-cookie":
            return _refused(
                "bad-session-cookie",
                f"{host} does not take this session cookie{reason}: log in again in the browser and copy the "
                "new one",
            )
        return _refused(
            "bad-token", f"{host} does not take this token{reason}: it is incomplete, or from another server"
        )

    def _first_headers(self) -> Mapping[str, str]:
        who = self.credentials
        who.require_complete()
        if who.way == "password":
            return self._by_password()
        if who.way == "preset":
            return self._by_preset()
        if who.session_cookie and who.way == "session-cookie":
            cookie = who.session_cookie
            # A value of Flask's is base64 with dots, and may end in "="; a header has "name=value".
            return {
                "Cookie": cookie if cookie.startswith("session=") or "; " in cookie else f"session={cookie}"
            }
        token = who.token if who.way == "token" else who.api_key
        return _bearer(token) if token else {}

    def _by_password(self) -> Mapping[str, str]:
        who = self.credentials
        body = {"username": who.username, "password": who.password, "provider": who.provider, "refresh": True}
        answer = self._transport.send("POST", self.base + _LOGIN, json=body)
        if answer.status != 200 or is_html(answer):
            raise self._login_refused(answer)
        found = read_json(answer, f"POST {_LOGIN}", self.clean)
        refresh = found.get("refresh_token")
        self._refresh_token = self._issue(refresh) if isinstance(refresh, str) else None
        return _bearer(self._access_token(found, answer))

    def _refreshed(self) -> Mapping[str, str] | None:
        """New headers for the refresh token; None when it has expired too."""
        if self._refresh_token is None:
            return None
        token, self._refresh_token = self._refresh_token, None
        answer = self._transport.send("POST", self.base + _REFRESH, headers=_bearer(token))
        if answer.status != 200:
            return None
        try:
            found = read_json(answer, f"POST {_REFRESH}", self.clean)
        except RefusedError:
            return None
        access = found.get("access_token")
        if not isinstance(access, str):
            return None
        self._refresh_token = token
        return _bearer(self._issue(access))

    def _by_preset(self) -> Mapping[str, str]:
        """Exchange Preset's API token for a JWT (Preset's API documentation, "Authentication")."""
        who = self.credentials
        url = f"{address.parse(who.preset_auth_url).base}/"
        body = {"name": who.preset_token, "secret": who.preset_secret}
        answer = self._transport.send("POST", url, json=body)
        host = urlsplit(url).netloc
        if answer.status in {400, 401, 403}:
            raise _refused("wrong-password", f"{host} does not take this API token and secret of Preset's")
        found = read_json(answer, f"POST {urlsplit(url).path}", self.clean)
        payload = found.get("payload")
        return _bearer(self._access_token(payload if isinstance(payload, dict) else found, answer))

    def _access_token(self, found: Mapping[str, Any], answer: Answer) -> str:
        token = found.get("access_token")
        if isinstance(token, str) and token.isascii() and token.isprintable():
            return self._issue(token)
        raise _refused(
            "not-a-superset",
            f"{urlsplit(answer.url).netloc} answers the login without a token: is it a Superset?",
        )

    def _issue(self, token: str) -> str:
        self._issued.add(token)
        return token

    def _login_refused(self, answer: Answer) -> SourceError:
        who, host = self.credentials.username, urlsplit(answer.url).netloc
        said = message_of(answer, self.clean)
        if answer.status == 401:
            return _refused(
                "wrong-password",
                f"{host} refuses the login of {who!r}: wrong password, or an unknown or disabled account",
            )
        if answer.status in {404, 405}:
            return _refused(
                "not-a-superset",
                f"{host} has no login at {urlsplit(answer.url).path}: is this a Superset's address, with "
                "its whole path?",
            )
        if answer.status == 400 and "provider" in said.lower():
            return _refused(
                "login-refused",
                f"{host} does not log in by {self.credentials.provider!r} ({said}): try --provider "
                f"{'ldap' if self.credentials.provider == 'db' else 'db'}, or use a token",
            )
        try:
            read_json(answer, f"POST {_LOGIN}", self.clean)
        except RefusedError as error:
            return error
        return _refused("login-refused", f"{host} refuses the login of {who!r}")


def _bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _refused(kind: str, message: str) -> SourceError:
    return SourceError(kind, message, exit_code=UNREACHABLE)
