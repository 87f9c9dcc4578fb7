"""EXPLAIN on PostgreSQL, with HypoPG where it is there.

Every explanation is a transaction of its own: read-only, with a limit of time for each statement and for
waiting on locks, and rolled back. HypoPG keeps its indexes in the session's memory, so that it works in a
read-only transaction and nothing is left of them (https://hypopg.readthedocs.io/).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dashlint.catalog.explain.guard import indexed_table, one_select
from dashlint.catalog.explain.model import Explained, ExplainError, Plan, Relation
from dashlint.catalog.model import ColumnStatistics

if TYPE_CHECKING:
    from dashlint.catalog.explain.session import Session

#: Functions that a name may mean and that are not PostgreSQL's own, nor belong to an extension.
_PEOPLES = """
SELECT DISTINCT p.proname FROM pg_catalog.pg_proc p
WHERE p.proname = ANY (%(names)s) AND p.pronamespace <> 'pg_catalog'::regnamespace
  AND p.prokind <> 'a' AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1
"""
_HYPOPG = """
SELECT quote_ident(n.nspname) AS schema FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'hypopg'
"""
_OFFERED = "SELECT 1 AS there FROM pg_catalog.pg_available_extensions WHERE name = 'hypopg'"
_STATISTICS = """
SELECT s.n_distinct, s.null_frac, s.most_common_vals::text::text[] AS common, s.most_common_freqs AS shares,
       s.histogram_bounds::text::text[] AS bounds, greatest(c.reltuples, 0) AS rows
FROM pg_catalog.pg_stats s
JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
WHERE s.tablename = %(table)s AND s.attname = %(column)s
  AND (s.schemaname = %(schema)s OR %(schema)s IS NULL AND pg_catalog.pg_table_is_visible(c.oid))
ORDER BY s.inherited DESC LIMIT 1
"""


#: pg_stats shows nothing of what one may not read.
_RIGHTS = """
SELECT t.oid IS NOT NULL AS there, pg_catalog.has_column_privilege(t.oid, %(column)s, 'SELECT') AS readable
FROM (SELECT pg_catalog.to_regclass(pg_catalog.concat_ws(
    '.', pg_catalog.quote_ident(%(schema)s), pg_catalog.quote_ident(%(table)s)))::oid AS oid) t
