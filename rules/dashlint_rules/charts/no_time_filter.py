"""Charts that read all of a dataset's history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Chart, Dataset
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Edit, Finding, Fix, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions
from dashlint.superset.controls import control_keys
from dashlint.superset.queries import is_legacy
from dashlint.superset.query import Query

_NO_RANGE = ("", "No filter")
_RANGE = "Last quarter"


class NoTimeFilter(Rule):
    """A chart on a dataset with a time column reads all of its history.

    ## Why
    Without a range on the time column the database reads the whole table, every partition of
    it, and more of it every day. A dashboard's time filter reaches only charts that have a time
    range filter (or a granularity) to replace.

    ## Example
    “Revenue by country” over `orders` since the company was founded.

    ## Use instead
    A time range filter in the chart (`Last quarter`), or a time filter with a default on the
    dashboard.

    ## Source
    superset/models/helpers.py:get_sqla_query (TEMPORAL_RANGE);
    superset/common/query_context_factory.py:_apply_filters.
    """

    code = "DL304"
    severity = Severity.INFO
    effort = Effort.SETTING
    remedy = "give charts a time range"
    persona = """
    Where the number of rows is not known, the finding is for the persona `pedantic` alone: most tables of
    most servers are like that, and many are small. What the rows cost is said by DL301, DL303 and DL307.
    """
    fix = """
    Unsafe: gives the chart the time range `Last quarter` on its time column, in the saved `query_context`
    too. Older data are no longer shown. Where the table's size is not known, only if `--select` names
    this rule. Charts of two queries and of old types are left to people.
    """

    class Options(RuleOptions):
        """When history is too long."""

        min_rows: Annotated[
            int,
            Option(
                "Tables known to have fewer rows are not reported.",
                source="a scan of a hundred thousand rows takes well under a second on any "
                "of the databases that Superset reads.",
                ge=0,
            ),
        ] = 100_000

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """A finding when no range limits the chart and no dashboard's time filter reaches it."""
        dataset = analysis.dataset_of(chart)
        if dataset is None or not self._has_history(dataset):
            return
        queries = [q for q in analysis.queries(chart) if not q.is_rowcount]
        if not queries or any(self._limited(q) for q in queries):
            return
        table = analysis.base_table(dataset)
        rows = table.rows if table is not None else None
        if rows is not None and rows < self.options.min_rows:
            return
        if self._reached_by_a_time_filter(chart, analysis):
            # The filter that has no default is DL205's affair.
            return
        column = dataset.main_dttm_col or dataset.temporal_columns[0].name
        size = f"{rows:,} rows of" if rows is not None else "all history of"
        yield self.finding(
            analysis,
            chart,
            f"reads {size} “{dataset.name}”: no range on its time column “{column}”, and no dashboard's "
            "time filter reaches it",
            field="params.adhoc_filters",
            confidence=Confidence.HIGH if rows is not None else Confidence.LOW,
            pedantic=rows is None,
            advice=f"add a time range filter on “{column}” to the chart",
            fix=self._fix(chart, column, analysis),
        )

    @staticmethod
    def _fix(chart: Chart, column: str, analysis: Analysis) -> Fix | None:
        panel = control_keys(chart.viz_type, analysis.settings.version)
        saved = chart.params.get("adhoc_filters")
        if (
            "adhoc_filters" not in panel
            or "adhoc_filters_b" in panel
            or is_legacy(chart.viz_type, analysis.settings)
            or not isinstance(saved, list | None)
        ):
            return None
        path: tuple[str | int, ...] = ("params", "adhoc_filters")
        for index, item in enumerate(saved or []):
            if isinstance(item, dict) and item.get("operator") == "TEMPORAL_RANGE":
                edit = Edit(chart, (*path, index, "comparator"), _RANGE)
                return Fix("unsafe", f"set the time range “{_RANGE}” on “{item.get('subject')}”", (edit,))
        # As Explore writes it (superset-frontend/src/explore/…/AdhocFilter).
        added = {
            "clause": "WHERE",
            "comparator": _RANGE,
            "expressionType": "SIMPLE",
            "operator": "TEMPORAL_RANGE",
            "subject": column,
        }
        edit = Edit(chart, path, [added, *(saved or [])])
        return Fix("unsafe", f"add the time range “{_RANGE}” on “{column}”", (edit,))

    @staticmethod
    def _has_history(dataset: Dataset) -> bool:
        return bool(dataset.main_dttm_col or dataset.temporal_columns)

    @staticmethod
    def _limited(query: Query) -> bool:
        if query.time_range not in (None, *_NO_RANGE) and query.granularity:
            return True
        if query.where:
            # Free SQL may well limit time; nobody can tell which column is meant without parsing it.
            return True
        return any(
            (f.op == "TEMPORAL_RANGE" and f.val not in (None, *_NO_RANGE)) or f.op in (">", ">=", "==", "IN")
            for f in query.filters
        )

    @staticmethod
    def _reached_by_a_time_filter(chart: Chart, analysis: Analysis) -> bool:
        has_range = any(f.op == "TEMPORAL_RANGE" for q in analysis.queries(chart) for f in q.filters) or any(
            q.granularity for q in analysis.queries(chart)
        )
        return has_range and any(
            native_filter.filter_type == "filter_time"
            and any(p.chart is chart for p in analysis.charts_in_scope(dashboard, native_filter))
            for dashboard in analysis.workspace.dashboards_using(chart)
            for native_filter in dashboard.filters
        )
