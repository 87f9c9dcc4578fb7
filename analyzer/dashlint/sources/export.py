"""Exports on disk: ZIPs, folders and single files, of every kind that Superset writes.

What people keep in git is read as well: export roots below any folder, several of them in one tree, renamed
files, files of ``superset-cli``. Everything that was looked at is an asset, something else that an export
holds, or a problem; YAML of other programs beside it is left alone.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dashlint.assets import Origin, Problem, Workspace
from dashlint.records import NamedTuple
from dashlint.sources import build
from dashlint.sources.archive import OVERRIDES, Archive, Files
from dashlint.sources.errors import SourceError
from dashlint.sources.folder import Folder
from dashlint.sources.ids import Named, chart_ids, id_in_name
from dashlint.sources.kinds import CHART, DASHBOARD, DATASET
from dashlint.sources.positions import Locator
from dashlint.sources.reading import Found, Reading, explain_rest, read_files
from dashlint.sources.roots import find_roots, is_in
from dashlint.sources.stored import Stored
from dashlint.sources.targets import Target, find_targets
from dashlint.sources.versions import oldest_version

if TYPE_CHECKING:
    from dashlint.sources.shared import Crew


def read_export(paths: Sequence[str], crew: Crew | None = None) -> Workspace:
    """Everything that some paths hold.

    A file (or a folder such as ``charts``) is read together with the export root around it, and becomes the
    workspace's focus. A ``crew`` reads along where one place is read as a whole.

    Raises:
        SourceError: nothing usable is there; the message says why.
    """
    targets, errors = find_targets(paths)
    is_one = len(targets) == 1 and targets[0].focus is None
    return read_targets(targets, paths, errors, crew if is_one else None)


def read_targets(
    targets: Iterable[Target],
    paths: Sequence[str],
    errors: Sequence[SourceError] = (),
    crew: Crew | None = None,
) -> Workspace:
    """What some targets hold; ``paths`` are what a person named, ``errors`` what of it led to no target.

    Raises:
        SourceError: nothing usable is there.
    """
    # Millions of values are made and none are dropped: the collector would only look at them in vain.
    collects = gc.isenabled()
    gc.disable()
    try:
        assembly = _Assembly([Problem(error.kind, error.message) for error in errors])
        for target in targets:
            assembly.add(target, crew)
        workspace = assembly.workspace()
    finally:
        if collects:
            gc.enable()
    if not (workspace.dashboards or workspace.charts or workspace.datasets or workspace.databases):
        raise errors[0] if errors and len(paths) == 1 else _nothing_usable(paths, workspace.problems)
    return workspace


class _Placed(NamedTuple):
    """A file of an asset, with the root that it belongs to."""

    found: Found
    files: Files
    root: str


class _Assembly:
    """Builds one workspace from several targets."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._placed: list[_Placed] = []
        self._focus: set[str] = set()
        self._has_focus = False
        self._shown: set[str] = set()

    def add(self, target: Target, crew: Crew | None = None) -> None:
        """Reads a target, apart from what an earlier one has read."""
        files = target.files
        # Kept where some of many files are looked at, as hooks do again and again.
        reading = read_files(files, self._problems, keeps=target.focus is not None, crew=crew)
        roots = find_roots((found.kind, found.path) for found in reading.found)
        explain_rest(files, reading, set(roots.values()), self._problems)
        for found in reading.found:
            if found.shown in self._shown:
                continue
            self._shown.add(found.shown)
            self._placed.append(_Placed(found, files, _root_name(files, roots[found.path])))
        self._add_focus(target, reading)

    def _add_focus(self, target: Target, reading: Reading) -> None:
        if target.focus is None:
            self._focus.update(found.shown for found in reading.found)
            return
        self._has_focus = True
        for path in target.focus:
            base = _overridden(path)
            inside = [found.shown for found in reading.found if is_in(found.path, path)]
            self._focus.update(inside or [target.files.shown(base)])

    def workspace(self) -> Workspace:
        ids = self._ids()
        version = oldest_version((p.found.kind, p.found.raw) for p in self._placed)
        assets: dict[str, list[Any]] = {kind: [] for kind in _BUILDERS}
        first: dict[tuple[str, str, str], str] = {}
        # Taken off one by one: what they say makes room for the assets.
        placed = self._placed[::-1]
        self._placed = []
        for asset_id in ids:
            found, files, root = placed.pop()
            shown = found.shown
            origin = Origin(shown, root, Locator(files, found.path, is_plain=found.is_plain))
            report = self._reporter(origin)
            kept: dict[str, Any] = {}
            if found.is_whole and found.kind in _READ_AGAIN and isinstance(files, (Folder, Archive)):
                kept["kept"] = Stored(files, found.path)
            asset = _BUILDERS[found.kind](found.raw, origin, report, id=asset_id, **kept)
            assets[found.kind].append(asset)
            other = first.setdefault((root, found.kind, asset.uuid), shown)
            if asset.uuid and other != shown:
                report("duplicate-uuid", f"it has the same uuid as {other}; both are kept", "uuid")
        focus = frozenset(self._focus) if self._has_focus else None
        return Workspace(
            dashboards=tuple(assets["dashboard"]),
            charts=tuple(assets["chart"]),
            datasets=tuple(assets["dataset"]),
            databases=tuple(assets["database"]),
            problems=tuple(dict.fromkeys(self._problems)),
            superset_version=version,
            focus=focus,
        )

    def _reporter(self, origin: Origin) -> build.Report:
        def report(kind: str, message: str, field: str | None) -> None:
            place = origin.location(field)
            self._problems.append(Problem(kind, message, origin.file, place.line, place.column))

        return report

    def _ids(self) -> list[int | None]:
        """The id of every placed asset: of charts by layouts and file names, of others by file names."""
        ids: list[int | None] = [None] * len(self._placed)
        charts: dict[str, list[int]] = {}
        positions: dict[str, list[Any]] = {}
        for index, (found, _, root) in enumerate(self._placed):
            raw = found.raw
            if found.kind == CHART:
                charts.setdefault(root, []).append(index)
            elif found.kind == DASHBOARD:
                position = build.mapping(raw.get("position"), "position", _ignore)
                positions.setdefault(root, []).append(position)
                ids[index] = id_in_name(found.path, build.text(raw.get("dashboard_title")))
            elif found.kind == DATASET:
                ids[index] = id_in_name(found.path, build.text(raw.get("table_name")))
        for root, indexes in charts.items():
            named = [_named(self._placed[index].found) for index in indexes]
            found_ids = chart_ids(named, positions.get(root, ()))
            for index, chart_id in zip(indexes, found_ids, strict=True):
                ids[index] = chart_id
        return ids


