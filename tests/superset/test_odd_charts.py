"""Parameters are anybody's JSON: whatever stands where, queries are built or they are not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashlint.assets import Chart, Dataset, NativeFilter, Origin
from dashlint.assets.filters import FilterTarget, Scope
from dashlint.superset import customizations, form_data, queries
from dashlint.superset.controls import controls
from dashlint.superset.settings import VERSIONS, Settings
from dashlint.superset.viz import _CHART_DATA, legacy

ORIGIN = Origin(None, "test")
TYPES = sorted({*_CHART_DATA, *legacy.BUILDERS, *legacy.OLD_BUILDERS, "of_a_plugin"})
FLAGS = {"AG_GRID_TABLE_ENABLED": True, "CHART_PLUGINS_EXPERIMENTAL": True}
KEYS = sorted(
    {key for viz_type in TYPES for version in VERSIONS for key, _ in controls(viz_type, version)}
    | {"extra_form_data", "where", "since", "until", "cols", "start_date_offset", "tooltip_contents"}
    | {"x_axis_sort", "percent_metrics", "row_offset", "series_columns", "orderby", "currency_format"}
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
words = st.sampled_from(
    [
        "label",
        "sqlExpression",
        "expressionType",
        "column",
        "column_name",
        "aggregate",
        "SIMPLE",
        "SQL",
        "clause",
        "WHERE",
        "HAVING",
        "subject",
        "operator",
        "comparator",
        "type",
        "latlong",
        "metric",
        "value",
    ]
)
almost = st.dictionaries(words, json_values | words, max_size=5)
params = st.dictionaries(
    st.sampled_from(KEYS), json_values | almost | st.lists(almost, max_size=2), max_size=12
)
extras = st.none() | st.dictionaries(
    st.sampled_from([*form_data.APPENDED, *form_data.OVERRIDING]), json_values | st.lists(almost), max_size=4
)
versions = st.sampled_from(VERSIONS)


def unhurried(max_examples: int) -> settings:
    """A busy machine is no failure."""
    return settings(
        max_examples=max_examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@given(st.sampled_from(TYPES), params, extras, versions, json_values)
@unhurried(max_examples=300)
def test_no_parameters_make_it_fail(
    viz_type: str, given_params: dict[str, Any], extra: Any, version: str, state: Any
) -> None:
    chart = Chart("c", 1, "c", viz_type, ORIGIN, params=given_params)
    dataset = Dataset("d", 1, "d", ORIGIN, currency_code_column="currency")
    own_state = {"currentPage": state, "pageSize": state, "sortBy": state}
    built = queries.build(
        chart, dataset, Settings(version=version, feature_flags=FLAGS), extra, own_state=own_state
    )
    for query in built:
        assert query.effective_limit is None or isinstance(query.effective_limit, int)
        assert all(isinstance(column.label, str) for column in query.columns)
        assert all(isinstance(metric.label, str) for metric in query.metrics or ())
        assert all(isinstance(name, str) for name in query.post_processing)
        assert hash(query.orderby) is not None


@given(params, versions, st.sampled_from(["filter_select", "filter_range", "filter_time", ""]), extras)
@unhurried(max_examples=100)
def test_no_filter_makes_it_fail(raw: dict[str, Any], version: str, kind: str, extra: Any) -> None:
    native_filter = NativeFilter(
        "NATIVE_FILTER-1", "NATIVE_FILTER", kind, "f", (FilterTarget(column="a"),), Scope(), 0, "", raw=raw
    )
    query = queries.filter_options(native_filter, None, Settings(version=version), extra)
    assert query is None or query.role == "main"


@given(params, st.lists(st.tuples(almost, st.lists(json_values, max_size=3)), max_size=3))
@unhurried(max_examples=100)
def test_no_dynamic_groupby_makes_it_fail(form: dict[str, Any], chosen: list[Any]) -> None:
    items = [
        (
            NativeFilter(
                "C-1", "CHART_CUSTOMIZATION", "", "", (), Scope(), 0, "", raw={"controlValues": raw}
            ),
            values,
        )
        for raw, values in chosen
    ]
    assert isinstance(customizations.dynamic_groupby(form, items), dict)


@pytest.mark.parametrize("viz_type", ["table", "pie", "mixed_timeseries", "cartodiagram", "deck_scatter"])
def test_nothing_nests_too_deeply(viz_type: str) -> None:
    nested: Any = "x"
    for _ in range(20_000):
        nested = [nested]
    text = "[" * 50_000
    chart = Chart(
        "c",
        1,
        "c",
        viz_type,
        ORIGIN,
        params={
            "metrics": nested,
            "groupby": nested,
            "order_by_cols": [text],
            "row_limit": nested,
            "selected_chart": text,
            "adhoc_filters": [{"expressionType": "SIMPLE", "clause": "WHERE", "comparator": nested}],
        },
    )
    assert isinstance(queries.build(chart, None, Settings()), tuple)


def test_form_data_of_filters_add_up_or_override() -> None:
    new, old = Settings(version="6.1"), Settings(version="5.0")
    extras = [
        {"filters": [{"col": "a"}], "time_range": "Last week", "time_compare": "1 year ago"},
        {"filters": [{"col": "b"}], "time_range": "Last month"},
    ]
    combined = form_data.combine(extras, new)
    assert combined == {
        "filters": [{"col": "a"}, {"col": "b"}],
        "time_range": "Last month",
        "time_compare": "1 year ago",
    }
    assert "time_compare" not in form_data.combine(extras, old)


def test_a_key_with_null_gets_no_default() -> None:
    chart = Chart("c", 1, "c", "pie", ORIGIN, params={"row_limit": None})
    assert form_data.complete(chart, Settings())["row_limit"] is None
    (query,) = queries.build(chart_with(chart, metric="count", row_limit=None), None, Settings())
    assert (query.row_limit, query.effective_limit) == (None, 50_000)
    (query,) = queries.build(chart_with(chart, metric="count"), None, Settings())
    assert (query.row_limit, query.effective_limit) == (100, 100)


def chart_with(chart: Chart, **params: Any) -> Chart:
    return Chart(chart.uuid, chart.id, chart.name, chart.viz_type, ORIGIN, params=params)


def test_who_put_in_a_filter_is_known() -> None:
    own = {"expressionType": "SIMPLE", "clause": "WHERE", "subject": "a", "operator": "==", "comparator": 1}
    chart = Chart("c", 1, "c", "table", ORIGIN, params={"adhoc_filters": [own], "all_columns": ["a"]})
    extra = {"filters": [{"col": "b", "op": "IN", "val": [1]}]}
    (query,) = queries.build(chart, None, Settings(), extra, sources=("NATIVE_FILTER-1",))
    assert [(f.col, f.source) for f in query.filters] == [("b", "NATIVE_FILTER-1"), ("a", "chart")]


def test_a_type_behind_a_flag_is_asked_for_as_an_unknown_one() -> None:
    chart = Chart("c", 1, "c", "ag-grid-table", ORIGIN, params={"groupby": ["a"], "server_pagination": True})
    plain, flagged = Settings(), Settings(feature_flags=FLAGS)
    assert queries.confidence("ag-grid-table", plain) == "low"
    assert queries.confidence("ag-grid-table", flagged) == "high"
    assert [q.is_rowcount for q in queries.build(chart, None, plain)] == [False]
    assert [q.is_rowcount for q in queries.build(chart, None, flagged)] == [False, True]


def test_the_server_adds_the_currency_column_to_a_pivot_table() -> None:
    params = {"groupbyRows": ["a"], "metrics": ["m"], "currency_format": {"symbol": "AUTO"}}
    chart = Chart("c", 1, "c", "pivot_table_v2", ORIGIN, params=params)
    dataset = Dataset("d", 1, "d", ORIGIN, currency_code_column="code")
    (query,) = queries.build(chart, dataset, Settings(version="6.1"))
    assert [c.label for c in query.columns] == ["a", "code"]
    assert [c.label for c in query.sent_columns or ()] == ["a"]
    (query,) = queries.build(chart, dataset, Settings(version="6.0"))
    assert [c.label for c in query.columns] == ["a"]


def test_a_cartodiagram_asks_for_its_chart_by_location() -> None:
    inner = {"viz_type": "pie", "params": json.dumps({"groupby": ["a"], "metric": "m"})}
    params = {"selected_chart": json.dumps(inner), "geom_column": "geom"}
    chart = Chart("c", 1, "c", "cartodiagram", ORIGIN, params=params)
    (query,) = queries.build(chart, None, Settings())
    assert [c.label for c in query.columns] == ["geom", "a"]
    # No control completes the inner chart: the server's limit holds, not the pie's 100.
    assert (query.row_limit, query.effective_limit) == (None, 50_000)


def test_a_series_without_x_axis_is_grouped_by_its_time_column() -> None:
    params = {"metrics": ["m"], "groupby": ["a"], "granularity_sqla": "ds", "time_grain_sqla": "P1D"}
    chart = Chart("c", 1, "c", "echarts_timeseries_line", ORIGIN, params=params)
    (query,) = queries.build(chart, None, Settings())
    assert [(c.label, c.name, c.time_grain) for c in query.columns] == [
        ("__timestamp", "ds", "P1D"),
        ("a", "a", None),
    ]
    assert [c.label for c in query.sent_columns or ()] == ["a"]
    dataset = Dataset("d", 1, "d", ORIGIN, main_dttm_col="created")
    (query,) = queries.build(chart, dataset, Settings())
    assert query.columns[0].name == "created"
