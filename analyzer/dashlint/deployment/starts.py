"""What a container starts, through shells, entry points and wrappers, and what it does for Superset."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import NamedTuple

from dashlint.assets.origin import Location
from dashlint.deployment import postgres_conf, redis_conf
from dashlint.deployment.model import EMPTY, UNKNOWN, Container, Given, Program, Role, Unknown
from dashlint.deployment.simple_commands import commands

#: Reads a file by its path inside the container: its options, or None where it cannot be read.
ReadConf = Callable[[str], "Mapping[str, Given] | None"]

#: gunicorn's options and the variables from which the official image's script takes them
#: (superset 6.1.0, docker/entrypoints/run-server.sh).
RUN_SERVER: Mapping[str, str] = {
    "workers": "SERVER_WORKER_AMOUNT",
    "worker-class": "SERVER_WORKER_CLASS",
    "threads": "SERVER_THREADS_AMOUNT",
    "timeout": "GUNICORN_TIMEOUT",
    "keep-alive": "GUNICORN_KEEPALIVE",
    "max-requests": "WORKER_MAX_REQUESTS",
    "max-requests-jitter": "WORKER_MAX_REQUESTS_JITTER",
    "limit-request-line": "SERVER_LIMIT_REQUEST_LINE",
    "log-level": "GUNICORN_LOGLEVEL",
}
#: What `docker-bootstrap.sh` starts for its first argument (superset 6.1.0, docker/docker-bootstrap.sh).
_BOOTSTRAP: Mapping[str, Sequence[str]] = {
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

    ``entrypoint`` and ``command`` are words; None where the image's own count.
    """

    name: str
    location: Location
    image: str = ""
    entrypoint: Sequence[str] | None = None
    command: Sequence[str] | None = None
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
    programs: list[Program] = []
    roles: list[Role] = []
    for argv, environment in commands(words, _texts(start.environment)):
        for program, role in _programs(argv, start, environment):
            if program is not None:
                programs.append(program)
            if role is not None:
                roles.append(role)
    if by_image is None and not words and _is_superset(start.image):
        # The official image's own command.
        programs.append(run_server(start.environment, start.location))
        roles.append(Role.WEB)
    if by_image is Role.REDIS and not programs and Role.REDIS not in roles:
        programs.append(Program("redis-server", start.location))
    # A server outranks what prepares it (`superset db upgrade && gunicorn …`).
    order = [one for one in Role if one is not Role.INIT] + [Role.INIT]
    role = min(roles, key=order.index) if roles else by_image or Role.OTHER
    return Started(role, tuple(programs))


def run_server(environment: Mapping[str, Given], location: Location) -> Program:
    """The gunicorn that the official image's ``run-server.sh`` starts."""
    options = {
        option: environment[variable] for option, variable in RUN_SERVER.items() if variable in environment
    }
    application = environment.get("FLASK_APP")
    return Program("gunicorn", location, options, application, launcher="run-server.sh")


def _words(start: Start, by_image: Role | None) -> list[str]:
    words = [*(start.entrypoint or ()), *(start.command or ())]
    if start.entrypoint:
        return words
    # What the images' own entry points put before arguments (docker-library, redis and postgres:
    # docker-entrypoint.sh).
    first = words[0] if words else ""
    if by_image is Role.REDIS and (first.startswith("-") or first.endswith(".conf")):
        return ["redis-server", *words]
    if by_image is Role.POSTGRES and first.startswith("-"):
        return ["postgres", *words]
    return words


def _programs(
    argv: list[str], start: Start, environment: Mapping[str, str]
) -> Iterator[tuple[Program | None, Role | None]]:
    name = PurePosixPath(argv[0]).name
    own = {key: Given(value, start.location) for key, value in environment.items()}
    if redis_conf.is_server(argv[0]):
        file = redis_conf.config_file(argv[1:])
        conf = start.read_conf(file) if file is not None else None
        yield redis_conf.command(argv[1:], start.location, conf), Role.REDIS
    elif postgres_conf.is_server(argv[0]):
        yield _postgres(argv[1:], start), Role.POSTGRES
    elif name == "run-server.sh" or (name == "docker-bootstrap.sh" and argv[1:2] == ["app-gunicorn"]):
        yield run_server({**start.environment, **own}, start.location), Role.WEB
    elif name == "docker-bootstrap.sh" and argv[1:2] and argv[1] in _BOOTSTRAP:
        program = _parsed(_BOOTSTRAP[argv[1]], start.location)
        concurrency = start.environment.get("CELERYD_CONCURRENCY")
        if program is not None and concurrency is not None and argv[1] == "worker":
            program = replace(program, options={**program.options, "concurrency": concurrency})
        role = Role.CELERY_WORKER if argv[1] == "worker" else Role.CELERY_BEAT
        yield (replace(program, launcher="docker-bootstrap.sh") if program else None), role
    elif name == "docker-bootstrap.sh":
        yield None, Role.WEB if argv[1:2] == ["app"] else None
    elif _INIT.fullmatch(name):
        yield None, Role.INIT
    else:
        program = _parsed(argv, start.location)
        yield program, _role_of(program, argv)


def _parsed(argv: Sequence[str], location: Location) -> Program | None:
    from dashlint.deployment.commands import parse_command

    return parse_command(argv, location)


def _postgres(arguments: Sequence[str], start: Start) -> Program:
    options = postgres_conf.command(arguments, start.location)
    file = options.get("config_file")
    if file is None or not isinstance(file.value, str):
        return Program("postgres", start.location, options)
    conf = start.read_conf(file.value)
    named = Given(file.value if conf is not None else UNKNOWN, file.location)
    return Program("postgres", start.location, {**(conf or {}), **options, "config_file": named})


def _role_of(program: Program | None, argv: Sequence[str]) -> Role | None:
    name = PurePosixPath(argv[0]).name
    if name == "gunicorn":
        return Role.WEB
    if name == "celery":
        told = program.command if program is not None else ""
        words = {told.partition(" ")[0], *argv[1:]}
        return Role.CELERY_WORKER if "worker" in words else Role.CELERY_BEAT if "beat" in words else None
    if name in {"flask", "superset"} and "run" in argv[1:]:
        return Role.WEB
    if name == "superset" and {"init", "db", "fab"} & set(argv[1:2]):
        return Role.INIT
    return Role.PROXY if name in {"nginx", "haproxy", "traefik", "caddy", "envoy"} else None


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
