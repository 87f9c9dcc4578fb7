"""A hook that looks at one file of a large repository does not parse the rest again, and says the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashlint.assets import Workspace
from dashlint.sources import parsed_cache, read, reading, yaml_text
from dashlint.sources.parsed_cache import Entry, ParsedCache

CHART = """\
slice_name: Orders {n}
viz_type: table
params:
  viz_type: table
  groupby:
  - country
  row_limit: {limit}
uuid: 2c1d7e3a-52f4-4b7c-8a5d-{n:012d}
dataset_uuid: 1f0b6f8f-43f3-4f6a-9c4c-6e2f5a3b7d21
version: 1.0.0
"""
ODD = "extra: {1: one, 2.5: .nan}\n"
FILES = reading.WORTH_KEEPING_FROM + 1


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "export"
    (root / "charts").mkdir(parents=True)
    (root / "metadata.yaml").write_text("version: 1.0.0\ntype: assets\n")
    for n in range(FILES):
        (root / "charts" / f"Orders_{n}.yaml").write_text(CHART.format(n=n, limit=n))
    (root / "charts" / "Broken_1.yaml").write_text("slice_name: [\n")
    (root / "charts" / "Odd_1.yaml").write_text(CHART.format(n=999_999, limit=1) + ODD)
    return root


@pytest.fixture
def export(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DASHLINT_CACHE_DIR", str(tmp_path / "cache"))
    return Path(shutil.copytree(template, tmp_path / "export"))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many files were parsed since the last question."""
    calls: list[str] = []
    original = yaml_text.parse_marked

    def counted(text: str) -> object:
        calls.append(text)
        return original(text)

    monkeypatch.setattr(reading, "parse_marked", counted)

    def count() -> int:
        number = len(calls)
        calls.clear()
        return number

    return count


def one_file(export: Path) -> Path:
    return export / "charts" / "Orders_1.yaml"


def same(left: Workspace, right: Workspace) -> bool:
    """Whether two readings say the same; odd values are compared as they are written."""
    return repr((left.charts, left.problems, left.focus)) == repr((right.charts, right.problems, right.focus))


def the_cache(export: Path) -> Path:
    (file,) = (export.parent / "cache" / "exports").iterdir()
    return file


def test_the_second_run_parses_what_changed_and_what_json_cannot_say(
    export: Path, parsed: Callable[[], int]
) -> None:
    first = read(one_file(export))
    assert parsed() >= FILES
    second = read(one_file(export))
    # the broken one is tried as YAML and as a template
    again = parsed()
    assert again < 10
    assert same(first, second)
    one_file(export).write_text(CHART.format(n=1, limit=77))
    third = read(one_file(export))
    assert parsed() == again + 1
    changed = next(chart for chart in third.charts if chart.name == "Orders 1")
    assert changed.params["row_limit"] == 77


def test_a_whole_scan_reads_the_cache_and_writes_none(export: Path, parsed: Callable[[], int]) -> None:
    whole = read(export)
    assert not (export.parent / "cache").exists()
    read(one_file(export))
    parsed()
    assert same(read(export), whole)
    assert parsed() < 10


def test_few_files_need_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHLINT_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "charts").mkdir()
    for n in range(3):
        (tmp_path / "charts" / f"Orders_{n}.yaml").write_text(CHART.format(n=n, limit=n))
    read(tmp_path / "charts" / "Orders_1.yaml")
    assert not (tmp_path / "cache").exists()


def test_an_empty_variable_keeps_nothing(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHLINT_CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(export.parent / "home"))
    read(one_file(export))
    assert not (export.parent / "home").exists()


def test_a_folder_that_cannot_be_made_costs_nothing_but_time(export: Path) -> None:
    (export.parent / "cache").write_text("a file is in the way")
    assert len(read(one_file(export)).charts) == FILES + 1


def test_only_its_owner_reads_it(export: Path) -> None:
    read(one_file(export))
    assert the_cache(export).stat().st_mode & 0o077 == 0
    assert the_cache(export).parent.stat().st_mode & 0o077 == 0


def test_another_version_has_its_own(
    export: Path, parsed: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    read(one_file(export))
    parsed()
    monkeypatch.setattr(parsed_cache, "__version__", "99.0")
    read(one_file(export))
    assert parsed() >= FILES
    assert len(list((export.parent / "cache" / "exports").iterdir())) == 2


def test_caches_that_nobody_uses_are_deleted(export: Path) -> None:
    read(one_file(export))
    old = the_cache(export)
    stranger = old.with_name("notes.txt")
    stranger.write_text("not ours")
    for path in (old, stranger):
        os.utime(path, (0, 0))
    other = Path(shutil.copytree(export, export.parent / "other"))
    read(one_file(other))
    assert not old.exists()
    assert stranger.exists()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_changes_nothing(data: st.DataObject, export: Path) -> None:
    """Cut short, bytes changed, or something else altogether: the same is read."""
    expected = read(one_file(export))
    read(one_file(export))
    path = the_cache(export)
    whole = path.read_bytes()
    kind = data.draw(st.sampled_from(["cut", "flip", "other"]))
    if kind == "cut":
        path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    elif kind == "flip":
        damaged = bytearray(whole)
        for _ in range(data.draw(st.integers(1, 20))):
            damaged[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(damaged)
    else:
        path.write_bytes(data.draw(st.binary(max_size=200)))
    assert same(read(one_file(export)), expected)
    path.write_bytes(whole)


@pytest.mark.parametrize(
    "place", [[-5, 10, 0], [0, -1, 0], [0, 10**30, 0], [10**30, 1, 0], ["a", 1, 0], [1.5, 1, 0], [None, 1, 0]]
)
def test_an_index_that_somebody_made_up(place: list[object], tmp_path: Path) -> None:
    import hashlib
    import json

    cache = ParsedCache("x", writes=True, folder=tmp_path)
    cache.put(b"x", Entry("chart", {"slice_name": "x"}, is_plain=True))
    cache.close()
    (path,) = tmp_path.iterdir()
    table = json.dumps({hashlib.sha256(b"x").hexdigest(): place}).encode()
    path.write_bytes(table + (0).to_bytes(8, "big") + hashlib.sha256(table).digest() + b"dashlint-parsed\n")
    with closing(ParsedCache("x", writes=False, folder=tmp_path)) as reopened:
        assert reopened.get(b"x") is None


@pytest.mark.parametrize(
    "raw", [{1: "a"}, {"a": float("nan")}, {"a": {2.5: 1}}, {"a": [{None: 1}]}, {"a": float("inf")}]
)
def test_what_json_cannot_say_is_not_kept_wrongly(raw: dict[str, object], tmp_path: Path) -> None:
    cache = ParsedCache("x", writes=True, folder=tmp_path)
    cache.put(b"x", Entry("chart", raw, is_plain=True))
    cache.close()
    with closing(ParsedCache("x", writes=False, folder=tmp_path)) as reopened:
        found = reopened.get(b"x")
    assert found is None or repr(found.raw) == repr(raw)


def test_runs_at_the_same_time_do_not_disturb_each_other(export: Path) -> None:
    """Six processes read, and write the cache, while it is there, half there and not there."""
    code = "import sys; from dashlint.sources import read; print(len(read(sys.argv[1]).charts))"
    command = [sys.executable, "-c", code, str(one_file(export))]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert {process.communicate()[0].strip() for process in running} == {str(FILES + 1)}
    assert {process.returncode for process in running} == {0}
    assert the_cache(export).suffix == ".parsed"
