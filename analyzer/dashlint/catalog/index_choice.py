"""As few indexes as serve most charts: which columns, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from dashlint.catalog.expression_keys import is_expression
from dashlint.catalog.model import Index, IndexColumn, Table
from dashlint.catalog.serving import servable
from dashlint.catalog.wanted import Wanted

#: An index that leaves at most this share of the rows is enough, whatever else a query compares: from there
#: on, PostgreSQL's planner prefers an index to reading the whole table (seen with EXPLAIN on PostgreSQL 15).
SELECTIVE = 0.05
#: Most keys that an index may have: MySQL manual, "Limits on InnoDB Tables" (16); others allow more.
MOST_KEYS = 16


class Choice(NamedTuple):
    """An index to create: its keys in order, and the wishes that it serves."""

    keys: tuple[str, ...]
    serves: tuple[Wanted, ...]


def choose(table: Table, wanted: Sequence[Wanted], engine: str | None) -> tuple[Choice, ...]:
    """The fewest B-trees that serve what ``wanted`` asks of one table and no index of it serves yet.

    Columns compared for equality come first: those that most charts share, of these the ones with most
    distinct values; then the range. Greedy by the number of charts, so that one index takes as many of the
    wishes as it can; what others serve as well is left out again at the end.
    """
    pending = [want for want in _merged(wanted) if want.columns and not covered(table, want, engine)]
    candidates = _candidates(table, pending)
    chosen: list[tuple[str, ...]] = []
    left = list(pending)
    while left and candidates:
        best = min(candidates, key=lambda keys: _rank(table, keys, left))
        served = {want for want in left if _served(table, keys=best, want=want)}
        if not served:
            break
        chosen.append(best)
        left = [want for want in left if want not in served]
    return _assigned(table, chosen, pending)


def covered(table: Table, want: Wanted, engine: str | None) -> bool:
    """Whether an index or the layout that the table has already serves a wish well enough."""
    arranged = _by_layout(table, want, engine)
    if arranged and _enough(table, want, arranged):
        return True
    bare = replace(table, partitioned_by=(), sort_key=(), clustered_by=())
    for index in table.indexes or ():
        found = _usable(replace(bare, indexes=(index,)), want, engine)
        if found and _enough(table, want, found | arranged):
            return True
    return False


def redundant_after(table: Table, keys: Sequence[str]) -> tuple[Index, ...]:
    """Plain indexes of the table whose keys a new index on ``keys`` begins with."""
    return tuple(
        index
        for index in table.indexes or ()
        if not (index.unique or index.primary or index.where or index.include)
        and index.method == "btree"
        and 0 < len(index.columns) <= len(keys)
        and all(_same_key(key, name) for key, name in zip(index.columns, keys, strict=False))
    )


# --- what an index serves -------------------------------------------------------------------------


def _usable(table: Table, want: Wanted, engine: str | None) -> frozenset[str]:
    """The columns of a wish that the table's only index finds rows by."""
    found = set()
    for column in want.columns:
        kind = "equality" if column in want.equality else "range"
        others = want.equality - {column}
        access = servable(
            table,
            column,
            kind,
            engine,
            equalities=others,
            conditions=want.conditions,
            expression=column if is_expression(table, column) else None,
        )
        if access.usable and access.index is not None:
            found.add(column)
    return frozenset(found)


def _by_layout(table: Table, want: Wanted, engine: str | None) -> frozenset[str]:
    """The columns of a wish by which partitions or sort keys let data be skipped."""
    arranged = replace(table, indexes=())
    found = set()
    for column in want.columns:
        kind = "equality" if column in want.equality else "range"
        if is_expression(table, column):
            continue
        if servable(arranged, column, kind, engine, equalities=want.equality - {column}).usable:
            found.add(column)
    return frozenset(found)


def _reached(keys: Sequence[str], want: Wanted) -> frozenset[str]:
    """The columns of a wish that a B-tree on ``keys`` finds rows by: equalities, then one range."""
    found = set()
    for key in keys:
        if key in want.equality:
            found.add(key)
            continue
        if key == want.range:
            found.add(key)
        break
    return frozenset(found)


def _served(table: Table, keys: Sequence[str], want: Wanted) -> bool:
    found = _reached(keys, want)
    return bool(found) and _enough(table, want, found | _partition_columns(table, want))


