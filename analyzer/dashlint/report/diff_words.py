"""The sentences of a comparison, for every format: what grew, from what to what, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable

from dashlint.cost.model import NOTABLE, Cost
from dashlint.lint.amounts import plural, size
from dashlint.report.diff import DashboardChange, Diff, difference
from dashlint.report.model import DashboardSummary

#: Dashboards that are named before they are counted.
_NAMED = 5


def headline(diff: Diff, emphasis: Callable[[str], str]) -> str:
    """One sentence with what matters most. ``emphasis`` marks names, and makes them harmless.

    ``Cold load of *Sales* grows from 120 MiB to 530 MiB (+342 %); *Country* now re-runs 23 charts.``
    """
    parts = next(filter(None, (_said(change, emphasis) for change in diff.dashboards)), [])
    if not parts and diff.new:
        parts = [plural(len(diff.new), "new finding") + (f", {len(diff.fixed)} fixed" if diff.fixed else "")]
    shrunk = min(diff.dashboards, key=lambda c: c.growth or 0, default=None)
    if not parts and shrunk is not None and (shrunk.growth or 0) <= -NOTABLE:
        parts = [_load(shrunk, emphasis)]
    if not parts and diff.fixed:
        parts = [f"{plural(len(diff.fixed), 'finding')} fixed"]
    if not parts:
        return "Nothing that dashlint measures changed."
    sentence = "; ".join(parts)
    return sentence[0].upper() + sentence[1:] + "."


def _said(change: DashboardChange, emphasis: Callable[[str], str]) -> list[str]:
    """What became heavier about a dashboard."""
    if change.after is None:
        return []
    before, after = change.load
    parts = []
    unclear = change.growth is None and before != after
    if change.before is None or unclear or (change.growth or 0) >= NOTABLE:
        parts.append(_load(change, emphasis))
    filtered = _filter(change, emphasis)
    if filtered:
        parts.append(filtered + ("" if parts else f" on {emphasis(change.summary.title)}"))
    return parts


def _load(change: DashboardChange, emphasis: Callable[[str], str]) -> str:
    name = emphasis(change.summary.title)
    before, after = change.load
    if change.before is None:
        return f"new dashboard {name}: a cold load takes {amount(after)}"
    if change.after is None:
        return f"{name} is gone"
    grown = change.growth
    if grown is None:
        return f"cold load of {name}: {amount(before)} before, {amount(after)} now"
    verb = "grows" if grown > 0 else "shrinks"
    return f"cold load of {name} {verb} from {amount(before)} to {amount(after)}{percent(before, after)}"


def _filter(change: DashboardChange, emphasis: Callable[[str], str]) -> str:
    """What a change of the widest filter does more than before; empty where it does not."""
    now = change.after.widest_filter if change.after is not None else None
    if now is None or change.after is None:
        return ""
    was = change.before.widest_filter if change.before is not None else None
    name = emphasis(now[0])
    if change.before is None:
        return f"{name} re-runs {plural(now[1], 'chart')}"
    if was is None or now[1] > was[1]:
        return f"{name} now re-runs {plural(now[1], 'chart')}"
    before, after = change.filter
    if (difference(before, after) or 0) < NOTABLE:
        return ""
    return f"a change of {name} grows from {amount(before)} to {amount(after)}{percent(before, after)}"


def amount(cost: Cost) -> str:
    """``120 MiB``, ``at most 1.2 GiB`` where the expected is not known, ``an unknown amount``."""
    if cost.expected is not None:
        return size(cost.expected)
    return f"at most {size(cost.upper)}" if cost.upper is not None else "an unknown amount"


def short(cost: Cost) -> str:
    """The same for a table: ``120 MiB``, ``≤ 1.2 GiB``, ``unknown``."""
    if cost.expected is not None:
        return size(cost.expected)
    return f"≤ {size(cost.upper)}" if cost.upper is not None else "unknown"


def percent(before: Cost, after: Cost) -> str:
    """`` (+342 %)``; empty where a side is not known, nothing was there before, or both are the same."""
    grown = difference(before, after)
    both = before.expected is not None and after.expected is not None
    base = before.expected if both else before.upper
    if not grown or not base:
        return ""
    change = round(100 * grown / base)
    return f" ({change:+,} %)".replace("-", "\N{MINUS SIGN}") if change else ""


def memory_cell(change: DashboardChange, sides: tuple[Cost, Cost]) -> str:
    """A cell: ``120 MiB → 530 MiB (+342 %)``, one figure where nothing moved, or there is but one side."""
    before, after = sides
    if change.before is None:
        return short(after)
    if change.after is None:
        return f"{short(before)} → –"
    if short(before) == short(after):
        return short(after)
    return f"{short(before)} → {short(after)}{percent(before, after)}"


def counted(before: int | None, after: int | None) -> str:
    """A cell: ``9 → 23``, one number where nothing moved, a dash for a side without."""
    words = ["–" if number is None else f"{number:,}" for number in (before, after)]
    return words[1] if words[0] == words[1] else " → ".join(words)


def filter_cell(change: DashboardChange, emphasis: Callable[[str], str]) -> str:
    """A cell for the widest filter: its name, and how many queries it sends before and after."""
    sides = [change.before, change.after]
    named = next((s.widest_filter[0] for s in reversed(sides) if s is not None and s.widest_filter), None)
    if named is None:
        return "–"
    return f"{emphasis(named)}: {counted(*(_filter_queries(side) for side in sides))}"


def _filter_queries(side: DashboardSummary | None) -> int | None:
    return side.widest_filter_queries if side is not None else None


def certainty(diff: Diff) -> str:
    """What the figures rest on, in a sentence or two."""
    now = [c.after.memory_on_load for c in diff.dashboards if c.after is not None and c.moved]
    said = []
    if now:
        vague = sum(cost.expected is None for cost in now)
        unknown = sum(cost.expected is None and cost.upper is None for cost in now)
        if not vague:
            said.append("Memory is what statistics of the tables let expect.")
        elif unknown:
            said.append(f"The memory of {unknown} of {plural(len(now), 'dashboard')} is unknown.")
        if vague > unknown:
            said.append("≤ is the most that row limits allow, as the rows of some charts are not known.")
    if not diff.complete:
        said.append("Only reports were compared: a dashboard whose figures stay the same is not listed.")
    return " ".join(said)


def unmoved(diff: Diff, name: Callable[[str], str]) -> str:
    """Which dashboards changed without a change of any figure: ``Also changed, with the same figures: …``."""
    still = [name(c.summary.title) for c in diff.dashboards if not c.moved]
    if not still:
        return ""
    shown = ", ".join(still[:_NAMED]) + (f" and {len(still) - _NAMED:,} more" if len(still) > _NAMED else "")
    return f"Also changed, with the same figures: {shown}."
