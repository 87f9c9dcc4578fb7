"""Clauses of CREATE TABLE that tell how the data lies: partitions, sort and cluster keys."""

from __future__ import annotations

import re

from dashlint.catalog.ddl_keys import names_of
from dashlint.catalog.ddl_model import Parts
from dashlint.catalog.ddl_parts import read_elements
from dashlint.catalog.model import Index, IndexColumn
from dashlint.catalog.tokens import Cursor, tokenize, word_set

# Where an expression without parentheses ends (``PARTITION BY toYYYYMM(ts) ORDER BY …``).
_CLAUSES = word_set(
    "PARTITION PARTITIONED ORDER PRIMARY CLUSTER CLUSTERED SORTED SAMPLE TTL SETTINGS OPTIONS ENGINE",
    "AS COMMENT WITH TABLESPACE USING SORTKEY DISTKEY DISTSTYLE COMPOUND INTERLEAVED DISTRIBUTED",
    "PROPERTIES LOCATION STORED ROW TBLPROPERTIES DATA_RETENTION_TIME_IN_DAYS CHANGE_TRACKING COPY",
    "SUBPARTITION LIFETIME REFRESH BUCKETS INTO DEFAULT WHERE SEGMENTED UNSEGMENTED GROUP CLUSTERING",
)
_METHODS = frozenset(
    {"RANGE", "LIST", "HASH", "KEY", "LINEAR", "COLUMNS", "SYSTEM_TIME", "REFERENCE", "LOCAL"}
)
_ORDERED_KEYS = frozenset({"DUPLICATE", "AGGREGATE", "UNIQUE", "PRIMARY"})
_QUOTED = re.compile(r"'([^']*)'")
_DIRECTION = re.compile(r"(?<!\s)\s+(?:ASC|DESC)\b.*$", re.IGNORECASE | re.DOTALL)


def read_clauses(rest: Cursor, parts: Parts) -> None:
    """Read what stands behind (or, without columns, in place of) the column list, up to ``AS``."""
    primary: tuple[str, ...] = ()
    keyed = False
    while not rest.done and rest.peek() != "AS":
        if _read_partitions(rest, parts) or _read_order(rest, parts):
            continue
        if rest.skip("CLUSTER", "BY") or rest.skip("CLUSTERED", "BY"):
            rest.skip("LINEAR")
            keys = expressions(rest)
            if keyed:  # Doris: a unique-key table that is sorted by other columns
                parts.sort_key = keys
            else:
                parts.clustered_by = keys
        elif rest.peek() in _ORDERED_KEYS and rest.peek(1) == "KEY":
            keyed = True
            kind = rest.take().upper
            rest.take()
            keys = expressions(rest)
            if kind == "PRIMARY":
                primary = keys
            parts.sort_key = parts.sort_key or (keys if kind != "PRIMARY" else ())
        elif rest.skip("PROPERTIES") and rest.peek() == "(":
            _bloom_filters(rest.group(), parts)
        elif rest.skip("WITH") and rest.peek() == "(":
            read_properties(rest.group(), parts)
        elif not rest.done:
            rest.pass_one()
    if primary and not parts.sort_key:
        parts.sort_key = primary


def _read_order(rest: Cursor, parts: Parts) -> bool:
    """Read a clause about the order of rows, or their place in a cluster of machines."""
    interleaved = rest.peek() == "INTERLEAVED" and rest.peek(1) == "SORTKEY"
    if interleaved:
        rest.take()
    if rest.skip("SORTED", "BY") or rest.skip("SORTKEY") or rest.skip("ORDER", "BY"):
        keys = expressions(rest)
        # One key of many columns: each of them counts alike, whichever stands first.
        keys = (f"INTERLEAVED({', '.join(keys)})",) if interleaved and keys else keys
        parts.sort_key = () if keys in {("tuple()",), ()} else keys
    elif rest.skip("CLUSTERING", "BY"):  # Oracle: only zone maps let clustered blocks be skipped
        rest.skip_any(frozenset({"LINEAR", "INTERLEAVED", "ORDER"}))
        keys = expressions(rest)
        parts.clustered_by = keys if any(token.upper == "ZONEMAP" for token in rest.tokens) else ()
    elif rest.skip("DISTKEY") or rest.skip("DISTRIBUTED", "BY", "HASH") or rest.skip("DISTRIBUTED", "BY"):
        if rest.peek() == "(":
            parts.clustered_by = parts.clustered_by or names_of(rest.group())
    else:
        return False
    return True


