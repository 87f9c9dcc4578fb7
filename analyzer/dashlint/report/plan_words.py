"""A plan's actions in words, the same at the terminal and in Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dashlint.cost.model import NOTABLE
from dashlint.lint.amounts import cost_phrase, plural, size
from dashlint.report.actions import Action, ActionPlan, Saved
from dashlint.report.model import Report

#: What stands behind the name of a block.
ABOUT = {
    "week-1": "minutes of work, and what is broken",
    "weeks-2-4": "hours",
    "later": "days, or little to gain",
}
NO_PLAN = "Nothing to plan: no findings."
#: Names that are listed before they are counted.
_NAMES = 3


def amount(saves: Saved) -> str:
    """``~48 MiB, up to 60 MiB``; of what is known only in part, that part; empty where it is not notable."""
    if saves.expected is None and saves.upper is None:
        known = f"~{size(saves.known)} where rows are known, else " if saves.known >= NOTABLE else ""
        return f"{known}unknown"
    if not saves.bounded:
        return ""
    phrase = cost_phrase(saves.cost).replace("at most", "up to")
    if saves.expected is None and saves.known >= NOTABLE:
        # A change may bound what is possible less than what is likely.
        most = f", {phrase}" if (saves.upper or 0) > saves.known else ""
        return f"~{size(saves.known)} where rows are known{most}"
    if saves.expected is not None and saves.expected < NOTABLE:
        return f"up to {size(saves.upper)}"
    return phrase


def saving(action: Action, titles: Mapping[str, str]) -> str:
    """What an action saves, as a sentence without its end; empty where it is not about memory."""
    if action.saves is None:
        return ""
    more = _more(action.saves)
    if more:
        return more
    parts = []
    found = amount(action.saves)
    if found == "unknown":
        return "how much memory it saves is not known"
    if found:
        lighter = list(dict.fromkeys(gain.uuid for gain in action.gains if gain.saves.bounded))
        of = (
            f"a cold load of “{titles.get(lighter[0], lighter[0])}”"
            if len(lighter) == 1
            else f"cold loads of {plural(len(lighter), 'dashboard')}"
        )
        parts.append(f"{found} of {of}")
    tabs = amount(action.tabs) if action.tabs is not None else ""
    if tabs and tabs != "unknown":
        parts.append(f"{tabs} of the first visits of tabs")
    return f"saves {'; '.join(parts)}" if parts else ""


def _more(saves: Saved) -> str:
    """Where a load takes more afterwards: results that are kept are written to the cache."""
    worse = -(saves.expected if saves.expected is not None else saves.upper or 0)
    return f"a cold load takes ~{size(worse)} more" if worse >= NOTABLE else ""


def headline(report: Report, plan: ActionPlan) -> str:
    """``Plan: 104 findings in 35 actions; together they save …``."""
    findings = sum(len(action.findings) for action in plan.actions)
    text = f"{plural(findings, 'finding')} in {plural(len(plan.actions), 'action')}"
    whole = sum(s.memory_on_load.upper or 0 for s in report.dashboards)
    if plan.saves.sure >= NOTABLE:
        known = f"~{size(plan.saves.sure)}" + (" that is known" if plan.saves.expected is None else "")
        loads = f"one cold load of each of the {plural(len(report.dashboards), 'dashboard')}"
        return f"{text} save {known} of the at most {size(whole)} of {loads}"
    return text


def names(found: Sequence[str]) -> str:
    """``“All orders”, “Coupons” and 5 more``."""
    shown = ", ".join(f"“{name}”" for name in found[:_NAMES])
    return shown + (f" and {len(found) - _NAMES} more" if len(found) > _NAMES else "")


def where(action: Action, titles: Mapping[str, str]) -> str:
    """What is changed, and the dashboards that it concerns, unless they are the same."""
    found = [titles[uuid] for uuid in action.dashboards if uuid in titles]
    on = f" on {names(found)}" if found and tuple(found) != action.objects else ""
    return names(action.objects) + on


def advice(action: Action) -> list[str]:
    """What its findings advise, each once; without what each would save by itself."""
    found = (
        re.sub(r" \(saves [^()]*\)", "", finding.advice) for finding in action.findings if finding.advice
    )
    return list(dict.fromkeys(found))


def grades(action: Action) -> str:
    """``warning · 12 findings of DL102, DL303, DL307 · one command``."""
    count = plural(len(action.findings), "finding")
    return f"{action.severity.value} · {count} of {', '.join(action.rules)} · {action.effort.words}"


def sentence(text: str) -> str:
    """With a capital at its beginning."""
    return text[:1].upper() + text[1:]
