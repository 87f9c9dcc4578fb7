"""The words of a diagnosis, for terminal and Markdown alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dashlint.lint import amounts
from dashlint.report.text import visible

if TYPE_CHECKING:
    from datetime import datetime

    from dashlint.incidents.candidates import Sender
    from dashlint.incidents.diagnosis import Before, Diagnosis, SenderCost, Stranger
    from dashlint.lint.model import Finding

CONFIDENCES = {"exact": "exact", "filtered": "with filter conditions", "shape": "same shape only"}
#: Findings that are named with a chart before they are counted.
_FINDINGS = 3


def duration(seconds: float | None) -> str:
    """``85 ms``, ``8.2 s``, ``12 min``, ``3.4 h``; ``?`` where it is not known."""
    if seconds is None:
        return "?"
    if seconds < 0.9995:
        milliseconds = seconds * 1000
        return f"{milliseconds:.0f} ms" if milliseconds >= 9.95 or not seconds else f"{milliseconds:.2g} ms"
    if seconds < 99.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    if seconds < 5970:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def share(value: float | None) -> str:
    """``41 %``, ``0.4 %``; what is there is never shown as none, and what is less than all never as all."""
    if value is None:
        return "?"
    percent = value * 100
    if 0 < percent < 0.05:
        return "<0.1 %"
    if 99 < percent < 100:
        return f"{int(percent * 10) / 10:.1f} %"
    return f"{percent:.1f} %" if percent < 9.95 and percent else f"{percent:.0f} %"


def when(moment: datetime | None, *, about: bool = False) -> str:
    """To the second, in UTC."""
    if moment is None:
        return "time not told"
    return f"{'about ' if about else ''}{moment:%Y-%m-%d %H:%M:%S}"


def sender(one: Sender) -> str:
    """``“Revenue by month”``; of a filter, its options."""
    return f"options of filter “{visible(one.name)}”" if one.kind == "filter" else f"“{visible(one.name)}”"


def senders(found: Sequence[Sender]) -> str:
    """All that send a statement."""
    if len(found) > 3:
        return f"{sender(found[0])}, {sender(found[1])} or {len(found) - 2} others"
    return " or ".join(map(sender, found))


def homes(found: Iterable[Sender], titles: dict[str, str]) -> str:
    """`` of “Sales overview”``; empty where a chart is on no dashboard."""
    names = list(dict.fromkeys(titles[uuid] for one in found for uuid in one.dashboards if uuid in titles))
    if not names:
        return " (on no dashboard)"
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f" of “{visible(names[0])}”{more}"


def rows(cost: SenderCost) -> str:
    """Rows of one call, and what was predicted; ``?`` where the log does not count them."""
    found = cost.tally.rows_per_call
    if found is None:
        return "?"
    text = f"{found:,.0f}" if found >= 10 or found == int(found) else f"{found:.1f}"
    if cost.predicted is None:
        return text
    if cost.predicted.expected is not None:
        return f"{text} (~{cost.predicted.expected:,})"
    return text if cost.predicted.upper is None else f"{text} (≤{cost.predicted.upper:,})"


def sentence(cost: SenderCost, titles: dict[str, str]) -> str:
    """A chart's cost and its findings: ``“X” of “Y” is 41 % of database time (12,331 calls, p95 8.2 s)``."""
    figures = [amounts.plural(cost.tally.calls, "call")]
    if cost.p95 is not None:
        figures.append(f"p95 {duration(cost.p95)}")
    elif cost.tally.longest is not None:
        figures.append(f"longest {duration(cost.tally.longest)}")
    verb = "is" if len(cost.senders) == 1 else "(the same statement) are"
    who = f"{senders(cost.senders)}{homes(cost.senders, titles)}"
    text = f"{who} {verb} {share(cost.share)} of database time ({', '.join(figures)})"
    said = [finding_words(f) for f in cost.findings[:_FINDINGS]]
    if len(cost.findings) > _FINDINGS:
        said.append(f"{len(cost.findings) - _FINDINGS} more")
    return f"{text}: {'; '.join(said)}" if said else text


def finding_words(finding: Finding) -> str:
    """Its message and rule."""
    return f"{visible(finding.message)} ({finding.rule})"


def certainty(cost: SenderCost) -> str:
    """``exact 80 %, with filter conditions 20 %`` of the calls."""
    whole = sum(cost.tally.by_confidence.values())
    if not whole:
        return "?"
    parts = [
        f"{words} {share(cost.tally.by_confidence[key] / whole)}"
        for key, words in CONFIDENCES.items()
        if cost.tally.by_confidence[key]
    ]
    return parts[0].rsplit(" ", 2)[0] if len(parts) == 1 else ", ".join(parts)


def summary(found: Diagnosis) -> list[str]:
    """What was read, in a few sentences."""
    said = []
    whole = sum(found.seconds[key] for key in ("matched", "superset", "other"))
    count = sum(found.calls[key] for key in ("matched", "superset", "other"))
    if count or whole:
        span = f", {when(found.first)} to {when(found.last)} UTC" if found.first and found.last else ""
        said.append(f"{duration(whole)} of database time in {amounts.plural(count, 'statement')}{span}.")
        said.append(
            f"{share(found.matched_share)} of that time is matched to charts and filters; "
            f"{duration(found.seconds['superset'])} look like Superset's but belong to no chart here, "
            f"{duration(found.seconds['other'])} to something else."
        )
    if found.incident_count:
        kinds: dict[str, int] = {}
        for one in found.incidents:
            kinds[one.incident.kind] = kinds.get(one.incident.kind, 0) + 1
        words = {
            "oom-kill": "out-of-memory kill",
            "sigkill": "kill by signal 9",
            "timeout": "worker timeout",
            "memory-error": "memory error",
        }
        listed = ", ".join(
            amounts.plural(n, words[kind]) if kind != "sigkill" or n == 1 else f"{n} kills by signal 9"
            for kind, n in kinds.items()
        )
        more = (
            f" (and {found.incident_count - len(found.incidents):,} more)"
            if found.incident_count > len(found.incidents)
            else ""
        )
        said.append(f"{listed}{more}.")
    return said


def before(one: Before, titles: dict[str, str], window: int, *, views: bool) -> list[str]:
    """What went on before an incident: evidence, not proof."""
    if one.incident.at is None:
        return ["its log has no time, so nothing can be put beside it"]
    said = []
    if one.viewed:
        listed = ", ".join(f"“{visible(titles[u])}” ({amounts.plural(n, 'request')})" for u, n in one.viewed)
        said.append(f"viewed in the {window} minutes before: {listed}")
    elif views:
        said.append(f"no dashboard was viewed in the {window} minutes before")
    if one.busy:
        listed = ", ".join(f"{senders(s)} ({duration(t)})" for s, t in one.busy[:3])
        said.append(f"busiest in the database: {listed}")
    return said


def incident(one: Before) -> str:
    """``2026-11-27 06:25:34 gunicorn: worker killed [pid 4711], held 1.9 GiB``."""
    found = one.incident
    process = f" [{visible(found.process)}]" if found.process else ""
    held = f", held {amounts.size(found.bytes)}" if found.bytes is not None else ""
    return f"{when(found.at, about=found.about)}  {visible(found.what)}{process}{held}"


def stranger(one: Stranger) -> str:
    """A statement of nobody, shortened."""
    text = visible(one.text)
    return text if len(text) <= 160 else f"{text[:157]}…"
