"""The SQL that dashlint writes for a query against what Superset compiles, on SQLite and PostgreSQL.

Every chart of the example instance and of the bundled example, the options of every filter, and a few
hundred made-up charts that a front end of 6.1 turned into queries (``tests/truth/data/front_end``).
"""

from __future__ import annotations

import io
import json
import os
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dashlint.assets import Chart, Column, Dataset, Metric, Origin, Workspace
from dashlint.chart_sql.compiling import Surroundings, statements
from dashlint.sources import read
from dashlint.superset import queries
from dashlint.superset.settings import Settings
from tests.catalog.databases import POSTGRES, postgres_database
from tests.live.superset_builder import UnavailableError, older_releases
from tests.live.superset_server import SupersetServer, start
from tests.truth.compiled import Asker, Compared, normal
from tests.truth.test_front_end import FLAGS, recorded

REPOSITORY = Path(__file__).parents[2]
COMPANY = REPOSITORY / "fixtures" / "company"
BUNDLED = REPOSITORY / "fixtures" / "exports" / "harbour-and-pine"
PREFIX = f"dashlint_test_{os.getpid()}_sql_"
SETTINGS = Settings(version="6.1", feature_flags={**FLAGS, "ENABLE_TEMPLATE_PROCESSING": True})


@pytest.fixture(scope="module")
def server() -> Iterator[SupersetServer]:
    """A Superset of its own: with Jinja, and with the company's hosts led to scratch databases."""
    os.environ["EXAMPLE_DATABASE_PREFIX"] = PREFIX
    os.environ["EXAMPLE_POSTGRESQL"] = POSTGRES.replace("postgresql://", "postgresql+psycopg2://")
    try:
        started = start(config=COMPANY / "superset_config.py")
    except UnavailableError as reason:
        if os.environ.get("CI"):
            pytest.fail(f"no Superset to test with: {reason}")
        pytest.skip(f"no Superset to test with: {reason}")
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="module")
def asker(server: SupersetServer) -> Asker:
    return Asker(server)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[str]:
    """The bundled example's databases, without rows; gives the first one's name."""
    with postgres_database("sql_retail") as retail, postgres_database("sql_erp") as erp:
        retail.execute((COMPANY / "schema.sql").read_text("utf-8"))
        erp.execute((COMPANY / "archive.sql").read_text("utf-8"))
        yield retail.url


def now(datasets: Callable[[int], Dataset | None] = lambda _: None) -> Callable[[str], Surroundings]:
    return lambda engine: Surroundings(engine, SETTINGS, datetime.now(), datasets)  # noqa: DTZ005


def agree(compared: Iterable[Compared], at_least: int) -> None:
    """All statements are the same, and so many were compiled at all."""
    found = list(compared)
    different = [difference for one in found if (difference := one.difference()) is not None]
    assert not different, "\n\n".join(different)
    assert sum(not one.refused for one in found) >= at_least


def example(server: SupersetServer, folder: Path) -> Workspace:
    (folder / "assets.zip").write_bytes(server.export_assets())
    return read(folder / "assets.zip")


def test_every_chart_of_the_example_instance(server: SupersetServer, asker: Asker, tmp_path: Path) -> None:
    agree(asker.charts(example(server, tmp_path), now()), at_least=104)


def test_the_options_of_every_filter(server: SupersetServer, asker: Asker, tmp_path: Path) -> None:
    workspace = example(server, tmp_path)
    agree(_options(workspace, asker), at_least=5)


def _options(workspace: Workspace, asker: Asker) -> Iterator[Compared]:
    ids = asker.datasets()
    for dashboard in workspace.dashboards:
        for one in dashboard.filters:
            dataset = workspace.target_dataset(dashboard, one.target) if one.target else None
            query = queries.filter_options(one, dataset, SETTINGS)
            if dataset is None or query is None:
                continue
            database = workspace.database_of(dataset)
            where = now()((database.engine if database else None) or "sqlite")
            answer = asker.ask(ids[dataset.uuid], [query.raw], {})[0]
            yield asker.compared(f"options of {one.name}", query, dataset, where, answer)


def test_every_chart_of_the_bundled_example(asker: Asker, warehouse: str, tmp_path: Path) -> None:
    """Virtual datasets with Jinja, joins and CTEs, on PostgreSQL."""
    assert warehouse
    _import(asker, BUNDLED)
    workspace = read(BUNDLED)
    ids = {d.id: d for d in workspace.datasets}
    agree(asker.charts(workspace, now(ids.get)), at_least=100)


def _import(asker: Asker, folder: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.rglob("*.yaml")):
            archive.write(path, Path("export") / path.relative_to(folder))
    passwords = {f"databases/{p.name}": "secret" for p in (folder / "databases").glob("*.yaml")}
    answer = asker.session.post(
        "/api/v1/assets/import/",
        files={"bundle": ("export.zip", packed.getvalue(), "application/zip")},
        data={"passwords": json.dumps(passwords), "sparse": "false"},
    )
    assert answer.ok, answer.text


