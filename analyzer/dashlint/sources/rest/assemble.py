"""From what was fetched to a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dashlint.assets import Chart, Dashboard, Database, Dataset, Origin, Problem, Workspace
from dashlint.sources import build
from dashlint.sources.rest import details
from dashlint.sources.rest.collect import Item
from dashlint.sources.rest.plan import Plan, dashboards_of


def assemble(plan: Plan, version: str | None) -> Workspace:
    """Everything that was fetched, as an export would have it, with what only the lists tell.

    Args:
        plan: after everything has been fetched.
        version: Superset's.
    """
    _finish(plan)
    assembly = _Assembly(plan)
    return Workspace(
        dashboards=tuple(assembly.dashboard(item) for item in _sorted(plan, "dashboard")),
        charts=tuple(assembly.chart(item) for item in _sorted(plan, "chart")),
        datasets=tuple(assembly.dataset(item) for item in _sorted(plan, "dataset")),
        databases=tuple(assembly.database(item) for item in _sorted(plan, "database")),
        problems=(*plan.found.problems, *assembly.problems),
        superset_version=version,
        url=plan.client.base,
    )


def _finish(plan: Plan) -> None:
    """What an export writes into a file about other objects, for those that no export gave."""
    found, datasets, databases = plan.found, plan.uuids("dataset"), plan.uuids("database")
    for chart in found.of("chart"):
        uuid = datasets.get(details.dataset_id(chart.row) or 0)
        if chart.way != "export" and uuid:
            found.replace(chart._replace(raw={**chart.raw, "dataset_uuid": uuid}))
    for dataset in found.of("dataset"):
        uuid = databases.get(details.database_id(dataset.row) or 0)
        if dataset.way != "export" and uuid:
            found.replace(dataset._replace(raw={**dataset.raw, "database_uuid": uuid}))
    for dashboard in found.of("dashboard"):
        if dashboard.way == "export":
            continue
        raw = dict(dashboard.raw)
        charts = [row for row in plan.rows.get("chart", {}).values() if dashboard.id in dashboards_of(row)]
        raw["position"] = details.with_all_charts(raw["position"], raw["dashboard_title"], charts)
        raw["metadata"] = details.with_uuids(raw["metadata"], datasets)
        found.replace(dashboard._replace(raw=raw))


class _Assembly:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        # Numeric ids mean something within this server only.
        self._origin = Origin(None, plan.client.base)
        self.problems: list[Problem] = []

    def dashboard(self, item: Item) -> Dashboard:
        made = build.dashboard(item.raw, self._origin, self._reporter(item), id=item.id)
        row = self._plan.row("dashboard", item.id)
        published = row.get("published")
        return replace(
            made,
            published=published if isinstance(published, bool) else made.published,
            owners=_owners(row),
        )

    def chart(self, item: Item) -> Chart:
        # What runs there is drawn as what it is; only an import rewrites old chart types.
        made = build.chart(item.raw, self._origin, self._reporter(item), id=item.id, imported=False)
        return replace(made, dataset_id=details.dataset_id(item.row or self._plan.row("chart", item.id)))

    def dataset(self, item: Item) -> Dataset:
        made = build.dataset(item.raw, self._origin, self._reporter(item), id=item.id)
        return replace(made, database_id=details.database_id(item.row or self._plan.row("dataset", item.id)))

    def database(self, item: Item) -> Database:
        made = build.database(item.raw, self._origin, self._reporter(item), id=item.id)
        row = item.row or self._plan.row("database", item.id)
        return replace(made, backend=made.backend or build.text(row.get("backend")))

    def _reporter(self, item: Item) -> build.Report:
        def report(kind: str, message: str, _field: str | None) -> None:
            # A dashboard does not tell the uuids of its datasets: that is no fault of theirs.
            if item.uuid is not None or kind != "invalid-asset":
                self.problems.append(Problem(kind, f"{_named(item)}: {message}"))

        return report


def _named(item: Item) -> str:
    titles = ("dashboard_title", "slice_name", "table_name", "database_name")
    title = next((item.raw[key] for key in titles if item.raw.get(key)), "")
    number = f" (id {item.id})" if item.id is not None else ""
    return f"{item.kind} {title!r}{number}"


def _owners(row: Mapping[str, Any]) -> tuple[str, ...]:
    owners = row.get("owners")
    names = [
        " ".join(str(owner[key]) for key in ("first_name", "last_name") if owner.get(key))
        for owner in (owners if isinstance(owners, list) else ())
        if isinstance(owner, Mapping)
    ]
    return tuple(name for name in names if name)


def _sorted(plan: Plan, kind: str) -> list[Item]:
    """By id, as an export of the whole instance has them; threads and batches bring them in any order."""
    return sorted(plan.found.of(kind), key=lambda item: (item.id is None, item.id or 0, item.uuid or ""))
