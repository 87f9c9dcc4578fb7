"""Logs of slow statements and of views: what kind a file is, and what it says."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashlint.analysis import Analysis
from dashlint.incidents import detect, mysql, postgres, rows, statistics, superset_log
from dashlint.incidents.candidates import gather
from dashlint.incidents.collect import Collected
from dashlint.incidents.lines import Unreadable
from dashlint.incidents.matching import SHAPE, Matcher
from dashlint.incidents.model import Observed, View
from dashlint.incidents.moments import Clock
from dashlint.sources import read

DATA = Path(__file__).parent / "data"
CLOCK = Clock(timezone.utc, datetime(2026, 11, 27, 12, tzinfo=timezone.utc))


def collected(path: Path) -> Collected:
    found = Collected(Matcher(()))
    found.file(path)
    return found


def of_postgres(text: str) -> tuple[list[Observed], Unreadable]:
    bad = Unreadable()
    found = postgres.statements(postgres.stderr(text.splitlines()), CLOCK, bad)
    return [one for one in found if isinstance(one, Observed)], bad


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("postgres.log", detect.POSTGRES),
        ("postgres.csv", detect.POSTGRES_CSV),
        ("postgres.json", detect.POSTGRES_JSON),
        ("mariadb-slow.log", detect.MYSQL),
        ("superset-logs.csv", detect.SUPERSET),
        ("gunicorn-killed.log", detect.TEXT),
    ],
)
def test_kinds_show_by_themselves(name: str, kind: str) -> None:
    (read,) = collected(DATA / name).files
    assert (read.kind, read.unreadable) == (kind, 0)
    assert read.used > 0


def test_postgresqls_three_formats_say_the_same() -> None:
    """What a real PostgreSQL 15 wrote of the same statements of a real Superset."""
    found = [collected(DATA / f"postgres.{ending}") for ending in ("log", "csv", "json")]
    seconds = [
        {reason: (t.calls, round(t.seconds, 6)) for reason, t in one.unmatched.items()} for one in found
    ]
    assert seconds[0] == seconds[1] == seconds[2]
    assert seconds[0]["other"][0] + seconds[0]["superset"][0] == 9
    assert set(found[0].strangers) == set(found[1].strangers) == set(found[2].strangers)


@pytest.mark.parametrize(
    "prefix",
    [
        "2026-11-27 06:25:34.123 UTC [42] bi@shop ",
        "2026-11-27 06:25:34 UTC:10.0.0.1(5432):bi@shop:[42]:",
        "2026-11-27 06:25:34.123 UTC [42]: [3-1] user=bi,db=shop,app=[unknown],client=10.0.0.1 ",
        "db-1  | 2026-11-27 06:25:34.123 UTC [42] bi@shop ",
    ],
)
def test_prefixes(prefix: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(f"{prefix}LOG:  duration: 1500.5 ms  statement: SELECT a\n\tFROM t\n", "utf-8")
    found = collected(path)
    assert found.unmatched["other"].seconds == pytest.approx(1.5005)
    assert [text for _, text in found.strangers] == ["select a from t"]
    assert found.last is not None
    assert found.last.replace(microsecond=0) == datetime(2026, 11, 27, 6, 25, 34, tzinfo=timezone.utc)


def test_parameters_and_phases() -> None:
    head = "2026-11-27 06:25:34.123 UTC [42] bi@shop "
    found, bad = of_postgres(
        f"{head}LOG:  duration: 3 ms  parse <unnamed>: SELECT $1\n"
        f"{head}LOG:  duration: 5 ms  execute <unnamed>: SELECT $1, $2\n"
        f"{head}DETAIL:  Parameters: $1 = 'it''s', $2 = NULL\n"
        f"{head}LOG:  statement: SELECT late\n"
        f"{head}LOG:  duration: 7 ms\n"
        f"{head}LOG:  duration: 9 ms\n"
    )
    assert [(one.sql, one.calls, one.parameters) for one in found] == [
        ("SELECT $1", 0, ()),
        ("SELECT $1, $2", 1, ("it's", None)),
        ("SELECT late", 1, ()),
    ]
    assert bad == Unreadable(1, 6), "a duration of no statement is told"


MYSQL = """\
/usr/sbin/mariadbd, Version: 10.11.6-MariaDB (Debian 12). started with:
Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock
Time                 Id Command    Argument
# Time: 261127  6:25:34
# User@Host: bi[bi] @ localhost []
# Thread_id: 36  Schema: shop  QC_hit: No
# Query_time: 2.500000  Lock_time: 0.000010  Rows_sent: 7  Rows_examined: 900
use shop;
SET timestamp=1795760734;
SELECT `a`
FROM `t`
WHERE `b` IN ('x');
# User@Host: bi[bi] @ localhost []
# Query_time: 0.5  Lock_time: 0 Rows_sent: 1  Rows_examined: 1
SET timestamp=1795760735;
SELECT 1 FROM t;
"""


def test_mysqls_slow_log() -> None:
    bad = Unreadable()
    one, two = mysql.statements(MYSQL.splitlines(), CLOCK, bad)
    assert not bad.count
    assert (one.seconds, one.rows, one.database, one.user) == (2.5, 7, "shop", "bi")
    assert one.sql == "SELECT `a`\nFROM `t`\nWHERE `b` IN ('x')"
    assert one.at == datetime(2026, 11, 27, 6, 25, 34, tzinfo=timezone.utc)
    assert (two.seconds, two.sql) == (0.5, "SELECT 1 FROM t")
    assert detect.kind(MYSQL) == detect.MYSQL


def test_a_real_mariadbs_slow_log_is_given_to_its_charts() -> None:
    """MariaDB 10.11 with log_slow_verbosity=innodb,query_plan,explain, of what a Superset 6.1.0 sent it.

    The requests of a dashboard's load, and of its charts filtered by country: each statement is the chart's
    that sent it, and what the driver says for itself (``SELECT @@sql_mode``) is nobody's.
    """
    analysis = Analysis(read([str(DATA.parent / "exports" / "shop.zip")]), None, None, None)
    found = Collected(Matcher(gather(analysis).candidates))
    found.file(DATA / "mariadb-slow.log")
    names = {one.sender.uuid: one.sender.name for one in gather(analysis).candidates}
    assert {tuple(names[uuid] for uuid in key): tally.calls for key, tally in found.matched.items()} == {
        ("Orders by country",): 2,
        ("Revenue by month and channel",): 2,
        ("All orders",): 2,
        ("Country",): 1,
    }
    assert not any(tally.by_confidence[SHAPE] for tally in found.matched.values())
    assert set(found.unmatched) == {"housekeeping"}
    (read_,) = found.files
    assert (read_.unreadable, read_.used) == (0, 7 + found.unmatched["housekeeping"].calls)
    rows = {names[key[0]]: tally.rows for key, tally in found.matched.items()}
    assert rows == {
        "Orders by country": 5 + 2,
        "Revenue by month and channel": 18 + 18,
        "All orders": 500 + 500,
        "Country": 5,
    }
    assert found.first is not None
    assert found.first.replace(microsecond=0) == datetime(2026, 11, 27, 11, 22, 30, tzinfo=timezone.utc)


def test_mysql_8_stamps_the_beginning_of_a_statement() -> None:
    """Since 8.0.14; ``# Time`` is its end, on which kills are joined."""
    text = (
        "# Time: 2026-11-27T06:25:34.500000Z\n"
        "# User@Host: bi[bi] @ localhost []  Id:    36\n"
        "# Query_time: 90.000000  Lock_time: 0.000010 Rows_sent: 7  Rows_examined: 900\n"
        "SET timestamp=1795760644;\nSELECT a FROM t;\n"
    )
    bad = Unreadable()
    (one,) = mysql.statements(text.splitlines(), CLOCK, bad)
    assert not bad.count
    assert one.at == datetime(2026, 11, 27, 6, 25, 34, 500_000, tzinfo=timezone.utc)


