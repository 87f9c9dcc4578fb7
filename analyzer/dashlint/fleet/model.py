"""The words of a fleet: workspaces, and what is known of each after a run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

#: States of a workspace in a run.
WAITING, DONE, FAILED = "waiting", "done", "failed"


class Workspace(NamedTuple):
    """One entry of an inventory.

    Either ``url`` or ``paths`` is there. ``secrets`` are names of environment variables by what they hold
    (``password``, ``token``, …), never values; ``username`` may be plain, or the name of a variable in
    ``username_env``. ``timeout`` is how many seconds the server may take to answer, ``deadline`` how many
    the whole workspace may take. Paths are absolute.
    """

    name: str
    url: str | None = None
    paths: tuple[str, ...] = ()
    username: str | None = None
    username_env: str | None = None
    secrets: Mapping[str, str] = MappingProxyType({})
    provider: str = "db"
    ca_bundle: str | None = None
    insecure: bool = False
    dashboards: tuple[str, ...] = ()
    published_only: bool = False
    indexes: bool = True
    config: str | None = None
    profile: str | None = None
    catalog: tuple[str, ...] = ()
    superset_version: str | None = None
    superset_config: str | None = None
    timeout: float = 60.0
    deadline: float = 3600.0

    @property
    def server(self) -> str | None:
        """Whom the workspace's requests burden: host and port, in lower case; None for exports."""
        return server_of(self.url) if self.url is not None else None


class Inventory(NamedTuple):
    """Workspaces in the order of the file. ``servers`` bounds scans at a time by host, others are bounded
    by ``per_server``.
    """

    path: str
    workspaces: tuple[Workspace, ...]
    per_server: int = 2
    servers: Mapping[str, int] = MappingProxyType({})

    def limit(self, server: str) -> int:
        """How many workspaces of a server may be scanned at a time."""
        return self.servers.get(server, self.per_server)


class Known(NamedTuple):
    """A finding, as far as it is kept.

    ``new``: the workspace had it not in the run before. ``fails``: it is at or above the workspace's fail-on.
    """

    rule: str
    asset: str
    field: str
    severity: str
    kind: str
    name: str
    message: str
    new: bool = False
    fails: bool = False

    @property
    def identity(self) -> tuple[str, str, str]:
        """Rule, asset and field: what stays the same when texts and lines change."""
        return (self.rule, self.asset, self.field)


class Load(NamedTuple):
    """The dashboard whose cold load takes most memory, in bytes; None is unknown."""

    dashboard: str
    expected: int | None
    upper: int | None


class Widest(NamedTuple):
    """The filter that re-runs the most charts."""

    dashboard: str
    name: str
    charts: int


class Figures(NamedTuple):
    """A workspace in numbers."""

    superset: str
    dashboards: int
    charts: int
    datasets: int
    errors: int
    warnings: int
    infos: int
    heaviest: Load | None = None
    widest: Widest | None = None


class Change(NamedTuple):
    """How many findings are new, fixed, and as before. ``since`` is the run that is compared with."""

    since: str
    new: int
    fixed: int
    remaining: int


class Failure(NamedTuple):
    """Why a workspace could not be scanned.

    ``kind`` is a stable word with dashes, ``message`` one sentence without secrets, ``exit_code`` what
    ``dashlint scan`` would have ended with. ``transient``: another try may succeed.
    """

    kind: str
    message: str
    exit_code: int
    transient: bool = False


class Result(NamedTuple):
    """What came of one workspace in one run.

    Of a workspace that is done there are ``figures`` and ``findings``; ``fails`` says that a finding is at
    or above its ``fail-on``, ``problems`` what of it could not be used, ``change`` compares with the run
    before (None where there is none). Of one that failed there is a ``failure``. ``cpu`` (seconds) and
    ``memory`` (the most bytes at a time) are what scanning took, None where the system does not tell.
    """

    workspace: str
    state: str = WAITING
    started: datetime | None = None
    finished: datetime | None = None
    figures: Figures | None = None
    findings: tuple[Known, ...] = ()
    fails: bool = False
    problems: tuple[str, ...] = ()
    failure: Failure | None = None
    change: Change | None = None
    attempts: int = 1
    cpu: float | None = None
    memory: int | None = None


class Run(NamedTuple):
    """A run: when it began (UTC), with which dashlint, and which workspaces it is about."""

    id: str
    started: datetime
    dashlint: str
    workspaces: tuple[str, ...]


def server_of(url: str) -> str:
    """Host and port of an address, in lower case, without an account."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def result_values(result: Result) -> dict[str, Any]:
    """A result as plain JSON values; :func:`read_result` reads them."""
    figures = result.figures
    return {
        **result._asdict(),
        "started": _moment(result.started),
        "finished": _moment(result.finished),
        "figures": None
        if figures is None
        else {
            **figures._asdict(),
            "heaviest": figures.heaviest._asdict() if figures.heaviest is not None else None,
            "widest": figures.widest._asdict() if figures.widest is not None else None,
        },
        "findings": [finding._asdict() for finding in result.findings],
        "problems": list(result.problems),
        "failure": result.failure._asdict() if result.failure is not None else None,
        "change": result.change._asdict() if result.change is not None else None,
    }


def read_result(raw: Mapping[str, Any]) -> Result:
    """A result from what :func:`result_values` made.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    figures, failure, change = raw["figures"], raw["failure"], raw["change"]
    return Result(
        **{
            **raw,
            "started": _read_moment(raw["started"]),
            "finished": _read_moment(raw["finished"]),
            "figures": figures_of(figures) if figures is not None else None,
            "findings": tuple(Known(**each) for each in raw["findings"]),
            "problems": tuple(raw["problems"]),
            "failure": Failure(**failure) if failure is not None else None,
            "change": Change(**change) if change is not None else None,
        }
    )


def figures_of(raw: Mapping[str, Any]) -> Figures:
    """Figures from plain JSON values."""
    heaviest, widest = raw["heaviest"], raw["widest"]
    return Figures(
        **{
            **raw,
            "heaviest": Load(**heaviest) if heaviest is not None else None,
            "widest": Widest(**widest) if widest is not None else None,
        }
    )


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value is not None else None


def _read_moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None
