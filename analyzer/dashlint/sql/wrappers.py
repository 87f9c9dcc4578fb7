"""Expressions around a column: what they are called, and whether they hide it from an index."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlglot import exp
from sqlglot.errors import SqlglotError

from dashlint.sql.bounded import within_time

if TYPE_CHECKING:
    from dashlint.sql.statement import Node

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.DPipe, exp.Neg)
# PostgreSQL writes every constant of an index's expression with its type.
_TYPED_TEXT = re.compile(r"('[^']*')::(?:text|character varying|bpchar)\b")
#: A condition on these is what it is: no other way to write it would help an index.
_INHERENT = (
    exp.AggFunc,
    exp.BitwiseAnd,
    exp.BitwiseOr,
    exp.BitwiseXor,
    exp.Bracket,
    exp.Case,
    exp.Dot,
    exp.JSONExtract,
    exp.JSONExtractScalar,
    exp.JSONBExtract,
    exp.JSONBExtractScalar,
    exp.Mod,
    exp.Query,
    exp.Window,
    exp.Tuple,
)
#: Functions of dates whose condition can be written as a range of the column.
_DATE_FUNCTIONS = (
    exp.Date,
    exp.DateDiff,
    exp.DateTrunc,
    exp.TimestampTrunc,
    exp.TimeToStr,
    exp.TsOrDsToDate,
    exp.Year,
)
#: Those that keep the order of dates, so that min and max of a block still tell something.
_TRUNCATIONS = (exp.Date, exp.DateTrunc, exp.TimestampTrunc, exp.TsOrDsToDate, exp.Year)
#: Of these, those that give a moment again.
_TRUNCATED = (exp.Date, exp.DateTrunc, exp.TimestampTrunc, exp.TsOrDsToDate)
_DATE_NAMES = frozenset(
    {"date_format", "datetime_trunc", "strftime", "to_char", "to_date", "todate", "toyear", "toyyyymm"}
    | {"toyyyymmdd", "trunc", "unix_timestamp", "date_bin", "time_floor"}
)
#: Parts of a date that come again: no range of the column stands for them.
_PERIODIC = (
    exp.Day,
    exp.DayOfMonth,
    exp.DayOfWeek,
    exp.DayOfYear,
    exp.Extract,
    exp.Month,
    exp.Quarter,
    exp.Week,
)
_FOLDS = (exp.Lower, exp.Upper, exp.Trim)


#: Types that a cast truncates a moment to, or leaves as it is.
_MOMENTS = (exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.DATETIME)


def is_truncation(expression: str, engine: str | None) -> bool:
    """Whether an expression is a column whose moments are truncated, such as ``date_trunc('day', t.at)``."""
    from dashlint.sql.statement import parse

    tree = parse(f"SELECT {expression}", engine).tree
    node = tree.expressions[0] if isinstance(tree, exp.Select) and len(tree.expressions) == 1 else None
    depth = 0
    while isinstance(node, (exp.Paren, exp.Cast, *_TRUNCATED)):
        if isinstance(node, exp.Cast) and not node.is_type(*_MOMENTS):
            return False
        node, depth = node.this, depth + 1
    return depth > 0 and isinstance(node, exp.Column)


class Wrapper(NamedTuple):
    """An expression around one column.

    ``kind`` is ``function``, ``cast`` or ``arithmetic``; ``family`` adds ``date`` for what
    keeps the order of dates. ``label`` names the function, ``target`` a cast's type.
    """

    column: exp.Column
    kind: str
    family: str
    label: str
    words: str
    remedy: str
    advice: str
    confidence: str
    target: str | None = None


def wrapper_of(side: Node, text: str, dialect: str) -> Wrapper | None:
    """What stands around the only column of an expression of ``text``; None where it is meant so."""
    column = side.find(exp.Column)
    if column is None:
        return None
    path: list[Node] = []
    node: Node | None = column.parent
    while node is not None:
        if isinstance(node, _INHERENT):
            return None
        path.append(node)
        if node is side:
            break
        node = node.parent
    for node in reversed(path):  # the outermost function names it best
        if isinstance(node, exp.Convert):
            # With a style it writes a date as text, without it is a cast.
            styled = node.args.get("style") is not None
            return _function(column, node, "CONVERT") if styled else _cast(column, node.this, dialect)
        if isinstance(node, exp.Func) and not isinstance(node, (exp.Cast, exp.Connector)):
            return _function(column, node, _function_name(node, text))
    for node in reversed(path):
        if isinstance(node, exp.AtTimeZone):
            return _function(column, node, "AT TIME ZONE")
        if isinstance(node, exp.Cast):
            return _cast(column, node.to, dialect)
        if isinstance(node, _ARITHMETIC):
            return Wrapper(
                column,
                "arithmetic",
                "arithmetic",
                "",
                "The calculation",
                "move it to the other side of the comparison",
                ", and calculate on the other side",
                "high",
            )
    return None


def _function(column: exp.Column, node: Node, name: str) -> Wrapper:
    year = isinstance(node, exp.Extract) and node.name.upper() == "YEAR"
    ranged = isinstance(node, _DATE_FUNCTIONS) or name.lower() in _DATE_NAMES or year
    family = "date" if isinstance(node, _TRUNCATIONS) or year else "function"
    advice = f", for example {column.name} >= … AND {column.name} < …" if ranged else ""
    if ranged or isinstance(node, exp.AtTimeZone):
        remedy = f"compare the column itself with a range{advice}"
    elif isinstance(node, (*_FOLDS, *_PERIODIC)):
        remedy = "index the expression, or store its value in a column"
    else:
        remedy = "compare the column itself, or index the expression"
    confidence = "high" if ranged or isinstance(node, (*_FOLDS, exp.Coalesce)) else "medium"
    words = name if isinstance(node, exp.AtTimeZone) else f"{name}()"
    return Wrapper(column, "function", family, name, words, remedy, advice, confidence)


def _function_name(node: exp.Func, text: str) -> str:
    """The function's name as it is written; sqlglot's own where it does not remember the place."""
    start = node.meta.get("start") if node._meta else None  # noqa: SLF001  ``meta`` would create it
    if start is not None:
        return text[start : node.meta["end"] + 1].upper()
    return str(node.this).upper() if isinstance(node, exp.Anonymous) else node.sql_name()


def _cast(column: exp.Column, to: Node, dialect: str) -> Wrapper:
    target = str(getattr(to.this, "value", to.this)).upper()
    dated = target in {"DATE", "DATETIME", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMPNTZ"}
    example = f", for example {column.name} >= … AND {column.name} < …" if dated else ""
    return Wrapper(
        column,
        "cast",
        "date" if dated else "cast",
        "CAST",
        f"The cast to {to.sql(dialect=dialect).lower()}",
        f"convert the other side of the comparison instead{example}",
        example,
        "medium",
        target,
    )


@within_time(lambda *_: False)
def same_expression(node: Node, text: str, dialect: str) -> bool:
    """Whether an expression is the one that an index is on, written as the catalog has it."""
    import sqlglot

    try:
        other = sqlglot.parse_one(_TYPED_TEXT.sub(r"\1", text), read=dialect or None)
    except SqlglotError:
        return False
    return bool(normal(node) == normal(other))


def normal(node: Node) -> Any:
    """Without qualifiers, quotes, parentheses and casts of text to text."""
    copy = node.copy()

    def change(part: Any) -> Any:
        if isinstance(part, exp.Column):
            return exp.column(part.name.lower())
        if isinstance(part, exp.Paren):
            return part.this
        if isinstance(part, exp.Cast) and part.to.is_type(*exp.DataType.TEXT_TYPES):
            return part.this
        if isinstance(part, exp.Literal) and part.is_string:
            return exp.Literal.string(part.name)
        return part

    while True:
        changed = copy.transform(change)
        if changed == copy:
            return changed
        copy = changed