def statistics_of(text: str) -> list[Observed | None]:
    return [statistics.of_row(row or {}) for _, row in rows.named(text.splitlines())]


def test_statistics_of_old_and_new_postgresql() -> None:
    new = 'query,calls,total_exec_time,rows,max_exec_time\n"SELECT a\nFROM t",4,2000,8,900\n,1,2,3,4\n'
    one, bad = statistics_of(new)
    assert one is not None
    assert (one.sql, one.calls, one.seconds, one.rows, one.longest) == ("SELECT a\nFROM t", 4, 2.0, 8, 0.9)
    assert bad is None
    (old,) = statistics_of("queryid,query,calls,total_time\n1,SELECT a,2,500")
    assert old is not None
    assert (old.calls, old.seconds, old.rows) == (2, 0.5, None)


@pytest.mark.parametrize("indent", [None, 1])
def test_statistics_as_json(indent: int | None, tmp_path: Path) -> None:
    """As ``json_agg`` writes them, and as a tool does that prints JSON for people."""
    path = tmp_path / "statistics.json"
    row = {"query": "SELECT a FROM t", "calls": 4, "total_exec_time": 2000.0, "rows": 8}
    path.write_text(json.dumps([row, {**row, "calls": None}, row], indent=indent), "utf-8")
    found = collected(path)
    (read,) = found.files
    assert (read.kind, read.lines, read.used, read.unreadable) == (detect.STATISTICS_JSON, 3, 2, 1)
    assert read.first_unreadable == (1 if indent is None else 8)
    assert found.unmatched["other"].calls == 8


def test_an_answer_is_read_row_by_row_whatever_its_size(tmp_path: Path) -> None:
    """Also where one row alone is longer than what is read at once."""
    path = tmp_path / "logs.json"
    views = [{**VIEW, "json": "x" * size} for size in (10, 600_000, 10, 200_000, 10)]
    path.write_text(json.dumps({"result": views, "label_columns": {"a": {}}}), "utf-8")
    (read,) = collected(path).files
    assert (read.used, read.unreadable) == (5, 0)


