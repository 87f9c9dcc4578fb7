"""Predicted requests against those that a browser sent: which charts and filters, how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from dashlint.superset import events, requests
from dashlint.superset.page import Page
from dashlint.superset.queries import METADATA_FILTERS
from dashlint.superset.query import Query, Request
from tests.truth.captures import BY_RELEASE, NAMES, Capture, capture

#: What one request is, for counting: a kind, and the chart's or the filter's id. The cells of a chart
#: that is a matrix of charts share one identity, which is not the chart's.
Identity = tuple[str, Any]
RANGE = (">=", "<=", "==")
CELL = " of a cell"


class Comparison(NamedTuple):
    """One phase of a capture beside the event that it stands for."""

    phase: str
    sent: Counter[Identity]
    predicted: Counter[Identity]

    def __str__(self) -> str:
        missing, extra = self.sent - self.predicted, self.predicted - self.sent
        return f"{self.phase}: missing {dict(missing)}, extra {dict(extra)}"


def of_capture(raw: Mapping[str, Any]) -> Identity:
    if raw["kind"] == "filter_options":
        return ("filter_options", raw["native_filter_id"])
    return (raw["kind"] + (CELL if raw.get("cell") else ""), raw["slice_id"])


def of_prediction(request: Request) -> Identity:
    if request.native_filter is not None:
        return ("filter_options", request.native_filter.id)
    return (request.kind + (CELL if request.cell is not None else ""), request.chart_id)


def compare(captured: Capture) -> Iterator[Comparison]:
    everything = captured.workspace
    page = Page(captured.dashboard, everything)
    named = {action.name: action for action in events.actions(page, captured.settings)}
    unfolded: set[Identity] = set()
    for phase in captured.raw["phases"]:
        sent = Counter(of_capture(raw) for raw in phase["requests"])
        if phase["phase"] == "expand_out_of_scope_filters":
            # Options that were fetched here are not fetched again when a tab brings the filter up.
            unfolded |= set(sent)
        name, before_apply = _event(phase, page, named)
        if name is None:
            continue
        event = requests.predict(captured.dashboard, name, everything, captured.settings)
        predicted = Counter(
            of_prediction(r) for r in event.requests if before_apply is None or r.before_apply == before_apply
        )
        if name.startswith("tab:"):
            predicted = Counter({k: n for k, n in predicted.items() if k not in unfolded})
        yield Comparison(phase["phase"], sent, predicted)


def _event(
    phase: Mapping[str, Any], page: Page, named: Mapping[str, events.Action]
) -> tuple[str | None, bool | None]:
    """The event that a phase stands for, and whether it is only what happens before Apply."""
    name: str = phase["phase"]
    if name == "load":
        return "load", None
    if name == "force_refresh":
        return "refresh", None
    if name == "cross_filter":
        emitter = phase["emitter_slice_id"]
        found = [a.name for a in named.values() if a.slot is not None and a.slot.key == emitter]
        return (found[0] if found else None), None
    if name.startswith("tab:"):
        tabs = {a.tab.text: a.name for a in named.values() if a.tab is not None}
        return tabs[name[4:]], None
    kind, _, rest = name.partition(":")
    if kind not in ("filter", "filter_after_all_tabs") or "/then_" in rest:
        return None, None
    before_apply = rest.endswith("/before_apply")
    event = "filter:" + rest.removesuffix("/before_apply")
    return event + (events.ALL_TABS if kind == "filter_after_all_tabs" else ""), before_apply


def differs(found: Comparison, captured: Capture) -> bool:
    """Whether a prediction is wrong. Two things depend on which answer comes first.

    After a refresh, the filter that is answered first asks once more. A filter below two others
    asks once or twice, as their values come together or apart.
    """
    missing, extra = found.sent - found.predicted, found.predicted - found.sent
    if found.phase == "force_refresh":
        options = all(kind == "filter_options" for kind, _ in (*missing, *extra))
        return not (options and sum(missing.values()) == sum(extra.values()) <= 1)
    below_two = {
        ("filter_options", f.id)
        for f in captured.dashboard.filters
        if f.cascade_parent_ids and any(captured.filters[p].cascade_parent_ids for p in f.cascade_parent_ids)
    }
    return any(key not in below_two or count > 1 for key, count in (missing + extra).items())


@pytest.mark.parametrize("name", [*NAMES, *BY_RELEASE])
def test_the_same_requests_as_the_browser(name: str) -> None:
    captured = capture(name)
    found = list(compare(captured))
    assert found, "no phase of the capture is an event"
    wrong = [str(c) for c in found if differs(c, captured)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [*NAMES, *BY_RELEASE])
def test_every_phase_has_its_event(name: str) -> None:
    """A click on a chart where cross-filters are off is the one thing that is no event."""
    captured = capture(name)
    page = Page(captured.dashboard, captured.workspace)
    named = {action.name: action for action in events.actions(page, captured.settings)}
    for phase in captured.raw["phases"]:
        event, _ = _event(phase, page, named)
        if event is not None:
            assert event in named, phase["phase"]
        elif phase["phase"] == "cross_filter":
            assert not captured.dashboard.cross_filters_enabled
            assert phase["requests"] == []


@pytest.mark.parametrize("name", [*NAMES, *BY_RELEASE])
def test_the_same_queries_as_the_browser(name: str) -> None:
    """Columns, metrics, limits, steps and filters of each request, with what filters have added."""
    captured = capture(name)
    everything = captured.workspace
    page = Page(captured.dashboard, everything)
    named = {action.name: action for action in events.actions(page, captured.settings)}
    wrong = []
    for phase in captured.raw["phases"]:
        event, before_apply = _event(phase, page, named)
        kind = phase["phase"].partition(":")[0]
        # In the captures that are not sorted by release, filters were tried on one page after
        # another, which leaves something behind.
        if event is None or kind not in ("load", "tab", "filter") or (kind == "filter" and "/" not in name):
            continue
        found = requests.predict(captured.dashboard, event, everything, captured.settings).requests
        ours: dict[Identity, list[Request]] = {}
        for request in found:
            if before_apply is None or request.before_apply == before_apply:
                ours.setdefault(of_prediction(request), []).append(request)
        for raw in phase["requests"]:
            same = ours.get(of_capture(raw), [])
            if raw["kind"] == "legacy" or raw.get("viz_type") in METADATA_FILTERS or len(same) != 1:
                # Where one chart or filter asks several times, timing decides with what.
                continue
            (predicted,) = same
            if predicted.chart is not None and predicted.chart.viz_type != raw["viz_type"]:
                # Read as what an import makes of it; the browser had the old type, which it
                # does not know any more.
                continue
            expected = [_sent(q) for q in raw["queries"]]
            built = [_built(q) for q in predicted.queries]
            if expected != built:
                wrong.append(f"{phase['phase']} {of_capture(raw)}: {expected} but {built}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [n for n in BY_RELEASE if "matrix_" in n])
def test_the_same_queries_for_the_cells_of_a_matrix(name: str) -> None:
    """What each cell asks for, and that it comes after the chart's own answer and without force."""
    captured = capture(name)
    everything = captured.workspace
    page = Page(captured.dashboard, everything)
    named = {action.name: action for action in events.actions(page, captured.settings)}
    compared = 0
    wrong = []
    for phase in captured.raw["phases"]:
        event, before_apply = _event(phase, page, named)
        if event is None or before_apply:
            continue
        found = requests.predict(captured.dashboard, event, everything, captured.settings).requests
        cells = [r for r in found if r.cell is not None]
        rounds = {r.chart_id: r.round for r in found if r.cell is None}
        assert all(r.round == rounds[r.chart_id] + 1 and not r.force for r in cells)
        began: dict[Any, float] = {}
        sent = []
        for raw in phase["requests"]:
            if not raw.get("cell"):
                began.setdefault(raw["slice_id"], raw["t_ms"])
                continue
            assert raw["t_ms"] > began[raw["slice_id"]]
            assert "force" not in raw
            legacy = raw["kind"] == "legacy"
            asked = _of_form(raw["form_data"]) if legacy else [_of_cell(q) for q in raw["queries"]]
            sent.append(repr((raw["slice_id"], asked)))
        ours = [repr((r.chart_id, _of_predicted_cell(r))) for r in cells]
        compared += len(sent)
        if Counter(sent) != Counter(ours):
            wrong.append(f"{phase['phase']}: {sorted(sent)} but {sorted(ours)}")
    assert not wrong, "\n".join(wrong)
    assert compared or "none" in name


