"""Kubernetes: manifests, what `helm template` or `kubectl kustomize` makes, and lists of both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath

from dashlint.assets.origin import Location, Problem
from dashlint.deployment import kube_ingress, nginx_conf, prometheus, redis_conf
from dashlint.deployment.kinds import Unreadable
from dashlint.deployment.kube_objects import Objects, Text, collect
from dashlint.deployment.kube_pods import containers
from dashlint.deployment.model import AlertRule, Program, Proxy, Script
from dashlint.deployment.part import ConfigText, Part, Source
from dashlint.deployment.starts import postgres_of
from dashlint.deployment.yaml_tree import Entry, documents

_SUPERSET_CONFIG = re.compile(r".*superset.*config.*\.py|superset_config.*", re.IGNORECASE)
_RULES = re.compile(r"^groups:", re.MULTILINE)


def read_kubernetes(sources: Sequence[Source]) -> Part:
    """All manifests of a deployment: a pod's ConfigMaps may stand in another file than the pod."""
    objects = collect(sources)
    found, problems = containers(objects)
    alerts, more = _alerts(objects)
    passed_on, broken = _nginx(objects)
    used = {
        (given.location.file, given.location.line, given.location.field)
        for container in found
        for program in container.programs
        for given in program.options.values()
    }
    return Part(
        containers=tuple(found),
        configs=tuple(
            ConfigText(text.value, text.location._replace(field=None), text.location.field or "")
            if text.lines
            else ConfigText(text.value, Location(text.location.file), text.location.field or "")
            for _, _, key, text in objects.every_text()
            if isinstance(text.value, str) and _SUPERSET_CONFIG.fullmatch(key)
        ),
        programs=tuple(_redis(objects, used)),
        postgres=postgres_of(found),
        alerts=tuple(alerts),
        scripts=tuple(_scripts(objects)),
        proxies=(*kube_ingress.proxies(objects), *passed_on),
        problems=tuple(dict.fromkeys([*objects.problems, *problems, *more, *broken])),
    )


def _nginx(objects: Objects) -> tuple[list[Proxy], list[Problem]]:
    """What the configurations of nginx in ConfigMaps pass on, and those that cannot be read."""
    found: list[Proxy] = []
    problems: list[Problem] = []
    for kind, _, key, text in objects.every_text():
        if kind != "ConfigMap" or not isinstance(text.value, str) or not text.lines:
            continue
        if key.endswith((".conf", ".template")) and "_pass" in text.value:
            file, line, _, field = text.location
            try:
                found += nginx_conf.proxies(text.value, file or "", first_line=line or 1, prefix=field or "")
            except Unreadable as error:
                sentence = f"this configuration of nginx cannot be read: {error.reason}"
                problems.append(Problem("unreadable-file", sentence, file, error.line or line))
    return found, problems


def _redis(
    objects: Objects, used: AbstractSet[tuple[str | None, int | None, str | None]]
) -> Iterator[Program]:
    """The ``redis.conf`` of ConfigMaps that no container here reads: who does is not known."""
    for kind, _, key, text in objects.every_text():
        if kind != "ConfigMap" or not isinstance(text.value, str) or not text.lines:
            continue
        if not key.endswith(".conf") or "redis" not in key or "sentinel" in key:
            continue
        file, line, _, field = text.location
        options, _ = redis_conf.settings(text.value, file or "", first_line=line or 1, prefix=field or "")
        places = {(one.location.file, one.location.line, one.location.field) for one in options.values()}
        if not places & used:
            yield Program("redis-server", text.location, options)


def _alerts(objects: Objects) -> tuple[list[AlertRule], list[Problem]]:
    alerts: list[AlertRule] = []
    problems: list[Problem] = []
    for rule in objects.of("PrometheusRule"):
        found, troubles = prometheus.rules(rule.at("spec", "groups"))
        alerts += found
        problems += troubles
    for _, _, key, text in objects.every_text():
        if not isinstance(text.value, str) or not text.lines or not _RULES.search(text.value):
            continue
        if PurePosixPath(key).suffix not in {".yml", ".yaml", ".rules"}:
            continue
        for document in documents(_padded(text), text.location.file or ""):
            if isinstance(document, Entry):
                alerts += prometheus.rules(document.at("groups"))[0]
    return alerts, problems


def _padded(text: Text) -> str:
    """A text with its lines where they stand in the file."""
    return "\n" * ((text.location.line or 1) - 1) + (text.value if isinstance(text.value, str) else "")


def _scripts(objects: Objects) -> list[Script]:
    """Shell scripts and Python that ConfigMaps hold, but for Superset's own configuration."""
    languages = {".sh": "sh", ".py": "python"}
    return [
        Script(text.location, text.value, languages[PurePosixPath(key).suffix])
        for kind, _, key, text in objects.every_text()
        if kind == "ConfigMap"
        and isinstance(text.value, str)
        and PurePosixPath(key).suffix in languages
        and not _SUPERSET_CONFIG.fullmatch(key)
    ]
