"""A live ClickHouse: what its system tables say, read over HTTP. No table's data is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, NamedTuple

from dashlint.assets import Problem
from dashlint.catalog import ddl
from dashlint.catalog.clickhouse_http import Client, QueryError, parse
from dashlint.catalog.ddl_clauses import columns_in, key_list
from dashlint.catalog.ddl_clickhouse import skip_keys
from dashlint.catalog.errors import UNUSABLE, USAGE, CatalogError
from dashlint.catalog.model import Catalog, ColumnStatistics, Index, Table

_OWN = ("system", "information_schema", "INFORMATION_SCHEMA")
# Columns of system.tables, …columns and so on: clickhouse.com/docs/operations/system-tables.
_TABLES = """SELECT database, name, engine, engine_full, toString(uuid), partition_key, sorting_key,
 primary_key, total_rows, total_bytes, as_select,
 if(position(create_table_query, 'PROJECTION') > 0, create_table_query, '')
FROM system.tables WHERE is_temporary = 0 AND {where} ORDER BY database, name"""
_COLUMNS = """SELECT database, table, name, type FROM system.columns
WHERE {where} ORDER BY database, table, position"""
_SKIP_INDEXES = """SELECT database, table, name, type, expr FROM system.data_skipping_indices
WHERE {where} ORDER BY database, table, name"""
# Only wide parts keep a file for each column, and so know its bytes.
_WIDTHS = """SELECT database, table, column, sum(column_data_uncompressed_bytes), sum(rows)
FROM system.parts_columns WHERE active AND part_type = 'Wide' AND {where} GROUP BY database, table, column"""
# Kept for the date or time column of the partition key; 1970 where there is none.
_BOUNDS = """SELECT database, table, toString(min(min_date)), toString(max(max_date)),
 toString(min(min_time)), toString(max(max_time)), sum(rows)
