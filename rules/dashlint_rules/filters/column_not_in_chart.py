"""Filters that re-run charts which they cannot filter."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Chart, Dashboard, Dataset, NativeFilter, Placement
from dashlint.lint.amounts import plural
from dashlint.lint.effort import Effort
from dashlint.lint.model import Edit, Finding, Fix, Severity
from dashlint.lint.rule import Rule, RuleOptions
from dashlint.superset.settings import Settings

#: Filter types whose value becomes a predicate on the target column (fe/filters/utils).
_ON_A_COLUMN = ("filter_select", "filter_range")
#: Macros by which SQL of a dataset or chart reads filters itself, whatever columns there are
#: (superset/jinja_context.py:ExtraCache).
_READS_FILTERS = ("filter_values", "get_filters", "get_time_filter")


class ColumnNotInChart(Rule):
    """A filter's scope holds charts whose dataset does not have the filter's column.

    ## Why
    Such a chart is queried again with every change of the filter, although its SQL stays the
    same: the server drops the unknown column. Each value still makes a cache key of its own, so
    the result is computed and stored again and again. In Superset 6.1 it is worse: when none of
    a query's filters applied, a cached result is thrown away and the SQL runs on every load.

    ## Example
    A filter on `orders.country` with the scope “all charts”, and a chart on `web_sessions`,
    which has no such column.

    ## Use instead
    Take these charts out of the filter's scope (filter settings → Scoping), or give their
    dataset the column.

    ## Source
    superset/models/helpers.py:get_sqla_query (rejected filters);
    superset/common/query_context_processor.py:get_df_payload (6.1).
    """

    code = "DL203"
    severity = Severity.WARNING
    effort = Effort.SETTING
    remedy = "take charts without the column out of filters' scopes"
    fix = """
    Safe: adds these charts to `scope.excluded` of the filter. Their queries had no condition of this filter
    before and have none afterwards, so they show the same. Left to people: a filter that would have no chart
    left (it would move below “Filters out of scope”), and filters on single layers of a map.
    """

    def __init__(self, options: RuleOptions | None = None) -> None:
        super().__init__(options)
        self._asking: dict[Chart | Dataset, bool] = {}

    def check_filter(
        self, native_filter: NativeFilter, dashboard: Dashboard, analysis: Analysis
    ) -> Iterator[Finding]:
        """One finding per filter, naming the charts."""
        target = native_filter.target
        if native_filter.filter_type not in _ON_A_COLUMN or target is None or target.column is None:
            return
        own = analysis.target_dataset(dashboard, native_filter)
        if own is None or (own.columns and not has_column(own, target.column, analysis.settings)):
            # The filter itself is broken: DL206's affair.
            return
        placements = analysis.charts_in_scope(dashboard, native_filter)
        in_scope = tuple(dict.fromkeys(p.chart for p in placements if p.chart is not None))
        without = [c for c in in_scope if self._lacks(c, target.column, analysis)]
        if not without:
            return
        names = ", ".join(f"“{c.name}”" for c in without[:5]) + (" …" if len(without) > 5 else "")
        if analysis.settings.at_least("6.1"):
            effect = "they re-run with each change, and with a value set their cached results are thrown away"
        else:
            effect = "they re-run with each change, for the same result"
        yield self.finding(
            analysis,
            dashboard,
            f"{len(without)} of the {len(in_scope)} charts in scope "
            f"{'has' if len(without) == 1 else 'have'} no column “{target.column}”: {names}; {effect}",
            native_filter=native_filter,
            field="scope",
            advice="take these charts out of the filter's scope",
            fix=self._fix(native_filter, dashboard, [p for p in placements if p.chart in without], in_scope),
        )

    @staticmethod
    def _fix(
        native_filter: NativeFilter,
        dashboard: Dashboard,
        without: list[Placement],
        in_scope: tuple[Chart, ...],
    ) -> Fix | None:
        scope = native_filter.raw.get("scope")
        # Charts are excluded by the numbers that the layout knows them by.
        ids = dict.fromkeys(p.chart_id for p in without if p.chart_id is not None)
        charts = {p.chart for p in without}
        if not isinstance(scope, dict) or len(charts) == len(in_scope) or len(ids) < len(charts):
            return None
        if native_filter.scope.selected_layers or any(c and c.viz_type == "deck_multi" for c in charts):
            return None
        old = scope.get("excluded")
        excluded = [*ids, *(old if isinstance(old, list) else [])]
        edit = Edit(dashboard, (*native_filter.path, "scope", "excluded"), excluded)
        return Fix("safe", f"take {plural(len(ids), 'chart')} out of the filter's scope", (edit,))

    def _lacks(self, chart: Chart, column: str, analysis: Analysis) -> bool:
        dataset = analysis.dataset_of(chart)
        # A dataset without any columns was never synced or not read: nothing can be said.
        if dataset is None or not dataset.columns:
            return False
        if has_column(dataset, column, analysis.settings):
            return False
        # SQL that asks for filters by itself may well use this one.
        return not (self._asks(dataset) or self._asks(chart))

    def _asks(self, asset: Chart | Dataset) -> bool:
        """Whether SQL of a dataset or chart names a macro that reads filters; looked up once for each."""
        if asset not in self._asking:
            own = asset.params if isinstance(asset, Chart) else (asset.sql, asset.columns, asset.metrics)
            written = str(own)
            self._asking[asset] = any(macro in written for macro in _READS_FILTERS)
        return self._asking[asset]


def has_column(dataset: Dataset, column: str, settings: Settings) -> bool:
    """Whether a filter on ``column`` reaches a dataset's query.

    6.1 also takes the name of a metric (it becomes a HAVING) and a column's verbose name
    (superset/models/helpers.py:get_sqla_query).
    """
    if column in dataset.column_by_name:
        return True
    if not settings.at_least("6.1"):
        return False
    return column in dataset.metric_by_name or any(c.verbose_name == column for c in dataset.columns)