# Made-up charts

TEXTS, TIMES = ("a", "b", "city", "gh", "ll", "poly", "my col"), ("ds", "de", "dt2", "g2")
NUMBERS = ("sales", "qty", "x", "y", "lon", "lat")
TYPES = {
    "sqlite": ("VARCHAR(10)", "DATETIME", "INTEGER"),
    "postgresql": ("TEXT", "TIMESTAMP WITHOUT TIME ZONE", "INTEGER"),
}


#: Made-up charts of a release that cannot be compared, with the reason.
KNOWN = {
    "6.1": {360: "the totals that its shares need are compared in time without a range: the server fails"}
}


@pytest.mark.parametrize(
    ("engine", "virtual", "share"),
    [("sqlite", False, 0), ("postgresql", False, 1), ("sqlite", True, 2), ("postgresql", True, 3)],
)
def test_made_up_charts(
    server: SupersetServer, asker: Asker, engine: str, *, virtual: bool, share: int
) -> None:
    """Filters, grains, series limits, orders, adhoc columns and metrics in all combinations.

    Each engine and kind of dataset gets a quarter of the charts: all of them everywhere take minutes.
    """
    with _database(server, asker, engine) as database_id:
        dataset = _dataset(asker, engine, database_id, virtual=virtual)
        agree(_made_up(asker, dataset, now()(engine), share), at_least=55)


class _database:  # noqa: N801 - a context manager
    """The database's id in Superset: the examples' SQLite, or a scratch PostgreSQL."""

    def __init__(self, server: SupersetServer, asker: Asker, engine: str) -> None:
        self._server, self._asker, self._engine = server, asker, engine
        self._scratch: Any = None

    def __enter__(self) -> int:
        session = self._asker.session
        if self._engine == "sqlite":
            found = session.get("/api/v1/database/").json()["result"]
            with closing(sqlite3.connect(self._server.home / "examples.db")) as connection:
                connection.executescript(_table("sqlite"))
            return int(next(d["id"] for d in found if d["database_name"] == "examples"))
        self._scratch = postgres_database("sql_cases")
        database = self._scratch.__enter__()
        database.execute(_table("postgresql"))
        body = {"database_name": f"cases {os.urandom(4).hex()}", "sqlalchemy_uri": database.url}
        answer = session.post("/api/v1/database/", json=body)
        assert answer.ok, answer.text
        return int(answer.json()["id"])

    def __exit__(self, *error: object) -> None:
        if self._scratch is not None:
            self._scratch.__exit__(None, None, None)


def _columns(engine: str) -> list[tuple[str, str]]:
    text, time, number = TYPES[engine]
    return [*((c, text) for c in TEXTS), *((c, time) for c in TIMES), *((c, number) for c in NUMBERS)]


def _table(engine: str) -> str:
    listed = ", ".join(f'"{name}" {kind}' for name, kind in _columns(engine))
    name = f"dashlint_cases_{engine}"  # Superset wants each name once
    return f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({listed});"


def _dataset(asker: Asker, engine: str, database_id: int, *, virtual: bool) -> Dataset:
    session = asker.session
    table = f"dashlint_cases_{engine}"
    sql = f"SELECT * FROM {table} WHERE sales > 0;\n" if virtual else None
    name = f"virtual_{engine}_{os.urandom(4).hex()}" if virtual else table
    made = session.post("/api/v1/dataset/", json={"database": database_id, "table_name": name, "sql": sql})
    assert made.ok, made.text
    dataset_id = made.json()["id"]
    described = session.get(f"/api/v1/dataset/{dataset_id}").json()["result"]
    known = {c["column_name"]: c["id"] for c in described["columns"]}
    columns: list[dict[str, Any]] = [
        {"column_name": c, "type": kind, "is_dttm": c in TIMES, "id": known.get(c)}
        for c, kind in _columns(engine)
    ]
    metrics = [
        {"metric_name": "count", "expression": "COUNT(*)"},
        {"metric_name": "sum__sales", "expression": "SUM(sales)"},
        {"metric_name": "avg_x", "expression": "AVG(x)"},
    ]
    by_name = {m["metric_name"]: m["id"] for m in described["metrics"]}
    body = {
        "columns": [{k: v for k, v in column.items() if v is not None} for column in columns],
        "metrics": [
            {**m, "id": by_name[m["metric_name"]]} if m["metric_name"] in by_name else m for m in metrics
        ],
        "main_dttm_col": "ds",
    }
    answer = session.put(f"/api/v1/dataset/{dataset_id}?override_columns=false", json=body)
    assert answer.ok, answer.text
    return Dataset(
        uuid=str(described.get("uuid")),
        id=dataset_id,
        name=name,
        origin=Origin(None, "test"),
        columns=tuple(Column(c, kind, c in TIMES) for c, kind in _columns(engine)),
        metrics=tuple(Metric(m["metric_name"], m["expression"]) for m in metrics),
        schema=described.get("schema"),
        catalog=described.get("catalog"),
        sql=sql,
        main_dttm_col="ds",
    )


