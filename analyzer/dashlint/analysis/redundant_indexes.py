"""Indexes on columns that filters reach which other indexes cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashlint.assets import Dataset

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.catalog.model import Index, Table


@dataclass(frozen=True)
class RedundantIndex:
    """``index`` begins with a filtered column of ``dataset``, and ``by`` finds all that it finds.

    ``statement`` drops it.
    """

    dataset: Dataset
    table: Table
    index: Index
    by: Index
    statement: str | None


def redundant_indexes(analysis: Analysis) -> tuple[RedundantIndex, ...]:
    """Each such index once, for the first dataset whose filters reach it."""
    if not analysis.catalogs:
        return ()
    from dashlint.catalog.redundancy import drop_sql
    from dashlint.catalog.redundancy import redundant_indexes as of_table

    found: dict[int, RedundantIndex] = {}
    for dataset, column in _filtered(analysis):
        if not analysis.has_indexes(dataset):
            continue
        for ref in analysis.physical_columns(dataset, column):
            table = analysis.table(dataset, ref.table)
            if table is None:
                continue
            for one in of_table(table):
                first = one.index.columns[0].name
                if first is not None and first.casefold() == ref.column.casefold():
                    statement = drop_sql(table, one.index, analysis.engine_of(dataset))
                    found.setdefault(
                        id(one.index), RedundantIndex(dataset, table, one.index, one.by, statement)
                    )
    return tuple(found.values())


def _filtered(analysis: Analysis) -> Iterator[tuple[Dataset, str]]:
    """Datasets with the columns that dashboards' filters put conditions on."""
    seen: set[tuple[Dataset, str]] = set()
    for dashboard in analysis.workspace.dashboards:
        for native_filter in dashboard.filters:
            column = native_filter.target.column if native_filter.target is not None else None
            for placement in analysis.charts_in_scope(dashboard, native_filter):
                dataset = analysis.dataset_of(placement.chart) if placement.chart is not None else None
                if dataset is None:
                    continue
                names = [column] if column is not None else []
                if native_filter.filter_type == "filter_time" and dataset.main_dttm_col:
                    names.append(dataset.main_dttm_col)
                for name in names:
                    if name in dataset.column_by_name and (dataset, name) not in seen:
                        seen.add((dataset, name))
                        yield dataset, name
