"""`dashlint capacity`: what a person reads, the JSON, the files, the exit code, and mistakes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.cli.conftest import Run
from tests.cli.test_errors import said
from tests.paths import FIXTURES, ROOT

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

EXPORTS = FIXTURES / "exports"
CATALOG = EXPORTS / "harbour-and-pine-catalog"
SETTINGS = FIXTURES / "company" / "superset_config.py"
SCHEMA = json.loads((ROOT / "docs" / "capacity.schema.json").read_text(encoding="utf-8"))
TODAY = ("--today", "2026-11-21")
FACTS = ("--catalog", CATALOG, "--superset-config", SETTINGS, *TODAY)


@pytest.fixture
def export(tmp_path: Path) -> str:
    shutil.copytree(EXPORTS / "harbour-and-pine", tmp_path / "export")
    return "export"


def document(run: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    result = run("capacity", *arguments, "--format", "json")
    assert result.code == code, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    jsonschema.validate(found, SCHEMA)
    return found


def test_a_deployment(run: Run, export: str, snapshot: SnapshotAssertion) -> None:
    result = run(
        "capacity", export, *FACTS, "--viewers", "12", "--memory", "8GiB", "--cpus", "4",
        "--query-seconds", "0.5",
    )  # fmt: skip
    assert result.code == 0, result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "\x1b" not in result.stdout
    assert result.stdout == snapshot


def test_little_is_known(run: Run, export: str, snapshot: SnapshotAssertion) -> None:
    """Neither sizes of tables nor times of queries: what that leaves open is said, not guessed."""
    result = run("capacity", export, "--dashboard", "Finance*", "--views-per-day", "400", *TODAY)
    assert result.code == 0, result.stderr
    assert result.stdout == snapshot


def test_markdown(run: Run, export: str, snapshot: SnapshotAssertion) -> None:
    result = run(
        "capacity", export, *FACTS, "--dashboard", "Daily*", "--viewers", "40", "--async",
        "--format", "markdown",
    )  # fmt: skip
    assert result.code == 0, result.stderr
    assert result.stdout == snapshot


def test_json(run: Run, export: str) -> None:
    found = document(run, export, *FACTS, "--viewers", "8", "--query-seconds", "0.3", "--pod-cpus", "2")
    serving, load = found["need"]["serving"], found["load"]
    assert serving["workers"] <= 2
    assert serving["pods"] * serving["workers"] >= load["cores"] / 0.7
    assert found["simulated"]["hours"] == 20
    assert 0 <= found["simulated"]["hit_ratio"] <= 1
    assert len(found["audience"]["dashboards"]) == 6
    assert sum(one["share"] for one in found["audience"]["dashboards"]) == pytest.approx(1)
    assert found["enough"] is True
    assert found == document(
        run, export, *FACTS, "--viewers", "8", "--query-seconds", "0.3", "--pod-cpus", "2"
    )


def test_queries_nobody_timed_are_unknown(run: Run, export: str) -> None:
    found = document(run, export, *FACTS, "--viewers", "8")
    assert found["simulated"] is None
    assert found["most_query_seconds"] > 0
    unknown = {limit["name"] for limit in found["limits"] if not limit["known"]}
    assert unknown == {"threads", "timeout"}


def test_views_and_weights(run: Run, export: str, tmp_path: Path) -> None:
    (tmp_path / "views.csv").write_text("dashboard,views\nSales overview,900\nDaily trading,100\nOld,5\n")
    result = run("capacity", export, *FACTS, "--views", "views.csv", "--format", "json")
    assert "no dashboard is called 'Old'" in result.stderr
    found = json.loads(result.stdout)
    shares = {one["title"]: one["share"] for one in found["audience"]["dashboards"]}
    assert shares == {"Sales overview": 0.9, "Daily trading": 0.1}
    # 1,000 views, three times an average hour, each for five minutes.
    assert found["audience"]["viewers"] == pytest.approx(1000 * 3 / 86_400 * 300)
    weighted = document(run, export, *FACTS, "--viewers", "5", "--weight", "Sales*=5")
    assert max(one["share"] for one in weighted["audience"]["dashboards"]) == pytest.approx(0.5)


def test_a_timer_that_passes_the_cache_costs_more(run: Run, export: str) -> None:
    """Superset's default; the example's own settings say that timers read the cache."""
    arguments = (export, "--catalog", CATALOG, *TODAY, "--viewers", "5", "--dashboard", "Sales*")
    mode = "--setting", "DASHBOARD_AUTO_REFRESH_MODE=fetch"
    assert (
        document(run, *arguments)["load"]["misses"] > 2 * document(run, *arguments, *mode)["load"]["misses"]
    )


def test_too_little(run: Run, export: str) -> None:
    arguments = ("capacity", export, *FACTS, "--viewers", "200")
    assert run(*arguments, "--cpus", "2").code == 1
    over = run(*arguments, "--memory", "1GiB")
    assert over.code == 1
    assert "not enough" in over.stdout


def test_files_in_a_folder(run: Run, export: str, tmp_path: Path) -> None:
    arguments = ("capacity", export, *FACTS, "--viewers", "8", "--emit", "compose,gunicorn,redis")
    result = run(*arguments, "--emit-to", "deploy")
    assert result.code == 0, result.stderr
    assert sorted(path.name for path in (tmp_path / "deploy").iterdir()) == [
        "compose.yaml", "gunicorn.conf.py", "redis-cache.conf", "superset_config.py",
    ]  # fmt: skip
    assert "What it takes" in result.stdout
    said(run(*arguments, "--emit-to", "deploy"), 2, "are there already")


def test_a_file_on_stdout(run: Run, export: str) -> None:
    result = run("capacity", export, *FACTS, "--viewers", "8", "--emit", "compose")
    assert result.code == 0
    assert result.stdout.startswith("# Written by dashlint")
    assert "compose.yaml needs superset_config.py" in result.stderr


def test_mistakes(run: Run, export: str) -> None:
    said(run("capacity", export), 2, "how many people?", "--viewers")
    said(run("capacity", export, "--viewers", "5", "--views-per-day", "9"), 2, "not both")
    said(run("capacity", export, "--viewers", "0"), 2, "--viewers 0", "above 0")
    said(run("capacity", export, "--viewers", "5", "--peak-factor", "2"), 2, "--views-per-day")
    said(run("capacity", export, "--viewers", "5", "--memory", "lots"), 2, "--memory", "'lots'")
    said(run("capacity", export, "--viewers", "5", "--memory", "1GiB", "--pod-memory", "1GiB"), 2, "not both")
    said(run("capacity", export, "--viewers", "5", "--emit", "terraform"), 2, "terraform", "compose")
    said(run("capacity", export, "--viewers", "5", "--emit", "helm,k8s"), 2, "--emit-to")
    said(run("capacity", export, "--viewers", "5", "--emit-to", "x"), 2, "--emit")
    said(run("capacity", export, "--viewers", "5", "--weight", "Nothing=2"), 2, "'Nothing'")
    said(run("capacity", export, "--viewers", "5", "--views", "none.csv"), 2, "none.csv")
    said(run("capacity", export, "--viewers", "5", "--format", "xml"), 2, "terminal, json, markdown")
    said(run("capacity", export, "--viewers", "5", "--query-seconds", "-1"), 2, "not negative")
