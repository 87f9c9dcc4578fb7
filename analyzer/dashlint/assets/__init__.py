"""What Superset stores, as plain immutable values, and the workspace that indexes it."""

from dashlint.assets.chart import Chart
from dashlint.assets.dashboard import Dashboard
from dashlint.assets.dataset import Column, Database, Dataset, Metric
from dashlint.assets.filters import FilterTarget, NativeFilter, Scope
from dashlint.assets.layout import Layout, LayoutNode
from dashlint.assets.origin import Location, Origin, Problem
from dashlint.assets.workspace import Asset, Placement, Workspace

__all__ = [
    "Asset",
    "Chart",
    "Column",
    "Dashboard",
    "Database",
    "Dataset",
    "FilterTarget",
    "Layout",
    "LayoutNode",
    "Location",
    "Metric",
    "NativeFilter",
    "Origin",
    "Placement",
    "Problem",
    "Scope",
    "Workspace",
]
