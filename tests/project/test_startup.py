"""A command loads only what it needs: pre-commit starts dashlint for every commit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

# Runs the command line in a fresh interpreter; the last line on stderr lists what it has loaded, and which
# modules of ours make named tuples as the standard library does.
PROBE = """
import json, sys, typing
from dashlint.cli.main import main
code = 0
try:
    main()
except SystemExit as exit:
    code = exit.code
ours = {name: module for name, module in sys.modules.items() if name.startswith("dashlint")}
costly = [name for name, module in ours.items() if vars(module).get("NamedTuple") is typing.NamedTuple]
print(json.dumps({"code": code, "modules": sorted(sys.modules), "costly": costly}), file=sys.stderr)
"""

# typer reads unusual calls and explains wrong ones; a catalogue and other people's rules are not there.
NEVER = (
    "typer",
    "importlib.metadata",
    "dashlint.catalog.model",
    "networkx",
    "requests",
    "urllib3",
    "sqlalchemy",
    "pydantic",
    "ruamel.yaml",
    "subprocess",
    "dashlint.cli.helper_process",
    "dashlint.sources.shared",
    "dashlint.lint.shares",
)
ONLY_FOR_SQL = ("sqlglot", "jinja2")
# dashlint.records makes the same classes for less; Python's own parser comes with `inspect`.
COSTLY_CLASSES = ("dataclasses", "inspect", "ast")
# A pipe or file gets text; the widths of characters (rich.cells) are no reason to load the rest.
ONLY_FOR_COLOURS = ("rich.console", "rich.segment", "rich.style", "rich.text")

EXPORT = {
    "metadata.yaml": "version: 1.0.0\ntype: Dashboard\ntimestamp: '2026-01-05T00:00:00+00:00'\n",
    "databases/shop.yaml": """\
database_name: shop
sqlalchemy_uri: postgresql://reader:XXXXXXXXXX@db.example.com/shop
cache_timeout: null
uuid: 6a5a9b1c-3a57-4b6e-8f39-0a7c2f0c8f11
version: 1.0.0
""",
    "datasets/shop/orders.yaml": """\
table_name: orders
schema: public
sql: null
uuid: 1f0b6f8f-43f3-4f6a-9c4c-6e2f5a3b7d21
database_uuid: 6a5a9b1c-3a57-4b6e-8f39-0a7c2f0c8f11
metrics:
- metric_name: count
  expression: COUNT(*)
columns:
- column_name: country
  type: VARCHAR
  is_dttm: false
  groupby: true
  filterable: true
version: 1.0.0
""",
    "charts/Orders_by_country_1.yaml": """\
slice_name: Orders by country
viz_type: table
params:
  viz_type: table
  query_mode: aggregate
  groupby:
  - country
  metrics:
  - count
  row_limit: 100
uuid: 2c1d7e3a-52f4-4b7c-8a5d-7f3e6b4c8e32
dataset_uuid: 1f0b6f8f-43f3-4f6a-9c4c-6e2f5a3b7d21
version: 1.0.0
""",
    "dashboards/Orders_1.yaml": """\
dashboard_title: Orders
slug: orders
uuid: 3d2e8f4b-61a5-4c8d-9b6e-8a4f7c5d9f43
position:
  DASHBOARD_VERSION_KEY: v2
  ROOT_ID: {id: ROOT_ID, type: ROOT, children: [GRID_ID]}
  GRID_ID: {id: GRID_ID, type: GRID, children: [ROW-1], parents: [ROOT_ID]}
  ROW-1: {id: ROW-1, type: ROW, children: [CHART-1], parents: [ROOT_ID, GRID_ID], meta: {}}
  CHART-1:
    id: CHART-1
    type: CHART
    children: []
    parents: [ROOT_ID, GRID_ID, ROW-1]
    meta: {chartId: 1, height: 50, width: 12, sliceName: Orders by country,
           uuid: 2c1d7e3a-52f4-4b7c-8a5d-7f3e6b4c8e32}
metadata:
  native_filter_configuration: []
  refresh_frequency: 0
