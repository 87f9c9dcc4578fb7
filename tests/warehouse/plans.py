"""What an engine's plan does with a condition: with the indexes that are there, and with the missing one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from dashlint.analysis.predicates import Predicate
from tests.catalog.databases import MariaDb, Postgres, run

WANTED = "dashlint_wanted"
#: What a column with an expression's values is declared as, by a word in the expression.
_STORED = {
    "DATE": "DATE",
    "*": "DECIMAL(14, 2)",
    "LOWER": "VARCHAR(60)",
    "UPPER": "VARCHAR(60)",
    "CHAR": "VARCHAR(20)",
}
#: MariaDB's ways to look rows up, other than by the values of another table (manual, "EXPLAIN", type).
_FINDS = frozenset({"ref", "range", "const", "ref_or_null", "index_merge"})


class Case(NamedTuple):
    """A predicate, and the statement that it is in."""

    title: str
    predicate: Predicate
    sql: str


class Seen(NamedTuple):
    """Whether the plan looks the predicate up in an index now, and with one of its own."""

    now: bool
    then: bool
    cost_now: float
    cost_then: float


class PostgresPlans:
    """Plans of PostgreSQL. The missing index is really made, and taken back with its transaction."""

    stores_expressions = False

    def __init__(self, database: Postgres) -> None:
        self._database = database
        found = database.json(
            "SELECT json_object_agg(indexname, tablename) FROM pg_indexes WHERE schemaname = 'public'"
        )
        self._tables = {**found}

    def seen(self, table: str, key: str, cases: Sequence[Case]) -> list[Seen]:
        """What becomes of predicates on one column or expression of a table."""
        explain = "".join(f"EXPLAIN (FORMAT JSON) {case.sql.rstrip(';')};\n\\echo ==\n" for case in cases)
        # Only an expression gets statistics of its own, which ANALYZE has to gather first.
        gathered = f"ANALYZE {table};\n" if key.startswith("(") else ""
        made = f"CREATE INDEX {WANTED} ON {table} ({key});\n{gathered}"
        text = f"BEGIN;\n{explain}{made}{explain}ROLLBACK;\n"
        out = run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self._database.url, text=text)
        plans = [json.loads(part)[0]["Plan"] for part in out.split("==\n") if part.strip()]
        assert len(plans) == 2 * len(cases)
        found = []
        for case, before, after in zip(cases, plans[: len(cases)], plans[len(cases) :], strict=True):
            found.append(
                Seen(
                    self._uses(before, table, case.predicate),
                    self._uses(after, table, case.predicate, WANTED),
                    before["Total Cost"],
                    after["Total Cost"],
                )
            )
        return found

    def seen_stored(self, table: str, expression: str, cases: Sequence[Case]) -> list[Seen]:
        """Expressions can be indexed as they are."""
        return self.seen(table, f"({expression})", cases)

    def count(self, table: str, condition: str) -> int:
        """The rows of a table that pass a condition."""
        return int(self._database.json(f"SELECT count(*) FROM {table} WHERE {condition}"))

    def found_by(self, cases: Sequence[Case]) -> list[frozenset[str]]:
        """For each predicate the indexes in which the plan, as the tables are, looks its column up."""
        text = "".join(f"EXPLAIN (FORMAT JSON) {case.sql.rstrip(';')};\n\\echo ==\n" for case in cases)
        out = run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self._database.url, text=text)
        plans = [json.loads(part)[0]["Plan"] for part in out.split("==\n") if part.strip()]
        return [
            frozenset(
                node["Index Name"]
                for node in _nodes(plan)
                if "Index Name" in node and _compares(node.get("Index Cond", ""), case.predicate.ref.column)
            )
            for case, plan in zip(cases, plans, strict=True)
        ]

    def _uses(self, plan: Any, table: str, predicate: Predicate, only: str | None = None) -> bool:
        for node in _nodes(plan):
            name, condition = node.get("Index Name"), node.get("Index Cond", "")
            if name is None or (only is not None and name != only):
                continue
            if (only is not None and condition) or (
                self._tables.get(name) == table and _compares(condition, predicate.ref.column)
            ):
                return True
        return False


def _nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


def _compares(condition: str, column: str) -> bool:
    """Whether a condition compares the column with constants, not with a column of another table."""
    found = re.findall(rf"\b{column}\b\)*(?:::[a-z ]+)?(.*?)(?= AND \(|$)", condition)
    return any(not re.match(r"\)* [=<>~]+ \(?[a-z_]+\.", rest) for rest in found)


class MariaDbPlans:
    """Plans of MariaDB. The missing index is made and dropped again."""

    stores_expressions = True

    def __init__(self, database: MariaDb) -> None:
        self._database = database

    def seen(self, table: str, key: str, cases: Sequence[Case]) -> list[Seen]:
        """What becomes of predicates on one column of a table."""
        before = self._plans([case.sql for case in cases])
        self._database.execute(f"CREATE INDEX {WANTED} ON {table} ({key})")
        try:
            after = self._plans([case.sql for case in cases])
        finally:
            self._database.execute(f"DROP INDEX {WANTED} ON {table}")
        return [
            Seen(
                self._uses(old, case.predicate),
                self._uses(new, case.predicate, WANTED),
                _rows(old),
                _rows(new),
            )
            for case, old, new in zip(cases, before, after, strict=True)
        ]

    def seen_stored(self, table: str, expression: str, cases: Sequence[Case]) -> list[Seen]:
        """The same for an expression, which MariaDB indexes where it is a column: asked for by that name."""
        kind = next((kind for word, kind in _STORED.items() if word in expression.upper()), "BIGINT")
        before = self._plans([case.sql for case in cases])
        stored = f"ADD COLUMN {WANTED} {kind} AS ({expression}) VIRTUAL, ADD INDEX {WANTED} ({WANTED})"
        self._database.execute(f"ALTER TABLE {table} {stored}")
        try:
            after = self._plans(
                [
                    f"SELECT count(*) FROM {table} WHERE {_named(case.predicate.sql, expression)}"
                    for case in cases
                ]
            )
        finally:
            self._database.execute(f"ALTER TABLE {table} DROP COLUMN {WANTED}")
        return [
            Seen(
                self._uses(old, case.predicate),
                any(t.get("key") == WANTED and t["access_type"] in _FINDS for t in _tables(new)),
                _rows(old),
                _rows(new),
            )
            for case, old, new in zip(cases, before, after, strict=True)
        ]

    def count(self, table: str, condition: str) -> int:
        """The rows of a table that pass a condition."""
        return int(self._database.execute(f"SELECT count(*) FROM {table} WHERE {condition}"))

    def _plans(self, statements: Sequence[str]) -> list[Any]:
        text = "".join(f"EXPLAIN FORMAT=JSON {sql.rstrip(';')};\nSELECT '==';\n" for sql in statements)
        out = self._database.execute(text)
        plans = [json.loads(part) for part in out.split("==\n") if part.strip()]
        assert len(plans) == len(statements)
        return plans

    def found_by(self, cases: Sequence[Case]) -> list[frozenset[str]]:
        """For each predicate the indexes in which the plan, as the tables are, looks its column up."""
        plans = self._plans([case.sql for case in cases])
        return [self._found(plan, case.predicate) for case, plan in zip(cases, plans, strict=True)]

    def _uses(self, plan: Any, predicate: Predicate, only: str | None = None) -> bool:
        found = self._found(plan, predicate)
        return bool(found) if only is None else only in found

    @staticmethod
    def _found(plan: Any, predicate: Predicate) -> frozenset[str]:
        found: set[str] = set()
        for table in _tables(plan):
            filtered = table.get("rowid_filter", {}).get("range", {})
            if predicate.ref.column in filtered.get("used_key_parts", ()):
                found.add(filtered["key"])
            if table.get("access_type") not in _FINDS:
                continue
            if table["access_type"] == "ref" and "const" not in table.get("ref", ()):
                continue
            if "key" not in table:
                merged = _merged(table)
                found.update(merged if predicate.ref.column in merged else ())
            elif predicate.ref.column in table.get("used_key_parts", ()):
                found.add(table["key"])
        return frozenset(found)


def _tables(plan: Any) -> Iterator[dict[str, Any]]:
    if isinstance(plan, dict):
        if "access_type" in plan:
            yield plan
        for inner in plan.values():
            yield from _tables(inner)
    elif isinstance(plan, list):
        for inner in plan:
            yield from _tables(inner)


def _merged(table: dict[str, Any]) -> list[str]:
    return re.findall(r'"(\w+)"', json.dumps(table.get("index_merge", {})))


def _rows(plan: Any) -> float:
    """Rows that are read: MariaDB 10 tells no costs."""
    return float(sum(table.get("rows", 0) for table in _tables(plan)))


def _named(condition: str | None, expression: str) -> str:
    return re.sub(re.escape(expression), WANTED, condition or "", flags=re.IGNORECASE)
