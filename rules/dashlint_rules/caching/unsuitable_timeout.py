"""Cache timeouts that do not fit what a chart shows."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Chart
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Edit, Finding, Fix, Severity
from dashlint.lint.rule import Rule

#: From the shortest to the longest timeout (seconds) that makes sense for a chart that shows
#: one value per time grain: not so short that the cache never helps, not so long that a
#: finished bucket is missing. Bounds: a share of the grain, widened to round figures.
_SUITABLE = {
    "minute": (0, 900),
    "hour": (30, 6 * 3_600),
    "day": (60, 2 * 86_400),
    "week": (300, 8 * 86_400),
    "month": (600, 32 * 86_400),
}
_CLASSES = (
    (("PT1S", "PT5S", "PT30S", "PT1M", "PT5M", "PT10M", "PT15M", "PT30M", "PT0.5H"), "minute"),
    (("PT1H", "PT6H"), "hour"),
    (("P1D",), "day"),
    (("P1W",), "week"),
    (("P1M", "P3M", "P0.25Y", "P1Y"), "month"),
)


def class_of(grain: str | None) -> str | None:
    """What a time grain counts as: minute, hour, day, week or month; None for none, and for rare ones."""
    return next((name for grains, name in _CLASSES if grain in grains), None)


class UnsuitableTimeout(Rule):
    """A cache timeout is far too long or too short for the chart's time grain.

    ## Why
    A chart by the minute that is cached for a day shows yesterday's minutes. A chart by the
    month that is cached for ten seconds runs the same query for every viewer, although its
    values change once a month.

    ## Example
    ```yaml
    cache_timeout: 86400
    params:
      time_grain_sqla: PT1M
    ```

    ## Use instead
    Something between a fraction of the grain and the grain: real time 30 to 60 seconds, hourly
    and daily 300 to 600, weekly and monthly 3600 and more.

    ## Source
    A convention, not a measurement; the chain of timeouts is
    superset/common/query_context_processor.py:get_cache_timeout.
    """

    code = "DL402"
    severity = Severity.INFO
    confidence = Confidence.MEDIUM
    effort = Effort.SETTING
    remedy = "set cache timeouts that suit the time grain"
    persona = """
    A timeout that is too long is for the persona `pedantic` alone: how old figures may be is for their
    readers to say, and it costs nothing.
    """
    fix = """
    Unsafe: sets the nearest timeout that suits the grain, on the chart, or on the dataset where all of its
    charts want the same one. Figures may then be older or newer than before.
    """
    applies_to = "Charts with a time grain and a cache timeout of their own, their dataset's or database's."

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """A finding where a timeout that somebody set lies outside what suits the grain."""
        timeout = analysis.cache_timeout(chart)
        if timeout.origin not in ("chart", "dataset", "database") or timeout.seconds <= 0:
            return
        grain = next((q.time_grain for q in analysis.queries(chart) if q.time_grain), None)
        name = class_of(grain)
        if grain is None or name is None:
            return
        shortest, longest = _SUITABLE[name]
        nearest = longest if timeout.seconds > longest else max(shortest, 30)
        if shortest <= timeout.seconds <= longest:
            return
        if timeout.seconds > longest:
            problem = "so finished values stay missing for long"
        else:
            problem = "so nearly every viewer runs the query again for values that seldom change"
        yield self.finding(
            analysis,
            chart,
            f"shows values by {grain} and is cached for {timeout.seconds:,} s "
            f"(set on the {timeout.origin}), {problem}",
            field="cache_timeout",
            pedantic=timeout.seconds > longest,
            advice=f"for this grain, {max(shortest, 30):,} to {longest:,} s makes sense",
            fix=Fix(
                "unsafe",
                f"set cache_timeout to {nearest:,} s",
                (Edit(chart, ("cache_timeout",), nearest),),
            ),
        )
