"""Dashboards whose results nobody decided to cache."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Chart, Dashboard, Database, Dataset
from dashlint.lint.amounts import cost_phrase, plural
from dashlint.lint.effort import Effort
from dashlint.lint.model import Edit, Finding, Fix, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.caching.unsuitable_timeout import class_of

#: Where a timeout comes from when neither chart, dataset nor database has one.
_DEFAULTS = ("config", "data-cache-config")


#: Seconds for a dataset whose finest chart is of a grain, as DL402 recommends.
_BY_GRAIN = {"minute": 60, "hour": 600, "day": 600, "week": 3_600, "month": 3_600}


class NoCacheTimeout(Rule):
    """No cache timeout is set anywhere in the chain: chart, dataset, database.

    ## Why
    Then `CACHE_DEFAULT_TIMEOUT` decides, a day unless configured otherwise, for figures of the
    minute and for yearly reports alike. And out of the box nothing is cached at all: the default
    `DATA_CACHE_CONFIG` is a NullCache, so that every visit of every viewer runs every query.

    ## Example
    Twenty charts with `cache_timeout: null`, over datasets and a database without one either.

    ## Use instead
    Set a timeout once on the database or dataset, as long as its data is fresh, and on single
    charts where they differ. See that `DATA_CACHE_CONFIG` names a real cache, such as RedisCache.

    ## Source
    superset/common/query_context_processor.py:get_cache_timeout;
    superset/config.py: CACHE_DEFAULT_TIMEOUT, DATA_CACHE_CONFIG.
    """

    code = "DL401"
    severity = Severity.WARNING
    effort = Effort.SETTING
    remedy = "set cache timeouts"
    fix = """
    Unsafe: gives each dataset a timeout by the finest time grain of its charts: 60 s for minutes, 600 s for
    hours and days, 3600 s for weeks and more. Datasets without such charts are left to people. Figures are
    then newer than with the server's default of a day, and their queries run more often.
    """

    def check_dashboard(self, dashboard: Dashboard, analysis: Analysis) -> Iterator[Finding]:
        """Where the server is known to cache nothing: what that costs."""
        if analysis.settings.caches_data is not False or not analysis.workspace.charts_of(dashboard):
            return
        memory = analysis.load_cost(dashboard)
        yield self.finding(
            analysis,
            dashboard,
            f"DATA_CACHE_CONFIG is a NullCache, so every visit runs all its queries again: "
            f"{plural(analysis.queries_on_load(dashboard), 'query')} and {cost_phrase(memory)} on each load",
            advice="give DATA_CACHE_CONFIG a real cache, such as RedisCache",
            memory=memory,
        )

    def check_workspace(self, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each database on whose dashboards nobody set any timeout.

        Where some charts or datasets have one, somebody has thought about caching, and the
        others may well live with the default.
        """
        if analysis.settings.caches_data is False:
            return
        charts_of: dict[Database, list[Chart]] = {}
        for chart in analysis.workspace.charts:
            database = analysis.database_of(analysis.dataset_of(chart))
            if database is not None:
                charts_of.setdefault(database, []).append(chart)
        for database, charts in charts_of.items():
            timeouts = [analysis.cache_timeout(chart) for chart in charts]
            if any(timeout.origin not in _DEFAULTS for timeout in timeouts):
                continue
            yield self._undecided(database, charts, timeouts[0].seconds, analysis)

    def _undecided(
        self, database: Database, charts: list[Chart], seconds: int, analysis: Analysis
    ) -> Finding:
        caches = analysis.settings.caches_data
        kept = f"the server's default of {_duration(seconds)} applies"
        if caches is None:
            kept += ", if it caches chart data at all (by default it does not)"
        return self.finding(
            analysis,
            database,
            f"none of its {plural(len(charts), 'chart')} has a cache timeout, nor have their datasets, "
            f"nor has it: {kept}",
            field="cache_timeout",
            severity=Severity.INFO if caches else None,
            advice="set a timeout on the database or the datasets, as long as their data stays fresh",
            fix=self._fix(charts, analysis),
        )

    @staticmethod
    def _fix(charts: list[Chart], analysis: Analysis) -> Fix | None:
        wanted: dict[Dataset, int] = {}
        for chart in charts:
            dataset = analysis.dataset_of(chart)
            for query in analysis.queries(chart):
                name = class_of(query.time_grain)
                if dataset is not None and name is not None:
                    wanted[dataset] = min(_BY_GRAIN[name], wanted.get(dataset, _BY_GRAIN[name]))
        if not wanted:
            return None
        edits = tuple(Edit(dataset, ("cache_timeout",), seconds) for dataset, seconds in wanted.items())
        return Fix("unsafe", f"set cache_timeout on {plural(len(edits), 'dataset')}", edits)


def _duration(seconds: int) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            return plural(seconds // length, unit)
    return plural(seconds, "second")
