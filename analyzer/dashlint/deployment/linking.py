"""Puts the parts of a deployment together: what one file leaves open, another may say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dashlint.assets.origin import Problem
from dashlint.deployment.kinds import Unreadable
from dashlint.deployment.model import UNKNOWN, Container, Deployment, Given, Role, SupersetConfig
from dashlint.deployment.part import Part
from dashlint.deployment.redis_alone import alone

#: Whose environment a ``superset_config.py`` sees.
_SUPERSET = (Role.WEB, Role.CELERY_WORKER, Role.CELERY_BEAT, Role.INIT)


def joined(parts: Sequence[Part], files: tuple[str, ...]) -> tuple[Deployment, list[Problem]]:
    """The deployment that all parts together make, and what of it could not be read."""
    containers = tuple(container for part in parts for container in part.containers)
    containers += tuple(alone((program for part in parts for program in part.programs), containers))
    environment = _environment(containers)
    configs: list[SupersetConfig] = []
    problems: list[Problem] = []
    for text in (text for part in parts for text in part.configs):
        from dashlint.deployment.superset_config import follow

        try:
            configs.append(follow(text, environment))
        except Unreadable as error:
            where, line = text.location, text.location.line
            if text.origins and error.line is not None:
                where = text.origins[min(error.line, len(text.origins)) - 1]
                line = where.line
            elif error.line is not None and line is not None:
                line += error.line - 1
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
            # A configuration computes with what a secret is, not with how it is shown.
            value = "".join(given.value) if isinstance(given.value, str) else given.value
            found[name] = value if found.get(name, value) == value else UNKNOWN
    return found
