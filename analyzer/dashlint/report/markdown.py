"""Markdown, for the summary of a CI job and for comments: figures first, then findings by dashboard, folded.

GitHub Flavored Markdown with ``<details>``, which GitHub, GitLab and Azure DevOps show.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from dashlint.lint import amounts
from dashlint.lint.model import Finding, Severity
from dashlint.report.markdown_text import code, inline, inside_html, line, linked
from dashlint.report.model import DEPLOYMENT, NOWHERE, DashboardSummary, Report, apart
from dashlint.report.places import place_of
from dashlint.report.text import doubt

#: How many dashboards the table of figures holds before it is cut.
_SHOWN_DASHBOARDS = 15
#: Bytes after which findings are only counted. GitHub refuses a job summary of more than 1,024 KiB
#: (actions/runner, FileCommandManager.cs); the rest is for what stands around the findings.
LIMIT = 900 * 1024

#: What stands above the table of figures.
_HEAD = (
    "Dashboard",
    "Charts on load",
    "Queries on load",
    "Memory of a cold load",
    "Widest filter and its charts",
    "Findings",
)
_GRADES = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def render(report: Report) -> str:
    """The report as one page, less than 1 MiB long, with a newline at its end; or its plan."""
    if report.plan is not None:
        from dashlint.report import plan_markdown

        return plan_markdown.render(report, report.plan)
    blocks = [f"## dashlint: {_counts(report.findings) or 'no findings'}", _read(report)]
    if report.dashboards:
        blocks.append(_figures(report))
    room = LIMIT - sum(len(block.encode()) for block in blocks)
    left_out: list[Finding] = []
    for title, findings in _groups(report):
        entries, room = _fitting(findings, room)
        left_out += findings[len(entries) :]
        if entries:
            blocks.append(_details(f"<b>{inside_html(title)}</b>: {_counts(findings)}", "\n".join(entries)))
    if left_out:
        blocks.append(
            f"There is no room here for {_counts(left_out)} more; dashlint's other formats list them."
        )
    blocks += _remarks(report)
    if report.findings:
        blocks.append(f"`dashlint explain {report.findings[0].rule}` tells more about a rule.")
    return "\n\n".join(blocks) + "\n"


def _counts(findings: Sequence[Finding]) -> str:
    """``1 error, 3 warnings, 2 info``."""
    parts = []
    for severity in _GRADES:
        count = sum(1 for finding in findings if finding.severity is severity)
        if count:
            noun = f"{count:,} info" if severity is Severity.INFO else amounts.plural(count, severity.value)
            parts.append(noun)
    return ", ".join(parts)


def _read(report: Report) -> str:
    version = f"Superset {inline(report.superset)}" + (" (assumed)" if report.assumed_version else "")
    suppressed = f" · {amounts.plural(report.suppressed, 'finding')} suppressed" if report.suppressed else ""
    if report.accepted:
        suppressed += f" · {amounts.plural(report.accepted, 'finding')} accepted by the baseline"
    return f"{report.counts.words()} · {version}{suppressed}"


def _figures(report: Report) -> str:
    of_dashboard: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        for uuid in finding.dashboards:
            of_dashboard[uuid].append(finding)
    lines = [
        f"| {' | '.join(_HEAD)} |",
        "|---|--:|--:|---|---|---|",
        *(
            _row(summary, _counts(of_dashboard[summary.uuid]) or "–")
            for summary in report.dashboards[:_SHOWN_DASHBOARDS]
        ),
    ]
    hidden = len(report.dashboards) - _SHOWN_DASHBOARDS
    if hidden > 0:
        lines += ["", f"… and {amounts.plural(hidden, 'more dashboard')}"]
    return "\n".join(lines)


def _row(summary: DashboardSummary, findings: str) -> str:
    charts = str(summary.charts)
    if summary.charts_on_load != summary.charts:
        charts = f"{summary.charts_on_load} of {summary.charts}"
    widest = summary.widest_filter
    cells = (
        inline(summary.title),
        charts,
        str(summary.queries_on_load),
        inline(amounts.cost_phrase(summary.memory_on_load)),
        f"{inline(widest[0])}: {widest[1]}" if widest else "–",
        findings,
    )
    return f"| {' | '.join(cells)} |"


def _groups(report: Report) -> Iterator[tuple[str, list[Finding]]]:
    """Findings by dashboard, each under the most costly of its own; then the others."""
    order = [summary.uuid for summary in report.dashboards]
    place = {uuid: number for number, uuid in enumerate(order)}
    of_place: defaultdict[int, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        nowhere = len(order) + (apart(finding) == DEPLOYMENT)
        of_place[min((place[u] for u in finding.dashboards if u in place), default=nowhere)].append(finding)
    titles = [*(summary.title for summary in report.dashboards), NOWHERE, DEPLOYMENT]
    for number in sorted(of_place):
        yield titles[number], of_place[number]


def _fitting(findings: Iterable[Finding], room: int) -> tuple[list[str], int]:
    """List items for the first findings, as many as bytes allow, and the room that is left."""
    entries: list[str] = []
    for finding in findings:
        entry = "\n  ".join(_lines(finding))
        if len(entry.encode()) > room:
            return entries, 0
        entries.append(entry)
        room -= len(entry.encode()) + 1
    return entries, room


def _lines(finding: Finding) -> Iterator[str]:
    # A backslash at the end of a line is a line break.
    asset = finding.asset
    number = f" (id {asset.id})" if asset.id is not None and finding.location.file is None else ""
    subject = f"{asset.kind} “{inline(asset.name)}”{number}"
    text = f"{subject}: {inline(finding.message)}{doubt(finding)}"
    lines = [f"- **{finding.severity.value}** {linked(inline(finding.rule), finding.url)} {text}"]
    if finding.advice:
        lines.append(f"→ {inline(finding.advice)}")
    place = place_of(finding.location)
    if place is not None:
        lines.append(code(place.shown))
    yield from (f"{line}\\" for line in lines[:-1])
    yield lines[-1]


def _remarks(report: Report) -> Iterator[str]:
    problems = [
        f"- {code(problem.file)}: {inline(problem.message)}" if problem.file else f"- {line(problem.message)}"
        for problem in report.problems
    ]
    if problems:
        title = f"{amounts.plural(len(problems), 'problem')}: not everything could be used"
        yield _details(title, _few(problems))
    if report.notes:
        yield _details("What was not known", _few([f"- {line(note)}" for note in report.notes]))


def _few(lines: Sequence[str], most: int = 100) -> str:
    """The first lines, and how many more there are: one broken export may have thousands of problems."""
    more = [f"- … and {len(lines) - most:,} more"] if len(lines) > most else []
    return "\n".join([*lines[:most], *more])


def _details(summary: str, body: str) -> str:
    """A folded block. ``summary`` is HTML, ``body`` Markdown."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"
