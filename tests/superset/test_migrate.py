"""Charts of old types are predicted as an import makes them.

Expected parameters are what ``migrate_chart`` of Superset 6.1.0 returns for these charts.
"""

from __future__ import annotations

from typing import Any

import pytest

from dashlint.assets import Chart, Origin
from dashlint.superset import queries
from dashlint.superset.migrate import migrated
from dashlint.superset.settings import Settings

TIME = {
    "clause": "WHERE",
    "subject": "ds",
    "operator": "TEMPORAL_RANGE",
    "comparator": "Last week",
    "expressionType": "SIMPLE",
}


@pytest.mark.parametrize(
    ("stored", "viz_type", "params", "expected"),
    [
        (
            "line",
            "echarts_timeseries_line",
            {"granularity_sqla": "ds", "time_range": "Last week", "metrics": ["m"], "time_compare": "1 week"},
            {
                "metrics": ["m"],
                "time_compare": ["1 week ago"],
                "contributionMode": None,
                "comparison_type": "values",
                "x_axis": "ds",
                "time_grain_sqla": "P1D",
                "adhoc_filters": [TIME],
            },
        ),
        (
            "dist_bar",
            "echarts_timeseries_bar",
            {"groupby": ["a", "b"], "columns": ["c"], "metrics": ["m"]},
            {
                "groupby": ["b", "c"],
                "metrics": ["m"],
                "contributionMode": None,
                "comparison_type": "values",
                "x_axis": "a",
            },
        ),
        (
            "pivot_table",
            "pivot_table_v2",
            {"groupby": ["a"], "columns": ["b"], "row_limit": 5},
            {"groupbyRows": ["a"], "groupbyColumns": ["b"], "series_limit": 5},
        ),
        (
            "treemap",
            "treemap_v2",
            {"metrics": ["m", "n"], "order_desc": True},
            {
                "metric": "m",
                "sort_by_metric": True,
            },
        ),
        ("sankey", "sankey_v2", {"groupby": ["a", "b"]}, {"source": "a", "target": "b"}),
        ("histogram", "histogram_v2", {"all_columns_x": ["a"]}, {"column": "a", "groupby": []}),
    ],
)
def test_what_an_import_makes_of_it(
    stored: str, viz_type: str, params: dict[str, Any], expected: dict[str, Any]
) -> None:
    result = migrated(stored, viz_type, {"viz_type": stored, **params})
    assert result == {"viz_type": viz_type, **expected}


def test_a_chart_of_today_stays_as_it_is() -> None:
    params = {"viz_type": "pie", "metrics": ["m"]}
    assert migrated("pie", "pie", params) is params


def test_the_query_is_that_of_the_new_type() -> None:
    chart = Chart(
        "c",
        1,
        "c",
        "echarts_timeseries_line",
        Origin(None, "test"),
        params={"viz_type": "line", "granularity_sqla": "ds", "metrics": ["m"], "groupby": ["a"]},
        stored_viz_type="line",
    )
    (query,) = queries.build(chart, None, Settings())
    assert [(c.label, c.is_base_axis, c.time_grain) for c in query.columns] == [
        ("ds", True, "P1D"),
        ("a", False, None),
    ]
    assert [(f.col, f.op) for f in query.filters] == [("ds", "TEMPORAL_RANGE")]
