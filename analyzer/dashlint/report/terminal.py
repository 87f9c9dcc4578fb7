"""The report for a person at a terminal: figures first, then findings, most costly first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from dashlint.lint import amounts
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.report import lines
from dashlint.report.lines import Line, Piece
from dashlint.report.model import DashboardSummary, Report, apart
from dashlint.report.rows import memory_cell, row_lines, width
from dashlint.report.screen import Screen
from dashlint.report.text import visible

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


def show(report: Report, screen: Screen, *, verbose: int = 0) -> None:
    """Prints a report. ``verbose``: -1 one line per finding, 0 usual, 1 everything."""
    if verbose < 0:
        for finding in report.findings:
            screen.draw(_line(finding, screen))
        return
    if report.dashboards:
        for line in _figures(report.dashboards, screen.width, verbose=verbose):
            screen.draw(line)
        hidden = len(report.dashboards) - _SHOWN_DASHBOARDS
        if hidden > 0 and not verbose:
            screen.show(Piece(f"  … and {amounts.plural(hidden, 'more dashboard')} (-v lists all)", "dim"))
        screen.show()
    shown = [f for f in report.findings if verbose or f.severity is not Severity.INFO]
    titles = {summary.uuid: summary for summary in report.dashboards}
    order = list(titles)
    for home, findings in groupby(shown, key=lambda f: _home(f, order)):
        screen.draw(_heading(titles[home].title if home in titles else home, screen.width))
        for line in _body(list(findings), screen, verbose=verbose):
            screen.show(*line)
        screen.show()
    for line in _closing(report, verbose=verbose):
        screen.show(*line)


def _home(finding: Finding, order: Sequence[str]) -> str:
    """The dashboard that a finding is printed under, the most costly of its own; or another heading."""
    own = set(finding.dashboards)
    return next((uuid for uuid in order if uuid in own), apart(finding))


def _figures(summaries: Sequence[DashboardSummary], columns: int, *, verbose: int) -> Iterable[Line]:
    """The table of figures, line by line."""
    rows = [_HEAD, *(_row(s) for s in (summaries if verbose else summaries[:_SHOWN_DASHBOARDS]))]
    widths = [width(row[place] for row in rows) for place in range(5)]
    room = columns - sum(widths[1:4]) - 4 * len(_GAP)
    widths[4] = min(widths[4], max(12, room - widths[0], room * 2 // 5))
    widths[0] = min(widths[0], max(14, room - widths[4]))
    for number, row in enumerate(rows):
        for line in row_lines(row, widths, gap=_GAP, right=(1, 2, 3), is_head=number == 0):
            yield [Piece(line, "bold" if number == 0 else "")]
        if number == 0:
            yield [Piece("─" * min(columns, sum(widths) + 4 * len(_GAP)))]


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


def _heading(title: str, columns: int) -> Line:
    text = lines.shorten(clean(title), columns)
    rest = columns - lines.width(text) - 1
    return [Piece(text, "bold"), Piece(" " + "─" * rest if rest > 0 else "", "dim")]


def _body(findings: Sequence[Finding], screen: Screen, *, verbose: int) -> Iterable[Line]:
    left_out: dict[str, int] = {}
    shown: dict[str, int] = {}
    for finding in findings:
        count = shown[finding.rule] = shown.get(finding.rule, 0) + 1
        # Each setting of a deployment is set right by itself; of charts, a few show the pattern.
        if not verbose and count > _SHOWN_OF_A_RULE and finding.asset.kind != "deployment":
            left_out[finding.rule] = left_out.get(finding.rule, 0) + 1
            continue
        yield from _entry(finding, screen)
    for rule, count in left_out.items():
        yield [Piece(f"  … and {count} more of {rule} on this dashboard (-v shows all)", "dim")]


def _entry(finding: Finding, screen: Screen) -> Iterable[Line]:
    doubt = "" if finding.confidence is Confidence.HIGH else f"  ({finding.confidence.value} confidence)"
    yield [
        Piece(finding.severity.value.ljust(8), _STYLES[finding.severity]),
        _rule(finding, screen),
        Piece(f" {_subject(finding)}", "bold"),
        Piece(doubt, "dim"),
    ]
    yield from _indented(clean(finding.message), "", "        ", screen.width)
    if finding.advice:
        yield from _indented(clean(finding.advice), "green", "        → ", screen.width)
    for statement in finding.proposal:
        for line in statement.splitlines():
            yield from _indented(clean(line), "", "          ", screen.width)
    if finding.proof is not None:
        yield from _indented(clean(finding.proof.sentence), "", "        ", screen.width)
    place = _place(finding)
    if place:
        yield from _indented(place, "dim", "        ", screen.width)


def _indented(text: str, style: str, first: str, columns: int) -> Iterable[Line]:
    """Lines that fit the screen, the first behind ``first``, the others as far in. Nothing is cut."""
    for number, line in enumerate(lines.fold_text(text, max(20, columns - len(first)))):
        yield [Piece(first if number == 0 else " " * len(first), "green"), Piece(line, style)]


def _rule(finding: Finding, screen: Screen) -> Piece:
    """The rule's code, at a terminal as a link to its page."""
    return Piece(finding.rule, "bold", finding.url if screen.is_terminal else None)


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


def _line(finding: Finding, screen: Screen) -> Line:
    place = _place(finding)
    return [
        Piece(f"{place}: " if place else "", "dim"),
        Piece(finding.severity.value, _STYLES[finding.severity]),
        Piece(" "),
        _rule(finding, screen),
        Piece(" "),
        Piece(f"{_subject(finding)}: {clean(finding.message)}"),
    ]


def _closing(report: Report, *, verbose: int) -> Iterable[Line]:
    version = f"Superset {report.superset}" + (" (assumed)" if report.assumed_version else "")
    yield [Piece(f"{report.counts.words()} · {version}", "dim")]
    if report.findings:
        yield _verdict(report, verbose=verbose)
    else:
        yield [Piece("No findings.", "bold green")]
    if report.suppressed:
        yield [Piece(f"{amounts.plural(report.suppressed, 'finding')} suppressed", "dim")]
    if report.accepted:
        yield [Piece(f"{amounts.plural(report.accepted, 'finding')} accepted by the baseline", "dim")]


def _verdict(report: Report, *, verbose: int) -> Line:
    """How many findings of each severity."""
    found: list[Piece] = []
    for severity in (Severity.ERROR, Severity.WARNING, Severity.INFO):
        count = report.count_of(severity)
        if count:
            noun = f"{count} info" if severity is Severity.INFO else amounts.plural(count, severity.value)
            found += [Piece(", " if found else ""), Piece(noun, _STYLES[severity])]
    if report.count_of(Severity.INFO) and not verbose:
        found.append(Piece(" (-v shows info)", "dim"))
    return [*found, Piece(f" · dashlint explain {report.findings[0].rule} tells more", "dim")]
