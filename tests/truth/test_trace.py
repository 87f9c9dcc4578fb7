"""What ``dashlint trace --format json`` says against what a browser sent: every field of every query.

The other tests here look at the prediction from inside; this one reads the published JSON alone.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pytest
from typer.testing import CliRunner

from dashlint.cli.app import app
from tests.truth.captures import BY_RELEASE, DATA, NAMES, Capture, capture
from tests.truth.front_end.shape import column, metric

#: One request for counting: its kind, and the chart's id or the filter's.
Key = tuple[str, Any]
_RANGE = (">=", "<=", "==")
#: Recorded steps that did something else than their name says, and what.
_OTHERWISE = {
    # The list of options begins with "Select all" there: the second one was selected already, so
    # that picking it took the value back.
    ("made_up/4.1.4/first_item_of_another_tab", "filter_after_all_tabs:X"),
    ("made_up/5.0.0/first_item_of_another_tab", "filter_after_all_tabs:X"),
}
ALL_TABS = "filter_after_all_tabs"


@cache
def traced(name: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The requests of every event, as the command prints them."""
    path = DATA / name
    arguments = ["trace", str(path.parent / "exports" / f"{path.name}.zip"), "--event", "all"]
    arguments += ["--format", "json", "--superset-config", str(DATA / "superset_config.py")]
    arguments += ["--superset-version", name.split("/")[1] if "/" in name else "6.1.0"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    (dashboard,) = json.loads(result.stdout)["dashboards"]
    return {event["event"]: event["requests"] for event in dashboard["events"]}


def event_of(phase: Mapping[str, Any], captured: Capture) -> str | None:
    """The event that a recorded phase stands for; None where it is none."""
    name: str = phase["phase"]
    events = traced(captured.name)
    if name == "load":
        return name
    if name == "force_refresh":
        return "refresh"
    if name == "cross_filter":
        chart = captured.charts.get(phase["emitter_slice_id"])
        event = f"cross-filter:{chart.name}" if chart is not None else ""
        return event if event in events else None
    if name.startswith("tab:"):
        found = [e for e in events if e.startswith("tab:") and e[4:].split("/")[-1] == name[4:]]
        return found[0] if len(found) == 1 else None
    kind, _, rest = name.partition(":")
    if kind not in ("filter", ALL_TABS) or "/then_" in rest:
        return None
    return f"filter:{rest.removesuffix('/before_apply')}{'@all-tabs' if kind == ALL_TABS else ''}"


def pairs(captured: Capture) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Phase, recorded request and predicted request, where it is clear which belongs to which."""
    for phase in captured.raw["phases"]:
        event = event_of(phase, captured)
        if event is None or (captured.name, phase["phase"]) in _OTHERWISE:
            continue
        kind = phase["phase"].partition(":")[0]
        if kind in ("filter", ALL_TABS) and "/" not in captured.name:
            # There, filters were tried on one page after another, which leaves something behind.
            continue
        before = phase["phase"].endswith("/before_apply") if kind in ("filter", ALL_TABS) else None
        ours: dict[Key, list[Mapping[str, Any]]] = defaultdict(list)
        for request in traced(captured.name)[event]:
            if before is None or request["before_apply"] == before:
                ours[_predicted_key(request)].append(request)
        theirs: dict[Key, list[Mapping[str, Any]]] = defaultdict(list)
        for request in phase["requests"]:
            theirs[_sent_key(request)].append(request)
        for key, sent in theirs.items():
            # Where one chart or filter asks several times, timing decides with what.
            if len(sent) == len(ours[key]) == 1:
                yield f"{phase['phase']} {key}", sent[0], ours[key][0]


def _sent_key(request: Mapping[str, Any]) -> Key:
    if request["kind"] == "filter_options":
        return ("filter_options", request["native_filter_id"])
    return (request["kind"], request["slice_id"])


def _predicted_key(request: Mapping[str, Any]) -> Key:
    if request["kind"] == "filter_options":
        return ("filter_options", request["filter"]["id"])
    return (request["kind"], (request.get("chart") or {}).get("id"))


def sent_query(query: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "columns": [_label(column(c)) for c in query.get("columns", ())],
        "metrics": [metric(m) for m in query["metrics"]] if query.get("metrics") is not None else None,
        # Which end of a range is picked differs by the control that a version has for it.
        "filters": {(f["col"], "range" if f["op"] in _RANGE else f["op"]) for f in query.get("filters", ())},
        "row_limit": query.get("row_limit"),
        "row_offset": query.get("row_offset", 0),
        "series_limit": query.get("series_limit", 0),
        "orderby": [[_label(item[0]), item[1]] for item in query.get("orderby") or ()],
        "is_rowcount": query.get("is_rowcount", False),
        "post_processing": query.get("post_processing", []),
    }


def _label(value: Any) -> Any:
    return metric(value) if isinstance(value, Mapping) else value


def predicted_query(query: Mapping[str, Any]) -> dict[str, Any]:
    made = {key: query[key] for key in sent_query({})}
    made["filters"] = {(f["col"], "range" if f["op"] in _RANGE else f["op"]) for f in query["filters"]}
    made["orderby"] = [list(item) for item in query["orderby"]]
    return made


def query_differences(sent: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[str]:
    if sent["kind"] == "legacy":
        return  # It sends its form data; what the server makes of them shows in its answer.
    if ours.get("chart") and ours["chart"]["viz_type"] != sent["viz_type"]:
        return  # Of old: read as an import makes it, while the browser does not know the type.
    if len(sent["queries"]) != len(ours["queries"]):
        yield f"{len(sent['queries'])} queries, predicted {len(ours['queries'])}"
        return
    for index, (theirs, mine) in enumerate(zip(sent["queries"], ours["queries"], strict=True)):
        if "result_type" in mine and mine["result_type"] == theirs.get("result_type"):
            continue  # The dataset's description, without SQL.
        want, have = sent_query(theirs), predicted_query(mine)
        for field, value in want.items():
            if value != have[field]:
                yield f"query {index} {field}: {value!r}, predicted {have[field]!r}"


def answer_differences(sent: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[str]:
    """Timeouts and LIMITs that the server reported; nothing where it reported an error."""
    for index, (answer, query) in enumerate(zip(sent.get("response", ()), ours["queries"], strict=False)):
        seconds = answer.get("cache_timeout")
        if seconds is not None and seconds != ours["cache_timeout"]["seconds"]:
            yield f"query {index} cache_timeout: {seconds}, predicted {ours['cache_timeout']}"
        limits = answer.get("sql_limits")
        if limits is None or answer.get("error"):
            continue
        effective = query["effective_limit"]
        if (effective not in limits) if effective is not None else bool(limits):
            yield f"query {index} effective_limit: {limits}, predicted {effective}"


@pytest.mark.parametrize("name", [*NAMES, *BY_RELEASE])
def test_the_same_fields_as_the_browser(name: str) -> None:
    captured = capture(name)
    wrong = []
    compared = 0
    for where, sent, ours in pairs(captured):
        compared += 1
        wrong += [f"{where}: {text}" for text in query_differences(sent, ours)]
        wrong += [f"{where}: {text}" for text in answer_differences(sent, ours)]
    assert compared or not any(phase["requests"] for phase in captured.raw["phases"])
    assert not wrong, "\n".join(wrong)
