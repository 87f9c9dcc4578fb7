"""The statements by which a finding can be tried: what its charts send, with values filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from dashlint.assets import Chart, Dashboard, Dataset, NativeFilter
from dashlint.catalog.explain.model import ExplainError
from dashlint.cost.typical import typical_range, typical_value
from dashlint.sql.model import PLACEHOLDER_PREFIX
from dashlint.superset import masks, requests
from dashlint.superset.query import Query, Request

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.catalog.model import ColumnStatistics

#: Statistics of a column (table, schema, column) from elsewhere than the catalog.
Ask = Callable[[str, "str | None", str], "ColumnStatistics | None"]
#: What is picked in a time filter without a default: the middle one of those that Superset's menu offers
#: first (superset-frontend/src/explore/components/controls/DateFilterControl/utils/constants.ts).
_TIME_RANGE = "Last month"


class Trial(NamedTuple):
    """One statement: the ``chart`` that sends it, its dataset, the tables that it reads.

    Without ``sql``, ``reason`` says why there is none.
    """

    chart: str
    dataset: Dataset
    sql: str | None
    tables: tuple[str, ...] = ()
    reason: str | None = None


class Trials:
    """Makes statements of an analysis that can be explained: with values instead of placeholders."""

    def __init__(self, analysis: Analysis, ask: Ask) -> None:
        self._analysis = analysis
        self._ask = ask
        self._values: dict[tuple[Dataset, str], ColumnStatistics | str] = {}

    def of_filter(self, dashboard: Dashboard, native_filter: NativeFilter) -> Iterator[Trial]:
        """What one picked value of a filter sends, chart by chart.

        The value is the filter's default, else one as frequent as the average; a range holds a hundredth
        of the rows, a time range is last month.
        """
        if not masks.is_empty(native_filter.default_extra_form_data):
            yield from self._with_column(native_filter, self._while_looking(dashboard, native_filter))
            return
        picked, reason = self._picked(dashboard, native_filter)
        if picked is None:
            for chart in self._analysis.charts_rerun(dashboard, native_filter):
                dataset = self._analysis.dataset_of(chart)
                if dataset is not None:
                    yield Trial(chart.name, dataset, None, reason=reason)
            return
        analysis = self._analysis
        event = requests.predict_filter(
            dashboard,
            native_filter,
            analysis.workspace,
            analysis.settings,
            all_tabs=True,
            unfiltered=analysis.queries,
            picked=picked,
        )
        yield from self._with_column(native_filter, event.requests)

    def _while_looking(self, dashboard: Dashboard, native_filter: NativeFilter) -> Iterator[Request]:
        """What the charts in a filter's scope send with its default: as the dashboard and its tabs open."""
        reached = {p.chart for p in self._analysis.charts_in_scope(dashboard, native_filter)}
        for name in self._analysis.events(dashboard):
            if name == "load" or name.startswith("tab:"):
                for request in self._analysis.event(dashboard, name).requests:
                    if request.chart in reached:
                        yield request

    def _with_column(self, native_filter: NativeFilter, sent: Iterable[Request]) -> Iterator[Trial]:
        """Only of charts that have the filter's column: Superset passes over the filter for the others."""
        column = native_filter.target.column if native_filter.target is not None else None
        for request in sent:
            dataset = self._analysis.request_dataset(request) if request.chart is not None else None
            if column is None or (dataset is not None and column in dataset.column_by_name):
                yield from self.of_requests((request,))

    def of_chart(self, chart: Chart) -> Iterator[Trial]:
        """What a chart sends when no filter is applied."""
        yield from self._of_queries(chart, self._analysis.queries(chart))

    def of_dataset(self, dataset: Dataset) -> Iterator[Trial]:
        """What all charts of a dataset send when no filter is applied."""
        for chart in self._analysis.workspace.charts_by_dataset.get(dataset, ()):
            yield from self.of_chart(chart)

    def of_requests(self, sent: Iterable[Request]) -> Iterator[Trial]:
        """What the charts among these requests send."""
        for request in sent:
            if request.chart is not None and request.kind in ("chart", "legacy"):
                yield from self._of_queries(request.chart, request.queries, legacy=request.kind == "legacy")

    def _of_queries(self, chart: Chart, queries: Iterable[Query], *, legacy: bool = False) -> Iterator[Trial]:
        dataset = self._analysis.dataset_of(chart)
        if dataset is None:
            return
        for query in queries:
            filled, missing = self._filled(query, dataset)
            if missing is not None:
                yield Trial(chart.name, dataset, None, reason=missing)
                continue
            for statement in self._analysis.statements(filled, dataset, legacy=legacy):
                if statement.role != "main":
                    continue
                # What is not known but has a default (url_param) is in the text with that.
                if statement.error is not None or PLACEHOLDER_PREFIX in statement.sql:
                    reason = statement.error or next(iter(statement.unknown), "it holds a placeholder")
                    yield Trial(chart.name, dataset, None, reason=f"its SQL is not known: {reason}")
                    continue
                tables = self._analysis.reads(statement, dataset).tables
                yield Trial(chart.name, dataset, statement.sql, tuple(table.label for table in tables))

    # Values

    def _picked(
        self, dashboard: Dashboard, native_filter: NativeFilter
    ) -> tuple[masks.Extra | None, str | None]:
        if native_filter.filter_type == "filter_time":
            return masks.from_value(native_filter, _TIME_RANGE), None
        target = native_filter.target
        dataset = self._analysis.target_dataset(dashboard, native_filter)
        if target is None or target.column is None or dataset is None:
            return None, "the filter's column is not known"
        statistics = self._statistics(dataset, target.column)
        if isinstance(statistics, str):
            return None, statistics
        value: list[Any] = [typical_value(statistics)]
        if native_filter.filter_type == "filter_range":
            ends = typical_range(statistics)
            if ends is None:
                return None, _no_value(target.column)
            value = [_plain(end) for end in ends]
        return masks.from_value(native_filter, value), None

    def _filled(self, query: Query, dataset: Dataset) -> tuple[Query, str | None]:
        """A query with values in the place of stand-ins; else why there is none."""
        from dashlint.chart_sql.conditions import is_stand_in

        entries = []
        for entry in query.raw.get("filters") or ():
            value = entry.get("val") if isinstance(entry, dict) else None
            listed = value if isinstance(value, list) else [value]
            if any(is_stand_in(one) for one in listed):
                column = entry["col"]
                statistics = (
                    self._statistics(dataset, column) if isinstance(column, str) else "a column is not known"
                )
                if isinstance(statistics, str):
                    return query, statistics
                typical = typical_value(statistics)
                filled = list(dict.fromkeys(typical if is_stand_in(one) else one for one in listed))
                entry = {**entry, "val": filled if isinstance(value, list) else filled[0]}  # noqa: PLW2901
            entries.append(entry)
        return replace(query, raw={**query.raw, "filters": entries}), None

    def _statistics(self, dataset: Dataset, column: str) -> ColumnStatistics | str:
        """Statistics of a column of which a value is known: the catalog's, else of whoever can be asked.

        Else the reason why there are none.
        """
        key = (dataset, column)
        if key not in self._values:
            self._values[key] = self._looked_up(dataset, column)
        return self._values[key]

    def _looked_up(self, dataset: Dataset, column: str) -> ColumnStatistics | str:
        known = self._analysis.statistics(dataset, column)
        if known is not None and typical_value(known) is not None:
            return known
        refs = self._analysis.physical_columns(dataset, column)
        if len(refs) == 1 and not refs[0].transformed:
            table = refs[0].table
            try:
                known = self._ask(table.name, table.schema or dataset.schema, refs[0].column)
            except ExplainError as error:
                return str(error)
        return known if known is not None and typical_value(known) is not None else _no_value(column)


def _no_value(column: str) -> str:
    return f"no value of {column} is known: neither a default nor statistics"


def _plain(value: float) -> int | float:
    return int(value) if value.is_integer() else value
