"""What was collected, as a ranking: dashboards and charts by database time, and what preceded incidents."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dashlint.incidents.candidates import Candidate, Sender
from dashlint.incidents.model import FileRead, Incident

if TYPE_CHECKING:
    from datetime import datetime

    from dashlint.assets import Dashboard, Workspace
    from dashlint.cost.model import Rows
    from dashlint.incidents.collect import Collected
    from dashlint.incidents.tally import Tally
    from dashlint.lint.model import Finding

#: Dashboards and charts that are named for an incident, and statements of nobody that are shown.
_NAMED, _SHOWN = 5, 10

#: Different charts by whose numbers a dashboard of an export is known in Superset's log.
_ENOUGH = 3


class SenderCost(NamedTuple):
    """What statements cost the database that come from ``senders``: more than one if all send the same.

    ``share`` is of the time of all statements but housekeeping, None where there is none. ``p95`` is None
    where the log has sums alone. ``confidences`` are calls by how sure the match is.
    """

    senders: tuple[Sender, ...]
    tally: Tally
    share: float | None
    p95: float | None
    predicted: Rows | None
    findings: tuple[Finding, ...]


class DashboardCost(NamedTuple):
    """A dashboard's statements. ``shared`` seconds may be other dashboards', too; ``visits`` None: not told.

    ``kills`` counts incidents before which it was viewed.
    """

    dashboard: Dashboard
    seconds: float
    shared: float
    share: float | None
    calls: int
    visits: int | None
    kills: int | None
    findings: tuple[Finding, ...]


class Before(NamedTuple):
    """An incident, and what went on in the minutes before it, most first.

    ``viewed`` are dashboards with requests by Superset's log, ``busy`` senders with seconds of the database.
    """

    incident: Incident
    viewed: tuple[tuple[str, int], ...]
    busy: tuple[tuple[tuple[Sender, ...], float], ...]


class Stranger(NamedTuple):
    """A statement of no chart here. ``reason``: ``superset`` or ``other``; ``text`` is without values."""

    reason: str
    text: str
    seconds: float
    calls: int


class Diagnosis(NamedTuple):
    """All of it. Categories are ``matched``, ``superset`` (of no chart here), ``other``, ``housekeeping``."""

    files: tuple[FileRead, ...]
    first: datetime | None
    last: datetime | None
    seconds: Mapping[str, float]
    calls: Mapping[str, int]
    matched_share: float | None
    senders: tuple[SenderCost, ...]
    dashboards: tuple[DashboardCost, ...]
    incidents: tuple[Before, ...]
    incident_count: int
    strangers: tuple[Stranger, ...]
    view_rows: int
    unknown_views: int
    window: int


def diagnose(
    collected: Collected,
    candidates: Sequence[Candidate],
    workspace: Workspace,
    findings: Iterable[Finding],
    window: int,
) -> Diagnosis:
    """The ranking. ``window``: minutes before an incident that count as near."""
    senders = {one.sender.uuid: one.sender for one in candidates}
    by_asset: dict[str, list[Finding]] = {}
    for finding in findings:
        by_asset.setdefault(finding.asset.uuid, []).append(finding)
    seconds = {"matched": sum(t.seconds for t in collected.matched.values())}
    calls = {"matched": sum(t.calls for t in collected.matched.values())}
    for reason in ("superset", "other", "housekeeping"):
        tally = collected.unmatched.get(reason)
        seconds[reason], calls[reason] = (tally.seconds, tally.calls) if tally is not None else (0.0, 0)
    whole = seconds["matched"] + seconds["superset"] + seconds["other"]
    predicted = _predictions(candidates)
    costs = [
        SenderCost(
            tuple(senders[uuid] for uuid in key),
            tally,
            tally.seconds / whole if whole else None,
            tally.percentile(0.95),
            _prediction(key, tally, predicted),
            tuple(f for uuid in key for f in by_asset.get(uuid, ())),
        )
        for key, tally in collected.matched.items()
    ]
    costs.sort(key=lambda cost: (-cost.tally.seconds, cost.senders[0].name))
    views = _Views(collected, workspace)
    before = [_before(incident, collected, senders, views, window) for incident in collected.incidents]
    strangers = sorted(collected.strangers.items(), key=lambda item: -item[1].seconds)[:_SHOWN]
    return Diagnosis(
        tuple(collected.files),
        collected.first,
        collected.last,
        seconds,
        calls,
        seconds["matched"] / whole if whole else None,
        tuple(costs),
        _dashboards(costs, workspace, views, before, by_asset, whole),
        tuple(before),
        collected.incident_count,
        tuple(Stranger(reason, text, t.seconds, t.calls) for (reason, text), t in strangers),
        collected.view_rows,
        views.unknown,
        window,
    )


def _predictions(candidates: Iterable[Candidate]) -> dict[tuple[str, str], Rows]:
    """The prediction for each part of each sender: of its first, unfiltered query."""
    found: dict[tuple[str, str], Rows] = {}
    for one in candidates:
        if one.rows is not None:
            found.setdefault((one.sender.uuid, one.part), one.rows)
    return found


def _prediction(key: tuple[str, ...], tally: Tally, predicted: Mapping[tuple[str, str], Rows]) -> Rows | None:
    """The rows predicted, where all calls are of one part of one chart: else there is nothing to compare."""
    if len(key) != 1 or len(tally.parts) != 1 or tally.rows_per_call is None:
        return None
    return predicted.get((key[0], next(iter(tally.parts))))


class _Views:
    """Superset's log with dashboards in place of ids."""

    def __init__(self, collected: Collected, workspace: Workspace) -> None:
        self._by_id = {d.id: d for d in workspace.dashboards if d.id is not None}
        self._by_slug = {d.slug: d for d in workspace.dashboards if d.slug}
        self._by_chart: dict[int, tuple[Dashboard, ...]] = {
            c.id: workspace.dashboards_using(c) for c in workspace.charts if c.id is not None
        }
        self.known = bool(collected.view_rows)
        self.unknown = 0
        self.minutes: dict[int, Counter[str]] = {}
        self._by_number: dict[int, set[str]] = {}
        for dashboard, asked in collected.charts_asked.items():
            # Numbers of another instance would fit here and there: all have to, and they have to be several.
            homes = [{d.uuid for d in self._by_chart.get(chart, ())} for chart in asked]
            known = self._by_id.get(dashboard)
            if known is not None:
                if 2 * sum(known.uuid in found for found in homes) < len(homes):
                    # Its charts are others: the export is of another instance than the log.
                    del self._by_id[dashboard]
                continue
            if len(homes) >= _ENOUGH:
                self._by_number[dashboard] = set.intersection(*homes)
        self._uuids = {d.uuid: d for d in workspace.dashboards}
        for minute, views in collected.views_by_minute.items():
            self.minutes[minute] = self._of_dashboards(views)
            self.unknown += views.total() - self.minutes[minute].total()
        self.visits = self._of_dashboards(collected.visits)

    def _of_dashboards(self, views: Counter[tuple[int | None, str | None]]) -> Counter[str]:
        """The same counts by uuid, without those of dashboards that are not here."""
        counts: Counter[str] = Counter()
        for (number, slug), count in views.items():
            found = self.dashboard(number, slug)
            if found is not None:
                counts[found.uuid] += count
        return counts

    def dashboard(self, number: int | None, slug: str | None) -> Dashboard | None:
        """By its id; an export has none: then by the charts that were asked for on it."""
        if number is not None and number in self._by_id:
            return self._by_id[number]
        if slug is not None and slug in self._by_slug:
            return self._by_slug[slug]
        if number is not None:
            homes = self._by_number.get(number, set())
            return self._uuids[next(iter(homes))] if len(homes) == 1 else None
        return None

    def title(self, uuid: str) -> str:
        return self._uuids[uuid].title


