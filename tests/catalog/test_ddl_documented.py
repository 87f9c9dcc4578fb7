"""Statements as the engines' own documentation has them, shortened but not rewritten."""

from __future__ import annotations

import pytest

from dashlint.catalog import ddl
from dashlint.catalog.model import Table
from dashlint.catalog.serving import servable

Keys = tuple[str, ...]


def one(text: str, engine: str) -> Table:
    catalog, problems = ddl.read(text, engine)
    assert problems == ()
    (table,) = catalog.tables
    return table


def indexes(table: Table) -> list[tuple[str | None, str, Keys]]:
    return [
        (i.name, i.method, tuple(k.name or f"({k.expression})" for k in i.columns))
        for i in table.indexes or ()
    ]


# Engine and where it is documented, what the table is partitioned, sorted and clustered by, the statement.
LAYOUTS: list[tuple[str, Keys, Keys, Keys, str]] = [
    # clickhouse.com/docs/engines/table-engines/mergetree-family/mergetree
    ("clickhouse", ("toMonday(EventDate)",), ("EventDate", "intHash32(UserID)"), (), """
        CREATE TABLE hits (EventDate Date, UserID UInt32) ENGINE = MergeTree() PARTITION BY toMonday(EventDate)
        ORDER BY (EventDate, intHash32(UserID) DESC) SAMPLE BY intHash32(UserID)"""),
    ("clickhouse", (), ("a",), (), "CREATE TABLE t (a UInt8 PRIMARY KEY, b String) ENGINE = MergeTree"),
    ("clickhouse", (), ("a", "b"), (), "CREATE TABLE t (a UInt8, b Date, PRIMARY KEY (a, b)) ENGINE = MergeTree"),
    # cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language
    ("bigquery", ("transaction_date",), (), ("transaction_id",), """
        CREATE TABLE mydataset.newtable (transaction_id INT64, transaction_date DATE) PARTITION BY transaction_date
        CLUSTER BY transaction_id OPTIONS (partition_expiration_days = 3, description = 'a, table')"""),
    ("bigquery", ("RANGE_BUCKET(customer_id, GENERATE_ARRAY(0, 100, 10))",), (), ("date1", "customer_id"), """
        CREATE TABLE mydataset.newtable (customer_id INT64, date1 DATE)
        PARTITION BY RANGE_BUCKET(customer_id, GENERATE_ARRAY(0, 100, 10)) CLUSTER BY date1, customer_id"""),
    ("bigquery", ("date(ts)",), (), ("a",), """
        CREATE MATERIALIZED VIEW d.mv PARTITION BY date(ts) CLUSTER BY a OPTIONS (enable_refresh = true)
        AS SELECT a, ts FROM d.t"""),
    # docs.snowflake.com/en/user-guide/tables-clustering-keys
    ("snowflake", (), (), ("to_date(C1)", "substring(c2, 0, 10)"), """
        create or replace table t2 (c1 timestamp, c2 string, c3 number)
        cluster by (to_date(C1), substring(c2, 0, 10))"""),
    ("snowflake", (), (), ('v:"Data":id::number',), """
        create or replace table t3 (t timestamp, v variant) cluster by (v:"Data":id::number)"""),
    ("snowflake", (), (), ("c1", "c3"), "create table t1 (c1 date, c3 string); alter table t1 cluster by (c1, c3)"),
    ("snowflake", (), (), (), """
        create table t1 (c1 date, c3 string) cluster by (c1); alter table t1 drop clustering key"""),
    # docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_examples.html, …/r_ALTER_TABLE.html
    ("redshift", (), ("listid", "sellerid"), ("listid",), """
        create table sales(salesid integer not null, listid integer not null, primary key(salesid),
        foreign key(listid) references listing(listid)) diststyle key distkey(listid)
        compound sortkey(listid,sellerid)"""),
    ("redshift", (), ("INTERLEAVED(c_custkey, c_city)",), (), """
        create table customer_interleaved (c_custkey integer not null, c_city varchar(10)) diststyle all
        interleaved sortkey (c_custkey, c_city)"""),
    ("redshift", (), (), (), "create table t1(c1 int, c2 int) diststyle auto sortkey auto"),
    ("redshift", (), ("c0", "c1"), ("c1",), """
        create table t (c0 int, c1 int); alter table t alter sortkey (c0, c1);
        alter table t alter diststyle key distkey c1"""),
    # docs.starrocks.io/docs/sql-reference/sql-statements/table_bucket_part_index/CREATE_TABLE
    ("starrocks", ("date_trunc('day', dt)",), ("dt", "user_id"), ("order_id",), """
        CREATE TABLE orders1 (order_id bigint NOT NULL, dt date NOT NULL, user_id INT NOT NULL)
        PRIMARY KEY (order_id, dt) PARTITION BY date_trunc('day', dt) DISTRIBUTED BY HASH (order_id)
        ORDER BY (dt, user_id) PROPERTIES ('enable_persistent_index' = 'true')"""),
    ("starrocks", ("dt", "city"), ("event_time",), (), """
        CREATE TABLE t (event_time DATETIME, id INT) DUPLICATE KEY(event_time) PARTITION BY (dt, city)
        DISTRIBUTED BY RANDOM"""),
    # doris.apache.org/docs/sql-manual/sql-statements/table-and-view/table/CREATE-TABLE
    ("doris", ("date_trunc(date, 'month')",), ("user_id", "date"), ("user_id",), """
        CREATE TABLE IF NOT EXISTS t (user_id LARGEINT NOT NULL, date DATE NOT NULL, cost BIGINT SUM DEFAULT '0')
        AGGREGATE KEY(user_id, date) AUTO PARTITION BY RANGE (date_trunc(date, 'month')) ()
        DISTRIBUTED BY HASH(user_id) BUCKETS 1 PROPERTIES ('replication_num' = '1')"""),
    ("doris", (), ("k2",), ("k1",), """
        CREATE TABLE t (k1 INT, k2 INT, v INT) UNIQUE KEY(k1) CLUSTER BY(k2) DISTRIBUTED BY HASH(k1) BUCKETS 10"""),
    # trino.io/docs/current/connector/iceberg.html and …/hive.html
    ("trino", ("month(order_date)", "bucket(account_number, 10)", "country"), ("order_date", "customer"), (), """
        CREATE TABLE example.customer_orders (order_date DATE, account_number BIGINT, country VARCHAR) WITH (
        partitioning = ARRAY['month(order_date)', 'bucket(account_number, 10)', 'country'],
        sorted_by = ARRAY['order_date DESC NULLS LAST', 'customer'])"""),
    ("trino", ("ds", "country"), (), ("user_id",), """
        CREATE TABLE example.web.page_views (view_time TIMESTAMP, ds DATE, country VARCHAR) WITH (format = 'ORC',
        partitioned_by = ARRAY['ds', 'country'], bucketed_by = ARRAY['user_id'], bucket_count = 50)"""),
    # docs.aws.amazon.com/athena/latest/ug/querying-iceberg-creating-tables.html
    ("awsathena", ("category", "bucket(16,id)"), (), (), """
        CREATE TABLE iceberg_table (id int, data string, category string) PARTITIONED BY (category, bucket(16,id))
        LOCATION 's3://amzn-s3-demo-bucket/' TBLPROPERTIES ('table_type' = 'ICEBERG')"""),
    # iceberg.apache.org/docs/latest/spark-ddl
    ("hive", ("bucket(16, id)", "days(ts)", "category"), (), (), """
        CREATE TABLE prod.db.sample (id bigint, ts timestamp, category string) USING iceberg
        PARTITIONED BY (bucket(16, id), days(ts), category)"""),
    # docs.databricks.com/aws/en/delta/clustering
    ("databricks", (), (), ("col0",), "CREATE TABLE table1(col0 INT, col1 string) CLUSTER BY (col0)"),
    ("databricks", (), (), (), "CREATE OR REPLACE TABLE table1(column01 int, column02 string) CLUSTER BY AUTO"),
    ("databricks", (), (), ("a", "b"), "CREATE TABLE t (a int, b int); ALTER TABLE t CLUSTER BY (a, b)"),
    ("databricks", (), (), (), "CREATE TABLE t (a int) CLUSTER BY (a); ALTER TABLE t CLUSTER BY NONE"),
    # learn.microsoft.com/sql/t-sql/statements/create-table-azure-sql-data-warehouse, …/create-table-transact-sql
    ("mssql", ("b",), ("a",), (), """
        CREATE TABLE dbo.FactInternetSales (a int, b int) WITH (CLUSTERED COLUMNSTORE INDEX ORDER (a),
        DISTRIBUTION = HASH(b), PARTITION (b RANGE RIGHT FOR VALUES (1,2)))"""),
    ("mssql", ("col1",), (), (), "CREATE TABLE PartitionTable (col1 int, col2 char(10)) ON [myRangePS1] (col1)"),
    # docs.oracle.com/en/database/oracle/oracle-database/19/vldbg (composite partitions), …/dwhsg (zone maps)
    ("oracle", ("d", "r"), (), (), """
        CREATE TABLE sales (d DATE, r VARCHAR2(2)) PARTITION BY RANGE (d) SUBPARTITION BY LIST (r)
        (PARTITION q1 VALUES LESS THAN (TO_DATE('01-APR-2006','dd-MON-yyyy')))"""),
    ("oracle", (), (), ("a", "b"), """
        CREATE TABLE t (a NUMBER, b DATE) CLUSTERING BY LINEAR ORDER (a, b) WITH MATERIALIZED ZONEMAP"""),
    ("oracle", (), (), (), "CREATE TABLE t (a NUMBER, b DATE) CLUSTERING BY LINEAR ORDER (a, b)"),
    # docs.vertica.com, CREATE TABLE
    ("vertica", ("b::DATE",), ("a",), (), """
        CREATE TABLE t (a int, b date) ORDER BY a SEGMENTED BY HASH(a) ALL NODES
        PARTITION BY b::DATE GROUP BY CALENDAR_HIERARCHY_DAY(b::DATE, 2, 2)"""),
]  # fmt: skip


