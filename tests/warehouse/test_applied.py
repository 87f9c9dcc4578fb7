"""Where the proposed indexes are created, the engine uses them, and dashlint has nothing more to propose."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dashlint.analysis import Analysis
from dashlint.catalog.model import Catalog
from dashlint.catalog.script import split
from dashlint.lint.model import Finding
from dashlint.lint.registry import load_rules
from dashlint.lint.runner import run
from tests.warehouse.made import Warehouse
from tests.warehouse.plans import Case
from tests.warehouse.verdicts import analysis_of, cases

RULES = ("DL202", "DL508")
#: What is still found: a product of two types, whose conversion is not in the query, is no key in PostgreSQL;
#: in MariaDB no expression is one.
STILL = {
    "postgresql": {"amount * quantity"},
    "mariadb": {
        "UPPER(coupon)", "LOWER(email)", "LOWER(`email`)", "amount * quantity", "CAST(paid_at AS DATE)",
        "CAST(ordered_at AS DATE)", "CAST(customer_id AS CHAR(20))",
    },
}  # fmt: skip


@pytest.mark.slow
def test_postgresql_uses_what_is_proposed(postgres_warehouse: Warehouse) -> None:
    check(postgres_warehouse)


@pytest.mark.slow
def test_mariadb_uses_what_is_proposed(mariadb_warehouse: Warehouse) -> None:
    check(mariadb_warehouse)


def check(warehouse: Warehouse) -> None:
    before = analysis_of(warehouse.read(), warehouse.engine, own_ranges=True)
    found = findings(before)
    proposed = [finding for finding in found if finding.proposal]
    assert {finding.rule for finding in proposed} == set(RULES)
    statements = list(dict.fromkeys(s for finding in proposed for s in finding.proposal))
    with applied(warehouse, statements) as made:
        after = analysis_of(warehouse.read(), warehouse.engine, own_ranges=True)
        left = findings(after)
        assert [str(finding) for finding in left if finding.proposal] == []
        assert {missing(finding) for finding in left} == STILL[warehouse.engine]

        changes: dict[tuple[str, str], list[Case]] = {}
        for old, new in zip(cases(before), cases(after), strict=True):
            outcomes = old.predicate.verdict.outcome, new.predicate.verdict.outcome
            changes.setdefault(outcomes, []).append(new)
        show(warehouse.engine, f"{len(statements)} indexes; findings {len(found)} -> {len(left)}", changes)
        # Silent for want of knowledge is not what was promised.
        lost = changes.get(("scan", "unknown"), [])
        assert {case.predicate.ref.expression for case in lost} <= STILL[warehouse.engine]
        gained = changes["scan", "served"]
        used = warehouse.plans.found_by(gained)
        unused = [told(case) for case, indexes in zip(gained, used, strict=True) if not indexes & made]
        assert unused == []
        assert len(gained) >= 200


def findings(analysis: Analysis) -> list[Finding]:
    found, problems = run(analysis, [rule() for rule in load_rules()[0] if rule.code in RULES])
    assert problems == []
    return found


def missing(finding: Finding) -> str:
    """The expression that a finding says has no index."""
    return finding.message.rpartition(" has ")[2].removesuffix(")")


@contextmanager
def applied(warehouse: Warehouse, statements: list[str]) -> Iterator[frozenset[str]]:
    """Runs the statements and gathers statistics; the names of the indexes that came, which go again."""
    known = names(warehouse.read())
    database = warehouse.database
    for text in statements:
        for statement in split(text, warehouse.engine):
            database.execute(statement.text)
    warehouse.gather()
    made = {index: table for index, table in names(warehouse.read()).items() if index not in known}
    assert len(made) == len(statements)
    try:
        yield frozenset(made)
    finally:
        for index, table in made.items():
            on = f" ON {table}" if warehouse.engine == "mariadb" else ""
            database.execute(f"DROP INDEX {index}{on}")


def names(catalog: Catalog) -> dict[str, str]:
    """All indexes that have names, with their tables."""
    return {
        index.name: table.name
        for table in catalog.tables
        for index in table.indexes or ()
        if index.name and not index.primary
    }


def told(case: Case) -> str:
    ref, verdict = case.predicate.ref, case.predicate.verdict
    return (
        f"{case.title}: {ref.table.name}.{ref.expression or ref.column} "
        f"({case.predicate.selectivity}): {verdict.reason}"
    )


def show(engine: str, title: str, changes: dict[tuple[str, str], list[Case]]) -> None:
    lines = [f"\n{engine}: {title}"]
    lines += [f"  {was} -> {now}: {len(found)}" for (was, now), found in sorted(changes.items())]
    sys.stdout.write("\n".join(lines) + "\n")
