"""Statements that create an index, in the words of each engine that has them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from dashlint.catalog.engine_names import dialect
from dashlint.catalog.expression_keys import expression_key, is_expression
from dashlint.catalog.model import Table
from dashlint.catalog.wanted import TextSearch
from dashlint.sql.names import identifier, index_name, path


class IndexSql(NamedTuple):
    """A statement, what to know before running it, its documentation, and the index as HypoPG takes it."""

    statement: str
    note: str = ""
    source: str = ""
    hypothetical: str | None = None


_POSTGRES = "postgresql.org/docs/current/sql-createindex.html"
_SOURCES = {
    "cockroachdb": "cockroachlabs.com/docs/stable/create-index: built online",
    "db2": "ibm.com/docs/en/db2: CREATE INDEX",
    "greenplum": "docs.vmware.com, Greenplum CREATE INDEX: there is no CONCURRENTLY",
    "mariadb": "mariadb.com/kb/en/innodb-online-ddl-operations-with-the-inplace-alter-algorithm",
    "mssql": "learn.microsoft.com/sql/relational-databases/indexes/perform-index-operations-online",
    "mysql": "dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html",
    "oceanbase": "en.oceanbase.com/docs: CREATE INDEX",
    "oracle": "docs.oracle.com, SQL Language Reference, CREATE INDEX: ONLINE",
    "postgresql": _POSTGRES,
    "sqlite": "sqlite.org/lang_createindex.html",
    "timescaledb": "docs.timescale.com/api/latest/hypertable/create_index",
    "yugabytedb": "docs.yugabyte.com: CREATE INDEX is online by default",
}
_PARTITIONED = (
    "The table is partitioned, where PostgreSQL has no CONCURRENTLY: this stops writes while it runs. "
    "On a busy table, create the index ON ONLY the table, then one CONCURRENTLY on each partition, and "
    "ATTACH them."
)
#: Types without an order that a B-tree could use: PostgreSQL manual, 11.10 (no default operator class);
#: MySQL manual, "CREATE INDEX" (JSON, spatial); SQL Server and Oracle: large objects.
_NO_KEY = {
    "postgresql": re.compile(r"(json|xml|point|line|lseg|box|path|polygon|circle)$"),
    "mysql": re.compile(r"json|geometry|.*point|.*linestring|.*polygon"),
    "mssql": re.compile(r"n?text|image|xml|n?varchar ?\(max\)|varbinary ?\(max\)|geography|geometry"),
    "oracle": re.compile(r"n?clob|blob|bfile|long|xmltype|sdo_geometry"),
}
#: MySQL indexes the first characters of texts that are too long: 767 bytes fit in every row format, at 4
#: bytes a character; a whole key may have 3072 (MySQL manual, "InnoDB Limits").
_TEXT_KEY = 191
_MOST_KEY_BYTES = 3072
_LONG_TEXT = re.compile(r"(tiny|medium|long)?(text|blob)\b")
_BOUNDED = re.compile(r"(?:var)?(?:char|binary) ?\((\d+)\)")


def may_be_key(table: Table, column: str, engine: str | None) -> bool:
    """Whether a column's type can be the key of a B-tree; unknown types may."""
    known = table.column(column)
    name = dialect(engine)
    pattern = _NO_KEY.get({"mariadb": "mysql"}.get(name, name))
    return known is None or known.type is None or pattern is None or not pattern.match(known.type.lower())


def index_sql(table: Table, keys: Sequence[str], engine: str | None) -> IndexSql | None:
    """The statement that creates a B-tree on columns; None for an engine that has none."""
    name = dialect(engine)
    if name not in _SOURCES:
        return None
    columns = [_spelt(table, key) for key in keys]
    listed = ", ".join(_keys(table, columns, engine))
    where = path((table.catalog if name == "mssql" else None, table.schema, table.name), engine)
    index = identifier(_name(table, columns, engine), engine)
    source = _SOURCES[name]
    if name == "postgresql":
        return _postgres(table, f"({listed})", index, where)
    if name in {"mysql", "mariadb"}:
        options = ", ALGORITHM=INPLACE, LOCK=NONE"
        return IndexSql(f"ALTER TABLE {where} ADD INDEX {index} ({listed}){options};", source=source)
    if name == "sqlite":
        # The schema stands before the index, not before the table.
        schema = f"{identifier(table.schema, engine)}." if table.schema else ""
        on = identifier(table.name, engine)
        return IndexSql(
            f"CREATE INDEX IF NOT EXISTS {schema}{index} ON {on} ({listed});",
            "Run ANALYZE afterwards.",
            source,
        )
    if name == "mssql":
        note = "ONLINE = ON is for Enterprise and Azure; leave it out elsewhere."
        return IndexSql(f"CREATE INDEX {index} ON {where} ({listed}) WITH (ONLINE = ON);", note, source)
    if name == "oracle":
        note = "ONLINE is for the Enterprise Edition; leave it out elsewhere."
        return IndexSql(f"CREATE INDEX {index} ON {where} ({listed}) ONLINE;", note, source)
    if name == "timescaledb":
        options = " WITH (timescaledb.transaction_per_chunk)"
        return IndexSql(f"CREATE INDEX {index} ON {where} ({listed}){options};", source=source)
    exists = " IF NOT EXISTS" if name in {"cockroachdb", "yugabytedb"} else ""
    return IndexSql(f"CREATE INDEX{exists} {index} ON {where} ({listed});", source=source)


