"""An edit changes what it is meant to change, and not one byte more."""

from __future__ import annotations

import codecs
import difflib
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dashlint.fix.errors import CannotEditError
from dashlint.fix.yaml_edit import MISSING, YamlEdit, edit_file, look_up, put
from tests.paths import FIXTURES, ROOT

CHART = """\
# Reviewed by the finance team.
slice_name:   "Umsatz – Größe 😀"   # shown on the wall
viz_type: 'pie'
params:
    viz_type: pie
    row_limit: 50000   # too many
    adhoc_filters: []
    groupby:
    - country

    metric:  {label: "a: b", expressionType: SQL}
cache_timeout:
uuid: 2c1d7e3a-52f4-4b7c-8a5d-7f3e6b4c8e32"""


def edit(text: str | bytes, *edits: tuple[tuple[Any, ...], Any]) -> str:
    data = text.encode() if isinstance(text, str) else text
    return edit_file(data, [YamlEdit(path, value) for path, value in edits]).data.decode()


def changed_lines(old: str, new: str) -> list[str]:
    return [
        line
        for line in difflib.ndiff(old.splitlines(keepends=True), new.splitlines(keepends=True))
        if line[0] in "+-"
    ]


def test_a_number_is_replaced_where_it_stands() -> None:
    assert edit(CHART, (("params", "row_limit"), 100)) == CHART.replace("50000 ", "100 ")


def test_an_empty_value_gets_one() -> None:
    assert edit(CHART, (("cache_timeout",), 600)) == CHART.replace("cache_timeout:", "cache_timeout: 600")


def test_a_new_key_goes_between_its_neighbours_at_their_indentation() -> None:
    new = edit(CHART, (("params", "server_pagination"), True))
    assert changed_lines(CHART, new) == ["+     server_pagination: true\n"]


def test_an_empty_list_becomes_one_as_superset_writes_it() -> None:
    new = edit(CHART, (("params", "adhoc_filters"), [{"col": "ds", "val": "Last quarter"}]))
    assert changed_lines(CHART, new) == [
        "-     adhoc_filters: []\n",
        "+     adhoc_filters:\n",
        "+     - col: ds\n",
        "+       val: Last quarter\n",
    ]


def test_a_list_gets_longer_at_its_beginning() -> None:
    new = edit(CHART, (("params", "groupby"), ["region", "country"]))
    assert changed_lines(CHART, new) == ["+     - region\n"]


def test_a_mapping_on_one_line_stays_on_one_line() -> None:
    new = edit(CHART, (("params", "metric", "hasCustomLabel"), True))
    assert new == CHART.replace('{label: "a', '{hasCustomLabel: true, label: "a')


def test_missing_mappings_are_made() -> None:
    new = edit(CHART, (("params", "extra", "time_range"), "Last month"))
    assert yaml.safe_load(new)["params"]["extra"] == {"time_range": "Last month"}
    assert all(line[0] == "+" for line in changed_lines(CHART, new))


def test_quotes_are_kept() -> None:
    text = "a: 'No filter'\nb: \"No filter\"\nc: No filter\n"
    new = edit(text, *(((key,), "Last 'month'") for key in "abc"))
    assert new == "a: 'Last ''month'''\nb: \"Last 'month'\"\nc: Last 'month'\n"


def test_a_limit_that_is_text_stays_text() -> None:
    assert edit("params: {row_limit: '50000'}\n", (("params", "row_limit"), 100)) == (
        "params: {row_limit: '100'}\n"
    )


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_line_ends_encoding_and_a_missing_final_line_end_stay(
    line_end: str, mark: bytes, encoding: str
) -> None:
    def data(text: str) -> bytes:
        return mark + text.replace("\n", line_end).encode(encoding)

    edits = [YamlEdit(("params", "row_limit"), 100), YamlEdit(("params", "x"), 1)]
    expected = CHART.replace("50000 ", "100 ").replace("    metric:", "    x: 1\n    metric:")
    # x sorts behind every other key, so it goes before the last one.
    assert edit_file(data(CHART), edits).data == data(expected)


def test_mixed_line_ends_stay_mixed() -> None:
    text = "a: 1\r\nb: 2\nc: 3\r\n"
    assert edit_file(text.encode(), [YamlEdit(("b",), 5)]).data == b"a: 1\r\nb: 5\nc: 3\r\n"


CONTEXT = {
    "datasource": {"id": 1, "type": "table"},
    "queries": [{"row_limit": 50000, "filters": [{"col": "It's", "op": "IN", "val": ["a  b", 'ä😀\\\t"']}]}],
    "form_data": {"row_limit": 50000, "label": "a long label that folds over lines because it is so long"},
}
WIDTHS = [
    {},
    {"width": 30},
    {"default_style": '"'},
    {"default_style": '"', "width": 30},
    {"allow_unicode": True},
]


@pytest.mark.parametrize("options", WIDTHS, ids=str)
@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("compact", [True, False])
def test_json_in_a_text_is_edited_in_place(
    options: dict[str, Any], *, ascii_only: bool, compact: bool
) -> None:
    separators = (",", ":") if compact else None
    held = json.dumps(CONTEXT, ensure_ascii=ascii_only, separators=separators)
    text: str = yaml.safe_dump({"query_context": held, "uuid": "u"}, **options)
    path = ("query_context", "queries", 0, "row_limit")
    new = edit(text, (path, 7))
    wanted = json.dumps(put(CONTEXT, path[1:], 7), ensure_ascii=ascii_only, separators=separators)
    # The text in the text, too: blanks and escapes are those that were there.
    assert yaml.safe_load(new) == {"query_context": wanted, "uuid": "u"}
    assert len(changed_lines(text, new)) <= 4


