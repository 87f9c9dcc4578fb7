"""A query's conditions, each followed to the physical columns that it is on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dashlint.assets import Dataset
from dashlint.catalog.planner import INNODB, POSTGRES
from dashlint.cost.selectivity import NULL_OPTION, Condition, share_of_column
from dashlint.sql.compared import Compared, aggregates, compared, keeps_values, substituted, unqualified
from dashlint.sql.engines import engine_named
from dashlint.sql.model import ColumnRef, TableRef
from dashlint.superset.query import Query

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.catalog.model import ColumnStatistics, Table
    from dashlint.chart_sql.listed import Written

_TEXT = ("char", "text", "string", "clob", "enum")
_WHOLE = ("int", "serial")
_BARRIERS = {
    "limit": "a LIMIT inside the dataset comes before it",
    "window": "a window function inside the dataset comes before it",
    "distinct-on": "DISTINCT ON inside the dataset comes before it",
    "recursive": "a recursive query inside the dataset comes before it",
    "materialized-cte": "a CTE that is computed as a whole comes before it",
}


@dataclass(frozen=True, eq=False)
class Part:
    """One condition on one physical column.

    ``source`` is ``chart``, ``time-range``, the id of a filter or of a chart that was clicked, or
    ``dataset`` for what stands in its own SQL. ``sql`` is the condition with the table's own names, where it
    can be written so. ``obstacle`` is why no index could serve it. ``picked``: somebody will pick a range,
    and nobody knows how wide.
    """

    column: str
    ref: ColumnRef
    table: Table | None
    kind: str
    source: str
    sql: str | None
    statistics: ColumnStatistics | None
    condition: Condition
    obstacle: str | None = None
    picked: bool = False

    @property
    def where(self) -> object:
        """What tells whether two conditions are on the same table."""
        return place_of(self.table, self.ref.table)

    @property
    def op(self) -> str:
        return self.condition.op

    @property
    def value(self) -> Any:
        return self.condition.value

    @property
    def guessed(self) -> bool:
        """Whether the share rests on all values being equally frequent, for want of anything better."""
        named = self.op in ("==", "IN", "IS TRUE", "IS FALSE") and not self.condition.picked
        listed = self.value if isinstance(self.value, (list, tuple)) else [self.value]
        if None in listed or NULL_OPTION in listed:
            return False
        return named and self.statistics is not None and self.statistics.common is None

    def share(self, same: Iterable[Part], now: datetime) -> float | None:
        """The rows that pass this condition and the others on the same column (or expression)."""
        parts = [*same, self]
        if any(part.picked for part in parts):
            return None
        found = list(dict.fromkeys(part for part in parts))
        return share_of_column(self.statistics, [part.condition for part in found], now)


def place_of(table: Table | None, ref: TableRef) -> object:
    """The same for all mentions of one table, whether or not they name its schema."""
    return id(table) if table is not None else ref


def conditions_of(
    analysis: Analysis, dataset: Dataset, query: Query, *, legacy: bool = False
) -> tuple[Part, ...]:
    """The conditions that a query puts around its dataset."""
    found: list[Part] = []
    for written in analysis.written_conditions(query, dataset, legacy=legacy):
        found += _parts(analysis, dataset, written, _source_of(written))
    return tuple(found)


def parts_of(analysis: Analysis, dataset: Dataset) -> tuple[Part, ...]:
    """The conditions in a virtual dataset's own SQL."""
    from dashlint.sql.predicates import predicates

    rendered = analysis.rendered_sql(dataset)
    if rendered is None or rendered.error is not None:
        return ()
    engine = analysis.engine_of(dataset)
    found: list[Part] = []
    for one in predicates(rendered.text, engine, default_schema=dataset.schema):
        if one.column is None or one.clause == "having" or one.kind in ("join", "or"):
            continue
        text = unqualified(one.snippet, engine)
        ref = one.column
        found += [
            _part(analysis, dataset, condition, ref.column, ref, meant, "dataset")
            for condition, meant in zip(compared(text, engine), _meant(text, engine), strict=False)
        ]
    return tuple(found)


def _source_of(written: Written) -> str:
    if written.of == "filter":
        return written.entry.source if written.entry is not None else "chart"
    return "time-range" if written.of == "time-range" else "chart"


def _meant(sql: str, engine: str | None) -> list[Condition]:
    """Conditions as text in the words of filters."""
    from dashlint.sql.row_source import comparisons

    return [Condition(c.column, c.op, c.value) for c in comparisons(sql, engine)]


def _parts(analysis: Analysis, dataset: Dataset, written: Written, source: str) -> Iterator[Part]:
    engine = analysis.engine_of(dataset)
    read = compared(written.sql, engine)
    if written.of == "sql":
        meant = _meant(written.sql, engine)
    else:
        # Both ends of a range are one condition.
        read = read[:1]
        op = written.entry.op if written.entry is not None else "TEMPORAL_RANGE"
        meant = [Condition(written.entry.col if written.entry is not None else None, op, written.value)]
    for condition, words in zip(read, meant, strict=False):
        whole = condition if written.of == "sql" else condition._replace(text=written.sql)
        for name, ref in _refs(analysis, dataset, whole):
            yield _part(analysis, dataset, whole, name, ref, words, source)


