"""What to create so that the queries of a dashboard find their rows, as statements to paste."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from dashlint.catalog.clickhouse_sql import clickhouse_sql, clickhouse_text_sql
from dashlint.catalog.engine_names import dialect
from dashlint.catalog.expression_keys import expression_key, is_expression
from dashlint.catalog.index_choice import Choice, choose, covered, redundant_after
from dashlint.catalog.index_size import index_bytes
from dashlint.catalog.index_sql import index_sql, may_be_key, text_index_sql
from dashlint.catalog.layout_sql import Layout, layout_sql
from dashlint.catalog.model import Table
from dashlint.catalog.serving import servable
from dashlint.catalog.wanted import Proposal, TextSearch, Wanted
from dashlint.sql.engines import engine_named

__all__ = ["Proposal", "TextSearch", "Wanted", "propose"]

#: In these a B-tree serves LIKE 'x%' like a range (see ``serving``).
_PREFIX_IS_A_RANGE = frozenset({"mysql", "mariadb", "mssql", "oracle", "db2", "cockroachdb"})
_CLICKHOUSE = frozenset({"clickhouse", "clickhousedb"})


def propose(wanted: Sequence[Wanted], engine: str | None) -> tuple[Proposal, ...]:
    """The fewest things to create that serve most charts.

    Args:
        wanted: what queries ask of tables; what a table's indexes or layout serve already is passed over.
        engine: the SQLAlchemy dialect's name. Engines without indexes get partitions, clustering, sort keys
            or what they have instead; of those that nobody knows, and where no statement is documented,
            nothing comes back.

    Returns:
        Proposals by table in the order of ``wanted``, for each table those for most charts first.
    """
    by_table: dict[Table, list[Wanted]] = {}
    for want in wanted:
        by_table.setdefault(want.table, []).append(want)
    return tuple(
        proposal
        for table, wants in by_table.items()
        if table.kind in {"table", "materialized-view"}
        for proposal in sorted(_for_table(table, wants, engine), key=lambda p: -_charts(p.serves))
    )


def _charts(serves: Sequence[Wanted]) -> int:
    return sum(want.charts for want in serves)


def _for_table(table: Table, wants: Sequence[Wanted], engine: str | None) -> Iterator[Proposal]:
    name = dialect(engine)
    if engine_named(engine).indexes:
        usable = [_indexable(table, _as_range(want, name), engine) for want in wants]
        for choice in choose(table, usable, engine):
            yield from _index(table, choice, engine)
        yield from _text_indexes(table, [want for want in wants if want.text is not None], engine)
        return
    open_wants = [want for want in wants if want.columns and not covered(table, want, engine)]
    if name in _CLICKHOUSE:
        for choice in choose(table, open_wants, engine):
            equalities = frozenset(column for want in choice.serves for column in want.equality)
            yield _arranged(table, clickhouse_sql(table, choice.keys, equalities), choice.serves)
        yield from _skip_texts(table, [want for want in wants if want.text is not None])
        return
    layout = layout_sql(table, open_wants, name) if open_wants else None
    if layout is not None:
        named = set(layout.columns)
        yield _arranged(table, layout, tuple(want for want in open_wants if want.columns & named))


# --- engines with indexes -------------------------------------------------------------------------


def _as_range(want: Wanted, name: str) -> Wanted:
    """A search from the start of a text, as the range that it is to some engines."""
    text = want.text
    if text is None or text.kind != "prefix" or text.any_case or want.range is not None:
        return want
    return replace(want, range=text.column) if name in _PREFIX_IS_A_RANGE else want


def _indexable(table: Table, want: Wanted, engine: str | None) -> Wanted:
    """The wish without columns and expressions that cannot be keys."""
    equality = frozenset(column for column in want.equality if _may_be_key(table, column, engine))
    usable = want.range is not None and _may_be_key(table, want.range, engine)
    return replace(want, equality=equality, range=want.range if usable else None)


def _may_be_key(table: Table, key: str, engine: str | None) -> bool:
    if is_expression(table, key):
        return expression_key(table, key, engine) is not None
    return may_be_key(table, key, engine)


def _index(table: Table, choice: Choice, engine: str | None) -> Iterator[Proposal]:
    made = index_sql(table, choice.keys, engine)
    if made is None:
        return
    notes = [made.note]
    older = [index.name for index in redundant_after(table, choice.keys) if index.name]
    if older:
        notes.append(f"It covers {', '.join(older)}, which can be dropped afterwards.")
    yield Proposal(
        table,
        choice.keys,
        made.statement,
        "index",
        index_bytes(table, choice.keys, engine),
        choice.serves,
        _reason(choice.keys, choice.serves),
        " ".join(note for note in notes if note),
        made.hypothetical,
        made.source,
    )


def _reason(keys: Sequence[str], serves: Sequence[Wanted]) -> str:
    equalities = [key for key in keys if any(key in want.equality for want in serves)]
    ranges = [key for key in keys if key not in equalities]
    one = "" if _least(serves) > 1 else "s"
    parts = []
    if equalities:
        parts.append(f"compare{one} {_and(equalities)} with values")
    if ranges:
        parts.append(f"bound{one} {_and(ranges)}")
    return f"{_charts_phrase(serves)} {' and '.join(parts)}"


def _least(serves: Sequence[Wanted]) -> int:
    """How many charts there are at least: two wishes may be of the same charts."""
    return max((want.charts for want in serves), default=0)


def _charts_phrase(serves: Sequence[Wanted]) -> str:
    count = _least(serves)
    least = "at least " if len(serves) > 1 else ""
    return f"{least}{count} {'chart' if count == 1 else 'charts'}"


def _and(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


def _searches(wants: Sequence[Wanted]) -> dict[TextSearch, tuple[Wanted, ...]]:
    """The wishes by what they search; trigrams for one kind of pattern serve the others."""
    found: dict[TextSearch, list[Wanted]] = {}
    for want in wants:
        if want.text is not None:
            found.setdefault(want.text, []).append(want)
    for text in sorted(found, key=lambda t: t.kind != "prefix"):
        wider = [
            t for t in found if t != text and t.column == text.column and (t.kind == "contains" or t.any_case)
        ]
        if wider and not text.any_case and text.kind == "prefix":
            found[wider[0]] += found.pop(text)
    return {text: tuple(own) for text, own in found.items()}


def _text_indexes(table: Table, wants: Sequence[Wanted], engine: str | None) -> Iterator[Proposal]:
    name = dialect(engine)
    unserved = [want for want in wants if want.text is not None and not _text_served(table, want, engine)]
    made: dict[str, Proposal] = {}
    for text, own in _searches(unserved).items():
        if text.kind == "prefix" and name in _PREFIX_IS_A_RANGE and not text.any_case:
            continue
        index = text_index_sql(table, text, engine)
        if index is None:
            continue
        known = made.get(index.statement)  # trigrams serve patterns of both kinds
        serves = (*(known.serves if known is not None else ()), *own)
        one = "" if _least(serves) > 1 else "es"
        made[index.statement] = Proposal(
            table,
            (text.column,),
            index.statement,
            "text-index",
            None,
            serves,
            f"{_charts_phrase(serves)} search{one} {text.column} by a pattern",
            index.note,
            index.hypothetical,
            index.source,
        )
    yield from made.values()


def _text_served(table: Table, want: Wanted, engine: str | None) -> bool:
    """Whether an index serves the pattern, or the other conditions leave few rows to search."""
    text = want.text
    if text is None:
        return True
    kind = "contains" if text.any_case else text.kind  # only trigrams ignore capitals
    if servable(table, text.column, kind, engine, conditions=want.conditions).usable:
        return True
    return bool(want.columns) and covered(table, want, engine)


# --- engines without ------------------------------------------------------------------------------


def _arranged(table: Table, layout: Layout, serves: tuple[Wanted, ...]) -> Proposal:
    # A projection and a copy hold all rows again.
    again = layout.kind in {"projection", "sorted-copy"} or layout.statement.startswith("CREATE TABLE")
    return Proposal(
        table,
        layout.columns,
        layout.statement,
        layout.kind,
        table.bytes if again else None,
        serves,
        _reason(layout.columns, serves),
        layout.note,
        None,
        layout.source,
    )


def _skip_texts(table: Table, wants: Sequence[Wanted]) -> Iterator[Proposal]:
    unserved = [want for want in wants if not _text_served(table, want, "clickhouse")]
    for text, own in _searches(unserved).items():
        layout = clickhouse_text_sql(table, text)
        if layout is not None:
            yield _arranged(table, layout, own)
