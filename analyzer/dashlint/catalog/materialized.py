"""Statements that create a materialized view of groups, and keep it up to date."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dashlint.catalog.engine_names import dialect
from dashlint.sql.names import identifier, index_name, path


class ViewColumn(NamedTuple):
    """An expression of the view's SELECT and its name; ``nullable`` is None where nobody knows."""

    sql: str
    name: str
    nullable: bool | None = None


@dataclass(frozen=True)
class Grouped:
    """Groups of a source's rows.

    ``name`` are the view's own parts (catalog, schema, name), ``source`` is what stands behind FROM, and
    ``single_table`` tells whether that is one table's name.
    """

    name: tuple[str | None, str | None, str]
    source: str
    keys: tuple[ViewColumn, ...]
    measures: tuple[ViewColumn, ...]
    single_table: bool


class ViewSql(NamedTuple):
    """The statements in their order, what to know before running them, and their documentation."""

    statements: tuple[str, ...]
    note: str
    source: str


def view_sql(view: Grouped, engine: str | None, seconds: int | None) -> ViewSql | None:
    """The statements for a view; None where the engine has none, or none of such a source.

    Args:
        view: what it holds.
        engine: the SQLAlchemy dialect's name.
        seconds: how old its data may become; None where nothing says so.
    """
    write = _WRITERS.get(dialect(engine))
    if write is None or not view.keys:
        return None
    return write(view, dialect(engine), seconds)


def has_views(engine: str | None) -> bool:
    """Whether :func:`view_sql` knows the engine's materialized views."""
    return dialect(engine) in _WRITERS


def _select(view: Grouped, engine: str) -> str:
    columns = ",\n  ".join(
        c.sql if c.sql == identifier(c.name, engine) else f"{c.sql} AS {identifier(c.name, engine)}"
        for c in (*view.keys, *view.measures)
    )
    keys = ", ".join(key.sql for key in view.keys)
    return f"SELECT\n  {columns}\nFROM {view.source}\nGROUP BY {keys}"


def _create(view: Grouped, engine: str, clauses: str, *, without_catalog: bool = False) -> str:
    """The statement that creates the view; ``clauses`` stand between its name and AS."""
    name = path(view.name[1:] if without_catalog else view.name, engine)
    between = f"\n{clauses}" if clauses else ""
    return f"CREATE MATERIALIZED VIEW {name}{between} AS\n{_select(view, engine)};"


def _minutes(seconds: int | None, default: int = 60) -> int:
    return max(1, math.ceil(seconds / 60)) if seconds else default


def _nullable(keys: Sequence[ViewColumn]) -> list[str]:
    return [key.name for key in keys if key.nullable is not False]


def _postgres(view: Grouped, engine: str, seconds: int | None) -> ViewSql:
    name = path(view.name, engine)
    index = identifier(index_name(view.name[2], (), engine, suffix="key"), engine)
    listed = ", ".join(identifier(key.name, engine) for key in view.keys)
    nullable = _nullable(view.keys)
    note = _often(seconds)
    if nullable:
        names = " and ".join((", ".join(nullable[:-1]), nullable[-1])) if len(nullable) > 1 else nullable[0]
        note += (
            f" {names} may be NULL: NULLS NOT DISTINCT needs PostgreSQL 15. Before that, leave it out; rows "
            "with NULL in a key are then written anew by each refresh."
        )
    nulls = " NULLS NOT DISTINCT" if nullable else ""
    return ViewSql(
        (
            _create(view, engine, ""),
            f"CREATE UNIQUE INDEX {index} ON {name} ({listed}){nulls};",
            f"REFRESH MATERIALIZED VIEW CONCURRENTLY {name};",
        ),
        note,
        "postgresql.org/docs/current/sql-refreshmaterializedview.html: CONCURRENTLY needs a unique index on "
        "plain columns of all rows",
    )


def _often(seconds: int | None) -> str:
    if seconds is None:
        return "Run the REFRESH whenever the table has been loaded."
    return f"Run the REFRESH every {seconds:,} s, the shortest time for which its charts are cached."


