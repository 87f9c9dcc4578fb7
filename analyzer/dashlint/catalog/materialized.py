"""Statements that create a materialized view of groups, and keep it up to date."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dashlint.catalog.index_sql import dialect
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
    return f"SELECT\n  {columns}\nFROM {view.source}\nGROUP BY {keys}"  # noqa: S608  to paste


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
            f" {names} may be NULL: NULLS NOT DISTINCT needs PostgreSQL 15. Before that, leave it out; rows with "
            "NULL in a key are then written anew by each refresh."
        )
    nulls = " NULLS NOT DISTINCT" if nullable else ""
    return ViewSql(
        (
            f"CREATE MATERIALIZED VIEW {name} AS\n{_select(view, engine)};",
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
    return ViewSql(
        (
            f"CREATE MATERIALIZED VIEW {path(view.name, engine)}\nBUILD IMMEDIATE REFRESH COMPLETE {when}\n"
            f"ENABLE QUERY REWRITE AS\n{_select(view, engine)};",
        ),
        "With query rewrite, charts on the table use it as they are.",
        "docs.oracle.com, SQL Language Reference, CREATE MATERIALIZED VIEW",
    )


def _redshift(view: Grouped, engine: str, seconds: int | None) -> ViewSql:
    del seconds  # Redshift chooses the moment
    return ViewSql(
        (
            f"CREATE MATERIALIZED VIEW {path(view.name, engine)} AUTO REFRESH YES AS\n{_select(view, engine)};",
        ),
        "Redshift refreshes it when it has time, and may use it for charts on the table as they are.",
        "docs.aws.amazon.com/redshift/latest/dg/materialized-view-create-sql-command.html",
    )


def _bigquery(view: Grouped, engine: str, seconds: int | None) -> ViewSql | None:
    if not view.single_table:
        return None
    options = f"OPTIONS (enable_refresh = true, refresh_interval_minutes = {_minutes(seconds)})"
    return ViewSql(
        (f"CREATE MATERIALIZED VIEW {path(view.name, engine)}\n{options} AS\n{_select(view, engine)};",),
        "BigQuery uses it for charts on the table as they are, where the queries fit.",
        "cloud.google.com/bigquery/docs/materialized-views-create",
    )


def _snowflake(view: Grouped, engine: str, seconds: int | None) -> ViewSql | None:
    del seconds  # always up to date
    if not view.single_table:
        return None
    return ViewSql(
        (f"CREATE MATERIALIZED VIEW {path(view.name, engine)} AS\n{_select(view, engine)};",),
        "Needs the Enterprise Edition; Snowflake keeps it up to date itself, which costs credits.",
        "docs.snowflake.com/en/user-guide/views-materialized: one table, no joins",
    )


def _clickhouse(view: Grouped, engine: str, seconds: int | None) -> ViewSql:
    keys = ", ".join(identifier(key.name, engine) for key in view.keys)
    order = "tuple()" if _nullable(view.keys) else f"({keys})"
    return ViewSql(
        (
            f"CREATE MATERIALIZED VIEW {path(view.name[1:], engine)}\n"
            f"REFRESH EVERY {_minutes(seconds)} MINUTE ENGINE = MergeTree ORDER BY {order} AS\n"
            f"{_select(view, engine)};",
        ),
        "Refreshable views need ClickHouse 24.10.",
        "clickhouse.com/docs/materialized-view/refreshable-materialized-view",
    )


def _starrocks(view: Grouped, engine: str, seconds: int | None) -> ViewSql:
    when = f"REFRESH ASYNC EVERY (INTERVAL {_minutes(seconds)} MINUTE)"
    return ViewSql(
        (f"CREATE MATERIALIZED VIEW {path(view.name[1:], engine)}\n{when} AS\n{_select(view, engine)};",),
        "StarRocks may use it for charts on the table as they are.",
        "docs.starrocks.io, CREATE MATERIALIZED VIEW: asynchronous",
    )


def _doris(view: Grouped, engine: str, seconds: int | None) -> ViewSql:
    when = f"BUILD IMMEDIATE REFRESH AUTO ON SCHEDULE EVERY {_minutes(seconds)} MINUTE"
    return ViewSql(
        (
            f"CREATE MATERIALIZED VIEW {path(view.name[1:], engine)}\n{when}\n"
            f"DISTRIBUTED BY RANDOM BUCKETS AUTO AS\n{_select(view, engine)};",
        ),
        "Doris may use it for charts on the table as they are.",
        "doris.apache.org, CREATE ASYNC MATERIALIZED VIEW",
    )


def _databricks(view: Grouped, engine: str, seconds: int | None) -> ViewSql:
    hours = max(1, math.ceil(_minutes(seconds) / 60))
    unit = "HOUR" if hours == 1 else "HOURS"
    return ViewSql(
        (
            f"CREATE MATERIALIZED VIEW {path(view.name, engine)}\nSCHEDULE EVERY {hours} {unit} AS\n"
            f"{_select(view, engine)};",
        ),
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
