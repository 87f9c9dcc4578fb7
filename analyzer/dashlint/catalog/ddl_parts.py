"""Parts of DDL statements: columns, keys of indexes, clauses behind the column list."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashlint.catalog.model import ColumnStatistics, Index, IndexColumn
from dashlint.catalog.tokens import Cursor, UnreadableError, word_set

# Words that end a column's type.
_AFTER_TYPE = word_set(
    "NOT NULL DEFAULT PRIMARY UNIQUE REFERENCES CHECK CONSTRAINT COLLATE GENERATED AUTO_INCREMENT",
    "KEY ALIAS TTL AUTOINCREMENT IDENTITY COMMENT ENCODE DISTKEY SORTKEY CODEC MATERIALIZED",
    "EPHEMERAL OPTIONS STORAGE VIRTUAL STORED AS ON VISIBLE INVISIBLE ENABLE DISABLE COMPRESSION",
    "ROWGUIDCOL SPARSE MASKED INLINE SUM REPLACE MAX MIN HLL_UNION BITMAP_UNION REPLACE_IF_NOT_NULL",
    "WITH INDEX",
)
_ORDERS = frozenset({"ASC", "DESC"})
_KINDS = frozenset({"FULLTEXT", "SPATIAL", "BITMAP", "VECTOR", "INVERTED", "COLUMNSTORE"})


@dataclass
class Parts:
    """What the parentheses and clauses of a CREATE TABLE say."""

    columns: dict[str, ColumnStatistics] = field(default_factory=dict)
    indexes: list[Index] = field(default_factory=list)
    partitioned_by: tuple[str, ...] = ()
    sort_key: tuple[str, ...] = ()
    clustered_by: tuple[str, ...] = ()
    parents: list[tuple[str, ...]] = field(default_factory=list)


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
    if item.peek() in {"FOREIGN", "CHECK", "EXCLUDE", "LIKE", "PERIOD", "PROJECTION"} and (
        name is not None
        or item.peek(1) in {"KEY", "(", "USING", "FOR"}
        or item.peek() in {"LIKE", "PROJECTION"}
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
    name = item.name() if item.peek() not in {"(", "USING"} else None
    clickhouse = [n for n in range(item.at, len(item.tokens)) if item.tokens[n].upper == "TYPE"]
    if clickhouse:  # ``INDEX name expression TYPE minmax GRANULARITY 4``
        key = read_key(Cursor(item.text, item.tokens[item.at : clickhouse[0]]))
        kind = item.tokens[clickhouse[0] + 1].text.lower() if clickhouse[0] + 1 < len(item.tokens) else "skip"
        return Index(name, (key,), method=kind)
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


def read_index(item: Cursor, name: str | None, *, unique: bool = False) -> Index:
    """From the words before the keys (``name USING btree (a, b) INCLUDE (c) WHERE …``) to the end."""
    method = "btree"
    while item.peek() != "(":
        if item.skip("USING", "INDEX"):
            continue
        if item.skip("USING"):
            method = item.name().lower()
        elif item.peek() in {"CLUSTERED", "NONCLUSTERED", "HASH", "COLUMNSTORE"}:
            word = item.take().upper
            method = {"HASH": "hash", "COLUMNSTORE": "columnstore"}.get(word, method)
        elif item.skip("NULLS", "NOT", "DISTINCT") or item.skip("NULLS", "DISTINCT"):
            continue
        else:
            found = item.name()
            name = name if name is not None else found
    keys = tuple(read_key(key) for key in item.group().items() if not key.done)
    include: tuple[str, ...] = ()
    where = None
    while not item.done:
        if item.skip("INCLUDE") or item.skip("STORING"):
            include = names_of(item.group())
        elif item.skip("USING") and item.peek() != "INDEX":  # Oracle's and PostgreSQL's USING INDEX
            method = item.name().lower() if item.is_name() else method
        elif item.skip("WHERE"):
            end = next(
                (n for n in range(item.at, len(item.tokens)) if _ends_where(item, n)), len(item.tokens)
            )
            where = item.between(item.at, end)
            item.at = end
        elif item.peek() == "(":
            item.group()
        else:
            item.take()
    return Index(name, keys, unique=unique, method=method, where=where or None, include=include)


def _ends_where(item: Cursor, place: int) -> bool:
    following = item.tokens[place + 1].upper if place + 1 < len(item.tokens) else ""
    return item.tokens[place].upper == "WITH" and following == "("


def read_key(item: Cursor) -> IndexColumn:
    """One key: a column or an expression, with its order, operator class and collation."""
    tokens = list(item.tokens)
    descending = False
    while tokens:
        if len(tokens) > 2 and tokens[-2].upper == "NULLS" and tokens[-1].upper in {"FIRST", "LAST"}:
            tokens = tokens[:-2]
        elif tokens[-1].upper in _ORDERS and len(tokens) > 1:
            descending = tokens.pop().upper == "DESC"
        else:
            break
    key = Cursor(item.text, tokens)
    if not tokens:
        raise UnreadableError("an index has an empty key")
    collation = operator_class = None
    length = None
    if key.is_name() and key.peek(1) not in {"(", "."} and (len(tokens) == 1 or key.is_name(1)):
        name = key.name()
        while not key.done:
            if key.skip("COLLATE"):
                collation = ".".join(key.path())
            elif key.is_name():
                operator_class = ".".join(key.path()).rpartition(".")[2]
            elif key.peek() == "(":
                key.group()
            else:
                return IndexColumn(None, key.between(0, len(tokens)), descending)
        return IndexColumn(name, None, descending, operator_class, collation, length)
    if key.is_name() and len(tokens) == 4 and tokens[2].kind == "number" and key.peek(1) == "(":
        return IndexColumn(tokens[0].text, None, descending, length=int(float(tokens[2].text)))
    return _expression_key(key, descending=descending)


def _expression_key(key: Cursor, *, descending: bool) -> IndexColumn:
    start = key.at
    if key.peek() == "(":
        inner = key.group()
        expression = inner.rest()
        if not key.done and not key.is_name():
            key.at = len(key.tokens)
            expression = key.between(start, key.at)
    else:
        while not key.done and key.peek() != "(":
            key.take()
        if not key.done:
            key.group()
        if not key.done and not key.is_name():
            key.at = len(key.tokens)
        expression = key.between(start, key.at)
    collation = operator_class = None
    while not key.done:
        if key.skip("COLLATE"):
            collation = ".".join(key.path())
        elif key.is_name():
            operator_class = ".".join(key.path()).rpartition(".")[2]
        else:
            key.take()
    return IndexColumn(None, expression, descending, operator_class, collation)


def names_of(group: Cursor) -> tuple[str, ...]:
    """Names or expressions between commas; a plain name without its quotes."""
    found = []
    for item in group.items():
        if item.done:
            continue
        tokens = (
            item.tokens[:-1] if item.tokens[-1].upper in _ORDERS and len(item.tokens) > 1 else item.tokens
        )
        plain = len(tokens) == 1 and tokens[0].kind in {"word", "name"}
        found.append(tokens[0].text if plain else item.between(0, len(tokens)))
    return tuple(found)


def _replace(index: Index, *, primary: bool = False, method: str | None = None) -> Index:
    return Index(
        index.name, index.columns, index.unique, primary, method or index.method, index.where, index.include
    )
