from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashlint.catalog import ddl
from dashlint.catalog.model import Index, IndexColumn, Table
from dashlint.catalog.script import guess_engine, split


def one(text: str, engine: str | None = None, name: str = "t") -> Table:
    catalog, problems = ddl.read(text, engine)
    assert problems == ()
    table = catalog.table(name)
    assert table is not None
    return table


def keys(table: Table) -> list[tuple[str, ...]]:
    return [tuple(k.name or f"({k.expression})" for k in i.columns) for i in table.indexes or ()]


# Engine, what the table is partitioned, sorted and clustered by, and the statement.
LAYOUTS: list[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...], str]] = [
    ("clickhouse", ("toYYYYMM(ts)",), ("a", "toStartOfHour(ts)"), (), """
        CREATE TABLE db.t ON CLUSTER c (a UInt32 CODEC(Delta, ZSTD), ts DateTime)
        ENGINE = ReplicatedReplacingMergeTree('/x/{shard}', '{replica}', v)
        PARTITION BY toYYYYMM(ts) PRIMARY KEY a ORDER BY (a, toStartOfHour(ts))
        TTL ts + INTERVAL 1 DAY SETTINGS index_granularity = 8192"""),
    ("clickhouse", (), (), (), "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY tuple()"),
    ("clickhouse", (), ("a", "b"), (), "CREATE TABLE t (a Int8) ENGINE = MergeTree PRIMARY KEY (a, b)"),
    ("bigquery", ("DATE_TRUNC(ts, MONTH)",), (), ("a", "r"), """
        CREATE TABLE `my-project.d.t` (a INT64 NOT NULL OPTIONS(description='x, y'),
            r STRUCT<x INT64, y ARRAY<STRING>>, ts TIMESTAMP)
        PARTITION BY DATE_TRUNC(ts, MONTH) CLUSTER BY a, r OPTIONS(require_partition_filter=true)"""),
    ("snowflake", (), (), ("A", "TO_DATE(TS)"), """
        create or replace TRANSIENT TABLE D.S.T cluster by (A, TO_DATE(TS))(A NUMBER(38,0) autoincrement)
        CHANGE_TRACKING = TRUE"""),
    ("snowflake", (), (), ("a", "b"), "create table t (a int) cluster by linear(a, b)"),
    ("redshift", (), ("b",), ("a",), """
        CREATE TABLE IF NOT EXISTS s.t (a bigint ENCODE az64 DISTKEY, b varchar(3) ENCODE lzo SORTKEY)
        DISTSTYLE KEY"""),
    ("redshift", (), ("a", "b"), ("a",), "CREATE TABLE t (a int) COMPOUND SORTKEY (a, b) DISTKEY(a)"),
    ("starrocks", ("d",), ("a",), ("a",), """
        CREATE TABLE t (a INT, v BIGINT SUM) ENGINE=OLAP DUPLICATE KEY(a)
        PARTITION BY RANGE(d) (START ('2024-01-01') END ('2024-02-01') EVERY (INTERVAL 1 DAY))
        DISTRIBUTED BY HASH(a) BUCKETS 8 PROPERTIES ('replication_num'='1')"""),
    ("hive", ("ds", "h"), ("a",), ("a",), """
        CREATE EXTERNAL TABLE t (a int COMMENT 'x', b map<string,int>) PARTITIONED BY (ds string, h int)
        CLUSTERED BY (a) SORTED BY (a) INTO 8 BUCKETS ROW FORMAT SERDE 'x' LOCATION 's3://x'"""),
    ("databricks", ("d",), (), (), "CREATE TABLE c.s.t (a int, d date) USING DELTA PARTITIONED BY (d)"),
    ("trino", ("day(ts)", "bucket(a, 4)"), ("a",), (), """
        CREATE TABLE c.s.t (a bigint) WITH (format = 'ORC', sorted_by = ARRAY['a'],
            partitioning = ARRAY['day(ts)','bucket(a, 4)'])"""),
    ("singlestoredb", (), ("a",), ("b",), "CREATE TABLE t (a int, SORT KEY (a), SHARD KEY (b))"),
    ("mysql", ("to_days(`d`)",), (), (), """
        CREATE TABLE `t` (`d` date) ENGINE=InnoDB /*!50100 PARTITION BY RANGE (to_days(`d`))
        (PARTITION p0 VALUES LESS THAN (738000) ENGINE = InnoDB) */"""),
    ("oracle", ("D",), (), (), """
        CREATE TABLE T (A NUMBER(10,0) NOT NULL ENABLE) SEGMENT CREATION IMMEDIATE
        PARTITION BY RANGE (D) INTERVAL (NUMTOYMINTERVAL(1,'MONTH'))
        (PARTITION P0 VALUES LESS THAN (TO_DATE('2020','YYYY')))"""),
    ("postgresql", ("a", "lower(b)"), (), (), "CREATE TABLE t (a int) PARTITION BY RANGE (a, lower(b))"),
]  # fmt: skip


