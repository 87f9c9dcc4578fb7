"""The indexes that dbt creates: declared, by constraints of a contract, and by hooks.

Sources: docs.getdbt.com/reference/resource-configs/postgres-configs ("Indexes"),
docs.getdbt.com/reference/resource-properties/constraints, …/mssql-configs (``as_columnstore``),
docs.getdbt.com/reference/resource-configs/pre-hook-post-hook.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dashlint.catalog import ddl
from dashlint.catalog.model import Index, IndexColumn

#: Adapters whose databases find rows by indexes. The others only lay their rows out.
_INDEXED = frozenset(
    {
        "postgres",
        "greenplum",
        "alloydb",
        "materialize",
        "risingwave",
        "duckdb",
        "sqlserver",
        "synapse",
        "fabric",
    }
    | {"mysql", "mysql5", "mariadb", "sqlite", "oracle", "cratedb", "ibmdb2", "tidb", "yugabytedb"}
)
_COLUMNSTORES = frozenset({"sqlserver", "synapse"})
_THIS = re.compile(r"\{\{\s*this\s*\}\}")
#: What may make an index without our seeing how: one that Jinja writes, or a macro of the project's own.
_MAYBE = re.compile(r"(?i)\bindex|\bprimary\s+key|\bunique\b|\{\{(?!\s*this\b)")


def indexes_of(
    node: Mapping[str, Any], adapter: str, engine: str, relation: str
) -> tuple[tuple[Index, ...] | None, bool]:
    """A model's, seed's or snapshot's indexes, and whether these are all.

    Args:
        node: its entry in ``manifest.json``.
        adapter: ``adapter_type`` of the manifest.
        engine: the dialect of SQL in hooks.
        relation: its name in SQL, for ``{{ this }}`` in hooks.

    Returns:
        None instead of indexes for engines that have none. dbt creates no other indexes than these, so the
        list is complete unless a hook may have made some.
    """
    if adapter not in _INDEXED:
        return None, True
    config = node.get("config")
    config = config if isinstance(config, Mapping) else {}
    found = [*_constraints(node, config), *_declared(config)]
    if adapter in _COLUMNSTORES and config.get("as_columnstore") is not False:
        found.append(Index(None, (), method="columnstore"))
    complete = True
    for hook in _hooks(config):
        statement = _THIS.sub(lambda _: relation, hook)
        tables, problems = ddl.read(statement, engine)
        made = [index for table in tables.tables for index in table.indexes or ()]
        found += made
        complete = complete and bool((made and not problems) or not _MAYBE.search(statement))
    return tuple(found), complete


def may_make_indexes(operation: Mapping[str, Any]) -> bool:
    """Whether what runs at the start or end of ``dbt run`` may create an index somewhere."""
    text = str(operation.get("raw_code") or operation.get("raw_sql") or "")
    return re.search(r"(?i)\bindex", text) is not None


def _declared(config: Mapping[str, Any]) -> Iterator[Index]:
    """``indexes: [{columns: […], unique: true, type: hash}]``."""
    for entry in _list(config.get("indexes")):
        columns = entry.get("columns") if isinstance(entry, Mapping) else None
        names = [columns] if isinstance(columns, str) else columns
        if not isinstance(names, list):
            continue
        keys = tuple(IndexColumn(name) for name in names if isinstance(name, str))
        if keys:
            include = entry.get("included_columns")
            yield Index(
                None,
                keys,
                unique=bool(entry.get("unique")),
                method=_method(entry.get("type")),
                include=tuple(str(name) for name in include) if isinstance(include, list) else (),
            )


def _method(value: Any) -> str:
    method = str(value or "btree").lower()
    return "btree" if method in {"clustered", "nonclustered"} else method


def _constraints(node: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[Index]:
    """Primary and unique keys: created only where the contract is enforced, and never for a view."""
    contract = config.get("contract")
    enforced = isinstance(contract, Mapping) and contract.get("enforced") is True
    if not enforced or config.get("materialized") not in {"table", "incremental"}:
        return
    columns = node.get("columns")
    entries: list[tuple[Any, list[Any]]] = [
        (constraint, [column.get("name")])
        for column in (columns.values() if isinstance(columns, Mapping) else ())
        if isinstance(column, Mapping)
        for constraint in _list(column.get("constraints"))
    ]
    entries += [
        (c, _list(c.get("columns"))) for c in _list(node.get("constraints")) if isinstance(c, Mapping)
    ]
    for constraint, names in entries:
        kind = constraint.get("type") if isinstance(constraint, Mapping) else None
        keys = tuple(IndexColumn(name) for name in names if isinstance(name, str))
        if kind in {"primary_key", "unique"} and keys:
            yield Index(None, keys, unique=True, primary=kind == "primary_key")


def _hooks(config: Mapping[str, Any]) -> Iterator[str]:
    for key in ("pre-hook", "post-hook", "pre_hook", "post_hook"):
        given = config.get(key)
        for hook in given if isinstance(given, list) else [given]:
            text = hook.get("sql") if isinstance(hook, Mapping) else hook
            if isinstance(text, str):
                yield text


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
