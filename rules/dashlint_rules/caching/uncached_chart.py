"""Charts that are not cached although they are expensive, and timeouts of 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Chart
from dashlint.lint.amounts import cost_phrase
from dashlint.lint.effort import Effort
from dashlint.lint.model import Edit, Finding, Fix, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions

_DISABLED = -1
#: Seconds for charts whose data have to be fresh: viewers of the same minute share one query.
_SHORT = 60


class UncachedChart(Rule):
    """Caching is turned off on an expensive chart, or a timeout of 0 does not do what it says.

    ## Why
    -1 turns reading and writing of the cache off: every viewer of every visit runs the query.
    0 looks like “no cache” and is not: on a chart it skips the dataset's and database's
    timeouts, and the server's default applies. On a dataset or database, a legacy chart type
    takes 0 literally, and its entry never expires.

    ## Example
    ```yaml
    cache_timeout: -1
    params:
      row_limit: 50000
    ```

    ## Use instead
    A short timeout (60 seconds) where data has to be fresh: viewers of the same minute share one
    query. Leave the field empty where the dataset's timeout shall apply.

    ## Source
    superset/common/query_context_processor.py:get_cache_timeout;
    superset/viz.py:BaseViz.cache_timeout; superset/constants.py:CACHE_DISABLED_TIMEOUT.
    """

    code = "DL404"
    severity = Severity.WARNING
    effort = Effort.SETTING
    remedy = "cache charts whose caching is off or never ends"
    fix = """
    -1: unsafe, caches the chart for 60 seconds (its dataset, where all charts of it are alike), so that
    figures may be a minute old. 0: empties the field; safe where neither dataset nor database has a
    timeout, since the same default then applies as before, and unsafe where one has, which then counts.
    Entries that never expire are left to people.
    """

    class Options(RuleOptions):
        """What counts as expensive."""

        memory: Annotated[
            int,
            Option(
                "Charts that take less worker memory may do without a cache.",
                source="the response of a chart of this size takes about a tenth of it, some 800 KiB "
                "(measured ratio: coefficients.json), and a second or so to build.",
                ge=0,
                size=True,
            ),
        ] = 8 * 2**20

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """A finding for -1 on an expensive chart, for 0, and for entries that never expire."""
        timeout = analysis.cache_timeout(chart)
        memory = analysis.chart_cost(chart)
        if timeout.seconds == _DISABLED:
            known = memory.expected if memory.expected is not None else memory.upper
            if known is not None and known >= self.options.memory:
                yield self.finding(
                    analysis,
                    chart,
                    f"caching is turned off (-1 on the {timeout.origin}), and each request takes "
                    f"{cost_phrase(memory)}",
                    field="cache_timeout",
                    advice="cache it for as long as its figures may be old, if only for 60 s",
                    memory=memory,
                    fix=Fix("unsafe", f"cache it for {_SHORT} s", (Edit(chart, ("cache_timeout",), _SHORT),)),
                )
        elif chart.cache_timeout == 0 and timeout.origin != "chart":
            yield self.finding(
                analysis,
                chart,
                f"cache_timeout 0 does not turn caching off: the {timeout.origin} default of "
                f"{timeout.seconds:,} s applies, and the dataset's and database's timeouts are skipped",
                field="cache_timeout",
                severity=Severity.INFO,
                advice="write -1 to turn caching off, or leave it empty",
                fix=self._emptied(chart, analysis),
            )
        elif timeout.seconds == 0:
            yield self.finding(
                analysis,
                chart,
                f"its cached results never expire (0 on the {timeout.origin})",
                field="cache_timeout",
                advice="write how long its figures may be old, in seconds",
            )

    @staticmethod
    def _emptied(chart: Chart, analysis: Analysis) -> Fix:
        dataset = analysis.dataset_of(chart)
        database = analysis.database_of(dataset)
        same = (
            dataset is not None
            and database is not None
            and dataset.cache_timeout is None
            and database.cache_timeout is None
        )
        what = "it means nothing" if same else "the dataset's or database's timeout then applies"
        edit = Edit(chart, ("cache_timeout",), None)
        return Fix("safe" if same else "unsafe", f"empty cache_timeout: {what}", (edit,))
