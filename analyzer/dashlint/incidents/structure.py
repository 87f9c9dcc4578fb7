"""The structure of a statement: what it asks, and the conditions around that.

A filter of a dashboard adds conditions to a chart's outermost WHERE, and to that of the parts that
Superset makes of it (``series_limit``, ``rowcount_qry``: superset/models/helpers.py:get_sqla_query).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dashlint.incidents.fingerprint import MARK
from dashlint.sql.bounded import within_time

if TYPE_CHECKING:
    from sqlglot import exp

#: Superset's names of the parts of a statement.
_PARTS = frozenset({"series_limit", "rowcount_qry"})


class Condition(NamedTuple):
    """A condition of WHERE: its text without values, the places of its values, and the columns it names."""

    text: str
    values: tuple[int, ...]
    columns: frozenset[str]


class Structure(NamedTuple):
    """A statement in parts. ``core`` is without the outer conditions; ``shape`` without any or an order.

    ``core_values`` are the places of the values in the core.
    """

    core: str
    core_values: tuple[int, ...]
    shape: str
    conditions: tuple[Condition, ...]


@within_time(lambda *_: None)
def structure(sql: str, dialect: str) -> Structure | None:
    """The structure of ``Fingerprint.sql``; None where the parser does not read it."""
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    try:
        tree = parse_one(sql, read=dialect)
        if not isinstance(tree, exp.Query):
            return None
        core = tree.transform(_plain)
        _spell_out_negations(core)
        outer = list(_filtered(core))
        conditions = [c for select in outer[:1] for c in _conditions(select, dialect)]
        for select in outer:
            select.set("where", None)
        core_text, core_values = _unmarked(core.sql(dialect=dialect, comments=False))
        for node in list(core.find_all(exp.Where, exp.Having, exp.Order)):
            node.pop()
        shape, _ = _unmarked(core.sql(dialect=dialect, comments=False))
    except (SqlglotError, RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        # sqlglot raises others than its own on some texts that are no SQL.
        return None
    return Structure(core_text, core_values, shape, tuple(conditions))


def _plain(node: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    if isinstance(node, exp.Identifier):
        if not node.args.get("quoted"):
            node.set("this", node.name.lower())
        node.args["quoted"] = True
    return node


def _spell_out_negations(tree: exp.Expression) -> None:
    """``a IS NOT NULL`` becomes ``NOT a IS NULL``, as Superset runs it: it writes every statement anew."""
    from sqlglot import exp

    for node in list(tree.find_all(exp.Predicate)):
        if node.args.pop("negate", None):
            node.replace(exp.Not(this=node.copy()))


def _filtered(tree: exp.Expression) -> Iterator[exp.Select]:
    """The SELECTs that a filter's condition is put into; the one whose conditions are read comes first."""
    from sqlglot import exp

    root: exp.Expression | None = tree
    if isinstance(tree, exp.Select):
        source = tree.args.get("from_") or tree.args.get("from")
        inner = source.this if source is not None else None
        if isinstance(inner, exp.Subquery) and inner.alias_or_name == "rowcount_qry":
            root = inner.this
    if isinstance(root, exp.Select):
        yield root
        for join in root.args.get("joins") or ():
            part = join.this
            named = isinstance(part, exp.Subquery) and part.alias_or_name in _PARTS
            if named and isinstance(part.this, exp.Select):
                yield part.this


def _conditions(select: exp.Select, dialect: str) -> Iterator[Condition]:
    from sqlglot import exp

    where = select.args.get("where")
    waiting = [where.this] if where is not None else []
    while waiting:
        node = waiting.pop()
        while isinstance(node, exp.Paren):
            node = node.this
        if isinstance(node, exp.And):
            waiting += [node.expression, node.this]
            continue
        text, values = _unmarked(node.sql(dialect=dialect, comments=False))
        yield Condition(text, values, frozenset(c.name.lower() for c in node.find_all(exp.Column)))


def _unmarked(text: str) -> tuple[str, tuple[int, ...]]:
    places = tuple(int(found[1] or found[2]) for found in MARK.finditer(text))
    return MARK.sub("?", text).replace("'?'", "?"), places


def picked(values: Sequence[object], places: Sequence[int]) -> list[object]:
    """The values at these places."""
    return [values[place] for place in places if place < len(values)]
