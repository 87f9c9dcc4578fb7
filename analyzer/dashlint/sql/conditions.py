"""Reading conditions: what each compares, and what stands between it and an index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlglot import exp

from dashlint.sql.judgement import Judge, issue_about
from dashlint.sql.lineage import Resolver, is_placeholder
from dashlint.sql.model import ColumnRef, SqlIssue, TableRef
from dashlint.sql.predicates import Predicate, TableKnowledge
from dashlint.sql.snippets import snippet_of
from dashlint.sql.statement import Statement, alternatives, conjuncts, query_of
from dashlint.sql.wrappers import wrapper_of

if TYPE_CHECKING:
    from sqlglot.optimizer.scope import Scope

    from dashlint.sql.statement import Node

_COMPARISONS = (exp.EQ, exp.NullSafeEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_RANGES = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)
#: An index serves these by itself.
_SERVED = frozenset({"equality", "in", "range", "prefix"})


class Reader:
    """Reads the conditions of one statement."""

    def __init__(
        self,
        statement: Statement,
        engine: str | None,
        default_schema: str | None,
        known: TableKnowledge | None,
    ) -> None:
        assert statement.tree is not None
        self._statement = statement
        self._judge = Judge(engine, statement.dialect, known)
        self._resolver = Resolver(statement.tree, statement.dialect, default_schema)

    def read(self) -> Iterator[Predicate]:
        for scope in self._resolver.scopes:
            if isinstance(scope.expression, exp.Select):
                yield from self._scope(scope)

    def _scope(self, scope: Scope) -> Iterator[Predicate]:
        clauses: list[tuple[str, Node]] = []
        for name in ("where", "prewhere", "having"):
            clause = scope.expression.args.get(name)
            if clause is not None:
                clauses += [("having" if name == "having" else "where", c) for c in conjuncts(clause.this)]
        for join in scope.expression.find_all(exp.Join):
            if join.args.get("on") is not None and query_of(join) is scope.expression:
                clauses += [("on", c) for c in conjuncts(join.args["on"])]
        found = [p for clause, condition in clauses for p in self._condition(condition, clause, scope)]
        served = {p.column[:2] for p in found if p.issue is None and p.kind in _SERVED and p.column}
        tables = {table for table, _ in served}
        for predicate in found:
            yield self._excused(predicate, served, tables)

    @staticmethod
    def _excused(predicate: Predicate, served: set[tuple[TableRef, str]], tables: set[TableRef]) -> Predicate:
        """Drop an issue where another condition beside it lets an index do the work."""
        issue = predicate.issue
        if issue is None or predicate.column is None:
            return predicate
        bounded = predicate.column[:2] in served
        narrowed = issue.kind == "or-across-columns" and predicate.column.table in tables
        return predicate._replace(issue=None) if bounded or narrowed else predicate

    # --- one condition ------------------------------------------------------------------------------

    def _condition(self, condition: Node, clause: str, scope: Scope) -> Iterator[Predicate]:
        node = condition.unnest()
        # sqlglot 29 replaced ``NOT (a LIKE b)`` by a mark on the LIKE.
        negated = isinstance(node, exp.Not) or (
            bool(node.args.get("negate")) and not isinstance(node, exp.Is)
        )
        if negated:
            yield from self._plain("negation", node, clause, scope)
        elif isinstance(node, exp.Or):
            yield from self._or(node, clause, scope)
        elif isinstance(node, (*_COMPARISONS, exp.Between, exp.In)):
            yield from self._comparison(node, clause, scope)
        elif isinstance(node, exp.NEQ):
            yield from self._plain("negation", node, clause, scope)
        elif isinstance(node, (exp.Like, exp.ILike, exp.Escape)):
            yield from self._like(node, clause, scope)
        elif isinstance(node, exp.Is):
            yield from self._plain("null", node, clause, scope)
        elif isinstance(node, exp.Column) and not is_placeholder(node):
            yield from self._plain("boolean", node, clause, scope)
        else:
            yield from self._plain("other", node, clause, scope)

    def _plain(self, kind: str, node: Node, clause: str, scope: Scope) -> Iterator[Predicate]:
        column = next((c for c in node.find_all(exp.Column) if not is_placeholder(c)), None)
        if column is not None:
            yield self._predicate(kind, node, clause, self._ref(column, scope))

    def _comparison(self, node: Node, clause: str, scope: Scope) -> Iterator[Predicate]:
        sides = [node.left, node.right] if isinstance(node, exp.Binary) else [node.this]
        kind = "in" if isinstance(node, exp.In) else "range" if isinstance(node, _RANGES) else "equality"
        columns = [self._columns(side, scope) for side in sides]
        joins = len(sides) == 2 and all(columns) and columns[0] != columns[1]
        for side, names in zip(sides, columns, strict=True):
            if not names:
                continue
            inner = side.unnest()
            others = [s for s in sides if s is not side]
            if isinstance(inner, exp.Column):
                ref = self._ref(inner, scope)
                issue = None if joins else self._judge.implicit_cast(node, ref, others)
                yield self._predicate("join" if joins else kind, node, clause, ref, issue)
            elif len(names) == 1 and clause != "having":
                yield from self._wrapped(node, inner, clause, scope, joins=joins)

    def _wrapped(
        self, node: Node, side: Node, clause: str, scope: Scope, *, joins: bool
    ) -> Iterator[Predicate]:
        """A comparison of an expression around one column."""
        wrapper = wrapper_of(side, self._statement.text, self._statement.dialect)
        if wrapper is None:
            return
        ref = self._ref(wrapper.column, scope)
        if ref is None and not self._may_be_physical(wrapper.column, scope):
            return
        if ref is not None and ref.transformed:
            return
        issue = self._judge.wrapper_issue(wrapper, side, ref, joins=joins)
        yield self._predicate("join" if joins else "other", node, clause, ref, issue)

    def _like(self, node: Node, clause: str, scope: Scope) -> Iterator[Predicate]:
        like = node.this if isinstance(node, exp.Escape) else node
        if not isinstance(like, (exp.Like, exp.ILike)):
            return
        side, pattern = like.this.unnest(), like.expression
        start = _pattern_start(pattern)
        if not isinstance(side, exp.Column):
            if start is not None and len(self._columns(side, scope)) == 1 and clause != "having":
                yield from self._wrapped(node, side, clause, scope, joins=False)
            return
        ref = self._ref(side, scope)
        kind = "contains" if start in {"%", "_"} else "prefix"
        issue = None
        indexed_text = (
            ref is not None and self._judge.known is not None and self._judge.known.has_text_index(*ref[:2])
        )
        if start is not None and not indexed_text and self._judge.engine.indexes is not False:
            if kind == "contains":
                message = (
                    f"No index on {side.name} serves a pattern that begins with a wildcard; "
                    "use a full-text or trigram index, or match from the start."
                )
                issue = issue_about("leading-wildcard", message, ref)
            elif isinstance(like, exp.ILike):
                message = (
                    f"ILIKE compares {side.name} without regard to case, which its index does not; "
                    "use a trigram index, or an index on lower()."
                )
                issue = issue_about("case-insensitive-like", message, ref)
        if self._judge.engine.indexes is False and kind == "contains":
            issue = None
        yield self._predicate(kind, node, clause, ref, issue)

    def _or(self, node: Node, clause: str, scope: Scope) -> Iterator[Predicate]:
        branches = list(alternatives(node))
        refs: dict[tuple[TableRef, str], ColumnRef] = {}
        owners: set[str] = set()
        for branch in branches:
            columns = [c for c in branch.find_all(exp.Column) if not is_placeholder(c)]
            if not columns:
                return  # "the filter is empty, or the column is in it"
            for column in columns:
                ref = self._ref(column, scope)
                owner = self._resolver.owner(column, scope)
                if ref is None or owner is None or ref.transformed:
                    return
                refs[(owner.alias, ref.column)] = ref  # type: ignore[index]
                owners.add(owner.alias)
        first = next(iter(refs.values()))
        if len(refs) == 1:
            yield self._predicate("in", node, clause, first)
            return
        yield self._predicate(
            "or", node, clause, first, self._judge.or_issue(clause, list(refs.values()), owners)
        )

    # --- names --------------------------------------------------------------------------------------

    def _columns(self, side: Node, scope: Scope) -> set[str]:
        """The different columns in one side of a comparison, those of subqueries left out."""
        found: set[str] = set()
        for column in side.find_all(exp.Column):
            if query_of(column) is scope.expression and not is_placeholder(column):
                found.add(column.sql().casefold())
        return found

    def _ref(self, column: exp.Column, scope: Scope) -> ColumnRef | None:
        refs = self._resolver.refs(column, scope)
        return refs[0] if refs else None

    def _may_be_physical(self, column: exp.Column, scope: Scope) -> bool:
        owner = self._resolver.owner(column, scope)
        owners = [owner] if owner is not None else list(self._resolver.owners(scope).values())
        return bool(owners) and all(self._resolver.table_ref(o.source) is not None for o in owners)

    def _predicate(
        self, kind: str, node: Node, clause: str, ref: ColumnRef | None, issue: SqlIssue | None = None
    ) -> Predicate:
        snippet = snippet_of(self._statement, node)
        if issue is not None:
            issue = issue._replace(snippet=snippet.text, line=snippet.line, column=snippet.column)
        return Predicate(kind, ref, clause, snippet.text, snippet.line, snippet.column, issue)


def _pattern_start(pattern: Node) -> str | None:
    """The first character of a LIKE pattern; None where it cannot be told."""
    node = pattern.unnest()
    while isinstance(node, (exp.DPipe, exp.Add)):
        node = node.left.unnest()
    if isinstance(node, exp.Concat) and node.expressions:
        node = node.expressions[0].unnest()
    if not isinstance(node, exp.Literal) or not node.is_string or node.name == "":
        return None
    return None if node is pattern.unnest() and node.name == "%" else str(node.name[0])
