"""A picture of estimated against measured memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10

from benchmarks.memory.measured_cases import Case
from dashlint.cost.memory import ResultCost

_SIDE, _GAP, _LEFT, _TOP = 330, 60, 62, 34
_LOW, _HIGH = log10(2e5), log10(1.2e9)
_PANELS = {"python_peak": "Python allocations at the peak", "rss_peak": "Resident memory at the peak"}
_TICKS = {1e6: "1 MB", 1e7: "10 MB", 1e8: "100 MB", 1e9: "1 GB"}
_GROUPS = {"raw": ("#1f6f8b", "rows as they are"), "other": ("#d1793c", "pivots, CSV, XLSX and others")}


def draw(cases: Sequence[Case], estimates: Sequence[ResultCost], measures: Mapping[str, str]) -> str:
    """Two panels, both axes logarithmic; on the middle line the estimate is right."""
    width, height = _LEFT + 2 * _SIDE + _GAP + 20, _TOP + _SIDE + 66
    look = 'font-family="sans-serif" font-size="12" fill="#333"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {look}>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for number, (field, title) in enumerate(_PANELS.items()):
        left = _LEFT + number * (_SIDE + _GAP)
        parts += _frame(left, title)
        for case, estimate in zip(cases, estimates, strict=True):
            x, y = _place(left, case.number(measures[field]), getattr(estimate, field))
            color = _GROUPS["raw" if case.raw and case.row["fmt"] == "json" else "other"][0]
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}" fill-opacity="0.65">'
                f"<title>{case.name}</title></circle>"
            )
    for number, (color, label) in enumerate(_GROUPS.values()):
        x, y = _LEFT + 150 * number, height - 14
        parts.append(
            f'<circle cx="{x}" cy="{y - 4}" r="4" fill="{color}"/><text x="{x + 10}" y="{y}">{label}</text>'
        )
    parts.append(
        f'<text x="{width - 20}" y="{height - 14}" text-anchor="end" fill="#777">'
        "dashed: a quarter off; dotted: half or double</text></svg>"
    )
    return "\n".join(parts) + "\n"


def _frame(left: float, title: str) -> list[str]:
    bottom = _TOP + _SIDE
    parts = [
        f'<text x="{left + _SIDE / 2}" y="{_TOP - 12}" text-anchor="middle">{title}</text>',
        f'<rect x="{left}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#999"/>',
        f'<text x="{left + _SIDE / 2}" y="{bottom + 34}" text-anchor="middle">measured</text>',
        f'<text x="{left + 8}" y="{_TOP + 18}">estimated</text>',
    ]
    for value, label in _TICKS.items():
        x, y = _place(left, value, value)
        parts.append(f'<text x="{x:.0f}" y="{bottom + 16}" text-anchor="middle">{label}</text>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{label}</text>')
        parts.append(f'<path d="M{x:.1f} {_TOP}V{bottom}M{left} {y:.1f}h{_SIDE}" stroke="#eee"/>')
    for factor, dash in ((1, "none"), (1.25, "5 3"), (0.75, "5 3"), (2, "1 3"), (0.5, "1 3")):
        low, high = 10**_LOW * max(1, 1 / factor), 10**_HIGH * min(1, 1 / factor)
        (x1, y1), (x2, y2) = _place(left, low, low * factor), _place(left, high, high * factor)
        parts.append(
            f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="#888" stroke-dasharray="{dash}"/>'
        )
    return parts


def _place(left: float, measured: float, estimated: float) -> tuple[float, float]:
    scale = _SIDE / (_HIGH - _LOW)
    return left + (log10(measured) - _LOW) * scale, _TOP + _SIDE - (log10(estimated) - _LOW) * scale
