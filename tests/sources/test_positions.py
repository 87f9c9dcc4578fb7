"""Positions are those of PyYAML's own marks, found without it where possible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashlint.sources import read
from dashlint.sources.grammar import is_plain
from dashlint.sources.positions import finder, split
from tests.sources.exports import chart, dashboard, real_texts, write

Step = int | str


def marks(node: yaml.Node, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], tuple[int, int]]]:
    """Every path in a document, with the mark of its key or item."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*path, key.value), (key.start_mark.line + 1, key.start_mark.column + 1)
            yield from marks(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*path, index), (value.start_mark.line + 1, value.start_mark.column + 1)
            yield from marks(value, (*path, index))


def test_positions_are_pyyamls_marks() -> None:
    compared = 0
    for number, (path, text) in enumerate(real_texts().items()):
        if len(text) > 60_000:
            continue
        find = finder(text)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        assert node is not None
        for index, (steps, position) in enumerate(marks(node)):
            if (index + number) % 7 == 0:
                compared += 1
                assert find(steps) == position, (path, steps)
    assert compared > 5_000


PLAIN = """\
# a comment
slice_name: Sales
params:
  groupby: []
  # another
  metrics:
  - label: a
    column:
      column_name: x
  - label: b
  - size: 1
    label: c
  "quoted key": 1
  'other': 2
  filters:
    - - deep
      - deeper
  sql: 'one

    label: not a key
    '
  text: |
    metrics:
      label: no key either
  long: a text
    that goes on
  last: 1
  key.with.dots: 1
uuid: abc
"""
FLOW = PLAIN.replace("groupby: []", "groupby: [a, {b: 1}]")


@pytest.mark.parametrize("text", [PLAIN, FLOW], ids=["plain", "composed"])
@pytest.mark.parametrize(
    ("field", "position"),
    [
        ("slice_name", (2, 1)),
        ("params", (3, 1)),
        ("params.groupby", (4, 3)),
        ("params.metrics", (6, 3)),
        ("params.metrics[0]", (7, 5)),
        ("params.metrics[0].label", (7, 5)),
        ("params.metrics[0].column.column_name", (9, 7)),
        ("params.metrics[1].label", (10, 5)),
        ("params.metrics[2].label", (12, 5)),
        ("params.metrics[3]", None),
        ("params.metrics[0].missing", None),
        ("params.quoted key", (13, 3)),
        ("params.other", (14, 3)),
        ("params.filters[0][1]", (17, 9)),
        ("params.sql", (18, 3)),
        ("params.text", (22, 3)),
        ("params.long", (25, 3)),
        ("params.last", (27, 3)),
        ("params.label", None),
        ("params.key.with.dots", (28, 3)),
        ("uuid", (29, 1)),
        ("missing", None),
        ("params.last.deeper", None),
    ],
)
def test_paths(text: str, field: str, position: tuple[int, int] | None) -> None:
    assert is_plain(text) is (text is PLAIN)
    assert finder(text)(split(field)) == position


def test_of_two_equal_keys_the_last_counts_as_it_does_for_the_value() -> None:
    assert finder("a: 1\nb: 2\na: 3\n")(["a"]) == (3, 1)
    assert finder("a: 1\nb: [2]\na: 3\n")(["a"]) == (3, 1)


def locate(folder: Path, content: Any, field: str) -> tuple[int | None, int | None]:
    write(folder, {"charts/Sales_7.yaml": content})
    [found] = read(folder).charts
    location = found.origin.location(field)
    assert location.field == field
    return location.line, location.column


def test_json_in_a_text_is_pointed_to_by_its_key(tmp_path: Path) -> None:
    text = chart(params='{"row_limit": 5}', query_context='{"queries": [{"row_limit": 5}]}')
    assert locate(tmp_path, text, "params.row_limit") == (3, 1)
    assert locate(tmp_path, text, "query_context.queries[0].row_limit") == (4, 1)


def test_a_missing_field_is_pointed_to_by_what_it_is_missing_from(tmp_path: Path) -> None:
    assert locate(tmp_path, chart(), "params.time_range") == (3, 1)
    assert locate(tmp_path, chart(), "params.adhoc_filters[2].subject") == (3, 1)
    assert locate(tmp_path, chart(), "nothing") == (None, None)


def test_files_with_a_byte_order_mark_and_carriage_returns(tmp_path: Path) -> None:
    text = "slice_name: Sales\nviz_type: table\nuuid: abc\nparams:\n  row_limit: 5\n"
    for data in (
        text.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + text.encode(),
        text.encode("utf-16"),
    ):
        assert locate(tmp_path, data, "params.row_limit") == (5, 3)


def test_templates_keep_their_lines(tmp_path: Path) -> None:
    text = (
        "{% if country %}\nslice_name: {{ country }} sales\n{% else %}\nslice_name: Sales\n{% endif %}\n"
        "viz_type: table\nuuid: abc\nparams:\n  row_limit: {{ limit }}\n"
    )
    assert locate(tmp_path, text, "params.row_limit") == (9, 3)


def test_a_filters_place_in_a_dashboard(tmp_path: Path) -> None:
    filters = [{"id": "NATIVE_FILTER-1", "name": "a"}, {"id": "NATIVE_FILTER-2", "name": "b"}]
    raw = dashboard(metadata={"native_filter_configuration": filters})
    write(tmp_path, {"dashboards/Shop_1.yaml": raw})
    [found] = read(tmp_path).dashboards
    location = found.origin.location(f"{found.filters[1].field}.name")
    lines = (tmp_path / "dashboards/Shop_1.yaml").read_text().splitlines()
    assert location.line is not None
    assert lines[location.line - 1] == "    name: b"


def test_a_file_that_has_gone_since_is_pointed_to_as_a_whole(tmp_path: Path) -> None:
    write(tmp_path, {"charts/Sales_7.yaml": chart()})
    [found] = read(tmp_path).charts
    (tmp_path / "charts/Sales_7.yaml").unlink()
    assert found.origin.location("params").line is None
