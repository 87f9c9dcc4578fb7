"""What is tried for a finding, and what becomes of it, on the example and a database that is made up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from dashlint.analysis import Analysis
from dashlint.analysis.trials import Trial, Trials
from dashlint.assets import Location
from dashlint.catalog.explain import Explained, ExplainError, Plan, Relation
from dashlint.catalog.load import CatalogSet, load
from dashlint.catalog.model import ColumnStatistics
from dashlint.cli.inputs import clock
from dashlint.lint.model import AssetRef, Confidence, Finding, Severity
from dashlint.lint.proof import verify
from dashlint.sources import read
from tests.paths import FIXTURES

INDEX = "CREATE INDEX CONCURRENTLY ON public.shipments (tracking_code);"


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    catalogs, _ = load([FIXTURES / "exports" / "harbour-and-pine-catalog"])
    workspace = read([str(FIXTURES / "exports" / "harbour-and-pine")])
    return Analysis(workspace, None, CatalogSet(catalogs), clock("2026-11-21"))


def statistics(_table: str, _schema: str | None, column: str) -> ColumnStatistics | None:
    return ColumnStatistics(column, distinct=3.0, common=(("it's", 0.3),))


def trials_of(analysis: Analysis, dashboard: str, name: str, ask: object = statistics) -> list[Trial]:
    (board,) = (d for d in analysis.workspace.dashboards if d.title.startswith(dashboard))
    (one,) = (f for f in board.filters if f.name == name)
    return list(Trials(analysis, ask).of_filter(board, one))  # type: ignore[arg-type]


# What is tried


def test_a_picked_value_is_one_of_the_columns(analysis: Analysis) -> None:
    found = trials_of(analysis, "Fulfilment", "Tracking code")
    assert {trial.chart for trial in found} >= {"Late parcels", "Parcels in transit"}
    assert all("tracking_code IN ('it''s')" in (trial.sql or "") for trial in found)
    assert all("public.shipments" in trial.tables for trial in found)


def test_a_default_is_the_value(analysis: Analysis) -> None:
    found = trials_of(analysis, "Finance", "Country")
    assert found
    assert all(trial.sql is None or "country_code IN ('DE')" in trial.sql for trial in found)


def test_a_range_is_narrow(analysis: Analysis) -> None:
    bounds = ColumnStatistics("amount_gross", minimum="0.5", maximum="100.5")
    found = trials_of(analysis, "Finance", "Gross amount", lambda *_: bounds)
    assert any("amount_gross >= " in (t.sql or "") and "amount_gross <= " in (t.sql or "") for t in found)


def test_no_value_no_statement(analysis: Analysis) -> None:
    found = trials_of(analysis, "Fulfilment", "Tracking code", lambda *_: None)
    assert {t.sql for t in found} == {None}
    assert {t.reason for t in found} == {
        "no value of tracking_code is known: neither a default nor statistics"
    }


def test_why_the_database_gives_no_value(analysis: Analysis) -> None:
    def refuse(*_: object) -> ColumnStatistics | None:
        raise ExplainError("this account may not read it")

    found = trials_of(analysis, "Fulfilment", "Tracking code", refuse)
    assert {t.reason for t in found} == {"this account may not read it"}


# What becomes of a finding


class MadeUp:
    """A database whose plans are what the test says."""

    engine = "PostgreSQL"
    dialect = "postgresql"
    database: str | None = "retail"

    def __init__(self, answer: Callable[[str], Explained]) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def explain(self, sql: str, *, schema: str | None = None, indexes: Sequence[str] = ()) -> Explained:
        assert schema == "public"
        assert list(indexes) == [INDEX]
        self.asked.append(sql)
        return self.answer(sql)

    def statistics(self, table: str, schema: str | None, column: str) -> ColumnStatistics | None:
        return statistics(table, schema, column)


def plan(cost: float, index: str | None = None) -> Plan:
    indexes = (index,) if index is not None else ()
    return Plan(cost, 1.0, 8, (Relation("public.shipments", "Scan", index is None, indexes, 1.0),))


def tried(before: float, after: float, *, used: bool) -> Explained:
    return Explained(plan(before), plan(after, "<1>i" if used else None), None, ("<1>i",), 8192)


def finding(analysis: Analysis) -> Finding:
    (board,) = (d for d in analysis.workspace.dashboards if d.title.startswith("Fulfilment"))
    (one,) = (f for f in board.filters if f.name == "Tracking code")
    return Finding(
        "DL202", "unindexed-column", Severity.WARNING, Confidence.MEDIUM, "…",
        AssetRef("filter", f"{board.uuid}/{one.id}", None, one.name), Location(None),
        advice="index it", proposal=(INDEX,),
    )  # fmt: skip


def verified(analysis: Analysis, answer: Callable[[str], Explained]) -> tuple[Finding, list[str]]:
    retail = [d for d in analysis.workspace.databases if d.name == "Retail warehouse"]
    done = verify([finding(analysis)], analysis, MadeUp(answer), retail)
    return done.findings[0], done.notes


def test_confirmed(analysis: Analysis) -> None:
    found, notes = verified(analysis, lambda _: tried(1000.0, 10.0, used=True))
    assert found.proof is not None
    count = found.proof.statements
    assert found.proof.sentence == (
        f"EXPLAIN: {1000 * count:,} → {10 * count} ({count} of {count} statements would use the index, "
        "about 8.0 KiB)"
    )
    assert (found.confidence, found.severity, found.advice) == (Confidence.HIGH, Severity.WARNING, "index it")
    assert found.proof.plan_after == ("Scan on public.shipments using proposed i",)
    assert notes == []


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (tried(1000.0, 1000.0, used=False), "PostgreSQL would not use the index"),
        (tried(1000.0, 995.0, used=True), "the index would change nothing"),
    ],
)
def test_refuted(analysis: Analysis, answer: Explained, says: str) -> None:
    found, _ = verified(analysis, lambda _: answer)
    assert found.proof is not None
    assert (found.proof.verdict, found.severity, found.advice) == ("refuted", Severity.INFO, "")
    assert says in found.proof.sentence


def test_what_fails_is_said_and_the_rest_counts(analysis: Analysis) -> None:
    calls: list[str] = []

    def answer(sql: str) -> Explained:
        calls.append(sql)
        if len(calls) == 1:
            raise ExplainError("permission denied for table shipments")
        return tried(1000.0, 10.0, used=True)

    found, notes = verified(analysis, answer)
    assert found.proof is not None
    assert found.proof.verdict == "confirmed"
    assert found.proof.statements == len(calls) - 1
    assert notes == [
        "--verify: 1 of 1 finding with a proposal not checked in full: permission denied for table shipments"
    ]


def test_a_statement_is_asked_once(analysis: Analysis) -> None:
    retail = [d for d in analysis.workspace.databases if d.name == "Retail warehouse"]
    database = MadeUp(lambda _: tried(1000.0, 10.0, used=True))
    verify([finding(analysis)], analysis, database, retail)
    assert database.asked
    assert len(database.asked) == len(set(database.asked))


def test_another_database_is_not_asked(analysis: Analysis) -> None:
    archive = [d for d in analysis.workspace.databases if d.name == "ERP archive"]
    database = MadeUp(lambda _: tried(1000.0, 10.0, used=True))
    (found,) = verify([finding(analysis)], analysis, database, archive).findings
    assert database.asked == []
    assert found.proof is not None
    assert (found.proof.verdict, found.severity) == ("failed", Severity.WARNING)


def test_findings_without_a_proposal_stay_as_they_are(analysis: Analysis) -> None:
    plain = finding(analysis)._replace(proposal=())
    done = verify([plain], analysis, MadeUp(lambda _: tried(1.0, 1.0, used=False)), [])
    assert done.findings == [plain]
    assert done.notes == ["--verify: no finding proposes an index, so that nothing was asked"]
