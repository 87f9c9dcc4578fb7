"""Which entries are warmed, by what, and which are not, with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dashlint.analysis import Analysis
from dashlint.assets import Chart, Column, Database, Dataset, Workspace
from dashlint.superset.settings import Settings
from dashlint.warming.changed import affected
from dashlint.warming.model import API, NONE, REQUEST, Entry
from dashlint.warming.plan import plan
from tests.superset.dashboards import ORIGIN, layout, node, placed, select, world

SETTINGS = Settings(
    data_cache_type="RedisCache", data_cache_default_timeout=600, given=frozenset({"DATA_CACHE_CONFIG"})
)
PAGE = layout(**placed(1, 2), ROOT_ID=node("ROOT", "GRID_ID"), GRID_ID=node("GRID", "CHART-1", "CHART-2"))
COLUMNS = (Column("a"), Column("country"))


def site(*filters: Any, sql: str | None = None, **chart: Any) -> tuple[Any, Workspace]:
    """Two charts on one dataset; ``chart`` changes the second."""
    dashboard, made = world(PAGE, *filters, charts=(1, 2))
    first, second = (replace(one, dataset_uuid="d", dataset_id=7) for one in made.charts)
    second = replace(second, **{"params": {"groupby": ["country"], "metrics": ["count"]}, **chart})
    dataset = Dataset(
        "d", 7, "orders", ORIGIN, columns=COLUMNS, schema="shop", sql=sql, database_uuid="b", database_id=1
    )
    database = Database("b", 1, "Shop", ORIGIN, backend="postgresql")
    return dashboard, Workspace((dashboard,), (first, second), (dataset,), (database,))


def planned(
    dashboard: Any, workspace: Workspace, settings: Settings = SETTINGS, views: Any = None, **more: Any
) -> dict[str, Entry]:
    found = plan(Analysis(workspace, settings), [dashboard], views, **more)
    return {one.name: one for one in (*found.entries, *found.idle)}


def test_charts_and_options_are_asked_for_as_the_browser_does() -> None:
    found = planned(*site(select("Country")))
    assert {name: one.way for name, one in found.items()} == {
        "chart 1": REQUEST, "chart 2": REQUEST, "options of Country": REQUEST,
    }  # fmt: skip
    assert found["chart 1"].interval == 600
    assert found["chart 1"].own.fills is False
    assert "no saved query context" in found["chart 1"].own.why
    assert found["options of Country"].own.fills is False


def test_default_values_of_filters_are_in_the_request() -> None:
    chosen = {"col": "country", "op": "IN", "val": ["NO"]}
    mask = {"extraFormData": {"filters": [chosen]}, "filterState": {"value": ["NO"]}}
    found = planned(*site(select("Country", defaultDataMask=mask)))
    body = found["chart 1"].body
    assert body is not None
    assert body["queries"][0]["filters"] == [chosen]
    assert "default values of filters" in found["chart 1"].own.why


def test_a_context_that_fits_and_one_that_does_not() -> None:
    plain = site()
    body = planned(*plain)["chart 1"].body
    fits = planned(*plain, saved=lambda _chart: body)
    assert fits["chart 1"].own.fills is True
    assert fits["chart 2"].own.fills is False
    assert "not what the dashboard sends" in fits["chart 2"].own.why


@pytest.mark.parametrize(
    ("settings", "changes", "why"),
    [
        (SETTINGS.with_values(data_cache_type="NullCache"), {}, "not cached"),
        (SETTINGS, {"cache_timeout": -1}, "its chart says -1"),
        (SETTINGS, {"cache_timeout": 30}, "expires after 30 s"),
    ],
)
def test_what_nothing_keeps_warm(settings: Settings, changes: dict[str, Any], why: str) -> None:
    found = planned(*site(**changes), settings)["chart 2"]
    assert found.way == NONE
    assert why in found.why


def test_hits_that_6_1_throws_away() -> None:
    """A filter on a column that the dataset lacks: 6.1 asks the database each time, 6.0 does not."""
    nowhere = {"col": "planet", "op": "IN", "val": ["Mars"]}
    mask = {"extraFormData": {"filters": [nowhere]}, "filterState": {"value": ["Mars"]}}
    site_61 = site(select("Planet", defaultDataMask=mask))
    assert "asks the database again" in planned(*site_61)["chart 1"].why
    assert (
        "asks the database again" not in planned(*site_61, SETTINGS.with_values(version="6.0"))["chart 1"].why
    )


def test_templates_are_left_to_superset() -> None:
    sql = "SELECT * FROM shop.orders WHERE c = '{{ url_param('c') }}'"
    found = planned(*site(sql=sql))["chart 1"]
    assert found.way == NONE
    assert "template" in found.why
    context = {"datasource": {"id": 7}, "queries": [{}]}
    perhaps = planned(*site(sql=sql), saved=lambda _chart: context)["chart 1"]
    assert perhaps.way == API
    assert perhaps.why.startswith("perhaps")


def test_equal_queries_share_an_entry_and_its_views() -> None:
    same: dict[str, Any] = {"params": {"groupby": ["a"], "metrics": ["count"]}}
    found = planned(*site(**same), views={"dash": 10})
    assert list(found) == ["chart 1"]
    assert found["chart 1"].views == 10


def test_whether_it_is_opened_more_often_than_filled() -> None:
    often = planned(*site(cache_timeout=3_600), views={"dash": 24})["chart 2"]
    assert (often.runs_per_day, often.saves) == (24, True)
    seldom = planned(*site(cache_timeout=3_600), views={"dash": 23})["chart 2"]
    assert seldom.saves is False
    assert planned(*site())["chart 2"].saves is None


@pytest.mark.parametrize(
    ("table", "known"),
    [
        ("orders", True),
        ("Shop.Orders", True),
        ('wh."shop"."orders"', True),
        ("sales.orders", False),
        ("order", False),
    ],
)
@pytest.mark.parametrize("sql", [None, "SELECT o.a FROM shop.orders o JOIN shop.lines l ON l.o = o.a"])
def test_from_tables_to_datasets(table: str, known: bool, sql: str | None) -> None:  # noqa: FBT001
    _dashboard, workspace = site(sql=sql)
    found = affected([table], Analysis(workspace, SETTINGS))
    assert bool(found.datasets) is known
    assert bool(found.strangers) is not known


def test_only_the_entries_of_changed_datasets_are_meant() -> None:
    dashboard, workspace = site()
    assert planned(dashboard, workspace, only=()) == {}
    assert set(planned(dashboard, workspace, only=workspace.datasets)) == {"chart 1", "chart 2"}


def test_other_versions_are_not_written_out() -> None:
    found = planned(*site(), SETTINGS.with_values(version="6.0"))["chart 1"]
    assert found.way == NONE
    assert "6.1 only" in found.why
    chart: Chart = found.chart  # type: ignore[assignment]
    assert chart.name == "chart 1"
