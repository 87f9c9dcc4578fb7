"""A dashboard as Superset stores it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from dashlint.assets.filters import FilterTarget, NativeFilter, Scope
from dashlint.assets.layout import Layout
from dashlint.assets.origin import Origin
from dashlint.records import dataclass, field


@dataclass(frozen=True, eq=False)
class Dashboard:
    """A dashboard. ``position`` and ``metadata`` are the raw mappings, decoded.

    ``chart_ids`` are the charts that the server says belong to the dashboard; None when
    the source does not say (an export: the layout is all there is).
    """

    uuid: str
    id: int | None
    title: str
    origin: Origin
    slug: str | None = None
    published: bool | None = None
    position: Mapping[str, Any] = field(default_factory=dict, repr=False)
    metadata: Mapping[str, Any] = field(default_factory=dict, repr=False)
    owners: tuple[str, ...] = ()
    chart_ids: tuple[int, ...] | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def layout(self) -> Layout:
        return Layout(self.position)

    @cached_property
    def native_filters(self) -> tuple[NativeFilter, ...]:
        """Native filters in the order of the configuration, dividers included."""
        return _read_filters(self.metadata, "native_filter_configuration", "NATIVE_FILTER")

    @cached_property
    def filters(self) -> tuple[NativeFilter, ...]:
        """Native filters without dividers."""
        return tuple(f for f in self.native_filters if not f.is_divider)

    @cached_property
    def chart_customizations(self) -> tuple[NativeFilter, ...]:
        """Chart customizations (6.1), dividers left out."""
        found = _read_filters(self.metadata, "chart_customization_config", "CHART_CUSTOMIZATION")
        return tuple(f for f in found if not f.is_divider)

    @property
    def cross_filters_enabled(self) -> bool:
        return self.metadata.get("cross_filters_enabled") is not False

    @property
    def refresh_frequency(self) -> int:
        """Seconds between automatic refreshes, 0 when off."""
        value = self.metadata.get("refresh_frequency")
        try:
            return max(0, int(value)) if value is not None else 0
        except (TypeError, ValueError, OverflowError):
            return 0

    @cached_property
    def refresh_immune_chart_ids(self) -> frozenset[int]:
        value = self.metadata.get("timed_refresh_immune_slices")
        return frozenset(_integers(value))


def _integers(values: Any) -> tuple[int, ...]:
    if not isinstance(values, list):
        return ()
    return tuple(v for v in values if isinstance(v, int) and not isinstance(v, bool))


def _read_filters(metadata: Mapping[str, Any], key: str, default_type: str) -> tuple[NativeFilter, ...]:
    entries = metadata.get(key)
    if not isinstance(entries, list):
        return ()
    found = []
    for index, raw in enumerate(entries):
        if not isinstance(raw, Mapping):
            continue
        filter_id = raw.get("id")
        if not isinstance(filter_id, str):
            continue
        found.append(
            NativeFilter(
                id=filter_id,
                type=str(raw.get("type") or default_type),
                filter_type=str(raw.get("filterType") or ""),
                name=str(raw.get("name") or raw.get("title") or filter_id),
                targets=_read_targets(raw.get("targets")),
                scope=read_scope(raw.get("scope")),
                index=index,
                field=f"metadata.{key}[{index}]",
                raw=raw,
            )
        )
    return tuple(found)


def _read_targets(raw: Any) -> tuple[FilterTarget, ...]:
    if not isinstance(raw, list):
        return ()
    targets = []
    for item in raw:
        if not isinstance(item, Mapping):
            continue
        column = item.get("column")
        name = column.get("name") if isinstance(column, Mapping) else None
        dataset_uuid = item.get("datasetUuid")
        dataset_id = item.get("datasetId")
        targets.append(
            FilterTarget(
                dataset_uuid=str(dataset_uuid) if dataset_uuid else None,
                dataset_id=dataset_id if isinstance(dataset_id, int) else None,
                column=str(name) if name is not None else None,
            )
        )
    return tuple(targets)


def read_scope(raw: Any) -> Scope:
    """A scope from its stored mapping; without one, the whole dashboard."""
    if not isinstance(raw, Mapping):
        return Scope()
    root_path = raw.get("rootPath")
    layers = raw.get("selectedLayers")
    return Scope(
        root_path=tuple(p for p in root_path if isinstance(p, str))
        if isinstance(root_path, list)
        else ("ROOT_ID",),
        excluded=frozenset(_integers(raw.get("excluded"))),
        selected_layers=tuple(x for x in layers if isinstance(x, str)) if isinstance(layers, list) else (),
    )
