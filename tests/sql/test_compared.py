"""Single conditions, taken apart into what an index would have to answer."""

from __future__ import annotations

import pytest

from dashlint.sql.compared import Compared, aggregates, compared, keeps_values, substituted, unqualified


def one(condition: str, engine: str = "postgresql") -> Compared:
    (found,) = compared(condition, engine)
    return found


@pytest.mark.parametrize(
    ("condition", "kind", "constants"),
    [
        ("country = 'DE'", "equality", ("text",)),
        ("'DE' = country", "equality", ("text",)),
        ("amount >= 10", "range", ("number",)),
        ("amount >= -10.5", "range", ("decimal",)),
        ("amount BETWEEN 1 AND 2.5", "range", ("number", "decimal")),
        ("country IN ('DE', 'FR')", "in", ("text",)),
        ("(country IS NULL OR country IN ('DE'))", "in", ()),
        ("country = 'DE' OR country = 'FR'", "in", ()),
        ("country IS NULL", "null", ()),
        ("paid IS TRUE", "equality", ("boolean",)),
        ("paid", "equality", ()),
        ("name LIKE 'A%'", "prefix", ("text",)),
        ("name LIKE '%a'", "contains", ("text",)),
        ("name ILIKE 'a%'", "contains", ("text",)),
        ("country <> 'DE'", "negation", ()),
        ("country NOT IN ('DE')", "negation", ()),
        ("NOT (country = 'DE')", "negation", ()),
        ("country = 'DE' OR city = 'Ulm'", "other", ()),
        ("lower(country) = 'de' OR country = 'FR'", "other", ()),
        ("country = city", "other", ()),
        ("country = dashlint_value", "equality", ("other",)),
    ],
)
def test_what_a_condition_asks_for(condition: str, kind: str, constants: tuple[str, ...]) -> None:
    found = one(condition)
    assert found.kind == kind
    assert found.constants == constants


def test_what_stands_around_a_column_is_kept() -> None:
    assert one("name = 'x'").expression is None
    assert one("(name) = 'x'").expression is None
    found = one("CAST(ordered_at AS DATE) >= '2026-01-01'")
    assert found.expression == "CAST(ordered_at AS DATE)"
    assert found.columns == ("ordered_at",)
    assert one("amount * quantity > 5").columns == ("amount", "quantity")


def test_a_pattern_without_ilike_is_one_on_lower() -> None:
    found = one("lower(name) LIKE lower('Ab%')", "mysql")
    assert (found.kind, found.expression, found.prefix) == ("prefix", "LOWER(name)", "Ab")


def test_and_makes_several_and_comments_do_no_harm() -> None:
    found = compared("a = 1 AND (b = 2 AND c > 3) -- the rest", "postgresql")
    assert [c.columns for c in found] == [("a",), ("b",), ("c",)]


@pytest.mark.parametrize("condition", ["", "((", "a = ", "SELECT", "a = 1; DROP TABLE b"])
def test_what_does_not_parse_gives_nothing_or_its_first_part(condition: str) -> None:
    assert len(compared(condition, "postgresql")) <= 1


def test_names_give_way_to_what_is_behind_them() -> None:
    assert substituted("upper(land)", "Land", "country") == "UPPER(country)"
    assert substituted("land || 'x'", "land", "a + b") == "(a + b) || 'x'"
    assert substituted("((", "land", "country") is None
    assert unqualified("o.status = 'x' AND lower(o.name) = 'y'") == "status = 'x' AND LOWER(name) = 'y'"


@pytest.mark.parametrize(
    ("expression", "keeps"),
    [
        ("ordered_at", True),
        ("CAST(ordered_at AS DATE)", True),
        ("DATE_TRUNC('month', ordered_at)", True),
        ("LOWER(name)", True),
        ("amount * quantity", False),
        ("LENGTH(name)", False),
        ("CASE WHEN a = 1 THEN 2 END", False),
    ],
)
def test_which_expressions_have_the_values_of_their_column(expression: str, *, keeps: bool) -> None:
    assert keeps_values(expression, "postgresql") is keeps


def test_aggregates_and_windows_have_no_value_before_all_rows_are_read() -> None:
    assert aggregates("SUM(amount)")
    assert aggregates("ROW_NUMBER() OVER (PARTITION BY a)")
    assert not aggregates("LOWER(name)")
