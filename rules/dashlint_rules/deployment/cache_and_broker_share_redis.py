"""One Redis for results that may be thrown away and for tasks that may not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.caches import (
    CACHES,
    Server,
    caches,
    celery_settings,
    place_of,
    reads_all_options,
    redis_container,
    redis_of_cache,
    redis_of_url,
    redis_option,
)

if TYPE_CHECKING:
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Deployment

#: What Celery takes from its environment before its settings (celery/app/utils.py: Settings.broker_url).
_ENVIRONMENT = ("CELERY_BROKER_URL",)


class CacheAndBrokerShareRedis(Rule):
    """A cache and Celery's broker use the same Redis server.

    ## Why
    `maxmemory` and `maxmemory-policy` belong to a Redis server, not to one of its numbered databases. A cache
    wants `allkeys-lru`: when memory is short, old results go. A broker needs `noeviction`: what goes there is
    a task that nobody runs. With `noeviction` a full cache makes the broker refuse new tasks. Separate
    database numbers separate names only.

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
    where nothing is known of it or it has no limit.

    ## Source
    Redis, "Key eviction"; Celery, "Using Redis" (Caveats: Key eviction).
    """

    code = "DL610"
    severity = Severity.WARNING
    effort = Effort.LINE
    remedy = "give Celery a Redis of its own"
    applies_to = "Superset 4.1 to 6.1."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each server that has both."""
        kept: dict[Server, list[str]] = {}
        for cache in caches(deployment, CACHES):
            server = redis_of_cache(cache)
            if server is not None and cache.setting not in kept.setdefault(server, []):
                kept[server].append(cache.setting)
        seen: set[Server] = set()
        for server, place, what, confidence in _brokers(deployment):
            if server in kept and server not in seen:
                seen.add(server)
                yield self._finding(server, place, what, confidence, kept[server], deployment)

    def _finding(
        self,
        server: Server,
        place: Location,
        what: str,
        confidence: Confidence,
        settings: list[str],
        deployment: Deployment,
    ) -> Finding:
        severity, happens = _outcome(server, deployment)
        return self.deployment_finding(
            place,
            f"{what} and {' and '.join(settings)} use one Redis server, {server}: {happens}",
            advice=(
                "start a second Redis: one for the caches with maxmemory-policy allkeys-lru, one for Celery "
                "with noeviction; numbers of databases separate neither memory nor eviction"
            ),
            severity=severity,
            confidence=confidence,
        )


def _brokers(deployment: Deployment) -> Iterator[tuple[Server, Location, str, Confidence]]:
    from dashlint.deployment.model import Role

    for container in deployment.of(Role.CELERY_WORKER):
        for name in _ENVIRONMENT:
            given = container.environment.get(name)
            server = redis_of_url(given.value) if given is not None else None
            if given is not None and server is not None:
                yield server, given.location, name, Confidence.HIGH
    for config in deployment.configs:
        server = redis_of_url(celery_settings(config).get("broker_url"))
        if server is not None:
            place = place_of(config, "CELERY_CONFIG", "broker_url")
            yield server, place, "Celery's broker", Confidence.HIGH
    for config in deployment.configs:
        beside = config.settings.get("CELERY_BROKER_URL")
        server = redis_of_url(beside.value) if beside is not None else None
        if beside is not None and server is not None and "CELERY_CONFIG" not in config.settings:
            # Nothing reads it there (DL601), but it is the broker that somebody wants.
            yield server, beside.location, "CELERY_BROKER_URL", Confidence.MEDIUM


def _outcome(server: Server, deployment: Deployment) -> tuple[Severity, str]:
    """How grave it is, and what will happen when memory is short."""
    either = "what suits the one when memory is short loses the other's data or refuses it"
    container = redis_container(server, deployment)
    if container is None or not reads_all_options(container):
        return Severity.INFO, either
    policy, limit = redis_option(container, "maxmemory-policy"), redis_option(container, "maxmemory")
    if (limit is not None and not limit.known) or (policy is not None and not policy.known):
        return Severity.INFO, either
    if limit is None or limit.value == 0:
        return (
            Severity.INFO,
            f"it has no maxmemory, so the cache grows until it takes the broker down; {either}",
        )
    told = str(policy.value) if policy is not None else "noeviction"
    return Severity.WARNING, _WHAT_HAPPENS.get(told.partition("-")[0], either).format(policy=told)


_WHAT_HAPPENS: Mapping[str, str] = {
    "allkeys": "{policy} may throw waiting tasks away when the cache fills it",
    "noeviction": "with {policy} a full cache makes it refuse new tasks",
    "volatile": "{policy} keeps the queues, but throws away Celery's results, which expire, with the cache's",
}