version: 1.0.0
""",
}


class Loaded(NamedTuple):
    """The exit code of a dashlint command, every module it loaded, and what it printed.

    ``costly`` are the modules of ours whose named tuples are made by ``typing``.
    """

    code: int
    modules: frozenset[str]
    output: str
    costly: tuple[str, ...]


def loaded_by(*arguments: str, cwd: Path) -> Loaded:
    result = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    *said, last = result.stderr.splitlines()
    output = "\n".join([result.stdout, *said])
    report = json.loads(last)
    return Loaded(report["code"] or 0, frozenset(report["modules"]), output, tuple(report["costly"]))


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One dashboard file of an export without any SQL text."""
    root = tmp_path_factory.mktemp("export") / "dashboard_export"
    for name, text in EXPORT.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root / "dashboards" / "Orders_1.yaml"


def test_version_loads_nothing_heavy(tmp_path: Path) -> None:
    loaded = loaded_by("--version", cwd=tmp_path)
    assert loaded.code == 0
    assert loaded.output.startswith("dashlint ")
    assert loaded.modules.isdisjoint((*NEVER, *ONLY_FOR_SQL, *COSTLY_CLASSES, "yaml", "rich"))


def test_the_way_to_version_is_short() -> None:
    code = (
        "import sys; before = set(sys.modules); import dashlint.cli.main; print(*set(sys.modules) - before)"
    )
    ran = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert "dashlint.cli.main" in loaded
    # typing alone made 19 ms of 10 (benchmarks/run.py --only start).
    assert loaded.isdisjoint(("typing", "re", "contextlib", "enum", "dataclasses")), sorted(loaded)


@pytest.mark.parametrize(
    ("options", "costly"),
    [
        ((), COSTLY_CLASSES),
        (("--format", "json"), COSTLY_CLASSES),
        # These hold what the rules' docstrings say, which `inspect` reads.
        (
            ("--format", "github", "--output", "sarif=a", "--output", "junit=b", "--output", "markdown=c"),
            ("dataclasses",),
        ),
    ],
    ids=["terminal", "json", "for forges"],
)
def test_scan_of_one_file_loads_nothing_heavy(
    dashboard: Path, options: tuple[str, ...], costly: tuple[str, ...]
) -> None:
    loaded = loaded_by("scan", str(dashboard), *options, cwd=dashboard.parent)
    assert loaded.code in {0, 1}, loaded.output
    assert "dashlint.sources.export" in loaded.modules, "nothing was read: this test proves nothing"
    for unwanted in (NEVER, ONLY_FOR_SQL, costly, ONLY_FOR_COLOURS):
        assert loaded.modules.isdisjoint(unwanted), sorted(loaded.modules & set(unwanted))
    assert loaded.costly == (), "every scan loads these: take NamedTuple from dashlint.records"


def test_colours_take_a_console_and_no_other_heavy_thing(dashboard: Path) -> None:
    loaded = loaded_by("scan", str(dashboard), "--color", "always", cwd=dashboard.parent)
    assert "rich.console" in loaded.modules
    assert loaded.modules.isdisjoint((*NEVER, *ONLY_FOR_SQL, "rich.table", "rich.markdown", "pygments"))


def test_a_scan_of_a_small_export_starts_no_other_process(dashboard: Path) -> None:
    loaded = loaded_by("scan", str(dashboard.parents[1]), cwd=dashboard.parent)
    assert loaded.code in {0, 1}, loaded.output
    assert "dashlint.cli.crew" in loaded.modules, (
        "nobody has looked whether it pays: this test proves nothing"
    )
    assert loaded.modules.isdisjoint(NEVER), sorted(loaded.modules & set(NEVER))


def test_a_fix_of_one_file_loads_nothing_heavy(dashboard: Path) -> None:
    loaded = loaded_by("fix", str(dashboard), "--dry-run", cwd=dashboard.parent)
    assert loaded.code == 0, loaded.output
    assert "dashlint.fix.export" in loaded.modules, "nothing was read: this test proves nothing"
    assert loaded.modules.isdisjoint((*NEVER, *ONLY_FOR_SQL)), sorted(
        loaded.modules & {*NEVER, *ONLY_FOR_SQL}
    )
