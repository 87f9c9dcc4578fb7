"""A Redis that cannot hold what the dashboards put into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

from dashlint.analysis import Analysis
from dashlint.lint.amounts import cost_phrase, plural
from dashlint.lint.amounts import size as amount
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions
from dashlint_rules.deployment.redis_uses import Server, What, servers, size

if TYPE_CHECKING:
    from dashlint.capacity.model import Call, Demand, Visit
    from dashlint.cost.model import Cost
    from dashlint.deployment.model import Deployment

_SETTING = "DATA_CACHE_CONFIG"


class CacheSmallerThanResults(Rule):
    """The Redis of the data cache has less maxmemory than the dashboards' results are expected to take.

    ## Why
    A result that Redis drops before its timeout, or does not take, is computed again: the database runs the
    query, and the worker holds the result once more. If one load of a dashboard alone does not fit, its own
    results push each other out, and the next viewer finds next to none of them.

    ## Example
    ```shell
    redis-server --maxmemory 64mb --maxmemory-policy allkeys-lru
    ```
    and a dashboard whose results are expected to take 90 MiB in the cache.

    ## Use instead
    The `maxmemory` that the finding names, or smaller results: `dashlint cost` says which charts have them.
    `dashlint capacity` computes what a number of viewers needs.

    Counted are results whose size is expected from statistics; of others, of which only a row limit is known,
    nothing: those alone raise no finding. It is a warning where one load of one dashboard does not fit, and
    info where all dashboards, each loaded once with its default filters, do not fit together: not every one
    may be in use. What picked filter values add is told and not counted, since how many are picked is not
    known. Redis' own overhead is left out, too, so that what is reported does not fit for sure.

    ## Source
    Bytes of results in the cache: docs/memory-model.md (measured); Redis takes up to 30 % more than that
    (benchmarks/memory/measured/cases.csv), which the advice allows for. redis.io, "Key eviction".
    """

    code = "DL611"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    effort = Effort.LINE
    remedy = "give the data cache the memory that the dashboards' results take"
    applies_to = (
        "Deployments with their dashboards (`deploy --with`, or both given to `scan`) and their statistics "
        "(--catalog). A Redis among the files that DATA_CACHE_CONFIG leads to, with a maxmemory."
    )

    class Options(RuleOptions):
        """What counts for all dashboards together."""

        min_seconds: Annotated[
            int,
            Option(
                "Results that are kept for fewer seconds count for the dashboard alone: those of several are "
                "seldom there together.",
                source="an assumption: a dashboard that people use is opened once an hour.",
            ),
        ] = 3_600

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each Redis that is too small."""
        dashboards = analysis.workspace.dashboards
        if not dashboards or analysis.settings.caches_data is False:
            return
        for server in servers(deployment):
            most = server.maxmemory
            if most and any(use.setting == _SETTING for use in server.of(What.CACHE)):
                yield from self._judged(server, most, analysis)

    def _judged(self, server: Server, most: int, analysis: Analysis) -> Iterator[Finding]:
        from dashlint.capacity.demand import demand_of
        from dashlint.capacity.model import Audience
        from dashlint.capacity.sizing import cache_memory
        from dashlint.cost.capacity import FILTER_VALUES

        demand = demand_of(analysis, analysis.workspace.dashboards, Audience(1))
        loads = [_load(visit) for visit in demand.visits]
        heaviest = max(loads, key=lambda visit: _entries(demand, [visit]).known)
        one = _entries(demand, [heaviest])
        if one.known > most:
            yield self._finding(
                server,
                most,
                one,
                f"one load of the dashboard {heaviest.dashboard.title} leaves {one.phrase} in it",
                cache_memory(demand, _entries(demand, loads).known),
                Severity.WARNING,
            )
            return
        lasting = [_lasting(visit, self.options.min_seconds) for visit in loads]
        every = _entries(demand, lasting)
        if every.known > most:
            states = _entries(demand, demand.visits).known
            yield self._finding(
                server,
                most,
                every,
                f"{plural(len(loads), 'dashboard')}, each loaded once, leave {every.phrase} in it that is "
                f"kept for {_duration(self.options.min_seconds)} or longer (with {FILTER_VALUES} picked "
                f"values of each filter, where its column has so many, ~{amount(states)})",
                cache_memory(demand, every.known),
                Severity.INFO,
            )

    def _finding(
        self, server: Server, most: int, entries: _Entries, leaves: str, needed: int, severity: Severity
    ) -> Finding:
        policy = server.policy or ""
        ends = (
            "it takes no new ones when it is full"
            if policy == "noeviction"
            else "it drops them before their timeout, and the database is asked again"
        )
        return self.deployment_finding(
            server.place("maxmemory"),
            f"Redis {server.container.name!r} may hold {size(most)} (maxmemory) for {_SETTING}, and "
            f"{leaves}: {ends}",
            field=None if server.place("maxmemory").field else "maxmemory",
            advice=f"write maxmemory {size(needed)} (for every dashboard loaded once; picked "
            "filter values take more) and give its container a third more, or make the largest results "
            "smaller: `dashlint cost` says whose they are",
            severity=severity,
            memory=entries.cost,
        )


class _Entries(NamedTuple):
    """Bytes of entries: of those whose size is expected, and of all of them."""

    known: int
    cost: Cost

    @property
    def phrase(self) -> str:
        """Both, for people; where some sizes are not known, what the others come to."""
        if self.cost.expected is not None:
            return cost_phrase(self.cost)
        most = f" (all of them at most {amount(self.cost.upper)})" if self.cost.upper is not None else ""
        return f"~{amount(self.known)} of results whose size is expected{most}"


def _entries(demand: Demand, visits: list[Visit] | tuple[Visit, ...]) -> _Entries:
    from dashlint.capacity.load import all_entries
    from dashlint.cost.model import Cost, weakest

    of_these = demand._replace(visits=tuple(visits))
    basis = weakest(call.entry for call, _rate in of_these.flows() if call.ttl is not None)
    known = all_entries(of_these, lambda entry: entry.expected or 0) or 0
    whole = all_entries(of_these, lambda entry: entry.expected)
    return _Entries(known, Cost(whole, all_entries(of_these, lambda entry: entry.upper), basis))


def _load(visit: Visit) -> Visit:
    """The visit of somebody who touches no filter."""
    return visit._replace(filters=(), refresh=(), refresh_seconds=0)


def _lasting(visit: Visit, seconds: int) -> Visit:
    """The same with the requests alone whose results are kept so long."""

    def lasts(call: Call) -> bool:
        # 0 is for ever.
        return call.ttl is not None and (call.ttl == 0 or call.ttl >= seconds)

    return visit._replace(load=tuple(filter(lasts, visit.load)))


def _duration(seconds: int) -> str:
    return plural(seconds // 3600, "hour") if seconds % 3600 == 0 else plural(seconds, "second")
