"""Processes that share a scan: the report is that of one process, whatever becomes of the others."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from benchmarks.generate import generate
from dashlint import limits
from dashlint.cli import crew as crews
from dashlint.cli import helper_process, jobs
from dashlint.cli.crew import Crew
from dashlint.cli.helper_process import Helper
from dashlint.cli.jobs import Jobs
from dashlint.cli.messages import Gone, Messages
from dashlint.lint import outcome, shares
from dashlint.lint.config import ConfigError
from dashlint.sources import read
from dashlint.sources.parsed_cache import Entry
from dashlint.sources.shared import Share, Told
from tests.cli.conftest import Outcome, Run
from tests.paths import FIXTURES, ROOT
from tests.sources.exports import chart, dashboard, dataset, shop, write

COMPANY = FIXTURES / "exports" / "harbour-and-pine"
CATALOG = FIXTURES / "exports" / "harbour-and-pine-catalog"
SETTINGS = FIXTURES / "company" / "superset_config.py"
REAL = sorted((ROOT / "tests" / "data" / "exports").glob("**/*.zip"))
PLUGIN = """
from dashlint.lint.model import Severity
from dashlint.lint.rule import Rule

class Counting(Rule):
    '''Remembers what it has seen, as a rule of somebody else may.'''

    code = "ACM901"
    severity = Severity.WARNING
    seen = 0

    def check_chart(self, chart, analysis):
        self.seen += 1
        analysis.lacks("indexes", f"acme {self.seen}")
        yield self.finding(analysis, chart, f"chart {self.seen}")
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of 20 dashboards with everything that real ones have."""
    folder = tmp_path_factory.mktemp("made") / "export"
    generate(folder, dashboards=20, charts=200, datasets=12)
    return folder


@pytest.fixture
def found_by(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The numbers of the processes whose findings each report is made of."""
    seen: list[list[int]] = []
    original = outcome.Done.__init__

    def noted(self: outcome.Done, share: Any, outcomes: Any) -> None:
        seen.append(sorted(outcomes))
        original(self, share, outcomes)

    monkeypatch.setattr(outcome.Done, "__init__", noted)
    return seen


@pytest.fixture(autouse=True)
def nobody_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Helper]]:
    """Every helper has ended when its scan has."""
    started: list[Helper] = []
    original = Helper.__init__

    def noted(self: Helper, *arguments: Any) -> None:
        original(self, *arguments)
        started.append(self)

    monkeypatch.setattr(Helper, "__init__", noted)
    yield started
    assert all(helper._process.returncode is not None for helper in started)


def same(run: Run, found_by: list[list[int]], *words: object, others: int = 1) -> Outcome:
    """What a scan says, which is the same in one process and in several that all have done their share."""
    alone = run("scan", *words, "--jobs", "1")
    assert alone.code in {0, 1}, alone.stderr
    assert found_by == []
    shared = run("scan", *words, "--jobs", others + 1)
    assert found_by == [list(range(others + 1))]
    assert shared == alone
    return alone


def test_the_company(run: Run, found_by: list[list[int]]) -> None:
    facts = ("--catalog", CATALOG, "--superset-config", SETTINGS, "--today", "2026-11-21")
    said = same(run, found_by, COMPANY, *facts, "--persona", "pedantic", "--format", "json")
    assert said.code == 1
    assert "DL202" in said.stdout


def test_in_three_processes_without_a_catalog(run: Run, found_by: list[list[int]]) -> None:
    said = same(run, found_by, COMPANY, "--format", "json", others=2)
    assert "no number of distinct values" in said.stdout, (
        "what rules lack is told: else its order is not tested"
    )


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_real_zips(run: Run, found_by: list[list[int]], path: Path) -> None:
    with zipfile.ZipFile(path) as file:
        if sum(name.endswith(".yaml") for name in file.namelist()) < 2:
            pytest.skip("there is nothing to share")
    alone = run("scan", path, "--format", "json", "--jobs", 1)
    if alone.code > 1:
        assert run("scan", path, "--format", "json", "--jobs", 2) == alone
    else:
        same(run, found_by, path, "--format", "json")


@pytest.mark.parametrize("format", ["json", "terminal", "sarif"])
def test_a_generated_export(run: Run, found_by: list[list[int]], made: Path, format: str) -> None:
    said = same(run, found_by, made, "--verbose", "--format", format)
    assert said.stdout.count("DL") > 50