def _made_up(
    asker: Asker, dataset: Dataset, where: Surroundings, share: int | None = None
) -> Iterator[Compared]:
    for number, case in enumerate(recorded(where.settings.version)):
        if number in KNOWN.get(where.settings.version, ()) or (share is not None and number % 4 != share):
            continue
        if queries.is_legacy(case["viz_type"], where.settings):
            continue
        chart = Chart("c", 1, f"#{number}", case["viz_type"], Origin(None, "test"), params=case["params"])
        assert dataset.id is not None
        yield from asker.chart(chart, dataset, dataset.id, where, case["extra"])


# Time comparison

AXIS = {"x_axis": "ds", "time_grain_sqla": "P1M"}
RANGE = {"expressionType": "SIMPLE", "clause": "WHERE", "subject": "ds", "operator": "TEMPORAL_RANGE"}
LINE = {
    **AXIS,
    "metrics": ["count", "sum__sales"],
    "groupby": ["city"],
    "limit": 2,
    "row_limit": 50,
    "adhoc_filters": [{**RANGE, "comparator": "Last year"}],
}
TABLE = {
    "query_mode": "aggregate",
    "groupby": ["city"],
    "metrics": ["count"],
    "row_limit": 10,
    "temporal_columns_lookup": {"ds": True},
    "adhoc_filters": [{**RANGE, "comparator": "2026-01-01 : 2026-03-01"}],
}
COMPARISONS: dict[str, tuple[str, dict[str, Any]]] = {
    "line, two offsets": ("echarts_timeseries_line", {**LINE, "time_compare": ["1 year ago", "28 days ago"]}),
    "line, inherit": ("echarts_timeseries_line", {**LINE, "groupby": [], "time_compare": ["inherit"]}),
    "bars along text": (
        "echarts_timeseries_bar",
        {**LINE, "x_axis": "city", "groupby": [], "time_compare": ["1 month ago"]},
    ),
    "table": ("table", {**TABLE, "time_compare": ["1 week ago"]}),
    "table, inherit": ("table", {**TABLE, "time_compare": ["inherit"]}),
}


@pytest.mark.parametrize("name", COMPARISONS)
def test_time_comparisons(asker: Asker, cases: tuple[Dataset, int], name: str) -> None:
    """The statements of the offsets, as run: a server compiles them only when the query has rows."""
    dataset, dataset_id = cases
    viz_type, params = COMPARISONS[name]
    chart = Chart("c", 1, name, viz_type, Origin(None, "test"), params=params)
    query = queries.build(chart, dataset, SETTINGS)[0]
    ours = statements(query, dataset, now()("postgresql"))
    assert [one.error for one in ours] == [None] * len(ours)
    assert len(ours) == 1 + len(params["time_compare"])
    run = [normal(sql, "postgresql") for sql in asker.run(dataset_id, query.raw)]
    assert [normal(one.sql, "postgresql") for one in ours] == run


@pytest.fixture(scope="module")
def cases(server: SupersetServer, asker: Asker) -> Iterator[tuple[Dataset, int]]:
    """A table on PostgreSQL with a row for each of the last thousand days."""
    with postgres_database("sql_times") as database:
        database.execute(_table("postgresql"))
        database.execute(
            "INSERT INTO dashlint_cases_postgresql (ds, city, sales) "
            "SELECT now()::date - n, 'city ' || n % 3, n FROM generate_series(1, 1000) n"
        )
        body = {"database_name": f"times {os.urandom(4).hex()}", "sqlalchemy_uri": database.url}
        made = asker.session.post("/api/v1/database/", json=body)
        assert made.ok, made.text
        dataset = _dataset(asker, "postgresql", made.json()["id"], virtual=True)
        assert dataset.id is not None
        yield dataset, dataset.id


# Older releases


@pytest.mark.slow
@pytest.mark.optional
@pytest.mark.parametrize("version", older_releases())
def test_older_releases(version: str, tmp_path: Path) -> None:
    """The example's charts and a share of the made-up ones; releases that were built here."""
    settings = Settings(version=version[:3], feature_flags=SETTINGS.feature_flags)

    def where(engine: str) -> Surroundings:
        return Surroundings(engine, settings, datetime.now())  # noqa: DTZ005 - as Superset has it

    server = start(version)
    try:
        asker = Asker(server)
        agree(asker.charts(example(server, tmp_path), where), at_least=90)
        with _database(server, asker, "sqlite") as database_id:
            dataset = _dataset(asker, "sqlite", database_id, virtual=True)
            agree(_made_up(asker, dataset, where("sqlite"), 0), at_least=40)
    finally:
        server.stop()
