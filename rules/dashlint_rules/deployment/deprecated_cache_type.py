"""Cache types and addresses that are old, or that Superset does not start with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.caches import CACHES, Cache, caches
from dashlint_rules.deployment.settings import celery_settings, place_of

if TYPE_CHECKING:
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Deployment, SupersetConfig

#: Functions of flask_caching/backends/__init__.py, and the classes that they call.
_ALIASES: Mapping[str, str] = {
    "null": "NullCache",
    "simple": "SimpleCache",
    "filesystem": "FileSystemCache",
    "redis": "RedisCache",
    "redissentinel": "RedisSentinelCache",
    "rediscluster": "RedisClusterCache",
    "uwsgi": "UWSGICache",
    "memcached": "MemcachedCache",
    "gaememcached": "MemcachedCache",
    "saslmemcached": "SASLMemcachedCache",
    "spreadsaslmemcached": "SpreadSASLMemcachedCache",
}
_CLASSES = frozenset(_ALIASES.values()) | {"SupersetMetastoreCache"}
#: What redis-py takes (redis/connection.py: parse_url).
_REDIS_SCHEMES = frozenset({"redis", "rediss", "unix"})
#: How a URL of a Redis Sentinel is written that Celery knows as `sentinel`.
_SENTINEL = frozenset({"redis-sentinel", "redis+sentinel", "rediss-sentinel", "rediss+sentinel"})


class DeprecatedCacheType(Rule):
    """A cache has a type that is deprecated, or a type or address that Superset does not start with.

    ## Why
    flask-caching still takes its old short names (`redis`, `filesystem`, …) with a DeprecationWarning. A name
    that it does not have, or a URL that its client does not know (`redis-sentinel://`), ends Superset at its
    start. Celery knows Sentinel as `sentinel://`.

    ## Example
    ```python
    CACHE_CONFIG = {"CACHE_TYPE": "redis", "CACHE_REDIS_URL": "redis-sentinel://sentinel:26379/mymaster/0"}
    ```

    ## Use instead
    ```python
    CACHE_CONFIG = {
        "CACHE_TYPE": "RedisSentinelCache",
        "CACHE_REDIS_SENTINELS": [("sentinel", 26379)],
        "CACHE_REDIS_SENTINEL_MASTER": "mymaster",
    }
    ```

    An old name is info, what fails is an error.

    ## Source
    flask_caching/__init__.py, `Cache._set_cache`; flask_caching/backends/__init__.py; redis-py, `parse_url`;
    kombu.transport.TRANSPORT_ALIASES; celery.app.backends.BACKEND_ALIASES.
    """

    code = "DL603"
    severity = Severity.ERROR
    effort = Effort.LINE
    remedy = "use cache types and addresses that are supported"
    applies_to = "Superset 4.1 to 6.1."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each place, also where several settings take it over."""
        seen: set[Location] = set()
        for finding in self._all(deployment):
            place = finding.location._replace(field=None)
            if place.line is None or place not in seen:
                seen.add(place)
                yield finding

    def _all(self, deployment: Deployment) -> Iterator[Finding]:
        for cache in caches(deployment, CACHES):
            yield from self._type(cache)
            yield from self._url(cache)
        for config in deployment.configs:
            yield from self._celery(config)

    def _type(self, cache: Cache) -> Iterator[Finding]:
        value = cache.values.get("CACHE_TYPE")
        if not isinstance(value, str) or "." in value or value in _CLASSES:
            return
        place = cache.place("CACHE_TYPE")
        if value in _ALIASES:
            yield self.deployment_finding(
                place,
                f"{value!r} is an old name of {_ALIASES[value]}: it works, with a DeprecationWarning",
                advice=f'write "CACHE_TYPE": "{_ALIASES[value]}"',
                severity=Severity.INFO,
            )
            return
        names = {name.lower(): name for name in _CLASSES}
        meant = names.get(value.lower()) or names.get(f"{value.lower()}cache")
        advice = f'write "CACHE_TYPE": "{meant}"' if meant else "name a class of flask-caching: RedisCache"
        yield self.deployment_finding(
            place,
            f"flask-caching has no cache {value!r}, and Superset does not start with it",
            advice=advice,
        )

    def _url(self, cache: Cache) -> Iterator[Finding]:
        scheme = _scheme(cache.values.get("CACHE_REDIS_URL"))
        if scheme is None or scheme in _REDIS_SCHEMES or cache.type not in {"RedisCache", "redis"}:
            return
        if scheme in _SENTINEL or scheme == "sentinel":
            advice = (
                'write "CACHE_TYPE": "RedisSentinelCache", "CACHE_REDIS_SENTINELS": [("HOST", 26379)], '
                '"CACHE_REDIS_SENTINEL_MASTER": "NAME"'
            )
        else:
            advice = "write redis://HOST:PORT/DATABASE"
        yield self.deployment_finding(
            cache.place("CACHE_REDIS_URL"),
            f"the Redis client knows no {scheme}:// (only redis, rediss and unix), and Superset does not "
            "start with it",
            advice=advice,
        )

    def _celery(self, config: SupersetConfig) -> Iterator[Finding]:
        settings = celery_settings(config)
        for name in ("broker_url", "result_backend"):
            scheme = _scheme(settings.get(name))
            if scheme in _SENTINEL:
                yield self.deployment_finding(
                    place_of(config, "CELERY_CONFIG", name),
                    f"Celery knows no {scheme}://, and neither worker nor Superset can use {name}",
                    advice=f'write {name} = "sentinel://HOST:26379" and '
                    f'{_transport(name)} = {{"master_name": "NAME"}}',
                )


def _transport(name: str) -> str:
    return "broker_transport_options" if name == "broker_url" else "result_backend_transport_options"


def _scheme(url: Any) -> str | None:
    if not isinstance(url, str):
        return None
    scheme, sign, _ = "".join(url).partition("://")
    return scheme.lower() if sign else None
