"""The guide's deployments and their corrected forms: what their containers and servers say."""

from __future__ import annotations

import pytest

from dashlint.deployment import read
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
