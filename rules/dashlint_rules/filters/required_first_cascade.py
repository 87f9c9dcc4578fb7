"""Filters of one cascade that each select their first value before a chart may start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard, NativeFilter
from dashlint.lint.amounts import plural
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule
from dashlint.records import NamedTuple
from dashlint.superset.query import Event


class Chain(NamedTuple):
    """Filters that depend on one another, in the order of the filter bar.

    ``again`` are those whose options are asked for again when one above them has its value.
    """

    filters: tuple[NativeFilter, ...]
    again: tuple[NativeFilter, ...]

    @property
    def top(self) -> NativeFilter:
        """The first that waits for no other; a chain that bites its tail has none."""
        return next((f for f in self.filters if f not in self.again), self.filters[0])


class RequiredFirstCascade(Rule):
    """Several filters of a cascade select their first value by themselves.

    ## Why
    Each of them holds back every chart of the dashboard until its options have arrived. But all
    of them ask at once, before any has a value: the charts start with the first item of each
    whole list, and these need not go together. The filters below ask again for the options that
    the values above leave, but the charts are not queried again with what comes first then.
    Recorded in a browser, on 4.1.4, 5.0.0, 6.0.0 and 6.1.0: with three such filters, two charts
    were queried once, for region “East Asia & Pacific”, country “Afghanistan” and code “ABW”
    (which no row has), and the load took seven to nine requests.

    ## Example
    “Country” depends on “Region”, and “City” on “Country”; all three have “Select first filter
    value by default”.

    ## Use instead
    Let only the filter at the top select its first value, or give the filters default values
    that go together: charts then start at once, with these.

    ## Source
    superset-frontend/src/dashboard/components/DashboardBuilder (what comes first holds charts
    back); superset-frontend/src/dashboard/components/nativeFilters/FilterBar (options are asked
    for again); tests/truth/data/made_up/*/first_items_in_a_chain.json (the recordings).
    """

    code = "DL207"
    severity = Severity.WARNING
    effort = Effort.DESIGN
    remedy = "let one filter of a cascade choose its first value"

    def check_dashboard(self, dashboard: Dashboard, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each such cascade, at the filter on top of it."""
        load = analysis.load(dashboard)
        for chain in _chains(dashboard, load):
            ids = {f.id for f in chain.filters}
            charts = {
                r.chart_id if r.chart is None else r.chart.uuid
                for r in load.requests
                if r.native_filter is None and ids.intersection(r.waits_for)
            }
            if not charts:
                continue
            others = ", ".join(f"“{f.name}”" for f in chain.filters if f is not chain.top)
            again = ", ".join(f"“{f.name}”" for f in chain.again)
            yield self.finding(
                analysis,
                dashboard,
                f"it and the others of its cascade ({others}) each select a first value and hold back "
                f"{plural(len(charts), 'chart')} until all their options have arrived; what is queried then "
                f"has the first item of each whole list, whether these go together or not, and some options "
                f"are asked for again ({again})",
                native_filter=chain.top,
                field="requiredFirst",
                advice="let only this one select its first value, or give all of them default values "
                "that go together",
            )


def _chains(dashboard: Dashboard, load: Event) -> Iterator[Chain]:
    """Cascades of filters that come first, as far as the load shows that one wakes another."""
    first = {f.id: f for f in dashboard.filters if _comes_first(f)}
    woken: dict[str, set[str]] = {}
    for request in load.requests:
        one = request.native_filter
        if one is not None and one.id in first:
            woken.setdefault(one.id, set()).update(first.keys() & set(request.waits_for))
    seen: set[str] = set()
    for filter_id in first:
        ids = _connected(filter_id, woken) if filter_id not in seen else set()
        seen |= ids
        if len(ids) > 1:
            chain = tuple(f for f in first.values() if f.id in ids)
            yield Chain(chain, tuple(f for f in chain if woken.get(f.id)))


def _comes_first(one: NativeFilter) -> bool:
    return one.filter_type == "filter_select" and bool(one.raw.get("requiredFirst"))


def _connected(start: str, woken: Mapping[str, set[str]]) -> set[str]:
    """All filters that wake one another, directly or not, with ``start``."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(woken.get(one, ()))
            waiting.extend(child for child, parents in woken.items() if one in parents)
    return found
