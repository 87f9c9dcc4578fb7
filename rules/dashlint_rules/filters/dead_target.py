"""Filters whose dataset or column is gone, and cascades that go round in circles."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard, NativeFilter
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule

#: Filter types that need a column (the others need a dataset at most).
_NEEDS_COLUMN = ("filter_select", "filter_range")


class DeadTarget(Rule):
    """A filter targets a dataset or column that is gone, or its cascade is a circle.

    ## Why
    The option query of such a filter fails, and people see an empty or broken filter. When an
    export is written, a target whose dataset was deleted is dropped silently. Filters that wait
    for each other in a circle never get their values.

    ## Example
    A filter on `orders.region` after the column was renamed to `sales_region`.

    ## Use instead
    Point the filter at a column that exists, sync the dataset's columns, or delete the filter.

    ## Source
    superset/commands/dashboard/export.py:ExportDashboardsCommand._file_content;
    superset-frontend/src/dashboard/components/nativeFilters/FilterBar (cascades).
    """

    code = "DL206"
    severity = Severity.ERROR
    effort = Effort.SETTING
    remedy = "point filters at what exists"

    def check_filter(
        self, native_filter: NativeFilter, dashboard: Dashboard, analysis: Analysis
    ) -> Iterator[Finding]:
        """What is wrong with the target, and with the cascade."""
        if native_filter.filter_type in _NEEDS_COLUMN:
            message = self._target(native_filter, dashboard, analysis)
            if message is not None:
                yield self.finding(
                    analysis,
                    dashboard,
                    message,
                    native_filter=native_filter,
                    field="targets",
                    advice="point the filter at a column that exists, or delete it",
                )
        cycle = self._cycle(native_filter, dashboard)
        if cycle:
            names = " → ".join(f"“{f.name}”" for f in (*cycle, cycle[0]))
            yield self.finding(
                analysis,
                dashboard,
                f"the filters wait for each other in a circle: {names}",
                native_filter=native_filter,
                field="cascadeParentIds",
                advice="take one of the parents out",
            )

    @staticmethod
    def _target(native_filter: NativeFilter, dashboard: Dashboard, analysis: Analysis) -> str | None:
        target = native_filter.target
        if target is None or not target.names_dataset:
            return "its dataset is gone: an export drops the target of a deleted dataset"
        dataset = analysis.target_dataset(dashboard, native_filter)
        if dataset is None:
            root = dashboard.origin.root
            if not any(d.origin.root == root for d in analysis.workspace.datasets):
                analysis.lacks("datasets", native_filter.name)
                return None
            return f"its dataset {target.dataset_uuid or target.dataset_id} is not there"
        if target.column is None:
            return "it names no column"
        if dataset.columns and target.column not in dataset.column_by_name:
            return f"its column “{target.column}” is not in the dataset “{dataset.name}”"
        return None

    @staticmethod
    def _cycle(native_filter: NativeFilter, dashboard: Dashboard) -> list[NativeFilter]:
        """The circle that starts at this filter; only its first member in the configuration reports it."""
        filters = {f.id: f for f in dashboard.filters}
        path: list[NativeFilter] = []
        seen: set[str] = set()

        def walk(current: NativeFilter) -> bool:
            path.append(current)
            seen.add(current.id)
            for parent in current.cascade_parent_ids:
                if parent == native_filter.id:
                    return True
                if parent in filters and parent not in seen and walk(filters[parent]):
                    return True
            path.pop()
            return False

        if not walk(native_filter) or min(f.index for f in path) != native_filter.index:
            return []
        return path
