"""Catalogs from what a Superset said of its databases' tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dashlint.assets import Database
from dashlint.catalog.load import CatalogSet
from dashlint.catalog.model import Catalog, Table
from dashlint.catalog.superset import table_from_metadata

#: Database; table name, schema, catalog; the answer's JSON; ``table``, ``view`` or None.
Answer = tuple[Database, "tuple[str, str | None, str | None]", Mapping[str, Any], "str | None"]


def catalogs_of(answers: Iterable[Answer], source: str) -> CatalogSet:
    """One catalog for each database that the answers speak of. ``source`` names the server."""
    tables: dict[Database, list[Table]] = {}
    for database, (_name, schema, catalog), metadata, kind in answers:
        table = table_from_metadata(metadata, schema=schema, catalog=catalog, source=source)
        if table is not None:
            tables.setdefault(database, []).append(replace(table, kind=kind) if kind else table)
    return CatalogSet(
        Catalog(found, engine=database.engine, database=database.name, source=source)
        for database, found in tables.items()
    )
