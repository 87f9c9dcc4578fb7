"""Which index, partition or sort key serves a filter on a column of a table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from dashlint.catalog.ddl_clauses import columns_in
from dashlint.catalog.implication import implied
from dashlint.catalog.model import Index, IndexColumn, Table
from dashlint.sql.engines import Engine, engine_named

#: What a filter can ask of a column, and which index methods answer it. Source: PostgreSQL
#: manual 11.2 "Index Types" (hash: equality only; BRIN: as B-tree, for whole blocks; GIN and
#: GiST: not equality of plain values); bitmap: Oracle, StarRocks.
KINDS = frozenset({"equality", "in", "range", "prefix", "contains", "null"})
_ORDERED = frozenset(
    {"btree", "brin", "bitmap", "clustered", "rtree", "lsm", "art", "prefix", "inverted", "projection"}
)
_EQUALITY_ONLY = frozenset({"hash", "bloom", "bloom_filter", "set", "tokenbf_v1", "ngrambf_v1"})
_SKIP = frozenset({"minmax"})
#: What lets engines that are arranged by layout skip rows all the same: ClickHouse ("Data skipping indexes":
#: each of several columns by itself; "Projections"), StarRocks and Doris ("Bitmap", "Bloom filter", "Inverted
#: index"). Primary keys are no index there, and DuckDB's ART index is of no use to charts.
_SKIPPING = frozenset(
    {"minmax", "set", "bloom_filter", "tokenbf_v1", "ngrambf_v1", "bitmap", "inverted", "projection"}
)
#: Methods whose columns count each by itself, whatever stands before them.
_EACH_BY_ITSELF = frozenset(
    {"brin", "bloom", "gin", "minmax", "set", "bloom_filter", "tokenbf_v1", "ngrambf_v1"}
)
_TEXT_SEARCH = frozenset({"fulltext", "ngrambf_v1"})
_PATTERN_CLASSES = frozenset({"text_pattern_ops", "varchar_pattern_ops", "bpchar_pattern_ops"})
_BYTEWISE = frozenset({"c", "posix", "ucs_basic", "binary"})
#: In these a B-tree in any collation serves LIKE 'x%' (MySQL manual 10.3.9; SQL Server; Oracle).
_PREFIX_BY_BTREE = frozenset({"mysql", "mariadb", "mssql", "oracle", "db2", "ibm_db_sa", "cockroachdb"})

_SKIP_SCANS = frozenset({"postgresql", "postgres", "mysql", "oracle", "sqlite"})


@dataclass(frozen=True)
class Access:
    """Whether a filter finds its rows without reading the whole table.

    ``usable`` is True, False, or None where nobody knows (no index information, or an engine
    that is not known). ``by`` is ``index``, ``partition``, ``sort-key`` or ``clustering``.
    ``reason`` is a sentence. ``certain`` is False where the answer is likely but rests on a
    source with gaps or on a collation that nobody told.
    """

    usable: bool | None
    reason: str
    by: str | None = None
    index: Index | None = None
    certain: bool = True


def _yes(reason: str, by: str, index: Index | None = None, *, certain: bool = True) -> Access:
    return Access(usable=True, reason=reason, by=by, index=index, certain=certain)


def _no(reason: str, *, certain: bool = True) -> Access:
    return Access(usable=False, reason=reason, certain=certain)


def _unknown(reason: str) -> Access:
    return Access(usable=None, reason=reason, certain=False)


def servable(
    table: Table,
    column: str,
    kind: str = "equality",
    engine: str | None = None,
    *,
    equalities: Collection[str] = (),
    conditions: Sequence[str] = (),
    expression: str | None = None,
) -> Access:
    """Which index or layout serves a predicate on a column, or why none does.

    Args:
        table: what the catalog knows of the table.
        column: the column; case is folded.
        kind: ``equality``, ``in``, ``range`` (also a time range), ``prefix`` (LIKE 'x%'),
            ``contains`` (LIKE '%x%'), ``null``.
        engine: the SQLAlchemy dialect's name.
        equalities: other columns that the same query compares for equality: they may come
            before the column in a composite index.
        conditions: the query's other conditions as SQL; a partial index serves only where
            they imply its predicate.
        expression: the SQL that the predicate is on instead of the bare column, for indexes
            on expressions.
    """
    traits = engine_named(engine)
    found = _by_layout(table, column, kind, traits, equalities) if expression is None else None
    if traits.indexes is False:
        skipping = _by_skipping(table, column, kind, engine, equalities, expression)
        return found or skipping or _no_layout(table, column, traits)
    if table.indexes is None:
        return found or _unknown(f"nobody told which indexes {table.name} has")
    refusals: list[tuple[int, Access]] = []
    unsure: Access | None = None
    for index in table.indexes:
        access, weight = _by_index(table, index, column, kind, engine, equalities, conditions, expression)
        if access.usable and access.certain:
            return access
        if access.usable:
            unsure = unsure or access
        elif weight:
            refusals.append((weight, access))
    if unsure or found:
        return unsure or found or _unknown("")
    if traits.indexes is None:
        return _unknown("it is not known whether this engine uses indexes")
    nearest = max(refusals, key=lambda r: r[0])[1] if refusals else None
    nearest = nearest or _no(f"no index of {table.name} has {expression or column}")
    if not table.indexes_complete:
        gap = "as far as is known: its source leaves out some indexes, such as primary keys"
        nearest = _no(f"{nearest.reason}, {gap}", certain=False)
    return nearest


# --- indexes --------------------------------------------------------------------------------------


def _by_index(
    table: Table,
    index: Index,
    column: str,
    kind: str,
    engine: str | None,
    equalities: Collection[str],
    conditions: Sequence[str],
    expression: str | None,
) -> tuple[Access, int]:
    """Whether one index serves, and, if not, how near it comes (0: it has nothing to do with it)."""
    name = f'index "{index.name}"' if index.name else "the primary key" if index.primary else "an index"
    folded = {other.casefold() for other in equalities}
    place = None
    for number, key in enumerate(index.columns):
        if _is_key(key, column, expression, engine):
            place = number
            break
    if place is None:
        if any(column.casefold() == included.casefold() for included in index.include):
            return _no(f"{name} only includes {column}, it is not ordered by it"), 1
        return _no(""), 0
    key = index.columns[place]
    ahead = [k for k in index.columns[:place] if (k.name or k.expression or "").casefold() not in folded]
    if ahead and index.method not in _EACH_BY_ITSELF:
        before = ", ".join(k.name or k.expression or "an expression" for k in ahead)
        certain = not _may_skip(table, ahead, engine)
        return _no(f"{name} has {before} before {column}", certain=certain), 3
    if index.where is not None and not implied(index.where, conditions, column, kind):
        return _no(f"{name} holds only the rows WHERE {index.where}"), 4
    if key.collation is None and key.name is not None:
        known = table.column(key.name)
        key = key._replace(collation=known.collation if known is not None else None)
    return _by_method(index, key, column, kind, engine, name)


def _dialect(engine: str | None) -> str:
    return (engine or "").lower().split("+", 1)[0]


def _may_skip(table: Table, ahead: Sequence[IndexColumn], engine: str | None) -> bool:
    """Whether newer versions may jump over the keys ahead, which have few different values.

    PostgreSQL 18 release notes, "skip scan"; MySQL manual 10.2.1.2 "Skip Scan Range Access";
    Oracle "Index Skip Scans"; sqlite.org/optoverview.html, 13. None of them pays off with many
    values ahead, and nobody states a number: 100 is where we stop being sure of the contrary.
    """
    if _dialect(engine) not in _SKIP_SCANS:
        return False
    combinations = 1.0
    for key in ahead:
        known = table.column(key.name) if key.name else None
        combinations *= known.distinct if known is not None and known.distinct else float("inf")
    return combinations <= 100


def _is_key(key: IndexColumn, column: str, expression: str | None, engine: str | None) -> bool:
    if expression is not None:
        if key.expression is None:
            return False
        from dashlint.catalog.implication import same_sql

        return same_sql(key.expression, expression, engine)
    return key.name is not None and key.name.casefold() == column.casefold()


def _by_method(
    index: Index, key: IndexColumn, column: str, kind: str, engine: str | None, name: str
) -> tuple[Access, int]:
    yes = _yes(f"{name} has it", "index", index)
    dialect = _dialect(engine)
    trigram = (key.operator_class or "").endswith("trgm_ops")
    method = index.method.lower()
    if kind == "contains":
        if trigram or method in _TEXT_SEARCH:
            return yes, 0
        return _no(f"{name} cannot find what begins with a wildcard"), 2
    if method in _TEXT_SEARCH or (method in {"gin", "gist", "spgist", "spatial", "rum"} and not trigram):
        return _no(f"{name} is a {method} index, which does not compare plain values"), 2
    if trigram:
        usable = kind == "prefix"
        return (yes if usable else _no(f"{name} serves patterns only")), 2
    if kind in {"equality", "in"}:
        if method in _SKIP:
            return _yes(f"{name} lets blocks be skipped", "index", index, certain=False), 0
        return yes, 0
    if method in _EQUALITY_ONLY:
        return _no(f"{name} is a {method} index, which serves equality only"), 2
    if kind == "null":
        usable = method in _ORDERED and dialect != "oracle"
        return (yes if usable else _no(f"{name} does not hold NULLs")), 2
    if kind == "prefix":
        return _prefix(index, key, column, dialect, name)
    return (yes if method in _ORDERED or method in _SKIP else replace(yes, certain=False)), 0


def _prefix(index: Index, key: IndexColumn, column: str, dialect: str, name: str) -> tuple[Access, int]:
    """LIKE 'x%': an index in the order of bytes, or an engine that does not mind the collation."""
    collation = (key.collation or "").strip('"').rpartition(".")[2].casefold()
    if key.operator_class in _PATTERN_CLASSES or collation in _BYTEWISE or dialect in _PREFIX_BY_BTREE:
        return _yes(f"{name} has it", "index", index), 0
    if dialect in {"postgresql", "postgres", "greenplum", "timescaledb"}:
        # PostgreSQL manual 11.10: only in a database of the C locale, which nobody tells here.
        reason = f"{name} serves a prefix of {column} only in the C collation (or with text_pattern_ops)"
        return _no(reason, certain=False), 5
    if dialect == "sqlite":
        # sqlite.org/optoverview.html, 5: LIKE folds case, so it wants a NOCASE index.
        if collation == "nocase":
            return _yes(f"{name} has it", "index", index), 0
        return _no(f"{name} is not COLLATE NOCASE, which SQLite's LIKE wants"), 5
    return _yes(f"{name} has it", "index", index, certain=False), 0


# --- layout ---------------------------------------------------------------------------------------


def _by_skipping(
    table: Table,
    column: str,
    kind: str,
    engine: str | None,
    equalities: Collection[str],
    expression: str | None,
) -> Access | None:
    """A projection sorts a copy of the rows; the others help only if the values lie together."""
    unsure = None
    for index in table.indexes or ():
        if index.method not in _SKIPPING:
            continue
        access, _ = _by_index(table, index, column, kind, engine, equalities, (), expression)
        if access.usable and index.method == "projection":
            return _yes(f'projection "{index.name}" is sorted by it', "sort-key", index)
        if access.usable:
            unsure = unsure or replace(access, certain=False)
    return unsure


def _by_layout(
    table: Table, column: str, kind: str, traits: Engine, equalities: Collection[str]
) -> Access | None:
    if kind in {"contains", "null"}:
        return None
    known = frozenset({column.casefold()})
    for key in table.partitioned_by:
        if columns_in(key, known):
            return _yes(f"the table is partitioned by {key}", "partition")
    others = frozenset(other.casefold() for other in equalities)
    for number, key in enumerate(table.sort_key):
        if columns_in(key, known):
            if number and not _all_in(table.sort_key[:number], others):
                break
            return _yes(f"the table is sorted by {key}", "sort-key")
    for key in table.clustered_by:
        if columns_in(key, known) and (traits.indexes is not False or _clusters(traits)):
            return _yes(f"the table is clustered by {key}", "clustering")
    return None


def _all_in(keys: Sequence[str], names: frozenset[str]) -> bool:
    return all(key.casefold() in names or columns_in(key, names) for key in keys)


def _clusters(traits: Engine) -> bool:
    """Whether ``clustered_by`` orders the data (else it only spreads it over machines)."""
    return "clustering" in traits.layout


def _no_layout(table: Table, column: str, traits: Engine) -> Access:
    arranged = (*table.partitioned_by, *table.sort_key, *table.clustered_by)
    ways = " or ".join(traits.layout)
    if arranged:
        return _no(f"{table.name} is arranged by {', '.join(arranged)}, not by {column}")
    if table.indexes is None and not table.columns:
        return _unknown(f"nobody told the {ways} of {table.name}")
    return _unknown(f"the {ways} of {table.name} are not known")
