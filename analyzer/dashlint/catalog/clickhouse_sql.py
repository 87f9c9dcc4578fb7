"""Statements that let ClickHouse skip data: skip indexes and projections.

Source: clickhouse.com/docs, "Understanding ClickHouse Data Skipping Indexes" and "Projections".
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from dashlint.catalog.layout_sql import Layout
from dashlint.catalog.model import Table
from dashlint.catalog.wanted import TextSearch
from dashlint.sql.names import identifier, index_name, path

#: Rows of a granule, the least that is read (``index_granularity``'s default).
GRANULE = 8192
#: A skip index that leaves more than this share of the granules is not worth having: it is read as well.
_WORTH = 0.25
_STRING = re.compile(
    r"(low ?cardinality\()?(nullable\()?(string|fixedstring|varchar|text|char)", re.IGNORECASE
)

_SKIP = "clickhouse.com/docs/optimize/skipping-indexes, engines/table-engines/mergetree-family/mergetree"
_PROJECTION = "clickhouse.com/docs/sql-reference/statements/alter/projection"


def clickhouse_sql(table: Table, keys: Sequence[str], equalities: frozenset[str]) -> Layout:
    """What lets ClickHouse find rows by keys: a bloom filter where each value is in few granules, else a
    projection, which keeps the rows in a second order.

    A value that as many rows have as all others is in ``1 - exp(-granule / distinct)`` of the granules, its
    rows being spread evenly.
    """
    where = path((table.schema, table.name), "clickhouse")
    column = table.column(keys[0])
    distinct = column.distinct if column is not None else None
    if len(keys) == 1 and keys[0] in equalities and distinct:
        share = -math.expm1(-GRANULE / distinct)
        if share <= _WORTH:
            return _skip_index(table, keys[0], "bloom_filter(0.01)", where)
    name = identifier(index_name(table.name, keys, "clickhouse", suffix="proj"), "clickhouse")
    listed = ", ".join(identifier(key, "clickhouse") for key in keys)
    return Layout(
        tuple(keys),
        "projection",
        f"ALTER TABLE {where} ADD PROJECTION IF NOT EXISTS {name} (SELECT * ORDER BY {listed});\n"
        f"ALTER TABLE {where} MATERIALIZE PROJECTION {name};",
        "It keeps all columns a second time, and each insert sorts twice.",
        _PROJECTION,
    )


def clickhouse_text_sql(table: Table, search: TextSearch) -> Layout | None:
    """A filter of n-grams for patterns on a text; it does not serve what ignores capitals."""
    column = table.column(search.column)
    if search.any_case or (column is not None and column.type and not _STRING.match(column.type)):
        return None
    where = path((table.schema, table.name), "clickhouse")
    # 4 letters a piece, 1 KiB a filter, 2 hashes: the sizes of the documentation's example.
    return _skip_index(table, search.column, "ngrambf_v1(4, 1024, 2, 0)", where)


def _skip_index(table: Table, column: str, kind: str, where: str) -> Layout:
    taken = [index.name for index in table.indexes or () if index.name]
    name = identifier(
        index_name(table.name, (column,), "clickhouse", suffix="skip", taken=taken), "clickhouse"
    )
    spelt = identifier(column, "clickhouse")
    return Layout(
        (column,),
        "skip-index",
        f"ALTER TABLE {where} ADD INDEX IF NOT EXISTS {name} {spelt} TYPE {kind} GRANULARITY 1;\n"
        f"ALTER TABLE {where} MATERIALIZE INDEX {name};",
        "It helps as far as a value's rows are in few granules: compare with EXPLAIN indexes = 1.",
        _SKIP,
    )
