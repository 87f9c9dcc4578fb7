"""The plan as Markdown, to be put into a ticket: a task list in blocks."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.lint.amounts import plural
from dashlint.report import plan_words as words
from dashlint.report.actions import BLOCKS, Action, ActionPlan
from dashlint.report.markdown_text import code, inline
from dashlint.report.model import Report

#: Actions of a block that are written out before they are counted: trackers limit how long a text may be
#: (65,536 characters on GitHub). What is broken is always there.
_SHOWN = 15
_SHOWN_STATEMENTS = 5


def render(report: Report, plan: ActionPlan) -> str:
    """The plan as one page, with a newline at the end."""
    if not plan.actions:
        return f"{words.NO_PLAN}\n"
    titles = {summary.uuid: summary.title for summary in report.dashboards}
    blocks = ["## dashlint: what to do first", inline(words.headline(report, plan)) + "."]
    for block, actions in plan.blocks:
        if not actions:
            continue
        blocks.append(f"### {BLOCKS[block]}: {words.ABOUT[block]}")
        shown = [a for place, a in enumerate(actions) if place < _SHOWN or a.broken]
        blocks.append("\n".join("\n  ".join(_lines(action, titles)) for action in shown))
        if len(shown) < len(actions):
            more = plural(len(actions) - len(shown), "more action")
            blocks.append(f"… and {more}; `dashlint scan --plan --format json` lists them.")
    return "\n\n".join(blocks) + "\n"


def _lines(action: Action, titles: dict[str, str]) -> Iterator[str]:
    saving = words.saving(action, titles)
    yield f"- [ ] **{inline(words.sentence(action.what))}**" + (f": {inline(saving)}" if saving else "")
    yield f"<br>{inline(words.where(action, titles))}<br>{inline(words.grades(action))}"
    if action.command:
        yield f"<br>{code(action.command)}"
    for statement in action.statements[:_SHOWN_STATEMENTS]:
        yield f"<br>{code(statement)}"
    if len(action.statements) > _SHOWN_STATEMENTS:
        yield f"<br>… and {plural(len(action.statements) - _SHOWN_STATEMENTS, 'more statement')}"
    if not action.command and not action.statements:
        for text in words.advice(action)[:1]:
            yield f"<br>→ {inline(text)}"
