"""dashlint's verdicts on every filter × chart of the shop, each beside what the engine's plan does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple, Protocol

from dashlint.analysis import Analysis
from dashlint.analysis.predicates import Visit, of_query
from dashlint.catalog.load import CatalogSet
from dashlint.catalog.model import Catalog
from tests.warehouse.plans import Case, Seen
from tests.warehouse.shop import workspace
from tests.warehouse.star import NOW

#: What dashlint answers for: a condition that leaves less than this share, on a table above this size.
SHARE, ROWS = 0.05, 100_000
#: Conditions that no index serves, and that need no plan to tell.
_UNSERVED = frozenset({"negation", "other"})


class Plans(Protocol):
    """The plans of an engine."""

    stores_expressions: bool

    def seen(self, table: str, key: str, cases: list[Case]) -> list[Seen]: ...
    def seen_stored(self, table: str, expression: str, cases: list[Case]) -> list[Seen]: ...
    def count(self, table: str, condition: str) -> int: ...
    def found_by(self, cases: list[Case]) -> list[frozenset[str]]: ...


class Compared(NamedTuple):
    """One condition: what dashlint says, what the plan does, and the share of the rows that it leaves."""

    case: Case
    said: str
    planned: str
    share: float | None
    seen: Seen

    @property
    def counts(self) -> bool:
        table = self.case.predicate.table
        large = table is not None and (table.rows or 0) > ROWS
        return large and self.share is not None and self.share < SHARE

    @property
    def agrees(self) -> bool:
        return self.said == self.planned

    def __str__(self) -> str:
        p = self.case.predicate
        share = "unknown" if self.share is None else f"{self.share:.2%}"
        return (
            f"{self.case.title}: {p.ref.table.name}.{p.ref.expression or p.ref.column} ({share}): "
            f"said {self.said} ({p.verdict.reason}), planned {self.planned}, {self.seen}"
        )


def analysis_of(catalog: Catalog, engine: str, *, own_ranges: bool = False) -> Analysis:
    """The shop and what is known of its tables; ``own_ranges`` as in ``shop.workspace``."""
    world = workspace(engine, own_ranges=own_ranges)
    return Analysis(world, None, CatalogSet([catalog]), datetime.fromisoformat(NOW))


def cases(analysis: Analysis) -> list[Case]:
    """Every condition of every chart of every dashboard as it opens, with the statement that it is in."""
    found = []
    for dashboard in analysis.workspace.dashboards:
        for request in analysis.load(dashboard).requests:
            dataset = analysis.dataset_of(request.chart) if request.chart is not None else None
            if request.chart is None or dataset is None:
                continue
            for query in request.queries:
                statement = analysis.statements(query, dataset)[0]
                assert statement.error is None
                assert not statement.unknown
                title = f"{dashboard.title} / {request.chart.name}"
                visit = Visit(dashboard, on_load=True)
                predicates = of_query(analysis, request.chart, dataset, query, visit)
                found += [Case(title, predicate, statement.sql) for predicate in predicates]
    return found


def compared(found: Iterable[Case], plans: Plans) -> Iterator[Compared]:
    """Each case with its plan, now and with the index that might be missing."""
    groups: dict[tuple[str, str, str], list[Case]] = {}
    for case in found:
        predicate = case.predicate
        if predicate.kind in _UNSERVED:
            continue
        assert predicate.table is not None, case
        groups.setdefault((predicate.table.name, *_key(case)), []).append(case)
    counted: dict[tuple[str, str], int] = {}
    for (table, key, style), group in groups.items():
        if style == "expression" and plans.stores_expressions:
            seen = plans.seen_stored(table, key, group)
        else:
            # Texts in another order than that of bytes need an operator class for LIKE (manual, 11.10).
            wanted = {"expression": f"({key})", "pattern": f"{key} text_pattern_ops"}.get(style, key)
            seen = plans.seen(table, wanted if not plans.stores_expressions else key, group)
        for case, plan in zip(group, seen, strict=True):
            sql, rows = case.predicate.sql, case.predicate.table.rows if case.predicate.table else None
            share = None
            if sql is not None and rows:
                if (table, sql) not in counted:
                    counted[table, sql] = plans.count(table, sql)
                share = counted[table, sql] / rows
            yield Compared(case, case.predicate.verdict.outcome, _planned(case, plan), share, plan)


def _key(case: Case) -> tuple[str, str]:
    """What an index would be on, and how: a column, an expression, or a column for patterns."""
    ref = case.predicate.ref
    if case.predicate.kind == "prefix" and not ref.transformed:
        return ref.column, "pattern"
    # Aggregates have no SQL that the table could be asked; nothing but the plain column can be tried.
    if ref.transformed and ref.expression and case.predicate.sql is not None:
        return ref.expression, "expression"
    return ref.column, "column"


def _planned(case: Case, seen: Seen) -> str:
    """The plan in the words of verdicts.

    An index that the engine reads from end to end, for want of a better one, serves nothing. Beside another
    condition's index, a second one counts as missing only where it halves the plan's cost.
    """
    said = case.predicate.verdict
    if said.outcome == "scan" and seen.then and (not seen.now or seen.cost_then < 0.9 * seen.cost_now):
        return "scan"
    if seen.now:
        return "served"
    beside = said.outcome == "scan-is-right" and "by its index" in said.reason
    if seen.then and not (beside and seen.cost_then > 0.5 * seen.cost_now):
        return "scan"
    return "scan-is-right"
