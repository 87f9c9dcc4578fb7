"""Whether an index would be used: what the star schema's plans (tests/warehouse) cannot show one by one."""

from __future__ import annotations

import pytest

from dashlint.catalog.access import servable
from dashlint.catalog.model import ColumnStatistics, Index, IndexColumn, Table
from dashlint.catalog.verdict import Sought, Verdict, verdict

COLUMNS = {
    name: ColumnStatistics(name, average_width=width)
    for name, width in (("country", 4), ("customer", 8), ("note", 90))
}


def index(*names: str) -> Index:
    return Index("_".join(names), tuple(IndexColumn(name) for name in names))


def orders(*indexes: Index, rows: int | None = 2_000_000, **more: object) -> Table:
    return Table("orders", columns=COLUMNS, indexes=indexes, rows=rows, **more)  # type: ignore[arg-type]


def said(
    table: Table,
    column: str = "country",
    share: float | None = 0.01,
    *,
    engine: str = "postgresql",
    kind: str = "equality",
    beside: tuple[tuple[str, float | None], ...] = (),
    guessed: bool = False,
) -> Verdict:
    def sought(name: str, part: float | None, how: str) -> Sought:
        return Sought(name, how, part, servable(table, name, how, engine), guessed=guessed)

    others = [sought(name, part, "equality") for name, part in beside]
    return verdict(table, sought(column, share, kind), others, engine)


@pytest.mark.parametrize("engine", ["postgresql", "mysql", "mariadb", "mssql", "oracle", "sqlite"])
def test_a_missing_index_that_would_find_few_rows(engine: str) -> None:
    assert said(orders(), engine=engine).outcome == "scan"
    assert said(orders(index("country")), engine=engine).outcome == "served"


@pytest.mark.parametrize("engine", ["postgresql", "mariadb", "mssql"])
def test_a_value_that_most_rows_have(engine: str) -> None:
    found = said(orders(), share=0.7, engine=engine)
    assert found.outcome == "scan-is-right"
    assert "70%" in found.reason


def test_a_small_table() -> None:
    found = said(orders(rows=9_000))
    assert (found.outcome, found.reason) == ("scan-is-right", "orders has 9,000 rows only")


def test_another_condition_finds_the_rows() -> None:
    table = orders(index("customer"))
    assert said(table, beside=(("customer", 0.000001),)).outcome == "scan-is-right"
    assert said(table, share=0.000001, beside=(("customer", 0.3),)).outcome == "scan"


def test_postgresql_uses_two_indexes_at_once() -> None:
    table = orders(index("customer"), index("country"))
    assert said(table, share=0.01, beside=(("customer", 0.01),)).outcome == "served"


def test_conditions_that_one_index_serves_count_together() -> None:
    table = orders(index("country", "customer"))
    access = servable(table, "customer", "equality", "postgresql", equalities=("country",))
    wide = Sought("country", "equality", 0.6, servable(table, "country", "equality", "postgresql"))
    narrow = Sought("customer", "equality", 0.00001, access)
    assert verdict(table, wide, [narrow], "postgresql").outcome == "served"
    assert verdict(table, wide, [], "postgresql").outcome == "scan-is-right"


def test_rows_in_the_order_of_an_index_are_cheap() -> None:
    day = {**COLUMNS, "day": ColumnStatistics("day", average_width=8, correlation=1.0)}
    table = Table("orders", columns=day, indexes=(), rows=2_000_000)
    spread = Table(
        "orders", columns={**day, "day": day["day"]._replace(correlation=0.0)}, indexes=(), rows=2_000_000
    )
    assert said(table, "day", 0.3, kind="range").outcome == "scan"
    assert said(spread, "day", 0.3, kind="range").outcome == "scan-is-right"


def test_what_is_not_known_is_no_alarm_about_numbers() -> None:
    assert said(orders(rows=None), share=None).outcome == "scan"  # no index, whatever the size
    assert said(Table("orders", indexes=None)).outcome == "unknown"
    few = said(orders(), share=0.25, guessed=True)
    assert few.outcome == "unknown"
    assert "how frequent" in few.reason
    assert said(orders(index("customer")), share=None, beside=(("customer", 1e-5),)).outcome == "unknown"
    assert said(orders(), kind="contains").outcome == "unknown"


@pytest.mark.parametrize("engine", ["bigquery", "snowflake", "clickhouse", "trino"])
def test_engines_without_indexes_are_asked_for_their_layout(engine: str) -> None:
    assert said(orders(partitioned_by=("country",)), engine=engine).outcome == "served"
    missing = said(orders(clustered_by=("customer",), sort_key=("customer",)), engine=engine)
    assert missing.outcome == "scan"
    assert "index" not in missing.reason
    assert said(orders(), engine=engine).outcome == "unknown"
