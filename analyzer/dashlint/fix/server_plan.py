"""What a server's objects are to become: the same edits as in exports, in the shape of the REST API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from dashlint.analysis import Analysis
from dashlint.assets import Asset, Chart, Dashboard, Dataset
from dashlint.fix.context import mirrored
from dashlint.fix.errors import CannotEditError
from dashlint.fix.nodes import read_json
from dashlint.fix.splice import Source, apply, same, splices
from dashlint.fix.units import Unit
from dashlint.fix.yaml_edit import MISSING, YamlEdit, look_up, put, spelled
from dashlint.lint.model import Finding
from dashlint.sources.errors import SourceError
from dashlint.sources.rest.writing import Stored

#: What an export calls otherwise than the API.
_NAMES = {"metadata": "json_metadata", "position": "position_json"}
_JSON = ("params", "query_context", "json_metadata", "position_json")


class Reads(Protocol):
    """Reads one object of a server."""

    def read(self, kind: str, number: int) -> Stored: ...


@dataclass
class ServerEdit:
    """An object of a server, what of it changes, and what it was when the plan was made.

    ``fields`` hold the new values by the API's names, ``before`` the old ones, ``steps`` what changes in
    words: rule, safety, field, old and new value.
    """

    kind: str
    id: int
    uuid: str
    name: str
    stored: Stored
    fields: dict[str, Any]
    before: dict[str, Any]
    steps: list[tuple[str, str, str, Any, Any]]
    edits: list[YamlEdit]


@dataclass
class Plan:
    """The edits by object, the findings that they mend, and what could not be planned (sentences)."""

    edits: list[ServerEdit]
    fixed: list[Finding]
    refusals: list[str]
    later: int = 0


def make_plan(units: Sequence[Unit], analysis: Analysis, server: Reads) -> Plan:
    """Reads the objects that some fixes concern and works out what they become. Writes nothing.

    A fix that touches what another one has just planned is left for the next run (``later``).
    """
    by_asset: dict[Asset, ServerEdit] = {}
    plan = Plan([], [], [])
    stored: dict[Asset, Stored] = {}
    for unit in units:
        assets = list(dict.fromkeys(edit.asset for edit in unit.edits))
        try:
            for asset in assets:
                stored.setdefault(asset, _read(asset, server))
            if any(_again(edit.asset, edit.path, by_asset) for edit in unit.edits):
                plan.later += 1
                continue
            new = {
                asset: _planned(asset, unit, analysis, stored[asset], by_asset.get(asset)) for asset in assets
            }
        except (CannotEditError, SourceError) as error:
            reason = error.reason if isinstance(error, CannotEditError) else str(error)
            plan.refusals.append(f"{unit.rule} on {_named(assets[0])} is not fixed: {reason}")
            continue
        by_asset.update(new)
        plan.fixed += unit.findings
    plan.edits = list(by_asset.values())
    return plan


def _kind(asset: Asset) -> str:
    return {Chart: "chart", Dashboard: "dashboard", Dataset: "dataset"}.get(type(asset), "database")


def _named(asset: Asset) -> str:
    name = asset.title if isinstance(asset, Dashboard) else asset.name
    return f"{_kind(asset)} “{name}”"


def _read(asset: Asset, server: Reads) -> Stored:
    if asset.id is None or _kind(asset) == "database":
        raise CannotEditError("its id is not known")
    stored = server.read(_kind(asset), asset.id)
    if stored.detail.get("is_managed_externally"):
        raise CannotEditError("it is managed outside of Superset: change it there")
    return stored


def _again(asset: Asset, path: Sequence[str | int], planned: Mapping[Asset, ServerEdit]) -> bool:
    """Whether a value was planned already; the parameters of a chart are planned once."""
    wanted = tuple(path[:1] if path[0] == "params" else path)
    known = planned.get(asset)
    return known is not None and any(
        edit.path[: len(wanted)] == wanted or wanted[: len(edit.path)] == edit.path for edit in known.edits
    )


def _planned(
    asset: Asset, unit: Unit, analysis: Analysis, stored: Stored, known: ServerEdit | None
) -> ServerEdit:
    own = [YamlEdit(edit.path, edit.value) for edit in unit.edits if edit.asset is asset]
    more: list[YamlEdit] = []
    if isinstance(asset, Chart):
        # Lists of charts have no query_context: what the server holds decides.
        current = replace(
            asset,
            params=_decoded(stored.detail.get("params")) or {},
            raw={**asset.raw, "query_context": stored.detail.get("query_context")},
        )
        more = list(mirrored(current, own, analysis.settings))
    made = known or ServerEdit(
        _kind(asset),
        asset.id or 0,
        asset.uuid,
        asset.title if isinstance(asset, Dashboard) else asset.name,
        stored,
        {},
        {},
        [],
        [],
    )
    fields, before, steps = dict(made.fields), dict(made.before), list(made.steps)
    for edit in (*own, *more):
        name = _NAMES.get(str(edit.path[0]), str(edit.path[0]))
        before.setdefault(name, stored.detail.get(name))
        fields[name], old = _edited(name, fields.get(name, stored.detail.get(name)), edit)
        if edit in own:
            _expect(asset, edit, old)
            steps.append(
                (unit.rule, unit.safety, spelled(edit.path), None if old is MISSING else old, edit.value)
            )
    return replace(made, fields=fields, before=before, steps=steps, edits=[*made.edits, *own, *more])


def _edited(name: str, value: Any, edit: YamlEdit) -> tuple[Any, Any]:
    """A field with one edit made, and what was at its place before."""
    inner = edit.path[1:]
    if name not in _JSON:
        return edit.value, value
    text = value if isinstance(value, str) and value.strip() else "{}"
    content = json.loads(text)
    old = look_up(content, inner)
    new = apply(text, splices(Source(text, read_json(text), content, "\n"), inner, edit.value))
    if not same(json.loads(new), put(content, inner, edit.value)):
        raise CannotEditError("its JSON cannot be changed alone")
    return new, old


def _expect(asset: Asset, edit: YamlEdit, old: Any) -> None:
    """The value must still be the one that the finding speaks of."""
    known = look_up(asset.raw, edit.path)
    empty = (None, MISSING)
    if not (same(known, old) or (known in empty and old in empty)):
        raise CannotEditError("it was changed while it was being checked: run again")


def _decoded(value: Any) -> dict[str, Any] | None:
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
