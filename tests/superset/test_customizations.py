"""A dynamic group-by takes the place of a chart's columns, as the front end of 6.1.0 does it.

Expected form data are what ``getFormDataWithExtraFilters`` of its bundle returns for these charts.
"""

from __future__ import annotations

from typing import Any

import pytest

from dashlint.assets import Chart, NativeFilter, Origin, Scope
from dashlint.superset import form_data, queries
from dashlint.superset.customizations import dynamic_groupby
from dashlint.superset.settings import Settings


def chosen(*columns: str, **controls: Any) -> tuple[NativeFilter, tuple[str, ...]]:
    kind = "chart_customization_dynamic_groupby"
    raw = {"controlValues": controls}
    return NativeFilter("C", "CHART_CUSTOMIZATION", kind, "c", (), Scope(), 0, "", raw=raw), columns


@pytest.mark.parametrize(
    ("viz_type", "params", "columns", "expected"),
    [
        ("pie", {"groupby": ["a"]}, ("b", "c"), {"groupby": ["b", "c"]}),
        ("echarts_timeseries_line", {"x_axis": "ds"}, ("ds", "b"), {"groupby": ["b"]}),
        ("echarts_timeseries_line", {"x_axis": "ds", "groupby": ["a"]}, ("ds",), {}),
        ("table", {"metrics": ["b"]}, ("b", "c"), {"groupby": ["c"]}),
        ("word_cloud", {}, ("b", "c"), {"series": "b", "groupby": []}),
        ("heatmap_v2", {"x_axis": "b"}, ("b", "c"), {"groupby": ["b"]}),
        ("waterfall", {}, ("b", "c"), {"groupby": ["b"]}),
        ("sunburst_v2", {"columns": ["a"]}, ("b",), {"columns": ["b"], "groupby": []}),
        ("sankey_v2", {}, ("b", "c", "d"), {"source": "b", "target": "c"}),
        ("bubble_v2", {}, ("b", "c"), {"series": "b", "entity": "c", "groupby": []}),
        ("pivot_table_v2", {"groupbyColumns": ["a"]}, ("a", "b"), {"groupbyColumns": ["b"]}),
        ("big_number", {}, ("b",), {}),
        ("pie", {}, (), {}),
    ],
)
def test_what_it_changes(
    viz_type: str, params: dict[str, Any], columns: tuple[str, ...], expected: dict[str, Any]
) -> None:
    assert dynamic_groupby({"viz_type": viz_type, **params}, [chosen(*columns)]) == expected


def test_its_sort_metric_orders_rows() -> None:
    changes = dynamic_groupby({"viz_type": "table"}, [chosen("b", sortMetric="count", sortAscending=True)])
    assert changes == {"groupby": ["b"], "order_by_cols": ['["count",false]']}


def test_the_query_groups_by_what_was_chosen() -> None:
    chart = Chart("c", 1, "c", "pie", Origin(None, "t"), params={"groupby": ["a"], "metric": "m"})
    form = form_data.complete(chart, Settings())
    overrides = dynamic_groupby(form, [chosen("b")])
    (query,) = queries.build(chart, None, Settings(), {}, overrides=overrides)
    assert [c.label for c in query.columns] == ["b"]
