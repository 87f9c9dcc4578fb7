"""Puts the parts of a deployment together: what one file leaves open, another may say."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from dashlint.assets.origin import Problem
from dashlint.deployment.kinds import Unreadable
from dashlint.deployment.model import UNKNOWN, Container, Deployment, Given, Program, Role, SupersetConfig
from dashlint.deployment.options import RUN_SERVER_GIVES
from dashlint.deployment.part import Part
from dashlint.deployment.redis_alone import alone

#: Whose environment a ``superset_config.py`` sees.
_SUPERSET = (Role.WEB, Role.CELERY_WORKER, Role.CELERY_BEAT, Role.INIT)


def joined(parts: Sequence[Part], files: tuple[str, ...]) -> tuple[Deployment, list[Problem]]:
    """The deployment that all parts together make, and what of it could not be read."""
    settings = [program for part in parts for program in part.programs]
    containers = _with_settings([one for part in parts for one in part.containers], settings)
    containers += tuple(alone(settings, containers))
    environment = _environment(containers)
    configs: list[SupersetConfig] = []
    problems: list[Problem] = []
    seen: set[tuple[str, int | None, str]] = set()
    for text in (text for part in parts for text in part.configs):
        from dashlint.deployment.superset_config import follow

        # A file that a ConfigMap is made of, and that was given itself, is one configuration.
        where_read = (os.path.realpath(text.location.file or ""), text.location.line, text.text)
        if where_read in seen and not text.origins:
            continue
        seen.add(where_read)
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
    useful = {container.location.file for container in containers}
    failed = {problem.file for problem in problems} - useful
    postgres: dict[str, Given] = {}
    for part in parts:
        postgres.update(part.postgres)
    deployment = Deployment(
        containers=containers,
        configs=tuple(configs),
        postgres=postgres,
        alerts=tuple(alert for part in parts for alert in part.alerts),
        scripts=tuple(script for part in parts for script in part.scripts),
        proxies=tuple(proxy for part in parts for proxy in part.proxies),
        files=tuple(file for file in files if file not in failed),
    )
    return deployment, problems


def _with_settings(containers: Iterable[Container], settings: Sequence[Program]) -> tuple[Container, ...]:
    """Containers whose gunicorn has what its configuration file says besides its command line.

    gunicorn reads the file that ``--config`` names, else ``gunicorn.conf.py`` in its folder; what the command
    line says wins (docs.gunicorn.org, "Configuration Overview"). Settings that no program reads stand alone.
    """
    used: set[int] = set()
    found: list[Container] = []
    for container in containers:
        programs = []
        for program in container.programs:
            own = next((one for one in settings if _reads(program, one)), None)
            if own is not None:
                used.add(id(own))
                program = replace(  # noqa: PLW2901 the same program, with what its file says
                    program,
                    options={**_left_open(own.options, program), **program.options},
                    application=program.application or own.application,
                )
            programs.append(program)
        found.append(replace(container, programs=tuple(programs)))
    for one in settings:
        if id(one) not in used and one.name in {"gunicorn", "celery"}:
            role = Role.WEB if one.name == "gunicorn" else Role.CELERY_WORKER
            found.append(Container(one.name, role, one.location, programs=(one,)))
    return tuple(found)


def _left_open(settings: Mapping[str, Given], program: Program) -> Mapping[str, Given]:
    """What a file of settings may still decide: the official image's start script gives some itself."""
    if not program.launcher:
        return settings
    return {name: given for name, given in settings.items() if name not in RUN_SERVER_GIVES}


def _reads(program: Program, settings: Program) -> bool:
    """Whether a program reads a file of settings, as far as the file's name tells."""
    if program.name != "gunicorn" or settings.name != "gunicorn":
        return False
    named = program.options.get("config")
    if named is None:
        return PurePath(settings.location.file or "").name == "gunicorn.conf.py"
    path = str(named.value).removeprefix("file:").removeprefix("python:")
    return PurePath(path).name in (PurePath(settings.location.file or "").name, settings.location.file)


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
