"""What is to be done: the fixes of findings as edits that belong together, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dashlint.analysis import Analysis
from dashlint.assets import Asset, Chart, Dataset
from dashlint.lint.model import Confidence, Edit, Finding

_TIMEOUT = ("cache_timeout",)


@dataclass(frozen=True, eq=False)
class Unit:
    """Edits of which all are made or none, with the findings that they mend."""

    findings: tuple[Finding, ...]
    edits: tuple[Edit, ...]
    description: str

    @property
    def rule(self) -> str:
        return self.findings[0].rule

    @property
    def safety(self) -> str:
        """``safe`` where every fix in it is."""
        safeties = {finding.fix.safety for finding in self.findings if finding.fix}
        return "safe" if safeties == {"safe"} else "unsafe"


class Allowed(NamedTuple):
    """Which fixes may be made.

    ``unsafe``: those that change what people see. ``named``: codes and names of the rules that were asked for
    one by one; what a finding of low confidence proposes is done for these alone.
    """

    unsafe: bool = False
    named: tuple[str, ...] = ()

    def allows(self, finding: Finding) -> bool:
        """Whether a finding's fix may be made."""
        if finding.fix is None or not finding.fix.edits:
            return False
        return (self.unsafe or finding.fix.safety == "safe") and self.trusts(finding)

    def trusts(self, finding: Finding) -> bool:
        """Whether a finding is sure enough to act on."""
        return (
            finding.confidence is not Confidence.LOW
            or finding.rule in self.named
            or finding.name in self.named
        )


def units(findings: Iterable[Finding], analysis: Analysis, allowed: Allowed) -> list[Unit]:
    """The fixes that may be made, in the order of the rules' codes.

    Cache timeouts that every chart of a dataset gets become one of the dataset.
    """
    wanted = [
        Unit((finding,), finding.fix.edits, finding.fix.description)
        for finding in sorted(findings, key=lambda f: f.rule)
        if finding.fix is not None and allowed.allows(finding)
    ]
    return list(_by_dataset(wanted, analysis))


def _by_dataset(wanted: Sequence[Unit], analysis: Analysis) -> Iterator[Unit]:
    timeouts: dict[Dataset, dict[Chart, Unit]] = {}
    for unit in wanted:
        chart = _timeout_of(unit)
        dataset = analysis.dataset_of(chart) if chart is not None else None
        if chart is not None and dataset is not None:
            timeouts.setdefault(dataset, {}).setdefault(chart, unit)
    merged: dict[Unit, Unit | None] = {}
    for dataset, by_chart in timeouts.items():
        one = _one_for_all(dataset, by_chart, analysis)
        if one is not None:
            merged.update(dict.fromkeys(by_chart.values()))
            merged[next(iter(by_chart.values()))] = one
    for unit in wanted:
        result = merged.get(unit, unit)
        if result is not None:
            yield result


def _timeout_of(unit: Unit) -> Chart | None:
    """The chart, where a unit does nothing but set its cache timeout to so many seconds."""
    if len(unit.edits) != 1 or unit.edits[0].path != _TIMEOUT or not unit.edits[0].value:
        return None
    asset = unit.edits[0].asset
    return asset if isinstance(asset, Chart) else None


def _one_for_all(dataset: Dataset, by_chart: dict[Chart, Unit], analysis: Analysis) -> Unit | None:
    """One timeout on the dataset, where all of its charts (two or more) are to get the same."""
    charts = analysis.workspace.charts_by_dataset.get(dataset, ())
    values = {unit.edits[0].value for unit in by_chart.values()}
    if len(charts) < 2 or len(values) != 1 or set(charts) != set(by_chart):
        return None
    seconds = values.pop()
    own = [chart for chart in charts if chart.cache_timeout is not None]
    return Unit(
        tuple(finding for unit in by_chart.values() for finding in unit.findings),
        (Edit(dataset, _TIMEOUT, seconds), *(Edit(chart, _TIMEOUT, None) for chart in own)),
        f"set cache_timeout of “{dataset.name}” to {seconds} s, for all of its {len(charts)} charts at once",
    )


def touched_by(edit: Edit) -> tuple[Asset, tuple[str | int, ...]]:
    """What an edit touches: its place, or all of a chart's parameters."""
    return edit.asset, edit.path[:1] if edit.path[0] == "params" else edit.path


def overlapping(one: tuple[Asset, tuple[str | int, ...]], other: tuple[Asset, tuple[str | int, ...]]) -> bool:
    """Whether one of two places is within the other."""
    shorter = min(len(one[1]), len(other[1]))
    return one[0] is other[0] and one[1][:shorter] == other[1][:shorter]


def stored_path(edit: Edit) -> tuple[str | int, ...]:
    """The path in what was read: some tools write a dashboard's parts under the names of the REST API."""
    first = edit.path[0]
    api = {"metadata": "json_metadata", "position": "position_json"}.get(str(first))
    raw = edit.asset.raw
    return (api, *edit.path[1:]) if api and first not in raw and api in raw else edit.path
