"""Large repositories take little memory, and say the same as small ones."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dashlint.sources import read, reading
from dashlint.sources.stored import compact

EXPORTS = Path(__file__).resolve().parents[1] / "data" / "exports"
ZIPS = [path for path in sorted(EXPORTS.glob("**/*.zip")) if path.stem != "theme"]  # no assets in it

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=30,
)


def told(path: Path) -> list[Any]:
    """Everything that a reading says, field by field."""
    workspace = read(path)
    assets: list[Any] = [*workspace.dashboards, *workspace.charts, *workspace.datasets, *workspace.databases]
    fields = [
        {f.name: getattr(asset, f.name) for f in dataclasses.fields(asset) if f.name not in {"origin", "raw"}}
        for asset in assets
    ]
    return [repr(fields), [dict(asset.raw) for asset in assets], workspace.problems]


@pytest.mark.parametrize("path", ZIPS, ids=lambda path: path.stem)
def test_a_large_repository_is_read_as_a_small_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = told(path)
    monkeypatch.setattr(reading, "WORTH_COMPACTING_FROM", 1)
    assert told(path) == small


@given(VALUES)
def test_compact_values_are_equal(value: Any) -> None:
    seen: dict[Any, Any] = {}
    again = compact(value, seen)
    assert again == value
    assert repr(again) == repr(value)  # 1, 1.0 and True are equal, and not the same


def test_keys_short_texts_numbers_and_lists_of_them_are_one_object() -> None:
    seen: dict[Any, Any] = {}
    written = '{"key": "value", "id": 1234, "scope": [1234, "value"]}'
    left, right = (compact(json.loads(written), seen) for _ in range(2))
    assert next(iter(left)) is next(iter(right))
    assert all(left[key] is right[key] for key in ("key", "id", "scope"))


def test_contents_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "charts" / "Orders_1.yaml"
    file.parent.mkdir()
    contents = {
        "slice_name": "Orders",
        "viz_type": "table",
        "params": {"row_limit": 5},
        "uuid": "a",
        "x": [1],
    }
    file.write_text(yaml.safe_dump(contents))
    (chart,) = read(tmp_path).charts
    assert dict(chart.raw) == contents
    assert len(chart.raw) == len(contents)


def test_a_file_that_is_gone_is_empty(tmp_path: Path) -> None:
    file = tmp_path / "charts" / "Orders_1.yaml"
    file.parent.mkdir()
    file.write_text("slice_name: Orders\nviz_type: table\nuuid: a\n")
    (chart,) = read(tmp_path).charts
    file.unlink()
    assert dict(chart.raw) == {}
    assert chart.query_context is None


def test_what_overrides_say_stays(tmp_path: Path) -> None:
    file = tmp_path / "charts" / "Orders_1.yaml"
    file.parent.mkdir()
    file.write_text("slice_name: Orders\nviz_type: table\nparams: {}\nuuid: a\n")
    file.with_name("Orders_1.overrides.yaml").write_text("slice_name: Sales\n")
    (chart,) = read(tmp_path).charts
    assert chart.raw["slice_name"] == "Sales"
