"""Rules over one workspace in several processes: who looks at what, and what comes of it.

Each process holds the whole workspace and looks at its share of the assets, a dashboard together with its
charts. What is asked about the workspace as a whole is asked in one process alone, and so are rules of other
people, which may remember what they have seen. There the outcomes are put together, in the order in which one
process would have had them.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dashlint.assets import Asset, Chart, Dashboard, Database, Dataset, Workspace
from dashlint.lint import runner
from dashlint.lint.outcome import NOTHING, Outcomes
from dashlint.lint.rule import Rule, is_built_in

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.lint.overrides import Overrides

_ASSETS = (Chart, Dashboard, Dataset, Database)


def shares(workspace: Workspace, of: int) -> dict[Asset, int]:
    """The number of the process, from 0, that looks at an asset; the same in every process.

    A dashboard goes where fewest charts have gone so far, and its charts go with it: their queries are made
    once. The first process gets a little more: the others have to hand over what they find.
    """
    found: dict[Asset, int] = {}
    taken = [0] * of
    for dashboard in workspace.dashboards:
        charts = workspace.charts_of(dashboard)
        least = taken.index(min(taken))
        taken[least] += (1 + len(charts)) * (14 if least else 13)
        found[dashboard] = least
        for chart in charts:
            found.setdefault(chart, least)
    others: tuple[Asset, ...] = (*workspace.charts, *workspace.datasets)
    left = [asset for asset in others if asset not in found]
    found.update((asset, number % of) for number, asset in enumerate(left))
    return found


def look(
    analysis: Analysis,
    rules: Iterable[Rule],
    overrides: Overrides | None,
    share: Mapping[Asset, int],
    own: int,
) -> Outcomes:
    """What the built-in rules find about the assets of one process."""
    found: Outcomes = {}
    before = analysis.missing
    try:
        for rule in rules:
            if not is_built_in(type(rule)):
                continue
            for number, call in enumerate(runner.calls(rule, analysis, overrides)):
                asset = call[2]
                if asset is None or share.get(asset) != own:
                    continue
                analysis.missing = {}
                outcome = runner.ask(rule, call, analysis)
                if analysis.missing:
                    lacking = ((topic, name) for topic, names in analysis.missing.items() for name in names)
                    outcome = outcome._replace(lacking=tuple(lacking))
                if outcome is not NOTHING:
                    found[rule.code, number] = outcome
    finally:
        analysis.missing = before
    return found


class UnwritableError(Exception):
    """A value that cannot be handed to another process."""


def dumps(value: Any, workspace: Workspace) -> bytes:
    """A value for another process, in which assets are named by their places in the workspace.

    Raises:
        UnwritableError: pickle cannot write it.
    """
    file = io.BytesIO()
    try:
        _Pickler(file, workspace).dump(value)
    except (pickle.PicklingError, AttributeError, TypeError, RecursionError):
        raise UnwritableError from None
    return file.getvalue()


def loads(data: bytes, workspace: Workspace) -> Any:
    """What another process has written with :func:`dumps`, with the assets of this one."""
    return _Unpickler(io.BytesIO(data), workspace).load()


def _all_assets(workspace: Workspace) -> tuple[Asset, ...]:
    return (*workspace.dashboards, *workspace.charts, *workspace.datasets, *workspace.databases)


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, workspace: Workspace) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._places = {asset: place for place, asset in enumerate(_all_assets(workspace))}

    def persistent_id(self, obj: Any) -> int | None:
        return self._places.get(obj) if isinstance(obj, _ASSETS) else None

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, MappingProxyType):  # Python has no way of its own to write these
            return _read_only, (dict(obj),)
        return NotImplemented


def _read_only(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, workspace: Workspace) -> None:
        super().__init__(file)
        self._assets = _all_assets(workspace)

    def persistent_load(self, pid: Any) -> Asset:
        found: Asset = self._assets[pid]
        return found
