"""What a request runs besides its queries."""

from __future__ import annotations

from typing import Any

import pytest

from dashlint.assets import Chart, Dataset, Origin
from dashlint.superset import queries, statements
from dashlint.superset.settings import Settings

ORIGIN = Origin(None, "test")
DATASET = Dataset("d", 1, "d", ORIGIN, currency_code_column="code")
AUTO = {"symbol": "AUTO"}
SHARES = {"groupby": ["a"], "metrics": ["m"], "percent_metrics": ["p"]}


@pytest.mark.parametrize(
    ("viz_type", "params", "version", "expected"),
    [
        ("table", {**SHARES, "show_totals": True}, "6.1", ("totals",)),
        ("table", {**SHARES, "percent_metric_calculation": "all_records"}, "6.0", ("totals",)),
        ("table", {**SHARES, "show_totals": True}, "5.0", ()),
        ("table", SHARES, "6.1", ()),
        ("pie", {"groupby": ["a"], "metric": "m", "currency_format": AUTO}, "6.1", ("currency",)),
        ("pie", {"groupby": ["code"], "metric": "m", "currency_format": AUTO}, "6.1", ()),
        ("pie", {"groupby": ["a"], "metric": "m", "currency_format": AUTO}, "6.0", ()),
        (
            "table",
            {"all_columns": ["a"], "column_config": {"a": {"currencyFormat": AUTO}}},
            "6.1",
            ("currency",),
        ),
        ("pivot_table_v2", {"groupbyRows": ["a"], "metrics": ["m"], "currency_format": AUTO}, "6.1", ()),
    ],
)
def test_further_statements(
    viz_type: str, params: dict[str, Any], version: str, expected: tuple[str, ...]
) -> None:
    chart = Chart("c", 1, "c", viz_type, ORIGIN, params=params)
    settings = Settings(version=version)
    built = queries.build(chart, DATASET, settings)
    assert statements.uncached(chart, DATASET, built, settings) == expected
