"""A fleet in Markdown: for a ticket, a wiki or a chat."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.fleet.overview import Overview
from dashlint.lint.amounts import plural
from dashlint.report import fleet_words as words
from dashlint.report.markdown_text import inline
from dashlint.report.text import visible

#: New findings that are listed; the rest is counted.
_SHOWN = 50


def render(shown: Overview) -> str:
    """One document, with a newline at the end."""
    return "\n".join(_lines(shown)) + "\n"


def _lines(shown: Overview) -> Iterator[str]:
    yield "# dashlint fleet"
    yield ""
    first, second, third = words.closing(shown)
    yield f"{inline(first)}. **{inline(second)}.** {inline(third[:1].upper() + third[1:])}."
    yield ""
    heads = [head.replace("\n", " ") for head in words.HEAD]
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for result in shown.results:
        row = [inline(cell.replace("\n", ", ")) for cell in words.cells(result, shown, visible)]
        row += [""] * (len(heads) - len(row))
        yield f"| {' | '.join(row)} |"
    if shown.failed:
        yield from ("", "## Not scanned", "")
        for result in shown.failed:
            if result.failure is not None:
                yield f"- **{inline(result.workspace)}**: {inline(result.failure.message)}"
    new = list(shown.new())
    if new:
        yield from ("", f"## New since the last run: {plural(len(new), 'finding')}", "")
        for workspace, f in new[:_SHOWN]:
            text = f"{f.rule} {f.kind} “{f.name}”: {f.message}"
            yield f"- {inline(f.severity)} **{inline(workspace)}** {inline(text)}"
        if len(new) > _SHOWN:
            yield f"- … and {len(new) - _SHOWN} more"
