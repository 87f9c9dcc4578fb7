"""Which filters ask for options, and whose values limit what they get.

Sources, below superset-frontend/src/dashboard/components/nativeFilters/FilterBar:
FilterControls/FilterValue.tsx, FilterControls/state.ts.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashlint.assets import NativeFilter


def asks(one: NativeFilter) -> bool:
    """Whether a filter fetches options: it needs a dataset (FilterValue: hasDataSource).

    The columns of a dynamic group-by come from the dataset's description, without a query.
    """
    if one.filter_type == "chart_customization_dynamic_groupby":
        return False
    return one.target is not None and one.target.names_dataset


def ancestors(one: NativeFilter, filters: Sequence[NativeFilter], *, whole_chain: bool) -> set[str]:
    """The ids of the filters whose values limit a filter's options: 6.1 goes up the whole chain."""
    if not one.cascade_parent_ids:
        return set()
    known = {f.id: f for f in filters}
    found: set[str] = set()
    waiting = list(one.cascade_parent_ids)
    while waiting:
        parent = waiting.pop()
        if parent in found or parent == one.id or parent not in known:
            continue
        found.add(parent)
        if whole_chain:
            waiting.extend(known[parent].cascade_parent_ids)
    return found
