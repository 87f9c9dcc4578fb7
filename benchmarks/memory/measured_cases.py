"""The measured requests as what `dashlint.cost.memory` takes, and what was measured of them."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from dashlint.cost.memory import ColumnShape, ResultKind, ResultSet

MEASURED = Path(__file__).with_name("measured")
#: How the types are spelled that the measured tables have.
TYPES = {
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "double": "DOUBLE PRECISION",
    "numeric": "NUMERIC(18, 4)",
    "bool": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITHOUT TIME ZONE",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
    "time": "TIME WITHOUT TIME ZONE",
    "interval": "INTERVAL",
    "text": "TEXT",
    "uuid": "UUID",
    "jsonb": "JSONB",
    "intarr": "INTEGER[]",
    "bytea": "BYTEA",
    "null": "TEXT",
}
#: Characters of a measured array as Python writes it (per_type.csv).
_ARRAY_WIDTH = 24.4
_TIME_SERIES = ("echarts_timeseries_line", "mixed_timeseries")


class Knowledge(NamedTuple):
    """What an estimate is told besides rows, types and nulls."""

    name: str
    widths: bool = True
    distinct: bool = True
    names: bool = False
    alphabet: bool = False


#: From everything down to types only.
LEVELS = (
    Knowledge("everything", names=True, alphabet=True),
    Knowledge("types, widths, distinct counts"),
    Knowledge("types and widths", distinct=False),
    Knowledge("types only", widths=False, distinct=False),
)


class Case(NamedTuple):
    """A measured request."""

    name: str
    row: Mapping[str, str]

    def number(self, column: str) -> float:
        """A measured figure; 0 where there is none."""
        return float(self.row.get(column) or 0)

    @property
    def series(self) -> str:
        """Cases of one series differ in their number of rows alone: they are held out together."""
        return re.sub(r"(_none)?_\d+k?$", "", self.name)

    @property
    def raw(self) -> bool:
        """Whether rows come back as the database returned them."""
        same = self.number("out_rows") == self.number("sql_rows")
        return same and self.number("out_cols") == self.number("sql_cols")

    def kind(self) -> ResultKind:
        """What becomes of the rows, with the shape that came out where it is another."""
        kind = ResultKind(self.row["fmt"])
        rows, columns = int(self.number("out_rows")), int(self.number("out_cols"))
        if self.row["viz"] in _TIME_SERIES:
            return kind._replace(shape="pivot", output_rows=rows, output_columns=columns)
        return kind if rows == self.number("sql_rows") else kind._replace(output_rows=rows)

    def result(self, level: Knowledge) -> ResultSet:
        """What an estimate is given: averages over the columns of a type, as the file has no others."""
        return ResultSet(int(self.number("sql_rows")), tuple(self._columns(level)), self.kind())

    def _columns(self, level: Knowledge) -> Iterator[ColumnShape]:
        rows = self.number("sql_rows")
        name = None
        if level.names and self.number("out_cells"):
            # A frame's characters over its cells: column names are repeated in each row.
            name = self.number("out_key_chars") / self.number("out_cells") or None
        for type_name, count in json.loads(self.row["sql_types"]).items():
            cells = 0.0 if type_name == "null" else self.number(f"cells_{type_name}")
            distinct = alphabet = None
            if type_name == "text" and cells:
                distinct = round(self.number("text_distinct_cells") / count) if level.distinct else None
                alphabet = self.number("text_nonascii_chars") / max(1.0, self.number("text_chars"))
            yield from [
                ColumnShape(
                    TYPES[type_name],
                    self._width(type_name, cells) if level.widths and cells else None,
                    1 - min(1.0, cells / count / rows) if rows else 0.0,
                    distinct,
                    name,
                    alphabet if level.alphabet else None,
                )
            ] * count

    def _width(self, type_name: str, cells: float) -> float | None:
        arrays = _ARRAY_WIDTH * self.number("cells_intarr")
        if type_name == "text":
            return self.number("text_chars") / cells
        if type_name == "numeric":
            return self.number("numeric_chars") / cells
        if type_name == "jsonb":
            return (self.number("json_chars") - arrays) / cells
        return _ARRAY_WIDTH if type_name == "intarr" else None


def read(path: Path = MEASURED / "cases.csv") -> list[Case]:
    """The cases with one query whose answer went out as it was made."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [Case(r["name"], r) for r in rows if r["n_queries"] == "1" and not r["accept"]]
