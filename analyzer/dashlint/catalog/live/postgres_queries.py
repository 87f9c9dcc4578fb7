"""What is asked of PostgreSQL's system catalogs, one query for each kind of fact (PostgreSQL 11 or later).

The inspector of SQLAlchemy is not used: its types are spelled unlike those in a schema dump, and it knows
nothing of statistics, partitions and operator classes.
"""

from __future__ import annotations

SCHEMAS = """
SELECT nspname AS name FROM pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY nspname
"""

#: ``readable``: pg_stats shows a table only to those who may read it, and not past row-level security.
TABLES = """
SELECT c.oid::bigint AS relid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
       c.reltuples::float8 AS rows, c.relpages AS pages,
       current_setting('block_size')::bigint AS block,
       current_setting('server_version_num')::int AS version,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partitions,
       has_any_column_privilege(c.oid, 'SELECT')
         AND NOT (c.relrowsecurity AND row_security_active(c.oid)) AS readable
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND n.nspname = ANY(:schemas)
ORDER BY n.nspname, c.relname
"""

#: Needs a lock on each table that a view reads, so it may fail where others work on one.
VIEWS = """
SELECT c.oid::bigint AS relid, pg_get_viewdef(c.oid) AS definition
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND n.nspname = ANY(:schemas)
"""

COLUMNS = """
SELECT a.attrelid::bigint AS relid, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       NOT a.attnotnull AS nullable,
       CASE WHEN a.attcollation <> t.typcollation THEN l.collname END AS collation
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname = ANY(:schemas)
ORDER BY a.attrelid, a.attnum
"""

#: One row for each column of each index, INCLUDEd ones (``is_key`` false) among them.
INDEXES = """
SELECT x.indrelid::bigint AS relid, x.indexrelid::bigint AS indexid, i.relname AS name,
       m.amname AS method, x.indisunique AS is_unique, x.indisprimary AS is_primary,
       x.indisvalid AND x.indislive AS usable, x.indpred IS NOT NULL AS is_partial,
       k.n::int AS place, k.n <= x.indnkeyatts AS is_key, a.attname AS "column",
       (x.indoption[k.n - 1] & 1) = 1 AS descending,
       CASE WHEN NOT o.opcdefault THEN o.opcname END AS operator_class,
       CASE WHEN l.oid <> coalesce(a.attcollation, t.typcollation)
            THEN concat(CASE WHEN ln.nspname <> 'pg_catalog' THEN ln.nspname || '.' END, l.collname)
       END AS collation
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = i.relam
CROSS JOIN LATERAL generate_series(1, x.indnatts) AS k(n)
LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k.n - 1] AND a.attnum <> 0
LEFT JOIN pg_attribute e ON e.attrelid = x.indexrelid AND e.attnum = k.n
LEFT JOIN pg_type t ON t.oid = e.atttypid
LEFT JOIN pg_opclass o ON k.n <= x.indnkeyatts AND o.oid = x.indclass[k.n - 1]
LEFT JOIN pg_collation l ON k.n <= x.indnkeyatts AND l.oid = x.indcollation[k.n - 1]
LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace
WHERE n.nspname = ANY(:schemas)
ORDER BY x.indrelid, i.relname, k.n
"""

#: The SQL in indexes: predicates of partial ones, and keys that are expressions (``place`` from 1). Needs a
#: lock on each table, so it may fail where others work on one.
INDEX_SQL = """
SELECT x.indexrelid::bigint AS indexid, k.n::int AS place, pg_get_expr(x.indpred, x.indrelid) AS predicate,
       CASE WHEN x.indkey[k.n - 1] = 0 THEN pg_get_indexdef(x.indexrelid, k.n::int, false) END AS expression
FROM pg_index x
JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL generate_series(1, x.indnkeyatts) AS k(n)
WHERE n.nspname = ANY(:schemas) AND (x.indpred IS NOT NULL OR x.indexprs IS NOT NULL)
"""

#: Every table with children (partitions, or tables that inherit), and all that belongs to it, in whatever
#: schema. The table itself is among them.
FAMILIES = """
WITH RECURSIVE family(root, member) AS (
  SELECT i.inhparent, i.inhparent FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent
  WHERE c.relkind IN ('r', 'p', 'f')
  UNION
  SELECT f.root, i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.member
)
SELECT f.root::bigint AS root, f.member::bigint AS member, c.relkind::text AS kind,
       c.reltuples::float8 AS rows, c.relpages AS pages
FROM family f JOIN pg_class c ON c.oid = f.member
ORDER BY f.root, f.member
"""

#: Needs a lock on each table, so it may fail where others work on one.
SIZES = """
SELECT c.oid::bigint AS relid, pg_table_size(c.oid) AS bytes, pg_relation_size(c.oid) AS main
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm')
  AND (n.nspname = ANY(:schemas) OR c.oid IN (SELECT inhrelid FROM pg_inherits))
"""

#: ``inherited`` rows tell of a table with its children. The whole list of common values is needed for the
#: bounds of numbers (N) and times (D), the first ones of others.
STATISTICS = """
SELECT c.oid::bigint AS relid, s.attname AS name, s.inherited, s.null_frac, s.avg_width, s.n_distinct,
       s.correlation,
       t.typcategory::text AS category,
       CASE WHEN NOT :values THEN NULL WHEN t.typcategory IN ('N', 'D') THEN s.most_common_vals::text::text[]
            ELSE (s.most_common_vals::text::text[])[1:20] END AS common,
       CASE WHEN :values THEN s.most_common_freqs[1:20] END AS shares,
       CASE WHEN :values THEN s.histogram_bounds::text::text[] END AS histogram
FROM pg_stats s
JOIN pg_namespace n ON n.nspname = s.schemaname
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind IN ('r', 'p', 'm', 'f')
  AND (n.nspname = ANY(:schemas) OR c.oid IN (SELECT inhrelid FROM pg_inherits))
ORDER BY c.oid, a.attnum, s.inherited
"""
