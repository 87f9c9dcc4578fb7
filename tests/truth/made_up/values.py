"""Filters of every kind with the settings that their form offers, and values saved with them."""

from __future__ import annotations

from typing import Any

from tests.truth.made_up.parts import (
    FIRST,
    ONE_TWO,
    WORLD,
    Json,
    MadeUp,
    during,
    filters,
    line,
    select,
    table,
    total,
    total_of,
)

AB = {"a": table("country"), "b": line(adhoc_filters=[during("order_date")])}
WORLD_AB = {"a": table("region", WORLD), "b": total(WORLD)}
_PLAIN: Json = {
    "clause": "WHERE",
    "expressionType": "SIMPLE",
    "operator": "IN",
    "subject": "territory",
    "comparator": ["EMEA"],
}
_SQL: Json = {"clause": "WHERE", "expressionType": "SQL", "sqlExpression": "sales > 10"}


def usa(**state: Any) -> Json:
    return {
        "defaultDataMask": {
            "extraFormData": filters("country", "IN", ["USA"]),
            "filterState": {"value": ["USA"], "label": "USA", **state},
            "ownState": {},
        }
    }


def dashboards() -> list[MadeUp]:
    return [
        MadeUp(
            "options of every kind",
            ["a", "b"],
            AB,
            [
                select("Inverse", "country", control={"inverseSelection": True}),
                select("Single", "status", control={"multiSelect": False}),
                select("Searched", "city", control={"searchAllOptions": True}),
                select("Sorted", "state", sortMetric="count", control={"sortAscending": False}),
                select("Filtered", "deal_size", adhoc_filters=[_PLAIN, _SQL]),
                select("In time", "product_line", time_range="2003 : 2004", granularity_sqla="order_date"),
                select("Descending", "territory", control={"sortAscending": False}),
                select("Not creatable", "quarter", control={"creatable": False}),
            ],
        ),
        MadeUp(
            "ranges of every kind",
            ["a", "b"],
            AB,
            [
                select("Both", "sales", kind="range"),
                select("Low", "msrp", kind="range", control={"enableSingleValue": 0}),
                select("Exact", "quantity_ordered", kind="range", control={"enableSingleValue": 1}),
                select("High", "price_each", kind="range", control={"enableSingleValue": 2}),
                select("Filtered", "order_number", kind="range", adhoc_filters=[_PLAIN]),
                select("Text", "country", kind="range"),
            ],
        ),
        MadeUp(
            "required filters",
            [{"One": ["a", "b"], "Two": ["c"]}],
            {"a": table("country"), "b": total(), "c": total()},
            [
                select("Has one", "country", control={"enableEmptyFilter": True}, **usa()),
                select("Elsewhere", "status", root=["TAB-Two"], control={"enableEmptyFilter": True}),
                select("Free", "city"),
            ],
        ),
        MadeUp(
            "required and first",
            ["a", "b"],
            {"a": table("country"), "b": total()},
            [
                select(
                    "First",
                    "country",
                    requiredFirst=True,
                    control={**FIRST, "enableEmptyFilter": True},
                    excluded=["b"],
                ),
                select("Other", "status"),
            ],
        ),
        MadeUp(
            "required of other kinds",
            ["a", "b"],
            AB,
            [
                select("Range", "sales", kind="range", control={"enableEmptyFilter": True}),
                select("Time", None, kind="time", control={"enableEmptyFilter": True}),
                select("Free", "city"),
            ],
        ),
        MadeUp(
            "first item with a saved value",
            ["a", "b"],
            {"a": table("country"), "b": total()},
            [
                select("Both", "country", requiredFirst=True, control=FIRST, **usa()),
                select("Below", "status", parents=["Both"]),
            ],
        ),
        MadeUp(
            "first items side by side",
            ONE_TWO,
            {"a": table("country"), "b": total()},
            [
                select("X", "country", requiredFirst=True, control=FIRST),
                select("Y", "status", requiredFirst=True, control=FIRST),
                select("Z", "city"),
            ],
        ),
        MadeUp(
            "values on other tabs",
            ONE_TWO,
            {"a": table("country"), "b": total()},
            [
                select("Two full", "country", root=["TAB-Two"], **usa()),
                select("Two bare", "status", root=["TAB-Two"], default=["Shipped"]),
                select("All bare", "city", default=["NYC"]),
                select("Null", "state", default=[None]),
            ],
        ),
        MadeUp(
            "a value of null",
            ["a"],
            {"a": table("country")},
            [
                select("F", "country", defaultDataMask={"extraFormData": {}, "filterState": {"value": None}}),
                select("G", "status", defaultDataMask={"filterState": {"value": []}}),
                select("H", "city", defaultDataMask={}),
            ],
        ),
        MadeUp(
            "two filters on time",
            ["a", "b", "c"],
            {**AB, "c": total()},
            [
                select("T1", None, kind="time", default="2003 : 2004", extra={"time_range": "2003 : 2004"}),
                select("T2", None, kind="time", excluded=["c"]),
                select("G1", None, kind="timegrain", default=["P1Y"], extra={"time_grain_sqla": "P1Y"}),
                select("G2", None, kind="timegrain", excluded=["a"]),
                select("C", None, kind="timecolumn"),
            ],
        ),
        MadeUp(
            "two parents",
            ["a", "b"],
            WORLD_AB,
            [
                select("P1", "region", WORLD),
                select("P2", "country_code", WORLD),
                select("Child", "country_name", WORLD, parents=["P1", "P2"]),
                select("Grandchild", "country_name", WORLD, parents=["Child"]),
            ],
        ),
        MadeUp(
            "parents of other kinds",
            ["a", "b"],
            AB,
            [
                select("Time", None, kind="time"),
                select("Range", "sales", kind="range"),
                select("Below time", "country", parents=["Time"]),
                select("Below range", "status", parents=["Range"]),
                select("Range below", "msrp", kind="range", parents=["Below time"]),
                select("Gone", "city", cascadeParentIds=["NATIVE_FILTER-gone"]),
            ],
        ),
        MadeUp(
            "a chain over tabs",
            ONE_TWO,
            {"a": table("country"), "b": total()},
            [
                select("Here", "country"),
                select("There", "city", root=["TAB-Two"], parents=["Here"]),
                select("Valued", "status", parents=["Here"], default=["Shipped"]),
            ],
        ),
        MadeUp(
            "saved values in a chain",
            ["a", "b"],
            {"a": table("country"), "b": total()},
            [
                select("Top", "country", **usa()),
                select("Mid", "city", parents=["Top"], **_city()),
                select("Low", "status", parents=["Mid"]),
            ],
        ),
        MadeUp(
            "dividers",
            ["a", "b"],
            AB,
            [
                _divider("D1"),
                select("Country", "country"),
                _divider("D2"),
                select("Sales", "sales", kind="range", default=[1000, 2000], extra=_between()),
                select("Sum", "status", sortMetric="count"),
            ],
        ),
        MadeUp(
            "metric of a total",
            ["a"],
            {"a": table("country", "birth_names")},
            [
                select("Sum", "name", "birth_names", sortMetric="sum__num"),
                select("Adhoc", "gender", "birth_names", sortMetric=total_of("num")),
            ],
        ),
    ]


def _city() -> Json:
    return {
        "defaultDataMask": {
            "extraFormData": filters("city", "IN", ["NYC"]),
            "filterState": {"value": ["NYC"], "label": "NYC"},
            "ownState": {},
        }
    }


def _between() -> Json:
    return {
        "filters": [
            {"col": "sales", "op": ">=", "val": 1000},
            {"col": "sales", "op": "<=", "val": 2000},
        ]
    }


def _divider(name: str) -> Json:
    return {
        "id": f"NATIVE_FILTER_DIVIDER-{name}",
        "type": "DIVIDER",
        "title": name,
        "description": "",
        "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
    }