def text_index_sql(table: Table, search: TextSearch, engine: str | None) -> IndexSql | None:
    """The statement for an index that finds texts by a pattern; None where the engine has no such index.

    PostgreSQL: trigrams (pg_trgm) for what may stand anywhere or in any case, else an index in the order of
    the characters; SQLite: one that ignores case, as its LIKE does.
    """
    name = dialect(engine)
    column = _spelt(table, search.column)
    spelt = identifier(column, engine)
    where = path((table.schema, table.name), engine)
    anywhere = search.kind == "contains" or search.any_case
    if name in {"postgresql", "timescaledb"} and not anywhere:
        index = identifier(_name(table, (column,), engine, "like"), engine)
        return _postgres(table, f"({spelt} {_pattern_class(table, column)})", index, where)
    if name == "postgresql":
        index = identifier(_name(table, (column,), engine, "trgm"), engine)
        made = _postgres(table, f"USING gin ({spelt} gin_trgm_ops)", index, where)
        note = f"CREATE EXTENSION IF NOT EXISTS pg_trgm; is needed once. {made.note}".strip()
        return made._replace(note=note, source="postgresql.org/docs/current/pgtrgm.html")
    if name == "cockroachdb":
        index = identifier(_name(table, (column,), engine, "trgm"), engine)
        return IndexSql(
            f"CREATE INDEX IF NOT EXISTS {index} ON {where} USING GIN ({spelt} gin_trgm_ops);",
            source="cockroachlabs.com/docs/stable/trigram-indexes",
        )
    if name == "sqlite" and search.kind == "prefix":
        schema = f"{identifier(table.schema, engine)}." if table.schema else ""
        index = identifier(_name(table, (column,), engine, "nocase"), engine)
        on = identifier(table.name, engine)
        return IndexSql(
            f"CREATE INDEX IF NOT EXISTS {schema}{index} ON {on} ({spelt} COLLATE NOCASE);",
            "Run ANALYZE afterwards.",
            "sqlite.org/optoverview.html, 5. The LIKE Optimization",
        )
    return None


def _postgres(table: Table, keys: str, index: str, where: str) -> IndexSql:
    hypothetical = f"CREATE INDEX ON {where} {keys}"
    if table.partitioned_by:
        statement = f"CREATE INDEX IF NOT EXISTS {index} ON {where} {keys};"
        return IndexSql(statement, _PARTITIONED, f"{_POSTGRES}, ddl-partitioning 5.12.2.2", hypothetical)
    statement = f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index} ON {where} {keys};"
    return IndexSql(statement, "Not inside a transaction.", _POSTGRES, hypothetical)


def _pattern_class(table: Table, column: str) -> str:
    known = table.column(column)
    name = (known.type or "").lower() if known is not None else ""
    return "bpchar_pattern_ops" if name.startswith(("character(", "char(", "bpchar")) else "text_pattern_ops"


def _keys(table: Table, columns: Sequence[str], engine: str | None) -> list[str]:
    """The keys as they are written: in MySQL, long texts with the length that fits."""
    spelt = [_spelling(table, column, engine) for column in columns]
    if dialect(engine) not in {"mysql", "mariadb", "oceanbase"}:
        return spelt
    lengths = [_characters(table, column) for column in columns]
    if sum(min(length, _MOST_KEY_BYTES + 1) for length in lengths) * 4 <= _MOST_KEY_BYTES:
        return spelt
    return [
        f"{name}({_TEXT_KEY})" if length > _TEXT_KEY else name
        for name, length in zip(spelt, lengths, strict=True)
    ]


def _spelling(table: Table, key: str, engine: str | None) -> str:
    expression = expression_key(table, key, engine) if is_expression(table, key) else None
    return expression or identifier(key, engine)


def _characters(table: Table, column: str) -> int:
    """How many characters a text column may have; 0 of other types."""
    known = table.column(column)
    name = (known.type or "").lower() if known is not None else ""
    bounded = _BOUNDED.match(name)
    if bounded:
        return int(bounded.group(1))
    return _MOST_KEY_BYTES + 1 if _LONG_TEXT.match(name) else 0


def _name(table: Table, columns: Sequence[str], engine: str | None, suffix: str = "idx") -> str:
    taken = [index.name for index in table.indexes or () if index.name]
    return index_name(table.name, columns, engine, suffix=suffix, taken=taken)


def _spelt(table: Table, column: str) -> str:
    """A column as the catalog spells it."""
    known = table.column(column)
    return known.name if known is not None else column