@pytest.mark.parametrize(("engine", "partitioned", "sorted_by", "clustered", "text"), LAYOUTS)
def test_how_tables_are_laid_out(
    engine: str,
    partitioned: tuple[str, ...],
    sorted_by: tuple[str, ...],
    clustered: tuple[str, ...],
    text: str,
) -> None:
    table = one(text, engine)
    assert (table.partitioned_by, table.sort_key, table.clustered_by) == (partitioned, sorted_by, clustered)


def test_names_of_every_kind() -> None:
    assert (one("CREATE TABLE `p-1.d.t` (a INT64)", "bigquery").catalog) == "p-1"
    assert one("CREATE TABLE p-1.d.t (a INT64)", "bigquery").schema == "d"
    assert one('CREATE TABLE "My.Schema"."t" (a int)', "postgresql").schema == "My.Schema"
    assert one("USE `shop`; CREATE TABLE t (a int)", "mysql").schema == "shop"
    assert one("CREATE TABLE [dbo].[t] ([a b] [int] NOT NULL)", "mssql").columns["a b"].type == "int"


def test_columns_and_their_types() -> None:
    table = one(
        """CREATE TABLE t (
            a public.mood DEFAULT 'x'::public.mood NOT NULL, b double precision, c numeric(10, 2)[] UNIQUE,
            key text, index varchar(20), at timestamp with time zone, e STRUCT<x INT64, y ARRAY<STRING>>,
            "primary" int PRIMARY KEY, s text COLLATE "C" CHECK (s > ','), CONSTRAINT x CHECK (b < 3))""",
        "postgresql",
    )
    assert {c.name: (c.type, c.nullable) for c in table.columns.values()} == {
        "a": ("public.mood", False),
        "b": ("double precision", True),
        "c": ("numeric(10, 2)[]", True),
        "key": ("text", True),
        "index": ("varchar(20)", True),
        "at": ("timestamp with time zone", True),
        "e": ("STRUCT<x INT64, y ARRAY<STRING>>", True),
        "primary": ("int", False),
        "s": ("text", True),
    }
    assert table.columns["s"].collation == "C"
    assert keys(table) == [("c",), ("primary",)]


def test_indexes_of_sql_server() -> None:
    table = one(
        """CREATE TABLE [dbo].[t]([a] [int] IDENTITY(1,1) NOT NULL, [b] nvarchar(max),
           CONSTRAINT [PK] PRIMARY KEY CLUSTERED ([a] ASC) WITH (PAD_INDEX = OFF) ON [PRIMARY]) ON [PRIMARY]
        GO
        CREATE NONCLUSTERED INDEX [ix] ON [dbo].[t] ([a] ASC, [b] DESC) INCLUDE ([c]) WHERE ([d] IS NOT NULL)
            WITH (ONLINE = OFF) ON [PRIMARY]
        GO
        CREATE CLUSTERED COLUMNSTORE INDEX cci ON dbo.t
        GO""",
        "mssql",
    )
    primary, plain, columnstore = table.indexes or ()
    assert (primary.primary, columnstore.method, columnstore.columns) == (True, "columnstore", ())
    assert plain == Index(
        "ix",
        (IndexColumn("a"), IndexColumn("b", descending=True)),
        where="([d] IS NOT NULL)",
        include=("c",),
    )


def test_keys_of_mysql() -> None:
    table = one(
        """CREATE TABLE t (a varchar(9), `key` int, KEY k (a(10) DESC, `key`) USING BTREE, FULLTEXT KEY f (a),
               UNIQUE KEY u (a), KEY fx ((lower(`a`))), KEY (a));
           ALTER TABLE t ADD INDEX i (b), ADD COLUMN b int NOT NULL;""",
        "mysql",
    )
    assert keys(table) == [("a", "key"), ("a",), ("a",), ("(lower(`a`))",), ("a",), ("b",)]
    assert (table.indexes or ())[0].columns[0] == IndexColumn("a", descending=True, length=10)
    assert (table.indexes or ())[1].method == "fulltext"
    assert table.columns["b"].nullable is False


def test_skip_indexes_of_clickhouse() -> None:
    table = one(
        """CREATE TABLE t (a UInt32, b Nullable(String), PROJECTION p (SELECT a ORDER BY b),
               INDEX ix lower(b) TYPE bloom_filter(0.01) GRANULARITY 4) ENGINE = MergeTree ORDER BY a""",
        "clickhouse",
    )
    projection, index = table.indexes or ()
    assert (projection.name, projection.method) == ("p", "projection")
    assert (index.method, index.columns) == ("bloom_filter", (IndexColumn(None, "lower(b)"),))
    assert [table.columns[c].nullable for c in "ab"] == [False, True]


