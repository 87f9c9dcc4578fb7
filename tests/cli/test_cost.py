"""`dashlint cost`: what a person reads, the JSON, the limit, and mistakes."""

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
SCHEMA = json.loads((ROOT / "docs" / "cost.schema.json").read_text(encoding="utf-8"))
#: The example's data end here.
TODAY = ("--today", "2026-11-21")


@pytest.fixture
def export(tmp_path: Path) -> str:
    shutil.copytree(EXPORTS / "harbour-and-pine", tmp_path / "export")
    return "export"


def document(run: Run, *arguments: object) -> dict[str, Any]:
    result = run("cost", *arguments, "--format", "json", *TODAY)
    assert result.code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    jsonschema.validate(found, SCHEMA)
    return found


def test_a_dashboard(run: Run, export: str, snapshot: SnapshotAssertion) -> None:
    result = run(
        "cost", export, "--catalog", CATALOG, "--superset-config", SETTINGS, "--dashboard", "Sales*", *TODAY,
        "--viewers", "5", "--workers", "2", "--threads", "8", "--limit", "8GiB",
    )  # fmt: skip
    assert result.code == 0, result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "\x1b" not in result.stdout
    assert result.stdout == snapshot


def test_only_the_export(run: Run, export: str, snapshot: SnapshotAssertion) -> None:
    result = run("cost", export, "--dashboard", "Finance*", *TODAY)
    assert result.code == 0, result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert result.stdout == snapshot


def test_json(run: Run, export: str) -> None:
    found = document(run, export, "--catalog", CATALOG, "--viewers", "3")
    assert found["version"] == 1
    assert len(found["dashboards"]) == 6
    needs = [d["peak"]["all_workers"]["upper"] for d in found["dashboards"]]
    assert needs == sorted(needs, reverse=True)
    for dashboard in found["dashboards"]:
        assert dashboard["deployment"]["viewers"] == 3
        peak, load = dashboard["peak"], dashboard["load"]
        assert peak["running"] + peak["waiting"] == 3 * load["requests"]
        assert peak["worker"]["upper"] <= peak["all_workers"]["upper"]
        assert load["warm"]["upper"] <= load["cold"]["upper"]
        for part in (*dashboard["charts"], *dashboard["savings"]):
            assert part.get("rows", {}).get("basis") in {None, "row_limit", "statistics", "unknown"}
            for cost in (part[key] for key in ("cold", "warm", "memory") if key in part):
                assert cost["expected"] is None or cost["expected"] <= cost["upper"]


def test_statistics_make_it_less(run: Run, export: str) -> None:
    without, with_them = (
        {d["title"]: d["load"]["cold"] for d in document(run, export, *given)["dashboards"]}
        for given in ((), ("--catalog", CATALOG))
    )
    assert without["Daily trading"]["expected"] is None
    assert with_them["Daily trading"]["expected"] is not None
    assert all(with_them[title]["upper"] <= without[title]["upper"] * 1.2 for title in without)
    assert with_them["Sales overview"]["upper"] < without["Sales overview"]["upper"]


def test_more_viewers_and_workers_need_more(run: Run, export: str) -> None:
    def needed(*arguments: object) -> int:
        (one,) = document(run, export, "--catalog", CATALOG, "--dashboard", "Sales*", *arguments)[
            "dashboards"
        ]
        return int(one["peak"]["all_workers"]["upper"])

    assert needed() < needed("--viewers", "2") < needed("--viewers", "2", "--workers", "3")
    assert needed("--threads", "2") < needed("--threads", "4")


def test_over_the_limit(run: Run, export: str) -> None:
    arguments = ("cost", export, "--catalog", CATALOG, "--viewers", "10", *TODAY)
    over = run(*arguments, "--limit", "512MiB")
    assert over.code == 1
    assert "over the limit of 512 MiB" in " ".join(over.stdout.split())
    assert run(*arguments, "--limit", "64 GiB").code == 0


def test_mistakes(run: Run, export: str) -> None:
    said(run("cost"), 2, "nothing to scan")
    said(run("cost", export, "--limit", "much"), 2, "--limit", "512MiB", "'much'")
    said(run("cost", export, "--dashboard", "Nothing"), 2, "'Nothing'")
    said(run("cost", export, "--format", "xml"), 2, "terminal, json")
    assert run("cost", export, "--viewers", "0").code == 2