def _oracle(view: Grouped, engine: str, seconds: int | None) -> ViewSql:
    when = f"START WITH SYSDATE NEXT SYSDATE + {_minutes(seconds)}/1440"
    clauses = f"BUILD IMMEDIATE REFRESH COMPLETE {when}\nENABLE QUERY REWRITE"
    return ViewSql(
        (_create(view, engine, clauses),),
        "With query rewrite, charts on the table use it as they are.",
        "docs.oracle.com, SQL Language Reference, CREATE MATERIALIZED VIEW",
    )


def _redshift(view: Grouped, engine: str, seconds: int | None) -> ViewSql:
    del seconds  # Redshift chooses the moment
    return ViewSql(
        (_create(view, engine, "AUTO REFRESH YES"),),
        "Redshift refreshes it when it has time, and may use it for charts on the table as they are.",
        "docs.aws.amazon.com/redshift/latest/dg/materialized-view-create-sql-command.html",
    )


def _bigquery(view: Grouped, engine: str, seconds: int | None) -> ViewSql | None:
    if not view.single_table:
        return None
    options = f"OPTIONS (enable_refresh = true, refresh_interval_minutes = {_minutes(seconds)})"
    return ViewSql(
        (_create(view, engine, options),),
        "BigQuery uses it for charts on the table as they are, where the queries fit.",
        "cloud.google.com/bigquery/docs/materialized-views-create",
    )


def _snowflake(view: Grouped, engine: str, seconds: int | None) -> ViewSql | None:
    del seconds  # always up to date
    if not view.single_table:
        return None
    return ViewSql(
        (_create(view, engine, ""),),
        "Needs the Enterprise Edition; Snowflake keeps it up to date itself, which costs credits.",
        "docs.snowflake.com/en/user-guide/views-materialized: one table, no joins",
    )


def _clickhouse(view: Grouped, engine: str, seconds: int | None) -> ViewSql:
    keys = ", ".join(identifier(key.name, engine) for key in view.keys)
    order = "tuple()" if _nullable(view.keys) else f"({keys})"
    clauses = f"REFRESH EVERY {_minutes(seconds)} MINUTE ENGINE = MergeTree ORDER BY {order}"
    return ViewSql(
        (_create(view, engine, clauses, without_catalog=True),),
        "Refreshable views need ClickHouse 24.10.",
        "clickhouse.com/docs/materialized-view/refreshable-materialized-view",
    )


def _starrocks(view: Grouped, engine: str, seconds: int | None) -> ViewSql:
    when = f"REFRESH ASYNC EVERY (INTERVAL {_minutes(seconds)} MINUTE)"
    return ViewSql(
        (_create(view, engine, when, without_catalog=True),),
        "StarRocks may use it for charts on the table as they are.",
        "docs.starrocks.io, CREATE MATERIALIZED VIEW: asynchronous",
    )


def _doris(view: Grouped, engine: str, seconds: int | None) -> ViewSql:
    when = f"BUILD IMMEDIATE REFRESH AUTO ON SCHEDULE EVERY {_minutes(seconds)} MINUTE"
    clauses = f"{when}\nDISTRIBUTED BY RANDOM BUCKETS AUTO"
    return ViewSql(
        (_create(view, engine, clauses, without_catalog=True),),
        "Doris may use it for charts on the table as they are.",
        "doris.apache.org, CREATE ASYNC MATERIALIZED VIEW",
    )


def _databricks(view: Grouped, engine: str, seconds: int | None) -> ViewSql:
    hours = max(1, math.ceil(_minutes(seconds) / 60))
    unit = "HOUR" if hours == 1 else "HOURS"
    return ViewSql(
        (_create(view, engine, f"SCHEDULE EVERY {hours} {unit}"),),
        "Needs Unity Catalog; a schedule has whole hours.",
        "docs.databricks.com, CREATE MATERIALIZED VIEW: SCHEDULE",
    )


_WRITERS: dict[str, Callable[[Grouped, str, int | None], ViewSql | None]] = {
    "bigquery": _bigquery,
    "clickhouse": _clickhouse,
    "clickhousedb": _clickhouse,
    "databricks": _databricks,
    "doris": _doris,
    "oracle": _oracle,
    "postgresql": _postgres,
    "pydoris": _doris,
    "redshift": _redshift,
    "snowflake": _snowflake,
    "starrocks": _starrocks,
}
