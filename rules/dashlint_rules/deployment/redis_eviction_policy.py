"""A Redis that drops what it should keep, or keeps what it should drop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.redis_uses import Server, What, names, servers, size

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment

_LOST = {
    What.QUEUE: "tasks vanish without an error",
    What.EVENTS: "charts wait for answers that never come",
}
#: What a finding is about, the first that is given.
_OPTIONS = ("maxmemory-policy", "maxmemory")
_KEEPS = "maxmemory-policy noeviction"
_DROPS = "maxmemory-policy allkeys-lru"
_TOGETHER = (
    "with one Redis write maxmemory-policy volatile-lru, which drops only keys that expire: "
    "a cache's do, a queue's do not"
)
_REFUSED = {What.QUEUE: "Celery takes no tasks", What.EVENTS: "async queries send no answers"}


class RedisEvictionPolicy(Rule):
    """A full Redis refuses what a cache has to write, or drops what a queue has to keep.

    ## Why
    `maxmemory-policy` says what happens when `maxmemory` is reached, and it holds for the whole server:
    databases 0, 1, 2 share it.

    - `noeviction`, the default: Redis refuses writes. A cache then keeps old results and takes no new ones;
      Superset logs `Could not cache key` and asks the database each time. A queue in it takes no tasks.
    - `allkeys-lru` and its like drop any key, also the list that is Celery's queue and the bindings of its
      exchanges: tasks vanish, or sending one fails with `Table empty or key no longer exists`. The streams of
      global async queries are dropped likewise.
    - `volatile-lru` and its like drop keys that expire. Entries of caches do, queues and streams do not, so
      both can live in one Redis. Results that Celery keeps there expire, too, and may be dropped early;
      Superset does not read them.

    ## Example
    ```yaml
    redis: # CACHE_REDIS_URL is redis://redis:6379/0, broker_url is redis://redis:6379/1
      command: redis-server --maxmemory 4gb --maxmemory-policy allkeys-lru
    ```

    ## Use instead
    ```yaml
    cache:
      command: redis-server --maxmemory 4gb --maxmemory-policy allkeys-lru
    broker:
      command: redis-server --maxmemory 512mb --maxmemory-policy noeviction
    ```

    Or `volatile-lru` where there is one Redis only.

    Only a Redis of the files is judged, and only for what settings lead to by host and port. Silent without
    `maxmemory`, since nothing is dropped or refused then (DL605), and where Redis' configuration is not among
    the files.

    ## Source
    redis.io, "Key eviction" (policies; noeviction is the default of src/config.c); superset/utils/cache.py,
    `set_and_log_cache`; superset/async_events/async_query_manager.py (XADD, without an expiry); celery/kombu
    issue 1063 (bindings that were evicted). What a full server does is tested against redis-server 7.0.15.
    """

    code = "DL606"
    severity = Severity.WARNING
    effort = Effort.LINE
    remedy = "give each Redis the eviction policy that suits what it holds"
    applies_to = "Superset 4.1 to 6.1; Redis 4 to 8, Valkey, KeyDB."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each Redis whose policy does not suit what it holds."""
        for server in servers(deployment):
            maxmemory, policy = server.maxmemory, server.policy
            # Nothing is dropped or refused before `maxmemory` is reached.
            if maxmemory == 0 or policy is None:
                continue
            kept = server.of(What.QUEUE, What.EVENTS)
            # Who names such a policy means it to be used, also where what `maxmemory` is stays unknown.
            if policy.startswith("allkeys-") and kept:
                yield self._dropped(server, policy)
            elif policy == "noeviction" and maxmemory and server.of(What.CACHE):
                yield self._refused(server)

    def _dropped(self, server: Server, policy: str) -> Finding:
        kept = server.of(What.QUEUE, What.EVENTS)
        meant = not any(use.in_force for use in kept)
        kinds = dict.fromkeys(use.what for use in kept)
        lost = " and ".join(_LOST[what] for what in kinds)
        if server.of(What.CACHE):
            advice = f"give Celery and async queries a Redis of their own with {_KEEPS}; {_TOGETHER}"
        else:
            advice = f"write {_KEEPS}"
        return self.deployment_finding(
            server.place(*_OPTIONS),
            f"Redis {server.container.name!r} drops any key when {_full(server)} (maxmemory-policy "
            f"{policy}), also {' and '.join(what.value for what in kinds)} ({names(kept)}): {lost}",
            field=_field(server),
            advice=advice,
            # The setting that says so is not in force itself (DL601), but the intent is clear.
            confidence=Confidence.MEDIUM if meant else None,
        )

    def _refused(self, server: Server) -> Finding:
        kept = server.of(What.QUEUE, What.EVENTS)
        default = "" if "maxmemory-policy" in server.options else ", the default"
        also = "".join(f", {_REFUSED[what]}" for what in dict.fromkeys(use.what for use in kept))
        return self.deployment_finding(
            server.place(*_OPTIONS),
            f"Redis {server.container.name!r} refuses writes when {_full(server)} (maxmemory-policy "
            f"noeviction{default}): new entries of {names(server.of(What.CACHE))} are not cached{also}",
            field=_field(server),
            advice=f"give the caches a Redis of their own with {_DROPS}; {_TOGETHER}"
            if kept
            else f"write {_DROPS}",
        )


def _full(server: Server) -> str:
    return f"its {size(server.maxmemory)} are full" if server.maxmemory else "it is full"


def _field(server: Server) -> str | None:
    """The place's own, but where a whole file is the place."""
    return None if server.place(*_OPTIONS).field else "maxmemory-policy"