"""


class PostgresExplainer:
    """PostgreSQL as an :class:`~dashlint.catalog.explain.model.Explainer`."""

    engine = "PostgreSQL"
    dialect = "postgresql"

    def __init__(self, session: Session) -> None:
        self._session = session
        self.database = session.database
        self._hypopg: str | None = None
        self._harmless: frozenset[str] = frozenset()
        self._untried = ""
        self._asked = False

    def explain(self, sql: str, *, schema: str | None = None, indexes: Sequence[str] = ()) -> Explained:
        """See :class:`~dashlint.catalog.explain.model.Explainer`."""
        names = one_select(sql, "postgres", enforced=self._session.one_at_a_time)
        with self._session.transaction():
            self._refuse_peoples_functions(names)
            self._look_in(schema)
            before = self._plan(sql)
            if not indexes:
                return Explained(before)
            if self._place_of_hypopg() is None:
                return Explained(before, untried=self._untried)
            return self._with_indexes(sql, before, indexes)

    def statistics(self, table: str, schema: str | None, column: str) -> ColumnStatistics | None:
        """See :class:`~dashlint.catalog.explain.model.Explainer`."""
        with self._session.transaction():
            found = self._session.rows(_STATISTICS, table=table, schema=schema, column=column)
            if found:
                return _column(column, found[0])
            known = self._session.rows(_RIGHTS, table=table, schema=schema, column=column)[0]
        label = f"{schema}.{table}" if schema else table
        if not known["there"]:
            raise ExplainError(f"the database has no table {label}")
        if not known["readable"]:
            raise ExplainError(f"this account may not read {label}.{column}")
        return None

    def _refuse_peoples_functions(self, names: frozenset[str]) -> None:
        unknown = names - self._harmless
        found = self._session.rows(_PEOPLES, names=sorted(unknown)) if unknown else []
        if found:
            raise ExplainError(
                f"it calls the function {found[0]['proname']}, which the planner might run "
                "(only statements with PostgreSQL's own functions and those of extensions are explained)"
            )
        self._harmless |= unknown

    def _look_in(self, schema: str | None) -> None:
        """Superset's own way (db_engine_specs/postgres.py:get_prequeries)."""
        if schema is not None:
            self._session.rows(
                "SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident(%(schema)s), true)",
                schema=schema,
            )

    def _plan(self, sql: str) -> Plan:
        text = f"EXPLAIN (FORMAT JSON, VERBOSE) {sql.strip().removesuffix(';')}"
        return plan_of(self._session.answer(text))

    def _place_of_hypopg(self) -> str | None:
        if not self._asked:
            found = self._session.rows(_HYPOPG)
            self._hypopg = str(found[0]["schema"]) if found else None
            if self._hypopg is None:
                offered = self._session.rows(_OFFERED)
                self._untried = "the extension hypopg is not in this database: " + (
                    "CREATE EXTENSION hypopg puts it there"
                    if offered
                    else "install it on the server (Debian: postgresql-15-hypopg) and CREATE EXTENSION hypopg"
                )
            self._asked = True
        return self._hypopg

    def _with_indexes(self, sql: str, before: Plan, indexes: Sequence[str]) -> Explained:
        """With those of the indexes that can be tried; ``untried`` says why others cannot."""
        made: list[Mapping[str, Any]] = []
        untried = None
        try:
            for index in indexes:
                try:
                    made += self._made(index)
                except ExplainError as error:
                    untried = untried or str(error)
            if not made:
                return Explained(before, untried=untried)
            with self._session.savepoint():
                after = self._plan(sql)
        finally:
            # They are no part of the transaction: without this the next statement would still see them.
            self._session.run(f"SELECT {self._hypopg}.hypopg_reset()")
        names = tuple(str(one["name"]) for one in made)
        return Explained(before, after, untried, names, sum(int(one["bytes"]) for one in made))

    def _made(self, index: str) -> list[Mapping[str, Any]]:
        if indexed_table(index, "postgres") is None:
            raise ExplainError("only indexes can be tried without creating them")
        # The server has quoted the schema's name.
        create = (
            f"SELECT indexname AS name, {self._hypopg}.hypopg_relation_size(indexrelid) AS bytes "  # noqa: S608
            f"FROM {self._hypopg}.hypopg_create_index(%(sql)s)"
        )
        with self._session.savepoint():
            return self._session.rows(create, sql=index)


def plan_of(document: Any) -> Plan:
    """The plan in what ``EXPLAIN (FORMAT JSON)`` answers."""
    root = (json.loads(document) if isinstance(document, str) else document)[0]["Plan"]
    return Plan(
        float(root["Total Cost"]), float(root["Plan Rows"]), int(root["Plan Width"]), tuple(_relations(root))
    )


def _relations(node: Mapping[str, Any]) -> Iterator[Relation]:
    kind = str(node["Node Type"])
    inner = [child for child in node.get("Plans", ()) if isinstance(child, Mapping)]
    if "Relation Name" in node:
        label = ".".join(str(node[key]) for key in ("Schema", "Relation Name") if key in node)
        yield Relation(label, kind, kind == "Seq Scan", tuple(_indexes(node)), float(node["Plan Rows"]))
    for child in inner:
        yield from _relations(child)


def _indexes(node: Mapping[str, Any]) -> Iterator[str]:
    """The indexes of a scan; those of a bitmap scan are in the nodes below it."""
    if "Index Name" in node:
        yield str(node["Index Name"])
    for child in node.get("Plans", ()):
        if str(child["Node Type"]).startswith(("Bitmap Index", "BitmapAnd", "BitmapOr")):
            yield from _indexes(child)


def _column(name: str, row: Mapping[str, Any]) -> ColumnStatistics:
    distinct = float(row["n_distinct"])
    common = None
    if row["common"] is not None and row["shares"] is not None:
        common = tuple((str(v), float(s)) for v, s in zip(row["common"], row["shares"], strict=True))
    bounds = tuple(str(v) for v in row["bounds"]) if row["bounds"] is not None else None
    return ColumnStatistics(
        name,
        # Negative: a share of the rows (PostgreSQL manual, pg_stats).
        distinct=distinct if distinct >= 0 else -distinct * float(row["rows"]),
        null_fraction=float(row["null_frac"]),
        minimum=bounds[0] if bounds else None,
        maximum=bounds[-1] if bounds else None,
        common=common,
        histogram=bounds,
    )
