"""What `dashlint monitor` writes: alerts that promtool tests, metrics that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dashlint.cost.model import Cost
from dashlint.monitoring import Figure, Predicted, files
from dashlint.monitoring.bundle import alerts_for
from dashlint.monitoring.logs import SIGNATURES, expression
from dashlint.monitoring.mapping import mapping
from dashlint.monitoring.model import PLACES
from tests.monitoring.examples import GIB, KNOWN, MIB, setup
from tests.monitoring.expressions import DOCUMENTED, expressions, metrics_in, metrics_of

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

RECORDED = json.loads((Path(__file__).parent / "data" / "statsd-6.1.0.json").read_text())["names"]
#: What redis_exporter, postgres_exporter, process-exporter, node_exporter, statsd_exporter and Prometheus
#: have; tests/live/test_monitoring_live.py asks them.
OTHERS = ("redis_", "pg_", "namedprocess_", "node_", "statsd_exporter_", "up")
#: Deployments at the edges of what the options allow.
UNUSUAL: dict[str, tuple[dict[str, Any], Predicted]] = {
    "nothing told": (
        {"memory_limit": None, "redis_maxmemory": None, "celery_slots": None},
        Predicted(),
    ),
    "small": (
        {"slow": Figure(0.1, "s"), "threads": Figure(1, "t"), "workers": Figure(1, "w"),
         "replicas": Figure(1, "r"),
         "hit_share": Figure(0.01, "h"), "celery_slots": Figure(1, "c"),
         "memory_limit": Figure(64 * MIB, "l")},
        replace(KNOWN, typical_requests=1, cacheable=0.01),
    ),
    "large": (
        {"slow": Figure(300, "s"), "threads": Figure(100, "t"), "workers": Figure(65, "w"),
         "replicas": Figure(333, "r"), "load_share": Figure(0.9999, "l"), "hit_share": Figure(0.99, "h"),
         "celery_slots": Figure(12_345, "c"), "memory_limit": Figure(3 * 2**40, "l")},
        replace(KNOWN, typical_requests=400, cacheable=1.0),
    ),
    "odd bounds": (
        {"slow": Figure(7.25, "s"), "load_share": Figure(0.985, "l"), "hit_share": Figure(0.55, "h")},
        replace(KNOWN, cacheable=0.5, caches_data=None),
    ),
    "hardly anything there": (
        {"without": frozenset({"redis", "postgres", "celery", "gunicorn"})},
        replace(KNOWN, caches_data=False),
    ),
    "hostile names": (
        {},
        replace(KNOWN, heaviest_name='{{ .Evil }} "quoted" | `x` # \n- alert: "y"\x1b[31m', cacheable=0.0),
    ),
}  # fmt: skip


def promtool(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed")
    return subprocess.run([found, *words], cwd=folder, capture_output=True, text=True, check=False)


def written(folder: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("place", PLACES)
def test_what_is_written(place: str, snapshot: SnapshotAssertion) -> None:
    made = files(setup(place), KNOWN)
    assert made == files(setup(place), KNOWN)
    text = "\n".join(f"=== {name}\n{text}" for name, text in made.items() if name != "alerts.test.yml")
    assert text == snapshot


@pytest.mark.optional
@pytest.mark.parametrize(
    ("place", "name"), [*((p, "usual") for p in PLACES), *(("hosts", n) for n in UNUSUAL)]
)
def test_promtool_accepts_the_rules_and_their_tests_pass(place: str, name: str, tmp_path: Path) -> None:
    more, known = UNUSUAL.get(name, ({}, KNOWN))
    folder = written(tmp_path, files(setup(place, **more), known))
    checked = promtool(folder, "check", "rules", "alerts.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = promtool(folder, "test", "rules", "alerts.test.yml")
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.optional
def test_the_tests_notice_a_wrong_rule(tmp_path: Path) -> None:
    folder = written(tmp_path, files(setup("kubernetes"), KNOWN))
    rules = yaml.safe_load((folder / "alerts.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            broken = {"groups": [{"name": "one", "rules": [{**rule, "expr": "vector(0) > 1"}]}]}
            (folder / "alerts.yml").write_text(yaml.safe_dump(broken))
            tested = promtool(folder, "test", "rules", "alerts.test.yml")
            assert f"alertname: {rule['alert']}," in tested.stdout + tested.stderr


@pytest.mark.parametrize("place", PLACES)
def test_each_alert_has_tests_both_ways_a_source_and_advice(place: str) -> None:
    for alert in alerts_for(setup(place), KNOWN).all():
        fires = {case.fires is not None for case in alert.cases}
        assert fires == {True, False}, alert.name
        assert alert.threshold.endswith("."), alert.name
        assert alert.todo.endswith((".", "?")), alert.name


def mapped(name: str, kind: str, rules: list[dict[str, Any]]) -> str | None:
    """The metric that statsd_exporter's first fitting rule makes of a name."""
    for rule in rules:
        pattern = rule["match"]
        if rule.get("match_type") != "regex":
            pattern = re.escape(pattern).replace(r"\*", "([^.]*)")
        wanted = rule.get("match_metric_type")
        if re.fullmatch(pattern, name) and wanted in (
            None,
            {"c": "counter", "ms": "observer", "g": "gauge"}[kind],
        ):
            return str(rule["name"])
    return None


