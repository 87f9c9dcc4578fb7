"""One Redis for results that may be thrown away and for tasks that may not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.redis_uses import Server, Use, What, servers, size, uses

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment


class CacheAndBrokerShareRedis(Rule):
    """A cache uses the same Redis server as Celery's broker, or as SQL Lab's results.

    ## Why
    `maxmemory` and `maxmemory-policy` belong to a Redis server, not to one of its numbered databases. A cache
    wants `allkeys-lru`: when memory is short, old results go. A broker needs `noeviction`: what goes there is
    a task that nobody runs. With `noeviction` a full cache makes the broker refuse new tasks. Separate
    database numbers separate names only.

    Results of SQL Lab (RESULTS_BACKEND) cannot be computed again without the person who asked: where charts'
    results push one out, SQL Lab says that the query has to be run again.

    ## Example
    ```python
    DATA_CACHE_CONFIG = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": "redis://redis:6379/1"}


    class CeleryConfig:
        broker_url = "redis://redis:6379/0"
    ```

    ## Use instead
    Two Redis servers: one for the caches, with `maxmemory` and `allkeys-lru`, and one for the broker and the
    results of Celery, with `noeviction`.

    It is a warning where the server has a `maxmemory`, so that one of the two will happen, and info
    where nothing is known of it or it has no limit. SQL Lab's results beside a cache are info, and only where
    the server is known to drop entries.

    ## Source
    Redis, "Key eviction"; Celery, "Using Redis" (Caveats: Key eviction);
    superset/commands/sql_lab/results.py ("Data could not be retrieved from the results backend. You need to
    re-run the original query.").
    """

    code = "DL610"
    severity = Severity.WARNING
    effort = Effort.LINE
    remedy = "give Celery a Redis of its own"
    applies_to = "Superset 4.1 to 6.1."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each server that has both."""
        used = uses(deployment)
        kept: dict[str, list[str]] = {}
        brokers: dict[str, Use] = {}
        for use in used:
            if use.what is What.QUEUE:
                brokers.setdefault(use.address, use)
            elif use.what is What.CACHE and use.setting not in kept.setdefault(use.address, []):
                kept[use.address].append(use.setting)
        of_files = {use.address: server for server in servers(deployment) for use in server.uses}
        for address, broker in brokers.items():
            if address in kept:
                yield self._finding(broker, kept[address], of_files.get(address))
        for address, server in of_files.items():
            results = next((use for use in server.of(What.RESULTS) if use.address == address), None)
            drops = server.maxmemory and server.policy not in (None, "noeviction")
            if results is not None and drops and address in kept:
                yield self._results(results, kept[address], server)

    def _results(self, results: Use, settings: list[str], server: Server) -> Finding:
        return self.deployment_finding(
            results.location,
            f"RESULTS_BACKEND and {' and '.join(settings)} use one Redis server, {results.address}: when its "
            f"{size(server.maxmemory or 0)} are full, {server.policy} may drop a result of SQL Lab before it "
            "is fetched, and the query has to be run again",
            advice="give SQL Lab's results a Redis of their own, or another RESULTS_BACKEND such as S3",
            severity=Severity.INFO,
        )

    def _finding(self, broker: Use, settings: list[str], server: Server | None) -> Finding:
        severity, happens = _outcome(server)
        what = "Celery's broker" if broker.setting.startswith("CELERY_CONFIG.") else broker.setting
        return self.deployment_finding(
            broker.location,
            f"{what} and {' and '.join(settings)} use one Redis server, {broker.address}: {happens}",
            advice=(
                "start a second Redis: one for the caches with maxmemory-policy allkeys-lru, one for Celery "
                "with noeviction; numbers of databases separate neither memory nor eviction"
            ),
            severity=severity,
            # Nothing reads a setting that is not in force (DL601), but it is the broker that somebody wants.
            confidence=Confidence.HIGH if broker.in_force else Confidence.MEDIUM,
        )


def _outcome(server: Server | None) -> tuple[Severity, str]:
    """How grave it is, and what will happen when memory is short."""
    either = "what suits the one when memory is short loses the other's data or refuses it"
    if server is None or server.maxmemory is None or server.policy is None:
        return Severity.INFO, either
    if server.maxmemory == 0:
        return (
            Severity.INFO,
            f"it has no maxmemory, so the cache grows until it takes the broker down; {either}",
        )
    told = _WHAT_HAPPENS.get(server.policy.partition("-")[0], either)
    return Severity.WARNING, told.format(policy=server.policy)


_WHAT_HAPPENS: Mapping[str, str] = {
    "allkeys": "{policy} may throw waiting tasks away when the cache fills it",
    "noeviction": "with {policy} a full cache makes it refuse new tasks",
    "volatile": "{policy} keeps the queues, but throws away Celery's results, which expire, with the cache's",
}
