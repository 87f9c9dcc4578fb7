"""What a rule says: findings, and the words they are graded with."""

from __future__ import annotations

from enum import Enum
from typing import Any

from dashlint.assets import Asset, Chart, Dashboard, Database, Dataset, Location
from dashlint.cost.model import Cost
from dashlint.lint.repository import in_repository
from dashlint.records import NamedTuple


class Severity(str, Enum):
    """How bad it is when the finding is right."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        return ("info", "warning", "error").index(self.value)


class Confidence(str, Enum):
    """How sure dashlint is that the finding is right."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        return ("low", "medium", "high").index(self.value)


class AssetRef(NamedTuple):
    """Names an asset in a report. ``kind``: dashboard, filter, chart, dataset, database, file, deployment.

    For a filter, ``uuid`` is ``<dashboard uuid>/<filter id>``. Of a ``file`` and of a ``deployment`` (a file
    that says how Superset is run) it is the file's path, of the latter below the root of the repository.
    """

    kind: str
    uuid: str
    id: int | None
    name: str


def reference(asset: Asset) -> AssetRef:
    """How a report names an asset."""
    if isinstance(asset, Dashboard):
        return AssetRef("dashboard", asset.uuid, asset.id, asset.title)
    kind = {Chart: "chart", Dataset: "dataset", Database: "database"}[type(asset)]
    return AssetRef(kind, asset.uuid, asset.id, asset.name)


class Edit(NamedTuple):
    """One value of an asset and what it becomes.

    ``path`` leads to it from the asset as an export writes it: ``("params", "row_limit")``. What is
    missing on the way is made. A list gets longer at one of its ends, or is replaced as a whole.
    """

    asset: Asset
    path: tuple[str | int, ...]
    value: Any


class Fix(NamedTuple):
    """A change that would mend the finding.

    ``safety`` is ``safe`` where nothing changes that people see, else ``unsafe``. ``edits`` belong
    together: all of them are made, or none.
    """

    safety: str
    description: str
    edits: tuple[Edit, ...] = ()


class Proof(NamedTuple):
    """What a database's planner says to a finding's proposal.

    ``verdict``: ``confirmed`` (with the proposal the plan is cheaper and uses it), ``refuted`` (it does not
    use it, or costs the same), ``before`` (only the plan as it is could be had), ``failed`` (not even
    that). ``before`` and ``after`` are costs in the planner's own unit, of ``statements`` statements
    together, of which ``using`` would use the proposal; None is unknown. ``plan_before`` and ``plan_after``
    say how the tables are read, ``bytes`` how large the indexes would be. ``reasons`` say what could not be
    tried, and ``sentence`` says it all to people.
    """

    verdict: str
    engine: str
    sentence: str
    before: float | None = None
    after: float | None = None
    statements: int = 0
    using: int = 0
    plan_before: tuple[str, ...] = ()
    plan_after: tuple[str, ...] = ()
    bytes: int | None = None
    reasons: tuple[str, ...] = ()


class Finding(NamedTuple):
    """One thing that a rule found.

    ``message`` is one sentence with the numbers behind it, ``advice`` what to do.
    ``memory`` is what it costs, in bytes; ``saving`` what following the advice saves.
    ``dashboards`` are the uuids of the dashboards that it concerns. ``proposal`` is the advice as SQL
    statements to run, where it can be said so; ``proof`` what EXPLAIN says to it, where it was asked.
    ``pedantic`` marks an opinion, a convention, or what is of little value: the regular
    persona does not see it.
    ``url`` is the page of the rule, where there is one.
    """

    rule: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    asset: AssetRef
    location: Location
    dashboards: tuple[str, ...] = ()
    advice: str = ""
    memory: Cost | None = None
    saving: Cost | None = None
    fix: Fix | None = None
    proposal: tuple[str, ...] = ()
    proof: Proof | None = None
    pedantic: bool = False
    url: str | None = None

    @property
    def identity(self) -> tuple[str, str, str]:
        """Rule, asset and field: what stays the same when lines move, on every system and from every folder.

        A file without a UUID is its path below the root of the repository.
        """
        asset = in_repository(self.asset.uuid)[0] if self.asset.kind == "file" else self.asset.uuid
        return (self.rule, asset, self.location.field or "")