def test_a_deployment_beside_it(run: Run, found_by: list[list[int]], made: Path, tmp_path: Path) -> None:
    (tmp_path / "superset_config.py").write_text('SECRET_KEY = "thisISaSECRET_1234"\n', "utf-8")
    said = same(run, found_by, made, "superset_config.py", "--format", "json")
    assert '"DL6' in said.stdout


def test_the_html_report_and_the_plan(run: Run, found_by: list[list[int]], made: Path) -> None:
    words = (made, "--plan", "--format", "json", "--today", "2026-11-21")
    for number in (1, 2):
        run("scan", *words, "--output", f"html={number}.html", "--jobs", number)
    assert found_by == [[0, 1]]
    assert Path("1.html").read_bytes() == Path("2.html").read_bytes()


def test_what_is_broken_is_told_once_and_in_order(
    run: Run, found_by: list[list[int]], made: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(made, broken)
    charts = sorted(broken.rglob("charts/*.yaml"))
    charts[3].write_bytes(b"slice_name: [\nviz_type: table\nparams: {\n")
    charts[4].write_bytes(b"")
    charts[6].write_bytes("slice_name: Größe\n".encode("latin-1") + charts[6].read_bytes())
    charts[9].write_text("{% if true %}\n" + charts[9].read_text("utf-8") + "{% endif %}\n", "utf-8")
    shutil.copy(charts[12], charts[12].with_name("zz_again.yaml"))  # the same bytes, the same uuid
    charts[14].with_name(charts[14].stem + ".overrides.yaml").write_text("params: {row_limit: 7}\n", "utf-8")
    charts[15].with_name("stray.overrides.yaml").write_text("params: {}\n", "utf-8")
    (charts[0].parent / "list.yaml").write_text("- 1\n", "utf-8")
    said = same(run, found_by, broken, "--format", "json")
    for kind in ("unreadable-file", "wrong-encoding", "templated-file", "duplicate-uuid", "stray-overrides"):
        assert kind in said.stdout, kind


def test_a_configuration_with_everything(
    run: Run, found_by: list[list[int]], made: Path, tmp_path: Path
) -> None:
    """A plugin, severities, options, a limit that is felt, overrides, a suppression and a baseline."""
    shutil.copytree(made, tmp_path / "export")
    plain = json.loads(run("scan", "export", "--format", "json").stdout)
    borne = next(found for found in plain["findings"] if found["asset"]["kind"] == "chart")
    (tmp_path / "acme.py").write_text(PLUGIN, "utf-8")
    (tmp_path / "dashlint.toml").write_text(
        f"""
plugins = ["acme.py"]
ignore = ["DL309"]
severity = {{ DL301 = "error" }}
[rules.DL101]
warning = 4
[limits]
sql-length = 30
[[overrides]]
paths = ["export/**/charts/*1*.yaml"]
ignore = ["DL304"]
severity = {{ DL301 = "info" }}
[[overrides]]
dashboards = ["*1*"]
[overrides.rules.DL101]
info = 2
[[suppress]]
rule = "{borne["rule"]}"
asset = "{borne["asset"]["uuid"]}"
reason = "it is borne"
""",
        "utf-8",
    )
    assert run("baseline", "export", "--output", "known.json", "--allow-plugins").code == 0
    known = json.loads(Path("known.json").read_text("utf-8"))
    known["findings"] = known["findings"][::3]
    Path("known.json").write_text(json.dumps(known), "utf-8")
    said = same(run, found_by, "export", "--allow-plugins", "--baseline", "known.json", "--format", "json")
    assert "ACM901" in said.stdout
    assert "matches nothing" not in said.stdout
    assert json.loads(said.stdout)["summary"] != plain["summary"]


def test_limits_hold_in_every_process(
    run: Run, found_by: list[list[int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "\n".join(f"    key_{number}: {number}" for number in range(400))
    files = shop(
        {
            f"charts/many_{number}.yaml": f"slice_name: m{number}\nviz_type: table\nuuid: m{number}\n"
            f"version: 1.0.0\nparams:\n  more:\n{rows}\n"
            for number in range(6)
        }
    )
    write(tmp_path / "many", files)
    free = run("scan", "many", "--format", "json")
    (tmp_path / "dashlint.toml").write_text("[limits]\nvalues = 300\n", "utf-8")
    said = same(run, found_by, "many", "--format", "json")
    assert said.stdout.count("many_") > free.stdout.count("many_"), "the limit is felt"
    monkeypatch.setattr(limits, "_current", limits.Limits())


# What becomes of the others


def alone_and_with(run: Run, source: Path, before: Callable[[], object]) -> None:
    alone = run("scan", source, "--format", "json", "--jobs", 1)
    before()
    assert run("scan", source, "--format", "json", "--jobs", 2) == alone


def test_one_that_cannot_be_started(
    run: Run, found_by: list[list[int]], made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for nothing in ("", str(ROOT / "no-such-python")):
        alone_and_with(run, made, partial(monkeypatch.setattr, sys, "executable", nothing))
        monkeypatch.undo()
    assert found_by == []


@pytest.mark.parametrize(
    "program", ["raise SystemExit(3)", "print('hello' * 1000)", "import time; time.sleep(60)"]
)
def test_one_that_is_no_dashlint(run: Run, made: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(crews, "_PATIENCE", 0.5)
    monkeypatch.setattr(crews, "_TIMES", 0)
    alone_and_with(run, made, partial(monkeypatch.setattr, helper_process, "_START", program))


def test_no_thread_to_talk_to_one(
    run: Run, found_by: list[list[int]], made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    alone_and_with(run, made, partial(monkeypatch.setattr, helper_process, "Messages", refused))
    assert found_by == []


@pytest.mark.skipif(sys.platform != "linux", reason="other systems choose by themselves")
def test_linux_takes_memory_from_helpers_first(made: Path, nobody_is_left: list[Helper]) -> None:
    with jobs.crew([str(made)], Jobs(2)) as crew:
        assert crew is not None
        crew.begin(100)
        (helper,) = nobody_is_left
        assert helper.messages.receive(60), "it has told what it has read, so it has begun long ago"
        assert Path(f"/proc/{helper._process.pid}/oom_score_adj").read_text("ascii") == "1000\n"


@pytest.mark.parametrize("moment", ["begin", "exchange", "agree_on"])
@pytest.mark.parametrize("others", [1, 2])
def test_one_that_is_killed(
    run: Run,
    made: Path,
    moment: str,
    others: int,
    monkeypatch: pytest.MonkeyPatch,
    nobody_is_left: list[Helper],
) -> None:
    """Just after it was started, before it can tell what it has read, and before it is asked to judge."""
    alone = run("scan", made, "--format", "json", "--jobs", 1)
    original = getattr(Crew, moment)
    killed = []

    def kills(self: Crew, *arguments: Any) -> Any:
        result = original(self, *arguments) if moment == "begin" else None
        self._helpers[0]._process.kill()
        killed.append(self._helpers[0])
        return result or original(self, *arguments)

    monkeypatch.setattr(Crew, moment, kills)
    assert run("scan", made, "--format", "json", "--jobs", others + 1) == alone
    assert killed == nobody_is_left[:1]
    assert len(nobody_is_left) == others


def test_one_that_is_killed_while_it_judges(
    run: Run,
    found_by: list[list[int]],
    made: Path,
    monkeypatch: pytest.MonkeyPatch,
    nobody_is_left: list[Helper],
) -> None:
    original = shares.look

    def kills(*arguments: Any) -> Any:
        nobody_is_left[0]._process.kill()
        return original(*arguments)

    alone_and_with(run, made, lambda: monkeypatch.setattr(shares, "look", kills))
    assert found_by == [[0]]


def test_one_that_has_read_something_else(
    run: Run, found_by: list[list[int]], made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that somebody saves between two looks: what belongs to another state counts for nothing."""
    original = Crew.agree_on

    def another(self: Crew, digest: bytes) -> None:
        original(self, digest + b"more")

    alone_and_with(run, made, partial(monkeypatch.setattr, Crew, "agree_on", another))
    assert found_by == [[0]]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_one_that_stops(
    run: Run,
    found_by: list[list[int]],
    made: Path,
    monkeypatch: pytest.MonkeyPatch,
    nobody_is_left: list[Helper],
) -> None:
    assert sys.platform != "win32"
    monkeypatch.setattr(crews, "_PATIENCE", 0.5)
    monkeypatch.setattr(crews, "_TIMES", 0)
    original, stop = Crew.exchange, signal.SIGSTOP

    def stops(self: Crew, said: bytes) -> Any:
        nobody_is_left[0]._process.send_signal(stop)
        return original(self, said)

    alone_and_with(run, made, lambda: monkeypatch.setattr(Crew, "exchange", stops))
    assert found_by == []


WAITS = """
import signal, sys, time
from dashlint.cli.jobs import Jobs, crew
# A shell that starts the tests in the background makes its children deaf to this one.
signal.signal(signal.SIGINT, signal.default_int_handler)
with crew([sys.argv[1]], Jobs(2)) as found:
    found.begin(10)
    print(found._helpers[0]._process.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("way", ["SIGKILL", "SIGINT", "SIGTERM"])
def test_none_survives_this_process(made: Path, way: str) -> None:
    with subprocess.Popen([sys.executable, "-c", WAITS, str(made)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        helper = int(process.stdout.readline())
        os.kill(helper, 0)
        process.send_signal(getattr(signal, way))
        # It holds no end of a pipe of ours any more, nor does its process exist, zombies aside.
        process.wait(30)
    for _ in range(300):
        if _is_gone(helper):
            return
        time.sleep(0.1)
    pytest.fail("a helper is still there")


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return state.stdout.strip()[:1] in ("", "Z")


def test_a_helper_learns_no_secret(
    made: Path, monkeypatch: pytest.MonkeyPatch, nobody_is_left: list[Helper]
) -> None:
    for name in ("DASHLINT_PASSWORD", "DASHLINT_DB_PASSWORD", "DASHLINT_TOKEN"):
        monkeypatch.setenv(name, "hush-hush")
    started: list[tuple[Any, Any]] = []
    original = subprocess.Popen

    def noted(command: Any, **given: Any) -> Any:
        started.append((command, given["env"]))
        return original(command, **given)

    monkeypatch.setattr(subprocess, "Popen", noted)
    with jobs.crew([str(made)], Jobs(2)) as crew:
        assert crew is not None
        assert crew.begin(100) == (0, 2)
    ((command, environ),) = started
    assert "hush-hush" not in repr(command) + repr(environ)
    assert "PATH" in environ


# How many


def test_automatically_where_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "cpus", lambda: 8)
    automatic = jobs.jobs(None, None)
    assert automatic == jobs.jobs("auto", 3)
    least, most = jobs.WORTH_SHARING_FROM, jobs.TOO_MANY_TO_HOLD_TWICE
    assert [automatic.for_files(n) for n in (1, least - 1, least, most, most + 1)] == [1, 1, 2, 2, 1]
    monkeypatch.setattr(jobs, "cpus", lambda: 1)
    assert automatic.for_files(least) == 1


def test_as_many_as_somebody_says() -> None:
    assert jobs.jobs("3", 2) == Jobs(3)
    assert jobs.jobs(None, 2) == Jobs(2)
    assert [Jobs(3).for_files(n) for n in (0, 1, 2, 10, 10**6)] == [1, 1, 2, 3, 3]
    for wrong in ("0", "65", "-1", "two", "²", "1e1", "", "9" * 5000):
        with pytest.raises(ConfigError, match="write a number from 1 to 64, or auto"):
            jobs.jobs(wrong, None)


def test_a_wrong_number_is_told(run: Run, made: Path, tmp_path: Path) -> None:
    said = run("scan", made, "--jobs", "many")
    assert (said.code, said.stdout) == (2, "")
    assert said.stderr == "dashlint: error: --jobs many: write a number from 1 to 64, or auto\n"
    (tmp_path / "dashlint.toml").write_text("jobs = 0\n", "utf-8")
    said = run("scan", made, "--config", "dashlint.toml")
    assert said.code == 2
    assert "jobs: input should be greater than or equal to 1" in said.stderr


def test_the_configuration_says_how_many(
    run: Run, found_by: list[list[int]], made: Path, tmp_path: Path
) -> None:
    (tmp_path / "dashlint.toml").write_text("jobs = 2\n", "utf-8")
    run("scan", made, "--config", "dashlint.toml")
    run("scan", made, "--config", "dashlint.toml", "--jobs", "auto")
    assert found_by == [[0, 1]]


def test_one_file_is_nothing_to_share(
    run: Run, made: Path, found_by: list[list[int]], nobody_is_left: list[Helper]
) -> None:
    one = min(made.rglob("charts/*.yaml"))
    for source in (one, one.parent):
        assert run("scan", source, "--jobs", 2) == run("scan", source, "--jobs", 1)
    assert found_by == []
    assert nobody_is_left == []


@pytest.mark.parametrize(
    ("ours", "files", "granted"),
    [
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 1.5),
        ("0::/\n", {"cpu.max": "max 100000\n"}, None),
        ("0::/a/b\n", {"a/cpu.max": "200000 100000\n", "a/b/cpu.max": "max 100000\n"}, 2.0),
        (
            "4:cpu,cpuacct:/a\n0::/\n",
            {"cpu,cpuacct/a/cpu.cfs_quota_us": "50000", "cpu,cpuacct/a/cpu.cfs_period_us": "100000"},
            0.5,
        ),
        ("4:cpu,cpuacct:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ("3:memory:/a\n", {"memory/cpu.max": "1 100000"}, None),
        ("0::/../../other\n", {"cpu.max": "oops"}, None),
        ("nonsense", {}, None),
    ],
)
def test_what_control_groups_grant(
    tmp_path: Path, ours: str, files: dict[str, str], granted: float | None
) -> None:
    (tmp_path / "ours").write_text(ours, "utf-8")
    for name, text in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "ascii")
    assert jobs._quota(tmp_path / "ours", tmp_path / "groups") == granted


@pytest.mark.parametrize(("granted", "count"), [(None, 3), (0.5, 1), (2.9, 2), (8.0, 3)])
def test_whole_processors_count(monkeypatch: pytest.MonkeyPatch, granted: float | None, count: int) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2, 5}, raising=False)
    monkeypatch.setattr(jobs, "_quota", lambda *_: granted)
    assert jobs.cpus() == count


# Messages, and what is handed over


def test_two_that_write_much_at_once() -> None:
    first, second = os.pipe(), os.pipe()
    one = Messages(os.fdopen(first[0], "rb"), os.fdopen(second[1], "wb"))
    two = Messages(os.fdopen(second[0], "rb"), os.fdopen(first[1], "wb"))
    large = os.urandom(5_000_000)
    for messages in (one, two):
        messages.send(large)
        messages.send(b"")
    assert one.receive(60) == two.receive(60) == large
    assert one.receive(60) == two.receive(60) == b""
    with pytest.raises(Gone):
        one.receive(0.01)
    for messages in (one, two):
        messages.finish()
        messages._outgoing.close()
    for messages in (one, two):
        for _ in range(2):
            with pytest.raises(Gone):
                messages.receive(60)
        messages._incoming.close()


def test_a_message_that_is_cut_short_is_none() -> None:
    ended = threading.Event()
    cut = io.BytesIO(b"dashlint" + (10).to_bytes(8, "big") + b"short")
    messages = Messages(cut, io.BytesIO(), at_end=ended.set)
    with pytest.raises(Gone):
        messages.receive(60)
    assert ended.wait(60)
    messages.finish()


def test_what_cannot_be_told_is_left_out() -> None:
    """It is parsed by each process, and the rest is told all the same."""
    deep: dict[str, Any] = {}
    for _ in range(3000):  # more than marshal writes
        deep = {"a": deep}
    share = Share(None)
    share.put(b"deep", Entry("chart", deep, is_plain=True))
    share.put(b"flat", Entry("chart", {"a": 1}, is_plain=False))
    told = Told(None, Share(None), [share.written()])
    assert told.get(b"deep") is None
    assert told.get(b"flat") == Entry("chart", {"a": 1}, is_plain=False)
    assert told.get(b"flat") is None, "no two assets are made of one object"


def test_assets_stay_who_they_are(tmp_path: Path) -> None:
    files = {"charts/a.yaml": chart(), "datasets/b.yaml": dataset(), "dashboards/c.yaml": dashboard()}
    folder = write(tmp_path / "x", shop(files))
    here, there = read(folder), read(folder)
    value = {here.charts[0]: MappingProxyType({"a": [*here.datasets, *here.dashboards, *here.databases]})}
    found = shares.loads(shares.dumps(value, here), there)
    assert found == {there.charts[0]: {"a": [*there.datasets, *there.dashboards, *there.databases]}}
    with pytest.raises(shares.UnwritableError):
        shares.dumps(lambda: None, here)


def test_a_dashboard_and_its_charts_stay_together(made: Path) -> None:
    workspace = read(made)
    share = shares.shares(workspace, 2)
    assert set(share) == {*workspace.dashboards, *workspace.charts, *workspace.datasets}
    for number in (0, 1):
        assert sum(share[chart] == number for chart in workspace.charts) > 0.4 * len(workspace.charts)
    for found in workspace.charts:
        users = workspace.dashboards_using(found)
        assert not users or share[found] in {share[user] for user in users}
