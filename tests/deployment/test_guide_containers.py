"""The guide's deployments and their corrected forms: what their containers and servers say."""

from __future__ import annotations

import time

import pytest

from dashlint.deployment import read
from dashlint.deployment.kinds import kind_of
from dashlint.deployment.model import Deployment, Role
from tests.paths import FIXTURES

GUIDE = FIXTURES / "deployments"


def deployment(name: str) -> Deployment:
    found, problems = read([GUIDE / name])
    assert problems == []
    return found


@pytest.mark.parametrize("size", ["small", "medium", "large"])
@pytest.mark.parametrize("form", ["", "-corrected"])
def test_every_file_is_read(size: str, form: str) -> None:
    found = deployment(f"guide-{size}{form}")
    assert {str(path) for path in (GUIDE / f"guide-{size}{form}").iterdir()} == set(found.files)


def test_small() -> None:
    assert {name: one.value for name, one in deployment("guide-small").postgres.items()} == {
        "log_min_duration_statement": 1000,
        "shared_buffers": 4 * 2**30,
        "work_mem": 50 * 2**20,
    }
    [redis] = deployment("guide-small-corrected").of(Role.REDIS)
    assert redis.programs[0].options["maxmemory"].value == 2**30


def test_medium() -> None:
    found = deployment("guide-medium-corrected")
    redis = {one.name: one.programs[0].options["maxmemory-policy"].value for one in found.of(Role.REDIS)}
    assert redis == {"cache": "allkeys-lru", "broker": "noeviction"}
    [web] = [one for one in found.of(Role.WEB) if one.memory_limit is not None]
    assert web.memory_limit is not None
    assert (web.memory_limit.value, web.programs[0].options["threads"].value) == (8 * 2**30, "8")


def test_large() -> None:
    [web] = deployment("guide-large").of(Role.WEB)
    assert web.memory_limit is not None
    assert web.memory_limit.value == 8 * 2**30
    assert web.programs[0].broken == "the parentheses of superset.app:create_app() need quotes"
    assert web.programs[0].location.line == 20
    assert {metric for rule in deployment("guide-large").alerts for metric in rule.metrics} == {
        "superset_query_duration_seconds_bucket",
        "superset_cache_hits_total",
        "superset_cache_misses_total",
        "superset_worker_memory_bytes",
        "superset_dashboard_load_seconds_bucket",
    }
    [corrected] = deployment("guide-large-corrected").of(Role.WEB)
    assert corrected.programs[0].broken == ""
    assert corrected.most_replicas is not None
    assert corrected.most_replicas.value == 6


@pytest.mark.parametrize(
    "text", ["\n" * 200_000, " \n" * 100_000, "kind:\n" * 50_000, "groups:\n" + "a\n" * 100_000]
)
def test_what_is_none_of_ours_is_seen_at_once(text: str) -> None:
    """A pattern that goes back and forth over a long file would take minutes."""
    for file in ("a.yaml", "a.json", "a.sql"):
        begun = time.process_time()
        assert kind_of(file, lambda: text) is None
        assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("file", "text", "what"),
    [
        ("stack.yml", "services:\n  web:\n    image: redis\n", "Compose file"),
        ("docker-compose.prod.yml", "services: {}\n", "Compose file"),
        ("pod.yaml", "# a pod\nkind: Pod\napiVersion: v1\n", "Kubernetes manifest"),
        ("pod.json", '{"apiVersion": "v1", "kind": "Pod"}', "Kubernetes manifest"),
        ("prod.yaml", "supersetNode:\n  replicaCount: 2\n", "Helm values"),
        ("rules.yml", "groups:\n- name: a\n  rules:\n  - {alert: A, expr: up}\n", "Prometheus rules"),
        ("redis-broker.conf", "", "redis.conf"),
        ("postgresql.auto.conf", "", "postgresql.conf"),
        ("tune.sql", "-- x\nalter system set a = 1;", "ALTER SYSTEM statements"),
        ("datasets/orders.yaml", "table_name: orders\nkind: physical\n", None),
        ("schema.sql", "CREATE TABLE alter_system (a int);", None),
    ],
)
def test_kinds_of_files(file: str, text: str, what: str | None) -> None:
    kind = kind_of(file, lambda: text)
    assert (kind.what if kind is not None else None) == what
