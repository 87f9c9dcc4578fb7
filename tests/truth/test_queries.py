"""Predicted queries, limits and cache timeouts against what a browser and its server did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from dashlint.assets import Chart
from dashlint.superset import queries, timeouts
from dashlint.superset.query import Query
from tests.truth.captures import NAMES, SETTINGS, Capture, Sent, capture
from tests.truth.fields import Difference, differences


@pytest.fixture(params=NAMES)
def captured(request: pytest.FixtureRequest) -> Capture:
    name: str = request.param
    return capture(name)


def own_state(chart: Chart, sent: Sent) -> Mapping[str, Any]:
    """What a click in a table left behind: the second page, then a sorted second page."""
    page = {"currentPage": 1, "pageSize": chart.params.get("server_page_length", 10)}
    if sent.phase.startswith("table_page_2"):
        return page
    orderby = sent.raw["queries"][0].get("orderby") if sent.raw["queries"] else None
    if sent.phase.startswith("table_sort_click") and orderby:
        return {**page, "sortBy": [{"key": orderby[0][0], "desc": not orderby[0][1]}]}
    return {}


def extras(predicted: Sequence[Query], sent: Sent, others: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    """What filters may have added: as captured, or (not kept) as the request's own filters tell."""
    form_data = sent.raw.get("form_data")
    if form_data is not None:
        yield form_data.get("extra_form_data")
        return
    yield None
    saved = len(predicted[0].filters) if predicted else 0
    filters = sent.raw["queries"][0].get("filters", []) if sent.raw["queries"] else []
    if len(filters) > saved:
        yield {"filters": filters[: len(filters) - saved]}
    yield from others


def predict(captured: Capture, sent: Sent) -> tuple[Sequence[Query], list[Difference]]:
    """The best prediction over what the filters may have added, and what still differs."""
    chart = captured.charts[sent.slice_id]
    dataset = captured.workspace.dataset_of(chart)
    state = own_state(chart, sent)
    plain = queries.build(chart, dataset, SETTINGS, own_state=state)
    best: tuple[Sequence[Query], list[Difference]] | None = None
    for extra in extras(plain, sent, _applied(captured, sent)):
        predicted = queries.build(chart, dataset, SETTINGS, extra, own_state=state)
        found = _differences(captured, sent, chart, predicted)
        if best is None or len(found) < len(best[1]):
            best = (predicted, found)
        if not found:
            break
    assert best is not None
    return best


def _applied(captured: Capture, sent: Sent) -> list[Mapping[str, Any]]:
    """What the same filter added to requests that were kept whole."""
    wanted = sent.phase.split("/")[0].replace("filter_after_all_tabs:", "filter:")
    return [
        other.raw["form_data"]["extra_form_data"]
        for other in captured.requests("chart")
        if other.phase.split("/")[0] == wanted and "extra_form_data" in other.raw.get("form_data", {})
    ]


def _differences(captured: Capture, sent: Sent, chart: Chart, predicted: Sequence[Query]) -> list[Difference]:
    where = f"{captured.name} {sent.phase} #{sent.number} {chart.viz_type} {chart.name!r}"
    if len(predicted) != len(sent.raw["queries"]):
        return [Difference(where, "number of queries", len(sent.raw["queries"]), len(predicted))]
    found: list[Difference] = []
    for index, (query, ours) in enumerate(zip(sent.raw["queries"], predicted, strict=True)):
        found += differences(f"{where} query {index}", query, ours)
    return found


def show(found: Sequence[Difference]) -> str:
    return "\n".join(f"{d.where}: {d.field} is {d.captured!r}, predicted {d.predicted!r}" for d in found)


def test_every_field_of_every_chart_query(captured: Capture) -> None:
    found: list[Difference] = []
    requests = list(captured.requests("chart"))
    for sent in requests:
        found += predict(captured, sent)[1]
    assert requests
    assert not found, show(found)


def sql_limits(query: Query) -> list[int]:
    """All LIMITs of a query's statements: the series limit's, its own, one for each time offset."""
    limits = [query.series_limit] if query.series_limit and query.series_columns and query.metrics else []
    if query.effective_limit is not None:
        limits.append(query.effective_limit)
    return limits + [SETTINGS.row_limit] * len(query.time_offsets)


def test_every_limit_and_timeout(captured: Capture) -> None:
    wrong = []
    for sent in captured.requests("chart", "legacy"):
        chart = captured.charts[sent.slice_id]
        dataset = captured.workspace.dataset_of(chart)
        database = captured.workspace.database_of(dataset) if dataset else None
        legacy = sent.kind == "legacy"
        assert queries.is_legacy(chart.viz_type, SETTINGS) is legacy
        predicted: Sequence[Query] = (
            queries.build(chart, dataset, SETTINGS) if legacy else predict(captured, sent)[0]
        )
        timeout = timeouts.effective(chart, dataset, database, SETTINGS, legacy=legacy)
        for query, answer in zip(predicted, sent.raw.get("response", ()), strict=False):
            where = f"{sent.phase} {chart.viz_type} {chart.name!r} {query.role}"
            if answer.get("cache_timeout") != timeout.seconds:
                wrong.append(f"{where}: timeout {answer.get('cache_timeout')}, predicted {timeout}")
            limits = answer.get("sql_limits")
            if limits is None or _nothing_to_compare(answer, query):
                continue
            if limits != sql_limits(query):
                wrong.append(f"{where}: limits {limits}, predicted {sql_limits(query)}")
    assert not wrong, "\n".join(wrong)


def _nothing_to_compare(answer: Mapping[str, Any], query: Query) -> bool:
    """A main query without rows ends the work: its time offsets are not asked for."""
    return bool(query.time_offsets) and answer.get("rowcount") == 0


def test_every_field_of_every_option_query(captured: Capture) -> None:
    found: list[Difference] = []
    wrong = []
    for sent in captured.requests("filter_options"):
        native_filter = captured.filters[sent.raw["native_filter_id"]]
        dataset = captured.target(native_filter)
        extra = sent.raw.get("form_data", {}).get("extra_form_data")
        if extra is None:
            filters = sent.raw["queries"][0].get("filters")
            extra = {"filters": filters} if filters else None
        query = queries.filter_options(native_filter, dataset, SETTINGS, extra)
        where = f"{captured.name} {sent.phase} {native_filter.name}"
        if query is None:
            assert sent.raw["queries"][0]["result_type"] in ("columns", "timegrains"), where
            continue
        found += differences(where, sent.raw["queries"][0], query)
        database = captured.workspace.database_of(dataset) if dataset else None
        timeout = timeouts.effective(None, dataset, database, SETTINGS)
        for answer in sent.raw.get("response", ()):
            limits = answer.get("sql_limits", [query.effective_limit])
            if limits != [query.effective_limit] or answer.get("cache_timeout") != timeout.seconds:
                wrong.append(f"{where}: {limits} {answer.get('cache_timeout')}, predicted {query} {timeout}")
    assert not found, show(found)
    assert not wrong, "\n".join(wrong)
