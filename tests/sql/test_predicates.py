from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashlint.sql.model import TableRef
from dashlint.sql.predicates import Predicate, condition_issues, non_sargable, predicates
from dashlint.sql.wrappers import is_truncation


class Known:
    # A catalog of one table, so nobody asks for the table's name.
    # ruff: noqa: ARG002

    def __init__(
        self,
        types: dict[str, str] | None = None,
        *,
        indexed: Sequence[str] = (),
        expressions: Sequence[str] = (),
        text: Sequence[str] = (),
        arranged_by: Sequence[str] = (),
    ) -> None:
        self._types = types or {}
        self._indexed, self._expressions, self._text, self._layout = indexed, expressions, text, arranged_by

    def column_type(self, table: TableRef, column: str) -> str | None:
        return self._types.get(column)

    def index_expressions(self, table: TableRef) -> Sequence[str]:
        return self._expressions

    def is_indexed(self, table: TableRef, column: str) -> bool:
        return column in self._indexed

    def has_text_index(self, table: TableRef, column: str) -> bool:
        return column in self._text

    def layout(self, table: TableRef) -> Sequence[str]:
        return self._layout


def kinds(condition: str, engine: str = "postgresql", known: Known | None = None) -> list[str]:
    return [issue.kind for issue in condition_issues(condition, engine, known=known)]


def where(condition: str, engine: str = "postgresql") -> list[Predicate]:
    return list(predicates(f"SELECT 1 FROM t WHERE {condition}", engine))


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        ("date(ts) = '2024-01-01'", "function-on-column"),
        ("lower(name) = 'x'", "function-on-column"),
        ("date_trunc('month', ts) >= '2024-01-01'", "function-on-column"),
        ("EXTRACT(year FROM ts) = 2024", "function-on-column"),
        ("coalesce(a, 0) = 1", "function-on-column"),
        ("substr(a, 1, 2) IN ('x', 'y')", "function-on-column"),
        ("date(ts) BETWEEN '2024-01-01' AND '2024-02-01'", "function-on-column"),
        ("'x' = upper(name)", "function-on-column"),
        ("ts AT TIME ZONE 'UTC' > now()", "function-on-column"),
        ("lower(name) LIKE 'x%'", "function-on-column"),
        ("ts::date = '2024-01-01'", "cast-on-column"),
        ("CAST(a AS integer) = 3", "cast-on-column"),
        ("id + 0 = 5", "arithmetic-on-column"),
        ("ts + interval '1 day' > now()", "arithmetic-on-column"),
        ("price * 1.2 > 100", "arithmetic-on-column"),
        ("a LIKE '%x'", "leading-wildcard"),
        ("a LIKE '_x'", "leading-wildcard"),
        ("a LIKE '%' || 'x'", "leading-wildcard"),
        ("a LIKE concat('%', 'x', '%')", "leading-wildcard"),
        ("a ILIKE 'x%'", "case-insensitive-like"),
        ("a = 1 OR b = 2", "or-across-columns"),
    ],
)
def test_conditions_that_hide_the_column(condition: str, kind: str) -> None:
    assert kinds(condition) == [kind]


@pytest.mark.parametrize(
    "condition",
    [
        "a = 1",
        "a = lower('X')",
        "ts >= now() - interval '7 days'",
        "a IN (1, 2)",
        "a BETWEEN 1 AND 2",
        "a LIKE 'x%'",
        "a LIKE 'x'",
        "a NOT LIKE '%x'",
        "a <> 3",
        "NOT a = 1",
        "a IS NULL",
        "is_active",
        "a = 1 OR a = 2",
        "'' = 'DE' OR a = 'DE'",
        "id = ANY(ARRAY[1, 2])",
        # nothing that an index on the column could do, however it is written
        "payload ->> 'a' = 'b'",
        "flags & 4 = 4",
        "id % 10 = 3",
        "end_ts - start_ts > interval '1 day'",
        "coalesce(a, b) = 1",
        # varchar to text is no conversion in PostgreSQL
        "status::text = 'x'",
        # the other condition bounds the column
        "date(ts) = '2024-01-01' AND ts >= '2024-01-01' AND ts < '2024-01-02'",
        "(a = 1 OR b = 2) AND c = 3",
        # only the server knows what this is
        "lower(dashlint_url_x) = 'x'",
    ],
)
def test_conditions_that_an_index_serves_or_that_are_meant_so(condition: str) -> None:
    assert kinds(condition) == []


