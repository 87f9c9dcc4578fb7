"""Statements that arrange a table so that filters skip data: for engines without indexes for charts."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dashlint.catalog.model import Table
from dashlint.catalog.wanted import Wanted
from dashlint.sql.names import identifier, path


class Columns(NamedTuple):
    """What the filters of a table's charts name, the most used first; ``time`` is a range over moments."""

    equality: tuple[str, ...]
    ranges: tuple[str, ...]
    time: str | None

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.equality, *self.ranges)))


class Layout(NamedTuple):
    """How to arrange a table: the columns in order, the kind of proposal, and the statement."""

    columns: tuple[str, ...]
    kind: str
    statement: str
    note: str
    source: str


def layout_sql(table: Table, wanted: Sequence[Wanted], engine: str) -> Layout | None:
    """The one arrangement that serves most of what is asked of a table; None where we know none to paste.

    Args:
        table: the table, of which there is one order only.
        wanted: what its queries ask.
        engine: the engine's plain name, such as ``bigquery``.
    """
    write = _WRITERS.get(engine)
    columns = _columns(table, wanted)
    return write(table, columns, engine) if write is not None and columns.all else None


def _columns(table: Table, wanted: Sequence[Wanted]) -> Columns:
    equality: dict[str, int] = {}
    ranges: dict[str, int] = {}
    for want in wanted:
        for column in want.equality:
            equality[column] = equality.get(column, 0) + want.charts
        if want.range is not None:
            ranges[want.range] = ranges.get(want.range, 0) + want.charts

    def most_used(counted: dict[str, int]) -> tuple[str, ...]:
        return tuple(sorted(counted, key=lambda c: (-counted[c], -_distinct(table, c), c)))

    found = most_used(ranges)
    moments = [column for column in found if is_time(table, column)]
    return Columns(most_used(equality), found, moments[0] if moments else None)


def _distinct(table: Table, column: str) -> float:
    known = table.column(column)
    return known.distinct if known is not None and known.distinct is not None else 0.0


def _type(table: Table, column: str) -> str:
    known = table.column(column)
    return (known.type or "").lower() if known is not None else ""


def is_time(table: Table, column: str) -> bool:
    """Whether a column holds days or moments, by its type."""
    return _type(table, column).startswith(("date", "timestamp", "smalldatetime"))


def _names(columns: Sequence[str], engine: str) -> str:
    return ", ".join(identifier(column, engine) for column in columns)


def _full(table: Table, engine: str, *, suffix: str = "") -> str:
    return path((table.catalog, table.schema, f"{table.name}{suffix}"), engine)


def _before(table: Table) -> str:
    """What the new order replaces."""
    old = (*table.sort_key, *table.clustered_by)
    return f"It replaces the present order by {', '.join(old)}. " if old else ""


def _bigquery(table: Table, columns: Columns, engine: str) -> Layout:
    # At most four; a filter has to name the first to skip blocks.
    days = columns.time
    parts = ", ".join(table.partitioned_by)
    if not parts and days is not None:
        name = identifier(days, engine)
        parts = name if _type(table, days) == "date" else f"DATE({name})"
    keys = tuple(c for c in columns.all if c != days or not parts)[:4]
    copy = _full(table, engine, suffix="_clustered")
    partition = f"\nPARTITION BY {parts}" if parts else ""
    cluster = f"\nCLUSTER BY {_names(keys, engine)}" if keys else ""
    return Layout(
        (*((days,) if days is not None and days not in keys and not table.partitioned_by else ()), *keys),
        "clustering" if keys else "partitioning",
        f"CREATE TABLE {copy}{partition}{cluster}\nAS SELECT * FROM {_full(table, engine)};",  # noqa: S608  to paste
        f"{_before(table)}BigQuery cannot rearrange a table in place: check the copy, then put it in the "
        "table's place. For new rows only, `bq update --clustering_fields` is enough.",
        "cloud.google.com/bigquery/docs/creating-clustered-tables, manage-clustered-tables",
    )


def _snowflake(table: Table, columns: Columns, engine: str) -> Layout:
    # Three or four at most, from few values to many; moments by their day.
    keys = columns.all[:3]
    ordered = tuple(sorted(keys, key=lambda c: (_coarse(table, c), keys.index(c))))
    listed = [
        f"TO_DATE({identifier(c, engine)})"
        if is_time(table, c) and _type(table, c) != "date"
        else identifier(c, engine)
        for c in ordered
    ]
    return Layout(
        ordered,
        "clustering",
        f"ALTER TABLE {_full(table, engine)} CLUSTER BY ({', '.join(listed)});",
        f"{_before(table)}Snowflake then sorts in the background, which costs credits.",
        "docs.snowflake.com/en/user-guide/tables-clustering-keys, Strategies for selecting clustering keys",
    )


def _coarse(table: Table, column: str) -> float:
    """Distinct values; of moments, their days."""
    known = _distinct(table, column)
    if not known:
        return math.inf
    return min(known, 3_650.0) if is_time(table, column) else known


