"""``--verify``: which database is asked for plans, and for which of Superset's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dashlint.cli import inputs
from dashlint.lint.config import Config, ConfigError
from dashlint.records import NamedTuple

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.assets import Database, Workspace
    from dashlint.catalog.explain.model import Explainer
    from dashlint.lint.model import Finding


class Asked(NamedTuple):
    """A database to be asked: its URL, Superset's name of it, and how many seconds an answer may take."""

    url: str
    name: str | None = None
    timeout: float = 60.0


def wanted(
    *, verify: bool, url: str | None, name: str | None, timeout: float, catalogs: Iterable[str | Path] = ()
) -> Asked | None:
    """What the options say; None without ``--verify``.

    The database is that of ``--db``, else the first live one among the ``catalogs``, else DASHLINT_DB_URL.

    Raises:
        ConfigError: they contradict each other, or no database is named.
        CatalogError: it is none that can be asked for plans.
    """
    if not verify:
        if url is not None or name is not None:
            raise ConfigError("--db is for --verify, which is not given")
        return None
    from dashlint.catalog.live import is_url

    live = (str(catalog) for catalog in catalogs if is_url(str(catalog)))
    url = url or next(live, None) or os.environ.get("DASHLINT_DB_URL")
    if not url:
        raise ConfigError(
            "--verify needs a database: name it with --db or DASHLINT_DB_URL, as postgresql://user@host/name"
        )
    from dashlint.catalog.explain import address_of

    address_of(url)  # rather now than after the scan
    return Asked(url, name, timeout)


def with_catalog(facts: inputs.Facts, config: Config, asked: Asked | None) -> inputs.Facts:
    """The facts, with the catalog of the database that is asked where no other was given."""
    if asked is None or facts.catalog or config.catalog:
        return facts
    return facts._replace(catalog=(asked.url,))


class Planning(NamedTuple):
    """A database that is asked for plans, and which of Superset's it is."""

    explainer: Explainer
    databases: tuple[Database, ...]

    def verified(self, findings: list[Finding], analysis: Analysis) -> tuple[list[Finding], list[str]]:
        """The findings with what the planner says to them, and notes on what it did not say."""
        from dashlint.lint.proof import verify

        done = verify(findings, analysis, self.explainer, self.databases)
        return done.findings, done.notes


@contextmanager
def opened(asked: Asked | None, analysis: Analysis) -> Iterator[Planning | None]:
    """Connects, and lets the analysis ask for rows and widths that its catalog does not know.

    Raises:
        ConfigError: it is not clear which of Superset's databases it is.
        CatalogError: it could not be reached, or is none that can be asked.
    """
    if asked is None:
        yield None
        return
    from dashlint.analysis.planned import Planner
    from dashlint.catalog.explain import connected

    options = inputs.live_options(asked.timeout)
    with connected(
        asked.url,
        password=options.password,
        ask_password=options.ask_password,
        timeout=options.timeout,
    ) as explainer:
        databases = databases_of(analysis.workspace, explainer.dialect, explainer.database, asked.name)
        analysis.planner = Planner(explainer, databases)
        try:
            yield Planning(explainer, databases)
        finally:
            analysis.planner = None


def databases_of(
    workspace: Workspace, dialect: str, database: str | None, name: str | None
) -> tuple[Database, ...]:
    """Those of Superset's databases that the one at hand is.

    The one that is named; else the only one of its engine; else those whose address names the same
    database, wherever it is: people reach it through other hosts than Superset does.

    Raises:
        ConfigError: none is, or it is not clear.
    """
    from dashlint.catalog.places import family

    fitting = [d for d in workspace.databases if family(d.engine) == family(dialect)]
    names = ", ".join(repr(d.name) for d in workspace.databases) or "none"
    if name is not None:
        known = [d for d in workspace.databases if name.casefold() in (d.name.casefold(), d.uuid.casefold())]
        if not known:
            raise ConfigError(f"--db-name {name}: there is no such database; Superset has {names}")
        if not set(known) <= {*fitting, *(d for d in known if d.engine is None)}:
            raise ConfigError(f"--db-name {name} is a database of {known[0].engine}, and --db of {dialect}")
        return tuple(known)
    if len(fitting) > 1:
        fitting = [d for d in fitting if database is not None and _database_in(d.uri) == database]
    if len(fitting) != 1:
        raise ConfigError(f"which of Superset's databases is --db? Say --db-name; there are {names}")
    return tuple(fitting)


def _database_in(uri: str | None) -> str | None:
    """The last part of an address: ``shop`` of ``postgresql://user@host/shop?ssl=1``."""
    if uri is None or "://" not in uri:
        return None
    path = uri.split("://", 1)[1].partition("?")[0]
    return path.rpartition("/")[2] or None if "/" in path else None