def _partition_columns(table: Table, want: Wanted) -> frozenset[str]:
    from dashlint.catalog.ddl_clauses import columns_in

    return frozenset(
        column
        for column in want.columns
        if any(columns_in(key, frozenset({column.casefold()})) for key in table.partitioned_by)
    )


def _enough(table: Table, want: Wanted, found: frozenset[str]) -> bool:
    """Whether finding rows by these columns is all that can be wished for."""
    if found >= want.columns:
        return True
    left = _left(table, want, found)
    if left is not None:
        return left <= SELECTIVE
    # Nobody knows how many rows the equalities leave: they are what narrows most queries.
    return bool(want.equality) and found >= want.equality


def _left(table: Table, want: Wanted, found: Iterable[str]) -> float | None:
    """The share of the rows that conditions on these columns leave; None where nobody can tell."""
    product = 1.0
    for column in found:
        if column == want.range and column not in want.equality:
            if want.range_share is None:
                continue  # it can only leave fewer
            product *= want.range_share
            continue
        known = table.column(column)
        if known is None or not known.distinct:
            return None
        product *= (1 - (known.null_fraction or 0.0)) / max(1.0, known.distinct)
    return product


# --- which indexes to try -------------------------------------------------------------------------


def _merged(wanted: Sequence[Wanted]) -> list[Wanted]:
    """Equal wishes as one, with the charts of all."""
    found: dict[tuple[object, ...], Wanted] = {}
    for want in wanted:
        key = (want.equality, want.range, want.conditions)
        known = found.get(key)
        if known is None:
            found[key] = want
            continue
        # The widest range is the one to serve.
        shares = (known.range_share, want.range_share)
        widest = None if None in shares else max(share for share in shares if share is not None)
        found[key] = replace(known, charts=known.charts + want.charts, range_share=widest)
    return list(found.values())


def _candidates(table: Table, pending: Sequence[Wanted]) -> list[tuple[str, ...]]:
    """Orders of keys worth trying: each wish's own, and those that begin like a smaller wish's."""
    shared: dict[str, int] = {}
    for want in pending:
        for column in want.equality:
            shared[column] = shared.get(column, 0) + want.charts

    def order(columns: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(columns, key=lambda c: (-shared[c], -_distinct(table, c), c)))

    found: dict[tuple[str, ...], None] = {}
    for want in pending:
        parts = _partition_columns(table, want) if len(want.columns) > 1 else frozenset()
        end = (want.range,) if want.range is not None and want.range not in want.equality | parts else ()
        equality = (want.equality - parts) or want.equality
        found[order(equality)[: MOST_KEYS - len(end)] + end] = None
        for other in pending:
            if other is want or not other.equality < want.equality:
                continue
            first = order(other.equality)
            rest = order(want.equality - other.equality)
            found[(first + rest)[: MOST_KEYS - len(end)] + end] = None
    return [keys for keys in found if keys]


def _distinct(table: Table, column: str) -> float:
    known = table.column(column)
    return known.distinct if known is not None and known.distinct is not None else 0.0


def _rank(
    table: Table, keys: tuple[str, ...], left: Sequence[Wanted]
) -> tuple[int, int, int, tuple[str, ...]]:
    """Best first: most charts, then most columns of theirs found, then the fewest keys."""
    served = [want for want in left if _served(table, keys, want)]
    charts = sum(max(1, want.charts) for want in served)
    columns = sum(max(1, want.charts) * len(_reached(keys, want)) for want in served)
    return -charts, -columns, len(keys), keys


def _assigned(
    table: Table, chosen: Sequence[tuple[str, ...]], pending: Sequence[Wanted]
) -> tuple[Choice, ...]:
    """Each wish with the index that finds most of its columns, without indexes that none needs."""
    kept = list(chosen)
    for keys in list(chosen):
        others = [other for other in kept if other != keys]
        if all(
            any(_served(table, other, want) for other in others)
            for want in pending
            if _served(table, keys, want)
        ):
            kept = others
    serves: dict[tuple[str, ...], list[Wanted]] = {keys: [] for keys in kept}
    for want in pending:
        fitting = [keys for keys in kept if _served(table, keys, want)]
        if fitting:
            serves[max(fitting, key=lambda keys: len(_reached(keys, want)))].append(want)
    return tuple(Choice(keys, tuple(wants)) for keys, wants in serves.items() if wants)


def _same_key(key: IndexColumn, name: str) -> bool:
    return (
        key.name is not None
        and key.name.casefold() == name.casefold()
        and not key.descending
        and key.operator_class is None
        and key.length is None
    )