def _refs(analysis: Analysis, dataset: Dataset, condition: Compared) -> Iterator[tuple[str, ColumnRef]]:
    """The physical columns behind the first column of a condition, with all that stands around them."""
    seen: set[tuple[TableRef, str | None]] = set()
    for name in condition.columns[:1]:
        for ref in analysis.followed(dataset, name):
            if ref.transformed and (ref.table, ref.expression) in seen:
                continue  # one expression over several columns
            seen.add((ref.table, ref.expression))
            if condition.expression is None:
                yield name, ref
                continue
            expression = _physical(analysis, dataset, condition.expression, condition, ref)
            yield name, ref._replace(transformed=True, expression=expression)


def _physical(
    analysis: Analysis, dataset: Dataset, sql: str, condition: Compared, first: ColumnRef
) -> str | None:
    """SQL with the names of the table's columns instead of the dataset's; None where that is not possible."""
    found: str | None = sql
    for number, name in enumerate(condition.columns):
        refs = (first,) if number == 0 else analysis.followed(dataset, name)
        inner = (refs[0].expression if refs[0].transformed else refs[0].column) if len(refs) == 1 else None
        if found is None or inner is None:
            return None
        if inner != name:
            found = substituted(found, name, inner, analysis.engine_of(dataset))
    return found


def _part(
    analysis: Analysis,
    dataset: Dataset,
    condition: Compared,
    name: str,
    ref: ColumnRef,
    meant: Condition,
    source: str,
) -> Part:
    engine = analysis.engine_of(dataset)
    bare = ref
    if condition.expression is not None:
        # The expression is in the condition's own text, too.
        bare = next((r for r in analysis.followed(dataset, name) if r[:2] == ref[:2]), ref)
    if ref.table.schema is None and dataset.schema is not None:
        ref = ref._replace(table=ref.table._replace(schema=dataset.schema))
    table = analysis.table(dataset, ref.table)
    statistics = table.column(ref.column) if table is not None else None
    known = statistics
    sql: str | None = None
    if source == "dataset":
        sql = condition.text  # it names the tables' columns already
    elif not (ref.expression and aggregates(ref.expression, engine)):
        sql = _physical(analysis, dataset, condition.text, condition, bare)
    if ref.transformed and not (ref.expression and keeps_values(ref.expression, engine)):
        known = None
    return Part(
        name,
        ref,
        table,
        condition.kind,
        source,
        sql,
        known,
        meant._replace(column=ref.column),
        _obstacle(condition, ref, engine) or _converted(condition, ref, statistics, engine),
    )


def _obstacle(condition: Compared, ref: ColumnRef, engine: str | None) -> str | None:
    if ref.barrier is not None:
        return _BARRIERS.get(ref.barrier, "something inside the dataset comes before it")
    if ref.expression is not None and aggregates(ref.expression, engine):
        return f"{ref.expression} is computed over many rows, which have to be read first"
    if condition.kind == "negation":
        return "it keeps all rows but some"
    if condition.kind == "other":
        return f"no single index answers {condition.text}"
    return None


def _converted(
    condition: Compared, ref: ColumnRef, statistics: ColumnStatistics | None, engine: str | None
) -> str | None:
    """Why the engine converts the column of a comparison row by row, if it does."""
    if ref.transformed or statistics is None or statistics.type is None:
        return None
    kind = statistics.type.lower()
    numbers = {"number", "decimal"} & set(condition.constants)
    if numbers and engine_named(engine).text_to_number and any(word in kind for word in _TEXT):
        return f"{ref.column} is {kind} and compared with a number, so every row is converted"
    dialect = (engine or "").lower().split("+", 1)[0]
    if "boolean" in condition.constants and dialect in INNODB:
        # They take it for a function of the column (seen with EXPLAIN on MariaDB 10.11).
        return f"{condition.text} is computed for every row, index or not"
    whole = any(kind.startswith(word) or kind in ("bigint", "smallint") for word in _WHOLE)
    if "decimal" in condition.constants and dialect in POSTGRES and whole:
        # PostgreSQL manual, 10.2 "Operators": integer and numeric meet as numeric.
        return f"{ref.column} is {kind} and compared with a decimal number, so every row is converted"
    return None


def followed_through_views(
    analysis: Analysis, dataset: Dataset, refs: Sequence[ColumnRef], seen: frozenset[TableRef] = frozenset()
) -> Iterator[ColumnRef]:
    """Columns of database views → the columns of the tables that these read; a cycle ends where it closes."""
    from dashlint.sql import parse

    engine = analysis.engine_of(dataset)
    for ref in refs:
        table = analysis.table(dataset, ref.table)
        definition = table.definition if table is not None and table.kind == "view" else None
        if table is None or definition is None or ref.table in seen:
            yield ref
            continue
        facts = parse.facts(definition, engine, table.schema, analysis.known_columns(dataset))
        inner = facts.origins(ref.column)
        if not inner:
            yield ref
            continue
        joined = [_joined(ref, one, engine) for one in inner]
        yield from followed_through_views(analysis, dataset, joined, seen | {ref.table})


def _joined(outer: ColumnRef, inner: ColumnRef, engine: str | None) -> ColumnRef:
    """A view's column with what the query makes of it."""
    barrier = inner.barrier or outer.barrier
    if not outer.transformed:
        return inner._replace(barrier=barrier)
    within = inner.expression if inner.transformed else inner.column
    expression = (
        substituted(outer.expression, outer.column, within, engine) if outer.expression and within else None
    )
    return inner._replace(transformed=True, expression=expression, barrier=barrier)
