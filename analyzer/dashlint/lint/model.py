"""What a rule says: findings, and the words they are graded with."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from dashlint.assets import Asset, Chart, Dashboard, Database, Dataset, Location
from dashlint.cost.model import Cost


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
    """Names an asset in a report. ``kind``: dashboard, filter, chart, dataset, database, file.

    For a filter, ``uuid`` is ``<dashboard uuid>/<filter id>``.
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


class Fix(NamedTuple):
    """A change that would mend the finding. ``safety``: safe, unsafe, manual."""

    safety: str
    description: str


class Finding(NamedTuple):
    """One thing that a rule found.

    ``message`` is one sentence with the numbers behind it, ``advice`` what to do.
    ``memory`` is what it costs, in bytes; ``saving`` what following the advice saves.
    ``dashboards`` are the uuids of the dashboards that it concerns. ``proposal`` is the advice as SQL
    statements to run, where it can be said so.
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

    @property
    def identity(self) -> tuple[str, str, str]:
        """Rule, asset and field: what stays the same when lines move."""
        return (self.rule, self.asset.uuid, self.location.field or "")
