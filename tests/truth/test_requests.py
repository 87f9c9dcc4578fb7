"""Predicted requests against those that a browser sent: which charts and filters, how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from dashlint.superset import events, requests, scope
from dashlint.superset.page import Page
from dashlint.superset.query import Query, Request
from tests.truth.captures import BY_RELEASE, DATA, NAMES, Capture, capture

#: What one request is, for counting: a kind, and the chart's or the filter's id. The cells of a chart
#: that is a matrix of charts share one identity, which is not the chart's.
Identity = tuple[str, Any]
RANGE = (">=", "<=", "==")
CELL = " of a cell"
TRACE_PAGE = DATA.parents[2] / "docs" / "trace.md"


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
    """Whether a prediction is wrong. Three things depend on which answer comes first.

    After a refresh, the filter that is answered first asks once more. A filter below a chain of
    two asks once or twice, as their values come together or apart. On loading, a filter below one with
    a saved value asks twice more if its own options are there before those of the other.
    """
    missing, extra = found.sent - found.predicted, found.predicted - found.sent
    if found.phase == "force_refresh":
        options = all(kind == "filter_options" for kind, _ in (*missing, *extra))
        return not (options and sum(missing.values()) == sum(extra.values()) <= 1)
    above = {f.id: set(ancestors(f.id, captured)) for f in captured.dashboard.filters}
    parents = {f.id: set(f.cascade_parent_ids) for f in captured.dashboard.filters}
    may_vary = {key: 1 for key, those in above.items() if those - parents[key]}
    if found.phase == "load":
        valued = {f.id for f in captured.dashboard.filters if f.default_extra_form_data}
        may_vary |= {key: 2 for key, those in above.items() if those & valued and not extra}
    return any(
        kind != "filter_options" or count > may_vary.get(key, 0)
        for (kind, key), count in (missing + extra).items()
    )


def ancestors(filter_id: str, captured: Capture) -> Iterator[str]:
    """The filters that limit a filter's options, directly or through others."""
    waiting, seen = [filter_id], {filter_id}
    while waiting:
        one = captured.filters.get(waiting.pop())
        for parent in one.cascade_parent_ids if one is not None else ():
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
                yield parent


@pytest.mark.parametrize("name", [*NAMES, *BY_RELEASE])
def test_the_same_requests_as_the_browser(name: str) -> None:
    captured = capture(name)
    found = list(compare(captured))
    assert found, "no phase of the capture is an event"
    wrong = [str(c) for c in found if differs(c, captured)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [*NAMES, *BY_RELEASE])
def test_every_phase_has_its_event(name: str) -> None:
    """A click where cross-filters are off, or on a chart of another type, is all that is no event."""
    captured = capture(name)
    page = Page(captured.dashboard, captured.workspace)
    named = {action.name: action for action in events.actions(page, captured.settings)}
    for phase in captured.raw["phases"]:
        event, _ = _event(phase, page, named)
        if event is not None:
            assert event in named, phase["phase"]
        elif phase["phase"] == "cross_filter":
            clicked = captured.charts[phase["emitter_slice_id"]].viz_type
            emits = scope.is_emitter(clicked, captured.settings)
            assert not (captured.dashboard.cross_filters_enabled and emits)
            assert phase["requests"] == []


def set_of(name: str) -> tuple[str, str]:
    """The set of dashboards that a capture belongs to, and its release."""
    folder, _, rest = name.partition("/")
    return (folder, rest.split("/")[0]) if rest else ("captured", "6.1.0")


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


def _built(query: Query) -> dict[str, Any]:
    return {
        "columns": [c.label for c in (query.columns if query.sent_columns is None else query.sent_columns)],
        "metrics": None if query.metrics is None else [m.label for m in query.metrics],
        "filters": {(f.col, "range" if f.op in RANGE else f.op) for f in query.filters},
        "row_limit": query.row_limit,
        "post_processing": list(query.post_processing),
    }


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


def counts(name: str) -> tuple[int, int, int]:
    """Requests of one capture that are right, missing and extra in the prediction."""
    found = list(compare(capture(name)))
    return (
        sum(sum((one.sent & one.predicted).values()) for one in found),
        sum(sum((one.sent - one.predicted).values()) for one in found),
        sum(sum((one.predicted - one.sent).values()) for one in found),
    )


def summary() -> str:
    """One line for each set of dashboards and release, as ``docs/trace.md`` has them."""
    sets: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
    for name in (*NAMES, *BY_RELEASE):
        sets.setdefault(set_of(name), []).append(counts(name))
    lines = ["| set | release | dashboards | right | missing | extra |", "|---|---|---:|---:|---:|---:|"]
    for (kind, release), found in sets.items():
        right, missing, extra = map(sum, zip(*found, strict=True))
        lines.append(
            f"| {kind.replace('_', ' ')} | {release} | {len(found)} | {right:,} | {missing} | {extra} |"
        )
    return "\n".join(lines)


def test_the_documentation_tells_these_figures() -> None:
    assert summary() in TRACE_PAGE.read_text("utf-8")


def table() -> str:
    """The whole comparison as text: ``python -m tests.truth.test_requests``."""
    lines = [f"{'dashboard':53} {'phase':46} right missing extra"]
    for name in (*NAMES, *BY_RELEASE):
        for found in compare(capture(name)):
            right = sum((found.sent & found.predicted).values())
            missing = sum((found.sent - found.predicted).values())
            extra = sum((found.predicted - found.sent).values())
            lines.append(f"{name:53} {found.phase:46} {right:5} {missing:7} {extra:5}")
    return "\n".join([*lines, "", summary()])


if __name__ == "__main__":
    print(table())  # noqa: T201 - asked for
