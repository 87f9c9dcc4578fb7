"""How engines find rows: by indexes, or by the way the data lies on disk.

Keyed by SQLAlchemy's dialect names (``engine`` and ``engine_aliases`` of Superset 6.1's
``db_engine_specs``). Each entry names the documentation that it rests on.
"""

from __future__ import annotations

from typing import NamedTuple


class Engine(NamedTuple):
    """What an engine can use to avoid reading a whole table.

    ``style``: ``indexes`` (a filter can use them), ``layout`` (none, or of no use to charts:
    only the way the data lies helps) or ``unknown``.
    ``layout``: what its tables are arranged by (``partitions``, ``clustering``, ``sort key``…).
    ``prunes_through``: kinds of expressions around a column that still let it skip data:
    ``date`` (truncation to a day, month…), ``cast``. ``text_to_number``: whether comparing a
    text column with a number converts the column, so that its index is of no use.
    """

    style: str
    layout: tuple[str, ...] = ()
    prunes_through: frozenset[str] = frozenset()
    text_to_number: bool = False
    source: str = ""

    @property
    def indexes(self) -> bool | None:
        """Whether a filter can use indexes; None where nobody knows."""
        return {"indexes": True, "layout": False}.get(self.style)


_MONOTONE = frozenset({"date", "cast"})

_POSTGRES = Engine(
    "indexes", ("partitions",), source="PostgreSQL manual, 11 Indexes, 5.12 Table Partitioning"
)
_MYSQL = Engine(
    "indexes",
    ("partitions",),
    text_to_number=True,
    source="MySQL manual, 10.3.1 How MySQL Uses Indexes; 14.3 Type Conversion in Expression Evaluation",
)
_SQLITE = Engine(
    "indexes", source="sqlite.org/optoverview.html; affinity converts the literal (datatype3.html, 4.2)"
)
_TRINO = Engine(
    "layout",
    ("partitions", "sorted files"),
    frozenset({"date", "cast", "function"}),
    source="trino.io: Hive connector, partition columns are evaluated for every partition",
)
_DORIS = Engine(
    "layout",
    ("partitions", "sort key"),
    _MONOTONE,
    source="doris.apache.org, Prefix Index and Partition Pruning; docs.starrocks.io, Sort keys",
)
_CLICKHOUSE = Engine(
    "layout",
    ("ORDER BY key", "partitions"),
    _MONOTONE,
    source="clickhouse.com/docs MergeTree, Primary Keys: monotone functions of key columns are used",
)

