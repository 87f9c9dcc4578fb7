"""What is asked of MySQL's and MariaDB's information_schema, one query for each kind of fact.

The inspector of SQLAlchemy is not used: it asks for each table by itself, and knows nothing of statistics.
"""

from __future__ import annotations

SCHEMAS = """
SELECT schema_name AS name FROM information_schema.schemata
WHERE lower(schema_name) NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
ORDER BY schema_name
"""

TABLES = """
SELECT t.table_schema AS `schema`, t.table_name AS name, t.table_type AS type, t.engine AS engine,
       t.table_rows AS `rows`, t.data_length AS bytes
FROM information_schema.tables t
WHERE t.table_schema IN :schemas AND t.table_type IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
ORDER BY t.table_schema, t.table_name
"""

COLUMNS = """
SELECT c.table_schema AS `schema`, c.table_name AS `table`, c.column_name AS name, c.column_type AS type,
       c.is_nullable AS nullable,
       CASE WHEN c.collation_name <> s.default_collation_name THEN c.collation_name END AS collation
FROM information_schema.columns c
JOIN information_schema.schemata s ON s.schema_name = c.table_schema
WHERE c.table_schema IN :schemas
ORDER BY c.table_schema, c.table_name, c.ordinal_position
"""

#: ``{expression}`` and ``{hidden}`` differ: MySQL has indexes on expressions and invisible ones, MariaDB
#: ignored ones.
INDEXES = """
SELECT s.table_schema AS `schema`, s.table_name AS `table`, s.index_name AS name,
       s.non_unique AS non_unique, s.column_name AS `column`, s.sub_part AS length,
       s.collation AS sorting, s.index_type AS method, s.cardinality AS cardinality,
       {expression} AS expression, {hidden} AS hidden
FROM information_schema.statistics s
WHERE s.table_schema IN :schemas
ORDER BY s.table_schema, s.table_name, s.index_name, s.seq_in_index
"""

PARTITIONS = """
SELECT p.table_schema AS `schema`, p.table_name AS `table`, max(p.partition_method) AS method,
       max(p.partition_expression) AS expression, max(p.subpartition_expression) AS subpartition
FROM information_schema.partitions p
WHERE p.table_schema IN :schemas AND p.partition_name IS NOT NULL
GROUP BY p.table_schema, p.table_name
"""

VIEWS = """
SELECT v.table_schema AS `schema`, v.table_name AS `table`, v.view_definition AS definition
FROM information_schema.views v WHERE v.table_schema IN :schemas
"""

#: Distinct values of the first column of each InnoDB index, from pages that InnoDB sampled.
INDEX_STATISTICS = """
SELECT database_name AS `schema`, table_name AS `table`, index_name AS name, stat_value AS distinct_values
FROM mysql.innodb_index_stats WHERE stat_name = 'n_diff_pfx01' AND database_name IN :schemas
"""

#: MariaDB's engine-independent statistics; there after ANALYZE TABLE … PERSISTENT FOR ALL.
COLUMN_STATISTICS = """
SELECT c.db_name AS `schema`, c.table_name AS `table`, c.column_name AS name, c.min_value AS minimum,
       c.max_value AS maximum, c.nulls_ratio AS nulls, c.avg_length AS width, c.avg_frequency AS frequency,
       t.cardinality AS `rows`, c.hist_type AS kind,
       CASE WHEN c.hist_type = 'JSON_HB' THEN CONVERT(c.histogram USING utf8mb4)
            ELSE decode_histogram(c.hist_type, c.histogram) END AS histogram
FROM mysql.column_stats c
JOIN mysql.table_stats t ON t.db_name = c.db_name AND t.table_name = c.table_name
WHERE c.db_name IN :schemas
"""
