"""The rows that requests are measured with: the same from every run, on every engine.

Read by two sides: by Superset's Python (child.py), which fills the warehouse, and by ours, which computes
what an analyzer may know about the columns.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

ROWS = 50_000
TABLE = "measured"
_SEED = 20261126
_SYLLABLES = [
    "ba", "ko", "mi", "ra", "ten", "sol", "vu", "gri", "lan", "pe", "do", "shi", "mar", "tek", "no", "lu",
]  # fmt: skip
_CYRILLIC = ["склад", "заказ", "товар", "город", "река", "север", "поле", "мост", "улица", "завод"]


class Column(NamedTuple):
    """A column: its type per engine (None: the engine has no such type)."""

    name: str
    postgresql: str
    mysql: str | None
    sqlite: str | None


COLUMNS = (
    Column("id", "integer", "int", "integer"),
    Column("account", "bigint", "bigint", "bigint"),
    Column("price", "numeric(12,2)", "decimal(12,2)", "numeric(12,2)"),
    Column("ratio", "double precision", "double", "double"),
    Column("score", "integer", "int", "integer"),
    Column("paid", "boolean", "tinyint(1)", "boolean"),
    Column("day", "date", "date", "date"),
    Column("placed_at", "timestamp", "datetime", "datetime"),
    Column("seen_at", "timestamptz", None, None),
    Column("city", "varchar(40)", "varchar(40)", "varchar(40)"),
    Column("sku", "varchar(20)", "varchar(20)", "varchar(20)"),
    Column("note", "text", "text", "text"),
    Column("story", "text", "text", "text"),
    Column("remark", "text", "text", "text"),
    Column("reference", "uuid", "char(36)", "char(36)"),
    Column("document", "jsonb", "json", "json"),
    Column("tags", "text[]", None, None),
)
ENGINES = ("postgresql", "mysql", "sqlite")


def columns_of(engine: str) -> dict[str, str]:
    """Names and types of the columns that an engine has."""
    return {c.name: getattr(c, engine) for c in COLUMNS if getattr(c, engine)}


def rows() -> Iterator[dict[str, Any]]:
    """Each row's values as Python has them."""
    rng = random.Random(_SEED)
    start = datetime(2024, 1, 1)  # noqa: DTZ001 - as the warehouse keeps it

    def words(syllables: Sequence[str], count: int) -> str:
        return " ".join(rng.choice(syllables) + rng.choice(syllables) for _ in range(count))

    cities = [words(_SYLLABLES, 2) for _ in range(150)]
    skus = [f"{words(_SYLLABLES, 1)}-{n:05d}" for n in range(6_000)]
    for number in range(ROWS):
        moment = start + timedelta(seconds=rng.randrange(2 * 365 * 86_400))
        yield {
            "id": number + 1,
            "account": rng.randrange(10**9, 10**12),
            "price": f"{rng.randrange(1, 10**6) / 100:.2f}",
            "ratio": rng.random() * 1000,
            "score": None if rng.random() < 0.25 else rng.randrange(1_000_000),
            "paid": rng.random() < 0.7,
            "day": date(2020, 1, 1) + timedelta(days=rng.randrange(2_000)),
            "placed_at": moment,
            "seen_at": moment,
            "city": rng.choice(cities),
            "sku": rng.choice(skus),
            "note": words(_SYLLABLES, 6),
            "story": None if rng.random() < 0.4 else words(_SYLLABLES, 35),
            "remark": words(_CYRILLIC, 3),
            "reference": f"{rng.getrandbits(128):032x}",
            "document": json.dumps(
                {"state": rng.choice(cities), "steps": [rng.randrange(100) for _ in range(3)], "ok": True}
            ),
            "tags": [rng.choice(_SYLLABLES) for _ in range(rng.randrange(1, 5))],
        }


def texts(row: Mapping[str, Any], engine: str) -> dict[str, str | None]:
    """A row as text that the engine reads."""
    found: dict[str, str | None] = {}
    for name in columns_of(engine):
        value = row[name]
        if name == "tags":
            value = "{" + ",".join(value) + "}"
        elif name == "paid" and engine != "postgresql":
            value = int(value)
        elif name == "reference":
            value = f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"
        found[name] = None if value is None else str(value)
    return found


def as_csv(engine: str) -> io.StringIO:
    """All rows as CSV, nulls as nothing at all: for COPY."""
    file = io.StringIO()
    writer = csv.writer(file)
    for row in rows():
        writer.writerow(["" if v is None else v for v in texts(row, engine).values()])
    file.seek(0)
    return file
