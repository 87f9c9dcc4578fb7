"""The files beside exports are anybody's, too: whatever they hold, commands end with a sentence or a report.

Reports, comparisons, baselines, catalogs, views, configurations, inventories.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Outcome, Run
from tests.sources.exports import chart, shop, write

DEEP = 100_000
#: Is none of the files that are asked for, each for another reason.
TEXTS: dict[str, bytes] = {
    "empty": b"",
    "lists without end": b"[" * DEEP,
    "mappings without end": b'{"a":' * DEEP,
    "5,000 digits": b"9" * 5_000,
    "NaN": b"NaN",
    "infinite": b'{"version": 1, "findings": 1e999, "tables": 1e999, "new": 1e999}',
    "NUL": b"\0",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"x"',
    "an object": b"{}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"version": 1}'.encode("utf-16"),
    "half a character": b'{"version": "\xff"}',
    "half a pair": b'"\\ud800"',
    "all bytes": bytes(range(256)),
}
NOT_FINITE = (float("nan"), float("-inf"))  # no JSON, but Python's own reader takes them


def odd(right: Any) -> tuple[Any, ...]:
    """What stands where something else should."""
    if isinstance(right, bool) or not isinstance(right, int | float):
        return None, [[[{}]]], {"a": 1}, 10**400 if isinstance(right, str) else "x"
    return *NOT_FINITE, -1, 10**400, "x", []


SNAPSHOT = {
    "version": 1,
    "engine": "postgresql",
    "database": "shop",
    "tables": [
        {
            "name": "orders",
            "schema": "public",
            "kind": "table",
            "rows": 5_000_000,
            "bytes": 1_000_000_000,
            "columns": [{"name": "ds", "type": "DATE", "distinct": 500, "null_fraction": 0.5}],
            "indexes": [{"name": "i", "columns": ["ds"], "unique": True}],
            "partitioned_by": ["ds"],
        }
    ],
}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two versions of one export, the second with a finding more."""
    root = tmp_path_factory.mktemp("exports")
    wide = chart(params={"viz_type": "table", "query_mode": "raw", "all_columns": ["ds"], "row_limit": 10**6})
    return write(root / "old", shop()), write(root / "new", shop({"charts/Sales_7.yaml": wide}))


@pytest.fixture
def documents(run: Run, exports: tuple[Path, Path], tmp_path: Path) -> dict[str, Any]:
    """One right file of each kind, short."""
    old, new = exports
    report = json.loads(run("scan", new, "--format", "json").stdout)
    comparison = json.loads(run("diff", old, new, "--format", "json").stdout)
    run("baseline", new, "-o", "b.json")
    baseline = json.loads(Path("b.json").read_text())
    for document, key in ((report, "findings"), (baseline, "findings"), (comparison, "new")):
        assert document[key]
        document[key] = document[key][:1]
    comparison["dashboards"] = [{**comparison["dashboards"][0], "before": None}]
    return {
        "report": report,
        "comparison": comparison,
        "baseline": baseline,
        "catalog": SNAPSHOT,
        "views": {"Shop": 3},
    }


