"""The sentences of ``dashlint warm``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dashlint.lint.amounts import cost_phrase, plural
from dashlint.warming.changed import Affected
from dashlint.warming.model import API, Entry, WarmPlan

#: Outcomes of a request, as ``sources.rest.warming`` names them.
HIT, FILLED, FAILED = "hit", "filled", "failed"


class Done(NamedTuple):
    """What became of an entry; ``error`` where it failed."""

    entry: Entry
    outcome: str
    error: str | None = None


class Outcome(NamedTuple):
    """What a run did. ``done`` are its entries in the order of the plan; ``invalidated`` how many datasets'
    entries Superset was told to forget (None: it was not told).
    """

    done: tuple[Done, ...]
    invalidated: int | None = None
    forced: bool = False

    @property
    def counts(self) -> Counter[str]:
        return Counter(one.outcome for one in self.done)

    @property
    def failed(self) -> tuple[Done, ...]:
        return tuple(one for one in self.done if one.outcome == FAILED)


def duration(seconds: int) -> str:
    """``10 min``, ``1 h``, ``1 day``: a timeout as people say it."""
    for unit, size in (("day", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}"
    return f"{seconds} s"


def facts(entry: Entry) -> str:
    """Cost, views and how often it is to be filled."""
    parts = [f"{cost_phrase(entry.cost)}, {plural(entry.statements, 'statement')}"]
    if entry.views is not None:
        parts.append(f"{entry.views:,.0f} views a day")
    if entry.timeout is not None:
        every = "never expires" if entry.interval is None else f"every {duration(entry.interval)}"
        parts.append(f"{every} ({entry.timeout.origin})")
    if entry.saves is False and entry.runs_per_day is not None:
        parts.append(f"filled {entry.runs_per_day:,.0f} times a day: more often than it is opened")
    return "; ".join(parts)


def how(entry: Entry) -> str:
    """What fills it, and whether Superset's own warm-up does."""
    if entry.way == API:
        return f"by warm_up_cache: {entry.why}"
    own = {True: "yes", False: "no", None: "unknown"}[entry.own.fills]
    return f"by the browser's request; by Superset's own warm-up: {own}, {entry.own.why}"


def title(entry: Entry) -> str:
    """``Chart · Dashboard``, or with how many dashboards share it."""
    first = entry.dashboards[0].title
    more = f" and {len(entry.dashboards) - 1} more" if len(entry.dashboards) > 1 else ""
    return f"{entry.name} · {first}{more}"


def summary(plan: WarmPlan) -> str:
    """How much can be kept warm, and by what."""
    entries = [*plan.entries, *plan.idle]
    own = sum(1 for entry in entries if entry.own.fills)
    unknown = sum(1 for entry in entries if entry.own.fills is None)
    perhaps = f", {unknown} perhaps" if unknown else ""
    return (
        f"Opening {plural(len(plan.dashboards), 'dashboard')} asks for "
        f"{plural(len(entries), 'cache entry')}: dashlint can fill {len(plan.entries)}, "
        f"Superset's own cache-warmup {own}{perhaps}."
    )


def outcome(run: Outcome) -> str:
    """What a run did, in one sentence."""
    counts = run.counts
    parts = [f"{counts[FILLED]} filled", f"{counts[HIT]} already there", f"{counts[FAILED]} failed"]
    return f"{plural(len(run.done), 'request')}: {', '.join(parts)}."


def aftermath(run: Outcome) -> str | None:
    """What entries that were still there after an invalidation say of it."""
    if run.invalidated is None or not run.counts[HIT]:
        return None
    return (
        f"{plural(run.counts[HIT], 'entry')} still there after the invalidation: it deletes from "
        "CACHE_CONFIG what STORE_CACHE_KEYS_IN_METADATA_DB noted, and reaches chart data only where "
        "DATA_CACHE_CONFIG is the same cache with the same CACHE_KEY_PREFIX. Without --invalidate, --run "
        "asks the database again."
    )


def changed(found: Affected, plan: WarmPlan) -> Iterable[str]:
    """From the changed tables to what reads them."""
    for table, datasets in found.by_table.items():
        names = ", ".join(f"“{one.name}”{' (virtual)' if one.is_virtual else ''}" for one in datasets)
        yield f"{table}: read by {names}"
    if found.unread:
        names = ", ".join(f"“{one.name}”" for one in found.unread)
        yield f"Not known to read it or not, as their SQL could not be read: {names}"
    titles = dict.fromkeys(one.title for entry in (*plan.entries, *plan.idle) for one in entry.dashboards)
    if titles:
        yield f"Shown on load by: {', '.join(titles)}"


def reasons(idle: Sequence[Entry]) -> dict[str, list[Entry]]:
    """What is not warmed, by the reason."""
    found: dict[str, list[Entry]] = {}
    for entry in idle:
        found.setdefault(entry.why, []).append(entry)
    return found
