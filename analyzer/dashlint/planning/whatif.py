"""What edits would change: the same analysis of the workspace as it would be."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from dashlint.analysis import Analysis
from dashlint.assets import Asset, Chart, Dashboard, Database, Dataset, Workspace
from dashlint.cost.model import Cost
from dashlint.fix.context import mirrored
from dashlint.fix.errors import CannotEditError
from dashlint.fix.export import ROUNDS
from dashlint.fix.units import Allowed, Unit, overlapping, stored_path, touched_by, units
from dashlint.fix.yaml_edit import YamlEdit, put
from dashlint.lint.model import Edit, Finding
from dashlint.report.actions import NOTHING, Gain, Saved, plus
from dashlint.sources import build
from dashlint.superset.query import Request

#: Runs some rules, by their codes, over an analysis; gives the findings that the project does not bear.
Check = Callable[[Analysis, Sequence[str]], Sequence[Finding]]
_BUILDERS: dict[type, Callable[..., Any]] = {
    Chart: build.chart,
    Dashboard: build.dashboard,
    Dataset: build.dataset,
    Database: build.database,
}


def can_be_made(finding: Finding, analysis: Analysis) -> bool:
    """Whether ``dashlint fix`` would make a finding's fix, as far as can be told without the files' text."""
    if finding.fix is None or not finding.fix.edits:
        return False
    return _can_be_made(finding.fix.edits, analysis)


def _can_be_made(edits: Sequence[Edit], analysis: Analysis) -> bool:
    focus = analysis.workspace.focus
    if focus is not None and any(edit.asset.origin.file not in focus for edit in edits):
        return False
    try:
        for asset in dict.fromkeys(edit.asset for edit in edits):
            own = [YamlEdit(stored_path(edit), edit.value) for edit in edits if edit.asset is asset]
            raw = asset.raw
            for edit in own:
                raw = put(raw, edit.path, edit.value)
            if isinstance(asset, Chart):
                list(mirrored(asset, own, analysis.settings))
    except (CannotEditError, KeyError, IndexError, TypeError):
        return False
    return True


def fixed(analysis: Analysis, rules: Sequence[str], check: Check) -> Analysis:
    """The analysis after ``dashlint fix --unsafe --select`` with these rules, of which nothing is written."""
    allowed = Allowed(unsafe=True, named=tuple(rules))
    done: set[tuple[str, str, str]] = set()
    for _ in range(ROUNDS):
        wanted = units(check(analysis, rules), analysis, allowed)
        edits = list(_round(wanted, analysis, done))
        if not edits:
            break
        planner = analysis.planner
        analysis = Analysis(
            edited(analysis.workspace, edits), analysis.settings, analysis.catalogs, analysis.now
        )
        analysis.planner = planner  # with --verify: what it said of a dataset's rows still holds
    return analysis


def _round(wanted: Iterable[Unit], analysis: Analysis, done: set[tuple[str, str, str]]) -> Iterator[Edit]:
    """The edits of one round: no place twice, as ``dashlint fix`` has it."""
    touched: list[tuple[Asset, tuple[str | int, ...]]] = []
    for unit in wanted:
        own = {finding.identity for finding in unit.findings}
        places = [touched_by(edit) for edit in unit.edits]
        if own <= done or any(overlapping(place, other) for place in places for other in touched):
            continue
        done |= own
        if _can_be_made(unit.edits, analysis):
            touched += places
            yield from unit.edits


def edited(workspace: Workspace, edits: Iterable[Edit]) -> Workspace:
    """The workspace with some edits made. Assets that nothing changes stay the same objects."""
    raws: dict[Asset, Any] = {}
    for edit in edits:
        raws[edit.asset] = put(raws.get(edit.asset, edit.asset.raw), stored_path(edit), edit.value)

    def new(asset: Any) -> Any:
        return _rebuilt(asset, raws[asset]) if asset in raws else asset

    return dataclasses.replace(
        workspace,
        dashboards=tuple(map(new, workspace.dashboards)),
        charts=tuple(map(new, workspace.charts)),
        datasets=tuple(map(new, workspace.datasets)),
        databases=tuple(map(new, workspace.databases)),
    )


def _rebuilt(asset: Any, raw: Any) -> Any:
    """An asset from other stored values; what only a server's lists told stays."""
    make = _BUILDERS[type(asset)]
    old, now = (make(held, asset.origin, _ignore, id=asset.id) for held in (asset.raw, raw))
    names = [f.name for f in dataclasses.fields(asset) if f.name not in ("raw", "origin", "id")]
    changed = {name: getattr(now, name) for name in names if getattr(old, name) != getattr(now, name)}
    return dataclasses.replace(asset, raw=raw, **changed)


def _ignore(_kind: str, _message: str, _field: str | None) -> None:
    """What is wrong with an asset was told when it was read."""


def gains(before: Analysis, after: Analysis, shown: frozenset[str]) -> tuple[list[Gain], Saved]:
    """What the cold load of each dashboard takes less after edits, and what first visits of tabs do together.

    ``shown`` are the uuids of the dashboards that count.
    """
    found: list[Gain] = []
    tabs: list[Saved] = []
    for old, new in zip(before.workspace.dashboards, after.workspace.dashboards, strict=True):
        if old.uuid not in shown or not old.layout.nodes:
            continue
        load = _event(before, old, after, new, "load")
        if load != NOTHING:
            found.append(Gain(old.uuid, load))
        visits = [name for name in before.events(old) if name.startswith("tab:")]
        tabs += (_event(before, old, after, new, name) for name in visits)
    return found, plus([one for one in tabs if one != NOTHING]) if any(tabs) else NOTHING


def _event(before: Analysis, old: Dashboard, after: Analysis, new: Dashboard, name: str) -> Saved:
    was, now = before.event(old, name).requests, after.event(new, name).requests
    if [_key(request) for request in was] != [_key(request) for request in now]:
        return _difference(before.sum_costs(was, old), after.sum_costs(now, new))
    parts = [
        _difference(before.request_cost(one, old), after.request_cost(other, new))
        for one, other in zip(was, now, strict=True)
        if not _same(before, one, old, after, other, new)
    ]
    return plus(parts) if parts else NOTHING


def _key(request: Request) -> tuple[object, ...]:
    native = request.native_filter.id if request.native_filter is not None else None
    return (request.kind, request.chart_id, native, request.cell, len(request.layers))


def _same(
    before: Analysis, one: Request, old: Dashboard, after: Analysis, other: Request, new: Dashboard
) -> bool:
    """Whether two requests ask the same, and are kept alike: then they cost the same."""
    kept = [r.cache_timeout is None or r.cache_timeout.seconds != -1 for r in (one, other)]
    return (
        kept[0] == kept[1]
        and one.queries == other.queries
        and _type(one) == _type(other)
        and before.engine_of(before.request_dataset(one, old))
        == after.engine_of(after.request_dataset(other, new))
        and all(_same(before, a, old, after, b, new) for a, b in zip(one.layers, other.layers, strict=True))
    )


def _type(request: Request) -> str | None:
    return request.chart.viz_type if request.chart is not None else None


def _difference(was: Cost, now: Cost) -> Saved:
    """How far both figures fall; unknown where one of them is."""
    expected, upper = (
        None if a is None or b is None else a - b
        for a, b in ((was.expected, now.expected), (was.upper, now.upper))
    )
    return Saved(expected, upper, was.basis)