def test_a_matrix_where_the_page_takes_the_browser_for_a_person() -> None:
    """The same requests, and more of the cells when tabs are shown again, which is no event but noted."""
    captured = capture("made_up/6.1.0-matrixify/matrix_on_tabs")
    by_a_person = capture("made_up/6.1.0-matrixify/unnoticed/matrix_on_tabs").raw["phases"]
    page = Page(captured.dashboard, captured.workspace)
    named = {action.name: action for action in events.actions(page, captured.settings)}
    again = []
    for phase in by_a_person:
        sent = Counter(of_capture(raw) for raw in phase["requests"])
        name, before_apply = _event(phase, page, named)
        if name is None:
            assert phase["phase"] == "tab_again:Two"
            again.append(sent)
            continue
        event = requests.predict(captured.dashboard, name, captured.workspace, captured.settings)
        predicted = Counter(of_prediction(r) for r in event.requests if r.before_apply == bool(before_apply))
        found = Comparison(phase["phase"], sent, predicted)
        if name == "tab:Three":
            # As it is left, the cells on tab Two ask again, which they did not when tab One was left.
            again.append(found.sent - found.predicted)
        else:
            assert not differs(found, captured), str(found)
        assert any("its tab is shown again" in note for note in event.notes) == (name in ("load", "tab:Two"))
    cells = {chart: count for chart, count in again[0].items() if chart[0].endswith(CELL)}
    assert list(cells.values()) == [3]
    assert again == [cells, cells]


