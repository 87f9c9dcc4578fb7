"""Dashboards made up to settle what a browser sends: each shows one rule, or one kind of chart.

``making.py`` creates them and ``capture.py`` records them.
"""

from __future__ import annotations

from tests.truth.made_up import bar, caching, clicks, layouts, odd, values, zoo
from tests.truth.made_up.parts import Item, Json, MadeUp

__all__ = ["Item", "Json", "MadeUp", "everything"]


def everything() -> list[MadeUp]:
    """All of them, in an order that only grows."""
    return [made for part in (bar, layouts, values, clicks, caching, zoo, odd) for made in part.dashboards()]
