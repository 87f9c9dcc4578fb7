"""The materialized view that would answer charts which aggregate alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.assets import Dataset

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.analysis.alike import Alike, Dimension
    from dashlint.catalog.materialized import ViewColumn, ViewSql


def view_of(analysis: Analysis, found: Alike) -> ViewSql | None:
    """The statements for a view of the groups; None where the engine has none of such a source.

    A virtual dataset's SQL becomes the view's source only where no Jinja stands in it.
    """
    from dashlint.catalog.materialized import Grouped, view_sql

    dataset = found.dataset
    engine = analysis.engine_of(dataset)
    source = _source(analysis, dataset)
    keys = [_key(analysis, dataset, dimension) for dimension in found.dimensions]
    columns = tuple(key for key in keys if key is not None)
    if source is None or len(columns) < len(keys):
        return None
    word = re.sub(r"\W+", "_", dataset.name).strip("_").lower() or "dataset"
    view = Grouped(
        (*_place(analysis, dataset), f"{word}_summary"),
        source,
        columns,
        tuple(_measures(found, {key.name.casefold() for key in columns})),
        single_table=not dataset.is_virtual,
    )
    return view_sql(view, engine, found.seconds)


def _place(analysis: Analysis, dataset: Dataset) -> tuple[str | None, str | None]:
    """Catalog and schema; a connection to PostgreSQL knows one catalog only."""
    one = analysis.engine_of(dataset) in ("postgresql", "postgres")
    return None if one else dataset.catalog, dataset.schema


def _measures(found: Alike, taken: set[str]) -> Iterator[ViewColumn]:
    """The parts of the metrics, each with a name of its own."""
    from dashlint.catalog.materialized import ViewColumn

    for part in found.parts:
        name, number = part.name, 2
        while name.casefold() in taken:
            name, number = f"{part.name}_{number}", number + 1
        taken.add(name.casefold())
        yield ViewColumn(part.sql, name)


def _source(analysis: Analysis, dataset: Dataset) -> str | None:
    from dashlint.sql.names import path

    if not dataset.is_virtual:
        return path((*_place(analysis, dataset), dataset.name), analysis.engine_of(dataset))
    rendered = analysis.rendered_sql(dataset)
    if rendered is None or rendered.has_template or rendered.error is not None:
        return None
    text = rendered.text.strip().rstrip(";").rstrip()
    # A comment at the end must not take the parenthesis along.
    return f"(\n{text}\n) AS source" if analysis.engine_of(dataset) != "oracle" else f"(\n{text}\n) source"


def _key(analysis: Analysis, dataset: Dataset, dimension: Dimension) -> ViewColumn | None:
    from dashlint.catalog.materialized import ViewColumn
    from dashlint.chart_sql.engine import spec_of
    from dashlint.sql.names import identifier

    column = dataset.column_by_name[dimension.column]
    if column.expression and ("{{" in column.expression or "{%" in column.expression):
        return None
    engine = analysis.engine_of(dataset)
    sql = column.expression or identifier(column.name, engine)
    if dimension.grain is not None and (column.type or "").upper() != "DATE":
        cut = spec_of(engine).time_grain(sql, dimension.grain, None, column.type)
        # A grain that depends on the column's type, and the type is none of the engine's.
        if cut is None or "{func}" in cut or column.python_date_format in ("epoch_s", "epoch_ms"):
            return None
        sql = cut
    statistics = analysis.statistics(dataset, column.name)
    return ViewColumn(sql, column.name, statistics.nullable if statistics is not None else None)
