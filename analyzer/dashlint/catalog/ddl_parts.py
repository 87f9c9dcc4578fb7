"""Parts of DDL statements: columns, keys of indexes, clauses behind the column list."""

from __future__ import annotations

from dashlint.catalog.ddl_clickhouse import read_projection, read_skip_index
from dashlint.catalog.ddl_keys import names_of, read_index
from dashlint.catalog.ddl_model import Parts
from dashlint.catalog.model import ColumnStatistics, Index, IndexColumn
from dashlint.catalog.tokens import Cursor, word_set

# Words that end a column's type.
_AFTER_TYPE = word_set(
    "NOT NULL DEFAULT PRIMARY UNIQUE REFERENCES CHECK CONSTRAINT COLLATE GENERATED AUTO_INCREMENT",
    "KEY ALIAS TTL AUTOINCREMENT IDENTITY COMMENT ENCODE DISTKEY SORTKEY CODEC MATERIALIZED",
    "EPHEMERAL OPTIONS STORAGE VIRTUAL STORED AS ON VISIBLE INVISIBLE ENABLE DISABLE COMPRESSION",
    "ROWGUIDCOL SPARSE MASKED INLINE SUM REPLACE MAX MIN HLL_UNION BITMAP_UNION REPLACE_IF_NOT_NULL",
    "WITH INDEX",
)
_KINDS = frozenset({"FULLTEXT", "SPATIAL", "BITMAP", "VECTOR", "INVERTED", "COLUMNSTORE"})


def read_elements(elements: Cursor, parts: Parts, *, keys: bool) -> None:
    """The columns and constraints between the parentheses.

    ``keys`` tells that KEY and INDEX begin an index here (not in PostgreSQL, where they are
    good names for columns).
    """
    for item in elements.items():
        if not item.done and not read_constraint(item, parts, keys=keys):
            _column(item, parts)


def read_constraint(item: Cursor, parts: Parts, *, keys: bool) -> bool:
    """Read a constraint or index; False if it is none."""
    name = None
    start = item.at
    if item.skip("CONSTRAINT"):
        name = item.name() if item.peek() not in {"PRIMARY", "UNIQUE", "FOREIGN", "CHECK"} else None
    if item.skip("PRIMARY", "KEY"):
        if item.peek() == "(" or _has_group(item):
            index = read_index(item, name, unique=True)
            parts.indexes.append(_replace(index, primary=True))
        return True
    if item.peek() == "UNIQUE" and (name is not None or _has_group(item)):
        item.take()
        item.skip_any(frozenset({"KEY", "INDEX"}))
        parts.indexes.append(read_index(item, name, unique=True))
        return True
    if item.peek() == "PROJECTION" and (item.peek(2) in {"(", "INDEX"} or item.peek(1) == "IF"):
        item.take()
        item.skip("IF", "NOT", "EXISTS")
        parts.indexes.append(read_projection(item))
        return True
    if item.peek() in {"FOREIGN", "CHECK", "EXCLUDE", "LIKE", "PERIOD"} and (
        name is not None or item.peek(1) in {"KEY", "(", "USING", "FOR"} or item.peek() == "LIKE"
    ):
        if item.skip("LIKE"):
            parts.parents.append(item.path())
        return True
    if item.peek() in {"SORT", "SHARD"} and item.peek(1) == "KEY":  # SingleStore
        sorts = item.take().upper == "SORT"
        item.take()
        if item.peek() == "(":
            names = names_of(item.group())
            parts.sort_key, parts.clustered_by = (
                (names, parts.clustered_by) if sorts else (parts.sort_key, names)
            )
        return True
    if keys and _is_index(item):
        parts.indexes.append(_inline_index(item))
        return True
    if name is not None:
        return True
    item.at = start
    return False


def _has_group(item: Cursor) -> bool:
    """Whether a parenthesis follows within the words that may stand before one."""
    for ahead in range(1, 7):
        if item.peek(ahead) == "(":
            return True
        if not item.is_name(ahead):
            return False
    return False


def _is_index(item: Cursor) -> bool:
    ahead = 0
    if item.peek() in _KINDS:
        ahead = 1
    elif item.peek() not in {"KEY", "INDEX"}:
        return False
    if item.peek(ahead) in {"KEY", "INDEX"}:
        ahead += 1
    elif ahead:
        return item.peek(ahead) == "(" or item.is_name(ahead)
    if item.peek(ahead + 1) == "CLUSTERED" and item.peek(ahead + 2) == "COLUMNSTORE":
        return True
    for place in range(ahead, min(len(item.tokens), ahead + 7)):
        if item.peek(place) in {"(", "TYPE"}:
            following = item.tokens[item.at + place + 1] if item.at + place + 1 < len(item.tokens) else None
            return following is not None and following.kind != "number"  # ``key varchar(20)``
        if not item.is_name(place):
            return False
    return False


def _inline_index(item: Cursor) -> Index:
    method = None
    if item.peek() in _KINDS:
        method = item.take().text.lower()
    item.skip_any(frozenset({"KEY", "INDEX"}))
    item.skip("IF", "NOT", "EXISTS")
    name = item.name() if item.peek() not in {"(", "USING"} else None
    if item.skip("CLUSTERED", "COLUMNSTORE"):  # SQL Server: the whole table
        return Index(name, (), method="columnstore")
    skipping = read_skip_index(item, name)
    if skipping is not None:
        return skipping
    index = read_index(item, name)
    return _replace(index, method=method) if method else index


def _column(item: Cursor, parts: Parts) -> None:
    name = item.name()
    start = item.at
    while not item.done:
        word = item.peek()
        if word == "(":
            item.group()
            continue
        timed = word == "WITH" and item.peek(1) in {"TIME", "LOCAL"}
        charset = word == "CHARACTER" and item.peek(1) == "SET"
        if (word in _AFTER_TYPE and not timed) or charset:
            break
        item.take()
    kind = item.between(start, item.at) or None
    if kind and item.tokens[start].kind == "name":  # SQL Server's ``[int]``
        kind = (item.tokens[start].text + " " + item.between(start + 1, item.at)).replace(" (", "(").strip()
    column = ColumnStatistics(name, kind, None if kind is None else True)
    parts.columns[name] = _options(item, column, parts)


def _options(item: Cursor, column: ColumnStatistics, parts: Parts) -> ColumnStatistics:
    """What stands behind a column's type."""
    name = column.name
    while not item.done:
        if item.skip("NOT", "NULL"):
            column = column._replace(nullable=False)
        elif item.skip("PRIMARY", "KEY"):
            parts.indexes.append(Index(None, (IndexColumn(name),), unique=True, primary=True))
            column = column._replace(nullable=False)
        elif item.skip("UNIQUE"):
            item.skip("KEY")
            parts.indexes.append(Index(None, (IndexColumn(name),), unique=True))
        elif item.skip("COLLATE") and item.is_name():
            column = column._replace(collation=item.path()[-1])
        elif item.skip("SORTKEY"):
            parts.sort_key = (*parts.sort_key, name)
        elif item.skip("DISTKEY"):
            parts.clustered_by = (*parts.clustered_by, name)
        else:
            item.pass_one()
    return column


def _replace(index: Index, *, primary: bool = False, method: str | None = None) -> Index:
    return Index(
        index.name, index.columns, index.unique, primary, method or index.method, index.where, index.include
    )
