"""Series limits that group the rest as "Others", and lose the row limit on the way."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Chart
from dashlint.lint.effort import Effort
from dashlint.lint.model import Edit, Finding, Fix, Severity
from dashlint.lint.rule import Rule


class OthersWithoutLimit(Rule):
    """Grouping the rest of the series as "Others" drops the chart's row limit.

    ## Why
    With a series limit and *Group remaining as "Others"*, Superset 6.0 and 6.1 write the statement
    a second time, after its ORDER BY and LIMIT were put in, and put in neither of them again. All
    rows come back, whatever row limit the chart, `ROW_LIMIT` or `SQL_MAX_ROW` say: with fine time
    buckets or a further grouping column that is as many rows as the table has such groups.

    ## Example
    ```yaml
    params:
      row_limit: 1000
      x_axis: created_at         # without a time grain: one row for each moment
      groupby: [country]
      limit: 10
      group_others_when_limit_reached: true
    ```

    ## Use instead
    A coarse time grain and a time range, which bound the rows by themselves; or a series limit without
    "Others", which keeps the row limit.

    ## Source
    superset/models/helpers.py:get_sqla_query of 6.0.0 and 6.1.0 (the query that is made anew after
    `_apply_series_others_grouping`); the SQL that 6.1.0 compiles.
    """

    code = "DL311"
    severity = Severity.WARNING
    effort = Effort.SETTING
    remedy = 'turn off Group remaining as "Others"'
    applies_to = "Superset 6.0 and later."
    fix = """
    Unsafe: turns off *Group remaining as "Others"*, in the saved `query_context` too. The series “Others” is
    no longer shown.
    """

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """A finding unless the groups are known to be fewer than the limit that is lost."""
        dataset = analysis.dataset_of(chart)
        for query in analysis.queries(chart):
            if not (query.group_others and query.series_limit and query.series_columns):
                continue
            if query.effective_limit is not None or query.metrics is None:
                continue
            limit = query.row_limit or analysis.settings.row_limit
            rows = analysis.rows(query, dataset).upper
            if rows is not None and rows <= limit:
                continue
            much = f"up to {rows:,}" if rows is not None else "nobody knows how many"
            yield self.finding(
                analysis,
                chart,
                f"its series limit groups the rest as Others, which drops the row limit of {limit:,}: "
                f"{much} rows come back",
                field="params.group_others_when_limit_reached",
                advice="bound the rows by a coarse time grain and a time range, or do without Others",
                fix=Fix(
                    "unsafe",
                    "do without the series “Others”",
                    (Edit(chart, ("params", "group_others_when_limit_reached"), value=False),),
                ),
            )
            return