@pytest.mark.parametrize(
    ("engine", "condition", "found"),
    [
        ("mssql", "CAST(ts AS DATE) = '2024-01-01'", []),
        ("mssql", "CONVERT(date, ts) = '2024-01-01'", []),
        ("mssql", "YEAR(ts) = 2024", ["function-on-column"]),
        ("mssql", "CONVERT(varchar(10), ts, 120) = '2024-01-01'", ["function-on-column"]),
        ("mysql", "CAST(code AS CHAR) = 'x'", ["cast-on-column"]),
        ("mssql", "ISNULL(a, 0) = 1", ["function-on-column"]),
        ("mssql", "DATEDIFF(day, ts, GETDATE()) < 7", ["function-on-column"]),
        ("mysql", "DATE(ts) = '2024-01-01'", ["function-on-column"]),
        ("oracle", "TRUNC(ts) = DATE '2024-01-01'", ["function-on-column"]),
        ("sqlite", "strftime('%Y', ts) = '2024'", ["function-on-column"]),
        ("bigquery", "DATE(ts) = '2024-01-01' AND LOWER(x) = 'a' AND y LIKE '%z'", []),
        ("snowflake", "ts::date = '2024-01-01' OR x = 3", []),
        ("trino", "date_trunc('day', ts) = date '2024-01-01'", []),
    ],
)
def test_engines_differ(engine: str, condition: str, found: list[str]) -> None:
    assert kinds(condition, engine) == found


def test_mariadb_reads_some_date_functions_since_11_1() -> None:
    (issue,) = condition_issues("DATE(ts) = '2024-01-01'", "mariadb")
    assert issue.confidence == "medium"


def test_columnar_engines_are_judged_by_their_layout_only_where_it_is_known() -> None:
    known = Known(arranged_by=("ts", "customer"))
    assert kinds("lower(customer) = 'x'", "bigquery", known) == ["function-on-column"]
    assert kinds("date(ts) = '2024-01-01'", "bigquery", known) == []
    assert kinds("lower(other) = 'x'", "bigquery", known) == []
    assert kinds("date(ts) = '2024-01-01'", "redshift", known) == ["function-on-column"]


def test_an_index_on_the_expression_counts() -> None:
    known = Known(expressions=("lower((name)::text)", "date_trunc('day'::text, ts)"))
    assert kinds("LOWER(t.name) = 'x'", known=known) == []
    assert kinds("date_trunc('day', ts) = '2024-01-01'", known=known) == []
    assert kinds("upper(name) = 'X'", known=known) == ["function-on-column"]


def test_a_trigram_index_serves_leading_wildcards() -> None:
    assert kinds("a LIKE '%x' AND a ILIKE 'x%'", known=Known(text=("a",))) == []


def test_types_decide_about_casts() -> None:
    known = Known({"d": "date", "n": "integer", "s": "character varying(20)"})
    assert kinds("d::date = '2024-01-01' AND s::text = 'x'", known=known) == []
    assert kinds("n::text = '1'", known=known) == ["cast-on-column"]
    (known_type,) = condition_issues("n::text = '1'", "postgresql", known=known)
    (unknown_type,) = condition_issues("m::int = 1", "postgresql", known=known)
    assert (known_type.confidence, unknown_type.confidence) == ("high", "medium")


@pytest.mark.parametrize(
    ("engine", "found"), [("mysql", ["implicit-cast"]), ("sqlite", []), ("postgresql", [])]
)
def test_text_compared_to_a_number(engine: str, found: list[str]) -> None:
    known = Known({"code": "varchar(10)", "n": "int"})
    assert kinds("code = 5", engine, known) == found
    assert kinds("code IN (5, 6)", engine, known) == found
    assert kinds("code = '5' AND n = '5' AND n = 5", engine, known) == []


def test_or_is_judged_by_the_indexes_of_its_columns() -> None:
    (unknown,) = condition_issues("a = 1 OR b = 2", "postgresql")
    (missing,) = condition_issues("a = 1 OR b = 2", "postgresql", known=Known(indexed=("a",)))
    assert (unknown.confidence, missing.confidence) == ("low", "high")
    assert "b has none" in missing.message
    assert kinds("a = 1 OR b = 2", known=Known(indexed=("a", "b"))) == []