CALLS: dict[str, list[list[str]]] = {
    "report": [
        ["diff", "FILE", "NEW"],
        ["diff", "OLD", "FILE", "--format", "json"],
        ["diff", "OLD", "FILE", "--format", "markdown"],
    ],
    "comparison": [
        ["diff", "--from", "FILE", "--format", name] for name in ("terminal", "json", "markdown", "github")
    ],
    "baseline": [["scan", "NEW", "--baseline", "FILE"]],
    "catalog": [["scan", "NEW", "--catalog", "FILE", "--format", "json"]],
    "views": [
        ["capacity", "NEW", "--viewers", "5", "--views", "FILE", "--format", "json"],
        ["warm", "NEW", "--views", "FILE", "--format", "json"],
    ],
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value in a document."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from places(one, (*path, key))


def at_path(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The document with another value in one place."""
    if not path:
        return new
    if isinstance(value, dict):
        return {key: put(one, path[1:], new) if key == path[0] else one for key, one in value.items()}
    return [put(one, path[1:], new) if at == path[0] else one for at, one in enumerate(value)]


def no_json(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def call(run: Run, words: list[str], file: Path, exports: tuple[Path, Path]) -> Outcome:
    names = {"FILE": str(file), "OLD": str(exports[0]), "NEW": str(exports[1])}
    outcome = run(*(names.get(word, word) for word in words))
    assert outcome.code in {0, 1, 2, 3}, outcome.stderr
    assert "please report it" not in outcome.stdout + outcome.stderr
    if outcome.code >= 2:
        assert outcome.stdout == ""
        assert outcome.stderr.startswith("dashlint: error: ")
        assert outcome.stderr.count("\n") == 1
        assert len(outcome.stderr) < 500
    elif words[-1] == "json":
        json.loads(outcome.stdout, parse_constant=no_json)
    return outcome


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("kind", CALLS)
def test_what_is_no_such_file_is_told_in_a_sentence(
    run: Run, exports: tuple[Path, Path], tmp_path: Path, kind: str, text: str
) -> None:
    file = tmp_path / "file.json"
    file.write_bytes(TEXTS[text])
    for words in CALLS[kind]:
        outcome = call(run, words, file, exports)
        if kind == "catalog":  # the scan goes on without it
            assert str(file) in outcome.stdout
            assert "unreadable-catalog" in outcome.stdout
        else:
            assert outcome.code in {2, 3}
            assert str(file) in outcome.stderr


@pytest.mark.parametrize("kind", CALLS)
def test_no_value_in_it_makes_a_command_fail(
    run: Run, exports: tuple[Path, Path], documents: dict[str, Any], tmp_path: Path, kind: str
) -> None:
    document, file = documents[kind], tmp_path / "file.json"
    for at, path in enumerate(places(document)):
        for value in odd(at_path(document, path)):
            file.write_text(json.dumps(put(document, path, value)))
            words = CALLS[kind][at % len(CALLS[kind])]
            outcome = call(run, words, file, exports)
            if value in NOT_FINITE and kind != "catalog":
                assert outcome.code in {2, 3}, f"{path} is {value}"


TOMLS: dict[str, tuple[bytes, str]] = {
    "lists without end": (b"x = " + b"[" * DEEP, "it is nested too deeply"),
    "5,000 digits": (b"x = " + b"9" * 5_000, "a number has too many digits"),
    "NUL": (b"x = '\0'", "is not valid TOML"),
    "UTF-16": ("x = 1".encode("utf-16"), "is not valid TOML"),
    "too large": (b"# more\n" * 700_000, "has more than 4 MiB, and is not read"),
}


@pytest.mark.parametrize("text", TOMLS)
@pytest.mark.parametrize("name", ["dashlint.toml", "pyproject.toml", "fleet.toml"])
def test_hostile_toml_is_told_in_a_sentence(
    run: Run, exports: tuple[Path, Path], tmp_path: Path, name: str, text: str
) -> None:
    file = tmp_path / name
    data, reason = TOMLS[text]
    file.write_bytes(data)
    words = ["fleet", "FILE"] if name == "fleet.toml" else ["scan", "NEW", "--config", "FILE"]
    outcome = call(run, words, file, exports)
    assert outcome.code == 2
    assert f"{file}: " in outcome.stderr
    assert reason in outcome.stderr


@pytest.mark.parametrize("text", ["tool = 1", "tool.dashlint = [1]"])
def test_a_project_whose_tables_are_none(
    run: Run, exports: tuple[Path, Path], tmp_path: Path, text: str
) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(text)
    outcome = call(run, ["scan", "NEW", "--config", "FILE"], file, exports)
    assert outcome.code == 2
    assert "should be a table" in outcome.stderr


def test_a_configuration_from_windows_begins_with_a_mark(
    run: Run, exports: tuple[Path, Path], tmp_path: Path
) -> None:
    file = tmp_path / "dashlint.toml"
    file.write_bytes(b'\xef\xbb\xbfselect = ["DL901"]\r\n')
    assert call(run, ["scan", "NEW", "--config", "FILE"], file, exports).code == 0


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"workspaces: " + b"[" * DEEP, "is not valid YAML"),
        (b"a: !!python/object/apply:os.system [x]", "could not determine a constructor"),
        (b"workspaces: " + b"9" * 5_000, "it cannot be read"),
        (b"\xff", "is not UTF-8"),
        (b"", "an inventory holds keys at its top"),
    ],
    ids=["deep", "tag", "digits", "no text", "empty"],
)
def test_a_hostile_inventory_is_told_in_a_sentence(
    run: Run, exports: tuple[Path, Path], tmp_path: Path, data: bytes, reason: str
) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_bytes(data)
    outcome = call(run, ["fleet", "FILE"], file, exports)
    assert outcome.code == 2
    assert reason in outcome.stderr
