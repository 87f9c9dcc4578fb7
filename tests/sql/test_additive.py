from __future__ import annotations

import pytest

from dashlint.sql.additive import parts


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SUM(amount)", ["SUM(amount) sum_amount"]),
        ("count(*)", ["COUNT(*) count_rows"]),
        ("COUNT(1)", ["COUNT(*) count_rows"]),
        ("COUNT(coupon)", ["COUNT(coupon) count_coupon"]),
        ("max(ordered_at)", ["MAX(ordered_at) max_ordered_at"]),
        ("AVG(amount)", ["SUM(amount) sum_amount", "COUNT(amount) count_amount"]),
        ("SUM(amount) / NULLIF(COUNT(*), 0)", ["SUM(amount) sum_amount", "COUNT(*) count_rows"]),
        ("SUM(price * quantity)", ["SUM(price * quantity) sum_price_quantity"]),
        (
            "SUM(CASE WHEN status = 'paid' THEN 1 ELSE 0 END)",
            ["SUM(CASE WHEN status = 'paid' THEN 1 ELSE 0 END) sum_case_when_status_paid_then_1_else_0_end"],
        ),
    ],
)
def test_what_groups_can_keep_of_a_metric(expression: str, expected: list[str]) -> None:
    found = parts(expression, "postgresql")
    assert found is not None
    assert [f"{part.sql} {part.name}" for part in found] == expected


@pytest.mark.parametrize(
    "expression",
    [
        "COUNT(DISTINCT customer)",
        "percentile_cont(0.5) WITHIN GROUP (ORDER BY amount)",
        "stddev(amount)",
        "SUM(SUM(amount)) OVER ()",
        "SUM(amount) FILTER (WHERE paid)",
        "amount",
        "SUM(amount) + tax",
        "my_own_aggregate(amount)",
        "(SELECT 1)",
        "42",
        "SUM(",
        "",
    ],
)
def test_what_cannot_be_computed_from_groups(expression: str) -> None:
    assert parts(expression, "postgresql") is None
