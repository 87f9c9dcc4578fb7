"""Requests as dashlint writes them out, against what a browser sent: all that is in the server's cache key.

`data/bodies-6.1.0.json.gz` holds what Chromium sent to `/api/v1/chart/data` on opening the examples'
dashboards, `data/steps-6.1.0.json.gz` what it sent for charts that were made for their post-processing.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from dashlint.analysis import Analysis
from dashlint.assets import Chart, Dashboard, Dataset, Origin
from dashlint.sources import read
from dashlint.superset import queries
from dashlint.superset.body import NotExactError, body
from dashlint.superset.query import Request
from dashlint.superset.settings import Settings
from dashlint.superset.steps import _OPTIONS, UnknownStepError, detailed
from dashlint.warming.own import key_fields
from tests.truth.captures import DATA

EXPORTS = {
    "Sales Dashboard": "exports/01_sales_dashboard.zip",
    "World Bank's Data": "exports/04_world_bank_s_data.zip",
    "USA Births Names": "exports/06_usa_births_names.zip",
    "FCC New Coder Survey 2018": "examples/6.1.0/exports/fcc_new_coder_survey_2018.zip",
    "Featured Charts": "examples/6.1.0/exports/featured_charts.zip",
    "Misc Charts": "examples/6.1.0/exports/misc_charts.zip",
    "Slack Dashboard": "examples/6.1.0/exports/slack_dashboard.zip",
    "Video Game Sales": "examples/6.1.0/exports/video_game_sales.zip",
    "deck.gl Demo": "examples/6.1.0/exports/deck_gl_demo.zip",
}
SETTINGS = Settings(version="6.1")


@cache
def recorded() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads(
        gzip.decompress((DATA / "bodies-6.1.0.json.gz").read_bytes())
    )
    return found


def name_of(request: Request) -> str:
    assert request.chart is not None or request.native_filter is not None
    return request.chart.name if request.chart is not None else request.native_filter.id  # type: ignore[union-attr]


@pytest.mark.parametrize("title", EXPORTS)
def test_bodies_are_the_browsers(title: str) -> None:
    workspace = read([str(DATA / EXPORTS[title])])
    analysis = Analysis(workspace, SETTINGS)
    (dashboard,) = workspace.dashboards
    browser = {one["chart"] or one["filter"]: one for one in recorded()[title]}
    compared = 0
    for request in analysis.load(dashboard).requests:
        dataset = analysis.request_dataset(request, dashboard)
        try:
            # Exports have no ids, without which there is nothing to ask.
            written = body(request, dashboard, replace(dataset, id=1) if dataset else None, SETTINGS)
        except NotExactError:
            assert name_of(request) not in browser, "a request that is known well enough"
            continue
        sent = browser[name_of(request)]
        theirs = {"datasource": {"id": 1}, "queries": sent["queries"]}
        assert key_fields(json.loads(json.dumps(written))) == key_fields(theirs), name_of(request)
        compared += 1
    assert compared == len(browser)


def test_what_is_not_known_to_the_letter_is_refused() -> None:
    chart = Chart("c", 1, "c", "echarts_timeseries_line", Origin(None, "test"), params={})
    with pytest.raises(UnknownStepError):
        detailed(["prophet"], {}, {})
    with pytest.raises(NotExactError, match=r"compared with the browser's on 6\.1 only"):
        body(Request("chart", (), chart), None, None, Settings(version="6.0"))  # type: ignore[arg-type]
    with pytest.raises(NotExactError, match="explore_json"):
        body(Request("legacy", (), chart), None, None, SETTINGS)  # type: ignore[arg-type]


def test_charts_with_every_step() -> None:
    """A dashboard made for it: comparisons over time, rolling windows, resampling, shares, sorting, pages."""
    dataset = Dataset("d", 1, "cleaned_sales_data", Origin(None, "test"))
    dashboard = Dashboard("b", 1, "zoo", Origin(None, "test"))
    seen: set[str] = set()
    for one in json.loads(gzip.decompress((DATA / "steps-6.1.0.json.gz").read_bytes())):
        params = one["params"]
        chart = Chart(one["name"], 1, one["name"], params["viz_type"], Origin(None, "test"), params=params)
        built = queries.build(chart, dataset, SETTINGS, {})
        written = body(Request("chart", built, chart, chart_id=1), dashboard, dataset, SETTINGS)
        theirs = {"datasource": {"id": 1}, "queries": one["queries"]}
        assert key_fields(json.loads(json.dumps(written))) == key_fields(theirs), one["name"]
        seen.update(step for query in built for step in query.post_processing)
    assert seen == {"flatten", *_OPTIONS}, "a step whose options nobody has compared"