_ENGINES = {
    "awsathena": _TRINO,
    "bigquery": Engine(
        "layout",
        ("partitions", "clustering"),
        _MONOTONE,
        source="cloud.google.com/bigquery/docs/querying-partitioned-tables, Isolate the partition column",
    ),
    "clickhouse": _CLICKHOUSE,
    "clickhousedb": _CLICKHOUSE,
    "cockroachdb": Engine("indexes", source="cockroachlabs.com/docs, Indexes"),
    "d1": _SQLITE,
    "databend": Engine("layout", ("clustering",), _MONOTONE, source="docs.databend.com, Cluster Key"),
    "databricks": Engine(
        "layout",
        ("partitions", "clustering"),
        _MONOTONE,
        source="docs.databricks.com, Data skipping and liquid clustering",
    ),
    "db2": Engine("indexes", ("partitions",), text_to_number=True, source="IBM Db2 documentation, Indexes"),
    "doris": _DORIS,
    "dremio": Engine(
        "layout", ("partitions", "reflections"), _MONOTONE, source="docs.dremio.com, Reflections"
    ),
    "drill": Engine("layout", ("partitions",), _MONOTONE, source="drill.apache.org, Partition Pruning"),
    "druid": Engine(
        "layout",
        ("time segments", "clustering"),
        frozenset({"date", "cast", "function"}),
        source="druid.apache.org, Segments: string dimensions carry bitmap indexes, __time selects segments",
    ),
    "duckdb": Engine(
        "layout",
        ("row groups in the order of loading",),
        source="duckdb.org/docs/stable/sql/indexes: ART serves only queries below 0.1 %, min-max all others",
    ),
    "elasticsearch": Engine(
        "layout", ("indices",), frozenset({"date", "cast"}), source="elastic.co: every field is indexed"
    ),
    "exa": Engine("layout", ("partitions",), source="docs.exasol.com: indexes are made by the engine itself"),
    "firebolt": Engine(
        "layout", ("primary index", "partitions"), _MONOTONE, source="docs.firebolt.io, Indexes"
    ),
    "greenplum": _POSTGRES,
    "hana": Engine("unknown", ("partitions",), source="SAP HANA: column store, indexes matter for row store"),
    "hive": Engine(
        "layout",
        ("partitions", "buckets"),
        frozenset({"date", "cast", "function"}),
        source="Hive wiki, Partition pruning; indexes were removed in 3.0 (HIVE-18448)",
    ),
    "impala": Engine(
        "layout",
        ("partitions",),
        frozenset({"date", "cast", "function"}),
        source="impala.apache.org, Partitioning",
    ),
    "mariadb": _MYSQL._replace(source="mariadb.com/kb, Getting Started with Indexes; Type Conversion"),
    "mssql": Engine(
        "indexes",
        ("partitions",),
        text_to_number=True,
        source="learn.microsoft.com, Index design guide; Data type precedence: int before varchar",
    ),
    "mysql": _MYSQL,
    "netezza": Engine("layout", ("zone maps",), source="IBM Netezza, Zone maps: there are no indexes"),
    "oceanbase": _MYSQL,
    "oracle": Engine(
        "indexes",
        ("partitions",),
        text_to_number=True,
        source="Oracle SQL Language Reference, Implicit Data Conversion: the character column is converted",
    ),
    "pinot": Engine(
        "layout",
        ("segments", "inverted and range indexes of the table's configuration"),
        _MONOTONE,
        source="docs.pinot.apache.org, Indexing",
    ),
    "postgresql": _POSTGRES,
    "presto": _TRINO,
    "redshift": Engine(
        "layout",
        ("sort key", "distribution key"),
        source="docs.aws.amazon.com/redshift, Working with sort keys: min and max of each block",
    ),
    "singlestoredb": Engine(
        "unknown", ("sort key", "shard key"), source="docs.singlestore.com: columnstore with hash indexes"
    ),
    "snowflake": Engine(
        "layout",
        ("clustering",),
        _MONOTONE,
        source="docs.snowflake.com, Micro-partitions & Data Clustering: pruning of micro-partitions",
    ),
    "spark": Engine(
        "layout", ("partitions",), _MONOTONE, source="spark.apache.org, Partition discovery; Parquet min-max"
    ),
    "sqlite": _SQLITE,
    "starrocks": _DORIS,
    "teradatasql": Engine(
        "unknown",
        ("primary index", "partitions"),
        source="docs.teradata.com: the primary index distributes rows",
    ),
    "timescaledb": _POSTGRES,
    "trino": _TRINO,
    "vertica": Engine(
        "layout", ("projections",), source="docs.vertica.com, Projections: there are no indexes"
    ),
    "yugabytedb": _POSTGRES,
}
_ALIASES = {
    "ascend": "hive",
    "datastore": "bigquery",
    "ibm_db_sa": "db2",
    "motherduck": "duckdb",
    "odelasticsearch": "elasticsearch",
    "postgres": "postgresql",
    "pydoris": "doris",
}
_UNKNOWN = Engine("unknown")


def engine_named(name: str | None) -> Engine:
    """What is known of an engine by its SQLAlchemy name; all unknown for a name not listed."""
    key = (name or "").lower().split("+", 1)[0]
    return _ENGINES.get(_ALIASES.get(key, key), _UNKNOWN)
