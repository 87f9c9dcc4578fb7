from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashlint.deadline import in_time
from dashlint.limits import Limits, limited, limits
from dashlint.sql import bounded
from dashlint.sql.dialects import grammar
from dashlint.sql.model import ColumnRef, SqlFacts, TableRef
from dashlint.sql.parse import facts
from dashlint.sql.predicates import predicates
from dashlint.sql.reads import reads

COLUMNS = {"orders": ("id", "customer_id", "ts", "total"), "customers": ("id", "name", "region")}


def kinds(sql: str, engine: str = "postgresql") -> list[str]:
    found = facts(sql, engine)
    assert found.error is None, found.error
    return [issue.kind for issue in found.issues]


def origin(found: SqlFacts, column: str) -> list[str]:
    return [
        f"{ref.table.label}.{ref.column}" + (f" via {ref.expression}" if ref.transformed else "")
        for ref in found.origins(column)
    ]


def known(table: TableRef) -> tuple[str, ...] | None:
    return COLUMNS.get(table.name)


# --- tables and lineage -----------------------------------------------------------------------------


def test_tables_are_physical_ones_with_the_schema_they_get() -> None:
    found = facts(
        "WITH recent AS (SELECT * FROM orders) SELECT * FROM Recent JOIN crm.customers c USING (id)",
        "postgresql",
        default_schema="sales",
    )
    assert found.tables == (TableRef("orders", "sales"), TableRef("customers", "crm"))


def test_a_cte_may_bear_the_name_of_the_table_it_reads() -> None:
    assert facts("WITH t AS (SELECT * FROM t) SELECT a FROM t", "postgresql").tables == (TableRef("t"),)


def test_lineage_goes_through_ctes_subqueries_and_unions() -> None:
    found = facts(
        """
        WITH base AS (SELECT id, lower(region) AS area, region AS place FROM s.customers)
        SELECT q.id, q.area, q.place, q.place || '!' AS loud, count(*) AS n
        FROM (SELECT * FROM base UNION ALL SELECT id, area, zone FROM s.old_customers) q
        GROUP BY 1, 2, 3, 4
        """,
        "postgresql",
    )
    assert found.outputs == ("id", "area", "place", "loud", "n")
    assert origin(found, "ID") == ["s.customers.id", "s.old_customers.id"]
    assert origin(found, "area") == ["s.customers.region via LOWER(region)", "s.old_customers.area"]
    assert origin(found, "place") == ["s.customers.region", "s.old_customers.zone"]
    assert origin(found, "loud") == [
        "s.customers.region via q.place || '!'",
        "s.old_customers.zone via q.place || '!'",
    ]
    assert origin(found, "n") == []


def test_names_without_a_table_find_theirs_only_where_columns_are_known() -> None:
    sql = "SELECT name, total FROM orders o JOIN customers c ON c.id = o.customer_id"
    assert origin(facts(sql, "postgresql"), "name") == []
    assert origin(facts(sql, "postgresql", columns_of=known), "name") == ["customers.name"]
    assert origin(facts(sql, "postgresql", columns_of=known), "total") == ["orders.total"]


def test_a_star_is_expanded_when_the_columns_are_known() -> None:
    found = facts("SELECT o.*, c.name FROM orders o JOIN customers c USING (id)", columns_of=known)
    assert found.outputs == ("id", "customer_id", "ts", "total", "name")


def test_an_unexpanded_star_still_leads_to_its_only_table() -> None:
    one = facts("SELECT * FROM orders", "postgresql")
    assert origin(one, "anything") == ["orders.anything"]
    two = facts("SELECT * FROM orders JOIN customers USING (id)", "postgresql")
    assert origin(two, "anything") == []


def test_star_except_and_replace() -> None:
    found = facts(
        "SELECT * EXCEPT (ts) REPLACE (total * 2 AS total) FROM orders", "bigquery", columns_of=known
    )
    assert found.outputs == ("id", "customer_id", "total")
    assert origin(found, "total") == ["orders.total via total * 2"]


