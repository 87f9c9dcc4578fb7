"""Native filters and chart customizations, as Superset stores them in ``metadata``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from dashlint import records
from dashlint.records import NamedTuple, dataclass


class FilterTarget(NamedTuple):
    """The dataset and column that a filter names; either may be missing."""

    dataset_uuid: str | None = None
    dataset_id: int | None = None
    column: str | None = None

    @property
    def names_dataset(self) -> bool:
        return self.dataset_uuid is not None or self.dataset_id is not None


class Scope(NamedTuple):
    """Where a filter acts: below which layout nodes, without which charts.

    ``excluded`` holds numeric chart ids of the instance that was exported.
    """

    root_path: tuple[str, ...] = ("ROOT_ID",)
    excluded: frozenset[int] = frozenset()
    selected_layers: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class NativeFilter:
    """A native filter, its divider, or (6.1) a chart customization.

    ``index`` is its place in the list that it was read from, ``field`` the path of that
    entry (``metadata.native_filter_configuration[3]``); ``raw`` is the entry as stored.
    """

    id: str
    type: str
    filter_type: str
    name: str
    targets: tuple[FilterTarget, ...]
    scope: Scope
    index: int
    field: str
    raw: Mapping[str, Any] = records.field(repr=False)

    @property
    def path(self) -> tuple[str | int, ...]:
        """``field`` as keys and places: ``("metadata", "native_filter_configuration", 3)``."""
        return (*self.field.partition("[")[0].split("."), self.index)

    @property
    def is_divider(self) -> bool:
        return self.type.endswith("DIVIDER")

    @property
    def is_customization(self) -> bool:
        return self.type.startswith("CHART_CUSTOMIZATION")

    @property
    def target(self) -> FilterTarget | None:
        """The first target: no filter of Superset's own uses a second one."""
        return self.targets[0] if self.targets else None

    @cached_property
    def control_values(self) -> Mapping[str, Any]:
        value = self.raw.get("controlValues")
        return value if isinstance(value, Mapping) else {}

    @cached_property
    def default_data_mask(self) -> Mapping[str, Any]:
        value = self.raw.get("defaultDataMask")
        return value if isinstance(value, Mapping) else {}

    @cached_property
    def default_extra_form_data(self) -> Mapping[str, Any]:
        """What the saved default adds to a chart's query; empty when it adds nothing."""
        value = self.default_data_mask.get("extraFormData")
        return value if isinstance(value, Mapping) else {}

    @cached_property
    def default_value(self) -> Any:
        """The saved default as shown in the filter bar, None if there is none."""
        state = self.default_data_mask.get("filterState")
        return state.get("value") if isinstance(state, Mapping) else None

    @cached_property
    def cascade_parent_ids(self) -> tuple[str, ...]:
        value = self.raw.get("cascadeParentIds")
        return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()

    @property
    def required_first(self) -> bool:
        """Whether charts wait for this filter's first value (old files hold a mapping)."""
        value = self.raw.get("requiredFirst")
        if isinstance(value, Mapping):
            return any(bool(v) for v in value.values())
        return bool(value)

    @property
    def default_to_first_item(self) -> bool:
        return bool(self.control_values.get("defaultToFirstItem"))

    @property
    def required(self) -> bool:
        """``enableEmptyFilter``: "Filter value is required" in the editor."""
        return bool(self.control_values.get("enableEmptyFilter"))