def _of_cell(query: Mapping[str, Any]) -> dict[str, Any]:
    label = [c["label"] if isinstance(c, dict) else c for c, _ in query.get("orderby", ())]
    return {
        **_sent(query),
        "filters": [(f["col"], f["op"], _chosen(f["op"], f.get("val"))) for f in query.get("filters", ())],
        "orderby": list(zip(label, (d for _, d in query.get("orderby", ())), strict=True)),
        "series_limit": query.get("series_limit", 0),
    }


def _of_form(form: Mapping[str, Any]) -> list[Any]:
    """The filters in posted form data: the browser builds no query of them."""
    own = [
        (f["subject"], f["operator"], _chosen(f["operator"], f["comparator"])) for f in form["adhoc_filters"]
    ]
    added = form["extra_form_data"].get("filters", ())
    return sorted([*own, *((f["col"], f["op"], _chosen(f["op"], f.get("val"))) for f in added)])


def _of_predicted_cell(request: Request) -> list[Any]:
    if request.kind == "legacy":
        (query,) = request.queries
        return sorted((f.col, f.op, _chosen(f.op, f.val)) for f in query.filters)
    return [_built_of_cell(query) for query in request.queries]


def _built_of_cell(query: Query) -> dict[str, Any]:
    return {
        **_built(query),
        "filters": [(f.col, f.op, _chosen(f.op, f.val)) for f in query.filters],
        "orderby": list(query.orderby),
        "series_limit": query.series_limit,
    }


def _chosen(operator: str, value: Any) -> Any:
    """What somebody picked in a filter is not foreseen; the value of a cell is."""
    return value if operator == "==" else None


def _sent(query: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "columns": [c["label"] if isinstance(c, dict) else c for c in query.get("columns", ())],
        "metrics": query.get("metrics"),
        # Which end of a range is picked differs by the control that a version has for it.
        "filters": {(f["col"], "range" if f["op"] in RANGE else f["op"]) for f in query.get("filters", ())},
        "row_limit": query.get("row_limit"),
        "post_processing": query.get("post_processing", []),
    }


def _built(query: Query) -> dict[str, Any]:
    return {
        "columns": [c.label for c in (query.columns if query.sent_columns is None else query.sent_columns)],
        "metrics": None if query.metrics is None else [m.label for m in query.metrics],
        "filters": {(f.col, "range" if f.op in RANGE else f.op) for f in query.filters},
        "row_limit": query.row_limit,
        "post_processing": list(query.post_processing),
    }


def table() -> str:
    """The whole comparison as text: ``python -m tests.truth.test_requests``."""
    lines = [f"{'dashboard':53} {'phase':46} right missing extra"]
    for name in (*NAMES, *BY_RELEASE):
        for found in compare(capture(name)):
            right = sum((found.sent & found.predicted).values())
            missing = sum((found.sent - found.predicted).values())
            extra = sum((found.predicted - found.sent).values())
            lines.append(f"{name:53} {found.phase:46} {right:5} {missing:7} {extra:5}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201 - asked for
