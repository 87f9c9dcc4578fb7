"""Compares results/*.csv with what the model says: measurements that no figure was fitted to.

python -m benchmarks.memory.compare
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from dashlint.cost.memory import ColumnShape, ResultCost, ResultKind, ResultSet, request_cost

RESULTS = Path(__file__).with_name("results")
FIELDS = ("python_peak", "rss_peak", "cache_entry", "response", "retained", "cache_hit_peak")


class Measured(NamedTuple):
    """A measured request of ours: the setting, what an analyzer may know of it, and the figures in bytes."""

    setting: str
    name: str
    results: tuple[ResultSet, ...]
    figures: dict[str, int]

    def estimated(self) -> ResultCost:
        return request_cost(self.results)


def read(folder: Path = RESULTS) -> Iterator[Measured]:
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            next(file)  # the versions
            for row in csv.DictReader(file):
                columns = tuple(ColumnShape(*fields) for fields in json.loads(row["columns"]))
                kind = ResultKind(row["format"])
                if row["name"].startswith("by "):
                    kind = kind._replace(
                        shape="pivot",
                        output_rows=int(row["out_rows"]),
                        output_columns=int(row["out_columns"]),
                    )
                result = ResultSet(int(row["sql_rows"]), columns, kind)
                figures = {field: int(row[field]) for field in FIELDS if row[field]}
                name = f"{row['name']}, {row['sql_rows']} rows, {row['format']}"
                yield Measured(path.stem, name, (result,) * int(row["times"]), figures)


def summary(found: Sequence[Measured]) -> str:
    """Per setting and figure: the median error, and the least and greatest of estimated over measured."""
    lines = [
        "| setting | requests | " + " | ".join(f"`{field}`" for field in FIELDS) + " |",
        "|---|--:|" + "--:|" * len(FIELDS),
    ]
    for setting in dict.fromkeys(measured.setting for measured in found):
        own = [measured for measured in found if measured.setting == setting]
        cells = []
        for field in FIELDS:
            known = [m for m in own if field in m.figures]
            ratios = [getattr(m.estimated(), field) / m.figures[field] for m in known]
            error = median(abs(ratio - 1) for ratio in ratios)
            cells.append(f"{error:.0%} ({min(ratios):.2f} to {max(ratios):.2f})")
        lines.append(f"| {setting} | {len(own)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    print(summary(list(read())))
    print()
    print("| setting | request | " + " | ".join(f"`{field}`" for field in FIELDS) + " |")
    print("|---|---|" + "--:|" * len(FIELDS))
    for measured in read():
        estimated = measured.estimated()
        ratios = []
        for field in FIELDS:
            figure = measured.figures.get(field)
            ratio = getattr(estimated, field) / figure if figure else 0
            ratios.append(f"{ratio:.2f} of {figure / 1e6:.1f} MB" if figure else "")
        print(f"| {measured.setting} | {measured.name} | " + " | ".join(ratios) + " |")


if __name__ == "__main__":
    main()
