"""Dashboards whose results nobody decided to cache."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard
from dashlint.lint.amounts import cost_phrase, plural
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule


class NoCacheTimeout(Rule):
    """No cache timeout is set anywhere in the chain: chart, dataset, database.

    ## Why
    Then `CACHE_DEFAULT_TIMEOUT` decides, a day unless configured otherwise, for figures of the
    minute and for yearly reports alike. And out of the box nothing is cached at all: the default
    `DATA_CACHE_CONFIG` is a NullCache, so that every visit of every viewer runs every query.

    ## Example
    A dashboard of 20 charts, all with `cache_timeout: null`, over datasets and a database
    without one either.

    ## Use instead
    Set a timeout once on the database or dataset, as long as its data is fresh, and on single
    charts where they differ. See that `DATA_CACHE_CONFIG` names a real cache, such as RedisCache.

    ## Source
    superset/common/query_context_processor.py:get_cache_timeout;
    superset/config.py: CACHE_DEFAULT_TIMEOUT, DATA_CACHE_CONFIG.
    """

    code = "DL401"
    severity = Severity.WARNING

    def check_dashboard(self, dashboard: Dashboard, analysis: Analysis) -> Iterator[Finding]:
        """One finding per dashboard: how many of its charts have no timeout, and what that means."""
        charts = analysis.workspace.charts_of(dashboard)
        settings = analysis.settings
        if not charts:
            return
        caches = settings.caches_data
        without = [c for c in charts if analysis.cache_timeout(c).origin in ("config", "data-cache-config")]
        if caches is False:
            yield self.finding(
                analysis,
                dashboard,
                f"DATA_CACHE_CONFIG is a NullCache, so every visit runs all its queries again: "
                f"{plural(analysis.queries_on_load(dashboard), 'query')} and "
                f"{cost_phrase(analysis.load_cost(dashboard))} on each load",
                advice="give DATA_CACHE_CONFIG a real cache, such as RedisCache",
                memory=analysis.load_cost(dashboard),
            )
            return
        if len(without) < len(charts):
            # Somebody has thought about caching here; single charts may well live with the default.
            return
        seconds = analysis.cache_timeout(without[0]).seconds
        kept = f"the server's default of {_duration(seconds)} applies"
        if caches is None:
            kept += ", if it caches chart data at all (by default it does not)"
        yield self.finding(
            analysis,
            dashboard,
            f"none of its {plural(len(charts), 'chart')} has a cache timeout, nor has a dataset or database "
            f"of theirs: {kept}",
            severity=Severity.INFO if caches else None,
            advice="set a timeout on the database or the datasets, as long as their data stays fresh",
        )


def _duration(seconds: int) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            return plural(seconds // length, unit)
    return plural(seconds, "second")