FROM system.parts WHERE active AND {where} GROUP BY database, table"""

_VIEWS = {
    "View": "view",
    "LiveView": "view",
    "WindowView": "materialized-view",
    "MaterializedView": "materialized-view",
}
#: Engines whose rows are kept elsewhere: clickhouse.com/docs/engines/table-engines/integrations.
_FOREIGN = re.compile(
    r"(?:PostgreSQL|MySQL|MongoDB|SQLite|Redis|JDBC|ODBC|S3\w*|AzureBlobStorage|AzureQueue|GCS|HDFS|URL|File|Hive"
    r"|Kafka|RabbitMQ|NATS|Iceberg\w*|DeltaLake\w*|Hudi|Paimon\w*|YTsaurus|ExternalDistributed)"
)
_DISTRIBUTED = re.compile(r"Distributed\([^,]*,([^,]*),([^,)]*)[,)]")
_DATES, _TIMES = ("Date",), ("DateTime",)

Key = tuple[str, str]


class _Facts(NamedTuple):
    """What the system tables say, by database and table."""

    columns: Mapping[Key, Sequence[Sequence[Any]]]
    skip_indexes: Mapping[Key, Sequence[Sequence[Any]]] | None
    widths: Mapping[Key, Sequence[Sequence[Any]]]
    bounds: Mapping[Key, Sequence[Sequence[Any]]]


def read(
    url: str, *, timeout: float = 60.0, schemas: Sequence[str] = (), password: str | None = None
) -> tuple[Catalog, tuple[Problem, ...]]:
    """The tables of a ClickHouse server.

    Tables come with their sorting key (the primary key, where it is named apart, is its prefix), partition
    key, skip indexes and projections (as indexes of the methods ``minmax``, ``bloom_filter``…,
    ``projection`` and ``aggregate-projection``), rows and bytes on disk; columns with their average width
    in bytes, where the parts tell it, and the date or time column of the partition key with its bounds. A
    ``Distributed`` table has the keys of the local table that it names, where that is on this server.

    Args:
        url: as Superset writes it, ``clickhousedb://user:password@host:8123/database``.
        timeout: seconds for each query, of which there are five.
        schemas: the databases to read; all but ClickHouse's own if none is named.
        password: taken where the URL has none.

    Returns:
        The catalog, and a Problem for each part that is missing in it.

    Raises:
        CatalogError: there is nothing to return: the URL is none, the server cannot be reached, refuses the
            login or shows the account no table (of a database that was named).
    """
    server = parse(url, password)
    where = _condition(schemas)
    problems: list[Problem] = []
    with closing(Client(server, timeout)) as client:
        try:
            entries = client.rows(_TABLES.format(where=where))
        except QueryError as error:
            message = f"the tables of {server.label} could not be read: {error}"
            raise CatalogError("no-rights", message) from None

        def ask(sql: str, what: str) -> Mapping[Key, Sequence[Sequence[Any]]] | None:
            try:
                return _by_table(client.rows(sql.format(where=where)))
            except QueryError as error:
                if not error.is_missing:
                    message = f"The {what} are missing in the catalog: {error}."
                    problems.append(Problem("incomplete-catalog", message, server.label))
                return None

        facts = _Facts(
            ask(_COLUMNS, "columns") or {},
            ask(_SKIP_INDEXES, "skip indexes"),
            ask(_WIDTHS, "widths of columns") or {},
            ask(_BOUNDS, "bounds of partitions") or {},
        )
    tables = _with_keys_of_others([_table(entry, facts, server.label) for entry in entries], entries)
    found = {table.schema for table in tables}
    missing = next((schema for schema in schemas if schema not in found), None)
    if missing is not None:
        message = f"{server.label} has no database {missing!r}, or no table in it that this account may see"
        raise CatalogError("missing-schema", message, exit_code=USAGE)
    if not tables:
        message = f"{server.label} shows this account no table: check its rights (SHOW TABLES)"
        raise CatalogError("empty-catalog", message, exit_code=UNUSABLE)
    return Catalog(tables, engine="clickhouse", source=server.label, url=server.label), tuple(problems)


def _condition(schemas: Sequence[str]) -> str:
    names = schemas or _OWN
    quoted = ", ".join("'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'" for name in names)
    return f"database {'' if schemas else 'NOT '}IN ({quoted})"


def _by_table(rows: Iterable[Sequence[Any]]) -> Mapping[Key, Sequence[Sequence[Any]]]:
    found: dict[Key, list[Sequence[Any]]] = {}
    for row in rows:
        found.setdefault((str(row[0]), str(row[1])), []).append(row[2:])
    return found


def _table(entry: Sequence[Any], facts: _Facts, source: str) -> Table:
    database, name, engine, _full, _uuid, partition, sorting, primary, rows, size, query, create = entry
    key = (str(database), str(name))
    partitioned_by = key_list(str(partition or ""))
    kind = _VIEWS.get(engine) or ("foreign-table" if _FOREIGN.fullmatch(engine) else "table")
    return Table(
        name=key[1],
        schema=key[0],
        kind=kind,
        columns=_columns(key, partitioned_by, facts),
        indexes=None if kind == "view" or facts.skip_indexes is None else _indexes(key, str(create), facts),
        rows=_count(rows),
        bytes=_count(size),
        partitioned_by=partitioned_by,
        sort_key=key_list(str(sorting or primary or "")),
        source=source,
        definition=str(query) if query and kind != "table" else None,
    )


def _columns(key: Key, partitioned_by: Sequence[str], facts: _Facts) -> dict[str, ColumnStatistics]:
    found = {
        str(name): ColumnStatistics(str(name), str(kind), nullable="Nullable(" in str(kind))
        for name, kind in facts.columns.get(key, ())
    }
    for name, size, rows in facts.widths.get(key, ()):
        count = _count(rows)
        if name in found and count and _count(size):
            found[name] = found[name]._replace(average_width=round((_count(size) or 0) / count, 2))
    for first_day, last_day, first_time, last_time, _rows in facts.bounds.get(key, ()):
        for kinds, low, high in ((_DATES, first_day, last_day), (_TIMES, first_time, last_time)):
            only = _only(found, partitioned_by, kinds)
            if only is not None and not str(high).startswith("1970-01-01"):
                found[only] = found[only]._replace(minimum=str(low), maximum=str(high))
    return found


def _only(
    columns: Mapping[str, ColumnStatistics], partitioned_by: Sequence[str], kinds: Sequence[str]
) -> str | None:
    """The one column of these types in the partition key: bounds are kept for it without its name."""
    known = frozenset(name.casefold() for name in columns)
    named = {name.casefold() for part in partitioned_by for name in columns_in(part, known)}
    fitting = [
        name
        for name, column in columns.items()
        if name.casefold() in named and (column.type or "").partition("(")[0] in kinds
    ]
    return fitting[0] if len(fitting) == 1 else None


def _indexes(key: Key, create: str, facts: _Facts) -> tuple[Index, ...]:
    found = [
        Index(str(name), skip_keys(str(expression)), method=str(kind))
        for name, kind, expression in (facts.skip_indexes or {}).get(key, ())
    ]
    if create:
        # system.projections came only with 24.9; the statement tells in every version.
        read_again, _ = ddl.read(create, "clickhouse")
        for table in read_again.tables:
            found += [index for index in table.indexes or () if index.method.endswith("projection")]
    return tuple(found)


def _count(value: Any) -> int | None:
    """UInt64 comes as a text or as a number, by the version of ClickHouse; NULL is unknown."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _with_keys_of_others(tables: Sequence[Table], entries: Sequence[Sequence[Any]]) -> list[Table]:
    """Tables that keep no rows themselves get the keys of those that do; these inner ones are left out.

    A ``Distributed`` table reads one on each shard, ``Distributed('cluster', 'database', 'table', …)``; a
    materialized view without ``TO`` keeps its rows in ``.inner_id.<uuid>`` (``.inner.<name>`` in databases of
    the engine Ordinary).
    """
    by_key = {(table.schema, table.name): table for table in tables}
    found = []
    for table, entry in zip(tables, entries, strict=True):
        if table.name.startswith((".inner.", ".inner_id.")):
            continue
        distributed = _DISTRIBUTED.match(str(entry[3]))
        names = []
        if distributed:
            schema, name = (text.strip().strip("'") for text in distributed.groups())
            names = [(schema or table.schema, name)]
        if table.kind == "materialized-view":
            names = [(table.schema, f".inner_id.{entry[4]}"), (table.schema, f".inner.{table.name}")]
        kept = next((by_key[name] for name in names if name in by_key), None)
        if kept is not None:
            table = replace(  # noqa: PLW2901  the same table, completed
                table,
                partitioned_by=kept.partitioned_by,
                sort_key=kept.sort_key,
                indexes=kept.indexes,
                columns=table.columns or kept.columns,
            )
        found.append(table)
    return found
