"""Estimated rows against what PostgreSQL returns: every query of the example's charts on the example's data.

``pytest -s tests/cost/test_rows_real.py`` prints the figures of docs/cost.md.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dashlint.analysis import Analysis
from dashlint.analysis.planned import Planner
from dashlint.catalog.explain import connected
from dashlint.catalog.load import CatalogSet, load
from dashlint.cli.inputs import clock
from dashlint.cost.model import Rows
from dashlint.sources import read
from dashlint.sql.model import PLACEHOLDER_PREFIX
from tests.catalog.databases import Postgres, postgres_database
from tests.paths import FIXTURES

COMPANY = FIXTURES / "company"
CATALOG = FIXTURES / "exports" / "harbour-and-pine-catalog"
#: What PostgreSQL's own sample of 30,000 rows says, in the format of the catalog.
SAMPLED = """
SELECT json_agg(json_build_array(
    s.schemaname, s.tablename, s.attname, s.n_distinct, s.null_frac, c.reltuples))
FROM pg_stats s JOIN pg_namespace n ON n.nspname = s.schemaname
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
WHERE s.schemaname IN ('public', 'finance')
"""


class Compared(NamedTuple):
    """One query: the rows that came back and those that were predicted."""

    chart: str
    virtual: bool
    rows: Rows
    actual: int
    database: str
    sql: str


@pytest.fixture(scope="module")
def databases() -> Iterator[dict[str, Postgres]]:
    with postgres_database("retail") as retail, postgres_database("erp") as erp:
        for name in ("schema.sql", "load.sql"):
            retail.execute((COMPANY / name).read_text(encoding="utf-8"))
        erp.execute((COMPANY / "archive.sql").read_text(encoding="utf-8"))
        retail.execute("VACUUM ANALYZE")
        yield {"Retail warehouse": retail, "ERP archive": erp}


def analysis_with(catalog: Path) -> Analysis:
    catalogs, problems = load([catalog])
    assert problems == ()
    workspace = read([str(FIXTURES / "exports" / "harbour-and-pine")])
    # The data end on this day.
    return Analysis(workspace, None, CatalogSet(catalogs), clock("2026-11-21"))


def compared(analysis: Analysis, databases: dict[str, Postgres], basis: str | None = None) -> list[Compared]:
    """Every query, or those whose estimate rests on ``basis``."""
    found = []
    for chart in analysis.workspace.charts:
        dataset = analysis.dataset_of(chart)
        database = analysis.database_of(dataset)
        if dataset is None or database is None:
            continue
        for query in analysis.queries(chart):
            if basis not in (None, analysis.rows(query, dataset).basis):
                continue
            sql = analysis.compiled(query, dataset)[0].sql
            assert sql is not None
            actual = databases[database.name].json(f"SELECT count(*) FROM (\n{sql.rstrip(';')}\n) q")
            rows = analysis.rows(query, dataset)
            found.append(Compared(chart.name, dataset.is_virtual, rows, actual, database.name, sql))
    return found


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def near(results: list[Compared]) -> int:
    """How many are within a quarter of what came."""
    return sum(0.8 <= (r.rows.expected or 0) / r.actual <= 1.25 for r in results if r.actual)


def show(title: str, results: list[Compared]) -> None:
    """The figures of docs/cost.md."""
    grouped = [r for r in results if not (r.rows.upper == 1 and r.actual == 1)]
    expected = [r for r in grouped if r.rows.expected is not None and r.actual]
    ratios = sorted((r.rows.expected or 0) / r.actual for r in expected)
    tight = [(r.rows.upper or 0) / r.actual for r in grouped if r.rows.upper is not None and r.actual]
    say(f"\n{title}: {len(results)} queries, {len(grouped)} of them of more than one row")
    say(f"expected known for {len(expected)}; median {statistics.median(ratios):.2f}, near {near(expected)}")
    say(f"from {ratios[0]:.2f} to {ratios[-1]:.2f}; at most: median {statistics.median(tight):.2f} times")
    for result in sorted(expected, key=lambda r: -abs((r.rows.expected or 0) / r.actual - 1))[:8]:
        say(f"  {result.chart}: {result.rows.expected:,} expected, {result.actual:,} came")


@pytest.mark.slow
def test_what_comes_back(databases: dict[str, Postgres]) -> None:
    results = compared(analysis_with(CATALOG), databases)
    show("Exact statistics", results)
    assert len(results) > 100
    check(results)
    # Why a plan is not asked for groups: of the same queries, the statistics know them better.
    known = [
        r
        for r in results
        if r.rows.expected is not None
        and r.rows.upper != 1
        and r.database == "Retail warehouse"
        and PLACEHOLDER_PREFIX not in r.sql
    ]
    with connected(databases["Retail warehouse"].url) as explainer:
        planned = [
            r._replace(rows=Rows(round(explainer.explain(r.sql).before.rows or 0), r.rows.upper, "explain"))
            for r in known
        ]
    show("The same that can be explained, by statistics", known)
    show("The same by EXPLAIN's rows of the result", planned)
    assert near(planned) < near(known)


@pytest.mark.slow
def test_with_sampled_statistics(databases: dict[str, Postgres], tmp_path: Path) -> None:
    catalog: dict[str, Any] = json.loads((CATALOG / "statistics.json").read_text(encoding="utf-8"))
    sampled = {tuple(row[:3]): row[3:] for row in databases["Retail warehouse"].json(SAMPLED)}
    shares = []
    for table in catalog["tables"]:
        for column in table["columns"]:
            distinct, nulls, rows = sampled[table["schema"], table["name"], column["name"]]
            # PostgreSQL gives a share of the rows, negative, where the number grows with the table.
            counted = distinct if distinct >= 0 else -distinct * rows
            if column["distinct"]:
                shares.append(counted / column["distinct"])
            column |= {"distinct": round(counted), "null_fraction": nulls}
            table["rows"] = round(rows)
    (tmp_path / "statistics.json").write_text(json.dumps(catalog), encoding="utf-8")
    say(f"\n{len(shares)} columns; the lowest distinct count is {min(shares):.2f} of the true one")
    results = compared(analysis_with(tmp_path), databases)
    show("Sampled statistics", results)
    check(results)


@pytest.mark.slow
def test_where_only_a_plan_can_tell(databases: dict[str, Postgres]) -> None:
    """Of the queries of which the statistics cannot say how many rows are expected, EXPLAIN tells of most."""
    analysis = analysis_with(CATALOG)
    retail = [d for d in analysis.workspace.databases if d.name == "Retail warehouse"]
    silent = sum(
        analysis.rows(query, dataset).expected is None
        for chart in analysis.workspace.charts
        if (dataset := analysis.dataset_of(chart)) and analysis.database_of(dataset) in retail
        for query in analysis.queries(chart)
    )
    with connected(databases["Retail warehouse"].url) as explainer:
        analysis.planner = Planner(explainer, retail)
        planned = compared(analysis, databases, "explain")
    show("By EXPLAIN, where statistics are silent", planned)
    assert silent > len(planned) > silent / 2
    ratios = [(r.rows.expected or 0) / r.actual for r in planned]
    assert statistics.median(ratios) == pytest.approx(1, abs=0.25)
    assert sum(0.5 <= ratio <= 2 for ratio in ratios) > len(ratios) / 2


def check(results: list[Compared]) -> None:
    """No query returns more than predicted, and what is expected is near in the median."""
    assert [r for r in results if r.rows.upper is not None and r.actual > r.rows.upper] == []
    expected = [r for r in results if r.rows.expected is not None and (r.rows.upper or 0) > 1 and r.actual]
    # Less than half would mean that it is mostly unknown.
    assert len(expected) > len([r for r in results if (r.rows.upper or 2) > 1]) / 2
    ratio = statistics.median((r.rows.expected or 0) / r.actual for r in expected)
    assert ratio == pytest.approx(1, abs=0.05)
