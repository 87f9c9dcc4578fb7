"""What an engine's plan does with a condition: with the indexes that are there, and with the one that is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from dashlint.analysis.predicates import Predicate
from tests.catalog.databases import MARIADB, MariaDb, Postgres, run

WANTED = "dashlint_wanted"


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

    def __init__(self, database: Postgres) -> None:
        self._database = database
        found = database.json(
            "SELECT json_object_agg(indexname, tablename) FROM pg_indexes WHERE schemaname = 'public'"
        )
        self._tables = {**found}

    def seen(self, table: str, key: str, cases: Sequence[Case]) -> list[Seen]:
        """What becomes of predicates on one column or expression of a table."""
        explain = "".join(f"EXPLAIN (FORMAT JSON) {case.sql.rstrip(';')};\n\\echo ==\n" for case in cases)
        made = f"CREATE INDEX {WANTED} ON {table} ({key});\nANALYZE {table};\n"
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

    def __init__(self, database: MariaDb) -> None:
        self._database = database

    def seen(self, table: str, key: str, cases: Sequence[Case]) -> list[Seen]:
        """What becomes of predicates on one column of a table."""
        before = self._plans(cases)
        run("mysql", *MARIADB, self._database.name, text=f"CREATE INDEX {WANTED} ON {table} ({key});")
        try:
            after = self._plans(cases)
        finally:
            run("mysql", *MARIADB, self._database.name, text=f"DROP INDEX {WANTED} ON {table};")
        return [
            Seen(
                self._uses(old, case.predicate),
                self._uses(new, case.predicate, WANTED),
                _rows(old),
                _rows(new),
            )
            for case, old, new in zip(cases, before, after, strict=True)
        ]

    def _plans(self, cases: Sequence[Case]) -> list[Any]:
        text = "".join(f"EXPLAIN FORMAT=JSON {case.sql.rstrip(';')};\nSELECT '==';\n" for case in cases)
        out = self._database.execute(text)
        plans = [json.loads(part) for part in out.split("==\n") if part.strip()]
        assert len(plans) == len(cases)
        return plans

    @staticmethod
    def _uses(plan: Any, predicate: Predicate, only: str | None = None) -> bool:
        for table in _tables(plan):
            if table.get("access_type") not in {"ref", "range", "const", "ref_or_null", "index_merge"}:
                continue
            if table["access_type"] == "ref" and "const" not in table.get("ref", ()):
                continue
            parts = table.get("used_key_parts", ()) if "key" in table else _merged(table)
            if predicate.ref.column in parts and (only is None or only in json.dumps(table)):
                return True
        return False


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
