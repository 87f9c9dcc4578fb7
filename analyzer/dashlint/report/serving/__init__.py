"""Files that run Superset as ``dashlint capacity`` worked it out: one module for each kind of file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from dashlint.capacity.figures import Figures, figures_of
from dashlint.report.serving import compose, gunicorn, helm, kubernetes, redis, superset_config

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.capacity.plan import CapacityPlan

_Write = Callable[[Figures], Mapping[str, str]]

#: What ``--emit`` takes, and what writes it: files by name, the main one first.
KINDS: dict[str, _Write] = {
    "compose": compose.files,
    "k8s": kubernetes.files,
    "helm": helm.files,
    "superset_config": superset_config.files,
    "gunicorn": gunicorn.files,
    "redis": redis.files,
}


def files(plan: CapacityPlan, analysis: Analysis, kind: str) -> Mapping[str, str]:
    """The files of one kind by name, the main one first."""
    return KINDS[kind](figures_of(plan, analysis))