@pytest.mark.parametrize(("engine", "partitioned", "sorted_by", "clustered", "text"), LAYOUTS)
def test_layouts(engine: str, partitioned: Keys, sorted_by: Keys, clustered: Keys, text: str) -> None:
    table = one(text, engine)
    assert (table.partitioned_by, table.sort_key, table.clustered_by) == (partitioned, sorted_by, clustered)


INDEXES: list[tuple[str, list[tuple[str | None, str, Keys]], str]] = [
    # clickhouse.com/docs, MergeTree: "Data skipping indexes", "Projections"; ALTER … ADD INDEX and PROJECTION
    ("clickhouse", [("a", "minmax", ("(u64 * i32)", "s")), ("b", "set", ("(lower(s))",)), ("c", "tokenbf_v1", ("s",))],
     """CREATE TABLE t (u64 UInt64, i32 Int32, s String, INDEX a (u64 * i32, s) TYPE minmax GRANULARITY 3,
        INDEX b lower(s) TYPE set(1000) GRANULARITY 4, INDEX c s TYPE tokenbf_v1(512, 3, 0)) ENGINE = MergeTree()"""),
    ("clickhouse", [("p1", "projection", ("user_id",)), ("p2", "aggregate-projection", ("hour", "domain")),
                    ("p3", "projection", ("region",))],
     """CREATE TABLE visits (user_id UInt64, hour DateTime, domain String, region String,
        PROJECTION p1 (SELECT * ORDER BY user_id),
        PROJECTION p2 (SELECT hour, domain, sum(duration) GROUP BY hour, domain),
        PROJECTION p3 INDEX region TYPE basic) ENGINE = MergeTree() ORDER BY hour"""),
    ("clickhouse", [("vix", "bloom_filter", ("s",)), ("by_user", "projection", ("user_id",))],
     """ALTER TABLE db.t ON CLUSTER c ADD INDEX IF NOT EXISTS vix s TYPE bloom_filter GRANULARITY 4;
        ALTER TABLE db.t ADD PROJECTION IF NOT EXISTS by_user (SELECT * ORDER BY user_id);
        ALTER TABLE db.t ADD INDEX other x TYPE minmax; ALTER TABLE db.t DROP INDEX other"""),
    # docs.starrocks.io: Bitmap indexes, Bloom filter indexing; doris.apache.org: Inverted index
    ("starrocks", [("idx", "bitmap", ("k1",)), (None, "bloom_filter", ("k1",)), (None, "bloom_filter", ("k2",))],
     """CREATE TABLE d0.t (k1 TINYINT, k2 DECIMAL(10, 2) DEFAULT '10.5', v1 CHAR(10) REPLACE,
        INDEX idx (k1) USING BITMAP COMMENT 'x') ENGINE = olap AGGREGATE KEY(k1, k2) COMMENT 'my first'
        DISTRIBUTED BY HASH(k1) PROPERTIES ("bloom_filter_columns" = "k1, k2")"""),
    ("starrocks", [("index1", "bitmap", ("c",))], "CREATE INDEX index1 ON t1 (c) USING BITMAP COMMENT 'x'"),
    ("doris", [("inv_idx", "inverted", ("a",))], """
        CREATE TABLE t (a INT, INDEX inv_idx (a) USING INVERTED PROPERTIES("parser" = "english")) UNIQUE KEY(a)"""),
    # learn.microsoft.com/sql/t-sql/statements/create-table-transact-sql and …/create-columnstore-index-transact-sql
    ("mssql", [("cci", "columnstore", ())],
     "CREATE TABLE dbo.FactSales (OrderKey int NOT NULL, INDEX cci CLUSTERED COLUMNSTORE)"),
    ("mssql", [("cci", "columnstore", ("a", "b"))],
     "CREATE CLUSTERED COLUMNSTORE INDEX cci ON dbo.t ORDER (a, b)"),
    ("mssql", [("pk", "btree", ("a",)), ("ix", "btree", ("b",)), ("ux", "btree", ("b", "a"))],
     """CREATE TABLE T (a int NOT NULL, b int, CONSTRAINT pk PRIMARY KEY NONCLUSTERED (a),
        INDEX ix NONCLUSTERED (b) INCLUDE (a) WHERE b > 3, INDEX ux UNIQUE CLUSTERED (b, a))"""),
    # docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/CREATE-INDEX.html
    ("oracle", [("bi", "bitmap", ("channel_id",))], "CREATE BITMAP INDEX bi ON sales (channel_id) LOCAL TABLESPACE x"),
    ("oracle", [("fi", "btree", ("(UPPER(last_name))", "hire_date"))],
     "CREATE INDEX fi ON emp (UPPER(last_name), hire_date DESC) COMPUTE STATISTICS"),
]  # fmt: skip


