"""Properties of the estimates, and the types that they understand."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.assets import Column, Dataset, Origin
from dashlint.catalog.model import ColumnStatistics
from dashlint.cost import memory
from dashlint.cost.column_types import facts
from dashlint.cost.memory import ColumnShape, ResultCost, ResultKind, ResultSet, estimate, request_cost
from dashlint.superset.query import Query, QueryColumn, QueryMetric

SPELLINGS = {
    "bool": "BOOLEAN|BOOL|bool|BIT|BIT(1)|Nullable(Bool)",
    "tiny": "TINYINT|TINYINT(1)|TINYINT UNSIGNED|TINY",
    "int": (
        "INTEGER|INT|int4|SMALLINT|MEDIUMINT|INT UNSIGNED|INTEGER(11)|Int32|UInt16|Nullable(Int32)|SERIAL|"
        "LowCardinality(Nullable(UInt8))|YEAR|LONG|SHORT|INT24"
    ),
    "bigint": "BIGINT|INT8|INT64|Int64|UInt64|Nullable(Int64)|BIGINT(20)|LONGLONG|LONGINTEGER|HUGEINT",
    "double": (
        "DOUBLE PRECISION|DOUBLE_PRECISION|FLOAT|FLOAT64|FLOAT8|REAL|DOUBLE|Float32|Nullable(Float64)|"
        "FLOAT(53)|BINARY_DOUBLE"
    ),
    "numeric": (
        "NUMERIC|NUMERIC(14,2)|DECIMAL(10, 2)|NUMBER(38,0)|NUMBER|BIGNUMERIC|Decimal(18, 4)|MONEY|"
        "SimpleAggregateFunction(sum, Decimal(38, 2))|NEWDECIMAL|Decimal128(4)"
    ),
    "date": "DATE|Date32|Nullable(Date)",
    "timestamp": (
        "TIMESTAMP|TIMESTAMP WITHOUT TIME ZONE|DATETIME|DATETIME2|DATETIME(6)|DateTime64(3)|SMALLDATETIME|"
        "TIMESTAMP_NTZ|TIMESTAMP(6)|DateTime('UTC')"
    ),
    "timestamptz": (
        "TIMESTAMP WITH TIME ZONE|TIMESTAMPTZ|TIMESTAMP(3) WITH TIME ZONE|TIMESTAMP_TZ|DATETIMEOFFSET"
    ),
    "time": "TIME|TIME WITHOUT TIME ZONE|TIME(6) WITH TIME ZONE|TIMETZ",
    "interval": "INTERVAL|INTERVAL DAY TO SECOND|INTERVAL YEAR",
    "uuid": "UUID|UNIQUEIDENTIFIER|Nullable(UUID)",
    "json": (
        "JSON|JSONB|STRUCT<a INT64>|MAP(VARCHAR, BIGINT)|ROW(x BIGINT, y DOUBLE)|HSTORE|Map(String, UInt64)"
    ),
    "array": "INTEGER[]|TEXT[]|ARRAY|ARRAY<INT64>|Array(String)|ARRAY(VARCHAR)|_int4",
    "document": "VARIANT|OBJECT|SUPER",
    "bytea": "BYTEA",
    "text": (
        "TEXT|VARCHAR|VARCHAR(255)|CHARACTER VARYING(20)|CHAR(3)|NVARCHAR(MAX)|VARCHAR2(40 CHAR)|STRING|"
        "Nullable(LowCardinality(String))|LowCardinality(Nullable(String))|CLOB|LONGTEXT|ENUM('a','b')|"
        "Enum8('x' = 1)|POINT|GEOMETRY(POINT, 4326)|INET|XML|PRINT|LONG RAW|LONG VARCHAR|BIT VARYING(8)|"
        "NATIONAL CHARACTER VARYING(9)|VAR_STRING|INTERNAL|SET('a','b')|FixedString(16)||whatever|VARBINARY"
    ),
}


@pytest.mark.parametrize(
    ("spelling", "family"),
    [(spelling, family) for family, found in SPELLINGS.items() for spelling in found.split("|")],
)
def test_types_of_all_engines(spelling: str, family: str) -> None:
    assert facts(spelling).family == family
    assert facts(f"  {spelling.lower()} ").family == family


def test_what_a_type_says_of_its_values() -> None:
    assert facts("CHAR(3)").width == 3
    assert facts("FixedString(16)").width == 16
    assert facts("BIT(8)").width == 8
    assert facts("VARCHAR(4)").limit == 4
    assert facts("VARCHAR2(40 CHAR)").limit == 40
    assert facts("NVARCHAR(MAX)").limit is None
    assert facts("ENUM('small','large!')") == ("text", 5.5, None, 2)
    short, long = (estimate(10_000, [ColumnShape(f"VARCHAR({n})")]) for n in (4, 4000))
    assert short.rss_peak < long.rss_peak == estimate(10_000, [ColumnShape("TEXT")]).rss_peak


def test_the_contract() -> None:
    assert [*inspect.signature(ColumnShape).parameters][:4] == [
        "type", "avg_width", "null_fraction", "distinct",
    ]  # fmt: skip
    by_position = estimate(1000, [ColumnShape("TEXT", 10.0, 0.1, 5)])
    by_name = estimate(
        rows=1000, columns=(ColumnShape(type="TEXT", avg_width=10, null_fraction=0.1, distinct=5),),
        kind=ResultKind.JSON,
    )  # fmt: skip
    assert by_position == by_name == request_cost([ResultSet(1000, [ColumnShape("TEXT", 10, 0.1, 5)])])
    assert set(ResultCost._fields) >= {
        "python_peak", "rss_peak", "cache_entry", "response", "retained", "cache_hit_peak",
    }  # fmt: skip
    assert all(type(value) is int for value in by_position)
    assert estimate(1000, [ColumnShape("INT")], kind="csv") == estimate(
        1000, [ColumnShape("INT")], kind=ResultKind.CSV
    )


SHAPE = st.builds(
    ColumnShape,
    st.sampled_from([spelling for found in SPELLINGS.values() for spelling in found.split("|")]),
    st.none() | st.floats(0, 2000),
    st.floats(0, 1),
    st.none() | st.integers(0, 200_000),
    st.none() | st.floats(0, 60),
    st.none() | st.floats(0, 1),
)
SHAPES = st.lists(SHAPE, max_size=20)
KINDS = st.builds(
    ResultKind,
    st.sampled_from(["json", "csv", "xlsx"]),
    st.sampled_from(["rows", "pivot"]),
    st.none() | st.integers(0, 5000),
    st.none() | st.integers(0, 5000),
    st.none() | st.integers(0, 20),
    st.sampled_from(["redis", "memcached", "filesystem", "memory", "none"]),
)
COUNTS = st.integers(0, 200_000)


@given(COUNTS, COUNTS, SHAPES, st.sampled_from([ResultKind.JSON, ResultKind.CSV, ResultKind.XLSX]))
def test_more_rows_never_cost_less(
    count: int, more: int, shapes: list[ColumnShape], kind: ResultKind
) -> None:
    less, greater = (estimate(n, shapes, kind=kind) for n in (count, count + more))
    assert all(a <= b for a, b in zip(less, greater, strict=True))


@given(COUNTS, SHAPES, SHAPE)
def test_more_columns_never_cost_less(count: int, shapes: list[ColumnShape], one: ColumnShape) -> None:
    less, greater = estimate(count, shapes), estimate(count, [*shapes, one])
    assert all(a <= b for a, b in zip(less, greater, strict=True))


@given(COUNTS, SHAPE, st.floats(0, 2000), st.floats(0, 2000))
def test_wider_values_never_cost_less(count: int, shape: ColumnShape, width: float, more: float) -> None:
    less, greater = (estimate(count, [shape._replace(avg_width=w)]) for w in (width, width + more))
    assert all(a <= b for a, b in zip(less, greater, strict=True))


@given(COUNTS, SHAPE, st.integers(0, 100_000), st.integers(0, 100_000))
def test_more_different_values_never_cost_less(count: int, shape: ColumnShape, few: int, more: int) -> None:
    less, greater = (estimate(count, [shape._replace(distinct=n)]) for n in (few, few + more))
    assert all(a <= b for a, b in zip(less[:2], greater[:2], strict=True))


@given(COUNTS, SHAPES, KINDS)
def test_whatever_is_asked_has_an_answer(count: int, shapes: list[ColumnShape], kind: ResultKind) -> None:
    cost = estimate(count, shapes, kind=kind)
    assert all(type(value) is int and value >= 0 for value in cost)
    assert cost.retained <= cost.rss_peak
    assert cost.response_gzip <= cost.response
    assert (cost.cache_entry == 0) == (kind.cache == "none")


def test_no_rows_and_no_columns_are_a_request_all_the_same() -> None:
    nothing = estimate(0, [])
    assert 100_000 < nothing.python_peak < 1_000_000
    assert estimate(-1, []) == nothing
    assert set(request_cost([])) == {0}


def test_several_queries_are_held_together() -> None:
    columns = [ColumnShape("TEXT", 40), ColumnShape("BIGINT")]
    one, two = request_cost([ResultSet(20_000, columns)]), request_cost([ResultSet(20_000, columns)] * 2)
    assert 1.8 * one.python_peak < two.python_peak < 2 * one.python_peak
    assert two.response == 2 * one.response
    small_first = request_cost([ResultSet(1, columns), ResultSet(20_000, columns)])
    assert one.python_peak <= small_first.python_peak < 1.1 * one.python_peak


def test_a_pivot_has_a_cell_for_each_combination() -> None:
    columns = [
        ColumnShape("TIMESTAMP", distinct=730),
        ColumnShape("TEXT", 16, distinct=5000),
        ColumnShape("DOUBLE"),
    ]
    flat = estimate(5000, columns)
    pivot = estimate(5000, columns, kind=ResultKind.PIVOT)
    # 730 rows of 5000 numbers or nulls, each boxed (24 bytes) and in a dict.
    assert pivot.python_peak > 730 * 5000 * 50
    assert pivot.python_peak > 50 * flat.python_peak
    known = estimate(5000, columns, kind=ResultKind.PIVOT._replace(output_rows=730, output_columns=21))
    assert known.python_peak < pivot.python_peak / 50
    dense = estimate(5000, [ColumnShape("TIMESTAMP"), *columns[1:]], kind=ResultKind.PIVOT)
    assert dense.response < pivot.response / 100


def test_what_caches_do() -> None:
    columns = [ColumnShape("TEXT", 300, distinct=50_000)]
    costs = {
        c: estimate(50_000, columns, kind=ResultKind(cache=c))
        for c in ("redis", "filesystem", "memory", "none")
    }
    assert costs["redis"].cache_entry == costs["filesystem"].cache_entry > 50_000 * 300
    assert costs["none"].cache_entry == costs["none"].cache_hit_peak == 0
    assert costs["redis"].cache_hit_peak >= costs["filesystem"].cache_hit_peak > 0
    assert costs["memory"].retained > costs["redis"].retained
    csv = [estimate(50_000, columns, kind=ResultKind("csv", cache=c)).python_peak for c in ("redis", "none")]
    assert csv[0] >= csv[1]


def test_it_says_what_it_does_not_know() -> None:
    columns = [
        ColumnShape("TEXT"),
        ColumnShape("TEXT", 3.0, 0, 4, 5, 0.0),
        ColumnShape("DATE"),
        ColumnShape("BIGINT"),
        ColumnShape("ENUM('a')", name_length=3),
    ]
    assert memory.defaults_used(columns) == (
        ("avg_width", "distinct", "name_length", "non_ascii"),
        (),
        ("distinct", "name_length"),
        ("avg_width", "name_length"),
        ("non_ascii",),
    )


@dataclass
class Warehouse:
    """Knows some columns."""

    columns: Mapping[str, ColumnStatistics] = field(default_factory=dict)
    widths: Mapping[str, float] = field(default_factory=dict)

    def statistics(self, _dataset: Dataset, column: str) -> ColumnStatistics | None:
        return self.columns.get(column)

    def planned_width(self, _dataset: Dataset, column: str) -> float | None:
        return self.widths.get(column)


DATASET = Dataset(
    uuid="d",
    id=1,
    name="orders",
    origin=Origin(None, ""),
    columns=(
        Column("city", "VARCHAR(40)"),
        Column("placed", "TIMESTAMP"),
        Column("ratio", "DOUBLE PRECISION"),
    ),
)
KNOWN = Warehouse({
    "city": ColumnStatistics("city", "varchar", distinct=150.0, null_fraction=0.2, average_width=11.0),
    "placed": ColumnStatistics("placed", "timestamp", distinct=49_000.0, average_width=8.0),
})  # fmt: skip
CITY, PLACED = (
    QueryColumn("city", "city"),
    QueryColumn("placed", "placed", time_grain="P1D", is_base_axis=True),
)


def test_shapes_of_raw_rows() -> None:
    raw = Query(columns=(CITY, QueryColumn("placed", "placed"), QueryColumn("X", sql="1 + 1")), metrics=None)
    assert memory.shapes_of(raw, DATASET, KNOWN) == (
        ColumnShape("VARCHAR(40)", 11.0, 0.2, 150, 4),
        ColumnShape("TIMESTAMP", None, 0.0, 49_000, 6),
        ColumnShape("TEXT", name_length=1),
    )
    assert memory.kind_of(raw) == ResultKind.JSON


def test_a_plan_tells_the_width_of_texts_that_no_statistics_know() -> None:
    raw = Query((CITY, PLACED), metrics=None)
    widths = {"city": 14.0, "placed": 8.0}
    assert [s.avg_width for s in memory.shapes_of(raw, DATASET, Warehouse(widths=widths))] == [14.0, None]
    assert memory.shapes_of(raw, DATASET, replace(KNOWN, widths=widths))[0].avg_width == 11.0


def test_shapes_of_groups() -> None:
    metrics = (
        QueryMetric("COUNT(*)", aggregate="COUNT"),
        QueryMetric("AVG(ratio)", aggregate="AVG", column="ratio"),
        QueryMetric("MAX(city)", aggregate="MAX", column="city"),
        QueryMetric("sum", sql="sum(x)"),
    )
    query = Query(
        columns=(PLACED, CITY),
        metrics=metrics,
        time_range="Last 30 days",
        post_processing=("pivot", "flatten"),
        series_limit=20,
        series_columns=(CITY,),
    )
    shapes = memory.shapes_of(query, DATASET, KNOWN)
    assert shapes[0] == ColumnShape("TIMESTAMP", distinct=32, name_length=6)
    assert shapes[1] == ColumnShape("VARCHAR(40)", 11.0, 0.0, 20, 4)
    assert [shape.type for shape in shapes[2:]] == ["BIGINT", "DOUBLE PRECISION", "VARCHAR(40)", "NUMERIC"]
    assert memory.kind_of(query) == ResultKind("json", "pivot", dimensions=2)


def test_a_histogram_is_one_row_of_what_was_fetched() -> None:
    query = Query(columns=(QueryColumn("ratio", "ratio"),), metrics=None, post_processing=("histogram",))
    assert memory.kind_of(query).output_rows == 1
