"""What changes to a chart save, told by running the same model on the queries before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dashlint.assets import Chart
from dashlint.cost.changes import changes
from dashlint.cost.model import NOTABLE, Cost
from dashlint.superset.query import Query

if TYPE_CHECKING:
    from dashlint.analysis import Analysis


class Saving(NamedTuple):
    """What a change saves: bytes of resident memory ``per`` cold load, warm load or visit of a tab.

    ``effect`` is what people then see of the chart. ``chart`` is None where the change is the server's.
    """

    kind: str
    chart: Chart | None
    what: str
    effect: str
    saves: Cost
    per: str = "load"


def weight(cost: Cost) -> int:
    """What costs are ordered by: what is expected, where that is not known the most it can be."""
    return (cost.expected if cost.expected is not None else cost.upper) or 0


def saved(before: Cost, after: Cost) -> Cost:
    """The difference of both figures, unknown where one of them is; never less than nothing."""
    expected, most = (
        None if old is None or new is None else max(0, old - new)
        for old, new in ((before.expected, after.expected), (before.upper, after.upper))
    )
    if expected is not None and most is not None:
        # A change may bound what is possible less than what is likely.
        most = max(expected, most)
    return Cost(expected, most, before.basis)


def saving(
    analysis: Analysis, chart: Chart, after: Sequence[Query], before: Sequence[Query] | None = None
) -> Cost:
    """What one request of a chart saves with other queries (``before``: instead of its unfiltered ones)."""
    dataset = analysis.dataset_of(chart)
    now = analysis.queries(chart) if before is None else before
    cached = analysis.cache_timeout(chart).seconds != -1
    costs = [analysis.cost_of(queries, dataset, cached=cached).cold for queries in (now, after)]
    return saved(costs[0], costs[1])


def best_saving(analysis: Analysis, chart: Chart, queries: Sequence[Query] | None = None) -> Saving | None:
    """The change to a chart that saves most of a request; None where none saves a MiB.

    A change that leaves every figure as it is goes before one that saves up to a tenth more.
    """
    sent = analysis.queries(chart) if queries is None else queries
    found = [
        Saving(c.kind, chart, c.what, c.effect, saving(analysis, chart, c.queries, sent))
        for c in changes(chart.viz_type, sent, analysis.settings)
    ]
    worth = [one for one in found if max(weight(one.saves), one.saves.upper or 0) >= NOTABLE]
    return max(worth, key=lambda s: weight(s.saves) * (1.1 if s.kind == "pagination" else 1), default=None)
