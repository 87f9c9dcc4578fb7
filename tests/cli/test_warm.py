"""`dashlint warm`: the plan, what is said of Superset's own warm-up, changed tables, Celery, and mistakes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.conftest import Run
from tests.paths import FIXTURES, ROOT

EXPORTS = FIXTURES / "exports"
SCHEMA = json.loads((ROOT / "docs" / "warm.schema.json").read_text(encoding="utf-8"))
CACHED = ("--setting", "DATA_CACHE_CONFIG={'CACHE_TYPE': 'RedisCache', 'CACHE_DEFAULT_TIMEOUT': 3600}")


@pytest.fixture
def export(tmp_path: Path) -> str:
    shutil.copytree(EXPORTS / "harbour-and-pine", tmp_path / "export")
    return "export"


def plan(run: Run, *arguments: object) -> dict[str, Any]:
    result = run("warm", *arguments, "--format", "json")
    assert result.code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    jsonschema.validate(found, SCHEMA)
    return found


def test_an_export_cannot_be_warmed_but_told_of(run: Run, export: str) -> None:
    """An export has no ids, so that no request can be written out; Superset's own warm-up can be judged."""
    found = plan(run, export, *CACHED)
    rows = [*found["entries"], *found["not_warmed"]]
    assert rows
    options = [row for row in rows if row["filter"]]
    assert options
    assert all(row["superset_warmup"]["fills"] is False for row in options)
    assert all(row["body"] is None for row in rows if row["dataset"] and row["dataset"]["id"] is None)


def test_80_columns(run: Run, export: str) -> None:
    result = run("warm", export, *CACHED)
    assert result.code == 0, result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "ranked by cost alone" in result.stdout


def test_without_a_cache_nothing_is_warmed(run: Run, export: str) -> None:
    found = plan(run, export, "--setting", "DATA_CACHE_CONFIG={'CACHE_TYPE': 'NullCache'}")
    assert found["cached"] is False
    assert not found["entries"]
    assert all("not cached" in row["why"] for row in found["not_warmed"])


def test_the_order_follows_the_views(run: Run, export: str, tmp_path: Path) -> None:
    titles = [one["title"] for one in plan(run, export, *CACHED)["dashboards"]]
    for first in titles:
        views = tmp_path / "views.json"
        views.write_text(json.dumps({t: 1_000_000 if t == first else 0 for t in titles}), encoding="utf-8")
        found = plan(run, export, *CACHED, "--views", views)
        rows = found["entries"] or found["not_warmed"]
        assert first in [one["title"] for one in rows[0]["dashboards"]]


def test_changed_tables_reach_virtual_datasets(run: Run, export: str) -> None:
    whole = plan(run, export, *CACHED)
    names = {row["dataset"]["name"] for row in [*whole["entries"], *whole["not_warmed"]] if row["dataset"]}
    found = plan(run, export, *CACHED, "--changed", "orders", "--changed", "no_such_table")
    assert found["changed"]["strangers"] == ["no_such_table"]
    affected = {one["name"] for one in found["changed"]["tables"]["orders"]}
    rows = [*found["entries"], *found["not_warmed"]]
    assert rows
    assert {row["dataset"]["name"] for row in rows} <= affected
    assert names - affected, "a change of one table must not mean all datasets"


def test_celery_passes_deploy(run: Run, export: str, tmp_path: Path) -> None:
    for version in ("4.1", "5.0", "6.1"):
        made = run("warm", export, *CACHED, "--emit", "celery", "--superset-version", version)
        assert made.code == 0, made.stderr
        assert ("THUMBNAIL_SELENIUM_USER" in made.stdout) is (version == "4.1")
        compile(made.stdout, "superset_config.py", "exec")
        folder = tmp_path / version
        folder.mkdir()
        (folder / "superset_config.py").write_text(
            'DATA_CACHE_CONFIG = {"CACHE_TYPE": "RedisCache"}\n' + made.stdout, encoding="utf-8"
        )
        checked = run("deploy", folder, "--superset-version", version, "--format", "json")
        found = json.loads(checked.stdout)["findings"]
        assert not found, [(one["rule"], one["message"]) for one in found]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--run",), "--run warms a running Superset"),
        (("--invalidate",), "--invalidate goes with --changed"),
        (("--emit", "cron"), "--emit cron"),
        (("--emit", "celery", "--run"), "either --emit or --run"),
        (("--changed", "a.b.c.d"), "--changed 'a.b.c.d'"),
        (("--changed", "."), "--changed '.'"),
    ],
)
def test_mistakes(run: Run, export: str, arguments: tuple[str, ...], said: str) -> None:
    result = run("warm", export, *arguments)
    assert result.code == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
