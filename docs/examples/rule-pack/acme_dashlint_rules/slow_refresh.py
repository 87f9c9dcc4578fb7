"""Dashboards that refresh themselves more often than Acme's warehouse is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions


class SlowRefresh(Rule):
    """A dashboard refreshes itself more often than the warehouse is loaded.

    ## Why
    Our warehouse is loaded every hour. A dashboard that refreshes itself each minute runs
    its queries sixty times for the same figures.

    ## Example
    ```yaml
    metadata:
      refresh_frequency: 60
    ```

    ## Use instead
    An interval of an hour, or none.

    ## Source
    The schedule of Acme's loads.
    """

    code = "ACME101"
    severity = Severity.WARNING
    applies_to = "Dashboards that refresh themselves."

    class Options(RuleOptions):
        """How often new data arrive."""

        min_seconds: Annotated[
            int,
            Option("Seconds between two refreshes, at least.", source="the schedule of Acme's loads.", ge=1),
        ] = 3_600

    def check_dashboard(self, dashboard: Dashboard, analysis: Analysis) -> Iterator[Finding]:
        """A finding when the dashboard refreshes itself, and too often."""
        seconds = dashboard.refresh_frequency
        if 0 < seconds < self.options.min_seconds:
            queries = analysis.queries_on_load(dashboard)
            yield self.finding(
                analysis,
                dashboard,
                f"refreshes every {seconds:,} s and sends {queries} queries each time, but new data come "
                f"every {self.options.min_seconds:,} s",
                field="metadata.refresh_frequency",
                advice=f"refresh every {self.options.min_seconds:,} s, or not at all",
            )
