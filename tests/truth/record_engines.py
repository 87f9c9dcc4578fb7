"""Records what Superset compiles made-up charts to on engines that no test has a server of.

    python -m tests.truth.record_engines [ENGINE …] --drivers FOLDER

Superset's own code runs with the engine's SQLAlchemy dialect; nothing is connected to. FOLDER holds the
drivers (`pip install --target FOLDER pymysql pymssql trino clickhouse-connect duckdb-engine duckdb
snowflake-sqlalchemy`), without an SQLAlchemy of their own. Writes `data/compiled/ENGINE.json.gz`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dashlint.assets import Chart, Column, Dataset, Metric, Origin
from dashlint.chart_sql.compiling import Surroundings, statements
from dashlint.superset import form_data, queries
from dashlint.superset.query import Query
from dashlint.superset.settings import Settings
from tests.live.superset_builder import build, clean_environment
from tests.truth.captures import DATA
from tests.truth.test_front_end import FLAGS, recorded

FOLDER = DATA / "compiled"
SETTINGS = Settings(version="6.1", feature_flags=FLAGS)
TEXTS, TIMES = ("a", "b", "city", "gh", "ll", "poly", "my col"), ("ds", "de", "dt2", "g2")
NUMBERS = ("sales", "qty", "x", "y", "lon", "lat")
METRICS = {"count": "COUNT(*)", "sum__sales": "SUM(sales)", "avg_x": "AVG(x)"}
#: An address, and how the engine spells text, moments and numbers.
ENGINES: Mapping[str, tuple[str, tuple[str, str, str]]] = {
    "mysql": ("mysql+pymysql://u:p@h/db", ("VARCHAR(10)", "DATETIME", "BIGINT")),
    "mssql": ("mssql+pymssql://u:p@h/db", ("NVARCHAR(10)", "DATETIME2", "BIGINT")),
    "snowflake": (
        "snowflake://u:p@account/db/sch",
        ("VARCHAR(10)", "TIMESTAMP_NTZ(9)", "DECIMAL(38, 0)"),
    ),
    "trino": ("trino://u@h:8080/cat/sch", ("VARCHAR", "TIMESTAMP(3)", "BIGINT")),
    "clickhousedb": ("clickhousedb://u:p@h:8123/db", ("String", "DateTime", "Int64")),
    "duckdb": ("duckdb:///:memory:", ("VARCHAR", "TIMESTAMP", "BIGINT")),
}
#: Cases whose totals lose their LIMIT on the way through a whole request only.
LEFT_OUT = frozenset({355, 356, 358, 360})


def dataset(engine: str) -> Dataset:
    text, time, number = ENGINES[engine][1]
    columns = [*((c, text) for c in TEXTS), *((c, time) for c in TIMES), *((c, number) for c in NUMBERS)]
    return Dataset(
        "d",
        1,
        f"cases_{engine}",
        Origin(None, "test"),
        columns=tuple(Column(c, kind, c in TIMES) for c, kind in columns),
        metrics=tuple(Metric(name, sql) for name, sql in METRICS.items()),
        schema="sch",
        main_dttm_col="ds",
    )


def cases(engine: str, now: datetime) -> Iterator[tuple[int, dict[str, Any], tuple[Query, ...]]]:
    """The made-up charts that our compiler does not refuse: number, form data, queries."""
    table = dataset(engine)
    where = Surroundings(engine, SETTINGS, now)
    for number, case in enumerate(recorded("6.1")):
        if queries.is_legacy(case["viz_type"], SETTINGS) or number in LEFT_OUT:
            continue
        chart = Chart("c", 1, "c", case["viz_type"], Origin(None, "test"), params=case["params"])
        built = queries.build(chart, table, SETTINGS, case["extra"])
        if built and not any(statements(query, table, where)[0].error for query in built):
            form = form_data.merge_into(form_data.complete(chart, SETTINGS), case["extra"])
            yield number, {k: v for k, v in form.items() if k != "slice_id"}, built


def _as_loaded(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A query object as the API's schema hands it on."""
    query = {key: value for key, value in raw.items() if value is not None or key != "row_offset"}
    limit = query.get("row_limit")
    return {
        **query,
        "post_processing": [],
        "row_limit": None if limit is None else int(limit),
        "series_limit": int(query.get("series_limit") or 0),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("engines", nargs="*", choices=[[], *ENGINES], help="none for all")
    parser.add_argument("--drivers", type=Path, required=True)
    options = parser.parse_args()
    now = datetime.now()  # noqa: DTZ005 - as Superset has it
    given = {}
    for engine in options.engines or ENGINES:
        table = dataset(engine)
        given[engine] = {
            "uri": ENGINES[engine][0],
            "table": table.name,
            "schema": table.schema,
            "columns": [[c.name, c.type, c.is_temporal] for c in table.columns],
            "metrics": list(METRICS.items()),
            "cases": [
                {"number": number, "form": form, "queries": [_as_loaded(q.raw) for q in built]}
                for number, form, built in cases(engine, now)
            ],
        }
    FOLDER.mkdir(exist_ok=True)
    for engine, found in _compile(given, options.drivers).items():
        kept = {number: sql for number, sql in found.items() if None not in sql}
        text = json.dumps({"now": now.isoformat(), "statements": kept}, separators=(",", ":"))
        (FOLDER / f"{engine}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        print(engine, len(kept), "of", len(found))  # noqa: T201 - a script


def _compile(given: Mapping[str, Any], drivers: Path) -> dict[str, dict[str, list[str]]]:
    made = build("6.1.0")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(made.template, home)
        (Path(folder) / "in.json").write_text(json.dumps(given, default=lambda _: None))
        script = Path(__file__).with_name("compile_inside.py")
        files = [str(Path(folder) / "in.json"), str(Path(folder) / "out.json")]
        command = [str(made.python), str(script), *files, str(drivers.resolve())]
        subprocess.run(command, env=clean_environment(SUPERSET_HOME=str(home)), check=True)
        found: dict[str, dict[str, list[str]]] = json.loads((Path(folder) / "out.json").read_text())
    return found


if __name__ == "__main__":
    main()
