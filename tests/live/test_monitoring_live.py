"""What `dashlint monitor` writes, with a real Superset, gunicorn, exporters and Prometheus."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from dashlint.monitoring import files
from tests.live.statsd import Listener, configuration, drive, names, values
from tests.live.superset_builder import build
from tests.live.superset_server import SupersetServer, start
from tests.monitoring.examples import KNOWN, setup
from tests.monitoring.expressions import DOCUMENTED, metrics_in

DATA = Path(__file__).parents[1] / "monitoring" / "data" / "statsd-6.1.0.json"
#: A database of Redis of this test's own.
REDIS_DB = 9
QUEUE_TASKS = 3
APP = "def app(environ, start):\n    start('200 OK', [])\n    return [b'ok']\n"
LOG_SECONDS = 60


def program(*spellings: str) -> str:
    """A program's path, whatever it is called here; else the test is skipped."""
    for name in spellings:
        found = shutil.which(name)
        if found:
            return found
    pytest.skip(f"{spellings[0]} is not installed")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def until(true: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + LOG_SECONDS
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"waited {LOG_SECONDS} s in vain for {what}")


class Pipeline:
    """What a real Superset and gunicorn sent, and a Prometheus that has scraped all exporters."""

    def __init__(self, lines: list[str], asked: list[str]) -> None:
        self.lines, self.asked = lines, asked
        self.prometheus = ""

    def query(self, expression: str) -> list[Any]:
        answer = requests.get(f"{self.prometheus}/api/v1/query", {"query": expression}, timeout=30).json()
        assert answer["status"] == "success", (expression, answer)
        result: list[Any] = answer["data"]["result"]
        return result


