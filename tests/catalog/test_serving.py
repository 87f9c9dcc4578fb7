from __future__ import annotations

import pytest

from dashlint.catalog.access import Knowledge, servable
from dashlint.catalog.implication import implied
from dashlint.catalog.model import Catalog, ColumnStatistics, Index, IndexColumn, Table
from dashlint.sql.engines import engine_named
from dashlint.sql.model import TableRef


def index(*names: str, method: str = "btree", **more: object) -> Index:
    return Index("i", tuple(IndexColumn(name) for name in names), method=method, **more)  # type: ignore[arg-type]


def test_without_index_information_nothing_is_claimed() -> None:
    access = servable(Table("t"), "a", "equality", "postgresql")
    assert (access.usable, access.certain) == (None, False)
    assert "nobody told" in access.reason


def test_a_table_without_indexes_is_not_an_unknown_one() -> None:
    access = servable(Table("t", indexes=()), "a", "equality", "postgresql")
    assert (access.usable, access.certain) == (False, True)


def test_what_superset_tells_has_gaps() -> None:
    access = servable(Table("t", indexes=(), indexes_complete=False), "a", "equality", "postgresql")
    assert (access.usable, access.certain) == (False, False)
    assert "primary keys" in access.reason


@pytest.mark.parametrize(
    ("engine", "layout", "column", "kind", "usable", "by"),
    [
        ("bigquery", {"partitioned_by": ("DATE(ts)",)}, "ts", "range", True, "partition"),
        ("bigquery", {"clustered_by": ("a", "b")}, "a", "equality", True, "clustering"),
        ("bigquery", {"partitioned_by": ("ts",)}, "a", "equality", False, None),
        ("bigquery", {}, "a", "equality", None, None),
        ("clickhouse", {"sort_key": ("a", "toStartOfHour(ts)")}, "a", "equality", True, "sort-key"),
        ("clickhouse", {"sort_key": ("a", "toStartOfHour(ts)")}, "ts", "range", False, None),
        ("redshift", {"sort_key": ("ts",), "clustered_by": ("id",)}, "ts", "range", True, "sort-key"),
        ("redshift", {"sort_key": ("ts",), "clustered_by": ("id",)}, "id", "equality", False, None),
        ("hive", {"partitioned_by": ("ds",)}, "ds", "in", True, "partition"),
        ("trino", {"partitioned_by": ("day(ts)",)}, "ts", "range", True, "partition"),
        ("snowflake", {"clustered_by": ("TO_DATE(TS)",)}, "ts", "range", True, "clustering"),
        ("bigquery", {"partitioned_by": ("a",)}, "a", "contains", False, None),
        ("postgresql", {"partitioned_by": ("ts",), "indexes": ()}, "ts", "range", True, "partition"),
    ],
)
def test_engines_without_indexes_are_served_by_their_layout(
    engine: str,
    layout: dict[str, tuple[str, ...]],
    column: str,
    kind: str,
    *,
    usable: bool | None,
    by: str | None,
) -> None:
    access = servable(Table("t", columns={"a": ColumnStatistics("a")}, **layout), column, kind, engine)  # type: ignore[arg-type]
    assert (access.usable, access.by) == (usable, by)


def test_a_sort_key_serves_its_second_column_behind_an_equality() -> None:
    table = Table("t", sort_key=("a", "toStartOfHour(ts)"))
    assert servable(table, "ts", "range", "clickhouse", equalities=("a",)).usable is True


def test_an_index_is_of_no_use_to_engines_that_have_none() -> None:
    table = Table("t", indexes=(index("a"),), clustered_by=("b",))
    assert servable(table, "a", "equality", "snowflake").usable is False


def test_an_unknown_engine_is_judged_by_its_indexes_only_where_they_serve() -> None:
    table = Table("t", indexes=(index("a"),))
    assert servable(table, "a", "equality", "nobody-knows").usable is True
    assert servable(table, "b", "equality", "nobody-knows").usable is None


def test_skip_scans_make_the_answer_uncertain_where_few_values_lead() -> None:
    few = Table("t", columns={"a": ColumnStatistics("a", distinct=4)}, indexes=(index("a", "b"),))
    many = Table("t", columns={"a": ColumnStatistics("a", distinct=40_000)}, indexes=(index("a", "b"),))
    assert servable(few, "b", "equality", "postgresql").certain is False
    assert servable(many, "b", "equality", "postgresql").certain is True
    assert "has a before b" in servable(many, "b", "equality", "postgresql").reason


def test_the_reason_is_that_of_the_index_which_comes_nearest() -> None:
    table = Table("t", indexes=(index("b", include=("a",)), index("a", where="b = 1")))
    assert "only the rows WHERE b = 1" in servable(table, "a", "equality", "postgresql").reason


AS_POSTGRESQL_STORES_IT = (
    "((state)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))"
)


