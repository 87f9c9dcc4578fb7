"""Nothing that a file holds makes reading hang, crash or raise anything but its own error."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashlint.assets import Workspace
from dashlint.sources import SourceError, read
from dashlint.sources.yaml_text import YamlError, parse
from tests.sources.exports import DATA, Content, chart, dashboard, dataset, shop, write

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(20)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)}\n  <<: [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(20)
)
ALIASES = "its aliases stand for more than 1,000,000 values (limits.values in the configuration)"
MANY = "it holds more than 1,000,000 values (limits.values in the configuration)"
DIGITS = "a number has more than 1,000 digits"
DEEP = "x: " + "[" * 100_000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LAUGHS, ALIASES),
        (MERGES, ALIASES),
        ("a: &a [*a]\n", "an alias stands for a value that contains it"),
        ("a: &a {b: *a}\n", "an alias stands for a value that contains it"),
        (DEEP, "it is nested more than 200 levels deep"),
        ("x: " + "{a: " * 100_000, "it is nested more than 200 levels deep"),
        ("- " * 100_000 + "x\n", "it is nested more than 200 levels deep"),
        ("? " * 100_000 + "x\n", "it is nested more than 200 levels deep"),
        ("".join(" " * i + "k:\n" for i in range(1_000)), "it is nested more than 200 levels deep"),
        ("x: [" + "1," * 1_100_000 + "]\n", MANY),
        ("x:\n" + "".join(f"  k{i}: 1\n" for i in range(550_000)), MANY),
        ("a: " + "9" * 5_000 + "\n", DIGITS),
        ("a: 0x" + "f" * 5_000 + "\n", DIGITS),
        ("a: 1" + ":59" * 100_000 + "\n", DIGITS),
        ("a: 1" + ":59" * 100_000 + ".5\n", DIGITS),
    ],
    ids=[
        *("laughs", "merges", "circle", "circle of keys", "lists", "mappings", "dashes", "keys", "lines"),
        *("values", "lines of values", "digits", "hexadecimal digits", "sixties", "sixties of a float"),
    ],
)
def test_bombs_are_refused_with_a_sentence(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(YamlError, match=re.escape(reason)):
        parse(text)
    workspace = read(write(tmp_path, shop({"charts/bomb.yaml": "# viz_type\n" + text})))
    [problem] = workspace.problems
    assert problem.kind == "unreadable-file"
    assert problem.message == f"it cannot be read as YAML: {reason}"


def test_ordinary_aliases_are_fine() -> None:
    assert parse("a: &a [1, 2]\nb: *a\nc: *a\n") == {"a": [1, 2], "b": [1, 2], "c": [1, 2]}


@pytest.mark.parametrize(
    "params",
    [
        "[" * 100_000,
        '{"a": ' * 100_000,
        "9" * 10_000,
        "[" + "1," * 1_000_000 + "1]",
        "NaN",
        '"\\ud800"',
        "{" * 5,
    ],
    ids=["lists", "mappings", "digits", "values", "nan", "surrogate", "braces"],
)
def test_hostile_json_in_texts(tmp_path: Path, params: str) -> None:
    raw = chart(params=params, query_context=params)
    workspace = read(write(tmp_path, shop({"charts/Sales_7.yaml": raw})))
    assert workspace.charts[0].params == {}
    assert workspace.problems
    assert {p.kind for p in workspace.problems} <= {"invalid-json", "invalid-value"}


@pytest.mark.parametrize(
    "text",
    ["a: 2024-99-99\n", "a: !!int x\n", "a: !!timestamp x\n", "a: 0x_\n"],
)
def test_values_that_pyyaml_stumbles_over(text: str) -> None:
    with pytest.raises(YamlError, match=r"a value cannot be read \(\w+\)"):
        parse(text)


@pytest.mark.parametrize(
    ("data", "names", "kinds"),
    [
        ("slice_name: ünï\nviz_type: b\nuuid: u\n".encode("utf-16"), ["ünï"], []),
        ("slice_name: ünï\nviz_type: b\nuuid: u\n".encode("utf-8-sig"), ["ünï"], []),
        ("slice_name: ünï\nviz_type: b\nuuid: u\n".encode("utf-32"), ["ünï"], []),
        ("slice_name: ü\nviz_type: b\n".encode() + "uuid: ü\n".encode("latin-1"), ["Ã¼"], ["wrong-encoding"]),
        ("slice_name: a\nviz_type: b\nuuid: u\n".encode("utf-16-le"), [], ["unreadable-file"]),
        (b"slice_name: a\0b\nviz_type: b\nuuid: u\n", [], ["unreadable-file"]),
        (b"slice_name: a\nslice_name: b\nviz_type: b\nuuid: u\n", ["b"], []),
        (b"slice_name: a\nviz_type: b\nuuid: u\ncache_timeout: .nan\n", ["a"], ["invalid-value"]),
        (b"slice_name: a\nviz_type: b\nuuid: u\ncache_timeout: .inf\n", ["a"], ["invalid-value"]),
        (b"slice_name: a\nviz_type: b\nuuid: u\ncache_timeout: " + b"9" * 200 + b"\n", ["a"], []),
    ],
    ids=[
        *("UTF-16", "mark", "UTF-32", "mixed", "UTF-16 without a mark", "NUL", "key twice", "nan", "inf"),
        "200 digits",
    ],
)
def test_odd_encodings_and_numbers(tmp_path: Path, data: bytes, names: list[str], kinds: list[str]) -> None:
    workspace = read(write(tmp_path, shop({"charts/odd_8.yaml": data})))
    assert [c.name for c in workspace.charts if c.name != "Sales"] == names
    assert [p.kind for p in workspace.problems] == kinds
    assert len(workspace.charts) == 1 + len(names)


def test_a_tag_makes_no_object(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    files = shop(
        {"charts/odd_8.yaml": f"slice_name: a\nviz_type: !!python/object/apply:os.mkdir [{marker}]\n"}
    )
    [problem] = read(write(tmp_path / "export", files)).problems
    assert problem.message == "it cannot be read as YAML: could not determine a constructor for the tag"
    assert not marker.exists()


def check_sentence(text: str) -> None:
    assert text
    assert "\n" not in text


def read_or_refuse(path: Path) -> Workspace | None:
    """What is read, walked through as every user of it would; None if it is refused."""
    try:
        workspace = read(path)
    except SourceError as error:
        check_sentence(error.message)
        return None
    for found in workspace.dashboards:
        workspace.placements(found)
        assert found.filters is not None
        found.origin.location("metadata.native_filter_configuration[0].name")
    for shown in workspace.charts:
        workspace.dataset_of(shown)
        shown.origin.location("params.row_limit")
        shown.origin.location("query_context.queries[0]")
    for problem in workspace.problems:
        check_sentence(problem.message)
    return workspace


HEADS = [
    b"", b"slice_name: a\nviz_type: b\n", b"dashboard_title: a\nposition:\n", b"table_name: a\ncolumns:\n",
    b"database_name: a\nsqlalchemy_uri: ", b"slice_name: a\nparams: '",
    b"\xff\xfe", b"\xef\xbb\xbfslice_name: ",
    b"{% if a %}\nslice_name: {{ b }}\n", b'{"slice_name": "a", "viz_type": "b", "params": ',
]  # fmt: skip
FAST = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FAST
@given(st.sampled_from(HEADS), st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_in_any_file(head: bytes, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = write(Path(name), {"charts/a_1.yaml": head + data, "x.yaml": data, "datasets/b/c.yml": data})
        read_or_refuse(folder)
        read_or_refuse(folder / "charts/a_1.yaml")
        write(folder, shop())
        workspace = read_or_refuse(folder)
        assert workspace is not None
        # What is broken never hides the rest.
        assert {"Shop"} <= {d.title for d in workspace.dashboards}
        assert {"Sales"} <= {c.name for c in workspace.charts}


REAL = (DATA / "chart.zip").read_bytes()


@FAST
@given(
    st.binary(max_size=200)
    | st.tuples(st.integers(0, len(REAL) - 1), st.binary(min_size=1, max_size=8)).map(
        lambda change: REAL[: change[0]] + change[1] + REAL[change[0] + len(change[1]) :]
    )
    | st.integers(0, len(REAL)).map(lambda end: REAL[:end])
)
def test_any_bytes_in_a_zip(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "export.zip"
        path.write_bytes(data)
        read_or_refuse(path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@FAST
@given(st.data())
def test_any_value_under_any_key(data: st.DataObject) -> None:
    files: dict[str, Content] = {}
    made = {"charts/a_1.yaml": chart(), "dashboards/b_2.yaml": dashboard(), "datasets/c.yaml": dataset()}
    for path, raw in made.items():
        key = data.draw(st.sampled_from(sorted(raw)))
        files[path] = {**raw, key: data.draw(json_values)}
    with tempfile.TemporaryDirectory() as name:
        read_or_refuse(write(Path(name), files))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path, shop())
    os.mkfifo(tmp_path / "charts" / "pipe.yaml")
    assert len(read(tmp_path).charts) == 1
    with pytest.raises(SourceError, match="is neither a file nor a folder"):
        read(tmp_path / "charts" / "pipe.yaml")


def test_keys_that_are_no_text_are_what_json_makes_of_them(tmp_path: Path) -> None:
    """Found by fuzzing: ten rules failed on the chart, since its keys could not be sorted."""
    raw = chart(params={"viz_type": "table", "groupby": ["a"], "row_limit": 5})
    file = tmp_path / "charts" / "Sales_7.yaml"
    file.parent.mkdir()
    text = yaml.safe_dump(raw).replace("  row_limit:", "  null: 1\n  7: 2\n  yes: 3\n  1.5: 4\n  row_limit:")
    file.write_text(text)
    (found,) = read(tmp_path).charts
    assert {"null": 1, "7": 2, "true": 3, "1.5": 4}.items() <= found.params.items()
