"""Conditions of a dashboard's queries, put together to what an index should serve."""

from __future__ import annotations

from dataclasses import dataclass

from dashlint.analysis.wishes import wanted_of
from dashlint.assets import Chart, Origin
from dashlint.catalog.advice import TextSearch, propose
from dashlint.catalog.model import ColumnStatistics, Table
from dashlint.sql.model import ColumnRef, TableRef

ORDERS = Table(
    "orders",
    "public",
    columns={
        "customer": ColumnStatistics("customer", "text", distinct=50_000, average_width=18),
        "status": ColumnStatistics("status", "text", distinct=5, average_width=8),
        "ordered_at": ColumnStatistics("ordered_at", "timestamp", distinct=400_000),
    },
    indexes=(),
    rows=5_000_000,
)
CHARTS = [Chart(f"chart-{n}", n, f"Chart {n}", "table", Origin(None, "")) for n in range(3)]


@dataclass(frozen=True)
class Verdict:
    outcome: str


@dataclass(frozen=True)
class Condition:
    """As much of a predicate as counts here."""

    chart: Chart | None
    column: str
    kind: str
    source: str
    outcome: str = "scan"
    selectivity: float | None = None
    op: str = "IN"
    sql: str | None = None
    table: Table | None = ORDERS
    transformed: bool = False

    @property
    def ref(self) -> ColumnRef:
        return ColumnRef(TableRef("orders", "public"), self.column, transformed=self.transformed)

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.outcome)


def of_chart(chart: Chart, *more: Condition) -> list[Condition]:
    """A chart with a time range that takes a tenth of the rows, and other conditions."""
    when = Condition(chart, "ordered_at", "range", "time-range", "scan-is-right", 0.1, "TEMPORAL_RANGE")
    return [when, *more]


def test_a_filter_asks_together_with_what_its_chart_always_sends() -> None:
    conditions = [
        c for chart in CHARTS for c in of_chart(chart, Condition(chart, "CUSTOMER", "in", "filter"))
    ]
    (want,) = wanted_of(conditions)
    assert (want.equality, want.range, want.charts) == (frozenset({"customer"}), "ordered_at", 3)
    assert want.range_share == 0.1
    (proposal,) = propose([want], "postgresql")
    assert proposal.columns == ("customer", "ordered_at")


def test_what_is_served_or_needs_nothing_asks_for_nothing() -> None:
    for outcome in ("served", "scan-is-right", "unknown"):
        assert wanted_of(of_chart(CHARTS[0], Condition(CHARTS[0], "customer", "in", "filter", outcome))) == ()


def test_filters_are_not_taken_to_be_set_at_the_same_time() -> None:
    chart = CHARTS[0]
    conditions = of_chart(
        chart, Condition(chart, "customer", "in", "filter"), Condition(chart, "status", "in", "filter")
    )
    assert {want.equality for want in wanted_of(conditions)} == {
        frozenset({"customer"}),
        frozenset({"status"}),
    }


def test_a_saved_filter_of_the_chart_is_always_there() -> None:
    chart = CHARTS[0]
    saved = Condition(chart, "status", "equality", "chart", "scan-is-right", 0.2, "==", "status = 'paid'")
    (want,) = wanted_of(of_chart(chart, saved, Condition(chart, "customer", "in", "filter")))
    assert want.equality == {"customer", "status"}
    assert want.conditions == ("status = 'paid'",)


def test_a_time_range_may_ask_itself() -> None:
    when = Condition(CHARTS[0], "ordered_at", "range", "time-range", "scan", 0.01)
    (want,) = wanted_of([when])
    assert (want.equality, want.range, want.range_share) == (frozenset(), "ordered_at", 0.01)


def test_patterns_ask_for_an_index_of_texts() -> None:
    chart = CHARTS[0]
    (want,) = wanted_of(of_chart(chart, Condition(chart, "customer", "contains", "chart", op="ILIKE")))
    assert want.text == TextSearch("customer", "contains", any_case=True)


def test_what_no_plain_column_answers_is_left_out() -> None:
    chart = CHARTS[0]
    assert wanted_of([Condition(chart, "customer", "in", "filter", transformed=True)]) == ()
    assert wanted_of([Condition(chart, "customer", "in", "filter", table=None)]) == ()
    assert wanted_of([Condition(chart, "customer", "negation", "filter")]) == ()
