"""The report for a person at a terminal: figures first, then findings, most costly first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from dashlint.lint import amounts
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.report.model import DashboardSummary, Report, apart
from dashlint.report.rows import memory_cell, row_lines, width
from dashlint.report.text import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
#: How many findings of one rule are written out for one dashboard before they are counted.
_SHOWN_OF_A_RULE = 3
#: How many dashboards the table of figures holds before it is cut.
_SHOWN_DASHBOARDS = 15
#: What stands above the table of figures, and between its columns.
_HEAD = (
    "Dashboard",
    "Charts\non load",
    "Queries\non load",
    "Memory of\na cold load",
    "Widest filter\nand its charts",
)
_GAP = "   "
#: Tabs and line ends, which SQL is full of, are white space here.
_WHITE = dict.fromkeys(map(ord, "\t\r\n"), " ")


def clean(text: str) -> str:
    """Text from an asset on one line: a title must steer neither the terminal nor a CI system's log."""
    return visible(text.translate(_WHITE))


def show(report: Report, console: Console, *, verbose: int = 0) -> None:
    """Prints a report. ``verbose``: -1 one line per finding, 0 usual, 1 everything."""
    if verbose < 0:
        for finding in report.findings:
            console.print(_line(finding, console), soft_wrap=True)
        return
    if report.dashboards:
        for line in _figures(report.dashboards, console, verbose=verbose):
            console.print(line, soft_wrap=True)
        hidden = len(report.dashboards) - _SHOWN_DASHBOARDS
        if hidden > 0 and not verbose:
            console.print(f"  … and {amounts.plural(hidden, 'more dashboard')} (-v lists all)", style="dim")
        console.print()
    shown = [f for f in report.findings if verbose or f.severity is not Severity.INFO]
    titles = {summary.uuid: summary for summary in report.dashboards}
    order = list(titles)
    for home, findings in groupby(shown, key=lambda f: _home(f, order)):
        console.print(_heading(titles[home].title if home in titles else home, console))
        for line in _body(list(findings), console, verbose=verbose):
            console.print(line)
        console.print()
    console.print(_closing(report, verbose=verbose))


def _home(finding: Finding, order: Sequence[str]) -> str:
    """The dashboard that a finding is printed under, the most costly of its own; or another heading."""
    own = set(finding.dashboards)
    return next((uuid for uuid in order if uuid in own), apart(finding))


