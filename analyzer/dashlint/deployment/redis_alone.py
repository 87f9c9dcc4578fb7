"""A ``redis.conf`` that no container reads: a Redis of its own, as far as anybody can tell."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from dashlint.deployment.model import Container, Program, Role


def alone(programs: Iterable[Program], containers: Iterable[Container]) -> Iterator[Container]:
    """A container for each ``redis-server`` among some programs whose options no container was told."""
    told = {place for container in containers for program in container.programs for place in _places(program)}
    for program in programs:
        if program.name == "redis-server" and told.isdisjoint(_places(program)):
            name = PurePath(program.location.file or "redis.conf").name
            yield Container(name, Role.REDIS, program.location, programs=(program,))


def _places(program: Program) -> Iterator[tuple[str, int | None, str | None]]:
    for given in program.options.values():
        file, line, _, field = given.location
        yield os.path.realpath(file or ""), line, field