def test_joins() -> None:
    sql = "SELECT 1 FROM t JOIN u ON lower(t.email) = lower(u.email)"
    assert {issue.kind for issue in non_sargable(sql, "postgresql")} == {"join-on-expression"}
    sql = "SELECT 1 FROM t JOIN u ON t.a = u.a OR t.b = u.b"
    assert [issue.kind for issue in non_sargable(sql, "postgresql")] == ["or-in-join"]
    sql = "SELECT 1 FROM t JOIN u ON t.a = u.a"
    assert [p.kind for p in predicates(sql, "postgresql")] == ["join", "join"]


def test_conditions_on_results_of_aggregation_are_no_concern_of_an_index() -> None:
    sql = """
        WITH q AS (SELECT date(ts) AS d, count(*) AS n FROM t GROUP BY 1 HAVING max(x) + 1 > 3)
        SELECT * FROM q WHERE n + 1 > 3 AND date_trunc('month', d) = '2024-01-01'
    """
    assert non_sargable(sql, "postgresql") == ()


def test_conditions_are_followed_to_the_table_behind_a_cte() -> None:
    sql = "WITH q AS (SELECT id AS key FROM s.t) SELECT * FROM q WHERE q.key + 0 = 3"
    (issue,) = non_sargable(sql, "postgresql")
    assert issue.subject is not None
    assert (issue.subject.table, issue.subject.column) == (TableRef("t", "s"), "id")


@pytest.mark.parametrize(
    ("condition", "snippet"),
    [
        ("x = 1 AND (CAST(a AS integer) = 3) AND y = 2", "CAST(a AS integer) = 3"),
        ("NOT x = 1 AND ts::date >= '2024-01-01'\nGROUP BY 1", "ts::date >= '2024-01-01'"),
        ("x = 1 AND f(lower(a), 2)\n  = g(3, 4) OR y = 2", "x = 1 AND f(lower(a), 2) = g(3, 4) OR y = 2"),
        ("x IN (SELECT b FROM u WHERE upper(c) = 'X')", "upper(c) = 'X'"),
        ("date(ts)='2024-01-01'", "date(ts)='2024-01-01'"),
    ],
)
def test_the_snippet_is_the_text_itself(condition: str, snippet: str) -> None:
    found = [i for i in condition_issues(condition, "postgresql") if i.kind != "or-across-columns"]
    texts = [i.snippet for i in found] or [i.snippet for i in condition_issues(condition, "postgresql")]
    assert snippet in texts


def test_positions_count_from_the_condition() -> None:
    (issue,) = condition_issues("a = 1\n  AND lower(b) = 'x'", "postgresql")
    assert (issue.line, issue.column) == (2, 7)


def test_every_condition_is_told_with_its_kind() -> None:
    found = where("a = 1 AND b > 2 AND c IN (1) AND d LIKE 'x%' AND e <> 1 AND f IS NULL AND g LIKE '%y'")
    assert [p.kind for p in found] == ["equality", "range", "in", "prefix", "negation", "null", "contains"]
    assert [p.column.column for p in found if p.column] == list("abcdefg")


WORDS = (
    "a b ts 1 'x' '%x' = <> < LIKE ILIKE IN ( ) , AND OR NOT BETWEEN IS NULL lower( date( CAST( AS date ) ",
    ":: + - % CASE WHEN THEN END EXISTS (SELECT 1 FROM u WHERE t.a u.b COLLATE AT TIME ZONE dashlint_x ANY",
)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from("".join(WORDS).split()), max_size=14).map(" ".join) | st.text(max_size=40),
    st.sampled_from(["postgresql", "mysql", "mssql", "bigquery", "kylin"]),
    st.sampled_from(
        [None, Known({"a": "varchar", "ts": "timestamp"}, indexed=("a",), expressions=("lower(a)",))]
    ),
)
def test_reading_conditions_never_raises(condition: str, engine: str, known: Known | None) -> None:
    for issue in condition_issues(condition, engine, known=known):
        assert issue.message


@pytest.mark.parametrize(
    ("expression", "engine", "truncates"),
    [
        ("date_trunc('day', o.at)", "postgresql", True),
        ("o.at::date", "postgresql", True),
        ("DATE(at)", "mysql", True),
        ("at", "postgresql", False),
        ("at + interval '1 day'", "postgresql", False),
        ("date_trunc('day', at + interval '1 day')", "postgresql", False),
        ("EXTRACT(DOW FROM at)", "postgresql", False),
        ("CAST(at AS TEXT)", "postgresql", False),
        ("max(at)", "postgresql", False),
        ("date_trunc('day', at", "postgresql", False),
    ],
)
def test_truncated_moments(expression: str, engine: str, *, truncates: bool) -> None:
    assert is_truncation(expression, engine) is truncates
