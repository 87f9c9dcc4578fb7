"""Fixes exports: read, check, edit, and again, until there is nothing left that can be mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dashlint.analysis import Analysis
from dashlint.assets import Asset, Chart, Workspace
from dashlint.fix.context import mirrored
from dashlint.fix.errors import CannotEditError
from dashlint.fix.overlay import Overlay, Places
from dashlint.fix.units import Allowed, Unit, overlapping, stored_path, touched_by, units
from dashlint.fix.yaml_edit import MISSING, YamlEdit, edit_file, spelled
from dashlint.lint.model import Finding
from dashlint.sources.export import read_targets
from dashlint.sources.targets import Target

#: A fix may bring up another finding (a shorter timeout one on the dashboard). Each place is mended once by
#: each rule, so few rounds are ever needed; the bound is for rules of others that never come to rest.
ROUNDS = 10

#: Checks a workspace: gives the analysis, and the findings that the project does not bear.
Check = Callable[[Workspace], "tuple[Analysis, Sequence[Finding]]"]


class Change(NamedTuple):
    """One edit that was made: in which file, by which rule, what it changed."""

    file: str
    rule: str
    safety: str
    field: str
    before: Any
    after: Any


class Refusal(NamedTuple):
    """A fix that could not be made, and why."""

    file: str | None
    rule: str
    description: str
    reason: str


@dataclass
class Outcome:
    """What was done in memory; nothing is written yet.

    ``remaining`` are the findings once everything is done, ``fixed`` those that were mended.
    """

    places: Places = field(default_factory=Places)
    changes: list[Change] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    fixed: list[Finding] = field(default_factory=list)
    remaining: Sequence[Finding] = ()
    workspace: Workspace = field(default_factory=Workspace)

    def take_back(self, name: str) -> None:
        """A file could not be written: what was to change in it did not."""
        self.changes = [change for change in self.changes if change.file != name]
        self.places.by_name[name].data = self.places.by_name[name].original


def fix_targets(targets: Sequence[Target], paths: Sequence[str], check: Check, allowed: Allowed) -> Outcome:
    """Mends what can be mended in some exports, in memory.

    Args:
        targets: what is read.
        paths: what a person named, for messages.
        check: runs the rules; called once for each round.
        allowed: which fixes may be made.

    Raises:
        SourceError: nothing usable is there.
    """
    outcome = Outcome()
    done: set[tuple[str, str, str]] = set()
    proposed: dict[tuple[str, str, str], Finding] = {}
    for _ in range(ROUNDS):
        overlaid = [target._replace(files=Overlay(target.files, outcome.places)) for target in targets]
        outcome.workspace = read_targets(overlaid, paths)
        analysis, outcome.remaining = check(outcome.workspace)
        wanted = units(outcome.remaining, analysis, allowed)
        proposed.update((finding.identity, finding) for unit in wanted for finding in unit.findings)
        new = [unit for unit in wanted if not done.issuperset(f.identity for f in unit.findings)]
        done.update(finding.identity for unit in new for finding in unit.findings)
        if not _make(new, analysis, outcome, done):
            break
    # Some go with another one's fix before it is their turn: they are mended all the same.
    known = {finding.identity for finding in (*outcome.fixed, *outcome.remaining)}
    if outcome.changes:
        outcome.fixed += [finding for identity, finding in proposed.items() if identity not in known]
    return outcome


def _make(
    wanted: Iterable[Unit], analysis: Analysis, outcome: Outcome, done: set[tuple[str, str, str]]
) -> bool:
    """Makes the edits of some units; whether any was made.

    A value is changed once in a round, and so are a chart's parameters with its saved request: the next fix
    has to see what the first one did.
    """
    touched: list[tuple[Asset, tuple[str | int, ...]]] = []
    for unit in wanted:
        places = [touched_by(edit) for edit in unit.edits]
        if any(overlapping(place, other) for place in places for other in touched):
            done.difference_update(finding.identity for finding in unit.findings)
            continue
        try:
            made = _edited(unit, analysis, outcome.places)
        except _RefusedError as refused:
            outcome.refusals.append(Refusal(refused.file, unit.rule, unit.description, refused.reason))
            continue
        touched += places
        for name, (data, changes) in made.items():
            outcome.places.by_name[name].data = data
            outcome.changes += changes
        outcome.fixed += unit.findings
    return bool(touched)


class _RefusedError(Exception):
    def __init__(self, file: str | None, reason: str) -> None:
        super().__init__(reason)
        self.file = file
        self.reason = reason


def _edited(unit: Unit, analysis: Analysis, places: Places) -> dict[str, tuple[bytes, list[Change]]]:
    """The files of a unit as they would be, all of its edits made."""
    by_asset: dict[Asset, list[YamlEdit]] = {}
    for edit in unit.edits:
        by_asset.setdefault(edit.asset, []).append(YamlEdit(stored_path(edit), edit.value))
    made = {}
    for asset, edits in by_asset.items():
        name = asset.origin.file
        _check_place(name, analysis.workspace, places)
        assert name is not None
        place = places.by_name[name]
        try:
            more = list(mirrored(asset, edits, analysis.settings)) if isinstance(asset, Chart) else []
            edited = edit_file(place.data, [*edits, *more])
        except CannotEditError as error:
            raise _RefusedError(name, error.reason) from None
        changes = [
            Change(
                name, unit.rule, unit.safety, spelled(edit.path), None if old is MISSING else old, edit.value
            )
            for edit, old in zip(edits, edited.before, strict=False)
        ]
        made[name] = edited.data, changes
    return made


def _check_place(name: str | None, workspace: Workspace, places: Places) -> None:
    if name is None or name not in places.by_name:
        raise _RefusedError(name, "it was not read from a file")
    if workspace.focus is not None and name not in workspace.focus:
        raise _RefusedError(name, "this file was not named: name it too, or the folder of the export")
    stem, dot, suffix = name.rpartition(".")
    if f"{stem}.overrides{dot}{suffix}" in places.by_name:
        raise _RefusedError(name, "an overrides file is laid over it: change the value there by hand")
