"""SQLAlchemy's dialect names → the grammar that reads their SQL.

sqlglot is what Superset itself parses with, and a virtual dataset that it cannot parse is an
error there (``superset/sql/parse.py``, since 4.1), so the table below follows Superset's
``SQLGLOT_DIALECTS`` of 6.1.0. Where Superset brings a grammar of its own (Db2, Firebolt,
Pinot) the one that it derives from stands in.
"""

from __future__ import annotations

from typing import NamedTuple


class Grammar(NamedTuple):
    """A sqlglot dialect's name, and whether it is the engine's own."""

    name: str
    exact: bool


_GENERIC = Grammar("", exact=False)

_EXACT = {
    "ascend": "hive",
    "awsathena": "athena",
    "bigquery": "bigquery",
    "clickhouse": "clickhouse",
    "clickhousedb": "clickhouse",
    "databricks": "databricks",
    "datastore": "bigquery",
    "doris": "doris",
    "dremio": "dremio",
    "drill": "drill",
    "druid": "druid",
    "duckdb": "duckdb",
    "exa": "exasol",
    "gsheets": "sqlite",
    "hive": "hive",
    "mariadb": "mysql",
    "motherduck": "duckdb",
    "mssql": "tsql",
    "mysql": "mysql",
    "oracle": "oracle",
    "postgres": "postgres",
    "postgresql": "postgres",
    "presto": "presto",
    "pydoris": "doris",
    "redshift": "redshift",
    "risingwave": "risingwave",
    "shillelagh": "sqlite",
    "singlestoredb": "singlestore",
    "snowflake": "snowflake",
    "spark": "spark",
    "sqlite": "sqlite",
    "starrocks": "starrocks",
    "superset": "sqlite",
    "teradatasql": "teradata",
    "trino": "trino",
}

# Relatives: their own syntax may be refused, so a failure weighs less.
_NEAR = {
    "cockroachdb": "postgres",
    "couchbase": "mysql",
    "d1": "sqlite",
    "db2": "postgres",
    "firebolt": "postgres",
    "greenplum": "postgres",
    "hana": "postgres",
    "hologres": "postgres",
    "ibm_db_sa": "postgres",
    "impala": "hive",
    "netezza": "postgres",
    "oceanbase": "mysql",
    "parseable": "postgres",
    "pinot": "mysql",
    "timescaledb": "postgres",
    "vertica": "postgres",
    "yql": "clickhouse",
    "yugabytedb": "postgres",
}

_BACKTICKS = frozenset(
    {"bigquery", "clickhouse", "databricks", "doris", "drill", "hive", "mysql", "singlestore"}
    | {"spark", "starrocks"}
)


def grammar(engine: str | None) -> Grammar:
    """The grammar of an engine; generic SQL, not exact, for one that nobody knows."""
    name = (engine or "").lower().split("+", 1)[0]
    if name in _EXACT:
        return Grammar(_EXACT[name], exact=True)
    return Grammar(_NEAR[name], exact=False) if name in _NEAR else _GENERIC


def quoted(name: str, engine: str | None) -> str:
    """An identifier in the engine's quotes."""
    dialect = grammar(engine).name
    if dialect == "tsql":
        return "[" + name.replace("]", "]]") + "]"
    mark = "`" if dialect in _BACKTICKS else '"'
    return mark + name.replace(mark, mark * 2) + mark
