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
    """A row per figure, a column per level: median error, 90th percentile, and the range above 5 MiB."""
    lines = [
        "| | " + " | ".join(level.name for level in predicted) + " |",
        "|---|" + "---|" * len(predicted),
    ]
    for field, column in measures.items():
        cells = []
        for estimates in predicted.values():
            _, middle, most, _, _ = summary(ratios(cases, estimates, field, column))
            _, _, _, least, greatest = summary(ratios(cases, estimates, field, column, BIG))
            cells.append(f"{middle:.1%}, {most:.0%} ({least:.2f} to {greatest:.2f})")
        lines.append(f"| `{field}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)
