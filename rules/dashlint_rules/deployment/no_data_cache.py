"""A Superset that keeps no results of charts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.caches import KEEPS_NOTHING, caches
from dashlint_rules.deployment.settings import place_of

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment, SupersetConfig

_EXAMPLE = (
    'DATA_CACHE_CONFIG = {"CACHE_TYPE": "RedisCache", "CACHE_DEFAULT_TIMEOUT": 3600, '
    '"CACHE_KEY_PREFIX": "superset_data_", "CACHE_REDIS_URL": "redis://HOST:6379/0"}'
)


class NoDataCache(Rule):
    """The results of charts are not cached: DATA_CACHE_CONFIG is absent, or keeps nothing.

    ## Why
    Superset's default data cache is `NullCache`. Every view of a dashboard then runs every query of it, and a
    cache timeout of a chart, dataset or database does nothing. `CACHE_CONFIG` is another cache: it keeps
    lists of schemas and tables, not results of charts.

    ## Example
    ```python
    CACHE_CONFIG = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": "redis://cache:6379/0"}
    # and no DATA_CACHE_CONFIG
    ```

    ## Use instead
    ```python
    DATA_CACHE_CONFIG = {
        "CACHE_TYPE": "RedisCache",
        "CACHE_DEFAULT_TIMEOUT": 3600,
        "CACHE_KEY_PREFIX": "superset_data_",
        "CACHE_REDIS_URL": "redis://cache:6379/0",
    }
    ```

    Silent where a file imports names that are not known (`from … import *`), and where the setting is made by
    code.

    ## Source
    superset/config.py: DATA_CACHE_CONFIG; superset/utils/cache_manager.py, `_init_cache`; flask_caching
    (`CACHE_TYPE` is `null` where it is absent).
    """

    code = "DL608"
    severity = Severity.WARNING
    effort = Effort.LINE
    remedy = "set up a cache for chart data"
    applies_to = "Superset 4.1 to 6.1."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding: for the setting that keeps nothing, or for the file that lacks it."""
        for cache in caches(deployment, ["DATA_CACHE_CONFIG"]):
            if cache.type in KEEPS_NOTHING or "CACHE_TYPE" not in cache.values:
                told = f"CACHE_TYPE is {cache.type}" if cache.type else "it has no CACHE_TYPE"
                yield self.deployment_finding(
                    cache.place("CACHE_TYPE"),
                    f"results of charts are not cached: DATA_CACHE_CONFIG keeps nothing, since {told}",
                    advice=f"write {_EXAMPLE}",
                )
        configs = [config for config in deployment.configs if _is_a_deployments(config)]
        if not configs or any("DATA_CACHE_CONFIG" in config.settings for config in deployment.configs):
            return
        if all(config.complete for config in deployment.configs):
            config = next((one for one in configs if "CACHE_CONFIG" in one.settings), configs[0])
            yield self._absent(config)

    def _absent(self, config: SupersetConfig) -> Finding:
        message = (
            "results of charts are not cached: DATA_CACHE_CONFIG is absent, and its default is NullCache"
        )
        place = config.location._replace(field="DATA_CACHE_CONFIG")
        advice = f"write {_EXAMPLE}"
        if "CACHE_CONFIG" in config.settings:
            place = place_of(config, "CACHE_CONFIG")._replace(field="DATA_CACHE_CONFIG")
            message += "; CACHE_CONFIG keeps only lists of schemas and tables and the like"
            advice = 'write DATA_CACHE_CONFIG = {**CACHE_CONFIG, "CACHE_KEY_PREFIX": "superset_data_"}'
        return self.deployment_finding(place, message, advice=advice)


def _is_a_deployments(config: SupersetConfig) -> bool:
    """Whether a file configures more than a detail: then what it does not say is not said elsewhere."""
    return not config.settings.keys().isdisjoint(
        {"SQLALCHEMY_DATABASE_URI", "SECRET_KEY", "CACHE_CONFIG", "CELERY_CONFIG", "RESULTS_BACKEND"}
    )
