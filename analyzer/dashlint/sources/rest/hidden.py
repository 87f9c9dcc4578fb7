"""What an account cannot see: fetched where another page tells it, and counted where none does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dashlint.assets import Problem
from dashlint.sources.errors import SourceError
from dashlint.sources.rest import details
from dashlint.sources.rest.account import Account
from dashlint.sources.rest.collect import Collection, Item, chart_nodes
from dashlint.sources.rest.lists import CHART_DETAILS, read_list
from dashlint.sources.rest.plan import Plan, counted, dashboards_of, may_go_on

_KIND = "permission-denied"
# What an endpoint that is closed to the account may say, or one that trips over what the account cannot see.
_CLOSED = frozenset({"permission-denied", "not-found", "server-error"})


def list_charts(plan: Plan) -> list[int]:
    """List the charts of dashboards that no export gave; the ids of those that the account may see."""
    listed: dict[int, Mapping[str, Any]] = {}
    for dashboard in plan.found.of("dashboard"):
        if dashboard.way != "detail" or dashboard.id is None:
            continue
        try:
            listed.update(read_list(plan.client, "chart", CHART_DETAILS, of_dashboard=dashboard.id).rows)
        except SourceError as error:
            _note(plan, f"the list of charts of dashboard {dashboard.id}", error)
    plan.rows["chart"] = {**plan.rows.get("chart", {}), **listed}
    return list(listed)


def learn_charts(plan: Plan) -> list[int]:
    """Ask dashboards that no export gave for their charts: a dashboard tells all of them.

    ``GET /dashboard/{id}/charts`` also lists charts whose data the account may not read
    (superset/dashboards/api.py: ``get_charts``). The plan's rows grow by them.

    Returns:
        The ids of the charts that were not known before.
    """
    learnt: dict[int, Mapping[str, Any]] = {}
    known = plan.rows.get("chart", {})
    for dashboard in plan.found.of("dashboard"):
        if dashboard.way != "detail" or dashboard.id is None:
            continue
        uuids = {meta.get("chartId"): meta.get("uuid") for meta in chart_nodes(dashboard.raw.get("position"))}
        if known and uuids.keys() <= known.keys():
            continue
        for found in _result(plan, f"dashboard/{dashboard.id}/charts"):
            number = found.get("id")
            if isinstance(number, int) and number not in known:
                row = details.chart_of_dashboard(found, uuids.get(number))
                learnt[number] = {**row, "dashboards": [{"id": dashboard.id}], "way": "dashboard"}
    plan.rows["chart"] = {**known, **learnt}
    return list(learnt)


def learn_datasets(plan: Plan) -> None:
    """Ask dashboards for datasets that their charts need and that the account cannot open."""
    needed = missing_datasets(plan)
    dashboards = [
        dashboard.id
        for dashboard in plan.found.of("dashboard")
        if dashboard.id is not None and needed & _datasets_of(plan, dashboard)
    ]
    merged: dict[int, dict[str, Any]] = {}
    for dashboard_id in dashboards:
        for found in _result(plan, f"dashboard/{dashboard_id}/datasets"):
            identity = found.get("id")
            if isinstance(identity, int) and identity in needed:
                merged[identity] = _merged(merged.get(identity), details.dataset_of_dashboard(found))
    for identity, found in merged.items():
        row = plan.row("dataset", identity)
        raw = details.dataset(found, row)
        plan.found.add(Item("dataset", identity, raw["uuid"], raw, "dashboard", {**found, **row}))


def learn_databases(plan: Plan) -> None:
    """Take databases that the account cannot open from the pages of their datasets: above all, their engines.

    Who may read all data need not have access to any database (superset/databases/filters.py:
    ``DatabaseFilter``).
    """
    for dataset in plan.found.of("dataset"):
        database, number = dataset.row.get("database"), details.database_id(dataset.row)
        if not isinstance(database, Mapping) or plan.found.has("database", number):
            continue
        uuid = database.get("uuid") or details.database_uuid(plan.row("dataset", dataset.id))
        uuid = uuid if isinstance(uuid, str) else None
        told = {
            "id": number,
            "uuid": uuid,
            "database_name": database.get("database_name") or database.get("name"),
            "backend": database.get("backend"),
        }
        plan.found.add(Item("database", number, uuid, details.database(told, told), "dataset", told))


def missing_datasets(plan: Plan) -> set[int]:
    """Ids of datasets that charts, or filters of dashboards that were read singly, name without avail."""
    named = {
        number
        for chart in plan.found.of("chart")
        if not plan.found.has("dataset", uuid=chart.raw.get("dataset_uuid"))
        and (number := dataset_id(plan, chart)) is not None
    }
    for dashboard in plan.found.of("dashboard"):
        # Exports have uuids there.
        named |= details.filter_datasets(dashboard.raw.get("metadata"))
    return {number for number in named if not _has_dataset(plan, number)}


def dataset_id(plan: Plan, chart: Item) -> int | None:
    """The id of a chart's dataset, as the server says it."""
    number = details.dataset_id(chart.row or plan.row("chart", chart.id))
    if number is not None:
        return number
    uuid = chart.raw.get("dataset_uuid")
    return plan.ids("dataset").get(uuid) if isinstance(uuid, str) else None


