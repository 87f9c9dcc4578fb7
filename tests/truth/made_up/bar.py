"""Rules of the filter bar and the layout, one dashboard each."""

from __future__ import annotations

from tests.truth.made_up.parts import (
    FIRST,
    ONE_TWO,
    PLACES,
    WORLD,
    MadeUp,
    chart,
    customization,
    filters,
    line,
    points,
    select,
    table,
    total,
)

AB = {"a": table("country"), "b": line()}
WORLD_AB = {"a": table("region", WORLD), "b": total(WORLD)}


def dashboards() -> list[MadeUp]:
    return [
        MadeUp(
            "chart in two places",
            [{"One": ["a", "b", "a"], "Two": ["b", "c"]}],
            {"a": table("country"), "b": total(), "c": chart("pie", groupby=["status"], metric="count")},
            [select("Country", "country")],
        ),
        MadeUp(
            "chart without a place",
            ONE_TWO,
            {"a": table("country"), "b": total(), "c": total()},
            [select("F", "country", root=["TAB-One"])],
        ),
        MadeUp(
            "tabs in tabs",
            ["a", {"P": ["b", {"P1": ["c"], "P2": ["d"]}], "Q": ["e", {"Q1": ["f"], "Q2": ["g"]}]}, "h"],
            {"a": table("country"), **{letter: total() for letter in "bcdefgh"}},
            [
                select("Country", "country"),
                select("Only P2", "status", root=["TAB-P2"]),
                select("Only Q", "city", root=["TAB-Q"]),
            ],
        ),
        MadeUp(
            "filters that reach nothing",
            ONE_TWO,
            AB,
            [
                select("Nowhere", "country", root=[]),
                select("All excluded", "status", excluded=["a", "b"]),
                select("Tab without charts", "city", root=["TAB-Two"], excluded=["b"]),
                select("Tab that is gone", "state", root=["TAB-gone"]),
            ],
        ),
        MadeUp(
            "first items in a chain",
            ["a", "b"],
            WORLD_AB,
            [
                select("Region", "region", WORLD, requiredFirst=True, control=FIRST),
                select(
                    "Country", "country_name", WORLD, requiredFirst=True, control=FIRST, parents=["Region"]
                ),
                select("Code", "country_code", WORLD, requiredFirst=True, control=FIRST, parents=["Country"]),
            ],
        ),
        MadeUp(
            "first item that waits for Apply",
            [{"One": ["a", "b"], "Two": ["c"]}],
            {"a": table("country"), "b": total(), "c": total()},
            [
                select("First", "country", excluded=["b"], control={"defaultToFirstItem": True}),
                select("Other", "status", excluded=["a"]),
            ],
        ),
        MadeUp(
            "first item of another tab",
            ONE_TWO,
            AB,
            [
                select(
                    "X", "country", root=["TAB-Two"], requiredFirst=True, control={"defaultToFirstItem": True}
                ),
                select("Y", "status", root=["TAB-Two"]),
            ],
        ),
        MadeUp(
            "comes first without a value",
            ["a"],
            {"a": table("country")},
            [select("X", "country", requiredFirst=True)],
        ),
        MadeUp(
            "range that comes first", ["a", "b"], AB, [select("R", "sales", kind="range", requiredFirst=True)]
        ),
        MadeUp(
            "time grain that comes first",
            ["a"],
            {"a": line()},
            [select("G", None, kind="timegrain", requiredFirst=True)],
        ),
        MadeUp(
            "time that comes first",
            ["a"],
            {"a": line()},
            [select("T", None, kind="time", requiredFirst=True)],
        ),
        MadeUp(
            "defaults without their query part",
            ["a", "b"],
            AB,
            [
                select("R", "sales", kind="range", default=[1000, None]),
                select("G", None, kind="timegrain", default=["P1Y"], excluded=["a"]),
            ],
        ),
        MadeUp(
            "time default without its query part",
            ["a", "b"],
            AB,
            [select("T", None, kind="time", default="2003-01-01 : 2004-01-01", excluded=["b"])],
        ),
        MadeUp(
            "defaults of every kind",
            ["a", "b"],
            AB,
            [
                select("R", "sales", kind="range", default=[1000, None], extra=filters("sales", ">=", 1000)),
                select("G", None, kind="timegrain", default=["P1Y"], extra={"time_grain_sqla": "P1Y"}),
                select(
                    "C",
                    None,
                    kind="timecolumn",
                    default=["order_date"],
                    extra={"granularity_sqla": "order_date"},
                ),
                select("T", None, kind="time", default="2003 : 2004", extra={"time_range": "2003 : 2004"}),
            ],
        ),
        MadeUp(
            "stale charts in scope",
            ["a", "b"],
            AB,
            [
                select(
                    "Country",
                    "country",
                    default=["USA"],
                    extra=filters("country", "IN", ["USA"]),
                    excluded=["b"],
                    chartsInScope=[999],
                )
            ],
        ),
        MadeUp(
            "bar across the top",
            ONE_TWO,
            AB,
            [
                *(
                    select(f"F{i}", column)
                    for i, column in enumerate(
                        [
                            "country",
                            "status",
                            "city",
                            "state",
                            "deal_size",
                            "territory",
                            "product_line",
                            "year",
                        ]
                    )
                ),
                select("out", "quarter", root=["TAB-Two"]),
            ],
            lambda _: {"filter_bar_orientation": "HORIZONTAL"},
        ),
        MadeUp(
            "scopes of clicks",
            [{"One": ["a", "b", "c"], "Two": ["d"]}],
            {"a": table("country"), "b": total(), "c": total(), "d": total()},
            (),
            lambda ids: {
                "chart_configuration": {
                    str(ids["a"]): {
                        "id": ids["a"],
                        "crossFilters": {
                            "scope": {"rootPath": ["ROOT_ID"], "excluded": [ids["a"], ids["b"]]},
                            "chartsInScope": [],
                        },
                    }
                }
            },
        ),
        MadeUp(
            "layers",
            ["m", "s", "h", "t"],
            {
                "m": chart("deck_multi", PLACES, deck_slices=["s", "h"]),
                "s": points("deck_scatter", point_radius_fixed={"type": "fix", "value": 100}),
                "h": points("deck_hex", size="count"),
                "t": total(),
            },
            [
                select("Street", "STREET", PLACES, excluded=["s", "h", "t"], layers=["m/s"]),
                select("Other", "country"),
            ],
        ),
        MadeUp(
            "customizations",
            ["a", "b"],
            {"a": table("country"), "b": line(groupby=["status"])},
            [select("Country", "country")],
            lambda _: {
                "chart_customization_config": [
                    customization("Grain", "timegrain", ["P1Y"], {"time_grain_sqla": "P1Y"}),
                    customization("Column", "timecolumn"),
                    customization(
                        "Group", "dynamic_groupby", ["deal_size"], {"interactive_groupby": ["deal_size"]}
                    ),
                ]
            },
        ),
        MadeUp(
            "unknown chart types",
            ["a", "b"],
            {
                "a": chart("my_viz", groupby=["country"], metrics=["count"]),
                "b": chart("line", granularity_sqla="order_date", metrics=["count"]),
            },
        ),
    ]