def test_struct_fields_lead_to_their_column() -> None:
    found = facts("SELECT t.rec.field AS f FROM p.d.t AS t, UNNEST(t.items) AS i", "bigquery")
    assert origin(found, "f") == ["p.d.t.rec via rec.field"]


@pytest.mark.parametrize(
    ("sql", "barrier"),
    [
        ("SELECT a FROM t", None),
        ("SELECT a FROM t LIMIT 10", "limit"),
        ("SELECT a FROM (SELECT a FROM t LIMIT 10) x", "limit"),
        ("SELECT a, rank() OVER (ORDER BY b) AS r FROM t", "window"),
        ("SELECT a, rank() OVER (PARTITION BY a ORDER BY b) AS r FROM t", None),
        (
            "SELECT x AS a, rank() OVER (PARTITION BY x ORDER BY b) AS r FROM (SELECT a AS x, b FROM t) q",
            None,
        ),
        ("SELECT DISTINCT ON (b) a, b FROM t ORDER BY b", "distinct-on"),
        ("WITH RECURSIVE r AS (SELECT a FROM t UNION ALL SELECT r.a FROM r) SELECT a FROM r", "recursive"),
        ("WITH c AS MATERIALIZED (SELECT a FROM t) SELECT a FROM c", "materialized-cte"),
        ("WITH c AS (SELECT a FROM t) SELECT x.a FROM c x JOIN c y ON x.a = y.a", "materialized-cte"),
        ("WITH c AS (SELECT a FROM t) SELECT a FROM c", None),
    ],
)
def test_what_keeps_a_predicate_from_the_table_is_told(sql: str, barrier: str | None) -> None:
    assert facts(sql, "postgresql").origins("a") == (ColumnRef(TableRef("t"), "a", barrier=barrier),)


# --- issues -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM t", ["select-star"]),
        ("WITH x AS (SELECT * FROM t) SELECT * FROM x", ["select-star"]),
        ("SELECT t.* FROM t", ["select-star"]),
        ("SELECT a FROM (SELECT * FROM t) x", ["select-star-inner"]),
        ("SELECT * FROM (SELECT a, b FROM t) x", []),
        ("WITH x AS (SELECT a FROM t) SELECT * FROM x", []),
        ("SELECT count(*) FROM t WHERE EXISTS (SELECT * FROM u WHERE u.i = t.i)", []),
        ("SELECT * FROM generate_series(1, 3) g", []),
    ],
)
def test_select_star(sql: str, expected: list[str]) -> None:
    assert kinds(sql) == expected


@pytest.mark.parametrize(
    ("engine", "sql"),
    [
        ("postgresql", "SELECT a.x FROM a, b"),
        ("postgresql", "SELECT a.x FROM a JOIN b ON 1 = 1"),
        ("postgresql", "SELECT a.x FROM a JOIN b ON TRUE"),
        ("postgresql", "SELECT a.x FROM a CROSS JOIN b"),
        ("postgresql", "SELECT a.x FROM a JOIN b USING (id), c"),
        ("postgresql", "SELECT a.x FROM a JOIN b ON a.k = 3 WHERE b.y > 4"),
        ("mysql", "SELECT a.x FROM a JOIN b"),
        ("postgresql", "SELECT x FROM (SELECT a.x FROM a, b) q"),
        ("postgresql", "WITH q AS (SELECT k, max(d) AS m FROM b GROUP BY k) SELECT a.x FROM a, q"),
    ],
)
def test_cartesian_joins(engine: str, sql: str) -> None:
    assert kinds(sql, engine) == ["cartesian-join"]