def _read_partitions(rest: Cursor, parts: Parts) -> bool:
    """Read a clause about partitions or parents, if one comes next."""
    if rest.skip("PARTITION", "BY"):
        parts.partitioned_by = parts.partitioned_by or _partition(rest)
    elif rest.skip("SUBPARTITION", "BY"):  # MySQL, Oracle: either part lets partitions be left out
        parts.partitioned_by = (*parts.partitioned_by, *_partition(rest))
    elif rest.peek() == "ON" and rest.is_name(1) and rest.peek(2) == "(":  # SQL Server: ON scheme (column)
        rest.at += 2
        parts.partitioned_by = parts.partitioned_by or names_of(rest.group())
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
    return expressions(rest)


def expressions(rest: Cursor) -> tuple[str, ...]:
    """``(a, b)``, ``a, b`` or one expression, up to the next clause; none for ``AUTO`` and ``NONE``."""
    start = rest.at
    if rest.skip("AUTO") or rest.skip("NONE"):  # the engine chooses: Redshift, Databricks
        return ()
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
        parts.partitioned_by = expressions(rest)
        return
    group = rest.group()
    items = group.items()
    declared = [item for item in items if item.is_name() and item.is_name(1)]
    if not declared:
        parts.partitioned_by = names_of(group)
        return
    read_elements(Cursor(group.text, group.tokens), parts, keys=False)
    parts.partitioned_by = tuple(item.tokens[0].text for item in items)


def _bloom_filters(group: Cursor, parts: Parts) -> None:
    """StarRocks and Doris: ``PROPERTIES ("bloom_filter_columns" = "a,b")``."""
    for item in group.items():
        if len(item.tokens) == 3 and item.tokens[0].text.lower() == "bloom_filter_columns":
            names = [name.strip() for name in item.tokens[2].text.split(",") if name.strip()]
            parts.indexes += [Index(None, (IndexColumn(name),), method="bloom_filter") for name in names]


def read_properties(group: Cursor, parts: Parts) -> None:
    """What ``WITH (…)`` says of the layout.

    Trino: ``partitioning = ARRAY['day(ts)'], sorted_by = ARRAY['a DESC']``. Azure Synapse: ``CLUSTERED
    COLUMNSTORE INDEX ORDER (a), PARTITION (b RANGE RIGHT FOR VALUES (…))``.
    """
    for item in group.items():
        if item.skip("CLUSTERED", "COLUMNSTORE", "INDEX"):
            parts.indexes.append(Index(None, (), method="columnstore"))
            if item.skip("ORDER"):
                parts.sort_key = names_of(item.group())
        elif item.skip("CLUSTERED", "INDEX"):
            parts.indexes.append(Index(None, tuple(map(IndexColumn, names_of(item.group())))))
        elif item.skip("PARTITION") and item.peek() == "(":
            parts.partitioned_by = (item.group().name(),)
        elif item.peek(1) == "=":
            _array(item, parts)


def _array(item: Cursor, parts: Parts) -> None:
    key = item.take().text.lower()
    values = tuple(_QUOTED.findall(item.rest()))
    if key in {"partitioned_by", "partitioning"}:
        parts.partitioned_by = values
    elif key == "sorted_by":
        parts.sort_key = tuple(_DIRECTION.sub("", value) for value in values)
    elif key == "bucketed_by":
        parts.clustered_by = values


def key_list(text: str) -> tuple[str, ...]:
    """The parts of a key as catalogs write it: ``a, toDate(b)``, ``(a, b)``, ``LINEAR(a)``, ``tuple()``."""
    words = Cursor(text, tokenize(text, backslashes=True, brackets=False))
    words.skip("LINEAR")
    return () if words.done else expressions(words)


def columns_in(expression: str, known: frozenset[str]) -> tuple[str, ...]:
    """The columns of ``known`` (folded names) that an expression such as ``DATE(ts)`` names."""
    words = tokenize(expression, backslashes=False, brackets=True)
    return tuple(t.text for t in words if t.kind in {"word", "name"} and t.text.casefold() in known)


def index_of(names: tuple[str, ...]) -> Index:
    """A primary index on plain columns."""
    return Index(None, tuple(IndexColumn(name) for name in names), unique=True, primary=True)
