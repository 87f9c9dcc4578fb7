"""Dashboards and tabs that open with too many charts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard
from dashlint.lint.amounts import plural
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions
from dashlint.superset.query import Event

_ADVICE = "move charts that are read less often to tabs: a tab's charts query only when it is opened"


class TooManyCharts(Rule):
    """A dashboard or tab opens with more charts than people take in and workers bear.

    ## Why
    Every chart that is mounted sends its request as soon as the dashboard or tab opens; each
    request holds a worker thread and its result in memory until it is answered. What lies on
    other tabs does not count: those charts query when their tab is opened for the first time.
    A chart that is a matrix of charts (Matrixify, 6.1) adds a request for each of its cells.

    ## Example
    A dashboard without tabs that holds 40 charts: 40 requests start together on every visit.

    ## Use instead
    Put what is looked at first on the first tab, and the rest on others. Charts scrolled out
    of sight query all the same (unless `DASHBOARD_VIRTUALIZATION_DEFER_DATA` is on, 6.1), so a
    longer page is no way out.

    ## Source
    superset-frontend/src/dashboard/components/gridComponents: tabs mount their charts when
    they are first opened. The thresholds are conventions, not measurements: see the options.
    """

    code = "DL101"
    severity = Severity.WARNING
    effort = Effort.DESIGN
    remedy = "move charts that are read less often to tabs"

    class Options(RuleOptions):
        """From which number of charts on, at which severity."""

        info: Annotated[
            int,
            Option(
                "More charts than this on one page or tab are reported as info.",
                source="a common rule of thumb among Superset operators: 8 to 12 charts a page.",
                ge=1,
            ),
        ] = 12
        warning: Annotated[
            int,
            Option("… as a warning.", source="twice the rule of thumb.", ge=1),
        ] = 25
        error: Annotated[
            int,
            Option(
                "… as an error.",
                source="four times the rule of thumb; a browser keeps six connections to a server.",
                ge=1,
            ),
        ] = 50

    def check_dashboard(self, dashboard: Dashboard, analysis: Analysis) -> Iterator[Finding]:
        """One finding for what opens first, and one for every tab that is too full."""
        charts = len(analysis.charts_on_load(dashboard))
        cells = _cells(analysis.load(dashboard))
        severity = self._severity(charts + cells)
        if severity is not None:
            tabs = dashboard.layout.tabs
            where = "on the tabs that open first" if tabs else "on one page"
            hidden = len(analysis.workspace.charts_of(dashboard)) - charts
            more = f"; {hidden} more wait on other tabs" if hidden > 0 and tabs else ""
            yield self.finding(
                analysis,
                dashboard,
                f"opening it runs {charts} charts at once{_and_cells(cells)} "
                f"({analysis.queries_on_load(dashboard)} queries), all {where}{more}",
                field="position",
                severity=severity,
                advice=_ADVICE,
                memory=analysis.load_cost(dashboard),
            )
        nodes = {f"tab:{'/'.join(dashboard.layout.tab_names(tab))}": tab for tab in dashboard.layout.tabs}
        for name in analysis.events(dashboard):
            if not name.startswith("tab:"):
                continue
            event = analysis.event(dashboard, name)
            charts = len({r.chart for r in event.requests if r.chart is not None})
            cells = _cells(event)
            severity = self._severity(charts + cells)
            if severity is not None:
                yield self.finding(
                    analysis,
                    dashboard,
                    f"opening its tab “{name.removeprefix('tab:')}” runs {charts} charts at once"
                    + _and_cells(cells),
                    field=f"position.{nodes[name].id}" if name in nodes else "position",
                    severity=severity,
                    advice=_ADVICE,
                    memory=analysis.event_cost(dashboard, event),
                )

    def _severity(self, charts: int) -> Severity | None:
        steps = (
            (self.options.error, Severity.ERROR),
            (self.options.warning, Severity.WARNING),
            (self.options.info, Severity.INFO),
        )
        return next((severity for limit, severity in steps if charts > limit), None)


def _cells(event: Event) -> int:
    """The requests that cells of matrices add to those of the charts."""
    return sum(request.cell is not None for request in event.requests)


def _and_cells(cells: int) -> str:
    return f" and, after them, {plural(cells, 'cell')} of a matrix of charts" if cells else ""
