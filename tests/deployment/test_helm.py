"""Values of the official chart, and rules of Prometheus."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dashlint.deployment import read
from dashlint.deployment.helm import read_helm
from dashlint.deployment.model import UNKNOWN, Role
from dashlint.deployment.part import Part, Source
from dashlint.deployment.prometheus import metrics, read_prometheus

VALUES = """\
image: {repository: acme/superset, tag: 6.1.0}
resources: {limits: {memory: 1Gi}}
supersetNode:
  replicas: {replicaCount: 3}
  command: [/bin/sh, -c, ". {{ .Values.configMountPath }}/superset_bootstrap.sh; /usr/bin/run-server.sh"]
  connections:
    redis_host: '{{ .Release.Name }}-redis-headless'
    redis_cache_db: "1"
    db_pass: hunter2
  resources:
    limits: {cpu: "2"}
supersetWorker:
  autoscaling: {enabled: true, minReplicas: 2, maxReplicas: 8}
supersetCeleryBeat: {enabled: true}
extraEnv:
  SERVER_WORKER_AMOUNT: 4
  UNREAD: '{{ include "x" . }}'
extraSecretEnv: {SUPERSET_SECRET_KEY: s3cret}
configOverrides:
  limits: |
    # rows
    ROW_LIMIT = 5000
  cache: |
    CACHE_REDIS = env("REDIS_HOST")
    DATA_CACHE_CONFIG = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": f"redis://{env('REDIS_HOST')}:6379/2"}
redis:
  master:
    extraFlags: [--maxmemory 1gb, --maxmemory-policy allkeys-lru]
    resources: {limits: {memory: 2Gi}}
  commonConfiguration: |-
    # no persistence
    save ""
    maxmemory-policy noeviction
postgresql:
  primary:
    extendedConfiguration: |
      shared_buffers = 1GB
