"""Measures what requests cost a real Superset: builds it, fills a warehouse, writes results/*.csv.

    make measure-memory                                          # Superset 6.1.0, PostgreSQL
    make measure-memory MEASURE="--version 5.0.0 --engine sqlite"

It needs a Redis and, but for sqlite, a server of the engine: by default those on loopback. Their databases
`dashlint_memory` (the warehouse) and 11 (Redis; it is emptied) are used.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.memory.known import columns_json
from benchmarks.memory.requests_sent import Request
from benchmarks.memory.tables import ENGINES
from tests.live.superset_builder import build, clean_environment
from tests.live.superset_releases import DEFAULT, RELEASES

HERE = Path(__file__).parent
URIS = {
    "postgresql": "postgresql://postgres@127.0.0.1:5432/dashlint_memory",
    "mysql": "mysql+pymysql://root@127.0.0.1:3306/dashlint_memory",
    "sqlite": "sqlite:///{folder}/warehouse.db?check_same_thread=false",
}
#: Drivers that the tests' Superset does not have, installed beside it.
DRIVERS = {"mysql": "pymysql>=1.1,<2"}
FIELDS = (
    "superset", "engine", "driver", "name", "format", "rows", "times", "columns", "sql_rows", "out_rows",
    "out_columns", "name_chars", "python_peak", "rss_peak", "cache_entry", "response", "retained",
    "cache_hit_peak",
)  # fmt: skip


def lines(version: str, engine: str, uri: str, redis: str) -> Iterator[dict[str, Any]]:
    """What child.py tells, one case after the other."""
    made = build(version)
    with tempfile.TemporaryDirectory(prefix="dashlint-memory-") as folder:
        home = Path(folder)
        made.copy_home(home)
        settings = clean_environment(
            SUPERSET_HOME=folder,
            DASHLINT_MEMORY_REDIS=redis,
            DASHLINT_SUPERSET_MORE_CONFIG=str(HERE / "superset_config.py"),
        )
        if engine in DRIVERS:
            drivers = home / "drivers"
            pip = [made.python, "-m", "pip", "install", "--quiet", "--target", drivers, DRIVERS[engine]]
            subprocess.run(pip, check=True)
            settings["PYTHONPATH"] = str(drivers)
        command = [made.python, HERE / "child.py", engine, uri.format(folder=folder)]
        with (
            (home / "child.log").open("w+b") as log,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=settings, text=True) as child,
        ):
            assert child.stdout is not None
            for line in child.stdout:
                if line.startswith("{"):
                    yield json.loads(line)
        if child.returncode:
            sys.exit((home / "child.log").read_text("utf-8", "replace")[-4000:])


def record(told: Mapping[str, Any], engine: str, versions: Mapping[str, str]) -> dict[str, Any]:
    """A line of the results."""
    request = Request(**told["request"])
    driver = {"postgresql": "psycopg2-binary", "mysql": "PyMySQL"}.get(engine)
    return {
        **{field: told.get(field) for field in FIELDS},
        "superset": versions["apache-superset"],
        "engine": engine,
        "driver": f"{driver} {versions[driver]}" if driver else "sqlite3",
        "name": request.name,
        "format": request.format,
        "rows": request.rows,
        "times": request.times,
        "columns": columns_json(request, engine),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--version", default=DEFAULT, choices=RELEASES)
    parser.add_argument("--engine", default="postgresql", choices=ENGINES)
    parser.add_argument("--uri", help="of the warehouse's database, as Superset takes it")
    parser.add_argument("--redis", default=os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/11"))
    options = parser.parse_args()
    path = HERE / "results" / f"superset-{options.version}-{options.engine}.csv"
    path.parent.mkdir(exist_ok=True)
    versions: dict[str, str] = {}
    found = []
    for told in lines(options.version, options.engine, options.uri or URIS[options.engine], options.redis):
        if "versions" in told:
            versions = told["versions"]
            continue
        found.append(record(told, options.engine, versions))
        print(found[-1]["name"], found[-1]["rows"], f"{found[-1]['rss_peak'] / 2**20:.1f} MiB", flush=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# {', '.join(f'{name} {version}' for name, version in versions.items())}\n")
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
