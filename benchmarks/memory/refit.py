"""Fits what only measurements can tell (resident memory, gzip) and prints the errors of the whole model.

    make memory-model                          # errors, docs/memory-model.svg
    make memory-model REFIT=--write            # the same, and new figures in coefficients.json

Everything else in coefficients.json are sizes of objects. Errors are cross-validated: every case is
estimated with figures fitted without the other cases of its series.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from benchmarks.memory import plot, table
from benchmarks.memory.measured_cases import LEVELS, Case, Knowledge, read
from dashlint.cost import families
from dashlint.cost.memory import ResultCost, request_cost

COEFFICIENTS = Path(families.__file__).with_name("coefficients.json")
PLOT = Path(__file__).resolve().parents[2] / "docs" / "memory-model.svg"
#: The fitted figures, by the measurement that they are fitted to. (The power of what is kept is not: with the
#: base it makes a valley with no lowest point.)
FITTED = {
    "rss_peak": (
        "resident.base", "resident.numpy", "resident.loading.arrow", "resident.loading.uniques",
        "resident.left.buffer", "resident.left.arrow", "resident.left.uniques", "resident.left.documents",
        "resident.left.cells", "resident.left.rows", "resident.left.power",
    ),
    "retained": (
        "resident.kept.base", "resident.kept.buffer", "resident.kept.arrow", "resident.kept.uniques",
        "resident.kept.documents", "resident.kept.cells", "resident.kept.entry",
    ),
    "cache_hit_peak": (
        "resident.read.numpy", "resident.read.entry", "resident.read.uniques", "resident.read.cells",
        "resident.read.power",
    ),
    "response_gzip": (
        "gzip.base", "gzip.rows", "gzip.cells", "gzip.numbers", "gzip.texts", "gzip.repeats",
    ),
}  # fmt: skip
#: Fields of an estimate and the columns that measure them.
MEASURES = {
    "python_peak": "py_peak",
    "rss_peak": "rss_peak",
    "cache_entry": "redis_strlen",
    "response": "body_bytes",
    "retained": "rss_after",
    "cache_hit_peak": "hit_rss_peak",
    "response_gzip": "gzip_bytes",
}
#: A start that is somewhat believed in: figures that the cases say little of stay near it.
_BELIEF = 0.02
_FOLDS = 10


def estimates(cases: Sequence[Case], level: Knowledge) -> list[ResultCost]:
    return [request_cost([case.result(level)]) for case in cases]


def fit(cases: Sequence[Case], start: Mapping[str, Any]) -> dict[str, Any]:
    """The figures that suit these cases best, from those of ``start``."""
    figures: dict[str, Any] = json.loads(json.dumps(start))
    for field, paths in FITTED.items():
        known = [case for case in cases if case.number(MEASURES[field])]
        actual = np.array([case.number(MEASURES[field]) for case in known])
        results = [case.result(LEVELS[0]) for case in known]
        first = np.log([_at(figures, path) for path in paths])

        def residuals(
            logs: Any, field: str = field, paths: Any = paths, results: Any = results, actual: Any = actual,
            first: Any = first,
        ) -> Any:  # fmt: skip
            for path, value in zip(paths, np.exp(logs), strict=True):
                _put(figures, path, float(value))
            with using(figures):
                predicted = [getattr(request_cost([result]), field) for result in results]
            errors = np.log(np.array(predicted) / actual)
            # Between absolute and squared errors, so that a few odd cases do not lead.
            return np.concatenate([np.sign(errors) * np.abs(errors) ** 0.75, _BELIEF * (logs - first)])

        best = least_squares(residuals, first, loss="soft_l1", f_scale=0.3, diff_step=1e-3).x
        for path, value in zip(paths, np.exp(best), strict=True):
            _put(figures, path, float(f"{value:.4g}"))
    return figures


class using:  # noqa: N801 - reads as a statement
    """These figures instead of the file's."""

    def __init__(self, figures: Mapping[str, Any]) -> None:
        self.figures = figures

    def __enter__(self) -> None:
        self.before = dict(families.coefficients())
        _shared().update(self.figures)

    def __exit__(self, *_: object) -> None:
        _shared().update(self.before)


def _shared() -> dict[str, Any]:
    shared = families.coefficients()
    assert isinstance(shared, dict)
    return shared


def _at(figures: Mapping[str, Any], path: str) -> float:
    value: Any = figures
    for key in path.split("."):
        value = value[key]
    return float(value)


def _put(figures: dict[str, Any], path: str, value: float) -> None:
    *way, last = path.split(".")
    for key in way:
        figures = figures[key]
    figures[last] = value


def cross_validated(cases: Sequence[Case], start: Mapping[str, Any]) -> dict[Knowledge, list[ResultCost]]:
    """Estimates of every case with figures that know nothing of its series."""
    series = sorted({case.series for case in cases})
    found: dict[Knowledge, dict[str, ResultCost]] = {level: {} for level in LEVELS}
    for fold in range(_FOLDS):
        held = set(series[fold::_FOLDS])
        figures = fit([case for case in cases if case.series not in held], start)
        out = [case for case in cases if case.series in held]
        with using(figures):
            for level in LEVELS:
                found[level] |= {c.name: e for c, e in zip(out, estimates(out, level), strict=True)}
    return {level: [by_name[case.name] for case in cases] for level, by_name in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the new figures into coefficients.json")
    arguments = parser.parse_args()
    cases = read()
    start = dict(families.coefficients())
    predicted = cross_validated(cases, start)
    print(table.errors(cases, predicted, MEASURES))
    PLOT.write_text(plot.draw(cases, predicted[LEVELS[1]], MEASURES), "utf-8")
    if arguments.write:
        COEFFICIENTS.write_text(_layout(fit(cases, start)), "utf-8")
        print(f"wrote {COEFFICIENTS}")


def _layout(figures: Mapping[str, Any]) -> str:
    """One line per group of figures."""
    lines = []
    for name, group in figures.items():
        if name in {"families", "about", "resident"}:
            inner = ",\n".join(
                f"    {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
                for key, value in group.items()
            )
            lines.append(f"  {json.dumps(name)}: {{\n{inner}\n  }}")
        else:
            lines.append(f"  {json.dumps(name)}: {json.dumps(group, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    main()
