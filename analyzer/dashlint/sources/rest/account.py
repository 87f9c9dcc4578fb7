"""Who we are to the server, and what that account may do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dashlint.sources.rest.answers import RefusedError
from dashlint.sources.rest.client import Client

_ADMIN = "Admin"  # AUTH_ROLE_ADMIN's default (Flask-AppBuilder)


class Account(NamedTuple):
    """An account.

    ``permissions`` are pairs such as ``("can_export", "Chart")``; None if they are not known.
    ``exports_all`` tells that it was given the export of the whole instance.
    """

    username: str | None = None
    roles: tuple[str, ...] = ()
    permissions: frozenset[tuple[str, str]] | None = None
    exports_all: bool = False

    def may(self, permission: str, view: str) -> bool | None:
        """Whether the account has a permission; None if that is not known."""
        return None if self.permissions is None else (permission, view) in self.permissions

    @property
    def is_admin(self) -> bool:
        """Whether it sees every object: nothing narrows what Admin sees (superset/*/filters.py)."""
        return _ADMIN in self.roles

    @property
    def sees_all_data(self) -> bool:
        """Whether it sees every chart and dataset, and every dashboard that is published."""
        all_data = self.may("all_datasource_access", "all_datasource_access")
        # Of Superset's own roles, Admin and Alpha may export everything, and both may read all data
        # (superset/security/manager.py: ALPHA_ONLY_PERMISSIONS and is_alpha_only).
        return self.is_admin or (self.exports_all if all_data is None else all_data)

    def __str__(self) -> str:
        name = f"the account {self.username!r}" if self.username else "this account"
        return f"{name} ({', '.join(self.roles)})" if self.roles else name


def read_account(client: Client) -> Account:
    """The account that is logged in (``GET /api/v1/me/roles/``: superset/views/users/api.py).

    Before 6.1 that page knows browsers' sessions only, and answers 401 whatever token it is shown.

    Raises:
        SourceError: the login is refused, or the server does not answer.
    """
    try:
        found = client.json_as_is("me/roles/").get("result")
    except RefusedError:
        # Guests and API-only roles may not see it either. What they may do shows as we go.
        return Account()
    if not isinstance(found, Mapping):
        return Account()
    roles = found.get("roles")
    name = found.get("username")
    return Account(
        name if isinstance(name, str) and name else None,
        tuple(sorted(str(role) for role in roles)) if isinstance(roles, Mapping) else (),
        frozenset(_pairs(roles)) if isinstance(roles, Mapping) else None,
    )


def _pairs(roles: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for permissions in roles.values():
        for pair in permissions if isinstance(permissions, list) else ():
            if isinstance(pair, list) and len(pair) == 2:
                yield str(pair[0]), str(pair[1])
