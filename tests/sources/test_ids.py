"""Which number belongs to which chart."""

from __future__ import annotations

import pytest

from dashlint.sources.ids import Named, chart_ids, id_in_name, slug_of
from tests.sources.exports import dashboard


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("charts/Sales_7.yaml", "Sales", 7),
        ("charts/Sales_2024_7.yaml", "Sales 2024", 7),
        # Not an id but the end of the name: superset-cli can leave ids out.
        ("charts/Sales_2024.yaml", "Sales 2024", None),
        ("charts/7.yaml", "销售", 7),
        ("charts/3f966611-8afc-4841-abdc-fa4361ff69f8.yaml", "Sales", None),
        ("charts/Sales.yaml", "Sales", None),
        ("charts/other_7.yaml", "Sales", None),
        ("charts/of_Games_12.yml", "# of Games", 12),
        ("charts/Cafe_5.yaml", "Café", 5),
        ("charts/a_b_c_5.yaml", "a/b  c", 5),
        ("charts/Sales_7.yaml", None, None),
    ],
)
def test_ids_in_file_names(path: str, name: str | None, expected: int | None) -> None:
    assert id_in_name(path, name) == expected


def test_slugs_are_those_of_the_library_that_superset_uses() -> None:
    # Answers of werkzeug.utils.secure_filename 3.1.
    answers = {
        "My cool movie.mov": "My_cool_movie.mov",
        "../../../etc/passwd": "etc_passwd",
        "i contain cool \xfcml\xe4uts.txt": "i_contain_cool_umlauts.txt",
        "% of Total — €": "of_Total",
        " a\tb ": "a_b",
        "__x__": "x",
        "销售": "",
    }
    assert {name: slug_of(name) for name in answers} == answers


def ids(charts: list[Named], *layout: tuple[int, str | None]) -> list[int | None]:
    return chart_ids(charts, [dashboard(*layout)["position"]])


def test_a_layout_knows_best() -> None:
    assert ids([Named("u", "Sales", "charts/Sales_9.yaml", None)], (7, "u")) == [7]


def test_a_layout_without_uuids_is_filled_from_file_names() -> None:
    assert ids([Named("u", "Sales", "charts/Sales_7.yaml", None)], (7, None)) == [7]


def test_a_chart_that_was_renamed_since() -> None:
    assert ids([Named("u", "New name", "charts/Sales_7.yaml", None)], (7, None)) == [7]
    assert ids([Named("u", "New name", "charts/Sales_2024.yaml", None)], (7, None)) == [None]
    # Another chart has this number.
    assert ids([Named("u", "New name", "charts/Sales_7.yaml", None)], (7, "other")) == [None]


def test_files_named_after_uuids_in_a_layout_without_them() -> None:
    path = "charts/3f966611-8afc-4841-abdc-fa4361ff69f8.yaml"
    assert ids([Named("u", "Sales", path, 7)], (7, None)) == [7]
    # The number may be that of another instance: then the title tells.
    assert ids([Named("u", "Costs", path, 7)], (7, None)) == [None]
    assert ids([Named("u", "Sales", path, "7")], (7, None)) == [None]


def test_odd_layouts() -> None:
    odd = {"CHART-1": {"type": "CHART"}, "CHART-2": {"type": "CHART", "meta": {"chartId": True}}, "x": 1}
    assert chart_ids([Named("u", "a", "charts/a.yaml", None)], [odd, {}]) == [None]
