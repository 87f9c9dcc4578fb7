"""Pods of Kubernetes as containers: what they start, their environment, memory, CPU and copies.

Source: kubernetes.io, "Define Environment Variables for a Container" (later ones win over earlier ones,
``env`` over ``envFrom``), "Define a Command and Arguments for a Container", "Horizontal Pod Autoscaling".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from dashlint.assets.origin import Location, Problem
from dashlint.deployment import postgres_conf, redis_conf
from dashlint.deployment.hidden import guarded
from dashlint.deployment.kube_objects import Objects, Text, is_filled
from dashlint.deployment.model import UNKNOWN, Container, Given
from dashlint.deployment.quantities import kubernetes_bytes, kubernetes_cores
from dashlint.deployment.simple_commands import kubernetes_expanded
from dashlint.deployment.starts import Start, script_place, started
from dashlint.deployment.yaml_tree import Entry

#: Kinds that run pods, and where the pod's template stands in each.
TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
#: Levels of a probe; Kubernetes has three.
_DEPTH = 20


class Copies(NamedTuple):
    """How many copies of a pod there are: at first or at least, and at most where they are scaled."""

    fewest: Given | None
    most: Given | None = None


def containers(objects: Objects) -> tuple[list[Container], list[Problem]]:
    """The containers of all pods, and what of them could not be read."""
    found: list[Container] = []
    problems: list[Problem] = []
    whole = {
        _identity(owner, item)
        for owner in objects.of(*TEMPLATES)
        for item in _items(owner)
        if item.at("image").exists
    }
    for owner in objects.of(*TEMPLATES):
        pod = _pod(owner)
        for item in _items(owner):
            if not item.at("image").exists and _identity(owner, item) in whole:
                sentence = "this patch of a manifest is not applied: give what `kubectl kustomize` makes"
                problems.append(
                    Problem("not-followed", sentence, item.file, item.place.line, item.place.column)
                )
                continue
            reader = _Reader(objects, owner, pod, item)
            found.append(reader.container())
            problems += reader.problems
    return found, problems


def _pod(owner: Entry) -> Entry:
    return owner.at(*TEMPLATES[owner.at("kind").text or "Pod"])


def _items(owner: Entry) -> Iterator[Entry]:
    spec = _pod(owner).at("spec")
    yield from spec.at("initContainers").items
    yield from spec.at("containers").items


def _identity(owner: Entry, item: Entry) -> tuple[str | None, ...]:
    return owner.at("kind").text, owner.at("metadata", "name").text, item.at("name").text


class _Reader:
    """One container of one pod."""

    def __init__(self, objects: Objects, owner: Entry, pod: Entry, item: Entry) -> None:
        self.problems: list[Problem] = []
        self._objects = objects
        self._owner = owner
        self._pod = pod
        self._item = item

    def container(self) -> Container:
        item, owner = self._item, self._owner
        environment = self._environment()
        name = owner.at("metadata", "name").text or item.at("name").text or ""
        image = _given(item.at("image"))
        place = next((one for one in (item.at("command"), item.at("args")) if one.exists), item)
        start = Start(
            name,
            script_place(place),
            image.value
            if image is not None and isinstance(image.value, str)
            else item.at("image").text or "",
            self._words(item.at("command"), environment),
            self._words(item.at("args"), environment),
            environment,
            self._conf,
        )
        role, programs = started(start)
        limits, requests = item.at("resources", "limits"), item.at("resources", "requests")
        copies = self._copies()
        inner = item.at("name").text
        return Container(
            name if inner in {None, name} else f"{name}/{inner}",
            role,
            item.location,
            image,
            programs,
            environment,
            memory_limit=self._quantity(limits.at("memory"), kubernetes_bytes),
            memory_request=self._quantity(requests.at("memory"), kubernetes_bytes),
            cpu_limit=self._quantity(limits.at("cpu"), kubernetes_cores),
            cpu_request=self._quantity(requests.at("cpu"), kubernetes_cores),
            replicas=copies.fewest,
            most_replicas=copies.most,
            probes={
                probe: item.at(probe).given(plain(item.at(probe))) for probe in _PROBES if item.at(probe)
            },
            mounts=tuple(
                path for mount in item.at("volumeMounts").items if (path := mount.at("mountPath").text)
            ),
            hosts=self._hosts(),
            kind=owner.at("kind").text or "",
        )

    # --- values -----------------------------------------------------------------------------------

    def _quantity(self, entry: Entry, read: Callable[[str], Any]) -> Given | None:
        given = _given(entry)
        if given is None or not isinstance(given.value, str):
            return given
        value = read(given.value.strip())
        if value is None:
            sentence = f"{given.value!r} is no quantity of Kubernetes, which refuses the manifest"
            self.problems.append(
                Problem("unreadable-value", sentence, entry.file, entry.place.line, entry.place.column)
            )
        return given._replace(value=UNKNOWN if value is None else value)

    def _words(self, entry: Entry, environment: Mapping[str, Given]) -> Sequence[str] | None:
        if not entry.items:
            return None
        return [kubernetes_expanded(item.text or "", environment) for item in entry.items]

    # --- environment ------------------------------------------------------------------------------

    def _environment(self) -> dict[str, Given]:
        found: dict[str, Given] = {}
        for source in self._item.at("envFrom").items:
            prefix = source.at("prefix").text or ""
            for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                texts = self._texts(kind, source.at(key, "name").text, source.at(key))
                for variable, text in (texts or {}).items():
                    # A whole file in a ConfigMap is no variable (before Kubernetes 1.34 it cannot be one).
                    if not variable.isidentifier():
                        continue
                    found[prefix + variable] = text.given(prefix + variable)
        for item in self._item.at("env").items:
            name = item.at("name").text
            if name is not None:
                found[name] = self._variable(name, item, found)
        return found

    def _variable(self, name: str, item: Entry, found: Mapping[str, Given]) -> Given:
        value = item.at("value")
        if value.exists:
            text = value.text or ""
            if not is_filled(text):
                return value.given()
            return value.given(guarded(name, kubernetes_expanded(text, found)))
        source = item.at("valueFrom")
        for key, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            reference = source.at(key)
            if reference:
                texts = self._texts(kind, reference.at("name").text, reference)
                text_of = (texts or {}).get(reference.at("key").text or "")
                if text_of is not None:
                    return text_of.given(name, item.location)
        return item.given()

    def _texts(self, kind: str, name: str | None, where: Entry) -> Mapping[str, Text] | None:
        """A ConfigMap's or Secret's texts. A Secret that no file holds is as it should be."""
        if name is None:
            return None
        texts = self._objects.texts(kind, name)
        if texts is None and kind == "ConfigMap" and where.at("optional").truth is not True:
            sentence = "no file holds the ConfigMap that is named here: what it sets is unknown"
            self.problems.append(
                Problem("not-followed", sentence, where.file, where.place.line, where.place.column)
            )
        return texts

    # --- files ------------------------------------------------------------------------------------

    def _conf(self, path: str) -> Mapping[str, Given] | None:
        text = self._file(path)
        if text is None or not isinstance(text.value, str) or not text.lines:
            return self._without_lines(path, text)
        prefix = text.location.field or ""
        options, problems = _settings(path)(
            text.value, text.location.file or "", first_line=text.location.line or 1, prefix=prefix
        )
        self.problems += problems
        return options

    def _without_lines(self, path: str, text: Text | None) -> Mapping[str, Given] | None:
        """The options of a text whose lines stand nowhere (base64, quoted): all at the key that holds it."""
        if text is None or not isinstance(text.value, str):
            return None
        options, _ = _settings(path)(text.value, text.location.file or "", prefix=text.location.field or "")
        at = text.location
        return {
            name: given._replace(location=Location(at.file, at.line, at.column, given.location.field))
            for name, given in options.items()
        }

    def _file(self, path: str) -> Text | None:
        """A file by its path inside the container, if a ConfigMap or Secret holds it."""
        inside = PurePosixPath(path)
        mounts = self._item.at("volumeMounts").items
        for mount in sorted(mounts, key=lambda one: -len(one.at("mountPath").text or "")):
            target = mount.at("mountPath").text
            if target is None or not inside.is_relative_to(target):
                continue
            rest = str(inside.relative_to(target))
            under = mount.at("subPath").text
            wanted = under if under and rest == "." else f"{under}/{rest}" if under else rest
            return self._in_volume(mount.at("name").text, wanted)
        return None

    def _in_volume(self, name: str | None, path: str) -> Text | None:
        for volume in self._pod.at("spec", "volumes").items:
            if volume.at("name").text != name:
                continue
            for source in [volume, *volume.at("projected", "sources").items]:
                for key, kind, naming in (
                    ("configMap", "ConfigMap", "name"),
                    ("secret", "Secret", "secretName"),
                ):
                    held = source.at(key)
                    told = held.at(naming).text or held.at("name").text
                    texts = self._objects.texts(kind, told) if told is not None else None
                    chosen = {one.at("path").text: one.at("key").text for one in held.at("items").items}
                    wanted = chosen.get(path) if chosen else path
                    if texts is not None and wanted is not None and wanted in texts:
                        return texts[wanted]
        return None

    # --- copies and names -------------------------------------------------------------------------

    def _copies(self) -> Copies:
        kind, name = self._owner.at("kind").text, self._owner.at("metadata", "name").text
        for scaler in self._objects.of("HorizontalPodAutoscaler"):
            target = scaler.at("spec", "scaleTargetRef")
            if target.at("kind").text == kind and target.at("name").text == name:
                fewest = scaler.at("spec", "minReplicas")
                # 1 is what Kubernetes takes where nothing is said (autoscaling/v2, minReplicas).
                least = _number(fewest) if fewest.exists else Given(1, scaler.location)
                return Copies(least, _number(scaler.at("spec", "maxReplicas")))
        return Copies(_number(self._owner.at("spec", "replicas")))

    def _hosts(self) -> tuple[str, ...]:
        labels = {key: one.text for key, one in self._pod.at("metadata", "labels").mapping.items()}
        hosts: list[str] = []
        for service in self._objects.of("Service"):
            selector = {key: one.text for key, one in service.at("spec", "selector").mapping.items()}
            name = service.at("metadata", "name").text
            if name is None or not selector or not selector.items() <= labels.items():
                continue
            hosts.append(name)
            namespace = (
                service.at("metadata", "namespace").text or self._owner.at("metadata", "namespace").text
            )
            if namespace is not None:
                hosts += [f"{name}.{namespace}{end}" for end in ("", ".svc", ".svc.cluster.local")]
        return tuple(dict.fromkeys(hosts))


def plain(entry: Entry, depth: int = 0) -> Any:
    """A value as plain data, its numbers as numbers."""
    if depth > _DEPTH:
        return UNKNOWN
    if entry.is_mapping:
        return {key: plain(child, depth + 1) for key, child in entry.mapping.items()}
    if entry.is_list:
        return [plain(child, depth + 1) for child in entry.items]
    if entry.text is not None and not is_filled(entry.text):
        return UNKNOWN
    return entry.number if entry.number is not None else entry.text


def _given(entry: Entry) -> Given | None:
    if entry.text is None:
        return None
    return entry.given(entry.text if is_filled(entry.text) else UNKNOWN)


def _number(entry: Entry) -> Given | None:
    if not entry.exists or entry.is_null:
        return None
    return entry.given(UNKNOWN if entry.number is None else entry.number)


def _settings(path: str) -> Callable[..., tuple[dict[str, Given], list[Problem]]]:
    return postgres_conf.settings if "postgres" in path else redis_conf.settings