def _redshift(table: Table, columns: Columns, engine: str) -> Layout:
    # A compound key serves its first columns; what most queries bound goes first.
    keys = columns.all[:4]
    return Layout(
        keys,
        "sort-key",
        f"ALTER TABLE {_full(table, engine)} ALTER COMPOUND SORTKEY ({_names(keys, engine)});",
        f"{_before(table)}Redshift rewrites the table in the background.",
        "docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html, t_Sorting_data.html",
    )


def _databricks(table: Table, columns: Columns, engine: str) -> Layout:
    keys = columns.all[:4]
    full = _full(table, engine)
    source = "docs.databricks.com/delta/clustering: up to four columns, not together with partitions"
    if table.partitioned_by:
        copy = _full(table, engine, suffix="_clustered")
        return Layout(
            keys,
            "clustering",
            f"CREATE TABLE {copy} CLUSTER BY ({_names(keys, engine)}) AS SELECT * FROM {full};",  # noqa: S608  to paste
            "A partitioned table cannot be clustered: check the copy, then put it in the table's place.",
            source,
        )
    return Layout(
        keys,
        "clustering",
        f"ALTER TABLE {full} CLUSTER BY ({_names(keys, engine)});\nOPTIMIZE {full} FULL;",
        f"{_before(table)}Needs a Delta table; OPTIMIZE rewrites it.",
        source,
    )


def _trino(table: Table, columns: Columns, engine: str) -> Layout | None:
    days = columns.time if not table.partitioned_by else None
    keys = tuple(c for c in columns.all if c != days)[:3]
    properties = []
    if days is not None:
        part = days if _type(table, days) == "date" else f"day({days})"
        properties.append(f"partitioning = ARRAY[{_text(part)}]")
    if keys:
        properties.append(f"sorted_by = ARRAY[{', '.join(map(_text, keys))}]")
    return Layout(
        (*((days,) if days is not None else ()), *keys),
        "partitioning" if days is not None else "clustering",
        f"ALTER TABLE {_full(table, engine)} SET PROPERTIES {', '.join(properties)};",
        f"{_before(table)}For tables of the Iceberg connector. It holds for new files: write old rows "
        "anew, or make a copy.",
        "trino.io/docs/current/connector/iceberg.html, Table properties, ALTER TABLE SET PROPERTIES",
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _druid(table: Table, columns: Columns, engine: str) -> Layout | None:
    keys = tuple(c for c in columns.equality if c != "__time")[:4]
    if not keys:
        return None
    full = _full(table, engine)
    return Layout(
        keys,
        "clustering",
        f"REPLACE INTO {full} OVERWRITE ALL\nSELECT * FROM {full}\nPARTITIONED BY DAY\n"
        f"CLUSTERED BY {_names(keys, engine)};",
        "Reads and writes the whole table. Every string is in a bitmap index already; this lets segments be "
        "skipped.",
        "druid.apache.org/docs/latest/multi-stage-query/reference: REPLACE, CLUSTERED BY",
    )


def _pinot(table: Table, columns: Columns, _engine: str) -> Layout:
    wishes = {
        "sortedColumn": columns.equality[:1],
        "invertedIndexColumns": columns.equality[1:],
        "rangeIndexColumns": columns.ranges,
    }
    settings = {name: list(found) for name, found in wishes.items() if found}
    return Layout(
        columns.all,
        "table-config",
        json.dumps({"tableIndexConfig": settings}, indent=2),
        f"For the configuration of {table.name}; then reload its segments. Data has to arrive sorted by "
        "sortedColumn in offline tables.",
        "docs.pinot.apache.org/basics/indexing: sorted, inverted and range index",
    )


def _duckdb(table: Table, columns: Columns, engine: str) -> Layout:
    # Its ART index is only used where one value of one column is all that a query compares (seen with EXPLAIN
    # ANALYZE on DuckDB 2.0.1), which a chart with a time range never does.
    keys = columns.all[:3]
    copy = _full(table, engine, suffix="_sorted")
    return Layout(
        keys,
        "sorted-copy",
        f"CREATE TABLE {copy} AS SELECT * FROM {_full(table, engine)} ORDER BY {_names(keys, engine)};",  # noqa: S608  to paste
        "DuckDB skips row groups by their smallest and largest values: sorted rows let it. Check the copy, "
        "then put it in the table's place.",
        "duckdb.org/docs/stable/guides/performance/indexing: Zonemaps, ordering data",
    )


_WRITERS: dict[str, Callable[[Table, Columns, str], Layout | None]] = {
    "bigquery": _bigquery,
    "databricks": _databricks,
    "druid": _druid,
    "duckdb": _duckdb,
    "motherduck": _duckdb,
    "pinot": _pinot,
    "redshift": _redshift,
    "snowflake": _snowflake,
    "trino": _trino,
}
