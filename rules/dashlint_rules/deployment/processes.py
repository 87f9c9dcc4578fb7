"""What several rules ask about processes: gunicorn's workers and threads, Celery's, and copies.

Defaults: gunicorn's own (gunicorn/config.py), or those of the official image's start script
(docker/entrypoints/run-server.sh of 6.1.0) where that starts it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from dashlint_rules.deployment.settings import celery_settings, known, whole

if TYPE_CHECKING:
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Container, Deployment, Given, Program, SupersetConfig

_GUNICORN: Mapping[str, Any] = {
    "workers": 1,
    "worker-class": "sync",
    "threads": 1,
    "timeout": 30,
    "max-requests": 0,
    "max-requests-jitter": 0,
    "worker-connections": 1000,
}
_IMAGE: Mapping[str, Any] = {**_GUNICORN, "worker-class": "gthread", "threads": 20, "timeout": 60}
#: KiB (128 MiB) that a process of Superset takes more than at rest: less for one can only be another unit.
LEAST_KIB_PER_CHILD = 131_072
#: Worker classes whose greenlets all run in one thread.
GREEN = frozenset({"gevent", "eventlet", "gevent_wsgi", "gevent_pywsgi"})


@dataclass(frozen=True)
class Web:
    """A gunicorn that serves Superset, and the container that it runs in."""

    container: Container
    program: Program

    def given(self, option: str) -> Given | None:
        """What the files say of an option."""
        return self.program.options.get(option)

    def value(self, option: str) -> Any:
        """An option as text or a number, its default where nothing is said; None where it is unknown."""
        given = self.given(option)
        if given is not None:
            return given.value if given.known else None
        if self._unread:
            return None
        return (_IMAGE if self.program.launcher else _GUNICORN)[option]

    def number(self, option: str) -> int | None:
        """An option as a whole number; None where it is unknown."""
        return whole(self.value(option))

    def place(self, option: str) -> Location:
        """Where an option stands, or the command that lacks it."""
        given = self.given(option)
        if given is not None:
            return given.location
        at = self.program.location
        return at._replace(field=f"{at.field or 'gunicorn'}.{option}")

    def says(self, option: str) -> bool:
        """Whether somebody gave the option."""
        return self.given(option) is not None

    @property
    def where(self) -> str:
        """What people call it: its container, or the file that starts it."""
        return where(self.container)

    @property
    def worker_class(self) -> str | None:
        """``sync``, ``gthread``, ``gevent``, …; sync with several threads is gthread.

        Source: gunicorn/config.py, ``Config.worker_class_str``.
        """
        value = self.value("worker-class")
        if not isinstance(value, str):
            return None
        name = value.removeprefix("egg:gunicorn#")
        if name == "sync":
            threads = self.number("threads")
            if threads is None:
                return None
            return "gthread" if threads > 1 else "sync"
        return name

    @property
    def slots(self) -> int | None:
        """Requests that one worker has in flight at once; None where that is unknown."""
        kind = self.worker_class
        if kind == "sync":
            return 1
        if kind == "gthread":
            return self.number("threads")
        return self.number("worker-connections") if kind in GREEN else None

    @property
    def _unread(self) -> bool:
        """Whether a file of settings is named that was not given: it may say anything."""
        named = self.program.options.get("config")
        if named is None:
            return False
        if not isinstance(named.value, str):
            return True
        name = PurePath(named.value.removeprefix("file:").removeprefix("python:")).name
        return not any(
            PurePath(given.location.file or "").name == name for given in self.program.options.values()
        )

    def env_name(self, option: str) -> str | None:
        """The variable of the image's start script that sets an option, where that starts gunicorn."""
        if not self.program.launcher:
            return None
        from dashlint.deployment.options import RUN_SERVER

        return next((name for name, one in RUN_SERVER.items() if one == option), None)

    def line(self, option: str, value: Any) -> str:
        """What to write to set an option."""
        name = self.env_name(option)
        return f"{name}={value}" if name else f"--{option} {value}"


def webs(deployment: Deployment) -> Iterator[Web]:
    """The gunicorns that serve Superset, as far as their application's name tells."""
    for container in running(deployment):
        for program in container.programs:
            if program.name != "gunicorn":
                continue
            named = program.application.value if program.application is not None else None
            if isinstance(named, str) and "superset" not in named and not program.launcher:
                continue
            yield Web(container, program)


def running(deployment: Deployment) -> Iterator[Container]:
    """The containers of which there may be one: no copies is how one is turned off."""
    return (one for one in deployment.containers if copies(one, most=True) != 0)


def where(container: Container) -> str:
    """A container's name, or the name of the file that starts a process."""
    if in_container(container):
        return container.name
    return PurePath((container.location.file or container.name).replace("\\", "/")).name


def celery_workers(deployment: Deployment) -> Iterator[tuple[Container, Program]]:
    """The Celery workers and their containers."""
    for container in running(deployment):
        for program in container.programs:
            if program.name == "celery" and program.command == "worker":
                yield container, program


def copies(container: Container, *, most: bool = False) -> int | None:
    """How many equal containers there are (the most that an autoscaler starts); None where unknown.

    Compose and Kubernetes both start one where nothing is said.
    """
    if most and container.most_replicas is not None:
        return known(container.most_replicas)
    return 1 if container.replicas is None else known(container.replicas)


def concurrency(program: Program, config: SupersetConfig | None) -> int | None:
    """Processes of a Celery worker; None where only the machine decides, or it is unknown."""
    scaled = program.options.get("autoscale")
    if scaled is not None:
        return whole(str(scaled.value).partition(",")[0]) if scaled.known else None
    given = program.options.get("concurrency")
    if given is not None:
        return known(given)
    # What docker/docker-bootstrap.sh of 6.1.0 starts where CELERYD_CONCURRENCY is not set.
    if program.launcher == "docker-bootstrap.sh":
        return 2
    return whole(celery_settings(config).get("worker_concurrency"))


def in_container(container: Container) -> bool:
    """Whether it is a container of Compose or Kubernetes, not a process of a script."""
    return bool(container.kind or container.image is not None or container.hosts)


def in_use(deployment: Deployment) -> tuple[Container, ...]:
    """The containers that count together: scripts beside containers are what these start, not more of it."""
    inside = tuple(one for one in deployment.containers if in_container(one))
    return inside if any(one.programs for one in inside) else deployment.containers
