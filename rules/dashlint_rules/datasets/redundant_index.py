"""Indexes that another index makes needless."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule


class RedundantIndex(Rule):
    """An index on a filter's column begins another index: one of the two is enough.

    ## Why
    An index on `(country)` finds nothing that one on `(country, ordered_at)` does not find, but
    every insert writes both, and both ask for memory. Unique indexes and primary keys are left
    alone, as they guard something; so are partial indexes, and those of other methods. Dashboards
    do not get faster by this, so the rule runs only on request.

    ## Example
    ```sql
    CREATE INDEX orders_country ON orders (country);
    CREATE INDEX orders_country_ordered_at ON orders (country, ordered_at);
    ```

    ## Use instead
    ```sql
    DROP INDEX CONCURRENTLY orders_country;
    ```
    after a look at `pg_stat_user_indexes`: a much smaller index may be worth its place.

    ## Source
    PostgreSQL documentation, 11.3 “Multicolumn Indexes”; MySQL reference manual, “Multiple-Column
    Indexes”: any leftmost prefix of an index can be used.
    """

    code = "DL512"
    severity = Severity.INFO
    effort = Effort.WAREHOUSE
    remedy = "drop indexes that others cover"
    applies_to = "Engines with indexes. Needs the warehouse's indexes: pass --catalog."
    on_request = True

    def check_workspace(self, analysis: Analysis) -> Iterator[Finding]:
        """One finding per index, for the first dataset whose filters reach it."""
        count: dict[str, int] = {}
        for found in analysis.advising.redundant_indexes():
            number = count[found.dataset.uuid] = count.get(found.dataset.uuid, 0) + 1
            table = ".".join(part for part in (found.table.schema, found.table.name) if part)
            keys = ", ".join(key.name or key.expression or "" for key in found.by.columns)
            by = f"“{found.by.name}”" if found.by.name else "the primary key"
            yield self.finding(
                analysis,
                found.dataset,
                f"index “{found.index.name}” of {table} finds nothing that {by} on ({keys}) does not find",
                field="table_name" if number == 1 else f"table_name#{number}",
                advice=f"drop “{found.index.name}”, unless it is much smaller and often used",
                proposal=[found.statement] if found.statement else [],
            )
