"""Errors of estimates as a Markdown table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median, quantiles

from benchmarks.memory.measured_cases import Case, Knowledge
from dashlint.cost.memory import ResultCost

#: Below, a page or a list that happened to grow matters more than the result.
BIG = 5 * 2**20


def ratios(
    cases: Sequence[Case], estimates: Sequence[ResultCost], field: str, column: str, least: float = 0
) -> list[float]:
    """Estimated over measured, where there is a measurement and it is above ``least`` bytes."""
    pairs = [(getattr(e, field), c.number(column)) for c, e in zip(cases, estimates, strict=True)]
    return [estimated / measured for estimated, measured in pairs if measured > least]


def summary(found: Sequence[float]) -> tuple[int, float, float, float, float]:
    """Cases, median and 90th percentile of the absolute error, least and greatest ratio."""
    errors = [abs(ratio - 1) for ratio in found]
    return len(found), median(errors), quantiles(errors, n=10)[-1], min(found), max(found)


def errors(
    cases: Sequence[Case], predicted: Mapping[Knowledge, Sequence[ResultCost]], measures: Mapping[str, str]
) -> str:
    lines = [
        "| figure | known | cases | median error | 90 % below | estimated / measured, above 5 MiB |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for field, column in measures.items():
        for level, estimates in predicted.items():
            count, middle, most, _, _ = summary(ratios(cases, estimates, field, column))
            least, greatest = summary(ratios(cases, estimates, field, column, BIG))[3:]
            lines.append(
                f"| `{field}` | {level.name} | {count} | {middle:.1%} | {most:.0%} | "
                f"{least:.2f} to {greatest:.2f} |"
            )
    return "\n".join(lines)
