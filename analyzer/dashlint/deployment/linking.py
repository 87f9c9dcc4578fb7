"""Puts the parts of a deployment together: what one file leaves open, another may say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dashlint.assets.origin import Problem
from dashlint.deployment.kinds import Unreadable
from dashlint.deployment.model import UNKNOWN, Container, Deployment, Given, Role, SupersetConfig
from dashlint.deployment.part import Part

#: Whose environment a ``superset_config.py`` sees.
_SUPERSET = (Role.WEB, Role.CELERY_WORKER, Role.CELERY_BEAT, Role.INIT)


def joined(parts: Sequence[Part], files: tuple[str, ...]) -> tuple[Deployment, list[Problem]]:
    """The deployment that all parts together make, and what of it could not be read."""
    containers = tuple(container for part in parts for container in part.containers)
    environment = _environment(containers)
    configs: list[SupersetConfig] = []
    problems: list[Problem] = []
    for text in (text for part in parts for text in part.configs):
        from dashlint.deployment.superset_config import follow

        try:
            configs.append(follow(text, environment))
        except Unreadable as error:
            where = text.location
            line = (where.line or 1) + error.line - 1 if error.line is not None else where.line
            sentence = f"this superset_config.py cannot be read: {error.reason}"
            problems.append(Problem("unreadable-file", sentence, where.file, line, error.column))
    postgres: dict[str, Given] = {}
    for part in parts:
        postgres.update(part.postgres)
    deployment = Deployment(
        containers=containers,
        configs=tuple(configs),
        postgres=postgres,
        alerts=tuple(alert for part in parts for alert in part.alerts),
        scripts=tuple(script for part in parts for script in part.scripts),
        files=files,
    )
    return deployment, problems


def _environment(containers: Iterable[Container]) -> Mapping[str, Any]:
    """The environment variables of Superset's containers; unknown where they do not agree."""
    found: dict[str, Any] = {}
    for container in containers:
        if container.role not in _SUPERSET:
            continue
        for name, given in container.environment.items():
            found[name] = given.value if found.get(name, given.value) == given.value else UNKNOWN
    return found
