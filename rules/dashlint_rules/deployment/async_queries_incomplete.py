"""Asynchronous queries that lack what they need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule

if TYPE_CHECKING:
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Deployment, SupersetConfig

_SECRET = "GLOBAL_ASYNC_QUERIES_JWT_SECRET"  # noqa: S105 a setting's name
_BACKEND = "GLOBAL_ASYNC_QUERIES_CACHE_BACKEND"
#: Bytes: superset/async_events/async_query_manager.py, AsyncQueryManager.init_app.
_SHORTEST = 32
_NOTHING = frozenset({"NullCache", "null", "nullcache"})


class AsyncQueriesIncomplete(Rule):
    """GLOBAL_ASYNC_QUERIES is on, and something that it needs is not there.

    ## Why
    The flag makes a chart's request a task of Celery, which puts the result into the data cache; the browser
    is told by a stream in Redis and fetches it. Without a secret Superset does not start. Without worker,
    Redis or data cache every chart waits for ever or ends in an error.

    ## Example
    ```python
    FEATURE_FLAGS = {"GLOBAL_ASYNC_QUERIES": True}
    # no GLOBAL_ASYNC_QUERIES_JWT_SECRET, no DATA_CACHE_CONFIG
    ```

    ## Use instead
    ```python
    GLOBAL_ASYNC_QUERIES_JWT_SECRET = os.environ["SUPERSET_ASYNC_JWT_SECRET"]  # 32 bytes or more
    GLOBAL_ASYNC_QUERIES_CACHE_BACKEND = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_HOST": "redis"}
    DATA_CACHE_CONFIG = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": "redis://redis:6379/0"}
    ```
    and a worker: `celery --app=superset.tasks.celery_app:app worker`. What a secret is is never shown.

    ## Source
    superset/async_events/async_query_manager.py of 5.0.0 to 6.1.0 (init_app, get_cache_backend): a secret
    of at least 32 bytes, CACHE_TYPE RedisCache or RedisSentinelCache; superset/config.py (the default
    secret is shorter, the default Redis is localhost, the default data cache is NullCache).
    """

    code = "DL620"
    severity = Severity.ERROR
    effort = Effort.LINE
    remedy = "complete what asynchronous queries need"
    applies_to = "Superset 4.1 to 6.1; the Redis of the stream from 5.0."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each thing that is missing."""
        for config in deployment.configs:
            flags = config.settings.get("FEATURE_FLAGS")
            on = (
                isinstance(flags.value, Mapping) and flags.value.get("GLOBAL_ASYNC_QUERIES")
                if flags
                else None
            )
            if flags is None or on is not True or not config.complete:
                continue
            place = config.places.get("FEATURE_FLAGS.GLOBAL_ASYNC_QUERIES", flags.location)
            yield from self._secret(config, place)
            yield from self._caches(config, place)
            if analysis.settings.at_least("5.0"):
                yield from self._backend(config, place, deployment)
            yield from self._worker(deployment, place)

    def _secret(self, config: SupersetConfig, place: Location) -> Iterator[Finding]:
        given = config.settings.get(_SECRET)
        if given is None:
            yield self.deployment_finding(
                place,
                f"GLOBAL_ASYNC_QUERIES is on without {_SECRET}: Superset's own has 21 bytes, {_SHORTEST} are "
                "asked for, and it does not start",
                field=_SECRET,
                advice=f'{_SECRET} = os.environ["SUPERSET_ASYNC_JWT_SECRET"], of `openssl rand -base64 42`',
            )
        elif isinstance(given.value, str) and len("".join(given.value)) < _SHORTEST and not given.assumed:
            yield self.deployment_finding(
                given.location,
                f"{_SECRET} has {len(''.join(given.value))} bytes: Superset asks for {_SHORTEST} where "
                "GLOBAL_ASYNC_QUERIES is on, and does not start",
                field=_SECRET,
                advice="make one with `openssl rand -base64 42`, and keep it out of the file",
            )

    def _caches(self, config: SupersetConfig, place: Location) -> Iterator[Finding]:
        given = config.settings.get("DATA_CACHE_CONFIG")
        if given is not None and not isinstance(given.value, Mapping):
            return
        kind: Any = "NullCache" if given is None else given.value.get("CACHE_TYPE")
        if given is None or (isinstance(kind, str) and kind.rpartition(".")[2] in _NOTHING):
            said = "is not set, which is NullCache" if given is None else f"has the CACHE_TYPE {kind}"
            yield self.deployment_finding(
                given.location if given is not None else place,
                f"GLOBAL_ASYNC_QUERIES is on and DATA_CACHE_CONFIG {said}: the worker's results go nowhere, "
                "and no chart gets its data",
                field="DATA_CACHE_CONFIG",
                advice='DATA_CACHE_CONFIG = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": "redis://…"}, '
                "the same for web servers and workers",
            )

    def _backend(self, config: SupersetConfig, place: Location, deployment: Deployment) -> Iterator[Finding]:
        from dashlint_rules.deployment.processes import in_container, webs

        given = config.settings.get(_BACKEND)
        if given is None:
            if any(in_container(web.container) for web in webs(deployment)):
                yield self.deployment_finding(
                    place,
                    f"GLOBAL_ASYNC_QUERIES is on without {_BACKEND}: its default is a Redis on localhost, "
                    "which in a container is the container itself",
                    field=_BACKEND,
                    advice=f'{_BACKEND} = {{"CACHE_TYPE": "RedisCache", "CACHE_REDIS_HOST": "redis", …}}',
                )
            return
        kind = given.value.get("CACHE_TYPE") if isinstance(given.value, Mapping) else "RedisCache"
        if kind is None or (isinstance(kind, str) and kind not in {"RedisCache", "RedisSentinelCache"}):
            yield self.deployment_finding(
                config.places.get(f"{_BACKEND}.CACHE_TYPE", given.location),
                f"{_BACKEND} takes RedisCache or RedisSentinelCache, and its CACHE_TYPE is "
                f"{kind or 'not set'}: Superset does not start",
                field=f"{_BACKEND}.CACHE_TYPE",
                advice='"CACHE_TYPE": "RedisCache"',
            )

    def _worker(self, deployment: Deployment, place: Location) -> Iterator[Finding]:
        from dashlint_rules.deployment.processes import celery_workers, in_container, webs

        # Of files that show where containers are started, and in them no worker.
        whole = any(in_container(web.container) for web in webs(deployment))
        unread = any(not one.programs and _may_be_superset(one) for one in deployment.containers)
        if whole and not unread and not any(True for _ in celery_workers(deployment)):
            yield self.deployment_finding(
                place,
                "GLOBAL_ASYNC_QUERIES is on, and none of the files starts a Celery worker: charts wait for "
                "a result that nobody computes",
                field="worker",
                advice="start one: celery --app=superset.tasks.celery_app:app worker --pool=prefork -O fair "
                "-c 4",
                severity=Severity.WARNING,
                confidence=Confidence.MEDIUM,
            )


def _may_be_superset(container: Any) -> bool:
    """Whether a container of which no program is known may run a worker: its image or its name says so."""
    from dashlint.deployment.model import Role

    if container.role is Role.CELERY_WORKER:
        return True
    image = container.image.value if container.image is not None else None
    return container.role is Role.OTHER and (not isinstance(image, str) or "superset" in image)