def test_every_metric_of_superset_comes_from_a_name_that_was_recorded() -> None:
    rules = mapping(setup("hosts"))["mappings"]
    made = {mapped(name, kind, rules) for name, kind in RECORDED.items()}
    assert None not in made, "a name without a rule"
    for place in PLACES:
        asked = metrics_in(files(setup(place), KNOWN))
        rest = {name for name in asked - DOCUMENTED if not name.startswith(OTHERS)}
        assert {re.sub("_(bucket|sum|count)$", "", name) for name in rest} <= made
        assert len(rest) > 8


def test_metrics_are_found_in_expressions() -> None:
    text = (
        'sum by (le) (rate(a_bucket{x="b_c",le=~"1"}[5m])) / on (pod) max(d) > 3 or (e unless e offset 10m)'
    )
    assert metrics_of([text]) == {"a_bucket", "d", "e"}


def test_what_is_not_there_is_left_out_and_said_to_be() -> None:
    more, known = UNUSUAL["hardly anything there"]
    made = files(setup("compose", **more), known)
    assert not re.search("redis_|pg_|gunicorn|cache_hits", "".join(expressions(made).values()))
    assert "redis" not in made["prometheus-scrape.yml"]
    for reason in (
        "--without redis",
        "--without postgres",
        "--without celery",
        "--without gunicorn",
        "NullCache",
    ):
        assert reason in made["README.md"].partition("## Left out")[2]


def test_memory_leaves_room_for_the_heaviest_request() -> None:
    known = replace(KNOWN, heaviest=Cost(GIB, None, "statistics"))
    made = files(setup("kubernetes", memory_limit=Figure(8 * GIB, "--limit")), known)
    rule = expressions(made)["SupersetMemoryNearLimit"]
    assert rule.endswith("> 0.875")
    assert "87.5 % of 8.0 GiB (--limit)" in made["alerts.yml"]


@pytest.mark.parametrize("place", PLACES)
def test_the_dashboard_is_what_grafana_wants(place: str) -> None:
    board = json.loads(files(setup(place), KNOWN)["grafana-dashboard.json"])
    assert board["id"] is None
    (variable,) = board["templating"]["list"]
    assert (variable["type"], variable["query"]) == ("datasource", "prometheus")
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        assert panel["datasource"]["uid"] == "${datasource}"
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken
        taken |= cells
        refs = [target["refId"] for target in panel["targets"]]
        assert len(refs) == len(set(refs)) > 0
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_log_queries_find_the_texts_and_nothing_harmless() -> None:
    pattern = re.compile(expression())
    for signature in SIGNATURES:
        assert pattern.search(f"2026-11-27 [ERROR] {signature.text} (1234)")
    assert not pattern.search("[INFO] Worker exiting (pid: 12)")
    assert not pattern.search("was sent SIGKILL")


def test_the_snippet_is_python() -> None:
    compile(files(setup("hosts"), KNOWN)["superset_config_statsd.py"], "superset_config_statsd.py", "exec")
