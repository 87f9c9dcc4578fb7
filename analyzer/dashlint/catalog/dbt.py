"""What dbt knows of a warehouse: ``manifest.json`` and ``catalog.json`` of its target folder.

Source: docs.getdbt.com/reference/artifacts/manifest-json and …/catalog-json. Both were read as dbt-core 1.10
writes them; older manifests differ in the names of two keys (``compiled_sql`` until v6).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dashlint import json_text
from dashlint.assets import Problem
from dashlint.catalog.dbt_indexes import indexes_of, may_make_indexes
from dashlint.catalog.dbt_layout import Layout, of_config, of_stats, skip_indexes
from dashlint.catalog.model import Catalog, ColumnStatistics, Table

#: Versions of the schema of manifest.json, from dbt 1.0 (v4) to 1.8 and later (v12).
_MANIFESTS = range(4, 13)
_CATALOGS = range(1, 2)
_VERSION = re.compile(r"/v(\d+)\.json$")
#: Adapter → name of the SQLAlchemy dialect in Superset, where they differ.
_ENGINES = {
    "postgres": "postgresql",
    "alloydb": "postgresql",
    "greenplum": "postgresql",
    "materialize": "postgresql",
    "risingwave": "risingwave",
    "athena": "awsathena",
    "spark": "hive",
    "glue": "awsathena",
    "sqlserver": "mssql",
    "synapse": "mssql",
    "fabric": "mssql",
    "exasol": "exa",
    "teradata": "teradatasql",
    "singlestore": "singlestoredb",
    "cratedb": "crate",
    "ibmdb2": "ibm_db_sa",
    "doris": "pydoris",
    "mysql5": "mysql",
}
_MADE = frozenset({"model", "seed", "snapshot"})
#: Statistics as the adapters name them: dbt-bigquery, dbt-snowflake, dbt-redshift and dbt-spark.
_ROWS = ("num_rows", "row_count", "rows")
_BYTES = ("num_bytes", "bytes", "size")


def is_artifact(text: str) -> bool:
    """Whether a JSON text is one of dbt's: the metadata come first."""
    return "schemas.getdbt.com/dbt/" in text[:2000]


def read(
    manifest: str | None, catalog: str | None, source: str = ""
) -> tuple[Catalog | None, tuple[Problem, ...]]:
    """The tables and views that a dbt project makes and reads. Never raises.

    From the manifest come names, declared indexes, layout and the SQL of views; from the catalog, which
    ``dbt docs generate`` writes, the columns' types, and rows and bytes where the adapter tells them. Indexes
    of sources are unknown: dbt does not make them.

    Args:
        manifest: the text of ``manifest.json``; None if there is none.
        catalog: the text of ``catalog.json``; None if there is none.
        source: the folder's name, for messages.
    """
    problems: list[Problem] = []
    head = _parsed(manifest, "manifest", _MANIFESTS, source, problems)
    told = _parsed(catalog, "catalog", _CATALOGS, source, problems)
    if head is None and told is None:
        return None, tuple(problems)
    adapter = str((_mapping((head or {}).get("metadata"))).get("adapter_type") or "").lower()
    nodes = dict(_nodes(head or {}))
    known = dict(_nodes(told or {}))
    unsure = any(
        may_make_indexes(node)
        for node in _mapping((head or {}).get("nodes")).values()
        if isinstance(node, Mapping) and node.get("resource_type") == "operation"
    )
    tables = []
    for key in (*nodes, *(key for key in known if key not in nodes)):
        table = _table(nodes.get(key, {}), known.get(key, {}), adapter, source, unsure=unsure)
        if table is not None:
            tables.append(table)
    if told is None and tables:
        message = (
            f"{source or 'The dbt project'} has no catalog.json, so its columns' types are not known: "
            "run `dbt docs generate`."
        )
        problems.append(Problem("incomplete-catalog", message, source or None))
    return Catalog(tables, engine=_ENGINES.get(adapter, adapter) or None, source=source), tuple(problems)