_BUILDERS: dict[str, Any] = {
    "dashboard": build.dashboard,
    "chart": build.chart,
    "dataset": build.dataset,
    "database": build.database,
}


#: Kinds whose contents take memory that nobody looks at, and hold no secrets that had to be masked.
_READ_AGAIN = frozenset({CHART, DATASET})


def _named(found: Found) -> Named:
    raw = found.raw
    params = raw.get("params")
    slice_id = params.get("slice_id") if isinstance(params, dict) else None
    return Named(build.text(raw.get("uuid")), build.text(raw.get("slice_name")), found.path, slice_id)


def _ignore(_kind: str, _message: str, _field: str | None) -> None:
    """What is wrong with a layout is reported when the dashboard is built."""


def _root_name(files: Files, root: str) -> str:
    return files.shown(root) if root else files.name


def _overridden(path: str) -> str:
    for suffix in OVERRIDES:
        if path.endswith(suffix):
            return path.removesuffix(suffix) + suffix.removeprefix(".overrides")
    return path


def _nothing_usable(paths: Sequence[str], problems: Iterable[Problem]) -> SourceError:
    named = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    known = list(problems)
    if not known:
        what = f"{named}: no Superset dashboard, chart, dataset or database in it"
        return SourceError("nothing-usable", what + _hint(paths))
    first = known[0]
    place = f"{first.file}, line {first.line}" if first.line else first.file
    why = f"{place}: {first.message}" if place else first.message
    plural = "s" if len(known) > 2 else ""
    more = f" (and {len(known) - 1} more problem{plural})" if len(known) > 1 else ""
    return SourceError("nothing-usable", f"nothing in {named} could be used: {why}{more}")


def _hint(paths: Sequence[str]) -> str:
    zips = [
        name for path in paths if os.path.isdir(path) for name in os.listdir(path) if name.endswith(".zip")
    ]
    if zips:
        return f", but {len(zips)} ZIP{'s' if len(zips) > 1 else ''}: name the ZIP itself"
    return ": name an export's ZIP, its folder, or a YAML file in it"
