"""Asynchronous queries that lack what they need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dashlint.analysis import Analysis
from dashlint.lint.amounts import plural
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.caches import KEEPS_NOTHING, Cache, caches_of
from dashlint_rules.deployment.processes import celery_workers, in_container, webs
from dashlint_rules.deployment.settings import flag, place_of

if TYPE_CHECKING:
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Deployment, SupersetConfig

_SECRET = "GLOBAL_ASYNC_QUERIES_JWT_SECRET"  # noqa: S105 a setting's name
_BACKEND = "GLOBAL_ASYNC_QUERIES_CACHE_BACKEND"
#: Bytes: superset/async_events/async_query_manager.py, AsyncQueryManager.init_app.
_SHORTEST = 32
_BACKENDS = frozenset({"RedisCache", "RedisSentinelCache"})


class AsyncQueriesIncomplete(Rule):
    """Asynchronous queries are on, of charts or of SQL Lab, and something that they need is not there.

    ## Why
    The flag makes a chart's request a task of Celery, which puts the result into the data cache; the browser
    is told by a stream in Redis and fetches it. Without a secret Superset does not start. Without worker,
    Redis or data cache every chart waits for ever or ends in an error.

    SQL Lab's asynchronous queries are another thing: a database's "Asynchronous query execution" lets a
    worker run them and put the result into RESULTS_BACKEND. Without one they run, and nobody gets to see the
    result.

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

    For SQL Lab: `RESULTS_BACKEND = RedisCache(host="redis", port=6379, key_prefix="superset_results")`, with
    `from cachelib.redis import RedisCache`. Which databases run queries asynchronously is known from an
    export (`--with`).

    ## Source
    superset/async_events/async_query_manager.py of 5.0.0 to 6.1.0 (init_app, get_cache_backend): a secret
    of at least 32 bytes, CACHE_TYPE RedisCache or RedisSentinelCache, and neither CACHE_CONFIG nor
    DATA_CACHE_CONFIG without CACHE_TYPE or with `null`; superset/config.py (the default
    secret is shorter, the default Redis is localhost, the default data cache is NullCache; RESULTS_BACKEND is
    None); superset/sql_lab.py (execute_sql_statements stores a result only where there is a backend),
    superset/commands/sql_lab/results.py ("Results backend is not configured.").
    """

    code = "DL620"
    severity = Severity.ERROR
    effort = Effort.LINE
    remedy = "complete what asynchronous queries need"
    applies_to = "Superset 4.1 to 6.1; the Redis of the stream from 5.0."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each thing that is missing."""
        for config in deployment.configs:
            yield from self._sql_lab(config, analysis)
            if not flag(config, "GLOBAL_ASYNC_QUERIES"):
                continue
            if analysis.settings.at_least("5.0"):
                yield from self._backend_type(config)
            # What a file does not say is known only where nothing else may say it.
            if not config.complete:
                continue
            place = place_of(config, "FEATURE_FLAGS", "GLOBAL_ASYNC_QUERIES")
            yield from self._secret(config, place)
            yield from self._caches(config, place)
            if analysis.settings.at_least("5.0"):
                yield from self._backend(config, place, deployment)
            yield from self._worker(deployment, place)

    def _sql_lab(self, config: SupersetConfig, analysis: Analysis) -> Iterator[Finding]:
        given = config.settings.get("RESULTS_BACKEND")
        if not config.complete or (given is not None and given.value is not None):
            return
        names = [one.name for one in analysis.workspace.databases if one.raw.get("allow_run_async") is True]
        if names:
            others = f" and {plural(len(names) - 1, 'other database')}" if len(names) > 1 else ""
            yield self.deployment_finding(
                given.location if given is not None else config.location,
                f"SQL Lab runs queries of {names[0]}{others} asynchronously, and RESULTS_BACKEND is not set: "
                "a worker runs them, and their results cannot be fetched",
                field="RESULTS_BACKEND",
                advice='RESULTS_BACKEND = RedisCache(host="redis", key_prefix="superset_results"), '
                "with `from cachelib.redis import RedisCache`",
                severity=Severity.WARNING,
            )

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
        advice = (
            'DATA_CACHE_CONFIG = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": "redis://…"}, '
            "the same for web servers and workers"
        )
        if given is None:
            yield self.deployment_finding(
                place,
                "GLOBAL_ASYNC_QUERIES is on and DATA_CACHE_CONFIG is not set, which is NullCache: the "
                "worker's results go nowhere, and no chart gets its data",
                field="DATA_CACHE_CONFIG",
                advice=advice,
            )
        for cache in caches_of(config, ["DATA_CACHE_CONFIG", "CACHE_CONFIG"]):
            if _stops(cache):
                ends = "Superset does not start"
            elif cache.setting == "DATA_CACHE_CONFIG" and cache.type in KEEPS_NOTHING:
                ends = "the worker's results go nowhere, and no chart gets its data"
            else:
                continue
            said = f"has the CACHE_TYPE {cache.type}" if cache.type else "has no CACHE_TYPE"
            yield self.deployment_finding(
                config.settings[cache.setting].location,
                f"GLOBAL_ASYNC_QUERIES is on and {cache.setting} {said}: {ends}",
                field=cache.setting,
                advice=advice if cache.setting == "DATA_CACHE_CONFIG" else '"CACHE_TYPE": "RedisCache"',
            )

    def _backend(self, config: SupersetConfig, place: Location, deployment: Deployment) -> Iterator[Finding]:
        if _BACKEND in config.settings or not any(in_container(web.container) for web in webs(deployment)):
            return
        yield self.deployment_finding(
            place,
            f"GLOBAL_ASYNC_QUERIES is on without {_BACKEND}: its default is a Redis on localhost, "
            "which in a container is the container itself",
            field=_BACKEND,
            advice=f'{_BACKEND} = {{"CACHE_TYPE": "RedisCache", "CACHE_REDIS_HOST": "redis", …}}',
        )

    def _backend_type(self, config: SupersetConfig) -> Iterator[Finding]:
        for cache in caches_of(config, [_BACKEND]):
            kind = cache.values.get("CACHE_TYPE")
            if kind is not None and (not isinstance(kind, str) or kind in _BACKENDS):
                continue
            yield self.deployment_finding(
                cache.place("CACHE_TYPE"),
                f"{_BACKEND} takes RedisCache or RedisSentinelCache, and its CACHE_TYPE is "
                f"{kind or 'not set'}: Superset does not start",
                field=f"{_BACKEND}.CACHE_TYPE",
                advice='"CACHE_TYPE": "RedisCache"',
            )

    def _worker(self, deployment: Deployment, place: Location) -> Iterator[Finding]:

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


def _stops(cache: Cache) -> bool:
    """Whether AsyncQueryManager.init_app takes a cache for none, which ends Superset at its start."""
    return "CACHE_TYPE" not in cache.values or cache.values["CACHE_TYPE"] in (None, "null")


def _may_be_superset(container: Any) -> bool:
    """Whether a container of which no program is known may run a worker: its image or its name says so."""
    from dashlint.deployment.model import Role

    if container.role is Role.CELERY_WORKER:
        return True
    image = container.image.value if container.image is not None else None
    return container.role is Role.OTHER and (not isinstance(image, str) or "superset" in image)