def _before(
    incident: Incident, collected: Collected, senders: Mapping[str, Sender], views: _Views, window: int
) -> Before:
    if incident.at is None:
        return Before(incident, (), ())
    end = int(incident.at.timestamp() // 60)
    viewed: Counter[str] = Counter()
    busy: dict[tuple[str, ...], float] = {}
    for minute in range(end - window, end + 1):
        viewed.update(views.minutes.get(minute, {}))
        for key, seconds in collected.seconds_by_minute.get(minute, {}).items():
            busy[key] = busy.get(key, 0.0) + seconds
    return Before(
        incident,
        tuple(viewed.most_common(_NAMED)),
        tuple(
            (tuple(senders[u] for u in key), busy[key])
            for key in sorted(busy, key=lambda k: -busy[k])[:_NAMED]
        ),
    )


def _dashboards(
    costs: Sequence[SenderCost],
    workspace: Workspace,
    views: _Views,
    before: Sequence[Before],
    by_asset: Mapping[str, Sequence[Finding]],
    whole: float,
) -> tuple[DashboardCost, ...]:
    seconds: defaultdict[str, float] = defaultdict(float)
    shared: defaultdict[str, float] = defaultdict(float)
    calls: Counter[str] = Counter()
    for cost in costs:
        homes = dict.fromkeys(uuid for sender in cost.senders for uuid in sender.dashboards)
        for uuid in homes:
            seconds[uuid] += cost.tally.seconds
            calls[uuid] += cost.tally.calls
            if len(homes) > 1:
                shared[uuid] += cost.tally.seconds
    kills: Counter[str] = Counter(uuid for one in before for uuid, _ in one.viewed)
    found = [
        DashboardCost(
            one,
            seconds[one.uuid],
            shared[one.uuid],
            seconds[one.uuid] / whole if whole else None,
            calls[one.uuid],
            views.visits[one.uuid] if views.known else None,
            kills[one.uuid] if views.known else None,
            tuple(by_asset.get(one.uuid, ())),
        )
        for one in workspace.dashboards
        if seconds[one.uuid] or calls[one.uuid] or views.visits[one.uuid] or kills[one.uuid]
    ]
    return tuple(
        sorted(found, key=lambda d: (-d.seconds, -(d.kills or 0), -(d.visits or 0), d.dashboard.title))
    )
