"""JSON over HTTP for the forges that have no client library worth a dependency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from dashlint.forge.model import explained, unreachable

TIMEOUT_SECONDS = 30
#: Asked again after 0, 1, 2 and 4 seconds, or what Retry-After says. A comment is created but once: whether a
#: failed POST was carried out, the list of comments tells (:func:`dashlint.forge.sticky.post`).
_RETRY = Retry(
    total=4,
    backoff_factor=0.5,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=frozenset({"GET", "PUT", "PATCH"}),
    raise_on_status=False,
)


class JsonApi:
    """A forge's API below one address, with a login."""

    def __init__(self, forge: str, address: str, auth: Any) -> None:
        """``auth`` is what requests takes: a pair for basic authentication, or a callable."""
        self._forge = forge
        self._address = address.rstrip("/")
        self._session = requests.Session()
        self._session.auth = auth
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=_RETRY))

    def send(self, method: str, path: str, doing: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer's JSON. ``path`` may be a whole address that the forge gave, if it is below this one.

        Raises:
            ForgeError: the forge refused, or was not reached.
        """
        address = path if path.startswith(f"{self._address}/") else f"{self._address}/{path.lstrip('/')}"
        try:
            answer = self._session.request(method, address, json=body, timeout=TIMEOUT_SECONDS)
        except requests.RequestException as error:
            raise unreachable(self._forge, error, doing) from None
        if not answer.ok:
            raise explained(self._forge, answer.status_code, doing)
        try:
            return answer.json() if answer.content else None
        except ValueError:
            raise explained(self._forge, answer.status_code, f"{doing}: the answer is no JSON") from None


class Bearer(requests.auth.AuthBase):
    """``Authorization: Bearer …``."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with the token."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request