@pytest.mark.parametrize(
    ("engine", "sql"),
    [
        ("postgresql", "SELECT a.x FROM a, b WHERE a.id = b.id"),
        ("postgresql", "SELECT x, y FROM a, b WHERE a_id = b_id"),
        ("postgresql", "SELECT a.x FROM a JOIN b ON TRUE WHERE a.i = b.i"),
        ("postgresql", "SELECT a.x FROM a, b WHERE a.k = 5 AND b.k = 5"),
        ("postgresql", "SELECT a.x FROM a CROSS JOIN (SELECT max(d) AS m FROM b) q"),
        ("postgresql", "WITH q AS (SELECT max(d) AS m FROM b), r AS (SELECT m FROM q) SELECT a.x FROM a, r"),
        ("postgresql", "SELECT a.x FROM a CROSS JOIN (SELECT 1 AS one UNION ALL SELECT 2) q"),
        ("postgresql", "SELECT a.x FROM a CROSS JOIN generate_series(1, 3) g"),
        ("postgresql", "SELECT a.x FROM a CROSS JOIN (VALUES (1), (2)) v(n)"),
        ("postgresql", "SELECT a.x FROM a, unnest(a.tags) u"),
        ("postgresql", "SELECT a.x FROM a LEFT JOIN LATERAL (SELECT 1 FROM b WHERE b.i = a.i) l ON TRUE"),
        ("postgresql", "SELECT a.x FROM (a JOIN b ON a.i = b.i) JOIN c ON c.i = b.i"),
        ("postgresql", "SELECT a.x FROM a NATURAL JOIN b"),
        ("postgresql", "SELECT a.x FROM a JOIN b ON dashlint_condition"),
        ("mysql", "SELECT d FROM (SELECT DISTINCT d FROM a) s CROSS JOIN (SELECT k FROM b GROUP BY k) p"),
        ("bigquery", "SELECT a.x FROM d.a AS a, a.items"),
        ("bigquery", "SELECT a.x FROM d.a, UNNEST(items) i"),
        ("mssql", "SELECT a.x FROM a CROSS APPLY f(a.x) y"),
        ("snowflake", "SELECT a.x FROM a, LATERAL FLATTEN(input => a.j) f"),
        ("trino", "SELECT x FROM a CROSS JOIN UNNEST(arr) AS t(x)"),
        ("hive", "SELECT x FROM a LATERAL VIEW explode(arr) e AS x"),
        ("clickhouse", "SELECT x FROM a ARRAY JOIN arr AS x"),
        ("sqlite", "SELECT j.value FROM a, json_each(a.js) j"),
        ("oracle", "SELECT x FROM a, dual"),
        (
            "postgresql",
            "WITH RECURSIVE d(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM d) SELECT a.x FROM d, a",
        ),
    ],
)  # fmt: skip
def test_joins_that_are_no_cartesian_product(engine: str, sql: str) -> None:
    assert "cartesian-join" not in kinds(sql, engine)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT count(*) AS n FROM a JOIN b ON a.i = b.i", True),
        ("SELECT date_trunc('day', a.ts) AS d, count(*) FROM a JOIN b ON a.i = b.i GROUP BY 1", True),
        ("SELECT a.k, count(*) AS n FROM a JOIN b ON a.i = b.i GROUP BY a.k", False),
        ("SELECT a.k, b.v FROM a JOIN b ON a.i = b.i", False),
        ("SELECT count(*) AS n FROM a JOIN b ON a.i = b.i WHERE a.ts > '2024-01-01'", False),
        ("SELECT count(x) AS n FROM a JOIN b ON a.i = b.i", False),  # whose x?
    ],
)
def test_joins_that_no_filter_can_reduce(sql: str, *, expected: bool) -> None:
    assert ("unfiltered-join" in kinds(sql)) is expected


