"""Layouts: other nodes than charts, tabs below tabs, nodes that nothing leads to."""

from __future__ import annotations

from collections.abc import Mapping

from tests.truth.made_up.parts import Json, MadeUp, chart, line, select, table, total

_PIE = chart("pie", groupby=["status"], metric="count")


def dashboards() -> list[MadeUp]:
    return [
        MadeUp(
            "nodes of every kind",
            [
                ("HEADER", "First", []),
                ("ROW", "", ["a", ("COLUMN", "", ["b", ("MARKDOWN", "text", []), ("ROW", "", ["c"])])]),
                ("DIVIDER", "", []),
                ("ROW", "", [("COLUMN", "", [{"In": ["d"], "Out": ["e", ("MARKDOWN", "more", [])]}]), "f"]),
                {"Low one": ["g"], "Low two": ["h"]},
            ],
            {
                "a": table("country"),
                "b": total(),
                "c": _PIE,
                **{letter: total() for letter in "def"},
                "g": line(),
                "h": table("status"),
            },
            [
                select("All", "country"),
                select("Out only", "status", root=["TAB-Out"]),
                select("Two rows of tabs", "city", root=["TAB-Out", "TAB-Lowtwo"]),
                select("A column", "deal_size", root=["COLUMN-made4"]),
            ],
        ),
        MadeUp(
            "three rows of tabs",
            [{"A": ["a", {"A1": ["b", {"A1x": ["c"], "A1y": ["d"]}], "A2": ["e"]}], "B": ["f"], "C": ["g"]}],
            {"a": table("country"), **{letter: total() for letter in "bcdeg"}, "f": line()},
            [
                select("Deep", "country", root=["TAB-A1y"]),
                select("Middle", "status", root=["TAB-A1"], excluded=["c"]),
                select("Far", "city", root=["TAB-B", "TAB-C"]),
                select("Grid", "state", root=["GRID_ID"]),
            ],
        ),
        MadeUp(
            "tabs that are empty",
            [{"E": [], "One": ["a"], "Text": [("MARKDOWN", "text", [])], "Two": ["b"]}],
            {"a": table("country"), "b": total()},
            [select("All", "country"), select("Text", "status", root=["TAB-Text"])],
        ),
        MadeUp(
            "same names",
            [{"Same": ["a"], "same": ["b"]}, {"Other": ["c"], "Last": ["d"]}],
            {"a": table("country"), "b": total(), "c": table("status"), "d": total()},
            [select("F", "country"), select("G", "status", root=["TAB-same"])],
        ),
        MadeUp(
            "nodes without parents",
            [{"One": ["a", "b"], "Two": ["c"]}, "d"],
            {"a": table("country"), "b": total(), "c": total(), "d": _PIE},
            [select("One", "country", root=["TAB-One"]), select("Two", "status", root=["TAB-Two"])],
            arrange=_forget_parents,
        ),
        MadeUp(
            "nodes that nothing leads to",
            ["a", "b", {"One": ["c"], "Two": ["d"]}],
            {"a": table("country"), "b": total(), "c": total(), "d": table("status")},
            [select("All", "country"), select("Two", "status", root=["TAB-Two"])],
            arrange=_cut_off_d,
        ),
        MadeUp(
            "charts of other datasets",
            ["a", "b", "c", "d"],
            {
                "a": table("country"),
                "b": table("gender", "birth_names"),
                "c": total("hierarchical_dataset"),
                "d": table("country", "international_sales"),
            },
            [
                select("Deal", "deal_size"),
                select("Gender", "gender", "birth_names", excluded=["a"]),
                select("Gone", "no_such_column"),
            ],
        ),
        MadeUp(
            "immune to the timer",
            [{"One": ["a", "b"], "Two": ["c"]}],
            {"a": table("country"), "b": total(), "c": total()},
            [select("F", "country")],
            lambda ids: {
                "refresh_frequency": 600,
                "timed_refresh_immune_slices": [ids["b"]],
                "expanded_slices": {str(ids["a"]): True},
            },
        ),
    ]


def _forget_parents(position: Json, _: Mapping[str, int]) -> None:
    for node in position.values():
        if isinstance(node, dict):
            node.pop("parents", None)


def _cut_off_d(position: Json, ids: Mapping[str, int]) -> None:
    """The chart's node stays, but its row no longer holds it."""
    node = next(
        n for n in position.values() if isinstance(n, dict) and n.get("meta", {}).get("chartId") == ids["d"]
    )
    row = position[node["parents"][-1]]
    row["children"].remove(node["id"])
