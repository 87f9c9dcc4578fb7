"""What a kustomization makes of its files, compared with what kustomize itself makes of them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dashlint.assets.origin import Problem
from dashlint.deployment import read
from dashlint.deployment.model import Container, Deployment, Role

BASE = {
    "base/kustomization.yaml": """\
resources: [superset.yaml, redis.yaml]
configMapGenerator:
- name: settings
  literals: [WORKERS=2, CACHE=redis]
- name: redis-conf
  files: [redis.conf]
""",
    "base/redis.conf": "maxmemory 1gb\nmaxmemory-policy allkeys-lru\n",
    "base/superset.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: superset, labels: {tier: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: superset}}
  template:
    metadata: {labels: {app: superset}}
    spec:
      initContainers:
      - {name: wait, image: "busybox:1", command: [sleep, "1"]}
      containers:
      - name: web
        image: apache/superset:6.0.0
        command: [gunicorn, --workers, $(WORKERS), "superset.app:create_app()"]
        envFrom: [{configMapRef: {name: settings}}]
        env:
        - {name: A, value: base}
        - {name: B, value: base}
        resources: {limits: {memory: 2Gi, cpu: "2"}}
        volumeMounts: [{name: home, mountPath: /app/home}]
      - {name: side, image: "registry:5000/sidecar:1"}
      volumes: [{name: home, emptyDir: {}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker, labels: {tier: work}}
spec:
  selector: {matchLabels: {app: worker}}
  template:
    metadata: {labels: {app: worker}}
    spec:
      containers:
      - name: worker
        image: "apache/superset:6.0.0"
        command: [celery, --app=superset.tasks.celery_app:app, worker]
---
apiVersion: v1
kind: Service
metadata: {name: superset}
spec: {selector: {app: superset}, ports: [{port: 8088}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: superset}
spec:
  minReplicas: 2
  maxReplicas: 4
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: superset}
""",
    "base/redis.yaml": """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: redis}
spec:
  serviceName: redis
  selector: {matchLabels: {app: redis}}
  template:
    metadata: {labels: {app: redis}}
    spec:
      containers:
      - name: redis
        image: "redis:7"
        args: [/conf/redis.conf]
        volumeMounts: [{name: conf, mountPath: /conf}]
      volumes: [{name: conf, configMap: {name: redis-conf}}]
---
apiVersion: v1
kind: Service
metadata: {name: redis}
spec: {selector: {app: redis}, ports: [{port: 6379}]}
""",
}
MERGE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: superset}
spec:
  template:
    spec:
      containers:
      - name: web
        env:
        - {name: B, value: overlay}
        - {name: C, value: overlay}
        - {name: A, $patch: delete}
        resources: {limits: {memory: 3Gi, cpu: null}}
        volumeMounts: [{name: logs, mountPath: /logs}]
      - {name: side, $patch: delete}
      volumes: [{name: logs, emptyDir: {}}]
