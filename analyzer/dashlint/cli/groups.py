"""Options that go together in several commands, declared once, with what they mean together.

A command takes a group as one parameter (``account: Account = ACCOUNT``); :mod:`dashlint.cli.declare` shows
its fields as options of the command.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashlint.cli import options
from dashlint.cli.inputs import Facts
from dashlint.cli.servers import ServerOptions
from dashlint.records import NamedTuple


class Account(NamedTuple):
    """How to log in to a server."""

    username: options.Username = None
    provider: options.Provider = "db"
    ca_bundle: options.CaBundle = None
    insecure: options.Insecure = False
    timeout: options.Timeout = 60.0
    max_pages: options.MaxPages = 1000
    max_download: options.MaxDownload = 1024
    cache: options.Cache = None

    def at(
        self,
        url: str | None,
        dashboards: Sequence[str] | None = None,
        *,
        published_only: bool = False,
        indexes: bool = True,
    ) -> ServerOptions:
        """The server at an address, with what of it is read."""
        return ServerOptions(
            url,
            self.username,
            self.provider,
            self.ca_bundle,
            self.insecure,
            tuple(dashboards or ()),
            published_only,
            self.timeout,
            indexes,
            self.max_pages,
            self.max_download,
            self.cache,
        )


class Basis(NamedTuple):
    """What predictions rest on."""

    catalog: options.Catalog = None
    superset_version: options.SupersetVersion = None
    superset_config: options.SupersetConfig = None
    setting: options.Setting = None
    today: options.Today = None

    def facts(self, timeout: float | None = None) -> Facts:
        """The same for an analysis; ``timeout`` in seconds is for catalogs of live databases."""
        return Facts(
            tuple(self.catalog or ()),
            self.superset_version,
            self.superset_config,
            tuple(self.setting or ()),
            self.today,
            timeout,
        )


ACCOUNT = Account()
BASIS = Basis()
