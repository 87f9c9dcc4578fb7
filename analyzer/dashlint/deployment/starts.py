"""What a container starts, through shells, entry points and wrappers, and what it does for Superset."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from dashlint.assets.origin import Location
from dashlint.deployment import postgres_conf, redis_conf
from dashlint.deployment.commands import image_programs, parse_command, role_of
from dashlint.deployment.model import EMPTY, UNKNOWN, Container, Given, Program, Role, Unknown
from dashlint.deployment.simple_commands import commands, unwrapped
from dashlint.deployment.yaml_tree import Entry

#: Reads a file by its path inside the container: its options, or None where it cannot be read.
ReadConf = Callable[[str], "Mapping[str, Given] | None"]

#: What `docker-bootstrap.sh` starts for its first argument (superset 6.1.0, docker/docker-bootstrap.sh).
_BOOTSTRAP: Mapping[str, Sequence[str]] = {
    "app-gunicorn": ("run-server.sh",),
    "app": ("flask", "run"),
    "worker": ("celery", "--app=superset.tasks.celery_app:app", "worker", "-O", "fair"),
    "beat": ("celery", "--app=superset.tasks.celery_app:app", "beat"),
}
_IMAGES: Sequence[tuple[re.Pattern[str], Role]] = (
    (re.compile(r"(?:redis|redis-stack(?:-server)?|valkey|keydb)"), Role.REDIS),
    (re.compile(r"(?:postgres|postgresql|postgis|timescaledb|pgvector)(?:-\w+)?"), Role.POSTGRES),
    (re.compile(r"(?:nginx|nginx-unprivileged|traefik|haproxy|caddy|envoy|httpd)"), Role.PROXY),
)
_INIT = re.compile(r"(?:docker|superset)[-_]init(?:\.sh)?|init[-_]superset(?:\.sh)?")


@dataclass(frozen=True)
class Start:
    """What is known about a container before its role is.

    ``entrypoint`` and ``command`` are words, :data:`UNKNOWN` among them; None where the image's own count.
    """

    name: str
    location: Location
    image: str = ""
    entrypoint: Sequence[Any] | None = None
    command: Sequence[Any] | None = None
    environment: Mapping[str, Given] = field(default_factory=lambda: EMPTY)
    read_conf: ReadConf = lambda _: None


class Started(NamedTuple):
    """What runs in a container, and what it does for Superset."""

    role: Role
    programs: tuple[Program, ...]


def started(start: Start) -> Started:
    """The programs and the role of a container."""
    by_image = _role_of_image(start.image)
    words = _words(start, by_image)
    programs = [*_known(words, start), *parse_command(unwrapped(words), start.location, start.environment)]
    if by_image is None and not words and _is_superset(start.image):
        programs += image_programs(start.location, start.environment)
    if by_image is Role.REDIS and not any(one.name == "redis-server" for one in programs):
        # A command that is none of those that are read may tell Redis anything.
        told = {redis_conf.CONFIG_FILE: Given(UNKNOWN, start.location)} if words else {}
        programs.append(Program("redis-server", start.location, told))
    role = role_of(programs)
    if role is Role.OTHER:
        role = by_image or _role_of_words(words) or Role.OTHER
    return Started(role, tuple(programs))


def _known(words: Sequence[Any], start: Start) -> Iterator[Program]:
    """Redis and PostgreSQL among the commands, and what Superset's own start script starts."""
    for argv, _ in commands(words, _texts(start.environment)):
        name = PurePosixPath(argv[0]).name
        if redis_conf.is_server(argv[0]):
            file = redis_conf.config_file(argv[1:])
            conf = start.read_conf(file) if file is not None else None
            yield redis_conf.command(argv[1:], start.location, conf)
        elif postgres_conf.is_server(argv[0]):
            yield _postgres(argv[1:], start)
        elif name == "docker-bootstrap.sh" and argv[1:] and argv[1] in _BOOTSTRAP:
            yield from _bootstrap(argv[1], start)


def _bootstrap(told: str, start: Start) -> Iterator[Program]:
    for program in parse_command(_BOOTSTRAP[told], start.location, start.environment):
        options = dict(program.options)
        concurrency = start.environment.get("CELERYD_CONCURRENCY")
        if concurrency is not None and told == "worker":
            options["concurrency"] = concurrency
        launcher = program.launcher or "docker-bootstrap.sh"
        yield replace(program, options=options, launcher=launcher)


def _role_of_words(words: Sequence[Any]) -> Role | None:
    """What a command does whose programs are none of those that are read."""
    for argv, _ in commands(words):
        name = PurePosixPath(argv[0]).name
        if _INIT.fullmatch(name):
            return Role.INIT
        if name in {"nginx", "haproxy", "traefik", "caddy", "envoy"}:
            return Role.PROXY
    return None


def _postgres(arguments: Sequence[str], start: Start) -> Program:
    options = postgres_conf.command(arguments, start.location)
    file = options.get("config_file")
    if file is None or not isinstance(file.value, str):
        return Program("postgres", start.location, options)
    conf = start.read_conf(file.value)
    named = Given(file.value if conf is not None else UNKNOWN, file.location)
    return Program("postgres", start.location, {**(conf or {}), **options, "config_file": named})


def _words(start: Start, by_image: Role | None) -> list[Any]:
    words = [*(start.entrypoint or ()), *(start.command or ())]
    if start.entrypoint:
        return words
    # What the images' own entry points put before arguments (docker-library, redis and postgres:
    # docker-entrypoint.sh).
    first = words[0] if words and isinstance(words[0], str) else ""
    if by_image is Role.REDIS and (first.startswith("-") or first.endswith(".conf")):
        return ["redis-server", *words]
    if by_image is Role.POSTGRES and first.startswith("-"):
        return ["postgres", *words]
    return words


def script_place(command: Entry) -> Location:
    """Where a command stands: for a script in a ``|`` block, the block's first line."""
    script = next((item for item in [command, *command.items] if item.literal is not None), None)
    if script is None:
        return command.location
    return command.location._replace(line=script.first_line, column=None)


def postgres_of(containers: Iterable[Container]) -> dict[str, Given]:
    """The settings of the PostgreSQL servers among some containers."""
    return {
        name: given
        for container in containers
        for program in container.programs
        if program.name == "postgres"
        for name, given in program.options.items()
        if name != "config_file"
    }


def repository(image: str) -> str:
    """The last part of an image's name, without tag and digest: ``redis`` of ``docker.io/redis:7``."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()


def _role_of_image(image: str) -> Role | None:
    name = repository(image)
    return next((role for pattern, role in _IMAGES if pattern.fullmatch(name)), None)


def _is_superset(image: str) -> bool:
    name = repository(image)
    return "superset" in name and not re.search(r"websocket|frontend|node|cache", name)


def _texts(environment: Mapping[str, Given]) -> dict[str, str | Unknown]:
    return {
        name: "".join(given.value) if isinstance(given.value, str) else UNKNOWN
        for name, given in environment.items()
    }
