"""Keys of indexes and lists of names, as every dialect writes them."""

from __future__ import annotations

from dataclasses import replace

from dashlint.catalog.model import Index, IndexColumn
from dashlint.catalog.tokens import Cursor, UnreadableError

_ORDERS = frozenset({"ASC", "DESC"})


def read_index(item: Cursor, name: str | None, *, unique: bool = False) -> Index:
    """From the words before the keys (``name USING btree (a, b) INCLUDE (c) WHERE …``) to the end."""
    before = _before_keys(item, Index(name, (), unique=unique))
    keys = tuple(read_key(key) for key in item.group().items() if not key.done)
    index = replace(before, columns=keys)
    while not item.done:
        if item.skip("INCLUDE") or item.skip("STORING"):
            index = replace(index, include=names_of(item.group()))
        elif item.skip("USING") and item.peek() != "INDEX":  # Oracle's and PostgreSQL's USING INDEX
            index = replace(index, method=item.name().lower() if item.is_name() else index.method)
        elif item.skip("WHERE"):
            end = next(
                (n for n in range(item.at, len(item.tokens)) if _ends_where(item, n)), len(item.tokens)
            )
            index = replace(index, where=item.between(item.at, end) or None)
            item.at = end
        else:
            item.pass_one()
    return index


def _before_keys(item: Cursor, index: Index) -> Index:
    """The name, the method and the words between them."""
    while item.peek() != "(":
        if (
            item.skip("USING", "INDEX")
            or item.skip("NULLS", "NOT", "DISTINCT")
            or item.skip("NULLS", "DISTINCT")
        ):
            continue
        if item.skip("USING"):
            index = replace(index, method=item.name().lower())
        elif item.skip("UNIQUE"):  # SQL Server, within CREATE TABLE
            index = replace(index, unique=True)
        elif item.peek() in {"CLUSTERED", "NONCLUSTERED", "HASH", "COLUMNSTORE"}:
            word = item.take().upper
            index = replace(
                index, method={"HASH": "hash", "COLUMNSTORE": "columnstore"}.get(word, index.method)
            )
        else:
            found = item.name()
            index = replace(index, name=index.name if index.name is not None else found)
    return index


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