"""


def values(*texts: str) -> Part:
    return read_helm([Source(f"values{number or ''}.yaml", text) for number, text in enumerate(texts)])


def test_what_the_templates_make_of_values() -> None:
    part = values(VALUES)
    assert part.problems == ()
    found = {one.name: one for one in part.containers}
    assert {name: one.role for name, one in found.items()} == {
        "superset": Role.WEB,
        "superset-worker": Role.CELERY_WORKER,
        "superset-celerybeat": Role.CELERY_BEAT,
        "superset-init-db": Role.INIT,
        "superset-redis-master": Role.REDIS,
        "superset-postgresql": Role.POSTGRES,
    }
    web, worker = found["superset"], found["superset-worker"]
    # A pod's own resources stand in place of the common ones, as a whole.
    assert web.memory_limit is None
    assert worker.memory_limit is not None
    assert worker.memory_limit.value == 2**30
    assert web.replicas is not None
    assert web.replicas.value == 3
    assert worker.replicas is not None
    assert worker.most_replicas is not None
    assert (worker.replicas.value, worker.most_replicas.value) == (2, 8)
    assert web.programs[0].launcher == "run-server.sh"
    assert web.programs[0].options["workers"].value == "4"
    assert web.environment["REDIS_HOST"].value == "superset-redis-headless"
    assert web.environment["REDIS_HOST"].assumed == (".Release.Name",)
    assert web.environment["UNREAD"].value is UNKNOWN
    assert "hunter2" not in repr(web)
    assert "s3cret" not in repr(web)
    assert part.postgres["shared_buffers"].value == 2**30
    assert part.postgres["shared_buffers"].location.line == 37


def test_redis_below_the_chart() -> None:
    redis = next(one for one in values(VALUES).containers if one.role is Role.REDIS)
    options = redis.programs[0].options
    assert (options["maxmemory"].value, options["maxmemory-policy"].value) == (2**30, "allkeys-lru")
    assert options["save"].location.line == 32
    assert "superset-redis-headless" in redis.hosts


def test_a_release_without_redis_of_its_own() -> None:
    part = values("supersetNode: {connections: {redis_host: cache.acme}}\nredis: {enabled: false}\n")
    assert Role.REDIS not in {one.role for one in part.containers}
    assert part.containers[0].environment["REDIS_HOST"].value == "cache.acme"


def test_configuration_is_the_charts_beginning_and_the_overrides(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(VALUES)
    deployment, problems = read([file])
    assert problems == []
    [config] = deployment.configs
    assert config.settings["ROW_LIMIT"].value == 5000
    assert config.settings["ROW_LIMIT"].location[:2] == (str(file), 22)
    assert config.settings["ROW_LIMIT"].location.field == "configOverrides.limits.ROW_LIMIT"
    assert (
        config.settings["DATA_CACHE_CONFIG"].value["CACHE_REDIS_URL"]
        == "redis://superset-redis-headless:6379/2"
    )
    assert (
        config.settings["CACHE_CONFIG"].value["CACHE_REDIS_URL"] == "redis://superset-redis-headless:6379/1"
    )
    assert config.settings["CELERY_CONFIG"].value["broker_url"] == "redis://superset-redis-headless:6379/0"


def test_values_are_laid_over_values() -> None:
    part = values(
        VALUES, "supersetNode: {replicas: {replicaCount: 5}}\nresources: null\nextraEnv: {MORE: 1}\n"
    )
    web = next(one for one in part.containers if one.role is Role.WEB)
    worker = next(one for one in part.containers if one.role is Role.CELERY_WORKER)
    assert web.replicas is not None
    assert (web.replicas.value, web.replicas.location.file) == (5, "values1.yaml")
    assert {"SERVER_WORKER_AMOUNT", "MORE"} <= set(web.environment)
    assert worker.memory_limit is None


KEYS = [
    *yaml.safe_load(VALUES),
    "master",
    "limits",
    "memory",
    "command",
    "enabled",
    "env",
    "connections",
    "redis_host",
]
TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["{{ .Values.image.tag }}", "{{ .Release.Name }}", "{{", "1Gi", "'"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), TREES, max_size=6))
def test_anything_is_read_without_a_traceback(tree: object) -> None:
    values(yaml.safe_dump(tree), yaml.safe_dump({"redis": tree}))


EXPRESSIONS = [
    "up == 0",
    'sum by (pod) (rate(superset_x_total{a="b", c=~"d|e"}[5m])) > 1 and on(a) other',
    "histogram_quantile(0.95, sum(rate(superset_seconds_bucket[5m])) by (le)) > 5",
    "redis_memory_used_bytes > redis_memory_max_bytes + ignoring(x) group_left(y) z offset 5m",
    '{__name__="a:b", job="c"} > bool 1e3',
    "absent(superset_cache_hits_total) or vector(1)",
    'count_values("version", build_info) # comment with a_metric',
    "max_over_time(rss[1h:5m] @ end()) * 2",
    'label_replace(x, "dst", "$1", "src", "(.*)")',
    "topk(5, a) + -b ^ 2 atan2 c",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_metrics_are_those_that_a_parser_of_promql_finds(expression: str) -> None:
    promql = pytest.importorskip("promql_parser")

    def named(node: object) -> set[str]:
        found: set[str] = set()
        if isinstance(node, promql.VectorSelector):
            found |= {node.name} if node.name else set()
            found |= {one.value for one in node.matchers.matchers if one.name == "__name__"}
        for part in ("expr", "lhs", "rhs", "vector_selector", "param", "vector"):
            inner = getattr(node, part, None)
            found |= named(inner) if inner is not None and not isinstance(inner, (str, float)) else set()
        for inner in getattr(node, "args", None) or []:
            found |= named(inner)
        return found

    assert set(metrics(expression)) == named(promql.parse(expression))


@given(st.text(max_size=60))
def test_any_promql_is_read(text: str) -> None:
    list(metrics(text))


def test_rules_stand_where_they_are_written() -> None:
    text = "groups:\n- name: a\n  rules:\n  - alert: Slow\n    expr: |\n      superset_seconds > 5\n"
    text += "  - record: r\n"
    part = read_prometheus(Source("alerts.yml", text))
    [rule] = part.alerts
    assert (rule.name, set(rule.metrics), rule.expression.location.line) == ("Slow", {"superset_seconds"}, 5)
    assert [one.line for one in part.problems] == [7]


@pytest.mark.parametrize(
    ("replicas", "count"),
    [
        # deployment-worker.yaml leaves `replicas` out where it is not enabled: Kubernetes starts one pod.
        ("{enabled: false, replicaCount: 0}", 1),
        ("{enabled: false, replicaCount: 5}", 1),
        ("{enabled: true, replicaCount: 0}", 0),
        ("{replicaCount: 5}", 5),
    ],
)
def test_the_number_of_copies_is_the_one_that_the_template_writes(replicas: str, count: int) -> None:
    found = {one.name: one for one in values(f"supersetWorker: {{replicas: {replicas}}}\n").containers}
    given = found["superset-worker"].replicas
    assert given is not None
    assert given.value == count
