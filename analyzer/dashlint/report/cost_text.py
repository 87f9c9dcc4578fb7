"""What dashboards cost, for a person: a dashboard's figures, its charts worst first, and what saves most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dashlint.cost.model import Cost
from dashlint.lint import amounts
from dashlint.report.terminal import clean

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from dashlint.analysis import Analysis
    from dashlint.analysis.plan import ChartPlan, DashboardPlan
    from dashlint.analysis.savings import Saving

#: Charts and savings that are shown before they are counted.
_SHOWN_CHARTS = 8
_SHOWN_SAVINGS = 3
_BASES = {"row_limit": "row limit"}


def show(
    plans: Sequence[DashboardPlan],
    analysis: Analysis,
    console: Console,
    *,
    limit: int | None = None,
    verbose: bool = False,
) -> None:
    """Prints the plans in the order given. ``limit``: bytes that all workers together may take."""
    from rich.rule import Rule
    from rich.text import Text

    for plan in plans:
        console.print(
            Rule(Text(clean(plan.dashboard.title), "bold"), align="left", characters="─", style="dim")
        )
        for label, text in _figures(plan, limit):
            _labelled(console, label, text)
        console.print()
        shown = plan.charts if verbose else plan.charts[:_SHOWN_CHARTS]
        if shown:
            console.print(_charts(shown))
        if len(plan.charts) > len(shown):
            more = amounts.plural(len(plan.charts) - len(shown), "lighter chart")
            console.print(Text(f"  … and {more} (-v lists all)", "dim"))
        console.print()
        _savings(plan.savings if verbose else plan.savings[:_SHOWN_SAVINGS], console)
        console.print()
    for line in _notes(plans, analysis):
        console.print(Text(line, "dim"))


def _figures(plan: DashboardPlan, limit: int | None) -> list[tuple[str, str]]:
    where = "; as with Redis, for nobody told whether data are cached" if plan.cached is None else ""
    cold = f"{amounts.cost_phrase(plan.cold)} in {amounts.plural(plan.requests, 'request')}"
    if plan.cold.expected is None and plan.known.requests:
        cold += f"; ~{amounts.size(plan.known.expected)} in the {plan.known.requests:,} whose rows are known"
    lines = [
        ("cold load", cold),
        ("warm load", amounts.cost_phrase(plan.warm) + where),
    ]
    if plan.filters:
        worst = plan.filters[0]
        lines.append(
            (
                "filter",
                (
                    f"“{clean(worst.name)}” costs most: {amounts.cost_phrase(worst.cost)} in "
                    f"{amounts.plural(worst.charts, 'chart')} once all tabs were opened"
                ),
            )
        )
    lines.append(("cache", _cache(plan)))
    running = f"{amounts.plural(plan.peak.running, 'request')} at once"
    if plan.peak.waiting:
        running += f", {plan.peak.waiting:,} wait"
    viewers = amounts.plural(plan.deployment.viewers, "viewer")
    lines.append(("one worker", f"{amounts.cost_phrase(plan.peak.worker)} with {viewers}: {running}"))
    workers = amounts.plural(plan.deployment.workers, "worker")
    needed = plan.peak.all_workers
    lines.append(("all workers", f"{amounts.cost_phrase(needed)} for {workers}{_verdict(needed, limit)}"))
    return lines


def _cache(plan: DashboardPlan) -> str:
    if plan.cached is False:
        return "nothing: chart data are not cached"
    values = amounts.plural(plan.deployment.filter_values, "value")
    return f"{amounts.cost_phrase(plan.cache)} for the load and {values} of each filter"


def _verdict(needed: Cost, limit: int | None) -> str:
    known = needed.expected if needed.expected is not None else needed.upper
    if limit is None:
        return ""
    if known is None:
        return f"; whether {amounts.size(limit)} suffice is not known"
    if known > limit:
        return f"; that is {amounts.size(known - limit)} over the limit of {amounts.size(limit)}"
    if needed.upper is not None and needed.upper > limit:
        return f"; expected within the limit of {amounts.size(limit)}, but at most over it"
    return f"; within the limit of {amounts.size(limit)}"


def _labelled(console: Console, label: str, text: str) -> None:
    from rich.text import Text

    for number, line in enumerate(Text(text).wrap(console, max(20, console.width - 15))):
        line.rstrip()
        console.print(Text("  " + (label if number == 0 else "").ljust(13), "cyan").append_text(line))


def _charts(charts: Sequence[ChartPlan]) -> RenderableType:
    from rich import box
    from rich.padding import Padding
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1))
    table.add_column("Chart", ratio=1, overflow="fold")
    for name in ("Rows\nexpected", "\nat most", "Memory\nexpected", "\nat most"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Basis", no_wrap=True)
    for plan in charts:
        waits = "" if plan.requests else " (other tab)"
        rows = plan.rows
        table.add_row(
            f"{clean(plan.chart.name)}{waits}",
            "?" if rows.expected is None else f"{rows.expected:,}",
            "no limit" if rows.upper is None else f"{rows.upper:,}",
            "?" if plan.cold.expected is None else amounts.size(plan.cold.expected),
            "?" if plan.cold.upper is None else amounts.size(plan.cold.upper),
            _BASES.get(rows.basis, rows.basis),
        )
    return Padding(table, (0, 0, 0, 2))


def _savings(savings: Sequence[Saving], console: Console) -> None:
    from rich.text import Text

    if not savings:
        console.print(Text("  No change to a chart would save a MiB.", "dim"))
        return
    console.print(Text("  What saves most:", "bold"))
    for number, saving in enumerate(savings, 1):
        who = f"“{clean(saving.chart.name)}”: " if saving.chart is not None else ""
        text = (
            f"{who}{saving.what} ({saving.effect}) saves {amounts.cost_phrase(saving.saves)} per {saving.per}"
        )
        for line, part in enumerate(Text(text).wrap(console, max(20, console.width - 5))):
            part.rstrip()
            console.print(Text(f"  {number}. " if line == 0 else "     ", "green").append_text(part))


def _notes(plans: Sequence[DashboardPlan], analysis: Analysis) -> list[str]:
    charts = [chart for plan in plans for chart in plan.charts]
    assumed = {(chart.chart.uuid, name) for chart in charts for name in chart.assumed}
    notes = [f"Relative time ranges as of {analysis.now.date().isoformat()}. “?” is unknown."]
    if assumed:
        notes.append(
            f"The width of {amounts.plural(len(assumed), 'column')} is the default of the type "
            "(--format json names them)."
        )
    return notes