def _parsed(
    text: str | None, kind: str, versions: range, source: str, problems: list[Problem]
) -> Mapping[str, Any] | None:
    if text is None:
        return None
    name = f"{kind}.json"
    where = f"dbt's {name} in {source}" if source else f"dbt's {name}"
    try:
        raw = json_text.decode(text, finite=False)
    except json.JSONDecodeError as error:
        message = f"{where} is not valid JSON: {error.msg} in line {error.lineno}."
        problems.append(Problem("unreadable-catalog", message, source or None, error.lineno, error.colno))
        return None
    except ValueError as error:
        problems.append(Problem("unreadable-catalog", f"{where} is not valid JSON: {error}.", source or None))
        return None
    if not isinstance(raw, Mapping) or not isinstance(raw.get("nodes"), Mapping):
        message = f'{where} is none: it should be an object with "metadata" and "nodes".'
        problems.append(Problem("unreadable-catalog", message, source or None))
        return None
    found = _VERSION.search(str(_mapping(raw.get("metadata")).get("dbt_schema_version") or ""))
    if found is None or int(found[1]) not in versions:
        version = f"version {found[1]}" if found else "an unknown version"
        first, last = versions[0], versions[-1]
        span = f"{first} to {last}" if first != last else f"{first}"
        message = (
            f"{where} is of {version} of its schema; {span} is known, so some of it may have been missed."
        )
        problems.append(Problem("unknown-dbt-version", message, source or None))
    return raw


def _nodes(artifact: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for group in ("nodes", "sources"):
        for key, node in _mapping(artifact.get(group)).items():
            kind = str(key).partition(".")[0]
            if isinstance(node, Mapping) and (kind in _MADE or kind == "source"):
                yield str(key), node


def _table(
    node: Mapping[str, Any], told: Mapping[str, Any], adapter: str, source: str, *, unsure: bool
) -> Table | None:
    config, actual = _mapping(node.get("config")), _mapping(told.get("metadata"))
    materialized = str(config.get("materialized") or "")
    if (materialized == "ephemeral" and not told) or config.get("enabled") is False:
        return None
    made = node.get("resource_type") in _MADE
    # The catalog tells the names as the database has them (Snowflake: in capitals).
    name = (
        _text(actual.get("name"))
        or _text(node.get("alias" if made else "identifier"))
        or _text(node.get("name"))
    )
    if name is None:
        return None
    schema = _text(actual.get("schema")) or _text(node.get("schema"))
    database = _text(actual.get("database")) or _text(node.get("database"))
    kind = _kind(str(actual.get("type") or ""), materialized)
    stats = _stats(told)
    layout = of_config(config, adapter).filled(of_stats(stats, adapter)) if kind != "view" else Layout()
    relation = _text(node.get("relation_name")) or ".".join(part for part in (schema, name) if part)
    indexes, complete = (
        indexes_of(node, adapter, _ENGINES.get(adapter, adapter), relation) if made else (None, True)
    )
    if adapter == "clickhouse" and made:
        indexes = skip_indexes(config)
    sql = _text(node.get("compiled_code")) or _text(node.get("compiled_sql"))
    return Table(
        name=name,
        schema=schema,
        # Where a schema is a database (MySQL, ClickHouse, Spark), dbt repeats it.
        catalog=database if database != schema else None,
        kind=kind,
        columns=_columns(node, told),
        indexes=indexes if kind != "view" else None,
        rows=_count(stats, _ROWS),
        bytes=_count(stats, _BYTES),
        partitioned_by=layout.partitioned_by,
        sort_key=layout.sort_key,
        clustered_by=layout.clustered_by,
        source=source,
        indexes_complete=complete and not (unsure and indexes is not None),
        definition=sql.strip() if sql and kind in {"view", "materialized-view"} else None,
    )


def _kind(told: str, materialized: str) -> str:
    text = (told or materialized).upper().replace("_", " ")
    if "MATERIALIZED" in text or "DYNAMIC TABLE" in text or "STREAMING" in text:
        return "materialized-view"
    if "VIEW" in text:
        return "view"
    return "foreign-table" if "FOREIGN" in text else "table"


def _columns(node: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, ColumnStatistics]:
    declared = {
        str(column.get("name") or key): column
        for key, column in _mapping(node.get("columns")).items()
        if isinstance(column, Mapping)
    }
    actual = [column for column in _mapping(told.get("columns")).values() if isinstance(column, Mapping)]
    actual.sort(key=lambda column: column["index"] if isinstance(column.get("index"), int) else 0)
    if not actual:
        return {name: ColumnStatistics(name, _text(c.get("data_type"))) for name, c in declared.items()}
    found = {}
    for column in actual:
        name = _text(column.get("name"))
        if name is not None:
            found[name] = ColumnStatistics(name, _text(column.get("type")))
    return found


def _stats(told: Mapping[str, Any]) -> dict[str, Any]:
    """Values that hold for this table: ``include`` is false for a view's rows, which are written as 0."""
    return {
        key: entry.get("value")
        for key, entry in _mapping(told.get("stats")).items()
        if isinstance(entry, Mapping) and entry.get("include") is not False
    }


def _count(stats: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    for name in names:
        value = stats.get(name)
        try:
            number = float(value) if value is not None and not isinstance(value, bool) else -1.0
        except (TypeError, ValueError, OverflowError):
            continue
        if 0 <= number < float("inf"):
            return int(number)
    return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
