"""The fast reader says what PyYAML says, wherever it is allowed to speak."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from yaml12 import parse_yaml

from dashlint.sources.grammar import is_plain
from dashlint.sources.yaml_text import YamlError, parse
from tests.sources.exports import real_texts

REAL = real_texts()
REAL_LINES = sorted({line for text in REAL.values() for line in text.split("\n") if len(line) < 200})


def same(left: Any, right: Any) -> bool:
    """Equal, with equal types throughout (``1``, ``1.0`` and ``True`` are equal to Python)."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        keys = {repr(key) for key in left} == {repr(key) for key in right}
        return keys and all(same(value, right[key]) for key, value in left.items())
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right or (left != left and right != right))  # noqa: PLR0124  not a number


def by_pyyaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError) as error:
        return error


def check(text: str) -> bool:
    """Whether the fast reader read a text; it must have read it as PyYAML does."""
    if not is_plain(text):
        return False
    try:
        documents = parse_yaml(text, multi=True)
    except ValueError:
        return False
    if len(documents) > 1:
        return False
    fast = documents[0] if documents else None
    slow = by_pyyaml(text)
    assert same(fast, slow), (text, fast, slow)
    return True


def test_real_files_are_read_fast_and_alike() -> None:
    slowly = [path for path, text in REAL.items() if not check(text)]
    # One file holds a number with 20 digits, which does not fit into 64 bits.
    assert [path.rpartition("/")[2] for path in slowly] == ["yes_105.yaml"]
    assert len(REAL) > 400


# Pieces that mean something in YAML 1.1, in 1.2, or in neither.
PIECES = [
    "a", "b", "key", "k: ", ": ", ":", "- ", "-", "  ", "    ", " ", "\n", "\n  ", "\n    ", "\n- ",
    "\n  - ", "yes", "no", "on", "off", "y", "null", "~", "true", "Null", "12", "0", "017", "1.5", "1e3",
    "1.0e+3", "0x1f", "0b1", "0o7", "1_0", "1:30", ".5", ".3s", ".inf", "2024-01-01", "08:00", "18:00:00",
    "3__t", "45°", "'", "''", '"', "\\n", "\\", "\\\n", "'x'", '"y"', "|", "|-", "|+", ">", "[]", "{}",
    "[", "]", "{", "}", "#", " #c", "&a", "*a", "!t", "=", "==", "<<", "<=", "?", "? ", "---", "...",
    "\n---\n", "%", "@", "`", "é", "\u2028", "\x85", "12345678-1234-1234-1234-123456789012",
    "0b345678-1234-1234-1234-123456789012", "\t", "1.0.0", "'104': x", "|-\n  text\n", "|\n    t\n  u\n",
    ",", "e", "Z", "T", "+", "= 1", '"\n', "'\n", "no ", "yes  ", "null: ",
]  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(["", "a: ", "- "]), st.lists(st.sampled_from(PIECES), min_size=1, max_size=14))
def test_generated_texts_are_read_alike(start: str, pieces: list[str]) -> None:
    check(start + "".join(pieces) + "\n")


@settings(max_examples=250, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(REAL_LINES), st.integers(0, 3)), min_size=1, max_size=12),
    st.sampled_from(PIECES),
    st.floats(0, 1),
)
def test_real_lines_in_a_new_order_are_read_alike(
    lines: list[tuple[str, int]], piece: str, place: float
) -> None:
    text = "\n".join("  " * indent + line.lstrip(" ") for line, indent in lines) + "\n"
    cut = int(place * len(text))
    check(text)
    check(text[:cut] + piece + text[cut:])


@settings(max_examples=250, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_alike(text: str) -> None:
    check(text)
    check(f"key: {text}\n")


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False)
    | st.text(max_size=120),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=250, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=20), values, max_size=6))
def test_what_superset_would_write_comes_back(value: dict[str, Any]) -> None:
    text = yaml.safe_dump(value, sort_keys=False)
    check(text)
    assert same(parse(text), by_pyyaml(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True), ("No", False), ("on", True), ("OFF", False), ("y", "y"), ("true", True),
        ("017", 15), ("0o17", "0o17"), ("0x1f", 31), ("0b11", 3), ("1_000", 1000), ("1:30", 90),
        ("08:00", "08:00"),
        ("18:00", 1080), ("1e3", "1e3"), ("1.0e+3", 1000.0), ("~", None), ("", None), ("null", None),
        ("2024-01-01", "2024-01-01"), ("2024-01-01 10:00:00", "2024-01-01T10:00:00"), ("1.0.0", "1.0.0"),
        ("123456789012345678901234567890", 123456789012345678901234567890), ("!!str 1", "1"),
        ("!!binary aGk=", "hi"), (".inf", float("inf")), ("<=", "<="), ("2745eae5", "2745eae5"),
        ("0b525b73-ba1e-4156-a383-d7e7cb271281", "0b525b73-ba1e-4156-a383-d7e7cb271281"),
    ],
)  # fmt: skip
def test_unquoted_values_are_what_superset_takes_them_for(text: str, value: Any) -> None:
    assert same(parse(f"a: {text}\n"), {"a": value})
    assert same(parse(f"- {text}\n"), [value])


def test_merge_keys_anchors_and_folded_text_are_read_as_pyyaml_reads_them() -> None:
    assert parse("a: &x\n  b: 1\nc:\n  <<: *x\n  d: 2\n") == {"a": {"b": 1}, "c": {"b": 1, "d": 2}}
    assert parse("a: >-\n  one\n  two\n\n  three\n") == {"a": "one two\nthree"}
    assert parse("a: |") == {"a": ""}


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: b: c\n", 1, "mapping values are not allowed"),
        ("a: 1\nb: [1,\n", 3, "did not find expected node content"),
        ("a: 1\n\tb: 2\n", 2, "found a tab character"),
        ("a: 1\n---\nb: 2\n", 2, "but found another document"),
        ("a: 1\nb: !unknown 2\n", 2, "could not determine a constructor for the tag"),
        ("a: x\nb: '\x07'\n", 2, "U\\+0007 is not allowed"),
        ("a: *nowhere\n", 1, "found undefined alias"),
    ],
)
def test_errors_say_where(text: str, line: int, reason: str) -> None:
    with pytest.raises(YamlError, match=reason) as caught:
        parse(text)
    assert caught.value.line == line


def test_errors_do_not_repeat_what_the_file_says() -> None:
    with pytest.raises(YamlError) as caught:
        parse("password: *hunter2\n")
    assert "hunter2" not in caught.value.reason
