"""SQL for engines that no test has a server of, against what Superset compiles with their dialects."""

from __future__ import annotations

import gzip
import json
from datetime import datetime

import pytest

from dashlint.chart_sql.compiling import Surroundings, statements
from tests.truth.compiled import normal
from tests.truth.record_engines import ENGINES, FOLDER, SETTINGS, cases, dataset

#: Offsets that a dialect writes in another way as long as it is connected to no server.
UNCONNECTED = {"mssql": "ROW_NUMBER() OVER"}


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_sql_as_superset(engine: str) -> None:
    recording = json.loads(gzip.decompress((FOLDER / f"{engine}.json.gz").read_bytes()))
    now = datetime.fromisoformat(recording["now"])
    table, where = dataset(engine), Surroundings(engine, SETTINGS, now)
    different = []
    compared = 0
    for number, _form, built in cases(engine, now):
        for query, theirs in zip(built, recording["statements"].get(str(number), ()), strict=False):
            if UNCONNECTED.get(engine, "nothing") in theirs:
                continue
            ours = statements(query, table, where)[0].sql
            compared += 1
            if normal(ours, engine) != normal(theirs, engine):
                different.append(f"#{number}:\n{normal(ours, engine)}\nbut\n{normal(theirs, engine)}")
    assert not different, "\n\n".join(different)
    assert compared > 250