@pytest.mark.parametrize(
    ("engine", "sql", "found"),
    [
        ("postgresql", "SELECT a FROM t ORDER BY a", True),
        ("postgresql", "SELECT sum(a) FROM (SELECT a FROM t ORDER BY a) x", True),
        ("postgresql", "WITH c AS (SELECT a FROM t ORDER BY a) SELECT a FROM c", True),
        ("postgresql", "SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY 1", True),
        ("postgresql", "SELECT a FROM t ORDER BY a LIMIT 5", False),
        ("postgresql", "SELECT a FROM t ORDER BY a FETCH FIRST 3 ROWS ONLY", False),
        ("mssql", "SELECT TOP 5 a FROM t ORDER BY a", False),
        ("mssql", "SELECT a FROM t ORDER BY a OFFSET 10 ROWS", False),
        ("postgresql", "SELECT a, row_number() OVER (ORDER BY b) FROM t", False),
        ("postgresql", "SELECT array_agg(a ORDER BY b), string_agg(x, ',' ORDER BY y) FROM t", False),
        ("postgresql", "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY z) FROM t", False),
        ("mysql", "SELECT GROUP_CONCAT(a ORDER BY a) FROM t", False),
        ("postgresql", "SELECT DISTINCT ON (a) a, b FROM t ORDER BY a, c", False),
        ("postgresql", "SELECT a FROM (SELECT a FROM t ORDER BY a) x LIMIT 3", False),
        ("postgresql", "SELECT array_agg(a) FROM (SELECT a FROM t ORDER BY a) x", False),
        ("bigquery", "SELECT ARRAY(SELECT x FROM UNNEST(y) x ORDER BY x) AS z FROM t", False),
        ("oracle", "SELECT a FROM (SELECT a FROM t ORDER BY a) WHERE ROWNUM < 5", False),
        ("clickhouse", "SELECT a FROM t ORDER BY a LIMIT 1 BY a", False),
        ("clickhouse", "SELECT h FROM t GROUP BY h ORDER BY h WITH FILL", False),
    ],
)
def test_order_by_without_limit(engine: str, sql: str, *, found: bool) -> None:
    assert ("order-by-without-limit" in kinds(sql, engine)) is found


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1; SELECT 2", ["multiple-statements"]),
        ("SELECT 1;", []),
        ("SELECT 1; -- done", []),
        ("DELETE FROM t", ["not-a-select"]),
        ("EXPLAIN SELECT 1", ["not-a-select"]),
        ("VALUES (1), (2)", []),
        ("dashlint_the_whole_query", []),
    ],
)
def test_statements_that_are_no_dataset(sql: str, expected: list[str]) -> None:
    assert kinds(sql) == expected


@pytest.mark.parametrize(
    ("engine", "sql", "found"),
    [
        ("postgresql", "SELECT a FROM t WHERE a IN ()", True),
        ("mysql", "SELECT a FROM t WHERE a NOT IN ()", True),
        ("sqlite", "SELECT a FROM t WHERE a IN ()", False),
        ("postgresql", "SELECT a FROM t WHERE a IN (SELECT b FROM u)", False),
        ("postgresql", "SELECT a FROM t WHERE a IN (1)", False),
        ("bigquery", "SELECT a FROM t WHERE a IN UNNEST([1, 2])", False),
        ("postgresql", "SELECT a FROM t WHERE a IN dashlint_list", False),
    ],
)
def test_empty_lists(engine: str, sql: str, *, found: bool) -> None:
    assert ("empty-in-list" in kinds(sql, engine)) is found


def test_a_row_picked_by_its_key_is_a_doubtful_product() -> None:
    (issue,) = facts("SELECT o.a FROM orders o, settings s WHERE s.id = 1", "postgresql").issues
    assert (issue.kind, issue.confidence) == ("cartesian-join", "low")


def test_issues_have_positions() -> None:
    (issue,) = facts("SELECT a.x\nFROM a,\n     b", "postgresql").issues
    assert (issue.line, issue.column, issue.snippet) == (3, 6, "b")
    assert issue.subject == ColumnRef(TableRef("b"), "*")


# --- what does not parse ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "line", "column", "words"),
    [
        ("SELECT a,\n  b FRM t WHERE", 2, 9, 'near "t"'),
        ("SELECT 'abc", 1, 7, "missing '"),
        ("SELECT a FROM t WHERE x = = 3", 1, 27, 'near "="'),
        ("SELECT a FROM", 1, 10, "the last word"),
        ("/* open", None, None, "not closed"),
        ("", None, None, "empty"),
    ],
)
def test_errors_have_a_position_and_one_sentence(
    sql: str, line: int | None, column: int | None, words: str
) -> None:
    error = facts(sql, "postgresql").error
    assert error is not None
    assert (error.kind, error.line, error.column) == ("parse-error", line, column)
    assert words in error.message
    assert "<" not in error.message
    assert "\n" not in error.message