"""
OPERATIONS = """\
- {op: add, path: /spec/template/spec/containers/0/args, value: [--pool=prefork]}
- {op: add, path: /spec/template/spec/containers/0/args/-, value: --concurrency=4}
- {op: add, path: /metadata/annotations, value: {a~b: c}}
- {op: replace, path: /spec/template/spec/containers/0/name, value: celery}
"""
OVERLAYS: dict[str, dict[str, str]] = {
    "nothing": {"kustomization.yaml": "resources: [../base]\n"},
    "strategic": {"kustomization.yaml": "resources: [../base]\npatches: [{path: m.yaml}]\n", "m.yaml": MERGE},
    "strategic, the old field": {
        "kustomization.yaml": "resources: [../base]\npatchesStrategicMerge: [m.yaml]\n",
        "m.yaml": MERGE,
    },
    "operations": {
        "kustomization.yaml": "resources: [../base]\n"
        "patches: [{path: o.yaml, target: {kind: Deployment, name: work.*}}]\n",
        "o.yaml": OPERATIONS,
    },
    "operations, the old field": {
        "kustomization.yaml": "resources: [../base]\npatchesJson6902:\n- path: o.yaml\n"
        "  target: {group: apps, version: v1, kind: Deployment, name: worker}\n",
        "o.yaml": OPERATIONS,
    },
    "by label, inline": {
        "kustomization.yaml": "resources: [../base]\npatches:\n"
        "- target: {labelSelector: tier=work}\n  patch: |-\n"
        "    kind: Deployment\n    metadata: {name: any}\n    spec: {replicas: 5}\n",
    },
    "an object taken away": {
        "kustomization.yaml": "resources: [../base]\npatches:\n- patch: |-\n    $patch: delete\n"
        "    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: worker}\n",
    },
    "images": {
        "kustomization.yaml": "resources: [../base]\nimages:\n"
        "- {name: apache/superset, newName: registry.example.com/superset, newTag: 6.1.0}\n"
        "- {name: redis, newTag: '8'}\n- {name: busybox, digest: 'sha256:abc'}\n"
        "- {name: 'registry:5000/sidecar', newName: other}\n",
    },
    "replicas": {"kustomization.yaml": "resources: [../base]\nreplicas: [{name: worker, count: 3}]\n"},
    "names": {"kustomization.yaml": "resources: [../base]\nnamePrefix: a-\nnameSuffix: -z\nnamespace: bi\n"},
    "names and patches of the names before": {
        "kustomization.yaml": "resources: [../base]\nnamePrefix: a-\npatches: [{path: m.yaml}]\n"
        "replicas: [{name: worker, count: 3}]\n",
        "m.yaml": MERGE,
    },
    "settings merged": {
        "kustomization.yaml": "resources: [../base]\nnamePrefix: a-\nconfigMapGenerator:\n"
        "- {name: settings, behavior: merge, literals: [WORKERS=7]}\n",
    },
    "settings replaced": {
        "kustomization.yaml": "resources: [../base]\nconfigMapGenerator:\n"
        "- {name: settings, behavior: replace, literals: [WORKERS=7]}\n",
    },
    "a component": {
        "kustomization.yaml": "resources: [../base]\ncomponents: [more]\n",
        "more/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
        "patches: [{path: m.yaml}]\n",
        "more/m.yaml": MERGE,
    },
}


def written(folder: Path, overlay: dict[str, str]) -> Path:
    for name, text in [*BASE.items(), *((f"overlay/{name}", text) for name, text in overlay.items())]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "overlay"


def facts(container: Container) -> dict[str, Any]:
    def value(given: Any) -> Any:
        return given.value if given is not None else None

    return {
        "name": container.name,
        "role": container.role,
        "image": value(container.image),
        "replicas": (value(container.replicas), value(container.most_replicas)),
        "memory": value(container.memory_limit),
        "cpu": value(container.cpu_limit),
        "environment": {name: given.value for name, given in container.environment.items()},
        "programs": [
            (one.name, one.command, {name: given.value for name, given in one.options.items()})
            for one in container.programs
        ],
        "mounts": sorted(container.mounts),
        "hosts": sorted(container.hosts),
    }


def of(path: Path) -> tuple[Deployment, list[Problem]]:
    return read([path])


def all_facts(deployment: Deployment) -> list[dict[str, Any]]:
    return sorted(map(facts, deployment.containers), key=lambda one: str(one["name"]))


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl is installed")
@pytest.mark.parametrize("name", OVERLAYS)
def test_the_same_as_kustomize_makes(name: str, tmp_path: Path) -> None:
    overlay = written(tmp_path, OVERLAYS[name])
    made = subprocess.run(["kubectl", "kustomize", str(overlay)], capture_output=True, text=True, check=True)
    whole = tmp_path / "made.yaml"
    whole.write_text(made.stdout)
    expected, _ = of(whole)
    found, problems = of(overlay)
    assert problems == []
    assert all_facts(found) == all_facts(expected)
    assert found.containers


def test_a_folder_with_base_and_overlay_is_read_once(tmp_path: Path) -> None:
    written(tmp_path, OVERLAYS["strategic"])
    deployment, problems = of(tmp_path)
    assert problems == []
    [web] = deployment.of(Role.WEB)
    assert web.memory_limit is not None
    assert web.memory_limit.value == 3 * 2**30
    # The place is that of the patch, which is where somebody would change it.
    assert (web.memory_limit.location.file, web.memory_limit.location.line) == (
        str(tmp_path / "overlay/m.yaml"),
        13,
    )


def test_what_refers_to_names_follows_them(tmp_path: Path) -> None:
    deployment, _ = of(written(tmp_path, OVERLAYS["names"]))
    [redis] = deployment.of(Role.REDIS)
    assert "a-redis-z" in redis.hosts
    assert "redis" not in redis.hosts
    assert redis.programs[0].options["maxmemory"].value == 2**30


@pytest.mark.parametrize(
    ("kustomization", "said"),
    [
        ("resources: [../base, 'https://github.com/a/b//base?ref=v1']\n", "remote base"),
        ("resources: [../base, gone.yaml]\n", "cannot be read"),
        ("resources: [../base, ..]\n", "no kustomization.yaml"),
        ("resources: [../base]\npatches: [{path: gone.yaml}]\n", "patch that is named here cannot be read"),
        (
            "resources: [../base]\npatches: [{target: {name: worker}, patch: '[{op: remove, path: /no}]'}]\n",
            "'no'",
        ),
        (
            "resources: [../base]\npatches: [{patch: '[{op: remove, path: /a}]', target: {name: x}}]\n",
            "fits none",
        ),
        ("resources: [../base]\nhelmCharts: [{name: redis}]\n", "helmCharts"),
    ],
)
def test_what_is_not_followed_is_said_and_hides_nothing(
    kustomization: str, said: str, tmp_path: Path
) -> None:
    deployment, problems = of(written(tmp_path, {"kustomization.yaml": kustomization}))
    assert any(said in one.message for one in problems)
    assert {one.name for one in deployment.containers} >= {"superset/web", "worker", "redis"}


def test_circles_and_avalanches_end(tmp_path: Path) -> None:
    for number in range(30):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "kustomization.yaml").write_text(f"resources: [../{number + 1}, ../{number + 1}]\n")
    (tmp_path / "30").mkdir()
    (tmp_path / "30/kustomization.yaml").write_text("resources: [../29]\n")
    _, problems = of(tmp_path / "0")
    assert any("too many others" in one.message for one in problems)


def test_several_overlays_are_said_to_be_one(tmp_path: Path) -> None:
    written(tmp_path, OVERLAYS["nothing"])
    (tmp_path / "second").mkdir()
    (tmp_path / "second/kustomization.yaml").write_text("resources: [../base]\n")
    _, problems = of(tmp_path)
    assert [one.kind for one in problems] == ["several-overlays"]
