"""PostgreSQL: tables, columns, indexes, partitions and sizes from its system catalogs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashlint.catalog.live import postgres_queries as queries
from dashlint.catalog.live.assembly import Draft, partition_keys, primary_first, query_of
from dashlint.catalog.live.postgres_model import Found
from dashlint.catalog.live.postgres_statistics import add_statistics
from dashlint.catalog.live.session import Row, Session
from dashlint.catalog.model import ColumnStatistics, Index, IndexColumn, Table

_KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized-view", "f": "foreign-table"}
#: From this version on, reltuples is -1 where it was never counted (release notes of PostgreSQL 14).
_COUNTS_FROM = 140000


def engine(_session: Session) -> str:
    """SQLAlchemy's name of the dialect."""
    return "postgresql"


def schemas(session: Session) -> Sequence[str]:
    """All schemas but the system's."""
    return [row["name"] for row in session.rows(queries.SCHEMAS)]


def default_schemas(_session: Session, known: Sequence[str]) -> Sequence[str]:
    """The schemas to read where none is named: all."""
    return known


def tables(session: Session, wanted: Sequence[str]) -> tuple[Table, ...]:
    """The tables of the schemas, with statistics as far as the account may see them.

    Raises:
        CatalogError: tables or columns could not be read.
    """
    names = {"schemas": list(wanted)}
    found = Found()
    _read_tables(session.rows(queries.TABLES, **names), found)
    for row in session.rows(queries.COLUMNS, **names):
        draft = found.drafts.get(row["relid"])
        if draft is not None:
            draft.columns[row["name"]] = _column(row)
    for row in session.optional("the views' SQL", queries.VIEWS, **names) or ():
        if row["relid"] in found.drafts:
            found.drafts[row["relid"]].definition = query_of(row["definition"])
    texts = session.optional("the SQL of partial indexes and of expressions", queries.INDEX_SQL, **names)
    _read_indexes(session, session.rows(queries.INDEXES, **names), texts or (), found)
    _read_families(session.optional("the partitions", queries.FAMILIES), found)
    _read_sizes(session.optional("the sizes of tables", queries.SIZES, **names), found)
    _sum_families(found)
    add_statistics(
        session, session.optional("the statistics", queries.STATISTICS, values=session.values, **names), found
    )
    return tuple(draft.built(session.address.label) for draft in found.drafts.values())


def _read_tables(rows: Sequence[Row], found: Found) -> None:
    for row in rows:
        relid, kind = row["relid"], row["kind"]
        stored = kind in {"r", "m"}
        found.drafts[relid] = Draft(
            row["schema"],
            row["name"],
            _KINDS[kind],
            bytes=row["pages"] * row["block"] if stored and row["pages"] else None,
            indexes=None if kind in {"v", "f"} else [],
            partitioned_by=partition_keys(row["partitions"]) if row["partitions"] else (),
        )
        found.readable[relid] = bool(row["readable"])
        found.own_rows[relid] = None if kind == "v" else _counted(row, row["version"])
        found.drafts[relid].rows = found.own_rows[relid]
        if kind == "p":
            found.partitioned.add(relid)


def _counted(row: Row, version: int) -> int | None:
    """reltuples, where it was ever counted. Before PostgreSQL 14 a 0 may mean either."""
    unknown = row["rows"] < 0 or (version < _COUNTS_FROM and not row["rows"] and not row["pages"])
    return None if unknown else round(row["rows"])


def _column(row: Row) -> ColumnStatistics:
    return ColumnStatistics(row["name"], row["type"], row["nullable"], collation=row["collation"])


def _read_indexes(session: Session, rows: Sequence[Row], texts: Sequence[Row], found: Found) -> None:
    grouped: dict[int, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row["indexid"], []).append(row)
    written = {(row["indexid"], row["place"]): row for row in texts}
    unusable = []
    for group in grouped.values():
        owner = found.drafts.get(group[0]["relid"])
        if owner is None or owner.indexes is None:
            continue
        if not group[0]["usable"]:
            unusable.append(f"{owner.schema}.{group[0]['name']}")
            continue
        index = _index(group, written)
        if index is None:
            owner.indexes_complete = False
        else:
            owner.indexes.append(index)
    for draft in found.drafts.values():
        if draft.indexes is not None:
            draft.indexes.sort(key=primary_first)
    if unusable:
        names = ", ".join(sorted(unusable))
        session.problem(
            "unusable-index", f"PostgreSQL does not use these invalid indexes, so they do not count: {names}."
        )


def _index(rows: Sequence[Row], written: Mapping[tuple[int, int], Row]) -> Index | None:
    """An index; None where SQL in it could not be read, without which it would seem to serve more."""
    first = rows[0]
    sql = [written.get((row["indexid"], row["place"])) for row in rows]
    keys = [_key(row, text) for row, text in zip(rows, sql, strict=True) if row["is_key"]]
    where = sql[0]["predicate"] if sql[0] is not None else None
    if (first["is_partial"] and where is None) or any(key is None for key in keys):
        return None
    return Index(
        name=first["name"],
        columns=tuple(key for key in keys if key is not None),
        unique=first["is_unique"],
        primary=first["is_primary"],
        method=first["method"],
        where=where,
        include=tuple(row["column"] for row in rows if not row["is_key"]),
    )


def _key(row: Row, text: Row | None) -> IndexColumn | None:
    expression = None
    if row["column"] is None:
        expression = text["expression"] if text is not None else None
        if expression is None:
            return None
        if expression.startswith("("):  # what is no call stands in parentheses
            expression = expression[1:-1]
    return IndexColumn(row["column"], expression, row["descending"], row["operator_class"], row["collation"])


def _read_families(rows: Sequence[Row] | None, found: Found) -> None:
    for row in rows or ():
        found.families.setdefault(row["root"], []).append(row["member"])
        # Members may stand in schemas that were not asked for.
        found.own_rows.setdefault(row["member"], None if row["rows"] < 0 else round(row["rows"]))
        if row["kind"] == "p":
            found.partitioned.add(row["member"])


def _read_sizes(rows: Sequence[Row] | None, found: Found) -> None:
    sizes: dict[int, int] = {}
    for row in rows or ():
        if row["bytes"] is not None:
            sizes[row["relid"]] = row["bytes"]
            found.main_bytes[row["relid"]] = row["main"]
    for relid, draft in found.drafts.items():
        draft.bytes = sizes.get(relid, draft.bytes)
        members = found.families.get(relid)
        if members and rows is not None:
            draft.bytes = sum(sizes.get(member, 0) for member in members)


def _sum_families(found: Found) -> None:
    """A parent has the rows of all its parts. Where some were counted, a part without any page has none."""
    for root, members in found.families.items():
        draft = found.drafts.get(root)
        if draft is None:
            continue
        parts = [member for member in members if member not in found.partitioned]
        counted = [rows for part in parts if (rows := found.own_rows.get(part)) is not None]
        unknown = [
            part for part in parts if found.own_rows.get(part) is None and found.main_bytes.get(part) != 0
        ]
        if counted and not unknown:
            draft.rows = sum(counted)
        elif root not in found.partitioned:
            # What was counted of a table that others inherit from is its own part alone.
            draft.rows = None
