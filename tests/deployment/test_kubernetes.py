"""Manifests of Kubernetes: pods, what they get from ConfigMaps and Secrets, and how many there are."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dashlint.assets.origin import Location
from dashlint.deployment.kubernetes import read_kubernetes
from dashlint.deployment.model import UNKNOWN, Container, Role
from dashlint.deployment.part import Part, Source

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: superset-config}
data:
  REDIS_HOST: redis.bi.svc
  superset_config.py: |
    import os
    ROW_LIMIT = 5000
  quoted_superset_config.py: "ROW_LIMIT = 1\\n"
  warm.sh: |
    curl -X PUT http://superset:8088/api/v1/chart/warm_up_cache
  redis.conf: |
    # a cache
    maxmemory 1gb
    maxmemory-policy allkeys-lru
  alerts.yml: |
    groups:
      - name: superset
        rules:
          - {alert: Down, expr: "up{job='superset'} == 0"}
---
apiVersion: v1
kind: Secret
metadata: {name: superset-env}
data: {SUPERSET_SECRET_KEY: Y2hhbmdlbWU=, BROKEN: "%%%"}
stringData: {DB_HOST: pg.bi, DB_LOGIN: hunter2}
"""
PODS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: superset, namespace: bi}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: superset, tier: web}}
    spec:
      initContainers:
        - {name: init, image: "apache/superset:6.1.0", command: [sh, -c, superset db upgrade]}
      containers:
        - name: web
          image: apache/superset:6.1.0
          command:
            - /bin/sh
            - -c
            - |
              . /app/pythonpath/bootstrap.sh
              exec gunicorn --workers ${WORKERS:-4} --timeout 120 "superset.app:create_app()"
          envFrom:
            - configMapRef: {name: superset-config}
            - secretRef: {name: superset-env}
            - configMapRef: {name: gone}
            - configMapRef: {name: gone-too, optional: true}
          env:
            - {name: PORT, value: "6379"}
            - {name: REDIS_URL, value: "redis://$(REDIS_HOST):$(PORT)/1"}
            - {name: KEPT, value: "$$(PORT) $(NOBODY)"}
            - {name: KEY, valueFrom: {secretKeyRef: {name: superset-env, key: SUPERSET_SECRET_KEY}}}
            - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
          resources:
            limits: {memory: 4Gi, cpu: 1500m}
            requests: {memory: 2e9, cpu: much}
          livenessProbe: {httpGet: {path: /health, port: 8088}, periodSeconds: 10}
          volumeMounts: [{name: config, mountPath: /app/pythonpath}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: superset}
spec: {scaleTargetRef: {kind: Deployment, name: superset}, minReplicas: 2, maxReplicas: 9}
---
broken: [
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cache, namespace: bi}
spec:
  template:
    metadata: {labels: {app: redis}}
    spec:
      containers:
        - name: redis
          image: redis:7
          args: [/conf/redis.conf, --maxmemory, 2gb]
          volumeMounts: [{name: conf, mountPath: /conf}]
      volumes: [{name: conf, configMap: {name: superset-config}}]
---
apiVersion: v1
kind: Service
metadata: {name: redis}
spec: {selector: {app: redis}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: warm}
spec:
  jobTemplate: {spec: {template: {spec: {containers: [{name: warm, image: "curlimages/curl:8"}]}}}}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: superset}
