"""Charts that a materialized view would answer together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Dataset
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions


class MaterializedViewCandidate(Rule):
    """Several charts aggregate the same large source alike: groups made once would answer them all.

    ## Why
    Each of the charts reads the source again, for every viewer and every filter value that is not
    cached. Where what they group and filter by makes few groups, and their metrics are sums,
    counts, minima, maxima or averages, the database can keep the groups and read those instead.
    Counts of distinct values, medians and free SQL columns cannot be computed from groups: charts
    with them are left out. The number of groups is an estimate from the catalog's statistics.

    ## Example
    Four charts show revenue by day, by month, by country and by status, filtered by country, from
    20 million orders. There are 40,000 combinations of day, country and status.

    ## Use instead
    A dataset on a materialized view; `SUM(amount)` becomes `SUM(sum_amount)`, `COUNT(*)` becomes
    `SUM(count_rows)`, `AVG(amount)` becomes `SUM(sum_amount) / SUM(count_amount)`:
    ```sql
    CREATE MATERIALIZED VIEW public.orders_summary AS
    SELECT date_trunc('day', ordered_at) AS ordered_at, country, status,
      SUM(amount) AS sum_amount, COUNT(*) AS count_rows
    FROM public.orders GROUP BY date_trunc('day', ordered_at), country, status;
    CREATE UNIQUE INDEX orders_summary_key ON public.orders_summary (ordered_at, country, status);
    REFRESH MATERIALIZED VIEW CONCURRENTLY public.orders_summary;
    ```
    On Oracle, BigQuery, Redshift, StarRocks and Doris, charts on the table itself may use it.

    ## Source
    PostgreSQL documentation, “Materialized Views” and REFRESH MATERIALIZED VIEW; the documentation
    of each engine is named with its statement (`dashlint.catalog.materialized`).
    """

    code = "DL509"
    severity = Severity.INFO
    confidence = Confidence.MEDIUM
    effort = Effort.WAREHOUSE
    remedy = "create a materialized view"
    applies_to = (
        "PostgreSQL, Oracle, Redshift, BigQuery, Snowflake, ClickHouse, StarRocks, Doris, Databricks. Needs "
        "row counts and distinct counts: pass --catalog."
    )

    class Options(RuleOptions):
        """When it pays."""

        min_rows: Annotated[
            int,
            Option(
                "Sources with fewer rows are not reported.",
                source="grouping a million rows takes PostgreSQL 15 some 100 to 300 ms.",
                ge=0,
            ),
        ] = 1_000_000
        min_charts: Annotated[int, Option("So many charts at least.", source="“several”.", ge=2)] = 3
        max_share: Annotated[
            float,
            Option(
                "Groups may be at most this share of the source's rows.",
                source="a tenth of the rows is a tenth of the work, against a view to look after.",
                ge=0,
                le=1,
            ),
        ] = 0.1

    def check_dataset(self, dataset: Dataset, analysis: Analysis) -> Iterator[Finding]:
        """One finding per dataset: the charts, what they group by and the view that would answer them."""
        rows = analysis.source_rows(dataset).upper
        if rows is None or rows < self.options.min_rows:
            return
        found = analysis.advising.alike(dataset, most=self.options.max_share)
        if found is None or len(found.charts) < self.options.min_charts:
            return
        view = analysis.advising.view_of(found)
        if view is None:
            return
        names = [f"{d.column} by the {_UNITS[d.grain]}" if d.grain else d.column for d in found.dimensions]
        listed = " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]
        yield self.finding(
            analysis,
            dataset,
            f"{len(found.charts)} charts aggregate its {found.source_rows:,.0f} rows by nothing but "
            f"{listed}: about {found.rows:,.0f} groups",
            field="sql" if dataset.is_virtual else "table_name",
            advice="keep these groups in a materialized view and give the charts a dataset on it. "
            f"{view.note}",
            proposal=view.statements,
        )


_UNITS = {"P1D": "day", "PT1H": "hour"}
