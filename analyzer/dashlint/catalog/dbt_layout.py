"""What a dbt model's configuration says of how its adapter lays out and indexes the table.

Sources: docs.getdbt.com/reference/resource-configs, the page of each adapter ("Postgres configurations" and
so on), and the macros that turn the keys into DDL (dbt-bigquery 1.12 ``adapters/bigquery/relation_configs``,
dbt-snowflake 1.12, dbt-redshift 1.11 ``macros/adapters.sql``, dbt-databricks 1.12
``macros/relations/liquid_clustering.sql``, dbt-clickhouse 1.10 ``macros/materializations/table.sql``,
dbt-starrocks 1.12 ``macros/adapters/relation_helpers.sql``, dbt-athena 1.11, dbt-trino 1.11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dashlint.catalog.ddl_clauses import key_list
from dashlint.catalog.ddl_clickhouse import read_projection, read_skip_index, skip_keys
from dashlint.catalog.model import Index
from dashlint.catalog.tokens import Cursor, UnreadableError, tokenize

_QUOTED = re.compile(r"'([^']*)'")
_TIME_UNITS = {"timestamp": "TIMESTAMP_TRUNC", "datetime": "DATETIME_TRUNC", "date": "DATE_TRUNC"}
#: Distribution styles of Redshift that are no column.
_STYLES = frozenset({"all", "even", "auto"})

Config = Mapping[str, Any]


class Layout(NamedTuple):
    """How the rows lie: column names or expressions."""

    partitioned_by: tuple[str, ...] = ()
    sort_key: tuple[str, ...] = ()
    clustered_by: tuple[str, ...] = ()

    def filled(self, other: Layout) -> Layout:
        return Layout(*(own or others for own, others in zip(self, other, strict=True)))


def of_config(config: Config, adapter: str) -> Layout:
    """The layout that a model asks for. Adapters that are not known are read as Spark's, the widest used."""
    return _READERS.get(adapter, _spark)(config)


def of_stats(stats: Mapping[str, Any], adapter: str) -> Layout:
    """The layout that ``catalog.json`` tells beside the counts, of sources too."""
    if adapter == "bigquery":
        return Layout(_names(stats.get("partitioning_type")), (), _names(stats.get("clustering_fields")))
    if adapter == "snowflake":
        return Layout((), (), _names(stats.get("clustering_key")))
    if adapter == "redshift":
        first, style = stats.get("sortkey1"), str(stats.get("diststyle") or "")
        # AUTO(SORTKEY(a)) and AUTO(KEY(a)): chosen by Redshift itself (SVV_TABLE_INFO).
        sort = re.sub(r"(?i)^AUTO\(SORTKEY\((.*)\)\)$|^AUTO\(SORTKEY\)$", r"\1", str(first or ""))
        dist = re.search(r"(?i)KEY\((.+?)\)", style)
        sorted_by = () if sort.upper() in {"", "INTERLEAVED"} else (sort,)
        return Layout((), sorted_by, (dist[1],) if dist else ())
    return Layout()


def skip_indexes(config: Config) -> tuple[Index, ...]:
    """ClickHouse's: ``indexes: [{name, definition}]`` and ``projections: [{name, query | index}]``."""
    found: list[Index] = []
    for entry in _mappings(config.get("indexes")):
        words = _words(str(entry.get("definition") or ""))
        index = read_skip_index(words, _text(entry.get("name")))
        found += [index] if index is not None else []
    for entry in _mappings(config.get("projections")):
        name = str(entry.get("name") or "projection")
        try:
            if entry.get("query"):
                found.append(read_projection(_words(f'"{name}" ({entry["query"]})')))
            elif entry.get("index"):
                keys = skip_keys(", ".join(_names(entry["index"])))
                found.append(Index(name, keys, method="projection"))
        except UnreadableError:
            continue
    return tuple(found)


# --- adapters -------------------------------------------------------------------------------------


