"""What every output format prints: one report, computed once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard, Problem
from dashlint.cost.model import UNKNOWN, Cost
from dashlint.lint import amounts
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule
from dashlint.records import NamedTuple
from dashlint.report.pages import Details, charts_given, details

if TYPE_CHECKING:
    from dashlint.report.actions import ActionPlan, Fixable

#: Above findings that concern no dashboard: those about assets, and those about how Superset is run.
NOWHERE = "Not on any dashboard"
DEPLOYMENT = "Deployment"


class DashboardSummary(NamedTuple):
    """A dashboard in figures. ``queries_on_load`` counts query objects, memory is bytes.

    ``widest_filter`` is the filter whose change re-runs the most charts once every tab was
    opened, and how many charts those are; ``widest_filter_queries`` and ``widest_filter_memory`` (bytes) are
    what one change of it sends and costs, None without filters.
    """

    uuid: str
    id: int | None
    title: str
    file: str | None
    charts: int
    charts_on_load: int
    queries_on_load: int
    memory_on_load: Cost
    widest_filter: tuple[str, int] | None
    widest_filter_queries: int | None = None
    widest_filter_memory: Cost | None = None


class Counts(NamedTuple):
    """How much was read. ``deployment_files`` are those that say how Superset is run."""

    dashboards: int
    charts: int
    datasets: int
    deployment_files: int = 0

    def words(self) -> str:
        """``9 dashboards, 103 charts, 21 datasets``; what was not asked for is left out."""
        counted = self._asdict()
        files = counted.pop("deployment_files")
        parts = [amounts.plural(count, noun[:-1]) for noun, count in counted.items()]
        if not files:
            return ", ".join(parts)
        return ", ".join(
            [*(parts if any(counted.values()) else ()), amounts.plural(files, "deployment file")]
        )


class Report(NamedTuple):
    """The result of a scan. ``dashboards`` are ordered worst first, ``findings`` likewise.

    ``notes`` say once what was not known; ``suppressed`` counts findings that the project
    bears, ``accepted`` those of its baseline, ``hidden`` those that the persona does not see;
    ``assumed_version`` tells that nothing named the Superset version. ``rules`` are those that ran;
    ``fail_on`` is the lowest severity that fails the run (or ``never``). ``plan`` is there where it was
    asked for, ``fixable`` where something can be mended. ``details`` makes, when it is called, what a page
    about each dashboard shows; None where only the figures are known.
    """

    superset: str
    assumed_version: bool
    counts: Counts
    dashboards: tuple[DashboardSummary, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()
    suppressed: int = 0
    accepted: int = 0
    rules: tuple[Rule, ...] = ()
    fail_on: str = "warning"
    plan: ActionPlan | None = None
    fixable: Fixable | None = None
    details: Callable[[], Details] | None = None
    hidden: int = 0

    def fails(self, finding: Finding) -> bool:
        """Whether a finding fails the run."""
        return self.fail_on != "never" and finding.severity.rank >= Severity(self.fail_on).rank

    def count_of(self, severity: Severity) -> int:
        """How many findings have a severity."""
        return sum(1 for finding in self.findings if finding.severity is severity)


_NOTES = {
    "indexes": ("no index information for {n} table{s} ({some}): pass --catalog with the warehouse's DDL"),
    "statistics": (
        "no row counts for {n} table{s} ({some}): memory is given as an upper bound from row limits"
    ),
    "distinct": ("no number of distinct values for {n} column{s} ({some}): pass --catalog with statistics"),
    "charts": "{n} dashboard{s} ({some}) stand{v} alone: the charts were not given",
    "datasets": "{n} chart{s} or filter{s} ({some}) stand{v} alone: the datasets were not given",
    "databases": "{n} dataset{s} ({some}) stand{v} alone: the databases were not given",
    "cache": (
        "no superset_config.py was given, so whether {some} is cached is not known: pass --superset-config"
    ),
}


def build(
    analysis: Analysis,
    findings: Sequence[Finding],
    problems: Iterable[Problem],
    *,
    suppressed: int = 0,
    accepted: int = 0,
    hidden: int = 0,
    rules: Iterable[Rule] = (),
    fail_on: str = "warning",
    notes: Iterable[str] = (),
    plan: Callable[[Sequence[DashboardSummary]], ActionPlan] | None = None,
    fixable: Fixable | None = None,
    known: Mapping[Dashboard, DashboardSummary] = MappingProxyType({}),
) -> Report:
    """Puts a report together: summaries of the dashboards in focus, worst first.

    ``notes`` follow those on what the analysis lacked. ``plan`` makes the plan for the dashboards that are
    shown. ``known`` are figures of dashboards that are there already.
    """
    workspace = analysis.workspace
    focused = workspace.focused
    shown = [d for d in workspace.dashboards if focused is None or d in focused]
    figures = []
    own_problems: list[Problem] = []
    for dashboard in shown:
        try:
            figures.append(known.get(dashboard) or summarise(dashboard, analysis))
        except MemoryError:
            raise  # the others would get none either
        except Exception as error:  # noqa: BLE001 one broken dashboard must not hide the rest
            own_problems.append(
                Problem(
                    "dashboard-failed",
                    f"{dashboard.title!r} could not be analysed: {type(error).__name__}: {error}; "
                    "please report it",
                    dashboard.origin.file,
                )
            )
    figures.sort(key=lambda s: (-(s.memory_on_load.upper or 0), -s.queries_on_load, s.title))
    rank = {summary.uuid: place for place, summary in enumerate(figures)}
    ordered = sorted(findings, key=lambda f: _order(f, rank))
    in_focus = focused if focused is not None else (*workspace.charts, *workspace.datasets)
    kinds = [type(asset).__name__ for asset in in_focus]
    return Report(
        superset=workspace.superset_version or analysis.settings.version,
        assumed_version=workspace.superset_version is None
        and not analysis.settings.knows("SUPERSET_VERSION"),
        counts=Counts(
            len(shown),
            kinds.count("Chart"),
            kinds.count("Dataset"),
            len(analysis.deployment.files) if analysis.deployment is not None else 0,
        ),
        dashboards=tuple(figures),
        findings=tuple(ordered),
        problems=(*problems, *own_problems),
        notes=(*(_note(topic, list(subjects)) for topic, subjects in analysis.missing.items()), *notes),
        suppressed=suppressed,
        accepted=accepted,
        hidden=hidden,
        rules=tuple(rules),
        fail_on=fail_on,
        plan=plan(figures) if plan is not None else None,
        fixable=fixable,
        details=cache(partial(details, analysis, [summary.uuid for summary in figures])),
    )


def summaries(analysis: Analysis, dashboards: Iterable[Dashboard]) -> dict[Dashboard, DashboardSummary]:
    """Dashboards in figures, but for those for which that fails: :func:`build` says so of them."""
    found = {}
    for dashboard in dashboards:
        with suppress(Exception):
            found[dashboard] = summarise(dashboard, analysis)
    return found


def summarise(dashboard: Dashboard, analysis: Analysis) -> DashboardSummary:
    """One dashboard in figures."""
    widest = analysis.widest_filter(dashboard)
    given = charts_given(dashboard, analysis)
    events_known = given and bool(dashboard.layout.nodes)
    change = analysis.filter_change(dashboard, widest[0]) if widest is not None else None
    return DashboardSummary(
        uuid=dashboard.uuid,
        id=dashboard.id,
        title=dashboard.title,
        file=dashboard.origin.file,
        charts=len({p.chart or p.node.id for p in analysis.placements(dashboard)}),
        charts_on_load=len(analysis.charts_on_load(dashboard)),
        queries_on_load=analysis.queries_on_load(dashboard),
        memory_on_load=analysis.load_cost(dashboard) if events_known else UNKNOWN,
        widest_filter=(widest[0].name, widest[1]) if widest is not None else None,
        widest_filter_queries=sum(len(r.queries) for r in change.requests) if change else None,
        widest_filter_memory=(analysis.filter_cost(dashboard, widest[0]) if given else UNKNOWN)
        if widest
        else None,
    )


def _order(finding: Finding, rank: dict[str, int]) -> tuple[int, int, int, str, str]:
    """Most costly dashboard first, then severity, then memory; what is about the deployment comes last."""
    nowhere = len(rank) + (finding.asset.kind == "deployment")
    place = min((rank[uuid] for uuid in finding.dashboards if uuid in rank), default=nowhere)
    memory = finding.memory.upper or 0 if finding.memory is not None else 0
    return (place, -finding.severity.rank, -memory, finding.rule, finding.asset.name)


def _note(topic: str, subjects: list[str]) -> str:
    shown = ", ".join(subjects[:3]) + (" …" if len(subjects) > 3 else "")
    template = _NOTES.get(topic, "{some}")
    return template.format(
        n=len(subjects), s="" if len(subjects) == 1 else "s", v="s" if len(subjects) == 1 else "", some=shown
    )


def apart(finding: Finding) -> str:
    """What findings that concern no dashboard stand under."""
    return DEPLOYMENT if finding.asset.kind == "deployment" else NOWHERE


def fails(report: Report) -> bool:
    """Whether any finding fails the run."""
    return any(map(report.fails, report.findings))


__all__ = [
    "DEPLOYMENT",
    "NOWHERE",
    "Counts",
    "DashboardSummary",
    "Report",
    "apart",
    "build",
    "fails",
    "summaries",
    "summarise",
]
