"""A diagnosis as Markdown, for a post-mortem or an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashlint.lint import amounts
from dashlint.report import diagnose_words as words
from dashlint.report.markdown_text import code, inline, line

if TYPE_CHECKING:
    from dashlint.incidents.diagnosis import Diagnosis

_MOST = 20


def render(found: Diagnosis, titles: dict[str, str]) -> str:
    """The whole text. ``titles`` are of dashboards, by uuid."""
    out = ["## Diagnosis", "", *(line(text) for text in words.summary(found)), ""]
    if found.incidents:
        out += ["### Kills and memory errors", ""]
        for one in found.incidents[-_MOST:]:
            out.append(f"- {inline(words.incident(one))}")
            said = words.before(one, titles, found.window, views=bool(found.view_rows))
            out += [f"  - {inline(text)}" for text in said]
        out += ["", "What ran shortly before a kill is evidence, not proof.", ""]
    if found.dashboards:
        out += [
            "### Dashboards by database time",
            "",
            "| Dashboard | Time | Share | Calls | Visits | Kills near |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        for home in found.dashboards[:_MOST]:
            visits = "?" if home.visits is None else f"{home.visits:,}"
            kills = "?" if home.kills is None else f"{home.kills:,}"
            out.append(
                f"| {inline(home.dashboard.title)} | {words.duration(home.seconds)} "
                f"| {inline(words.share(home.share))} "
                f"| {home.calls:,} | {visits} | {kills} |"
            )
        out.append("")
    if found.senders:
        out += [
            "### Charts by database time",
            "",
            "| Chart | Share | Time | Calls | p95 | Rows a call (predicted) | Match |",
            "|---|---:|---:|---:|---:|---:|---|",
        ]
        for cost in found.senders[:_MOST]:
            who = words.senders(cost.senders) + words.homes(cost.senders, titles)
            out.append(
                f"| {inline(who)} | {inline(words.share(cost.share))} | {words.duration(cost.tally.seconds)} "
                f"| {cost.tally.calls:,} | {words.duration(cost.p95)} | {inline(words.rows(cost))} "
                f"| {words.certainty(cost)} |"
            )
        out.append("")
        said = [words.sentence(cost, titles) for cost in found.senders[:_MOST] if cost.findings]
        if said:
            out += ["### What findings say about them", "", *(f"- {inline(text)}" for text in said), ""]
    if found.strangers:
        out += ["### Matched to nothing here", ""]
        for stranger in found.strangers:
            out.append(
                f"- {words.duration(stranger.seconds)}, {amounts.plural(stranger.calls, 'call')}: "
                f"{code(words.stranger(stranger))}"
            )
        out.append("")
    return "\n".join(out).rstrip() + "\n"
