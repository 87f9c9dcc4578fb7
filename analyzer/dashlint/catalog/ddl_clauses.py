"""Clauses of CREATE TABLE that tell how the data lies: partitions, sort and cluster keys."""

from __future__ import annotations

import re

from dashlint.catalog.ddl_keys import names_of
from dashlint.catalog.ddl_parts import Parts, read_elements
from dashlint.catalog.model import Index, IndexColumn
from dashlint.catalog.tokens import Cursor, tokenize, word_set

# Where an expression without parentheses ends (``PARTITION BY toYYYYMM(ts) ORDER BY …``).
_CLAUSES = word_set(
    "PARTITION PARTITIONED ORDER PRIMARY CLUSTER CLUSTERED SORTED SAMPLE TTL SETTINGS OPTIONS ENGINE",
    "AS COMMENT WITH TABLESPACE USING SORTKEY DISTKEY DISTSTYLE COMPOUND INTERLEAVED DISTRIBUTED",
    "PROPERTIES LOCATION STORED ROW TBLPROPERTIES DATA_RETENTION_TIME_IN_DAYS CHANGE_TRACKING COPY",
    "SUBPARTITION LIFETIME REFRESH BUCKETS INTO DEFAULT WHERE",
)
_METHODS = frozenset(
    {"RANGE", "LIST", "HASH", "KEY", "LINEAR", "COLUMNS", "SYSTEM_TIME", "REFERENCE", "LOCAL"}
)
_ORDERED_KEYS = frozenset({"DUPLICATE", "AGGREGATE", "UNIQUE", "PRIMARY"})
_QUOTED = re.compile(r"'([^']*)'")


def read_clauses(rest: Cursor, parts: Parts) -> None:
    """Read what stands behind (or, without columns, in place of) the column list."""
    primary: tuple[str, ...] = ()
    while not rest.done:
        if _read_partitions(rest, parts):
            continue
        if rest.skip("CLUSTER", "BY") or rest.skip("CLUSTERED", "BY"):
            rest.skip("LINEAR")
            parts.clustered_by = _expressions(rest)
        elif rest.skip("SORTED", "BY") or rest.skip("SORTKEY") or rest.skip("ORDER", "BY"):
            keys = _expressions(rest)
            parts.sort_key = () if keys in {("tuple()",), ()} else keys
        elif rest.skip("DISTKEY") or rest.skip("DISTRIBUTED", "BY", "HASH") or rest.skip("DISTRIBUTED", "BY"):
            if rest.peek() == "(":
                parts.clustered_by = parts.clustered_by or names_of(rest.group())
        elif rest.peek() in _ORDERED_KEYS and rest.peek(1) == "KEY":
            kind = rest.take().upper
            rest.take()
            keys = _expressions(rest)
            if kind == "PRIMARY":
                primary = keys
            parts.sort_key = parts.sort_key or (keys if kind != "PRIMARY" else ())
        elif rest.skip("WITH") and rest.peek() == "(":
            _properties(rest.group(), parts)
        elif rest.skip("AS"):
            break
        else:
            rest.pass_one()
    if primary and not parts.sort_key:
        parts.sort_key = primary


def _read_partitions(rest: Cursor, parts: Parts) -> bool:
    """Read a clause about partitions or parents, if one comes next."""
    if rest.skip("PARTITION", "BY"):
        parts.partitioned_by = parts.partitioned_by or _partition(rest)
    elif rest.skip("PARTITIONED", "BY") or rest.skip("PARTITIONED", "ON"):
        _partitioned(rest, parts)
    elif rest.skip("PARTITION", "OF"):
        parts.parents.append(rest.path())
    elif rest.skip("INHERITS"):
        parts.parents += [item.path() for item in rest.group().items()]
    else:
        return False
    return True


def _partition(rest: Cursor) -> tuple[str, ...]:
    rest.skip_any(_METHODS)
    if rest.skip("="):  # ``KEY ALGORITHM = 2``
        rest.take()
    return _expressions(rest)


def _expressions(rest: Cursor) -> tuple[str, ...]:
    """``(a, b)``, ``a, b`` or one expression, up to the next clause."""
    start = rest.at
    if rest.peek() == "(":
        inner = rest.group()
        if rest.done or rest.peek() in _CLAUSES or rest.peek() == "(" or rest.is_name():
            return names_of(inner)
        rest.at = start
    if rest.skip("TUPLE", "(", ")"):
        return ()
    if rest.skip("TUPLE") and rest.peek() == "(":
        return names_of(rest.group())
    while not rest.done and (rest.at == start or rest.peek() not in _CLAUSES):
        if rest.peek() == "(":
            rest.group()
        else:
            rest.take()
    return names_of(Cursor(rest.text, rest.tokens[start : rest.at]))


def _partitioned(rest: Cursor, parts: Parts) -> None:
    """Hive's and Spark's PARTITIONED BY, whose columns may be declared right there."""
    if rest.peek() != "(":
        parts.partitioned_by = _expressions(rest)
        return
    group = rest.group()
    items = group.items()
    declared = [item for item in items if item.is_name() and item.is_name(1)]
    if not declared:
        parts.partitioned_by = names_of(group)
        return
    read_elements(Cursor(group.text, group.tokens), parts, keys=False)
    parts.partitioned_by = tuple(item.tokens[0].text for item in items)


def _properties(group: Cursor, parts: Parts) -> None:
    """Trino's table properties: ``WITH (partitioning = ARRAY['day(ts)'], sorted_by = ARRAY['a'])``."""
    for item in group.items():
        if item.peek(1) != "=":
            continue
        key = item.take().text.lower()
        values = tuple(_QUOTED.findall(item.rest()))
        if key in {"partitioned_by", "partitioning"}:
            parts.partitioned_by = values
        elif key in {"sorted_by", "bucketed_by"}:
            parts.sort_key = values if key == "sorted_by" else parts.sort_key
            parts.clustered_by = values if key == "bucketed_by" else parts.clustered_by


def key_list(text: str) -> tuple[str, ...]:
    """The parts of a key as catalogs write it: ``a, toDate(b)``, ``(a, b)``, ``LINEAR(a)``, ``tuple()``."""
    words = Cursor(text, tokenize(text, backslashes=True, brackets=False))
    words.skip("LINEAR")
    return () if words.done else _expressions(words)


def columns_in(expression: str, known: frozenset[str]) -> tuple[str, ...]:
    """The columns of ``known`` (folded names) that an expression such as ``DATE(ts)`` names."""
    words = tokenize(expression, backslashes=False, brackets=True)
    return tuple(t.text for t in words if t.kind in {"word", "name"} and t.text.casefold() in known)


def index_of(names: tuple[str, ...]) -> Index:
    """A primary index on plain columns."""
    return Index(None, tuple(IndexColumn(name) for name in names), unique=True, primary=True)