def _bigquery(config: Config) -> Layout:
    """``partition_by: {field, data_type, granularity, range}``; ``data_type`` date and day unless given."""
    partition = config.get("partition_by")
    key: tuple[str, ...] = ()
    if isinstance(partition, Mapping) and isinstance(partition.get("field"), str):
        kind = str(partition.get("data_type") or "date").lower()
        unit = str(partition.get("granularity") or "day").upper()
        name = partition["field"]
        if partition.get("time_ingestion_partitioning"):
            key = ("_PARTITIONDATE" if kind == "date" else "_PARTITIONTIME",)
        elif kind not in _TIME_UNITS or (kind == "date" and unit == "DAY"):
            key = (name,)
        else:
            key = (f"{_TIME_UNITS[kind]}({name}, {unit})",)
    return Layout(key, (), _names(config.get("cluster_by")))


def _redshift(config: Config) -> Layout:
    keys = _names(config.get("sort"))
    if str(config.get("sort_type") or "").lower() == "interleaved" and keys:
        keys = (f"INTERLEAVED({', '.join(keys)})",)  # one key, in which each column counts alike
    dist = str(config.get("dist") or "").strip()
    return Layout((), keys, (dist,) if dist and dist.lower() not in _STYLES else ())


def _clickhouse(config: Config) -> Layout:
    order = _names(config.get("order_by")) or _names(config.get("primary_key"))
    return Layout(_names(config.get("partition_by")), order)


def _starrocks(config: Config) -> Layout:
    """Also Doris. An incremental model's ``unique_key`` makes a primary-key table of it."""
    keys = (
        _names(config.get("keys")) or _names(config.get("duplicate_key")) or _names(config.get("unique_key"))
    )
    return Layout(
        _names(config.get("partition_by")),
        _names(config.get("order_by")) or keys,
        _names(config.get("distributed_by")),
    )


def _spark(config: Config) -> Layout:
    """Spark, Databricks, Snowflake and Hive; ``zorder`` sorts like a clustering."""
    clusters = ("liquid_clustered_by", "cluster_by", "zorder", "clustered_by")
    clustered = next((names for name in clusters if (names := _names(config.get(name)))), ())
    return Layout(_names(config.get("partition_by")), (), clustered)


def _trino(config: Config) -> Layout:
    """``properties: {partitioning: "ARRAY['day(ts)']", sorted_by: …}``; Hive's say ``partitioned_by``."""
    given = config.get("properties")
    properties = given if isinstance(given, Mapping) else {}

    def array(name: str) -> tuple[str, ...]:
        return tuple(_QUOTED.findall(str(properties.get(name) or "")))

    partitioned_by = array("partitioning") or array("partitioned_by")
    return Layout(partitioned_by, array("sorted_by"), array("bucketed_by"))


def _athena(config: Config) -> Layout:
    return Layout(_names(config.get("partitioned_by")), (), _names(config.get("bucketed_by")))


def _vertica(config: Config) -> Layout:
    return Layout(_names(config.get("partition_by_string")), _names(config.get("order_by")))


def _singlestore(config: Config) -> Layout:
    return Layout((), _names(config.get("sort_key")), _names(config.get("shard_key")))


def _firebolt(config: Config) -> Layout:
    return Layout(_names(config.get("partition_by")), _names(config.get("primary_index")))


_READERS: Mapping[str, Callable[[Config], Layout]] = {
    "bigquery": _bigquery,
    "redshift": _redshift,
    "clickhouse": _clickhouse,
    "starrocks": _starrocks,
    "doris": _starrocks,
    "trino": _trino,
    "athena": _athena,
    "vertica": _vertica,
    "singlestore": _singlestore,
    "firebolt": _firebolt,
}


def _names(value: Any) -> tuple[str, ...]:
    """``"a"``, ``"a, b"``, ``["a", "b"]`` or ``"LINEAR(a, b)"`` as its parts."""
    if isinstance(value, str):
        return key_list(value)
    if isinstance(value, list):
        return tuple(part for entry in value if isinstance(entry, str) for part in (entry.strip(),) if part)
    return ()


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _words(text: str) -> Cursor:
    return Cursor(text, tokenize(text, backslashes=True, brackets=False))