def test_indexes_of_oracle() -> None:
    table = one(
        "CREATE TABLE T (A NUMBER, CONSTRAINT PK PRIMARY KEY (A) USING INDEX PCTFREE 10 ENABLE);\n"
        "CREATE BITMAP INDEX B ON T (A);\n/\nCREATE INDEX F ON T (UPPER(A), A+1) LOCAL;\n/\n",
        "oracle",
    )
    assert keys(table) == [("A",), ("A",), ("(UPPER(A))", "(A+1)")]
    assert [i.method for i in table.indexes or ()] == ["btree", "bitmap", "btree"]


def test_what_is_dropped_or_renamed_later_is_gone() -> None:
    catalog, _ = ddl.read(
        """CREATE TABLE a (x int, y int); CREATE INDEX i ON a (x); CREATE INDEX j ON a (y); DROP INDEX i;
           ALTER TABLE a DROP COLUMN x; ALTER TABLE a RENAME TO b;
           CREATE TABLE c (x int); DROP TABLE IF EXISTS c;""",
        "postgresql",
    )
    (table,) = catalog.tables
    assert (table.name, list(table.columns), keys(table)) == ("b", ["y"], [("y",)])


def test_a_statement_that_cannot_be_read_is_told_with_its_line_and_hides_no_other() -> None:
    catalog, problems = ddl.read(
        "-- one\n\nCREATE TABLE t (a int;\nCREATE TABLE ok (b int);\n/**/ CREATE INDEX i ON;\nSELECT x",
        source="f.sql",
    )
    assert [table.name for table in catalog.tables] == ["ok"]
    assert [(p.kind, p.file, p.line) for p in problems] == [
        ("unreadable-ddl", "f.sql", 3),
        ("unreadable-ddl", "f.sql", 5),
    ]
    assert all("\n" not in p.message for p in problems)


def test_scripts_are_split_as_their_clients_split_them() -> None:
    text = (
        "SET x = 'a;b\\'; -- c;d\nCREATE FUNCTION f() AS $a$ one; $$ two; $a$ LANGUAGE sql;\n"
        "COPY t (a) FROM stdin;\n1;'x\n\\.\n\\restrict a'b;\n/* e; /* f; */ */ SELECT 1; SELECT E'\\'; x'\n"
    )
    assert [(p.text[:9], p.line) for p in split(text, "postgresql")] == [
        ("SET x = '", 1),
        ("CREATE FU", 2),
        ("COPY t (a", 3),
        ("SELECT 1", 7),
        ("SELECT E'", 7),
    ]
    mysql = (
        "DELIMITER ;;\nCREATE TRIGGER a BEGIN SELECT 1; END ;;\nDELIMITER ;\n# '\nSELECT 'a\\';b'; SELECT 2"
    )
    assert [p.text for p in split(mysql, "mysql")] == [
        "CREATE TRIGGER a BEGIN SELECT 1; END",
        "SELECT 'a\\';b'",
        "SELECT 2",
    ]


def test_the_engine_is_guessed_from_what_wrote_the_script() -> None:
    assert guess_engine("--\n-- PostgreSQL database dump\n--") == "postgresql"
    assert guess_engine("/*M!999999\\- enable the sandbox mode */\n-- MariaDB dump 10.19") == "mariadb"
    assert guess_engine("CREATE TABLE t (a int) ENGINE=InnoDB;") == "mysql"
    assert (
        guess_engine("CREATE TABLE t (a Int8) ENGINE = ReplicatedMergeTree('x') ORDER BY a") == "clickhouse"
    )
    assert guess_engine("CREATE TABLE t (a int)") is None


WORDS = (
    "CREATE TABLE INDEX UNIQUE VIEW ALTER ADD ONLY IF NOT EXISTS ON USING btree ( ) , ; . t a b int text ",
    "[ ] PRIMARY KEY CONSTRAINT PARTITION BY CLUSTER ORDER WHERE INCLUDE 'x' \" ` $$ /* */ -- \n GO ",
    "DELIMITER ;; COPY FROM stdin \\. INHERITS LIKE DROP RENAME TO AS SELECT 1 = < > TYPE WITH BEGIN END",
)
SCRIPTS = st.lists(st.sampled_from("".join(WORDS).split(" ")), max_size=40).map(" ".join)


@settings(deadline=None)
@given(
    SCRIPTS | st.text(max_size=100),
    st.sampled_from([None, "postgresql", "mysql", "mssql", "clickhouse", "oracle", "bigquery"]),
)
def test_reading_never_raises(text: str, engine: str | None) -> None:
    catalog, problems = ddl.read(text, engine, "f.sql")
    assert all(table.name for table in catalog.tables)
    assert all(problem.line and problem.line >= 1 for problem in problems)


@settings(deadline=None)
@given(SCRIPTS)
def test_reading_what_begins_well_never_raises(text: str) -> None:
    _, problems = ddl.read(f"CREATE TABLE t ({text}", "postgresql")
    assert all("\n" not in problem.message for problem in problems)