spec: {groups: [{name: a, rules: [{alert: Slow, expr: superset_time > 5}, {expr: 1}]}]}
"""


def read(*texts: str) -> Part:
    return read_kubernetes([Source(f"{number}.yaml", text) for number, text in enumerate(texts)])


def containers(part: Part) -> dict[str, Container]:
    return {container.name: container for container in part.containers}


def test_a_pod_becomes_containers_with_places() -> None:
    web = containers(read(CONFIG, PODS))["superset/web"]
    assert (web.role, web.kind) == (Role.WEB, "Deployment")
    assert web.memory_limit is not None
    assert web.memory_limit.value == 4 * 2**30
    assert web.memory_limit.location == Location(
        "1.yaml", 32, 22, "Deployment/superset.spec.template.spec.containers[0].resources.limits.memory"
    )
    assert web.memory_request is not None
    assert web.memory_request.value == 2_000_000_000
    assert web.cpu_limit is not None
    assert web.cpu_limit.value == 1.5
    assert web.cpu_request is not None
    assert web.cpu_request.value is UNKNOWN
    assert web.probes["livenessProbe"].value == {
        "httpGet": {"path": "/health", "port": 8088},
        "periodSeconds": 10,
    }
    [gunicorn] = web.programs
    assert (gunicorn.location.line, gunicorn.options["workers"].value) == (19, "4")


def test_an_autoscaler_tells_fewest_and_most() -> None:
    web = containers(read(CONFIG, PODS))["superset/web"]
    assert web.replicas is not None
    assert web.most_replicas is not None
    assert (web.replicas.value, web.most_replicas.value) == (2, 9)


def test_the_environment_is_put_together() -> None:
    web = containers(read(CONFIG, PODS))["superset/web"]
    values = {name: one.value for name, one in web.environment.items()}
    assert values == {
        "REDIS_HOST": "redis.bi.svc",
        "SUPERSET_SECRET_KEY": "changeme",
        "BROKEN": UNKNOWN,
        "DB_HOST": "pg.bi",
        "DB_LOGIN": "hunter2",
        "PORT": "6379",
        "REDIS_URL": "redis://redis.bi.svc:6379/1",
        "KEPT": "$(PORT) $(NOBODY)",
        "KEY": "changeme",
        "POD": UNKNOWN,
    }
    shown = f"{web} {web.environment['KEY'].value} {web.environment['DB_LOGIN'].value!s}"
    assert "changeme" not in shown
    assert "hunter2" not in shown


def test_redis_reads_its_file_from_a_configmap_in_another_file() -> None:
    redis = containers(read(CONFIG, PODS))["cache/redis"]
    options = redis.programs[0].options
    assert (options["maxmemory"].value, options["maxmemory-policy"].value) == (2 * 2**30, "allkeys-lru")
    assert options["maxmemory-policy"].location == Location(
        "0.yaml", 15, 1, "ConfigMap/superset-config.data.redis.conf.maxmemory-policy"
    )._replace(column=options["maxmemory-policy"].location.column)
    assert redis.hosts == ("redis", "redis.bi", "redis.bi.svc", "redis.bi.svc.cluster.local")


def test_configurations_scripts_and_alerts_in_configmaps() -> None:
    part = read(CONFIG, PODS)
    assert [(one.location.line, one.prefix) for one in part.configs] == [
        (7, "ConfigMap/superset-config.data.superset_config.py"),
        (None, "ConfigMap/superset-config.data.quoted_superset_config.py"),
    ]
    assert [(one.language, one.location.line) for one in part.scripts] == [("sh", 11)]
    assert [(one.name, set(one.metrics), one.expression.location.line) for one in part.alerts] == [
        ("Slow", {"superset_time"}, 72),
        ("Down", {"up"}, 20),
    ]


def test_what_is_wrong_hides_nothing() -> None:
    problems = read(CONFIG, PODS).problems
    assert [(one.kind, one.line) for one in problems] == [
        ("unreadable-file", 43),
        ("not-followed", 23),
        ("unreadable-value", 33),
        ("unreadable-rule", 72),
    ]


def test_a_redis_conf_that_no_pod_mounts_stands_alone() -> None:
    assert [one.options["maxmemory"].value for one in read(CONFIG).programs] == [2**30]


def test_a_template_of_helm_is_one_sentence() -> None:
    template = "kind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n---\n"
    template += "{{- if .Values.x }}\nkind: Service\n{{- end }}\n"
    part = read(template, PODS)
    assert [one.message for one in part.problems if one.kind == "template"] == [
        "this manifest is a template of Helm: give what `helm template` makes of it"
    ]
    assert "superset/web" in containers(part)


def test_lists_and_json() -> None:
    pod = {
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "p", "image": "redis"}]},
    }
    pod["spec"]["containers"][0]["args"] = ["--maxmemory", "1gb"]  # type: ignore[index]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [pod]})
    [found] = read(text).containers
    assert (found.role, found.programs[0].options["maxmemory"].value) == (Role.REDIS, 2**30)


def test_kustomize_makes_configmaps_of_files(tmp_path: Path) -> None:
    (tmp_path / "redis.conf").write_text("maxmemory 3gb\n")
    kustomization = """\
configMapGenerator:
- {name: conf, files: [redis.conf, gone.conf], literals: [A=b]}
resources: [pod.yaml]
"""
    pod = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - name: p
    image: redis
    args: [/c/redis.conf]
    envFrom: [{configMapRef: {name: conf}}]
    volumeMounts: [{name: v, mountPath: /c}]
  volumes: [{name: v, configMap: {name: conf}}]
"""
    part = read_kubernetes(
        [Source(str(tmp_path / "kustomization.yaml"), kustomization), Source(str(tmp_path / "pod.yaml"), pod)]
    )
    [container] = part.containers
    assert container.programs[0].options["maxmemory"].value == 3 * 2**30
    assert container.environment["A"].value == "b"
    assert [(one.kind, one.line) for one in part.problems] == [("not-followed", 2)]


def test_a_patch_is_said_and_not_taken_for_a_pod() -> None:
    spec = "{template: {spec: {containers: [{name: web}]}}}"
    patch = f"kind: Deployment\nmetadata: {{name: superset}}\nspec: {spec}\n"
    part = read(CONFIG, PODS, patch)
    assert [one.file for one in part.problems if "patch" in one.message] == ["2.yaml"]
    assert len([one for one in part.containers if one.name == "superset/web"]) == 1


WORDS = [
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "spec",
    "template",
    "containers",
    "initContainers",
    "env",
    "envFrom",
    "value",
    "valueFrom",
    "secretRef",
    "configMapRef",
    "data",
    "stringData",
    "volumes",
    "volumeMounts",
    "mountPath",
    "resources",
    "limits",
    "memory",
    "items",
    "labels",
    "selector",
    "groups",
    "rules",
    "expr",
    "command",
    "args",
    "configMapGenerator",
    "files",
    "literals",
]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(
        ["Deployment", "ConfigMap", "Secret", "Pod", "List", "a", "$(A)", "=", "{{ x }}", "redis"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=30,
)


@settings(max_examples=200, deadline=None)
@given(
    ANYTHING,
    st.sampled_from(["Deployment", "ConfigMap", "Secret", "Pod", "CronJob", "Kustomization"]),
    st.text(max_size=20),
)
def test_anything_is_read_without_a_traceback(body: object, kind: str, noise: str) -> None:
    spec = body if isinstance(body, dict) else {"spec": body}
    read(
        yaml.safe_dump({"kind": kind, "metadata": {"name": "a"}, "spec": body, "data": body, **spec})
        + "\n---\n"
        + noise
    )