def test_an_unknown_engine_is_read_as_generic_sql_and_trusted_less() -> None:
    assert facts("SELECT `a` FROM `t`", "kylin").confidence == "low"
    assert facts("SELECT `a` FROM `t`", "kylin").tables == (TableRef("t"),)
    error = facts("SELECT a FROM t WHERE", "nobody-knows").error
    assert error is not None
    assert error.confidence == "low"


def test_engines_names_carry_drivers() -> None:
    assert grammar("postgresql+psycopg2") == grammar("postgresql") == ("postgres", True)
    assert grammar("MSSQL").name == "tsql"


def test_texts_too_long_or_too_deep_are_told_and_do_not_hang() -> None:
    long = facts("SELECT 1 -- " + "x" * Limits().sql_length, "postgresql").error
    deep = facts("SELECT " + "(" * 3000 + "1" + ")" * 3000, "postgresql").error
    assert long is not None
    assert deep is not None
    assert (long.kind, deep.kind) == ("too-long", "too-deep")
    assert "raise limits.sql-length in the configuration" in long.message


@pytest.mark.parametrize("kind", ["lists", "subscripts", "chains", "signs"])
def test_no_nesting_reaches_the_end_of_the_stack(kind: str) -> None:
    sql = {
        "lists": "SELECT " + "(" * 10_000 + "1" + ")" * 10_000,
        "subscripts": "SELECT " + "[" * 100_000,
        "chains": "SELECT " + "NOT " * 90_000 + "a FROM t",
        "signs": "SELECT " + "- " * 100_000 + "a FROM t",
    }[kind]
    error = facts(sql, "postgresql").error
    assert error is not None
    assert (error.kind, error.message) == (
        "too-deep",
        "The SQL is nested too deeply to be read: take it apart into CTEs or views.",
    )


#: Each takes minutes or years without a limit: what is long, and what is tried or followed again and again.
ENDLESS = {
    "concatenations": "SELECT " + "||".join("a" * 100_000) + " AS x FROM t",
    "functions": "SELECT " + "STRUCT(" * 100 + "1" + ")" * 100,
    "joins of a CTE with itself": "WITH c0 AS (SELECT x FROM t)"
    + "".join(
        f", c{i} AS (SELECT a.x + b.x AS x FROM c{i - 1} a JOIN c{i - 1} b ON a.x = b.x)"
        for i in range(1, 41)
    )
    + " SELECT x FROM c40",
    "tables": "SELECT 1 FROM " + ", ".join(f"t{i}" for i in range(20_000)),
}


# An interruption may arrive in a finalizer, where it is lost and told to whoever listens; another follows.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", ENDLESS)
def test_a_statement_ends_when_its_time_is_up(kind: str) -> None:
    with limited(sql_seconds=1):
        error = facts(ENDLESS[kind], "postgresql").error
        reads(ENDLESS[kind], "postgresql")
        predicates(ENDLESS[kind], "postgresql")
    assert error is not None
    assert error.kind == "too-slow"
    assert error.message == (
        "The SQL was given up after 1 second: write it more simply, "
        "or raise limits.sql-seconds in the configuration."
    )


