"""Joins that look for rows by columns without an index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Dataset
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions

if TYPE_CHECKING:
    from dashlint.analysis.unserved_joins import UnservedJoin
    from dashlint.catalog.model import Table


class UnindexedJoinKey(Rule):
    """A virtual dataset joins a large table by columns that no index has, and the engine would use one.

    ## Why
    A join of whole tables needs no index: PostgreSQL, MySQL 8 and others read both and hash. But
    where a filter leaves a hundred rows of one table, an index on the other's key finds their
    partners at once; without it, all of the other table is read for them, with each value that
    somebody picks. Reported is only what PostgreSQL's own cost formulas decide clearly. MariaDB
    does not hash unless `join_cache_level` says so: without an index on either side it compares
    every row with every row.

    ## Example
    ```sql
    SELECT o.customer, o.ordered_at, i.product, i.amount
    FROM orders o JOIN order_items i ON i.order_id = o.order_id
    ```
    with a filter on `customer`, and no index on `order_items.order_id`.

    ## Use instead
    ```sql
    CREATE INDEX CONCURRENTLY order_items_order_id_idx ON order_items (order_id);
    ```

    ## Source
    PostgreSQL: src/backend/optimizer/path/costsize.c, tried with EXPLAIN on PostgreSQL 15. MariaDB
    documentation, “Block-Based Join Algorithms”: on MariaDB 10.11, 2,000 million comparisons took 111 s.
    """

    code = "DL510"
    severity = Severity.WARNING
    effort = Effort.WAREHOUSE
    remedy = "index the columns that datasets join by"
    applies_to = "Engines with indexes. Needs indexes, row counts and distinct counts: pass --catalog."

    class Options(RuleOptions):
        """Where an index would not help."""

        min_rows: Annotated[
            int,
            Option(
                "Tables known to have fewer rows are not reported where the engine hashes.",
                source="PostgreSQL's planner reads such a table in some milliseconds, index or not.",
                ge=0,
            ),
        ] = 10_000
        min_comparisons: Annotated[
            int,
            Option(
                "On MariaDB, joins that compare fewer pairs of rows are not reported.",
                source="MariaDB 10.11 compares about 18 million pairs a second.",
                ge=0,
            ),
        ] = 20_000_000

    def check_dataset(self, dataset: Dataset, analysis: Analysis) -> Iterator[Finding]:
        """One finding per table and key."""
        options = self.options
        found = analysis.advising.unserved_joins(
            dataset, min_rows=options.min_rows, min_comparisons=options.min_comparisons
        )
        for count, join in enumerate(found):
            inner = join.inner
            from dashlint.catalog.wanted import Wanted

            charts = len(analysis.workspace.charts_by_dataset.get(dataset, ()))
            proposals = analysis.advising.proposals(
                [Wanted(inner, frozenset(join.columns), None, charts)], dataset
            )
            keys = ", ".join(proposals[0].columns if proposals else join.columns)
            yield self.finding(
                analysis,
                dataset,
                _told(join),
                field="sql" if count == 0 else f"sql#{count + 1}",
                confidence=None if join.certain else Confidence.MEDIUM,
                advice=f"index {_label(inner)} ({keys})",
                proposal=[proposal.statement for proposal in proposals],
            )


def _told(join: UnservedJoin) -> str:
    keys = " and ".join(join.columns)
    inner, outer = _label(join.inner), _label(join.outer)
    if not join.hashes:
        return (
            f"joins {outer} with {inner} by {keys}, and neither side has an index on it: {join.rows:,.0f} "
            f"times {join.inner.rows:,} rows are compared one by one"
        )
    who = f"a value of {join.by} leaves" if join.by is not None else "its own conditions leave"
    return (
        f"{who} about {join.rows:,.0f} of the {join.outer.rows:,} rows of {outer}, but {inner} has no index "
        f"on {keys}: all its {join.inner.rows:,} rows are read for them"
    )


def _label(table: Table) -> str:
    return ".".join(part for part in (table.schema, table.name) if part)
