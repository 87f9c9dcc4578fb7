"""Chart types side by side: with a row limit and without, and what goes with single types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.truth.made_up.parts import (
    PLACES,
    SALES,
    Json,
    MadeUp,
    bare,
    chart,
    during,
    select,
    stored,
    total,
    total_of,
)

_TIMES: Json = {"x_axis": "order_date", "time_grain_sqla": "P1M", "adhoc_filters": [during("order_date")]}
_SALES = total_of("sales")
_FRANCE = "birth_france_by_region"


def _legacy() -> dict[str, tuple[str, Json]]:
    """Types that post form data, with their dataset."""
    timed: Json = {"granularity_sqla": "order_date", "time_range": "2003-01-01 : 2005-01-01"}
    return {
        "bubble": (
            SALES,
            {
                "entity": "country",
                "series": "status",
                "x": "count",
                "y": _SALES,
                "size": total_of("quantity_ordered"),
            },
        ),
        "bullet": (SALES, {"metric": "count", **timed}),
        "cal_heatmap": (SALES, {"metrics": ["count"], "domain_granularity": "month", **timed}),
        "chord": (SALES, {"groupby": "country", "columns": "status", "metric": "count"}),
        "compare": (SALES, {"metrics": ["count"], "groupby": ["status"], **timed, "time_grain_sqla": "P1M"}),
        "country_map": (
            _FRANCE,
            {"entity": "DEPT_ID", "metric": total_of("2004"), "select_country": "france"},
        ),
        "horizon": (SALES, {"metrics": ["count"], "groupby": ["status"], **timed}),
        "mapbox": (PLACES, {"all_columns_x": "LON", "all_columns_y": "LAT", "groupby": []}),
        "paired_ttest": (SALES, {"metrics": ["count"], "groupby": ["status"], **timed}),
        "para": (SALES, {"series": "country", "metrics": ["count", _SALES]}),
        "partition": (SALES, {"groupby": ["country", "status"], "metrics": ["count"], **timed}),
        "rose": (SALES, {"groupby": ["status"], "metrics": ["count"], **timed, "time_grain_sqla": "P1M"}),
        "time_pivot": (SALES, {"metric": "count", "freq": "W-MON", **timed}),
        "time_table": (
            SALES,
            {"groupby": ["status"], "metrics": ["count"], **timed, "column_collection": []},
        ),
        "world_map": ("wb_health_population", {"entity": "country_code", "metric": "count"}),
    }


def _legacy_charts() -> dict[str, Json]:
    made = {}
    for kind, (dataset, params) in _legacy().items():
        made[kind] = bare(kind, dataset, **params)
        made[f"{kind} 9"] = bare(kind, dataset, row_limit=9, limit=4, **params)
    rose = _legacy()["rose"][1]
    made["rose compared"] = bare("rose", **rose, time_compare=["1 year ago", "28 days ago"])
    made["compare compared"] = bare("compare", **_legacy()["compare"][1], time_compare=["1 year ago"])
    made["map 2"] = bare(
        "world_map", "wb_health_population", entity="country_code", metric="count", secondary_metric="count"
    )
    made["mapbox grouped"] = bare(
        "mapbox", PLACES, all_columns_x="LON", all_columns_y="LAT", groupby=["LON", "LAT"], row_limit=50
    )
    return made


_LATLONG = {"type": "latlong", "lonCol": "LON", "latCol": "LAT"}


def _deck_charts() -> dict[str, Json]:
    layers: dict[str, tuple[str, Json]] = {
        "deck_arc": (PLACES, {"start_spatial": _LATLONG, "end_spatial": _LATLONG}),
        "deck_contour": (PLACES, {"spatial": _LATLONG}),
        "deck_geojson": ("sf_population_polygons", {"geojson": "contour"}),
        "deck_grid": (PLACES, {"spatial": _LATLONG, "size": "count"}),
        "deck_heatmap": (PLACES, {"spatial": _LATLONG, "size": "count"}),
        "deck_hex": (PLACES, {"spatial": _LATLONG, "size": "count"}),
        "deck_path": ("bart_lines", {"line_column": "path_json", "line_type": "json"}),
        "deck_polygon": (
            "sf_population_polygons",
            {
                "line_column": "contour",
                "line_type": "json",
                "metric": "count",
                "point_radius_fixed": {"type": "metric", "value": "count"},
            },
        ),
        "deck_scatter": (
            PLACES,
            {"spatial": _LATLONG, "point_radius_fixed": {"type": "metric", "value": "count"}},
        ),
        "deck_screengrid": (PLACES, {"spatial": _LATLONG, "size": "count", "dimension": "REGION"}),
    }
    made = {}
    for kind, (dataset, params) in layers.items():
        made[kind] = bare(kind, dataset, **params)
        made[f"{kind} 9"] = bare(kind, dataset, row_limit=9, filter_nulls=False, **params)
    made["hashed"] = bare(
        "deck_hex", PLACES, spatial={"type": "geohash", "geohashCol": "geohash"}, size="count"
    )
    return made


def _layers() -> MadeUp:
    deck = _deck_charts()
    inside = {"s": deck["deck_scatter 9"], "g": deck["deck_grid"], "h": deck["deck_hex"]}
    return MadeUp(
        "layers without a place",
        [{"One": ["m", "t"], "Two": ["n"]}],
        {
            **inside,
            "m": bare("deck_multi", PLACES, deck_slices=list(inside)),
            "n": bare("deck_multi", PLACES, deck_slices=["h"]),
            "t": total(PLACES),
        },
        [select("Region", "REGION", PLACES)],
        lambda _: {},
    )


def _elsewhere() -> MadeUp:
    """Layers and an annotation of charts that do not belong to the dashboard."""
    deck = _deck_charts()
    axis: Json = {"x_axis": "order_date", "time_grain_sqla": "P1M", "adhoc_filters": [during("order_date")]}
    other = chart("echarts_timeseries_line", metrics=["count"], groupby=[], **axis)
    return MadeUp(
        "parts of elsewhere",
        ["m", "n"],
        {
            "s": stored(deck["deck_scatter 9"], dashboards=[]),
            "g": stored(deck["deck_hex"], dashboards=[]),
            "o": stored(other, dashboards=[]),
            "m": bare("deck_multi", PLACES, deck_slices=["s", "g"]),
            "n": chart(
                "echarts_timeseries_bar",
                metrics=["count"],
                groupby=[],
                annotation_layers=[
                    {
                        "name": "other",
                        "annotationType": "TIME_SERIES",
                        "sourceType": "line",
                        "value": "o",
                        "show": True,
                        "overrides": {"time_range": None},
                    }
                ],
                **axis,
            ),
        },
        [select("Region", "REGION", PLACES)],
    )


def _annotations() -> dict[str, Json]:
    def layer(kind: str, source: str, value: Any, **more: Any) -> Json:
        shown = {"show": True, "style": "solid", "opacity": "", "showMarkers": False, "hideLine": False}
        names = {"name": f"{kind} {source}", "annotationType": kind, "sourceType": source, "value": value}
        return {**shown, **names, **more}

    formula = layer("FORMULA", "", "x * 2")
    of_chart = {"overrides": {"time_range": None}, "titleColumn": "", "timeColumn": "order_date"}
    events = layer("EVENT", "table", "raw", **of_chart, descriptionColumns=[])
    lines = layer("TIME_SERIES", "line", "plain", overrides={"time_range": None})
    timed: Json = {"granularity_sqla": "order_date", "time_range": "2003-01-01 : 2005-01-01"}
    return {
        "plain": chart("echarts_timeseries_line", metrics=["count"], groupby=[], **_TIMES),
        "raw": chart("table", query_mode="raw", all_columns=["order_date", "status"]),
        "formula": chart(
            "echarts_timeseries_line", metrics=["count"], groupby=[], annotation_layers=[formula], **_TIMES
        ),
        "both": chart(
            "echarts_timeseries_bar",
            metrics=["count"],
            groupby=[],
            annotation_layers=[formula, events, lines],
            **_TIMES,
        ),
        "mixed": chart(
            "mixed_timeseries", metrics=["count"], metrics_b=[_SALES], annotation_layers=[lines], **_TIMES
        ),
        "legacy": bare("compare", metrics=["count"], annotation_layers=[formula, lines], **timed),
    }


def _comparisons() -> dict[str, Json]:
    year = during("order_date", "2004-01-01 : 2005-01-01")
    made = {}
    shifts: Iterable[tuple[str, Any]] = (
        ("1", ["1 year ago"]),
        ("2", ["1 year ago", "1 month ago"]),
        ("inherit", ["inherit"]),
        ("custom", ["custom"]),
        ("text", "1 year ago"),
        ("none", []),
    )
    for name, shift in shifts:
        more = {"time_compare": shift, "start_date_offset": "2003-02-01", "adhoc_filters": [year]}
        axis: Json = {"x_axis": "order_date", "time_grain_sqla": "P1M"}
        made[f"line {name}"] = chart("echarts_timeseries_line", metrics=["count"], groupby=[], **axis, **more)
        made[f"bar {name}"] = chart(
            "echarts_timeseries_bar", metrics=["count"], groupby=["status"], limit=3, **axis, **more
        )
        made[f"table {name}"] = chart(
            "table", query_mode="aggregate", groupby=["status"], metrics=["count"], **more
        )
        made[f"mixed {name}"] = chart(
            "mixed_timeseries", metrics=["count"], metrics_b=[_SALES], time_compare_b=shift, **axis, **more
        )
        made[f"kpi {name}"] = chart("pop_kpi", metric="count", **more)
    return made


def dashboards() -> list[MadeUp]:
    legacy, deck, notes, compared = _legacy_charts(), _deck_charts(), _annotations(), _comparisons()
    return [
        MadeUp("legacy charts", list(legacy), legacy),
        MadeUp("maps", list(deck), deck, [select("Region", "REGION", PLACES)]),
        _layers(),
        _elsewhere(),
        MadeUp("annotations", list(notes), notes, [select("Country", "country")]),
        MadeUp(
            "compared in time",
            list(compared),
            compared,
            [select("T", None, kind="time"), select("Country", "country")],
        ),
    ]