def test_ten_thousand_charts_over_an_endless_statement_do_not_take_ten_thousand_times_as_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allowed: list[float] = []

    def recorded(seconds: float, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        allowed.append(seconds)
        return in_time(seconds, work, *args, **kwargs)

    monkeypatch.setattr(bounded, "in_time", recorded)
    with limited(sql_seconds=1):
        for number in range(10):
            error = facts(f"SELECT {number} AS a, " + "STRUCT(" * 100 + "1" + ")" * 100, "postgresql").error
            assert error is not None
            assert error.kind == "too-slow"
        assert list(dict.fromkeys(allowed)) == [1.0, 0.1]
    facts("SELECT 1 AS other_limits", "postgresql")
    assert allowed[-1] == limits().sql_seconds, "what was lost under other limits does not count"


ENGINES = ["postgresql", "mysql", "bigquery", "snowflake", "mssql", "clickhouse", "oracle", "hive", "kylin"]
DIALECTS = {
    "postgresql": "SELECT x::jsonb ->> 'a' AS a, ARRAY(SELECT 1) FROM t TABLESAMPLE system (5) "
    "WHERE tags @> ARRAY['x'] AND y ~* '^a' AND z IS DISTINCT FROM 3",
    "mysql": "SELECT SQL_NO_CACHE `a b`, @r := @r + 1, JSON_EXTRACT(j, '$.x') FROM `t` FORCE INDEX (i) "
    "STRAIGHT_JOIN u ON u.i = t.i WHERE d > NOW() - INTERVAL 3 DAY",
    "bigquery": "SELECT AS STRUCT a, b FROM `proj-x.d.events_*` WHERE _TABLE_SUFFIX BETWEEN '1' AND '2' "
    "QUALIFY ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) = 1",
    "snowflake": "SELECT v:a.b::string AS s, t.$1 FROM @stage/x t, LATERAL FLATTEN(input => v) f "
    "QUALIFY RANK() OVER (ORDER BY s) < 3",
    "mssql": "SELECT TOP (10) PERCENT [a b], x = y + 1 FROM [dbo].[t] WITH (NOLOCK) CROSS APPLY f(1) "
    "WHERE d >= DATEADD(day, -7, GETDATE()) OPTION (MAXDOP 1)",
    "clickhouse": "SELECT toStartOfDay(ts) AS d, quantile(0.9)(x), arrayMap(i -> i + 1, a) FROM t FINAL "
    "SAMPLE 0.1 PREWHERE y = 1 GROUP BY d WITH TOTALS",
    "oracle": "SELECT a, LISTAGG(b, ',') WITHIN GROUP (ORDER BY b) FROM t CONNECT BY PRIOR a = p "
    "START WITH p IS NULL",
    "hive": "SELECT a, collect_set(b) FROM t LATERAL VIEW OUTER explode(x) e AS y DISTRIBUTE BY a SORT BY a",
    "trino": "SELECT approx_distinct(x), date_add('day', -1, ts) FROM c.s.t CROSS JOIN UNNEST(m) AS u(k, v)",
    "duckdb": "SELECT * EXCLUDE (a), list_transform(l, x -> x + 1) FROM read_parquet('f.parquet') LIMIT 3",
    "db2": "SELECT a FROM t FETCH FIRST 3 ROWS ONLY",
    "redshift": "SELECT a, APPROXIMATE COUNT(DISTINCT b) FROM spectrum.t WHERE c ILIKE 'x%' GROUP BY 1",
}


@pytest.mark.parametrize("engine", DIALECTS)
def test_every_dialect_reads_its_own_peculiarities(engine: str) -> None:
    assert facts(DIALECTS[engine], engine).error is None


WORDS = (
    "SELECT FROM WHERE JOIN ON AND OR GROUP BY ORDER LIMIT WITH AS UNION ALL ( ) , . * = < ' \" ` ; -- ",
    "[ ] { } :: CASE WHEN THEN END a b t x 1 'x' NULL OVER PARTITION LATERAL UNNEST VALUES INTERVAL CAST ",
    "EXISTS IN NOT BETWEEN LIKE DISTINCT CROSS LEFT USING RECURSIVE EXCEPT dashlint_x /* */",
)
SQL = st.lists(st.sampled_from("".join(WORDS).split()), max_size=30).map(" ".join)


@settings(deadline=None)
@given(
    st.one_of(SQL, SQL.map(lambda s: "SELECT " + s), st.text(max_size=80)),
    st.sampled_from(ENGINES),
    st.sampled_from([None, known]),
)
def test_reading_never_raises(sql: str, engine: str, columns_of: Any) -> None:
    found = facts(sql, engine, columns_of=columns_of)
    assert (found.error is None) == (found.lineage is not None) or found.confidence == "low"
    for name in found.outputs:
        found.origins(name)