@pytest.mark.parametrize(("engine", "expected", "text"), INDEXES)
def test_indexes(engine: str, expected: list[tuple[str | None, str, Keys]], text: str) -> None:
    table = one(text, engine)
    assert indexes(table) == expected
    assert not {"INDEX", "PROJECTION"} & set(table.columns)


def test_a_unique_index_within_a_table_of_sql_server_is_unique() -> None:
    table = one("CREATE TABLE T (a int, INDEX ux UNIQUE CLUSTERED (a))", "mssql")
    assert [i.unique for i in table.indexes or ()] == [True]


def test_each_key_of_an_interleaved_sort_key_serves() -> None:
    text = "create table t (a int, b int, c int) interleaved sortkey (a, b)"
    served = [servable(one(text, "redshift"), column, "equality", "redshift").usable for column in "abc"]
    assert served == [True, True, False]


# Engine, kind, the query that the view is, and the statement.
VIEWS: list[tuple[str, str, str, str]] = [
    ("postgresql", "view", "SELECT a\n   FROM t WHERE b = 'x  ''y'",
     "CREATE VIEW public.v AS\nSELECT a\n   FROM t WHERE b = 'x  ''y'\n  WITH LOCAL CHECK OPTION;"),
    ("postgresql", "materialized-view", "SELECT a FROM t",
     "CREATE MATERIALIZED VIEW IF NOT EXISTS m USING heap WITH (fillfactor=70) TABLESPACE x AS SELECT a FROM t WITH NO DATA;"),
    ("postgresql", "view", "WITH x AS (SELECT 1 AS a) SELECT a AS b FROM x",
     "CREATE OR REPLACE VIEW v AS WITH x AS (SELECT 1 AS a) SELECT a AS b FROM x"),
    ("mysql", "view", "select `t`.`a` AS `a` from `t`",
     "/*!50001 CREATE ALGORITHM=UNDEFINED DEFINER=`r`@`h` SQL SECURITY DEFINER VIEW `v` AS select `t`.`a` AS `a` from `t` */;"),
    ("oracle", "view", "WITH definition (A, B) AS (SELECT 1, 2 FROM dual) SELECT * FROM definition",
     "CREATE OR REPLACE FORCE EDITIONABLE VIEW S.V (A, B) AS SELECT 1, 2 FROM dual WITH READ ONLY"),
    ("oracle", "materialized-view", "SELECT a FROM t",
     "CREATE MATERIALIZED VIEW mv BUILD IMMEDIATE REFRESH FAST ON COMMIT ENABLE QUERY REWRITE AS SELECT a FROM t"),
    ("mssql", "view", "SELECT a FROM dbo.t", "CREATE VIEW dbo.v WITH SCHEMABINDING AS SELECT a FROM dbo.t\nGO\n"),
    ("redshift", "materialized-view", "SELECT a, b FROM t",
     "CREATE MATERIALIZED VIEW mv DISTKEY(a) SORTKEY(b) AUTO REFRESH YES AS SELECT a, b FROM t"),
    ("redshift", "view", "SELECT a FROM s.t", "CREATE VIEW v AS SELECT a FROM s.t WITH NO SCHEMA BINDING"),
    ("snowflake", "view", "WITH definition (a) AS (select b from t) SELECT * FROM definition",
     "create or replace secure view v (a comment 'x') copy grants as select b from t"),
    ("snowflake", "materialized-view", "SELECT a FROM t",
     "CREATE OR REPLACE DYNAMIC TABLE d TARGET_LAG = '20 minutes' WAREHOUSE = wh CLUSTER BY (a) AS SELECT a FROM t"),
    ("databricks", "materialized-view", "SELECT d FROM x",
     "CREATE OR REFRESH MATERIALIZED VIEW mv PARTITIONED BY (d) AS SELECT d FROM x"),
    ("databricks", "materialized-view", "SELECT * FROM STREAM x",
     "CREATE OR REFRESH STREAMING TABLE st CLUSTER BY (a) AS SELECT * FROM STREAM x"),
    ("clickhouse", "materialized-view", "SELECT a, d FROM t",
     "CREATE MATERIALIZED VIEW mv (a UInt8, d Date) ENGINE = SummingMergeTree ORDER BY (a, d) AS SELECT a, d FROM t"),
    ("clickhouse", "materialized-view", "SELECT a FROM t",
     "CREATE MATERIALIZED VIEW db.mv TO db.target AS SELECT a FROM t"),
    ("starrocks", "materialized-view", "SELECT a, dt FROM t",
     "CREATE MATERIALIZED VIEW mv1 DISTRIBUTED BY HASH(a) REFRESH ASYNC PROPERTIES('x'='y') AS SELECT a, dt FROM t"),
]  # fmt: skip


@pytest.mark.parametrize(("engine", "kind", "query", "text"), VIEWS)
def test_views_come_with_their_query(engine: str, kind: str, query: str, text: str) -> None:
    view = one(text, engine)
    assert (view.kind, view.definition) == (kind, query)


def test_a_table_has_no_definition() -> None:
    assert one("CREATE TABLE t AS SELECT 1 AS a", "postgresql").definition is None
