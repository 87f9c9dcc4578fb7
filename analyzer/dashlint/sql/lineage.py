"""Output columns of a statement → the physical columns that they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, ScopeType, traverse_scope

from dashlint.sql.fences import fenced
from dashlint.sql.model import PLACEHOLDER_PREFIX, ColumnRef, TableRef
from dashlint.sql.statement import argument, query_of, shortened

if TYPE_CHECKING:
    from dashlint.sql.statement import Node

    Source = Node | Scope

#: The columns of a physical table in order, or None where nobody knows them.
ColumnsOf = Callable[[TableRef], "Sequence[str] | None"]


#: Dialects in which ``a.b`` may be the field ``b`` of a column ``a``.
_HAS_STRUCTS = frozenset(
    {"athena", "bigquery", "clickhouse", "databricks", "duckdb", "hive", "presto", "spark", "trino"}
)


#: Tables of one row that some engines want in a FROM clause.
ONE_ROW_TABLES = frozenset({"dual", "sysdummy1"})


class Output(NamedTuple):
    """A column that a query gives. The name ``*`` stands for a table's unknown columns."""

    name: str
    refs: tuple[ColumnRef, ...]


class Owner(NamedTuple):
    """Whose column a name is: the alias within one SELECT, and the source behind it."""

    alias: str
    source: Source


def is_placeholder(column: Node) -> bool:
    """Whether a name stands for something that only the server knows."""
    return isinstance(column, exp.Column) and column.name.lower().startswith(PLACEHOLDER_PREFIX)


