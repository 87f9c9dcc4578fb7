"""Calculated columns that list their values."""

from __future__ import annotations

import pytest

from dashlint.sql.cases import Listed, listed_values


@pytest.mark.parametrize(
    ("expression", "engine", "expected"),
    [
        ("CASE WHEN amount > 100 THEN 'large' ELSE 'small' END", "postgresql", Listed(2, nullable=False)),
        ("case size when 1 then 'S' when 2 then 'M' when 3 then 'M' end", "mysql", Listed(2, nullable=True)),
        ("CASE WHEN a THEN 1 WHEN b THEN -1 ELSE NULL END", "sqlite", Listed(2, nullable=True)),
        ("CASE WHEN a THEN (CASE WHEN b THEN 'x' ELSE 'y' END) END", None, Listed(2, nullable=True)),
        ("IF(amount > 100, 'large', 'small')", "mysql", Listed(2, nullable=False)),
        ("CASE WHEN a THEN TRUE ELSE FALSE END", "postgresql", Listed(2, nullable=False)),
        (
            "CASE WHEN a IS NULL THEN 'none' WHEN a = 'b' THEN \"B\" ELSE status END",
            "postgresql",
            Listed(1, nullable=False, columns=("B", "status")),
        ),
        ("CASE WHEN a = 'open' THEN 'yes' ELSE t.status END", "postgresql", None),
        ("CASE WHEN a THEN b ELSE c END", "postgresql", None),
        ("CASE WHEN a THEN UPPER(b) ELSE 'none' END", "postgresql", None),
        ("CASE WHEN a THEN 'x' ELSE 'y' END || name", "postgresql", None),
        ("CASE WHEN a THEN NULL END", "postgresql", None),
        ("UPPER(customer)", "postgresql", None),
        ("'the case'", "postgresql", Listed(1, nullable=False)),
        ("CASE WHEN {{ x }} THEN 'a' ELSE 'b' END", "postgresql", None),
        ("CASE WHEN THEN", "postgresql", None),
        ("case", None, None),
    ],
)
def test_only_what_lists_all_its_values_is_counted(
    expression: str, engine: str | None, expected: Listed | None
) -> None:
    assert listed_values(expression, engine) == expected
