"""Judging conditions: whether what they do to a column keeps an index (or a layout) from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from dashlint.sql.engines import engine_named
from dashlint.sql.model import ColumnRef, SqlIssue
from dashlint.sql.predicates import TableKnowledge
from dashlint.sql.wrappers import Wrapper, same_expression

if TYPE_CHECKING:
    from dashlint.sql.statement import Node

_TEXT = ("char", "text", "string", "clob", "enum")


def issue_about(kind: str, message: str, ref: ColumnRef | None, confidence: str = "high") -> SqlIssue:
    """An issue whose place is still to be found."""
    return SqlIssue(kind, message, confidence=confidence, subject=ref)


class Judge:
    """Knows the engine, and what the catalog tells."""

    def __init__(self, engine: str | None, dialect: str, known: TableKnowledge | None) -> None:
        self.name = (engine or "").lower().split("+", 1)[0]
        self.engine = engine_named(engine)
        self.known = known
        self._dialect = dialect

    def or_issue(self, clause: str, refs: list[ColumnRef], owners: set[str]) -> SqlIssue | None:
        names = ", ".join(dict.fromkeys(ref.column for ref in refs))
        if clause == "on" and len(owners) > 1:
            message = (
                f"The join condition has OR over {names}: it can be neither hashed nor looked up; "
                "join by UNION ALL of one condition each."
            )
            return issue_about("or-in-join", message, refs[0], "medium")
        if self.engine.indexes is not True:
            return None
        indexed = [self.known.is_indexed(*ref[:2]) if self.known is not None else None for ref in refs]
        if all(indexed):
            return None
        missing = [ref.column for ref, has in zip(refs, indexed, strict=True) if has is False]
        lacking = f", and {missing[0]} has none" if missing else ""
        message = (
            f"OR over {names} can use indexes only if each of the columns has one{lacking}; "
            "split the query by UNION ALL, or index them all."
        )
        return issue_about("or-across-columns", message, refs[0], "high" if missing else "low")

    def wrapper_issue(
        self, wrapper: Wrapper, side: Node, ref: ColumnRef | None, *, joins: bool
    ) -> SqlIssue | None:
        if self.engine.indexes is False and not self._defeats_layout(wrapper, ref):
            return None
        if self._is_no_operation(wrapper, ref) or self._has_expression_index(side, ref):
            return None
        if self.name == "mssql" and wrapper.kind == "cast" and wrapper.target == "DATE":
            return None  # a range is derived through the conversion (GetRangeThroughConvert)
        confidence = wrapper.confidence
        if wrapper.kind == "cast" and self._type(ref) is not None:
            confidence = "high"  # the column's type is known, and it is another
        if self.name == "mariadb" and wrapper.label.upper() in {"DATE", "YEAR"}:
            confidence = "medium"  # sargable since 11.1 (mariadb.com/kb/en/sargable-date-and-year)
        if self.engine.indexes is None:
            confidence = "low"
        if self.engine.indexes is False:
            message = (
                f"{wrapper.words} hides {wrapper.column.name}, which the table is arranged by, so no data is "
                f"skipped; compare the column itself{wrapper.advice}."
            )
        else:
            message = f"{wrapper.words} hides {wrapper.column.name} from its index; {wrapper.remedy}."
        kind = "join-on-expression" if joins else f"{wrapper.kind}-on-column"
        return issue_about(kind, message, ref, "medium" if joins else confidence)

    def _defeats_layout(self, wrapper: Wrapper, ref: ColumnRef | None) -> bool:
        """Whether an expression keeps an engine without indexes from skipping data."""
        if ref is None or self.known is None or wrapper.family in self.engine.prunes_through:
            return False
        if "function" in self.engine.prunes_through:
            return False
        layout = self.known.layout(ref.table) or ()
        return any(ref.column.casefold() == name.casefold() for name in layout)

    def _has_expression_index(self, side: Node, ref: ColumnRef | None) -> bool:
        if ref is None or self.known is None:
            return False
        expressions = self.known.index_expressions(ref.table) or ()
        return any(same_expression(side, text, self._dialect) for text in expressions)

    def _is_no_operation(self, wrapper: Wrapper, ref: ColumnRef | None) -> bool:
        """Whether a cast leaves the column as it is (or may well do so)."""
        if wrapper.kind != "cast" or wrapper.target is None:
            return False
        known = self._type(ref)
        target = wrapper.target.lower()
        if target in {"text", "varchar", "char", "nvarchar"}:
            # varchar → text changes nothing in PostgreSQL, which writes such casts itself.
            relabels = self._dialect == "postgres"
            return relabels and (known is None or any(word in known for word in _TEXT))
        if known is None:
            return False
        base = known.split("(")[0].split(" ")[0]
        return base == target or (target.startswith("int") and base.startswith("int"))

    def implicit_cast(self, node: Node, ref: ColumnRef | None, others: list[Node]) -> SqlIssue | None:
        known = self._type(ref)
        if known is None or not self.engine.text_to_number or not any(word in known for word in _TEXT):
            return None
        if isinstance(node, exp.In):
            others = list(node.expressions)
        elif isinstance(node, exp.Between):
            others = [node.args["low"], node.args["high"]]
        numbers = [v for v in others if isinstance(v.unnest(), exp.Literal) and not v.unnest().is_string]
        numbers += [v for v in others if isinstance(v, exp.Neg) and isinstance(v.this, exp.Literal)]
        if not numbers or ref is None:
            return None
        message = (
            f"{ref.column} is {known}, and the number {numbers[0].sql()} makes the engine convert the column "
            "row by row; quote the number."
        )
        return issue_about("implicit-cast", message, ref)

    def _type(self, ref: ColumnRef | None) -> str | None:
        if ref is None or self.known is None or ref.transformed:
            return None
        found = self.known.column_type(*ref[:2])
        return found.lower() if found else None