class Resolver:
    """Answers, for one statement, where names lead. Raises sqlglot's errors on odd SQL."""

    def __init__(
        self,
        tree: Node,
        dialect: str = "",
        default_schema: str | None = None,
        columns_of: ColumnsOf | None = None,
    ) -> None:
        self.dialect = dialect
        self._schema = default_schema
        self._columns_of = columns_of
        self.scopes: list[Scope] = traverse_scope(tree)
        self.root: Scope | None = self.scopes[-1] if self.scopes else None
        self._known: dict[int, tuple[Output, ...]] = {}
        self._aliases: dict[int, dict[str, Owner]] = {}
        self._uses: dict[int, int] = {}
        for scope in self.scopes:
            for owner in self.owners(scope).values():
                if isinstance(owner.source, Scope):
                    self._uses[id(owner.source)] = self._uses.get(id(owner.source), 0) + 1

    def uses(self, scope: Scope) -> int:
        """How often other parts of the statement read a scope."""
        return self._uses.get(id(scope), 0)

    # --- tables -------------------------------------------------------------------------------------

    def tables(self) -> tuple[TableRef, ...]:
        """The physical tables, each once, in the order of the text's scopes."""
        found: dict[TableRef, None] = {}
        for scope in self.scopes:
            for owner in self.owners(scope).values():
                ref = self.table_ref(owner.source)
                if ref is not None:
                    found[ref] = None
        return tuple(found)

    def table_ref(self, source: Source) -> TableRef | None:
        """The physical table that a source is; None for a table function or placeholder."""
        if not isinstance(source, exp.Table) or not isinstance(source.this, exp.Identifier):
            return None
        if source.name.lower().startswith(PLACEHOLDER_PREFIX) or source.name.lower() in ONE_ROW_TABLES:
            return None
        return TableRef(source.name, source.db or self._schema, source.catalog or None)

    def owners(self, scope: Scope) -> dict[str, Owner]:
        """What the FROM clause of a scope names, by folded alias, in its order."""
        known = self._aliases.get(id(scope))
        if known is None:
            known = {
                alias.casefold(): Owner(alias, source)
                for alias, (_, source) in scope.selected_sources.items()
            }
            self._aliases[id(scope)] = known
        return known

    # --- columns ------------------------------------------------------------------------------------

    def columns(self, source: Source) -> tuple[str, ...] | None:
        """Names that a source offers; None where they are unknown or not all known."""
        if isinstance(source, Scope):
            names = tuple(output.name for output in self.outputs(source))
            return None if "*" in names or not names else names
        ref = self.table_ref(source)
        if ref is None or self._columns_of is None or source.args.get("pivots"):
            return None
        found = self._columns_of(ref)
        return tuple(found) if found else None

    def owner(self, column: exp.Column, scope: Scope) -> Owner | None:
        """Whose column this is, looking outwards from ``scope``; None when nobody can tell."""
        if is_placeholder(column):
            return None
        current: Scope | None = scope
        while current is not None:
            owners = self.owners(current)
            if column.table:
                found = owners.get(column.table.casefold())
            else:
                found = self._only_owner(column.name, owners)
            if found is not None:
                return found
            # A name may be the outer query's only where nothing here may have it.
            if not column.table and any(self.columns(o.source) is None for o in owners.values()):
                return None
            current = current.parent if current.scope_type is not ScopeType.DERIVED_TABLE else None
        return None

    def _only_owner(self, name: str, owners: dict[str, Owner]) -> Owner | None:
        candidates: list[Owner] = []
        unknown: list[Owner] = []
        folded = name.casefold()
        for owner in owners.values():
            names = self.columns(owner.source)
            if names is None:
                unknown.append(owner)
            elif any(folded == known.casefold() for known in names):
                candidates.append(owner)
        if candidates:
            return candidates[0]  # several: joined by USING, where either will do
        return unknown[0] if len(unknown) == 1 else None

    def refs(self, column: exp.Column, scope: Scope) -> tuple[ColumnRef, ...]:
        """The physical columns that a name leads to from within ``scope``."""
        owner = self.owner(column, scope)
        if owner is not None:
            return self._column_of(owner.source, column.name)
        return self._struct_field(column, scope) if self.dialect in _HAS_STRUCTS else ()

    def _struct_field(self, column: exp.Column, scope: Scope) -> tuple[ColumnRef, ...]:
        """``rec.field`` and ``t.rec.field``, which look like a table's and a schema's column."""
        names = [part.name for part in column.parts]
        owners = self.owners(scope)
        if len(names) < 2 or is_placeholder(column):
            return ()
        owner = owners.get(names[0].casefold()) if len(names) > 2 else None
        struct = names[1] if owner is not None else names[0]
        owner = owner or self._only_owner(struct, owners)
        if owner is None:
            return ()
        path = ".".join(names[names.index(struct) :])
        return tuple(
            ref._replace(transformed=True, expression=ref.expression or path)
            for ref in self._column_of(owner.source, struct)
        )

    def _column_of(self, source: Source, name: str) -> tuple[ColumnRef, ...]:
        if not isinstance(source, Scope):
            ref = self.table_ref(source)
            if ref is None or source.args.get("pivots"):
                return ()
            return (ColumnRef(ref, name),)
        folded = name.casefold()
        stars: list[ColumnRef] = []
        for output in self.outputs(source):
            if output.name.casefold() == folded and output.name != "*":
                return output.refs
            if output.name == "*":
                stars += [ref._replace(column=name) for ref in output.refs]
        return tuple(stars) if len({ref.table for ref in stars}) == 1 else ()

    @staticmethod
    def branches(scope: Scope) -> list[Scope]:
        """Both sides of a UNION. sqlglot 29 renamed ``union_scopes``."""
        found = getattr(scope, "set_operation_scopes", None) or getattr(scope, "union_scopes", None)
        return list(found or ())

    # --- what a query gives -------------------------------------------------------------------------

    def outputs(self, scope: Scope) -> tuple[Output, ...]:
        """The columns that a scope gives to the query around it."""
        known = self._known.get(id(scope))
        if known is None:
            self._known[id(scope)] = ()  # what a recursive CTE sees of itself
            known = tuple(self._renamed(scope, self._outputs(scope)))
            known = tuple(fenced(self, scope, known))
            self._known[id(scope)] = known
        return known

    def _outputs(self, scope: Scope) -> Iterable[Output]:
        branches = self.branches(scope)
        if branches:
            return self._union([self.outputs(branch) for branch in branches])
        if isinstance(scope.expression, exp.Lateral) and scope.subquery_scopes:
            return self.outputs(scope.subquery_scopes[0])
        if isinstance(scope.expression, exp.Select):
            return [output for item in scope.expression.expressions for output in self._selected(item, scope)]
        return ()

    @staticmethod
    def _union(branches: list[tuple[Output, ...]]) -> list[Output]:
        first = [list(output.refs) for output in branches[0]]
        for branch in branches[1:]:
            for refs, output in zip(first, branch, strict=False):
                refs += [ref for ref in output.refs if ref not in refs]
        return [Output(output.name, tuple(refs)) for output, refs in zip(branches[0], first, strict=False)]

    def _renamed(self, scope: Scope, outputs: Iterable[Output]) -> Iterator[Output]:
        """Apply the column list of ``WITH c(a, b)`` or ``(…) AS t(a, b)``."""
        parent = scope.expression.parent
        alias = parent.args.get("alias") if isinstance(parent, (exp.CTE, exp.Subquery)) else None
        names = [column.name for column in alias.columns] if isinstance(alias, exp.TableAlias) else []
        for number, output in enumerate(outputs):
            yield output._replace(name=names[number]) if number < len(names) else output

    def _selected(self, item: Node, scope: Scope) -> Iterator[Output]:
        if item.is_star:
            yield from self._star(item, scope)
            return
        name = item.alias or (item.name if isinstance(item, (exp.Column, exp.Dot)) else "")
        plain = item.unalias().unnest() if isinstance(item, (exp.Alias, exp.Paren)) else item
        if isinstance(plain, exp.Column):
            yield Output(name, self.refs(plain, scope))
            return
        if isinstance(item, exp.Aliases):
            for alias in item.aliases:
                yield Output(str(alias), self._computed(item.this, scope))
            return
        yield Output(name or shortened(item.sql(), 60), self._computed(plain, scope))

    def _computed(self, expression: Node, scope: Scope) -> tuple[ColumnRef, ...]:
        """The columns that an expression is computed from, each marked as transformed."""
        columns = [c for c in expression.find_all(exp.Column) if query_of(c) is scope.expression]
        if not columns:
            return ()
        text = shortened(expression.sql(dialect=self.dialect))
        found: dict[tuple[TableRef, str], ColumnRef] = {}
        for column in columns:
            for ref in self.refs(column, scope):
                marked = ref._replace(transformed=True, expression=ref.expression or text)
                found.setdefault((ref.table, ref.column), marked)
        return tuple(found.values())

    def _star(self, item: Node, scope: Scope) -> Iterator[Output]:
        star = item.this if isinstance(item, exp.Column) else item
        dropped = {e.name.casefold() for e in _listed(argument(star, "except")) if e.name}
        replaced = {e.alias.casefold(): e for e in _listed(argument(star, "replace")) if e.alias}
        owners = self.owners(scope)
        qualifier = item.table if isinstance(item, exp.Column) else ""
        chosen = [owners[qualifier.casefold()]] if qualifier.casefold() in owners else owners.values()
        if qualifier and qualifier.casefold() not in owners:
            return
        for owner in chosen:
            for output in self._all_of(owner.source):
                folded = output.name.casefold()
                if folded in replaced:
                    yield Output(output.name, self._computed(replaced[folded].this, scope))
                elif folded not in dropped:
                    yield output

    def _all_of(self, source: Source) -> tuple[Output, ...]:
        if isinstance(source, Scope):
            return self.outputs(source)
        names = self.columns(source)
        if names is not None:
            return tuple(Output(name, self._column_of(source, name)) for name in names)
        ref = self.table_ref(source)
        return (Output("*", (ColumnRef(ref, "*"),) if ref is not None else ()),)


def _listed(value: object) -> list[Node]:
    if isinstance(value, (list, tuple)):
        return list(value)
    return [value] if isinstance(value, exp.Expression) else []