@pytest.mark.parametrize(
    ("where", "conditions", "expected"),
    [
        ("state = 'open'", ["state = 'open'"], True),
        ("(state = 'open'::text)", ["t.state = 'open'"], True),
        ("state = 'open'", ["state = 'done'"], False),
        ("state = 'open'", [], False),
        ("state IN ('a', 'b')", ["state = 'a'"], True),
        (AS_POSTGRESQL_STORES_IT, ["state = 'b'"], True),
        ("state IN ('a', 'b')", ["state IN ('a', 'b', 'c')"], False),
        ("state <> 'x'", ["state = 'a'"], True),
        ("state <> 'x'", ["state IN ('a', 'x')"], False),
        ("n > 3", ["n > 5"], True),
        ("n > 3", ["n >= 3"], False),
        ("n >= 3", ["n > 3"], True),
        ("n > 3", ["n = 4"], True),
        ("n > 3", ["n < 9"], False),
        ("n > 3", ["m > 5"], False),
        ("n < '2024-01-01'", ["n < '2023-01-01'"], True),
        ("other IS NOT NULL", ["other > 3"], True),
        ("other IS NOT NULL", [], False),
        ("col IS NOT NULL", [], True),
        ("NOT (col IS NULL)", [], True),
        ("is_active", ["is_active = true"], True),
        ("is_active", ["is_active"], True),
        ("a = 1 AND b = 2", ["a = 1"], False),
        ("a = 1 AND b = 2", ["b = 2 AND a = 1"], True),
        ("a = 1 OR b = 2", ["b = 2"], True),
        ("lower(a) = 'x'", ["LOWER(t.a) = 'x'"], True),
        ("this is no SQL (", ["a = 1"], False),
    ],
)  # fmt: skip
def test_partial_indexes_serve_where_the_query_implies_their_predicate(
    where: str, conditions: list[str], *, expected: bool
) -> None:
    assert implied(where, conditions, "col", "equality") is expected


def test_a_search_for_null_does_not_imply_that_there_is_a_value() -> None:
    assert implied("col IS NOT NULL", [], "col", "null") is False


def test_knowledge_answers_from_the_catalog() -> None:
    table = Table(
        "t",
        schema="s",
        columns={"a": ColumnStatistics("a", "text"), "ts": ColumnStatistics("ts")},
        indexes=(Index("e", (IndexColumn(None, "lower(a)"),)), index("a")),
        partitioned_by=("date_trunc('day', ts)",),
    )
    known = Knowledge(Catalog([table], engine="postgresql"))
    ref = TableRef("T", "S")
    assert known.columns_of(ref) == ("a", "ts")
    assert known.column_type(ref, "A") == "text"
    assert known.index_expressions(ref) == ["lower(a)"]
    assert known.is_indexed(ref, "a") is True
    assert known.is_indexed(ref, "other") is False
    assert known.has_text_index(ref, "a") is False
    assert known.layout(ref) == ["ts"]
    assert known.index_expressions(TableRef("nowhere")) is None
    assert known.is_indexed(TableRef("nowhere"), "a") is None


def test_every_engine_has_a_source() -> None:
    for name in (
        "postgresql",
        "mysql",
        "mariadb",
        "mssql",
        "oracle",
        "sqlite",
        "db2",
        "bigquery",
        "snowflake",
        "trino",
    ):
        assert engine_named(name).source
    assert engine_named("postgresql+psycopg2") == engine_named("postgresql")
    assert engine_named("nobody-knows").indexes is None


@pytest.mark.parametrize(
    ("engine", "what", "column", "kind", "usable", "by", "certain"),
    [
        ("clickhouse", index("a", "b", method="bloom_filter"), "b", "equality", True, "index", False),
        ("clickhouse", index("a", method="bloom_filter"), "a", "range", False, None, True),
        ("clickhouse", index("a", "b", method="minmax"), "b", "range", True, "index", False),
        ("clickhouse", index("a", method="ngrambf_v1"), "a", "contains", True, "index", False),
        ("clickhouse", index("a", "b", method="projection"), "a", "range", True, "sort-key", True),
        ("clickhouse", index("a", "b", method="projection"), "b", "equality", False, None, True),
        ("clickhouse", index("a", method="aggregate-projection"), "a", "equality", False, None, True),
        ("starrocks", index("a", method="bitmap"), "a", "in", True, "index", False),
        ("redshift", index("a", primary=True), "a", "equality", False, None, True),
        ("duckdb", index("a"), "a", "equality", False, None, True),
    ],
)
def test_what_lets_engines_without_indexes_skip_rows(
    engine: str, what: Index, column: str, kind: str, *, usable: bool, by: str | None, certain: bool
) -> None:
    table = Table("t", columns={c: ColumnStatistics(c) for c in "abc"}, indexes=(what,), sort_key=("c",))
    access = servable(table, column, kind, engine)
    assert (access.usable, access.by, access.certain) == (usable, by, certain)


def test_a_projection_serves_after_the_columns_before_it() -> None:
    table = Table("t", indexes=(index("a", "b", method="projection"),), sort_key=("c",))
    access = servable(table, "b", "range", "clickhouse", equalities=["A"])
    assert (access.usable, access.reason) == (True, 'projection "i" is sorted by it')
