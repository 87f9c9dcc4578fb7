"""A comparison as Markdown: the comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dashlint.lint.amounts import plural
from dashlint.lint.model import Finding, Severity
from dashlint.report import diff_words as words
from dashlint.report.diff import DashboardChange, Diff
from dashlint.report.markdown_text import inline, linked

_SIGNS = {Severity.ERROR: "🔴", Severity.WARNING: "🟠", Severity.INFO: "🔵"}
#: The tags that are written here.
_TAGS = re.compile(
    r"(?<!\\)<details(?: open)?><summary>(?P<title>[^<]*)</summary>|(?<!\\)</?(?:details|sub)>"
)
#: Rows of the table, and findings of each list, tried until the text fits.
_CUTS = ((25, 50), (15, 20), (8, 8), (3, 3), (0, 0))
_HEAD = (
    "| Dashboard | Charts on load | Queries on load | Memory of a cold load | Queries of the widest filter "
    "| Memory of its change |\n|---|--:|--:|--:|--:|--:|"
)


def render(diff: Diff, limit: int = 65_536, note: str = "", *, html: bool = True) -> str:
    """The comment, in at most ``limit`` characters (GitHub's maximum is 65,536), by saying less.

    ``note`` is a sentence of the caller's own at the end, such as why there is no comment. Without ``html``
    (Bitbucket shows tags as text) nothing is folded.
    """
    text = ""
    for rows, findings in _CUTS:
        text = "\n\n".join(_parts(diff, rows, findings, note)) + "\n"
        if not html:
            text = _TAGS.sub(_without_html, text)
        if len(text) <= limit:
            return text
    return text[: max(0, limit - 2)] + "…\n"


def _without_html(found: re.Match[str]) -> str:
    """The title of what would be folded stands in bold; tags of titles are escaped, so these are all ours."""
    return f"**{found['title']}**" if found["title"] else ""


def _parts(diff: Diff, rows: int, findings: int, note: str) -> Iterator[str]:
    yield f"**{words.headline(diff, _name)}**"
    moved = [change for change in diff.dashboards if change.moved]
    if moved and rows:
        yield "\n".join([_HEAD, *map(_row, moved[:rows])])
    if len(moved) > rows:
        yield f"… and {plural(len(moved) - rows, 'more changed dashboard' if rows else 'changed dashboard')}"
    if diff.new:
        yield _folded(plural(len(diff.new), "new finding"), diff.new, findings, opened=len(diff.new) <= 3)
    if diff.fixed:
        yield _folded(f"{plural(len(diff.fixed), 'finding')} fixed ✓", diff.fixed, findings, advice=False)
    if diff.problems:
        listed = [f"- {inline(problem.message)}" for problem in diff.problems[:findings]]
        title = f"{plural(len(diff.problems), 'part')} of the input could not be used"
        yield _details(title, listed, len(diff.problems) - len(listed))
    last = []
    if diff.unchanged:
        last.append(f"{plural(diff.unchanged, 'finding')} as before.")
    last += [words.unmoved(diff, inline)] if rows else []
    last += [sentence for sentence in (words.certainty(diff), note) if sentence]
    if last:
        yield f"<sub>{' '.join(filter(None, last))}</sub>"


def _name(text: str) -> str:
    """A name from an asset in italics."""
    shown = inline(text.strip())
    return f"_{shown}_" if shown else "_(no name)_"


def _row(change: DashboardChange) -> str:
    summary, before, after = change.summary, change.before, change.after
    title = inline(summary.title) or "(no title)"
    if before is None:
        title += " (new)"
    elif after is None:
        title += " (deleted)"
    cells = [
        title,
        words.counted(*(s.charts_on_load if s is not None else None for s in (before, after))),
        words.counted(*(s.queries_on_load if s is not None else None for s in (before, after))),
        words.memory_cell(change, change.load),
        words.filter_cell(change, inline),
        words.memory_cell(change, change.filter) if summary.widest_filter else "–",
    ]
    return "| " + " | ".join(cells) + " |"


def _folded(
    title: str, found: Sequence[Finding], most: int, *, advice: bool = True, opened: bool = False
) -> str:
    listed = [_finding(finding, advice=advice) for finding in found[:most]]
    return _details(title, listed, len(found) - len(listed), opened=opened)


def _details(title: str, lines: Sequence[str], left: int, *, opened: bool = False) -> str:
    if not lines:
        return title
    more = [f"- … and {left:,} more"] if left else []
    body = "\n".join([*lines, *more])
    return f"<details{' open' if opened else ''}><summary>{title}</summary>\n\n{body}\n\n</details>"


def _finding(finding: Finding, *, advice: bool) -> str:
    rule = linked(f"`{finding.rule}`", finding.url)
    head = f"- {_SIGNS[finding.severity]} {rule} {_name(finding.asset.name)}"
    line = f"{head}: {inline(finding.message)}"
    return f"{line} → {inline(finding.advice)}" if advice and finding.advice else line