VIEW = {
    "action": "ChartDataRestApi.data",
    "dashboard_id": 5,
    "slice_id": 9,
    "duration_ms": 1200,
    "user_id": 1,
    "dttm": "2026-11-27T06:25:34.1",
    "json": '{"password": "secret"}',
}


@pytest.mark.parametrize("shape", ["lines", "array", "answer", "pandas"])
def test_supersets_log_in_all_shapes_of_json(shape: str, tmp_path: Path) -> None:
    rows = [dict(VIEW) for _ in range(3)]
    text = {
        "lines": "\n".join(json.dumps(row) for row in rows),
        "array": json.dumps(rows, indent=1),
        "answer": json.dumps({"count": 3, "ids": [1, 2, 3], "result": rows}),
        "pandas": json.dumps([{**row, "dttm": 1795760734100} for row in rows]),
    }[shape]
    path = tmp_path / "logs.json.gz"
    path.write_bytes(gzip.compress(text.encode()))
    found = collected(path)
    assert found.view_rows == 3
    assert found.visits == {(5, None): 1}


def test_a_dashboard_may_stand_in_the_address_alone() -> None:
    row = {
        "action": "dashboard",
        "dttm": "2026-11-27",
        "referrer": "https://bi/superset/dashboard/sales/?x=1",
    }
    assert superset_log.of_row({**row, "dttm": "2026-11-27 06:25:34"}) == View(
        datetime(2026, 11, 27, 6, 25, 34, tzinfo=timezone.utc), "dashboard", slug="sales"
    )


def test_broken_lines_are_counted_and_do_not_hide_the_rest(tmp_path: Path) -> None:
    text = (DATA / "postgres.json").read_text("utf-8").splitlines()
    path = tmp_path / "pg.json"
    path.write_text("\n".join([text[0], "{not json", *text[1:], "[]"]), "utf-8")
    (read,) = collected(path).files
    assert (read.unreadable, read.first_unreadable) == (2, 2)


SEEDS = st.sampled_from(sorted(DATA.iterdir()))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(SEEDS, st.integers(0, 4_000), st.binary(max_size=40), st.integers(0, 200))
def test_no_damage_to_a_log_ends_the_reading(
    tmp_path: Path, seed: Path, place: int, noise: bytes, cut: int
) -> None:
    data = seed.read_bytes()[:8_000]
    path = tmp_path / "log"
    path.write_bytes(data[:place] + noise + data[place + cut :])
    (read,) = collected(path).files
    assert read.lines >= 0


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_are_read(tmp_path: Path, data: bytes) -> None:
    for beginning in (b"", b"query,calls\n", b"action,dttm\n", b"# Time: x\n", b'{"action":1,"dttm":2}\n'):
        path = tmp_path / "log"
        path.write_bytes(beginning + data)
        if not data.startswith(b"\x1f\x8b") or beginning:
            assert collected(path).files


def packed(data: bytes, damage: str) -> bytes:
    """A gzip that is cut, whose checksum or length is wrong, or whose data are."""
    whole = bytearray(gzip.compress(data))
    if damage == "cut":
        return bytes(whole[:-20])
    if damage == "no end":
        return bytes(whole[:-8])
    if damage == "trailing":
        return bytes(whole) + b"rotated twice"
    place = {"checksum": -8, "length": -1, "data": len(whole) * 3 // 4}[damage]
    whole[place] ^= 0x55
    return bytes(whole)


@pytest.mark.parametrize("damage", ["cut", "no end", "trailing", "checksum", "length"])
@pytest.mark.parametrize("lines", [0, 20_000])
def test_of_a_damaged_gzip_kills_count(tmp_path: Path, damage: str, lines: int) -> None:
    """However small it is."""
    path = tmp_path / "log.gz"
    log = (DATA / "gunicorn-killed.log").read_bytes()
    requests = b"".join(b"[%d] GET /api/v1/chart/data\n" % n for n in range(lines))
    path.write_bytes(packed(log + requests, damage))
    found = Collected(Matcher(()))
    with pytest.raises(OSError, match=r"gzip is damaged \(.+\); what came before that counts"):
        found.file(path)
    assert (found.incident_count, len(found.incidents), len(found.files)) == (1, 1, 1)


@pytest.mark.parametrize("name", ["postgres.log", "postgres.csv", "postgres.json", "superset-logs.csv"])
@pytest.mark.parametrize("damage", ["cut", "checksum", "data"])
def test_of_a_damaged_gzip_counts_what_can_be_read(tmp_path: Path, name: str, damage: str) -> None:
    path = tmp_path / "log.gz"
    path.write_bytes(packed((DATA / name).read_bytes(), damage))
    found = Collected(Matcher(()))
    with pytest.raises(OSError, match="gzip is damaged"):
        found.file(path)
    (read,) = found.files
    assert read.used > 0


def test_a_gzip_of_which_nothing_is_left_is_told(tmp_path: Path) -> None:
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(b"x")[:11])
    with pytest.raises(OSError, match="nothing of it could be read"):
        Collected(Matcher(())).file(path)
