"""Catalogs as people give them: for a database by name, UUID or place, and several at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.paths import FIXTURES

EXPORT = FIXTURES / "exports" / "harbour-and-pine"
SCHEMA = FIXTURES / "exports" / "harbour-and-pine-catalog" / "schema.sql"
STATISTICS = FIXTURES / "exports" / "harbour-and-pine-catalog" / "statistics.json"
TODAY = ("--today", "2026-11-21")


def scan(run: Run, *arguments: object) -> tuple[dict[str, Any], str]:
    result = run("scan", EXPORT, "--format", "json", *TODAY, *arguments)
    assert result.code == 1, result
    return json.loads(result.stdout), result.stderr


def unindexed(report: dict[str, Any]) -> int:
    return sum(f["rule"] == "DL202" for f in report["findings"])


@pytest.fixture(scope="module")
def snapshot() -> dict[str, Any]:
    from dashlint.catalog import ddl
    from dashlint.catalog import snapshot as files

    catalog, _ = ddl.read(SCHEMA.read_text(encoding="utf-8"), "postgresql")
    found: dict[str, Any] = json.loads(files.write(catalog))
    return found


def test_a_name_or_a_uuid_before_the_place(run: Run) -> None:
    uuid = next(
        line.partition(": ")[2].strip()
        for line in (EXPORT / "databases" / "Retail_warehouse.yaml").read_text(encoding="utf-8").splitlines()
        if line.startswith("uuid:")
    )
    for name in ("Retail warehouse", uuid):
        report, told = scan(run, "--catalog", f"{name}={SCHEMA}")
        assert unindexed(report) > 0
        assert "was not used" not in told
    report, told = scan(run, "--catalog", f"Ratail warehouse={SCHEMA}")
    assert unindexed(report) == 0
    assert 'it is for "Ratail warehouse", and the databases here are "' in " ".join(told.split())


def test_a_snapshot_that_knows_its_place(run: Run, tmp_path: Path, snapshot: dict[str, Any]) -> None:
    place = tmp_path / "catalog.json"
    place.write_text(json.dumps(snapshot | {"url": "postgresql://warehouse/retail"}), encoding="utf-8")
    report, told = scan(run, "--catalog", place)
    assert unindexed(report) > 0
    assert "was not used" not in told
    place.write_text(json.dumps(snapshot | {"url": "postgresql://elsewhere/sales"}), encoding="utf-8")
    report, told = scan(run, "--catalog", place)
    assert unindexed(report) == 0
    assert "describes postgresql://elsewhere:5432/sales" in " ".join(told.split())


def test_two_that_may_be_of_either_database_are_told(run: Run, tmp_path: Path) -> None:
    """The export has two databases of PostgreSQL."""
    other = tmp_path / "other.sql"
    other.write_text("-- PostgreSQL database dump\nCREATE TABLE x (a int);", encoding="utf-8")
    report, told = scan(run, "--catalog", SCHEMA, "--catalog", other)
    assert unindexed(report) == 0
    assert told.count("was not used") == 2
    report, told = scan(run, "--catalog", f"Retail warehouse={SCHEMA}", "--catalog", f"ERP archive={other}")
    assert unindexed(report) > 0
    assert "was not used" not in told


def test_later_ones_fill_gaps(run: Run) -> None:
    _, alone = scan(run, "--catalog", STATISTICS)
    both, told = scan(run, "--catalog", STATISTICS, "--catalog", f"Retail warehouse={SCHEMA}")
    assert unindexed(both) > 0
    assert "was not used" not in told + alone


def test_the_configuration_names_databases_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ddl").mkdir()
    (tmp_path / "ddl" / "schema.sql").write_bytes(SCHEMA.read_bytes())
    (tmp_path / "dashlint.toml").write_text(
        'catalog = ["Retail warehouse=ddl/schema.sql"]\n', encoding="utf-8"
    )
    report, _ = scan(run, "--config", tmp_path / "dashlint.toml")
    assert unindexed(report) > 0
    (tmp_path / "dashlint.toml").write_text(
        'catalog = ["Shop=clickhouse://me:hidden@h/d"]\n', encoding="utf-8"
    )
    result = run("scan", EXPORT, "--config", tmp_path / "dashlint.toml")
    assert result.code == 2
    assert "must not hold a password" in " ".join(result.stderr.split())
    assert "hidden" not in result.stderr


def test_a_clickhouse_that_does_not_answer(run: Run) -> None:
    result = run("scan", EXPORT, "--catalog", "Shop=clickhouse://me:hidden@127.0.0.1:1/d")
    assert result.code == 4
    assert "no server answers at clickhouse://127.0.0.1:1/d" in " ".join(result.stderr.split())
    assert "hidden" not in result.stderr
    assert "Traceback" not in result.stderr
