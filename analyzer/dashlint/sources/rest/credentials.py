"""Who logs in, and with what. Secrets stay inside: no repr, message or log shows them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace

from dashlint.sources.errors import UNREACHABLE, USAGE, SourceError

#: Where Preset's hosted Superset exchanges an API token for a JWT (Preset's API documentation,
#: "Authentication"). PRESET_AUTH_URL below replaces it.
PRESET_AUTH_URL = "https://api.app.preset.io/v1/auth/"

#: Field of Credentials → environment variable.
VARIABLES = {
    "username": "DASHLINT_USERNAME",
    "password": "DASHLINT_PASSWORD",
    "provider": "DASHLINT_PROVIDER",
    "token": "DASHLINT_TOKEN",
    "api_key": "DASHLINT_API_KEY",
    "session_cookie": "DASHLINT_SESSION_COOKIE",
    "preset_token": "DASHLINT_PRESET_TOKEN",
    "preset_secret": "DASHLINT_PRESET_SECRET",
    "preset_auth_url": "DASHLINT_PRESET_AUTH_URL",
}
_SECRET = ("password", "token", "api_key", "session_cookie", "preset_token", "preset_secret")

#: What Superset's login accepts (superset/security/api.py and FAB's security/api.py: LoginPost).
PROVIDERS = ("db", "ldap")


@dataclass(frozen=True, repr=False)
class Credentials:
    """What to log in with; :attr:`way` tells which of it is used.

    ``provider`` is ``db`` or ``ldap``. ``token`` is a JWT of Superset's, ``api_key`` one of its
    API keys (``sst_…``), ``session_cookie`` the value of a browser's ``session`` cookie or a whole
    Cookie header, ``preset_token`` and ``preset_secret`` are an API token of Preset's.

    Raises:
        SourceError: a value cannot be what it is given as; kind ``bad-credentials``.
    """

    username: str | None = None
    password: str | None = None
    provider: str = "db"
    token: str | None = None
    api_key: str | None = None
    session_cookie: str | None = None
    preset_token: str | None = None
    preset_secret: str | None = None
    preset_auth_url: str = PRESET_AUTH_URL

    def __post_init__(self) -> None:
        for name in ("token", "api_key", "session_cookie", "preset_token", "preset_secret"):
            value = getattr(self, name)
            if value is None:
                continue
            # A file read with its last newline is the usual case; headers must not have one.
            value = value.strip()
            object.__setattr__(self, name, value or None)
            if not (value.isascii() and value.isprintable()):
                raise _bad(f"{VARIABLES[name]} holds characters that no HTTP header can carry")
        for name, word in (("token", "bearer "), ("api_key", "bearer ")):
            value = getattr(self, name)
            if value and value.lower().startswith(word):
                object.__setattr__(self, name, value[len(word) :].strip())
        if self.provider not in PROVIDERS:
            raise _bad(f"the login provider is one of {', '.join(PROVIDERS)}, not {self.provider!r}")

    def __repr__(self) -> str:
        return f"Credentials(way={self.way!r}, username={self.username!r})"

    @property
    def way(self) -> str:
        """``token``, ``api-key``, ``session-cookie``, ``preset``, ``password``, or ``anonymous``."""
        if self.token:
            return "token"
        if self.api_key:
            return "api-key"
        if self.session_cookie:
            return "session-cookie"
        if self.preset_token or self.preset_secret:
            return "preset"
        return "password" if self.username or self.password else "anonymous"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret in here, for whoever cleans texts that come from elsewhere."""
        return tuple(value for name in _SECRET if (value := getattr(self, name)))

    def require_complete(self) -> None:
        """Check that nothing is missing.

        Raises:
            SourceError: half of a pair is missing; kind ``no-credentials``.
        """
        if self.way == "password" and not self.username:
            raise _missing("a password was given, but no account: add --username or DASHLINT_USERNAME")
        if self.way == "password" and not self.password:
            raise _missing(
                f"no password for {self.username!r} was given: set DASHLINT_PASSWORD, or run dashlint "
                "in a terminal and it will ask"
            )
        if self.way == "preset" and not (self.preset_token and self.preset_secret):
            raise _missing(
                "Preset's login takes two values: set both DASHLINT_PRESET_TOKEN and DASHLINT_PRESET_SECRET"
            )

    def with_login(self, username: str | None, password: str | None) -> Credentials:
        """These, or the login of an address (``https://user:password@host``) where these are none."""
        if self.way != "anonymous" or not username:
            return self
        return replace(self, username=username, password=password)

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        username: str | None = None,
        provider: str | None = None,
        ask_password: Callable[[str], str | None] | None = None,
        **given: str | None,
    ) -> Credentials:
        """Credentials from options, and from ``DASHLINT_*`` where no option says otherwise.

        Args:
            environ: the environment; the process's own by default.
            username: an account named by an option: it logs in with its password, whatever tokens
                the environment holds (unless it names the same account).
            provider: ``db`` or ``ldap``; None leaves it to the environment.
            ask_password: asks a person for the password of a user name; called only when it is needed.
            **given: further fields of Credentials, as options gave them.

        Raises:
            SourceError: a value cannot be used, or half of a pair is missing.
        """
        environ = os.environ if environ is None else environ
        found = {name: environ[variable] for name, variable in VARIABLES.items() if environ.get(variable)}
        chosen = {name: value for name, value in given.items() if value}
        unknown = set(chosen) - {field.name for field in fields(cls)}
        if unknown:
            raise TypeError(f"no such credentials: {', '.join(sorted(unknown))}")
        if username and username != found.get("username"):
            # Another account's secrets in the environment have no part in this login.
            found = {
                name: found[name] for name in ("provider", "password", "preset_auth_url") if name in found
            }
        if any(name in _SECRET for name in chosen):
            found = {name: value for name, value in found.items() if name not in _SECRET}
        values = {**found, **chosen}
        if username:
            values["username"] = username
        if provider and (provider != cls.provider or "provider" not in values):
            values["provider"] = provider
        made = cls(**values)
        if made.way == "password" and made.username and not made.password and ask_password is not None:
            made = replace(made, password=ask_password(made.username) or None)
        made.require_complete()
        return made


def _bad(text: str) -> SourceError:
    return SourceError("bad-credentials", text, exit_code=USAGE)


def _missing(text: str) -> SourceError:
    return SourceError("no-credentials", text, exit_code=UNREACHABLE)
