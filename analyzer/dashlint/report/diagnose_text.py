"""A diagnosis for a person at a terminal: incidents first, then dashboards and charts by database time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dashlint.lint import amounts
from dashlint.report import diagnose_words as words
from dashlint.report.terminal import clean

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from dashlint.incidents.diagnosis import DashboardCost, Diagnosis, SenderCost

_INCIDENTS, _DASHBOARDS, _CHARTS, _SENTENCES, _STRANGERS = 6, 8, 10, 5, 3


def show(found: Diagnosis, titles: dict[str, str], console: Console, *, verbose: bool = False) -> None:
    """Prints it. ``titles`` are of dashboards, by uuid."""
    from rich.text import Text

    for line in words.summary(found):
        _wrapped(console, "", line)
    console.print()
    _incidents(found, titles, console, verbose=verbose)
    if found.dashboards:
        shown = found.dashboards if verbose else found.dashboards[:_DASHBOARDS]
        _heading(console, "Dashboards by database time")
        console.print(_dashboards(shown))
        _more(console, len(found.dashboards) - len(shown), "dashboard")
        if any(one.shared for one in shown):
            _wrapped(
                console,
                "  ",
                "* partly of statements that other dashboards send, too; shares add up to more than 100 %.",
                "dim",
            )
        console.print()
    if found.senders:
        listed = found.senders if verbose else found.senders[:_CHARTS]
        _heading(console, "Charts by database time")
        console.print(_charts(listed))
        _more(console, len(found.senders) - len(listed), "other")
        console.print()
    said = [cost for cost in found.senders if cost.findings]
    for number, cost in enumerate(said if verbose else said[:_SENTENCES], 1):
        if number == 1:
            _heading(console, "What findings say about them")
        _wrapped(console, f"  {number}. ", words.sentence(cost, titles) + ".", "green")
    if said:
        console.print()
    if found.strangers and (verbose or found.matched_share is None or found.matched_share < 0.995):
        _heading(console, "Matched to nothing here")
        for one in found.strangers if verbose else found.strangers[:_STRANGERS]:
            kind = "like Superset's" if one.reason == "superset" else "something else"
            _wrapped(
                console,
                "  - ",
                f"{words.duration(one.seconds)}, {amounts.plural(one.calls, 'call')}, {kind}: "
                f"{words.stranger(one)}",
            )
        console.print()
    console.print(
        Text("Times are in UTC. “?” is not told by these logs. Rows a call: real (predicted).", "dim")
    )


def _incidents(found: Diagnosis, titles: dict[str, str], console: Console, *, verbose: bool) -> None:
    if not found.incidents:
        return
    _heading(console, "Kills and memory errors")
    shown = found.incidents if verbose else found.incidents[-_INCIDENTS:]
    if len(shown) < len(found.incidents):
        _more(console, len(found.incidents) - len(shown), "earlier one")
    for one in shown:
        _wrapped(console, "  ", words.incident(one), "red")
        for line in words.before(one, titles, found.window, views=bool(found.view_rows)):
            _wrapped(console, "    ", line)
    if any(one.viewed or one.busy for one in shown):
        _wrapped(
            console,
            "  ",
            "What ran shortly before a kill is evidence, not proof: another process may have taken it.",
            "dim",
        )
    console.print()


def _dashboards(shown: Sequence[DashboardCost]) -> RenderableType:
    table = _table("Dashboard", "Time", "Share", "Calls", "Visits", "Kills\nnear")
    for one in shown:
        table.add_row(
            clean(one.dashboard.title),
            words.duration(one.seconds) + ("*" if one.shared else ""),
            words.share(one.share),
            f"{one.calls:,}",
            "?" if one.visits is None else f"{one.visits:,}",
            "?" if one.kills is None else f"{one.kills:,}",
        )
    return _indented(table)


def _charts(shown: Sequence[SenderCost]) -> RenderableType:
    table = _table("Chart", "Share", "Time", "Calls", "p95", "Rows a call")
    for cost in shown:
        sure = words.certainty(cost)
        doubt = "" if sure == "exact" else f" [{sure}]"
        table.add_row(
            clean(words.senders(cost.senders).replace("“", "").replace("”", "")) + doubt,
            words.share(cost.share),
            words.duration(cost.tally.seconds),
            f"{cost.tally.calls:,}",
            words.duration(cost.p95),
            words.rows(cost),
        )
    return _indented(table)


def _table(first: str, *others: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1))
    table.add_column(first, ratio=1, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _indented(table: RenderableType) -> RenderableType:
    from rich.padding import Padding

    return Padding(table, (0, 0, 0, 2))


def _heading(console: Console, text: str) -> None:
    from rich.rule import Rule
    from rich.text import Text

    console.print(Rule(Text(text, "bold"), align="left", characters="─", style="dim"))


def _more(console: Console, count: int, noun: str) -> None:
    from rich.text import Text

    if count > 0:
        console.print(Text(f"  … and {amounts.plural(count, noun)} (-v lists all)", "dim"))


def _wrapped(console: Console, mark: str, text: str, style: str = "") -> None:
    from rich.text import Text

    for number, line in enumerate(Text(text).wrap(console, max(20, console.width - len(mark) - 1))):
        line.rstrip()
        console.print(Text(mark if number == 0 else " " * len(mark), style).append_text(line))