def _figures(summaries: Sequence[DashboardSummary], console: Console, *, verbose: int) -> Iterable[Text]:
    """The table of figures, line by line."""
    from rich.text import Text

    rows = [_HEAD, *(_row(s) for s in (summaries if verbose else summaries[:_SHOWN_DASHBOARDS]))]
    widths = [width(row[place] for row in rows) for place in range(5)]
    room = console.width - sum(widths[1:4]) - 4 * len(_GAP)
    widths[4] = min(widths[4], max(12, room - widths[0], room * 2 // 5))
    widths[0] = min(widths[0], max(14, room - widths[4]))
    for number, row in enumerate(rows):
        for line in row_lines(row, widths, console, gap=_GAP, right=(1, 2, 3), is_head=number == 0):
            yield _text((line, "bold" if number == 0 else ""))
        if number == 0:
            yield Text("─" * min(console.width, sum(widths) + 4 * len(_GAP)))


def _row(summary: DashboardSummary) -> tuple[str, ...]:
    charts = str(summary.charts)
    if summary.charts_on_load != summary.charts:
        charts = f"{summary.charts_on_load} of {summary.charts}"
    widest = summary.widest_filter
    return (
        clean(summary.title),
        charts,
        str(summary.queries_on_load),
        memory_cell(summary.memory_on_load.expected, summary.memory_on_load.upper),
        f"{clean(widest[0])}: {widest[1]}" if widest else "–",
    )


def _heading(title: str, console: Console) -> Text:
    text = _text((clean(title), "bold"))
    text.truncate(console.width, overflow="ellipsis")
    rest = console.width - text.cell_len - 1
    if rest > 0:
        text.append(" " + "─" * rest, "dim")
    return text


def _body(findings: Sequence[Finding], console: Console, *, verbose: int) -> Iterable[Text]:
    left_out: dict[str, int] = {}
    shown: dict[str, int] = {}
    for finding in findings:
        count = shown[finding.rule] = shown.get(finding.rule, 0) + 1
        # Each setting of a deployment is set right by itself; of charts, a few show the pattern.
        if not verbose and count > _SHOWN_OF_A_RULE and finding.asset.kind != "deployment":
            left_out[finding.rule] = left_out.get(finding.rule, 0) + 1
            continue
        yield from _entry(finding, console)
    for rule, count in left_out.items():
        yield _text((f"  … and {count} more of {rule} on this dashboard (-v shows all)", "dim"))


def _entry(finding: Finding, console: Console) -> Iterable[Text]:
    head = _text(
        (finding.severity.value.ljust(8), _STYLES[finding.severity]),
        _rule(finding, console),
        (f" {_subject(finding)}", "bold"),
    )
    if finding.confidence is not Confidence.HIGH:
        head.append(f"  ({finding.confidence.value} confidence)", "dim")
    yield head
    yield from _indented(_text((clean(finding.message), "")), "        ", console)
    if finding.advice:
        yield from _indented(_text((clean(finding.advice), "green")), "        → ", console)
    for statement in finding.proposal:
        for line in statement.splitlines():
            yield from _indented(_text((clean(line), "")), "          ", console)
    if finding.proof is not None:
        yield from _indented(_text((clean(finding.proof.sentence), "")), "        ", console)
    place = _place(finding)
    if place:
        yield from _indented(_text((place, "dim")), "        ", console)


def _indented(text: Text, first: str, console: Console) -> Iterable[Text]:
    """Lines that fit the console, the first behind ``first``, the others as far in. Nothing is cut."""
    for number, line in enumerate(text.wrap(console, max(20, console.width - len(first)), overflow="fold")):
        line.rstrip()
        yield _text((first if number == 0 else " " * len(first), "green")).append_text(line)


def _rule(finding: Finding, console: Console) -> Text:
    """The rule's code, at a terminal as a link to its page. Logs of CI systems would show a link's marks."""
    from rich.style import Style
    from rich.text import Text

    at_terminal = console.file.isatty()
    return Text(finding.rule, Style(bold=True, link=finding.url if at_terminal else None))


def _subject(finding: Finding) -> str:
    if finding.asset.kind == "deployment" and finding.location.field:
        return clean(finding.location.field)
    return f"{finding.asset.kind} “{clean(finding.asset.name)}”"


def _place(finding: Finding) -> str:
    location = finding.location
    if location.file is None:
        return clean(location.field or "")
    line = f":{location.line}" if location.line is not None else ""
    return clean(f"{_nearby(location.file)}{line}")


def _nearby(file: str) -> str:
    """A path below the current folder without that folder."""
    here = Path.cwd()
    path = Path(file)
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else file


def _line(finding: Finding, console: Console) -> Text:
    place = _place(finding)
    return _text(
        (f"{place}: " if place else "", "dim"),
        (finding.severity.value, _STYLES[finding.severity]),
        " ",
        _rule(finding, console),
        " ",
        (f"{_subject(finding)}: {clean(finding.message)}", ""),
    )


def _closing(report: Report, *, verbose: int) -> Text:
    version = f"Superset {report.superset}" + (" (assumed)" if report.assumed_version else "")
    text = _text((f"{report.counts.words()} · {version}\n", "dim"))
    if not report.findings:
        text.append("No findings.", "bold green")
    else:
        parts = [(s, report.count_of(s)) for s in (Severity.ERROR, Severity.WARNING, Severity.INFO)]
        for place, (severity, count) in enumerate((s, n) for s, n in parts if n):
            text.append(", " if place else "")
            noun = f"{count} info" if severity is Severity.INFO else amounts.plural(count, severity.value)
            text.append(noun, _STYLES[severity])
        if report.count_of(Severity.INFO) and not verbose:
            text.append(" (-v shows info)", "dim")
        text.append(f" · dashlint explain {report.findings[0].rule} tells more", "dim")
    if report.suppressed:
        text.append(f"\n{amounts.plural(report.suppressed, 'finding')} suppressed", "dim")
    if report.accepted:
        text.append(f"\n{amounts.plural(report.accepted, 'finding')} accepted by the baseline", "dim")
    return text


def _text(*parts: tuple[str, str] | str | Text) -> Text:
    from rich.text import Text

    return Text.assemble(*parts)
