"""Filters that list the values of a column with very many of them."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard, NativeFilter
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule


class ManyOptions(Rule):
    """A select filter lists a column with more values than its option query returns.

    ## Why
    On every load the browser asks for the column's distinct values. The database reads the whole
    table (or runs the whole virtual dataset) to answer, and the list stops at
    `NATIVE_FILTER_DEFAULT_ROW_LIMIT`, 1,000 values unless configured otherwise: whatever sorts
    behind them cannot be chosen from it. With “Dynamically search all filter values” each search
    is one more such query, with a pattern that begins with a wildcard.

    ## Example
    A filter on `customer_email` of a table with 50,000 customers.

    ## Use instead
    A filter on a column with few values, a parent filter that narrows this one down, a small
    dimension table as the filter's dataset, or a pre-filter on its options.

    ## Source
    superset-frontend/src/filters/components/Select/buildQuery.ts;
    superset/config.py:NATIVE_FILTER_DEFAULT_ROW_LIMIT.
    """

    code = "DL204"
    severity = Severity.WARNING
    effort = Effort.DESIGN
    remedy = "let filters list columns with fewer values"
    applies_to = "Needs the number of distinct values: pass --catalog with statistics."

    def check_filter(
        self, native_filter: NativeFilter, dashboard: Dashboard, analysis: Analysis
    ) -> Iterator[Finding]:
        """A finding where the column is known to have more values than the limit."""
        target = native_filter.target
        dataset = analysis.target_dataset(dashboard, native_filter)
        if native_filter.filter_type != "filter_select" or dataset is None or not (target and target.column):
            return
        if native_filter.raw.get("adhoc_filters") or native_filter.cascade_parent_ids:
            # Narrowed down: how many values are left depends on data and on what is chosen.
            return
        statistics = analysis.statistics(dataset, target.column)
        if statistics is None or statistics.distinct is None:
            if target.column in dataset.column_by_name:
                analysis.lacks("distinct", f"{dataset.name}.{target.column}")
            return
        limit = analysis.settings.native_filter_default_row_limit
        if statistics.distinct <= limit:
            return
        searches = bool(native_filter.control_values.get("searchAllOptions"))
        effect = (
            "each search in it reads them all again"
            if searches
            else f"it lists the first {limit:,}, and the others cannot be found in it"
        )
        yield self.finding(
            analysis,
            dashboard,
            f"the column “{target.column}” of “{dataset.name}” has about {round(statistics.distinct):,} "
            f"values: {effect}",
            native_filter=native_filter,
            field="targets",
            advice="filter by a column with fewer values, put a parent filter before it, or pre-filter "
            "its options",
        )
