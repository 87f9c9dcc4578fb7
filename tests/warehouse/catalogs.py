"""What the databases know of the star schema, as catalogs: DDL from a dump, statistics from the engine."""

from __future__ import annotations

import json
from typing import Any

from dashlint.catalog import ddl, snapshot
from dashlint.catalog.merge import merge
from dashlint.catalog.model import Catalog
from tests.catalog.databases import MariaDb, Postgres
from tests.warehouse.star import TABLES

_PG_COLUMNS = """
SELECT json_agg(json_build_array(s.tablename, s.attname, s.n_distinct, s.null_frac, s.avg_width,
  array_to_json(s.most_common_vals::text::text[]), array_to_json(s.most_common_freqs),
  array_to_json(s.histogram_bounds::text::text[]), s.correlation))
FROM pg_stats s WHERE s.schemaname = 'public'
"""
_PG_TABLES = """
SELECT json_agg(json_build_array(c.relname, c.relkind, c.reltuples::bigint, c.relpages * 8192,
  CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END))
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v')
"""


def postgres_catalog(database: Postgres) -> Catalog:
    known, problems = ddl.read(database.dump(), "postgresql")
    assert problems == ()
    columns: dict[str, list[dict[str, Any]]] = {}
    rows = {name: count for name, _, count, _, _ in database.json(_PG_TABLES)}
    for table, name, distinct, nulls, width, common, shares, histogram, order in database.json(_PG_COLUMNS):
        column = {
            "name": name,
            # PostgreSQL gives a share of the rows, negative, where the number grows with the table.
            "distinct": distinct if distinct >= 0 else round(-distinct * rows[table]),
            "null_fraction": nulls,
            "average_width": width,
            "common": [list(pair) for pair in zip(common or (), shares or (), strict=True)],
            "histogram": histogram or [],
            "correlation": order,
        }
        if histogram:
            column |= {"minimum": histogram[0], "maximum": histogram[-1]}
        columns.setdefault(table, []).append(column)
    tables = [
        {
            "schema": "public", "name": name, "kind": "view" if kind == "v" else "table", "definition": sql,
            "rows": count if kind == "r" else None, "bytes": size or None, "columns": columns.get(name, []),
        }
        for name, kind, count, size, sql in database.json(_PG_TABLES)
    ]  # fmt: skip
    return _with(known, tables, "postgresql")


def mariadb_catalog(database: MariaDb) -> Catalog:
    known, problems = ddl.read(database.dump(), "mariadb")
    assert problems == ()
    tables = []
    for name in TABLES:
        found = known.table(name)
        assert found is not None
        asked = ", ".join(f"count(DISTINCT {c}), count({c}), min({c}), max({c})" for c in found.columns)
        counted = database.execute(f"SELECT count(*), {asked} FROM {name}").rstrip("\n").split("\t")
        size = database.execute(
            "SELECT data_length FROM information_schema.tables "
            f"WHERE table_schema = database() AND table_name = '{name}'"
        )
        rows = int(counted[0])
        columns = []
        for number, column in enumerate(found.columns):
            distinct, filled, low, high = counted[1 + 4 * number : 5 + 4 * number]
            buckets = _buckets(database, name, column)
            columns.append(
                {"common": [[b["start"], b["size"]] for b in buckets if b.get("ndv") == 1],
                 "name": column, "distinct": int(distinct), "null_fraction": 1 - int(filled) / rows,
                 "minimum": low, "maximum": high}
            )  # fmt: skip
        tables.append({"name": name, "rows": rows, "bytes": int(size), "columns": columns})
    for name in ("v_orders", "v_big_orders"):
        text = database.execute(
            "SELECT view_definition FROM information_schema.views "
            f"WHERE table_schema = database() AND table_name = '{name}'"
        )
        tables.append({"name": name, "kind": "view", "definition": text, "columns": []})
    return _with(known, tables, "mariadb")


def _buckets(database: MariaDb, table: str, column: str) -> list[dict[str, Any]]:
    """MariaDB's histogram: shares of the rows that have a value, of which some buckets hold one only."""
    text = database.execute(
        "SELECT coalesce(histogram, '') FROM mysql.column_stats WHERE db_name = database() "
        f"AND table_name = '{table}' AND column_name = '{column}' AND hist_type = 'JSON_HB'"
    )
    return list(json.loads(text)["histogram_hb"]) if text.strip() else []


def _with(known: Catalog, tables: list[dict[str, Any]], engine: str) -> Catalog:
    told, problems = snapshot.read(json.dumps({"version": 1, "engine": engine, "tables": tables}))
    assert problems == ()
    assert told is not None
    return merge([Catalog(known.tables, engine=engine), told])
