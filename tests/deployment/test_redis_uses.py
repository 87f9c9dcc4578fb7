"""Which Redis of the files a client's host and port lead to."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashlint.cli.inputs import Facts, analyse, opened, read_deployment
from dashlint.cli.scan import judged
from dashlint.cli.servers import ServerOptions
from dashlint.deployment import read
from dashlint.lint.config import Config
from dashlint_rules.deployment.redis_uses import What, servers, size
from tests.paths import FIXTURES

MANIFEST = """\
apiVersion: v1
kind: Service
metadata: {name: redis, namespace: bi}
spec: {selector: {app: redis}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: redis, namespace: bi}
spec:
  selector: {matchLabels: {app: redis}}
  template:
    metadata: {labels: {app: redis}}
    spec: {containers: [{name: redis, image: "redis:7"}]}
"""
COMPOSE = "services:\n  redis:\n    image: redis:7\n    hostname: cache.example\n"


def found(folder: Path, url: str, **files: str) -> list[str]:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    config = f'CACHE_CONFIG = {{"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": "{url}"}}\n'
    (folder / "superset_config.py").write_text(config)
    deployment, problems = read([folder])
    assert problems == []
    return [server.container.name for server in servers(deployment)]


@pytest.mark.parametrize(
    "host",
    [
        "redis",
        "redis.bi",
        "redis.bi.svc",
        "redis.bi.svc.cluster.local",
        "redis-0.redis",
        "redis-0.redis.bi.svc",
    ],
)
def test_names_of_kubernetes(tmp_path: Path, host: str) -> None:
    assert found(tmp_path, f"redis://{host}:6379/0", redis_yaml=MANIFEST) == ["redis"]


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis.internal/0",
        "redis://redis.abc.cache.amazonaws.com/0",
        "redis://redis:6380/0",
        "redis://localhost/0",
        "redis://[redis/0",
        "redis://redis:port/0",
        "unix:///run/redis.sock",
        "redis:///0",
    ],
)
def test_names_of_others(tmp_path: Path, url: str) -> None:
    assert found(tmp_path, url, redis_yaml=MANIFEST) == []


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("redis://redis", ["redis"]),
        ("rediss://:secret@cache.example/1", ["redis"]),
        ("redis://redis.bi.svc", []),
        ("redis://REDIS:6379", ["redis"]),
    ],
)
def test_names_of_compose(tmp_path: Path, url: str, names: list[str]) -> None:
    assert found(tmp_path, url, compose_yaml=COMPOSE) == names


def test_a_server_beside_superset(tmp_path: Path) -> None:
    assert found(tmp_path, "redis://localhost:6380", redis_conf="port 6380\n") == ["redis.conf"]
    assert found(tmp_path, "redis://localhost:6380", redis_conf="port 6379\n") == []
    # Which of two is meant is not known.
    both = {"redis_conf": "port 6380\n", "compose_yaml": COMPOSE}
    assert found(tmp_path, "redis://localhost:6380", **both) == []


def test_a_script_that_sets_it_later(tmp_path: Path) -> None:
    (tmp_path / "start.sh").write_text("#!/bin/sh\nredis-cli -h redis CONFIG SET maxmemory 1gb\n")
    assert found(tmp_path, "redis://redis", compose_yaml=COMPOSE) == []


def test_the_environment_wins_for_celery(tmp_path: Path) -> None:
    compose = (
        "services:\n  redis: {image: redis:7}\n  broker: {image: redis:7}\n"
        "  worker:\n    image: apache/superset:6.1.0\n"
        "    command: celery --app=superset.tasks.celery_app:app worker\n"
        "    environment: {CELERY_BROKER_URL: 'redis://broker:6379/0'}\n"
    )
    (tmp_path / "compose.yaml").write_text(compose)
    (tmp_path / "superset_config.py").write_text('CELERY_CONFIG = {"broker_url": "redis://redis:6379/0"}\n')
    deployment, _ = read([tmp_path])
    [server] = servers(deployment)
    assert (server.container.name, server.uses[0].what) == ("broker", What.QUEUE)


@pytest.mark.parametrize(
    ("count", "text"), [(2**30, "1gb"), (1536 * 2**20, "1536mb"), (10**9, "953mb"), (1000, "1000 bytes")]
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("guide", "codes"),
    [
        ("guide-small", []),
        ("guide-small-corrected", []),
        ("guide-medium", ["DL606"]),
        ("guide-medium-corrected", []),
        ("guide-large", []),
        ("guide-large-corrected", []),
    ],
)
def test_the_guides_deployments(guide: str, codes: list[str]) -> None:
    """The medium one lets LRU drop its queue; of the others' Redis there are no files."""
    deployment, problems = read_deployment([FIXTURES / "deployments" / guide])
    with opened([], ServerOptions(), deployment) as opening:
        analysis, more = analyse(opening, Config(), Facts(()), deployment)
    report = judged(analysis, [*problems, *more], Config()._replace(select=("DL605", "DL606")), whole=False)
    assert [finding.rule for finding in report.findings] == codes
