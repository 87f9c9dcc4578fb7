"""Indexes that another index of the same table makes needless, and how they are dropped."""

from __future__ import annotations

from dataclasses import dataclass

from dashlint.catalog.engine_names import dialect
from dashlint.catalog.model import Index, Table
from dashlint.sql.names import identifier, path


@dataclass(frozen=True)
class Redundant:
    """An index, and the one that finds all that it finds."""

    index: Index
    by: Index


def redundant_indexes(table: Table) -> tuple[Redundant, ...]:
    """The plain B-trees of a table whose keys another one begins with, in the same order.

    Unique indexes and primary keys stay, as they guard something; so do partial indexes, unless the other is
    partial in the same way. Of two equal ones, the later goes.
    """
    known = list(table.indexes or ())
    found: list[Redundant] = []
    gone: set[int] = set()
    for number, index in enumerate(known):
        if index.unique or index.primary or not index.columns:
            continue
        for other_number, other in enumerate(known):
            if other_number == number or other_number in gone or not _covers(other, index):
                continue
            if _covers(index, other) and not (other.unique or other.primary) and other_number > number:
                continue  # the other one of two equal ones goes
            found.append(Redundant(index, other))
            gone.add(number)
            break
    return tuple(found)


def _covers(other: Index, index: Index) -> bool:
    """Whether ``other`` finds and holds all that ``index`` does."""
    if index.method != "btree" or other.method != "btree" or index.where != other.where:
        return False
    if other.columns[: len(index.columns)] != index.columns:
        return False
    held = {key.name for key in other.columns} | set(other.include)
    return set(index.include) <= held


def drop_sql(table: Table, index: Index, engine: str | None) -> str | None:
    """The statement that drops an index; None where it has no name."""
    if index.name is None:
        return None
    name = dialect(engine)
    where = path((table.catalog if name == "mssql" else None, table.schema, table.name), engine)
    own = path((table.schema, index.name), engine)
    if name in {"postgresql", "yugabytedb"}:
        # An index of a partitioned table cannot be dropped concurrently (PostgreSQL manual, DROP INDEX).
        how = "" if table.partitioned_by or name == "yugabytedb" else " CONCURRENTLY"
        return f"DROP INDEX{how} {own};"
    if name in {"mysql", "mariadb", "oceanbase"}:
        return f"ALTER TABLE {where} DROP INDEX {identifier(index.name, engine)};"
    if name == "mssql":
        return f"DROP INDEX {identifier(index.name, engine)} ON {where};"
    return f"DROP INDEX {own};"