def test_json_in_a_literal_block() -> None:
    text = 'query_context: |-\n  {\n    "queries": [{"row_limit": 50000}]\n  }\nuuid: u\n'
    assert edit(text, (("query_context", "queries", 0, "row_limit"), 7)) == text.replace("50000", "7")


def test_params_of_old_exports_are_json_in_a_text() -> None:
    text = 'params: \'{"row_limit": 50000, "groupby": ["it\'\'s"]}\'\n'
    assert edit(text, (("params", "row_limit"), 7)) == text.replace("50000", "7")
    new = edit(text, (("params", "groupby"), ["a", "it's"]))
    assert new == text.replace('["it', '["a", "it')


REFUSED = {
    "an alias": ("a: &x {row_limit: 5}\nparams: *x\n", ("params", "row_limit")),
    "an anchor that is used elsewhere": ("params: {row_limit: &x 5}\nb: *x\n", ("params", "row_limit")),
    "a template": ("params: {{ params }}\nb: {% if x %}1{% endif %}\n", ("params", "row_limit")),
    "a block of text": ("params:\n  row_limit: |-\n    5\n", ("params", "row_limit")),
    "JSON that was encoded twice": (
        f"params: {json.dumps(json.dumps(json.dumps({'row_limit': 5})))}\n",
        ("params", "row_limit"),
    ),
    "a text that is no JSON": ("params: row_limit 5\n", ("params", "row_limit")),
    "folded JSON": ('params: >-\n  {"row_limit":\n  5}\n', ("params", "row_limit")),
    "a list instead of keys": ("- a\n", ("params", "row_limit")),
    "nothing": ("", ("params", "row_limit")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_changed_alone_is_refused_with_a_sentence(case: str) -> None:
    text, path = REFUSED[case]
    with pytest.raises(CannotEditError) as error:
        edit(text, (path, 7))
    assert error.value.reason
    assert "\n" not in error.value.reason


def test_other_encodings_are_refused() -> None:
    with pytest.raises(CannotEditError, match="UTF-8"):
        edit("slice_name: Größe\nrow_limit: 5\n".encode("latin-1"), (("row_limit",), 7))


def real_files() -> Iterator[tuple[str, bytes]]:
    for path in sorted((FIXTURES / "exports").rglob("charts/*.yaml")):
        yield path.name, path.read_bytes()
    for archive in sorted((ROOT / "tests" / "data" / "exports").rglob("*.zip")):
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                if "/charts/" in name and name.endswith(".yaml"):
                    yield f"{archive.name}/{name}", opened.read(name)


REAL = dict(real_files())


def test_charts_that_superset_wrote_keep_all_else() -> None:
    """Every chart of the example and of recorded exports: one value of each kind, at every place it has."""
    assert len(REAL) > 100
    edited = 0
    for name, data in REAL.items():
        value = yaml.safe_load(data)
        edits = [YamlEdit(("cache_timeout",), 601), YamlEdit(("params", "row_limit"), 123)]
        if value.get("query_context"):
            context = json.loads(value["query_context"])
            edits += [
                YamlEdit(("query_context", "queries", index, "row_limit"), 123)
                for index in range(len(context["queries"]))
            ]
        for one in edits:
            old = look_up(value, one.path)
            new = edit_file(data, [one]).data
            before, after = data.decode().splitlines(), new.decode().splitlines()
            difference = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
            # One line changed, or came in.
            assert len(difference) <= 2 - (old is MISSING and one.path[0] == "params"), (name, one)
            assert look_up(yaml.safe_load(new), one.path) == (
                str(one.value) if isinstance(old, str) else one.value
            )
            edited += 1
    assert edited > 2 * len(REAL)


# Whatever is in the file and however PyYAML writes it: an edit says what it was meant to say, or is refused.
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.floats(allow_nan=False)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
styles = st.fixed_dictionaries(
    {
        "default_flow_style": st.sampled_from([True, False, None]),
        "default_style": st.sampled_from([None, "'", '"']),
        "width": st.sampled_from([20, 80, 1000]),
        "allow_unicode": st.booleans(),
        "sort_keys": st.booleans(),
        "indent": st.sampled_from([2, 4, 8]),
    }
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.text(max_size=8), values, min_size=1, max_size=4),
    st.lists(st.text(max_size=8), min_size=1, max_size=2),
    values,
    styles,
)
def test_an_edit_says_what_it_was_meant_to_say_or_is_refused(
    document: dict[str, Any], path: list[str], value: Any, style: dict[str, Any]
) -> None:
    text: str = yaml.safe_dump({"params": document}, **style)
    try:
        new = edit(text, (("params", *path), value))
    except CannotEditError:
        return
    old = look_up(yaml.safe_load(text), ("params", *path))
    expected = str(value) if isinstance(old, str) and type(value) is int else value
    assert look_up(yaml.safe_load(new), ("params", *path)) == expected
