"""A logged-in `requests` session for a test's Superset: plain HTTP, so that tests do not rely on dashlint."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import requests


class SupersetSession(requests.Session):
    """A session that takes paths (`session.get("/api/v1/chart/")`), is logged in, and may also write.

    Raises:
        requests.HTTPError: the login was refused.
    """

    def __init__(self, url: str, username: str, password: str) -> None:
        super().__init__()
        self.url = url
        # A proxy of the person at the keyboard has no business with loopback.
        self.trust_env = False
        credentials = {"username": username, "password": password, "provider": "db", "refresh": True}
        login = self.post("/api/v1/security/login", json=credentials)
        login.raise_for_status()
        self.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        # Superset checks a token against cross-site requests even where a bearer token is given.
        csrf = self.get("/api/v1/security/csrf_token/")
        csrf.raise_for_status()
        self.headers.update({"X-CSRFToken": csrf.json()["result"], "Referer": url})

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        path = url.decode() if isinstance(url, bytes) else url
        return super().request(method, urljoin(self.url, path), *args, **options)
