"""What is fuzzed: from bytes to a report, as a command would, with the errors that a command tells plainly.

A target takes bytes and a folder of its own. It fails by raising anything else, by a rule that fails, or by a
report that cannot be written.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import yaml

from dashlint.catalog.errors import CatalogError
from dashlint.cli.inputs import Facts
from dashlint.cli.scan import run
from dashlint.cli.servers import ServerOptions
from dashlint.deployment.errors import DeploymentError
from dashlint.lint.config import Config, ConfigError
from dashlint.report import formats
from dashlint.sources.errors import SourceError

Target = Callable[[bytes, Path], None]

ROOT = Path(__file__).resolve().parents[2]
EXPORTS = ROOT / "tests" / "data" / "exports"
FACTS = Facts(today="2026-01-05")
PLAIN = (SourceError, ConfigError, CatalogError, DeploymentError)
#: Names under which bytes are taken for files of a deployment.
DEPLOYMENTS = (
    "superset_config.py",
    "gunicorn.conf.py",
    "docker-compose.yaml",
    "values.yaml",
    "deployment.yaml",
    "kustomization.yaml",
    "redis.conf",
    "postgresql.conf",
    "nginx.conf",
    "haproxy.cfg",
    "start.sh",
    "Dockerfile",
    "alerts.rules",
)


def _scanned(path: Path) -> None:
    with contextlib.suppress(*PLAIN):
        report = run([path], ServerOptions(), Config(), FACTS)
        failed = [problem.message for problem in report.problems if problem.kind == "rule-failed"]
        assert not failed, failed
        for name in ("json", "markdown", "github", "sarif", "junit", "gitlab"):
            formats.render(name, report).encode("utf-8", "surrogatepass")


def fuzz_yaml(data: bytes, folder: Path) -> None:
    """One file of an export, in the folder of its kind."""
    kinds = {b"dashboard_title": "dashboards", b"table_name": "datasets", b"database_name": "databases"}
    place = next((place for word, place in kinds.items() if word in data), "charts")
    file = folder / place / "Fuzzed_1.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    _scanned(folder)


def fuzz_zip(data: bytes, folder: Path) -> None:
    """An archive."""
    file = folder / "export.zip"
    file.write_bytes(data)
    _scanned(file)


def fuzz_sql(data: bytes, folder: Path) -> None:
    """SQL of a virtual dataset with Jinja, read by the dialect that its first byte names."""
    engines = ("postgresql", "mysql", "clickhouse", "bigquery", "snowflake", "mssql", "sqlite", "trino")
    engine = engines[data[0] % len(engines)] if data else "postgresql"
    text = data[1:].decode("utf-8", "replace")
    files: dict[str, dict[str, Any]] = {
        "databases/B.yaml": {"database_name": "b", "sqlalchemy_uri": f"{engine}://h/d", "uuid": "b"},
        "datasets/D.yaml": {
            "table_name": "d",
            "sql": text,
            "uuid": "d",
            "database_uuid": "b",
            "columns": [{"column_name": "a", "type": "INT", "expression": text[:200]}],
            "metrics": [{"metric_name": "m", "expression": text[-200:]}],
        },
        "charts/C.yaml": {
            "slice_name": "c",
            "viz_type": "table",
            "params": {"viz_type": "table", "groupby": ["a"], "metrics": ["m"], "row_limit": 10},
            "uuid": "c",
            "dataset_uuid": "d",
        },
    }
    for name, values in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")  # JSON is YAML
    _scanned(folder)


def fuzz_deployment(data: bytes, folder: Path) -> None:
    """A file of a deployment, whose name its first byte chooses."""
    name = DEPLOYMENTS[data[0] % len(DEPLOYMENTS)] if data else DEPLOYMENTS[0]
    file = folder / name
    file.write_bytes(data[1:])
    _scanned(file)


def fuzz_log(data: bytes, folder: Path) -> None:
    """A log of an incident."""
    from datetime import timezone

    from dashlint.cli.diagnose_logs import read_files
    from dashlint.incidents.collect import Collected
    from dashlint.incidents.matching import Matcher

    file = folder / "some.log"
    file.write_bytes(data)
    with contextlib.suppress(*PLAIN):
        read_files([file], Collected(Matcher([]), timezone.utc))


def fuzz_workspace(data: bytes, folder: Path) -> None:
    """A whole export and another one, made of the choices that the bytes stand for, and some commands."""
    from tests.fuzz.whole import ended

    ended(data, folder)


TARGETS: dict[str, Target] = {
    "yaml": fuzz_yaml,
    "zip": fuzz_zip,
    "sql": fuzz_sql,
    "deployment": fuzz_deployment,
    "log": fuzz_log,
    "workspace": fuzz_workspace,
}


def seeds(name: str) -> list[bytes]:
    """Real inputs of a target: mutating them leads further than bytes out of nowhere."""
    return sorted(set(_seeds(name)), key=lambda seed: (len(seed), seed))


def _seeds(name: str) -> Iterator[bytes]:
    archives = [path.read_bytes() for path in sorted(EXPORTS.glob("*.zip"))]
    opened = [zipfile.ZipFile(io.BytesIO(data)) for data in archives]
    members = [
        archive.read(name)
        for archive in opened
        for name in archive.namelist()
        if name.endswith(".yaml") and "/queries/" not in name and "/themes/" not in name
    ]
    if name == "yaml":
        yield from members
    elif name == "zip":
        yield from archives
    elif name == "sql":
        for member in members:
            raw = yaml.load(member, Loader=yaml.CSafeLoader)
            sql = raw.get("sql") if isinstance(raw, dict) else None
            if isinstance(sql, str):
                yield b"\0" + sql.encode()
        yield b"\0SELECT {{ filter_values('a') | where_in }}, {% for i in range(3) %}{{ i }},{% endfor %} 1"
        yield b"\1WITH a AS (SELECT * FROM b JOIN c USING (d) WHERE e = 'f') SELECT g FROM a GROUP BY g"
    elif name == "deployment":
        for file in sorted((ROOT / "fixtures" / "deployments").rglob("*")):
            if file.is_file():
                places = [i for i, known in enumerate(DEPLOYMENTS) if known == file.name]
                yield bytes([places[0] if places else 4]) + file.read_bytes()
    elif name == "workspace":
        yield from (Random(number).randbytes(4_000) for number in range(6))
    elif name == "log":
        yield from (path.read_bytes() for path in sorted((ROOT / "tests/incidents/data").glob("*.log")))


@contextlib.contextmanager
def emptied() -> Iterator[Path]:
    """A folder for one input."""
    folder = Path(tempfile.mkdtemp(prefix="dashlint-fuzz-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        gc.unfreeze()  # a process reads one export, and keeps it; this one reads thousands
