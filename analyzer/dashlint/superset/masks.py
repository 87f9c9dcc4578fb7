"""What a filter's value adds to a chart's query (Superset's ``extraFormData``).

Sources: superset-frontend/src/filters/utils.ts:getSelectExtraFormData, getRangeExtraFormData;
superset-frontend/packages/superset-ui-core/src/query/constants.ts; the plugins below
superset-frontend/src/filters/components.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint.assets import Dataset, NativeFilter

Extra = Mapping[str, Any]
NOTHING: Extra = {}

#: Stands for one selected value where the value itself is not known before the event.
PLACEHOLDER = "<value>"
#: Stands for the first option of a filter that takes it by itself.
FIRST_OPTION = "<first option>"

_NO_ROWS: Extra = {"adhoc_filters": [{"expressionType": "SQL", "clause": "WHERE", "sqlExpression": "1 = 0"}]}


def has_default(native_filter: NativeFilter) -> bool:
    """Whether a value is saved with the filter; a stored ``null`` counts as one."""
    state = native_filter.default_data_mask.get("filterState")
    return isinstance(state, Mapping) and "value" in state


def is_empty(extra: Extra) -> bool:
    """Whether a filter has no value: it adds nothing, or the predicate that no row meets."""
    return not extra or extra == _NO_ROWS


def from_value(native_filter: NativeFilter, value: Any) -> dict[str, Any]:
    """What the filter's plugin makes of a value once it is drawn."""
    kind = native_filter.filter_type
    column = native_filter.target.column if native_filter.target is not None else None
    if kind == "filter_select":
        return _select(native_filter, column, value)
    if kind == "filter_range":
        return _range(column, value)
    if kind == "filter_time":
        return {"time_range": value} if value and value != "No filter" else {}
    values = value if isinstance(value, list) else [value]
    first = next((v for v in values if v), None)
    if first is None:
        return {}
    if kind.endswith("timegrain"):
        return {"time_grain_sqla": first}
    if kind.endswith("timecolumn"):
        return {"granularity_sqla": first}
    return {}


def _select(native_filter: NativeFilter, column: str | None, value: Any) -> dict[str, Any]:
    values = value if isinstance(value, list) else [] if value is None else [value]
    inverse = bool(native_filter.control_values.get("inverseSelection"))
    if not values:
        if native_filter.required and not inverse:
            # "Filter value is required" and there is none: a predicate that no row meets.
            return {"adhoc_filters": [{"expressionType": "SQL", "clause": "WHERE", "sqlExpression": "1 = 0"}]}
        return {}
    operator = "NOT IN" if inverse else "IN"
    return {"filters": [{"col": column, "op": operator, "val": values}]}


def _range(column: str | None, value: Any) -> dict[str, Any]:
    if not isinstance(value, list) or len(value) != 2:
        return {}
    low, high = value
    if low is not None and low == high:
        return {"filters": [{"col": column, "op": "==", "val": low}]}
    bounds = [(">=", low), ("<=", high)]
    found = [{"col": column, "op": op, "val": bound} for op, bound in bounds if bound is not None]
    return {"filters": found} if found else {}


def representative(native_filter: NativeFilter, dataset: Dataset | None) -> dict[str, Any]:
    """What one picked value adds; the value itself is a placeholder.

    A range filter gets a lower bound, unless it is set up for an upper bound or one exact value.
    """
    kind = native_filter.filter_type
    if kind == "filter_time":
        return {"time_range": "Last year"}
    if kind.endswith("timegrain"):
        return {"time_grain_sqla": "P1D"}
    if kind.endswith("timecolumn"):
        return {"granularity_sqla": _time_column(dataset)}
    if kind == "filter_range":
        # 0 minimum, 1 exact, 2 maximum: superset-frontend/src/filters/components/Range/…SingleValueType
        single = native_filter.control_values.get("enableSingleValue")
        bounds = [0, 0] if single == 1 else [None, 0] if single == 2 else [0, None]
        return from_value(native_filter, bounds)
    return from_value(native_filter, [PLACEHOLDER])


def _time_column(dataset: Dataset | None) -> str:
    if dataset is None:
        return PLACEHOLDER
    if dataset.main_dttm_col:
        return dataset.main_dttm_col
    return next((c.name for c in dataset.temporal_columns), PLACEHOLDER)