def run_gunicorn(listener: Listener, folder: Path) -> None:
    """A gunicorn as the README of the folder says, one of whose workers is killed as the kernel would."""
    (folder / "hello.py").write_text(APP)
    address = free_port()
    options = f"--statsd-host=127.0.0.1:{listener.port} --statsd-prefix=superset"
    python = build("6.1.0").python
    with (
        (folder / "gunicorn.log").open("wb") as log,
        subprocess.Popen(
            [python, "-m", "gunicorn", "--bind", f"127.0.0.1:{address}", "--no-control-socket", "hello:app"],
            env={**os.environ, "GUNICORN_CMD_ARGS": options},
            cwd=folder,
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:

            def worker() -> int | None:
                found = re.findall(r"Booting worker with pid: (\d+)", (folder / "gunicorn.log").read_text())
                return int(found[-1]) if found else None

            pid = until(worker, "gunicorn's worker")
            requests.get(f"http://127.0.0.1:{address}/", timeout=30).raise_for_status()
            # The last that a worker sends of a request comes after its answer.
            until(lambda: values(listener.lines, "superset.gunicorn.request.status.200"), "its figures")
            os.kill(pid, signal.SIGKILL)
            text = "was sent SIGKILL! Perhaps out of memory?"
            until(lambda: text in (folder / "gunicorn.log").read_text(), "gunicorn to notice")
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def pipeline(superset: SupersetServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """`superset` has built it, or skips. Without exporters only what was sent is there."""
    folder = tmp_path_factory.mktemp("monitoring")
    written = files(setup("hosts"), KNOWN)
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    statsd = shutil.which("statsd_exporter") or shutil.which("prometheus-statsd-exporter")
    ports = {name: free_port() for name in ("statsd", "redis", "postgres", "process", "node", "prometheus")}
    with ExitStack() as stack:
        udp = None
        if statsd:
            udp = free_port()
            mapping = ["--statsd.mapping-config", str(folder / "statsd-mapping.yml")]
            run(stack, folder, [statsd, *mapping,
                                f"--statsd.listen-udp=127.0.0.1:{udp}", "--statsd.listen-tcp=",
                                f"--web.listen-address=127.0.0.1:{ports['statsd']}"])  # fmt: skip
            until(lambda: scraped(ports["statsd"]), "statsd_exporter")
        listener = Listener(udp)
        stack.callback(listener.close)
        snippet = (folder / "superset_config_statsd.py").read_text()
        # The written lines, with the port told as an environment variable would.
        config = configuration(snippet.replace('"9125"', f'"{listener.port}"'), folder)
        server = start(config=config)
        stack.callback(server.stop)
        with server.session() as session:
            asked = drive(session)
        run_gunicorn(listener, folder)
        until(lambda: values(listener.lines, "superset.gunicorn.log.error"), "gunicorn's line")
        made = Pipeline(listener.lines, asked)
        if statsd and shutil.which("prometheus"):
            start_exporters(stack, folder, ports)
            made.prometheus = f"http://127.0.0.1:{ports['prometheus']}"
        yield made


def run(stack: ExitStack, folder: Path, command: list[str], **environment: str) -> None:
    log = stack.enter_context((folder / f"{Path(command[0]).name}.log").open("wb"))
    process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env={**os.environ, **environment})

    def end() -> None:
        process.terminate()
        process.wait(30)

    stack.callback(end)


def scraped(port: int) -> str:
    try:
        return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
    except requests.ConnectionError:
        return ""


def broker(*words: str) -> None:
    subprocess.run(["redis-cli", "-n", str(REDIS_DB), *words], check=True, stdout=subprocess.DEVNULL)


def start_exporters(stack: ExitStack, folder: Path, ports: dict[str, int]) -> None:
    if shutil.which("redis-cli"):
        broker("del", "celery")
        broker("rpush", "celery", *map(str, range(QUEUE_TASKS)))
        stack.callback(broker, "del", "celery")
    at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    commands = {
        "redis": ["prometheus-redis-exporter", "-redis.addr=redis://127.0.0.1:6379",
                  f"-check-single-keys=db{REDIS_DB}=celery", f"-web.listen-address={at['redis']}"],
        "postgres": ["prometheus-postgres-exporter", f"--web.listen-address={at['postgres']}"],
        "process": ["prometheus-process-exporter", "-config.path", "process-exporter.yml",
                    f"-web.listen-address={at['process']}"],
        "node": ["prometheus-node-exporter", f"--web.listen-address={at['node']}"],
    }  # fmt: skip
    there = {name: command for name, command in commands.items() if shutil.which(command[0])}
    for name, command in there.items():
        run(
            stack,
            folder,
            command,
            DATA_SOURCE_NAME="postgresql://postgres@127.0.0.1:5432/postgres?sslmode=disable",
        )
        until(partial(scraped, ports[name]), name)
    config = yaml.safe_load((folder / "prometheus-scrape.yml").read_text())
    config["scrape_configs"] = [
        {**job, "static_configs": [{"targets": [at[job["job_name"].removeprefix("superset-")]]}]}
        for job in config["scrape_configs"]
        if job["job_name"].removeprefix("superset-") in {*there, "statsd"}
    ]
    # On a busy machine an exporter needs more than a second to answer.
    config["global"] = {"scrape_interval": "3s", "scrape_timeout": "3s", "evaluation_interval": "1s"}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    run(stack, folder, ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb",
                        f"--web.listen-address={at['prometheus']}"])  # fmt: skip

    def has_all() -> bool:
        try:
            answer = requests.get(
                f"http://{at['prometheus']}/api/v1/query",
                {"query": "sum_over_time(up[1m]) > 3"},
                timeout=30,
            )
        except requests.ConnectionError:
            return False
        if not answer.ok:  # it is starting
            return False
        return len(answer.json()["data"]["result"]) == len(there) + 1

    until(has_all, "Prometheus to have scraped everything")


@pytest.fixture(scope="module")
def prometheus(pipeline: Pipeline) -> Pipeline:
    for names_of in (("prometheus",), ("statsd_exporter", "prometheus-statsd-exporter")):
        program(*names_of)
    return pipeline


def test_superset_sends_the_names_that_were_recorded(pipeline: Pipeline) -> None:
    recorded = json.loads(DATA.read_text())
    sent = names(pipeline.lines)
    if os.environ.get("DASHLINT_RECORD"):
        DATA.write_text(json.dumps({**recorded, "names": sent}, indent=2) + "\n")
        recorded = json.loads(DATA.read_text())
    assert sent == recorded["names"], pipeline.asked


def test_timers_are_milliseconds(pipeline: Pipeline) -> None:
    durations = values(pipeline.lines, "superset.ChartDataRestApi.data.time")
    assert 1 < max(durations) < 600_000
    assert sum(durations) > 100  # nine requests to a database: as seconds that would be minutes


def test_a_second_request_is_a_hit_and_a_forced_one_no_miss_of_the_cache(pipeline: Pipeline) -> None:
    counters = ("loaded_from_cache", "loaded_from_source", "loaded_from_source_without_force")
    found = {name: len(values(pipeline.lines, f"superset.{name}")) for name in counters}
    assert found["loaded_from_cache"] >= 2
    assert found["loaded_from_source"] > found["loaded_from_source_without_force"] >= 2


@pytest.mark.optional
@pytest.mark.parametrize("place", ["kubernetes", "compose", "hosts"])
def test_every_metric_exists(prometheus: Pipeline, place: str) -> None:
    needed = metrics_in(files(setup(place), KNOWN)) - DOCUMENTED
    for command, prefix in (
        ("redis", "redis_"),
        ("postgres", "pg_"),
        ("process", "namedprocess_"),
        ("node", "node_"),
    ):
        if not shutil.which(f"prometheus-{command}-exporter"):
            needed = {name for name in needed if not name.startswith(prefix)}
    answer = requests.get(f"{prometheus.prometheus}/api/v1/label/__name__/values", timeout=30).json()
    assert needed <= set(answer["data"])
    assert len(needed) > 10


@pytest.mark.optional
def test_what_superset_did_is_what_prometheus_has(prometheus: Pipeline) -> None:
    def one(expression: str) -> float:
        (row,) = prometheus.query(expression)
        return float(row["value"][1])

    chart = 'api="ChartDataRestApi",endpoint="data"'
    timers = values(prometheus.lines, "superset.ChartDataRestApi.data.time")
    assert one(f"sum(superset_api_request_duration_seconds_count{{{chart}}})") == len(timers)
    assert one(f"sum(superset_api_request_duration_seconds_sum{{{chart}}})") == pytest.approx(
        sum(timers) / 1000
    )
    assert one(f'superset_api_requests_total{{{chart},outcome="warning"}}') == 3
    hits = len(values(prometheus.lines, "superset.loaded_from_cache"))
    assert one("superset_data_cache_hits_total") == hits
    assert one('superset_gunicorn_log_messages_total{level="error"}') == 1
    assert one(f'redis_key_size{{key="celery",db="db{REDIS_DB}"}}') == QUEUE_TASKS
    assert one('count(redis_instance_info{maxmemory_policy!=""})') == 1


@pytest.mark.optional
def test_prometheus_loads_the_rules_and_answers_each_panel(prometheus: Pipeline) -> None:
    groups = requests.get(f"{prometheus.prometheus}/api/v1/rules", timeout=30).json()["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 10
    assert {rule["name"]: rule.get("lastError", "") for rule in rules if rule["health"] == "err"} == {}
    dashboard = json.loads(files(setup("hosts"), KNOWN)["grafana-dashboard.json"])
    # The metadata here are SQLite, and a mean needs two scrapes during the queries.
    silent = {
        panel["title"]
        for panel in dashboard["panels"]
        if not any(prometheus.query(target["expr"]) for target in panel["targets"])
    }
    assert silent <= {"Metadata database: connections", "SQL Lab: mean duration"}, silent
