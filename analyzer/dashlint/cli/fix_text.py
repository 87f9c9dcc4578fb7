"""What ``dashlint fix`` prints."""

from __future__ import annotations

import difflib
import io
import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dashlint.lint.amounts import plural

if TYPE_CHECKING:
    from dashlint.assets import Problem
    from dashlint.fix.export import Change, Outcome
    from dashlint.fix.units import Allowed
    from dashlint.lint.model import Finding

#: Characters of a value that are shown; whole filters and lists are longer.
_SHOWN = 60


def changes(outcome: Outcome, *, dry: bool) -> str:
    """The changes by file, one a line."""
    by_file: dict[str, list[Change]] = {}
    for change in outcome.changes:
        by_file.setdefault(change.file, []).append(change)
    lines: list[str] = []
    for file, made in by_file.items():
        lines += [clean(file) + (" (not written)" if dry else "")]
        lines += [f"  {one.rule} {clean(one.field)}: {_arrow(one)}{_mark(one.safety)}" for one in made]
    return "".join(line + "\n" for line in lines)


def arrow(before: Any, after: Any) -> str:
    """``50000 → 100``; of a list that got longer, what came in."""
    if isinstance(before, list) and isinstance(after, list) and len(after) > len(before):
        more = len(after) - len(before)
        added = after[:more] if after[more:] == before else after
        return f"{_value(before)} + {_value(added)}"
    return f"{_value(before)} → {_value(after)}"


def _arrow(change: Change) -> str:
    return arrow(change.before, change.after)


def _mark(safety: str) -> str:
    return "" if safety == "safe" else f" ({safety})"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return clean(shortened(f"“{value}”" if value.isprintable() else repr(value)))
    return clean(shortened(json.dumps(value, ensure_ascii=False, default=str)))


def shortened(text: str) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def diff(outcome: Outcome) -> str:
    """All changes as one unified diff."""
    parts: list[str] = []
    for name, place in outcome.places.changed():
        old, new = (_lines(data) for data in (place.original, place.data))
        parts += (
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
        )
    return "".join(parts)


def _lines(data: bytes) -> list[str]:
    """Lines as git counts them: they end with a line feed and nothing else."""
    from dashlint.fix.text import read_text

    return io.StringIO(read_text(data).content, newline="\n").readlines()


def summary(outcome: Outcome, *, dry: bool, allowed: Allowed) -> str:
    """How much was mended, and what is left."""
    files = len({change.file for change in outcome.changes})
    if not outcome.changes:
        first = "Nothing to fix"
    else:
        verb = "Would fix" if dry else "Fixed"
        first = f"{verb} {plural(len(outcome.fixed), 'finding')} in {plural(files, 'file')}"
    return f"{first}. {left(outcome.remaining, allowed)}\n"


def left(remaining: Sequence[Finding], allowed: Allowed) -> str:
    """What remains, and how much of it could be mended."""
    if not remaining:
        return "No finding remains."
    count = plural(len(remaining), "finding")
    text = f"{count} remain{'s' if len(remaining) == 1 else ''}"
    proposals = [f for f in remaining if f.fix is not None and f.fix.edits and not allowed.allows(f)]
    unsafe = sum(1 for finding in proposals if allowed.trusts(finding))
    rules = sorted({finding.rule for finding in proposals if not allowed.trusts(finding)})
    if unsafe:
        text += f", {unsafe} of which --unsafe would fix"
    text += ": `dashlint scan` shows them."
    if rules:
        text += (
            f" Those of {', '.join(rules)} are guesses, fixed only where --select names the rule"
            f"{'' if allowed.unsafe else ' and --unsafe is given'}."
        )
    return text


def tell(outcome: Outcome, problems: Iterable[Problem], errors: Iterable[str]) -> None:
    """What could not be read, fixed or written, on stderr."""
    for message in errors:
        sys.stderr.write(f"dashlint: problem: {clean(message)}\n")
    for problem in (*outcome.workspace.problems, *problems):
        place = f"{problem.file}: " if problem.file else ""
        sys.stderr.write(f"dashlint: problem: {clean(place + problem.message)}\n")
    for refusal in outcome.refusals:
        place = f"{refusal.file}: " if refusal.file else ""
        sys.stderr.write(
            f"dashlint: problem: {clean(f'{place}{refusal.rule} is not fixed: {refusal.reason}')}\n"
        )


def clean(text: str) -> str:
    """A text without control characters, which could move a terminal's cursor."""
    from dashlint.report.terminal import clean as without_control

    return without_control(text)
