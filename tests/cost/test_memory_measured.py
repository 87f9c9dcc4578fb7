"""The model against measurements of a real Superset: `measured` and `results` of benchmarks/memory.

Only resident memory has figures that were fitted to `measured`; for those, `results` (other tables, other
requests, other engines and releases) is what the model has not seen, and docs/memory-model.md has the
cross-validated errors.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from statistics import median

import pytest

from benchmarks.memory import compare, table
from benchmarks.memory.measured_cases import LEVELS, MEASURED, Case, Knowledge, read
from dashlint.cost.frames import Frame
from dashlint.cost.memory import ColumnShape, ResultCost, ResultKind, request_cost
from dashlint.cost.stages import stages

CASES = read()
OURS = list(compare.read())
EVERYTHING, USUAL, NO_DISTINCT, _TYPES_ONLY = LEVELS


def estimates(level: Knowledge, cases: Sequence[Case] = CASES) -> list[ResultCost]:
    return [request_cost([case.result(level)]) for case in cases]


def test_there_is_something_to_compare_with() -> None:
    assert len(CASES) == 129
    assert {measured.setting for measured in OURS} >= {"superset-6.1.0-postgresql"}


@pytest.mark.parametrize(
    ("field", "level", "middle", "most"),
    [
        ("python_peak", EVERYTHING, 0.05, 0.18),
        ("python_peak", USUAL, 0.08, 0.20),
        ("python_peak", NO_DISTINCT, 0.10, 0.30),
        ("rss_peak", EVERYTHING, 0.10, 0.22),
        ("rss_peak", USUAL, 0.12, 0.30),
        ("rss_peak", NO_DISTINCT, 0.15, 0.40),
        ("cache_entry", USUAL, 0.05, 0.35),
        ("response", USUAL, 0.10, 0.35),
        ("retained", EVERYTHING, 0.20, 0.50),
        ("cache_hit_peak", USUAL, 0.12, 0.30),
    ],
)
def test_errors_on_the_measured_cases(field: str, level: Knowledge, middle: float, most: float) -> None:
    columns = {
        "python_peak": "py_peak",
        "rss_peak": "rss_peak",
        "cache_entry": "redis_strlen",
        "response": "body_bytes",
        "retained": "rss_after",
        "cache_hit_peak": "hit_rss_peak",
    }
    found = table.ratios(CASES, estimates(level), field, columns[field])
    _, at_median, at_90, _, _ = table.summary(found)
    assert at_median <= middle
    assert at_90 <= most


@pytest.mark.parametrize("level", [EVERYTHING, USUAL, NO_DISTINCT], ids=lambda level: level.name)
@pytest.mark.parametrize(("field", "column"), [("python_peak", "py_peak"), ("rss_peak", "rss_peak")])
def test_never_less_than_half(level: Knowledge, field: str, column: str) -> None:
    # Tables of nothing but Chinese words among them, of which only one level tells that they are.
    assert min(table.ratios(CASES, estimates(level), field, column, table.BIG)) > 0.5


@pytest.mark.parametrize(
    ("field", "middle", "most", "least"),
    [
        ("python_peak", 0.05, 0.15, 0.85),
        ("rss_peak", 0.12, 0.30, 0.7),
        ("cache_entry", 0.10, 0.20, 0.8),
        ("response", 0.05, 0.20, 0.8),
        ("cache_hit_peak", 0.15, 0.35, 0.7),
    ],
)
def test_errors_on_requests_that_nothing_was_fitted_to(
    field: str, middle: float, most: float, least: float
) -> None:
    ratios = ratios_of_ours(field, [m for m in OURS if "postgresql" in m.setting])
    errors = sorted(abs(ratio - 1) for ratio in ratios)
    assert median(errors) <= middle
    assert errors[int(0.9 * len(errors))] <= most
    assert min(ratios) > least


def test_other_engines_need_no_more_than_postgresql() -> None:
    # Neither PyMySQL nor sqlite3 buffers the answer a second time, as libpq does.
    others = [m for m in OURS if "postgresql" not in m.setting]
    assert len(others) == 36
    assert median(abs(ratio - 1) for ratio in ratios_of_ours("python_peak", others)) < 0.06
    resident = ratios_of_ours("rss_peak", others)
    assert 1.0 < median(resident) < 1.2
    assert min(resident) > 0.8


def ratios_of_ours(field: str, measured: Sequence[compare.Measured]) -> list[float]:
    return [getattr(m.estimated(), field) / m.figures[field] for m in measured if field in m.figures]


#: The kinds of per_type.csv: type, and characters where they vary.
KINDS = {
    "bool": ("BOOLEAN", None),
    "int": ("INTEGER", 5.9),
    "bigint": ("BIGINT", 13.9),
    "double": ("DOUBLE PRECISION", 17.3),
    "double2": ("DOUBLE PRECISION", 5.3),
    "numeric": ("NUMERIC(18, 4)", 9.4),
    "date": ("DATE", None),
    "timestamp": ("TIMESTAMP", None),
    "timestamptz": ("TIMESTAMP WITH TIME ZONE", None),
    "time": ("TIME", None),
    "interval": ("INTERVAL", None),
    "uuid": ("UUID", None),
    "jsonb40": ("JSONB", 30.8),
    "jsonb200": ("JSONB", 201.7),
    "intarr": ("INTEGER[]", 24.4),
    "text8": ("TEXT", 8.0),
    "text40": ("TEXT", 40.0),
    "text300": ("TEXT", 299.9),
    "low20": ("TEXT", 10.1),
    "mid1k": ("TEXT", 15.5),
    "bytea16": ("BYTEA", None),
}
ROWS = 20_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_of_each_type_takes_what_was_measured(kind: str) -> None:
    with (MEASURED / "per_type.csv").open(newline="") as file:
        (measured,) = [row for row in csv.DictReader(file) if row["type"] == kind]
    type_text, width = KINDS[kind]
    share = float(measured["distinct_share"])
    distinct = round(share * ROWS) if share else None
    column = ColumnShape(type_text, width, distinct=distinct, name_length=7, non_ascii=0.0)
    frame = Frame(ROWS, [column])
    stage = stages(frame, frame, ResultKind.JSON)
    values = {
        # psycopg2 takes up to 8 bytes more for a dict's or list's strings than one figure a character says.
        "fetched_rows": frame.fetched / ROWS - 48,
        "dataframe": stage.frame / ROWS + 1,
        "redis": frame.pickle / ROWS,
        "body_value_only": frame.text / ROWS,
    }
    for name, value in values.items():
        assert value == pytest.approx(float(measured[name]), rel=0.12, abs=2.5), name