def problems(plan: Plan, account: Account, refused: Mapping[str, SourceError]) -> list[Problem]:
    """What is not in the report because the account may not see it.

    Args:
        plan: after everything has been fetched.
        account: whose view it is.
        refused: lists that were closed to it, by kind.
    """
    told = [Problem(error.kind, _closed(account, kind, error)) for kind, error in refused.items()]
    if account.is_admin:
        return told
    found = plan.found
    drafts = _hidden_dashboards(plan)
    # Who may read all data sees every chart and dataset that there is: what is missing is gone.
    lost = (0, 0) if account.sees_all_data else (_hidden_charts(plan), len(missing_datasets(plan)))
    counts = (
        (drafts, "dashboard", "cannot open {} with charts that it can (drafts, for one)"),
        (_way(found, "chart", "dashboard"), "chart", "reads {} only as far as dashboards tell"),
        (lost[0], "chart", "cannot open {} that dashboards show, or used to show"),
        (_way(found, "dataset", "dashboard"), "dataset", "reads {} only as far as dashboards tell"),
        (lost[1], "dataset", "cannot open {} that charts or filters use, or used to use"),
        (_way(found, "database", "dataset"), "database", "reads {} only as far as datasets tell"),
    )
    told += [
        Problem(_KIND, f"{account} {text.format(counted(number, noun))}")
        for number, noun, text in counts
        if number
    ]
    if not account.sees_all_data:
        seen = ", ".join(counted(len(found.of(kind)), kind) for kind in ("dashboard", "chart", "dataset"))
        told.append(
            Problem(
                _KIND,
                f"{account} may not see everything: {seen} were read, and Superset does not say what else "
                "there is; an account with the role Admin sees all",
            )
        )
    return told


def _hidden_dashboards(plan: Plan) -> int:
    seen = plan.rows.get("dashboard", {})
    named = {number for row in plan.rows.get("chart", {}).values() for number in dashboards_of(row)}
    return len(named - seen.keys())


def _hidden_charts(plan: Plan) -> int:
    placed = {
        (number, uuid)
        for _, number, uuid in plan.found.placed_charts()
        if not plan.found.has("chart", number, uuid)
    }
    return len(placed)


def _closed(account: Account, kind: str, error: SourceError) -> str:
    if error.kind == _KIND:
        return f"{account} may not list {kind}s: it lacks can_read on {kind.capitalize()}"
    return f"the list of {kind}s does not come: {error.message}"


def _way(found: Collection, kind: str, way: str) -> int:
    return sum(item.way == way for item in found.of(kind))


def _has_dataset(plan: Plan, number: int) -> bool:
    return plan.found.has("dataset", number, plan.row("dataset", number).get("uuid"))


def _datasets_of(plan: Plan, dashboard: Item) -> set[int]:
    placed = {meta.get("chartId") for meta in chart_nodes(dashboard.raw.get("position"))}
    return {
        number
        for chart in plan.found.of("chart")
        if chart.id in placed and (number := dataset_id(plan, chart)) is not None
    }


def _merged(first: dict[str, Any] | None, second: Mapping[str, Any]) -> dict[str, Any]:
    """Two dashboards' views of one dataset: each gives other columns and metrics in full."""
    if first is None:
        return dict(second)
    merged = dict(first)
    for key, name in (("columns", "column_name"), ("metrics", "metric_name")):
        parts: dict[Any, Mapping[str, Any]] = {}
        for part in (*_parts(first, key), *_parts(second, key)):
            if len(part) > len(parts.get(part.get(name), {})):
                parts[part.get(name)] = part
        merged[key] = list(parts.values())
    return merged


def _parts(source: Mapping[str, Any], key: str) -> Iterable[Mapping[str, Any]]:
    found = source.get(key)
    return [part for part in found if isinstance(part, Mapping)] if isinstance(found, list) else []


def _note(plan: Plan, what: str, error: SourceError) -> None:
    """Tell that something did not come, unless it is closed to the account: that is counted in the end.

    Raises:
        SourceError: the server is gone, or no longer takes the login.
    """
    if not may_go_on(error):
        raise error
    if error.kind not in _CLOSED:
        plan.found.problems.append(Problem(error.kind, f"{what} could not be read: {error.message}"))


def _result(plan: Plan, path: str) -> list[Mapping[str, Any]]:
    try:
        found = plan.client.json(path).get("result")
    except SourceError as error:
        _note(plan, f"GET /api/v1/{path}", error)
        return []  # counted as missing below
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []
