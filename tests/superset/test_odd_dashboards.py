"""No layout and no metadata, however odd, is too much; and ids are only names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.assets import Chart, Dashboard, Workspace
from dashlint.superset import requests, scope
from dashlint.superset.page import Page
from dashlint.superset.settings import VERSIONS, Settings
from tests.superset.dashboards import ORIGIN, world

IDS = st.sampled_from(
    [
        "ROOT_ID",
        "GRID_ID",
        "TABS-1",
        "TABS-2",
        "TAB-1",
        "TAB-2",
        "ROW-1",
        "CHART-1",
        "CHART-2",
        "CHART-ABCDEFGH",
        "ROW-N-ABCDEFGH",
    ]
)
ODD = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.text(max_size=3), st.lists(IDS, max_size=3))
NODES = st.one_of(
    ODD,
    st.fixed_dictionaries(
        {},
        optional={
            "id": IDS,
            "type": st.sampled_from(["ROOT", "GRID", "TABS", "TAB", "ROW", "COLUMN", "CHART", "", 7]),
            "children": st.one_of(ODD, st.lists(IDS, max_size=4)),
            "parents": ODD,
            "meta": st.one_of(
                ODD,
                st.fixed_dictionaries(
                    {},
                    optional={
                        "chartId": st.one_of(ODD, st.integers(1, 3)),
                        "uuid": st.sampled_from(["u1", "u2", None, 3]),
                        "text": ODD,
                    },
                ),
            ),
        },
    ),
)
SCOPES = st.one_of(
    ODD,
    st.fixed_dictionaries(
        {},
        optional={
            "rootPath": st.one_of(ODD, st.lists(IDS, max_size=3)),
            "excluded": st.one_of(ODD, st.lists(st.integers(1, 3), max_size=2)),
            "selectedLayers": st.one_of(ODD, st.lists(st.sampled_from(["chart-1-layer-2", "x"]), max_size=2)),
        },
    ),
)
FILTERS = st.fixed_dictionaries(
    {"id": st.sampled_from(["NATIVE_FILTER-1", "NATIVE_FILTER-2", "NATIVE_FILTER-3"])},
    optional={
        "type": st.sampled_from(["NATIVE_FILTER", "DIVIDER", None]),
        "filterType": st.sampled_from(
            ["filter_select", "filter_range", "filter_time", "filter_timegrain", "filter_timecolumn", None]
        ),
        "name": st.one_of(ODD, st.sampled_from(["A", "B", "A/B"])),
        "scope": SCOPES,
        "targets": st.one_of(
            ODD,
            st.lists(
                st.fixed_dictionaries({}, optional={"datasetUuid": st.just("d"), "column": ODD}), max_size=2
            ),
        ),
        "requiredFirst": ODD,
        "cascadeParentIds": st.one_of(
            ODD,
            st.lists(st.sampled_from(["NATIVE_FILTER-1", "NATIVE_FILTER-2", "NATIVE_FILTER-3"]), max_size=3),
        ),
        "controlValues": st.one_of(
            ODD,
            st.dictionaries(
                st.sampled_from(
                    ["enableEmptyFilter", "defaultToFirstItem", "searchAllOptions", "enableSingleValue"]
                ),
                ODD,
            ),
        ),
        "defaultDataMask": st.one_of(
            ODD,
            st.fixed_dictionaries(
                {},
                optional={
                    "extraFormData": st.one_of(
                        ODD, st.dictionaries(st.sampled_from(["filters", "time_range"]), ODD)
                    ),
                    "filterState": st.one_of(ODD, st.fixed_dictionaries({}, optional={"value": ODD})),
                },
            ),
        ),
    },
)
POSITIONS = st.dictionaries(IDS, NODES, max_size=9)
METADATA = st.fixed_dictionaries(
    {},
    optional={
        "native_filter_configuration": st.one_of(ODD, st.lists(FILTERS, max_size=3)),
        "chart_customization_config": st.one_of(ODD, st.lists(FILTERS, max_size=2)),
        "chart_configuration": st.one_of(
            ODD,
            st.dictionaries(
                st.sampled_from(["1", "2"]),
                st.one_of(
                    ODD,
                    st.fixed_dictionaries(
                        {"crossFilters": st.one_of(ODD, st.fixed_dictionaries({"scope": SCOPES}))}
                    ),
                ),
            ),
        ),
        "global_chart_configuration": st.one_of(ODD, st.fixed_dictionaries({"scope": SCOPES})),
        "cross_filters_enabled": ODD,
    },
)


@given(
    POSITIONS,
    METADATA,
    st.sampled_from(VERSIONS),
    st.one_of(st.none(), st.lists(st.integers(1, 4), max_size=3)),
)
def test_no_dashboard_is_too_odd(
    position: Any, metadata: Any, version: str, chart_ids: list[int] | None
) -> None:
    _, workspace = world({})
    dashboard = Dashboard(
        "dash",
        1,
        "Dash",
        ORIGIN,
        position=position,
        metadata=metadata,
        chart_ids=tuple(chart_ids) if chart_ids is not None else None,
    )
    settings = Settings(version=version)
    names = requests.events(dashboard, workspace, settings)
    assert len(set(names)) == len(names)
    reached = scope.acting_scopes(Page(dashboard, workspace))
    in_any_scope: set[object] = {key for keys in reached.values() for key in keys}
    for name in names:
        event = requests.predict(dashboard, name, workspace, settings)
        for request in event.requests:
            assert request.because
            assert (request.chart is None) != (request.native_filter is None)
        if name.startswith("filter:"):
            assert all(r.chart_id in in_any_scope for r in event.requests if r.chart is not None)


@pytest.mark.parametrize("odd", [float("inf"), float("nan"), "x", [1], {}, True, -7, 10**400])
def test_how_often_it_refreshes_may_be_anything(odd: Any) -> None:
    """Found by fuzzing: an infinite number made commands fail."""
    dashboard = Dashboard("dash", 1, "Dash", ORIGIN, metadata={"refresh_frequency": odd})
    assert dashboard.refresh_frequency >= 0


@given(POSITIONS, METADATA, st.permutations([1, 2, 3]))
def test_ids_are_only_names(position: Any, metadata: Any, renamed: list[int]) -> None:
    """Charts numbered otherwise get the same requests, under their new numbers."""
    new = {old: renamed[old - 1] for old in (1, 2, 3)}
    _, workspace = world({})
    before = Dashboard("dash", 1, "Dash", ORIGIN, position=position, metadata=metadata)
    after = Dashboard(
        "dash", 1, "Dash", ORIGIN, position=_renumber_layout(position, new), metadata=_renumber(metadata, new)
    )
    other = Workspace(
        (after,),
        tuple(
            Chart(c.uuid, new[c.id or 0], c.name, c.viz_type, ORIGIN, params=c.params)
            for c in workspace.charts
        ),
    )
    for one, same in zip(before.filters, after.filters, strict=True):
        found = sorted(p.node.id for p in scope.charts_in_scope(one, before, workspace))
        assert found == sorted(p.node.id for p in scope.charts_in_scope(same, after, other))


def _renumber_layout(position: Mapping[str, Any], new: Mapping[int, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in position.items():
        found[key] = value
        meta = value.get("meta") if isinstance(value, dict) else None
        if isinstance(meta, dict) and "chartId" in meta:
            found[key] = {**value, "meta": {**meta, "chartId": _number(meta["chartId"], new)}}
    return found


def _renumber(value: Any, new: Mapping[int, int], key: str = "") -> Any:
    if isinstance(value, dict):
        return {k: _renumber(v, new, k) for k, v in value.items()}
    if isinstance(value, list) and key in ("excluded", "selectedLayers"):
        return [_number(v, new) for v in value]
    return [_renumber(v, new) for v in value] if isinstance(value, list) else value


def _number(value: Any, new: Mapping[int, int]) -> Any:
    if isinstance(value, str) and value == "chart-1-layer-2":
        return f"chart-{new[1]}-layer-2"
    return new.get(value, value) if isinstance(value, int) and not isinstance(value, bool) else value
