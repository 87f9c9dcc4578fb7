"""``dashlint diagnose`` on the bundled example and logs of a real Superset, PostgreSQL and gunicorn."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import jsonschema
import pytest

from tests.cli.conftest import Run
from tests.paths import ROOT

EXAMPLE = ROOT / "fixtures" / "exports" / "harbour-and-pine"
CONFIG = ROOT / "fixtures" / "company" / "superset_config.py"
DATA = ROOT / "tests" / "incidents" / "data"
SCHEMA = json.loads((ROOT / "docs" / "diagnose.schema.json").read_text(encoding="utf-8"))
#: Where nothing is to be found in it.
SMALL = ROOT / "fixtures" / "rules" / "DL301" / "clean"
ARGUMENTS = (EXAMPLE, "--superset-config", CONFIG)


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A kill two minutes after the statements and requests of the other logs."""
    path = tmp_path / "gunicorn.log"
    text = (DATA / "gunicorn-killed.log").read_text("utf-8")
    path.write_text(text.replace("07:03:39 +0000] [1559] [ERROR]", "06:44:12 +0000] [1559] [ERROR]"), "utf-8")
    return path


def test_all_of_it_as_json(run: Run, killed: Path) -> None:
    done = run(
        "diagnose",
        *ARGUMENTS,
        "--format",
        "json",
        "--logs",
        DATA / "postgres.log",
        killed,
        DATA / "superset-logs.csv",
    )
    found = json.loads(done.stdout)
    jsonschema.validate(found, SCHEMA)
    assert done.code == 1, "there was a kill"
    assert found["database"]["matched_share"] > 0.95
    first = found["dashboards"][0]
    assert first["title"] == "Daily trading"
    assert first["seconds"] > 0.99 * found["database"]["seconds"]["matched"]
    # The log's numbers are of an instance that the example was imported into.
    assert {d["visits"] for d in found["dashboards"]} == {0}
    assert sum(s["calls_by_confidence"]["shape"] for s in found["senders"]) == 0
    (kill,) = found["incidents"]
    assert kill["kind"] == "sigkill"
    assert kill["busy_before"]


def test_the_three_formats_give_the_same_ranking(run: Run) -> None:
    found = [
        json.loads(
            run("diagnose", *ARGUMENTS, "--format", "json", "--logs", DATA / f"postgres.{ending}").stdout
        )
        for ending in ("log", "csv", "json")
    ]
    assert found[0]["senders"] == found[1]["senders"] == found[2]["senders"]
    assert found[0]["senders"]


def test_for_people_and_as_markdown(run: Run, killed: Path) -> None:
    shown = run("diagnose", *ARGUMENTS, "--logs", DATA / "postgres.log", killed).stdout
    assert "Kills and memory errors" in shown
    assert "evidence, not proof" in shown
    assert all(len(line) <= 80 for line in shown.splitlines())
    text = run("diagnose", *ARGUMENTS, "--format", "markdown", "--logs", DATA / "postgres.log", killed).stdout
    assert "| Chart | Share |" in text


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "name logs with --logs"),
        (("--superset-log", "24"), 2, "name it with --url"),
        (("--logs", "missing.log"), 2, "missing.log: there is no such file"),
        (("--logs", "postgresql://a:secret@b/c"), 2, "--statements-db"),
        (("--logs", "empty.log"), 3, "nothing that could be diagnosed"),
        (("--logs", "empty.log", "--log-timezone", "Mars/Base"), 2, "no such zone"),
        (("--statements-db", "mysql://root@127.0.0.1/x"), 2, "no PostgreSQL"),
        (("--statements-db", "postgresql://a:secret@127.0.0.1:1/c"), 4, "127.0.0.1:1"),
    ],
)
def test_what_goes_wrong_is_said(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    (tmp_path / "empty.log").write_text("nothing here\n", "utf-8")
    done = run("diagnose", SMALL, *arguments)
    assert (done.code, done.stdout) == (code, "")
    assert words in done.stderr
    assert "secret" not in done.stderr


def test_unreadable_lines_are_told_once(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "pg.json"
    path.write_text((DATA / "postgres.json").read_text("utf-8") + "{\n{\n", "utf-8")
    done = run("diagnose", SMALL, "--fail-on", "never", "--logs", path)
    assert done.code == 0
    assert done.stderr.count("could not be read as PostgreSQL jsonlog") == 1


def test_views_before_a_kill_come_from_the_metadata_database(run: Run, killed: Path, tmp_path: Path) -> None:
    """The table as superset/models/core.py:Log makes it; what is in ``json`` is nobody's business."""
    path = tmp_path / "superset.db"
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE logs (id INTEGER PRIMARY KEY, action VARCHAR(512), user_id INTEGER, json TEXT, "
            "dttm DATETIME, dashboard_id INTEGER, slice_id INTEGER, duration_ms INTEGER, "
            "referrer VARCHAR(1024))"
        )
        insert = "INSERT INTO logs (action, user_id, json, dttm, dashboard_id, referrer) VALUES (?,?,?,?,?,?)"
        page = "https://bi/superset/dashboard/daily-trading/"
        row = ("dashboard", 1, '{"password": "secret"}', "2026-11-27 06:43:00.000001", None, page)
        database.executemany(insert, [row] * 2_500)
        database.execute(insert, ("broken", 1, None, None, None, None))
    database.close()
    done = run(
        "diagnose", *ARGUMENTS, "--format", "json", "--logs", killed, "--metadata-db", f"sqlite:///{path}"
    )
    found = json.loads(done.stdout)
    assert found["superset_log"] == {"rows": 2_500, "rows_of_unknown_dashboards": 0}
    ((viewed,),) = (kill["viewed_before"] for kill in found["incidents"])
    assert viewed["requests"] == 2_500
    (home,) = (d for d in found["dashboards"] if d["uuid"] == viewed["dashboard"])
    assert (home["title"], home["visits"], home["incidents_near"]) == ("Daily trading", 1, 1)
    assert "secret" not in done.stdout + done.stderr
