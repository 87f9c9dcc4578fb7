"""What a result set costs in bytes at each stage of its way through Superset."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dashlint.assets import Dataset
from dashlint.cost.model import UNKNOWN, Cost, Rows
from dashlint.superset.query import Query

if TYPE_CHECKING:
    from dashlint.catalog.model import ColumnStatistics


class ColumnShape(NamedTuple):
    """A result's column: SQLAlchemy type text, average width in characters, shares."""

    type: str
    avg_width: float | None = None
    null_fraction: float = 0.0
    distinct: int | None = None


class ResultCost(NamedTuple):
    """Bytes: peaks in a worker, what lands in the cache, what travels, what stays."""

    python_peak: int
    rss_peak: int
    cache_entry: int
    response: int


#: Average characters of a text cell where nobody told: the measured mixes' average text is
#: near 24 characters (columns of 8 to 60).
DEFAULT_TEXT_WIDTH = 24.0
#: Characters of a JSON or array cell where nobody told.
DEFAULT_JSON_WIDTH = 60.0
#: Characters of a column name where it is not known.
_NAME_LENGTH = 10

_FAMILIES = (
    (("BOOL", "BIT"), "bool"),
    (("UUID", "UNIQUEIDENTIFIER"), "uuid"),
    (("INTERVAL",), "interval"),
    (("JSON", "ARRAY", "[]", "STRUCT", "MAP", "HSTORE", "VARIANT", "OBJECT"), "json"),
    (("TIMESTAMP", "DATETIME"), "ts"),
    (("DATE",), "date"),
    (("TIME",), "time"),
    (("NUMERIC", "DECIMAL", "NUMBER", "MONEY"), "numeric"),
    (("DOUBLE", "FLOAT", "REAL"), "double"),
    (("INT", "SERIAL", "LONG", "COUNT"), "int"),
    (("BYTEA", "BLOB", "BINARY", "BYTES", "IMAGE"), "bytea"),
)


@lru_cache(maxsize=512)
def family(type_text: str) -> str:
    """The measured family of a column type; text where the type says nothing else."""
    upper = type_text.upper()
    for words, name in _FAMILIES:
        if any(word in upper for word in words):
            return name
    return "text"


@lru_cache(maxsize=1)
def _coefficients() -> Mapping[str, Mapping[str, float]]:
    # JSON, not TOML: every scan reads it, and the TOML reader takes longer than the rest of an estimate.
    text = Path(__file__).with_name("coefficients.json").read_text(encoding="utf-8")
    tables: dict[str, Mapping[str, float]] = json.loads(text)
    return tables


def estimate(rows: int, columns: Sequence[ColumnShape]) -> ResultCost:
    """Bytes for one result set of ``rows`` rows that is cached and answered as JSON."""
    counts: dict[str, float] = {"const": 1, "rows": rows, "o_rows": rows}
    text_cells = json_cells = 0.0
    chars = jchars = 0.0
    for column in columns:
        name = family(column.type)
        cells = rows * (1 - column.null_fraction)
        counts[name] = counts.get(name, 0) + cells
        counts["null"] = counts.get("null", 0) + rows - cells
        if name == "text":
            text_cells += cells
            chars += cells * (DEFAULT_TEXT_WIDTH if column.avg_width is None else column.avg_width)
        elif name == "json":
            json_cells += cells
            jchars += cells * (DEFAULT_JSON_WIDTH if column.avg_width is None else column.avg_width)
    counts |= {"chars": chars, "jchars": jchars}
    counts |= {f"o_{name}": count for name, count in counts.items() if name not in ("const", "o_rows")}
    width = len(columns)
    counts |= {
        "chunks": min(rows * width, 25_000),
        "o_dict": rows * _dict_bytes(width),
        "o_key": rows * width * _NAME_LENGTH,
    }
    table = _coefficients()
    load, cache, json_stage = (_weigh(table[s], counts) for s in ("load", "cache", "json"))
    rss = table["rss"]
    libpq = 16 * rows * width + chars + jchars
    resident = (
        rss["load"] * load
        + rss["cache"] * cache
        + rss["json"] * json_stage
        + rss["libpq"] * libpq
        + rss["long_cells"] * (text_cells + json_cells)
    )
    return ResultCost(
        round(max(load, cache, json_stage)),
        round(resident),
        round(_weigh(table["redis"], counts) + chars),
        round(_weigh(table["body"], counts)),
    )


def _weigh(weights: Mapping[str, float], counts: Mapping[str, float]) -> float:
    return sum(weight * counts.get(name, 0) for name, weight in weights.items())


def _dict_bytes(keys: int) -> int:
    """Bytes of a Python dict with that many keys (``sys.getsizeof``, CPython 3.11)."""
    for most, size in ((5, 184), (10, 272), (21, 464), (42, 832)):
        if keys <= most:
            return size
    return 23 * keys


class Warehouse(Protocol):
    """Who knows the statistics: an Analysis."""

    def statistics(self, dataset: Dataset, column: str) -> ColumnStatistics | None:
        """What the catalog knows about the physical column behind a dataset's column."""


def query_cost(query: Query, rows: Rows, dataset: Dataset | None, warehouse: Warehouse) -> Cost:
    """Resident peak in a worker for one query: its rows at the widths of its columns."""
    if rows.upper is None:
        return UNKNOWN
    shapes = shapes_of(query, dataset, warehouse)
    upper = estimate(rows.upper, shapes).rss_peak
    expected = estimate(rows.expected, shapes).rss_peak if rows.expected is not None else None
    return Cost(expected, upper, rows.basis)


def shapes_of(query: Query, dataset: Dataset | None, warehouse: Warehouse) -> tuple[ColumnShape, ...]:
    """The columns of a query's result: dimensions by their types, metrics as numbers."""
    shapes = []
    for column in query.columns:
        known = dataset.column_by_name.get(column.name) if dataset and column.name else None
        statistics = warehouse.statistics(dataset, column.name) if dataset and column.name else None
        shapes.append(
            ColumnShape(
                (known.type if known else None) or (statistics.type if statistics else None) or "TEXT",
                statistics.average_width if statistics else None,
                (statistics.null_fraction if statistics else None) or 0.0,
            )
        )
    for metric in query.metrics or ():
        counted = (metric.aggregate or "").upper().startswith("COUNT") or "count" in metric.label.lower()
        shapes.append(ColumnShape("BIGINT" if counted else "NUMERIC"))
    return tuple(shapes)
