"""What a fingerprint keeps and what it lets go, for any statement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.incidents.fingerprint import fingerprint
from dashlint.incidents.structure import structure

NAMES = st.sampled_from(["orders", "total", "country_code", "ds", "customers", "My col", "Sum"])
TEXTS = st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(-(10**9), 10**9)
GAPS = st.sampled_from([" ", "\n", "\t ", " /* sent by superset */ ", " -- a comment\n", "  "])
DIALECTS = st.sampled_from(["postgres", "mysql"])


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def written(table: str, column: str, texts: list[str], number: int, limit: int, gap: str = " ") -> str:
    words = [
        "SELECT",
        f'"{column}"',
        ",",
        "COUNT(*)",
        "FROM",
        f'"{table}"',
        "WHERE",
        "region",
        "IN",
        "(" + ", ".join(map(quoted, texts)) + ")",
        "AND",
        f"total > {number}",
        "GROUP BY",
        f'"{column}"',
        f"LIMIT {limit}",
    ]
    return gap.join(words)


@given(st.text(max_size=200), DIALECTS)
def test_any_text_has_one_that_is_its_own(text: str, dialect: str) -> None:
    first = fingerprint(text, dialect)
    assert fingerprint(first.text, dialect).text == first.text


@given(
    NAMES,
    NAMES,
    st.lists(TEXTS, min_size=1, max_size=5),
    st.lists(TEXTS, min_size=1, max_size=5),
    NUMBERS,
    GAPS,
)
def test_values_space_and_comments_do_not_matter(
    table: str, column: str, some: list[str], others: list[str], number: int, gap: str
) -> None:
    one = fingerprint(written(table, column, some, 1, 10))
    two = fingerprint(written(table, column, others, number, 50_000, gap))
    assert one.text == two.text


@given(NAMES, NAMES, NAMES, NAMES)
def test_tables_and_columns_do_matter(table: str, column: str, other: str, another: str) -> None:
    one = fingerprint(written(table, column, ["x"], 1, 10)).text
    two = fingerprint(written(other, another, ["x"], 1, 10)).text
    assert (one == two) == ((table, column) == (other, another))


@given(st.lists(TEXTS, min_size=1, max_size=4), NUMBERS)
def test_parameters_are_values(texts: list[str], number: int) -> None:
    """As pg_stat_statements writes it; an IN list of another length is the same."""
    full = fingerprint(written("orders", "ds", texts, number, 10))
    parameters = (
        'select "ds", count(*) from orders where region in ($1, $2) and total > $3 group by ds limit $4'
    )
    bare = fingerprint(parameters)
    assert bare.text == full.text
    assert set(bare.values) == {None}


def test_parameters_whose_values_are_known_are_those_values() -> None:
    bare = fingerprint("SELECT a FROM t WHERE b = $1 AND c = $2", parameters=("x", None))
    assert bare.values == (("x",), None)


@pytest.mark.parametrize(
    ("one", "other", "dialect"),
    [
        ("SELECT a FROM t", 'select "a"\nfrom "t";', "postgres"),
        ("SELECT a FROM t", "SELECT `a` FROM `t` # x", "mysql"),
        ("SELECT a <> 1 FROM t", "SELECT a != 2 FROM t", "postgres"),
        ("SELECT a FROM t LIMIT 5 OFFSET 10", "SELECT a FROM t", "postgres"),
        ("SELECT a FROM t LIMIT 5, 10", "SELECT a FROM t", "mysql"),
        ("SELECT E'it\\'s' FROM t", "SELECT $x$it's$x$ FROM t", "postgres"),
        ("SELECT EXTRACT(YEAR FROM d) FROM t", "SELECT EXTRACT($1 FROM d) FROM t", "postgres"),
        ('SELECT "x" FROM t', "SELECT 'y' FROM t", "mysql"),
    ],
)
def test_same(one: str, other: str, dialect: str) -> None:
    assert fingerprint(one, dialect).text == fingerprint(other, dialect).text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('SELECT "Total" FROM t', "SELECT total FROM t"),
        ("SELECT sum(a) FROM t", "SELECT avg(a) FROM t"),
        ("SELECT a FROM s.t", "SELECT a FROM t"),
        ("SELECT a FROM t WHERE b IN (1)", "SELECT a FROM t WHERE b NOT IN (1)"),
        ("SELECT a - 1 FROM t", "SELECT a, 1 FROM t"),
    ],
)
def test_not_same(one: str, other: str) -> None:
    assert fingerprint(one).text != fingerprint(other).text


def test_a_filter_adds_a_condition_and_leaves_the_core() -> None:
    plain = fingerprint("SELECT a, count(*) FROM t WHERE (x = 1) GROUP BY a ORDER BY 2 DESC LIMIT 10")
    filtered = fingerprint(
        "SELECT a, COUNT(*) FROM t WHERE x = 1 AND c IN ('DE', 'FR') GROUP BY a ORDER BY 2 DESC"
    )
    one, two = structure(plain.sql, "postgres"), structure(filtered.sql, "postgres")
    assert one is not None
    assert two is not None
    assert one.core == two.core
    assert {c.text for c in two.conditions} - {c.text for c in one.conditions} == {'"c" IN (?)'}


@given(st.text(max_size=120), DIALECTS)
def test_no_text_breaks_the_structure(text: str, dialect: str) -> None:
    structure(fingerprint(f"SELECT {text}", dialect).sql, dialect)
