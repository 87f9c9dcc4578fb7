"""Compose files: variables, layers and what a service becomes."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dashlint.deployment.compose import read_compose
from dashlint.deployment.interpolation import Filled, Invalid, fill
from dashlint.deployment.model import UNKNOWN, Container, Role
from dashlint.deployment.part import Part, Source

COMPOSE = shutil.which("docker-compose")
KNOWN = {"SET": "value", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain", Filled("plain")),
        ("$SET-${SET}", Filled("value-value")),
        ("$$SET $${SET}", Filled("$SET ${SET}")),
        ("${SET:-other}", Filled("value")),
        ("${EMPTY:-other}", Filled("other", ("EMPTY",))),
        ("${EMPTY-other}", Filled("")),
        ("${GONE:-a b}", Filled("a b", ("GONE",))),
        ("${GONE-}", Filled("", ("GONE",))),
        ("${GONE:-${EMPTY:-${SET}}}", Filled("value", ("GONE", "EMPTY"))),
        ("${SET:+more}", Filled("more")),
        ("${EMPTY:+more}", Filled("", ("EMPTY",))),
        ("${SET:?must be set}", Filled("value")),
        ("${GONE:?must be set}", Filled(UNKNOWN)),
        ("a $GONE b", Filled(UNKNOWN)),
        ("{not} a } variable", Filled("{not} a } variable")),
    ],
)
def test_variables_are_filled_in_as_the_specification_says(text: str, filled: Filled) -> None:
    assert fill(text, KNOWN) == filled


@pytest.mark.parametrize("text", ["${", "${A", "${A:-b", "$ 5", "$(date)", "${A/b/c}", "${1}", "$"])
def test_what_compose_refuses(text: str) -> None:
    with pytest.raises(Invalid):
        fill(text, KNOWN)


@given(st.text(alphabet="$${}:-+?AB_ \\n", max_size=40))
def test_any_text_is_filled_or_refused(text: str) -> None:
    with contextlib.suppress(Invalid):
        fill(text, KNOWN)


BASE = """\
x-superset: &superset
  image: apache/superset:${TAG:-6.1.0}
  env_file: [superset.env, {path: local.env, required: false}]
  mem_limit: 2g
services:
  superset:
    <<: *superset
    command: >
      gunicorn --workers ${WORKERS} --timeout ${GUNICORN_TIMEOUT} "superset.app:create_app()"
    environment:
      - SUPERSET_SECRET_KEY=${SUPERSET_SECRET_KEY:?}
      - REDIS_URL=redis://:hunter2@redis:6379/0
      - FROM_SHELL
    deploy:
      replicas: 2
      resources:
        limits: {memory: 4G, cpus: "1.5"}
        reservations: {memory: 512M}
    healthcheck: {test: [CMD, curl, "http://localhost:8088/health"], interval: 30s}
  worker:
    extends: {service: superset}
    command: [sh, -c, "superset db upgrade && exec celery --app=superset.tasks.celery_app:app worker -c 4"]
    scale: 3
  redis:
    image: docker.io/library/redis:7-alpine
    container_name: cache
    command: redis-server /usr/local/etc/redis/redis.conf --maxmemory-policy allkeys-lru
    volumes: ["./redis.conf:/usr/local/etc/redis/redis.conf:ro"]
  db:
    image: postgres:16
    command: -c shared_buffers=1GB -c max_connections=$$MAX
  init:
    image: apache/superset:6.1.0
    command: [/app/docker/docker-init.sh]
  broken: 5
"""
OVERRIDE = """\
services:
  superset:
    environment: {DEBUG: "1", FROM_FILE: null}
    mem_limit: 3g
    deploy: {replicas: 4}
  redis:
    volumes: !reset []
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docker-compose.yml").write_text(BASE)
    (tmp_path / ".env").write_text("WORKERS=4\n")
    (tmp_path / "superset.env").write_text(
        "# a comment\nFROM_FILE=yes # what\nQUOTED='$WORKERS'\nFILLED=\"${FROM_FILE}x\"\nOUTER=${WORKERS}\n"
    )
    (tmp_path / "redis.conf").write_text("# cache\nmaxmemory 1gb\nmaxmemory-policy noeviction\n")
    return tmp_path


def read(folder: Path, *names: str) -> Part:
    return read_compose([Source(str(folder / name), (folder / name).read_text()) for name in names])


def containers(part: Part) -> dict[str, Container]:
    return {container.name: container for container in part.containers}


def test_a_service_becomes_a_container(folder: Path) -> None:
    found = containers(read(folder, "docker-compose.yml"))
    web = found["superset"]
    file = str(folder / "docker-compose.yml")
    assert web.role is Role.WEB
    assert web.image is not None
    assert web.image.value == "apache/superset:6.1.0"
    assert web.image.assumed == ("TAG",)
    assert web.image.location[:2] == (file, 2)
    assert web.memory_limit is not None
    assert (web.memory_limit.value, web.memory_limit.location.line) == (4 * 2**30, 17)
    assert web.memory_limit.location.field == "services.superset.deploy.resources.limits.memory"
    assert web.memory_request is not None
    assert web.memory_request.value == 512 * 2**20
    assert web.cpu_limit is not None
    assert web.cpu_limit.value == 1.5
    assert web.replicas is not None
    assert web.replicas.value == 2
    [gunicorn] = web.programs
    assert gunicorn.options["workers"].value == "4"
    assert gunicorn.options["timeout"].value is UNKNOWN
    assert gunicorn.application is not None
    assert gunicorn.application.value == "superset.app:create_app()"
    assert web.probes["healthcheck"].value["test"] == "CMD curl http://localhost:8088/health"


def test_the_environment_comes_from_files_and_the_service(folder: Path) -> None:
    web = containers(read(folder, "docker-compose.yml"))["superset"]
    values = {name: given.value for name, given in web.environment.items()}
    assert values == {
        "FROM_FILE": "yes",
        "QUOTED": "$WORKERS",
        "FILLED": "yesx",
        "OUTER": UNKNOWN,
        "SUPERSET_SECRET_KEY": UNKNOWN,
        "REDIS_URL": "redis://:hunter2@redis:6379/0",
        "FROM_SHELL": UNKNOWN,
    }
    assert web.environment["FROM_FILE"].location[:2] == (str(folder / "superset.env"), 2)
    assert "hunter2" not in repr(web)


def test_services_extend_and_inherit(folder: Path) -> None:
    worker = containers(read(folder, "docker-compose.yml"))["worker"]
    assert worker.role is Role.CELERY_WORKER
    assert [program.name for program in worker.programs] == ["superset", "celery"]
    assert worker.programs[1].options["concurrency"].value == "4"
    assert worker.environment["FROM_FILE"].value == "yes"
    # `deploy.replicas` is inherited, and Compose prefers it to `scale`.
    assert worker.replicas is not None
    assert worker.replicas.value == 2


def test_redis_has_its_file_and_its_arguments(folder: Path) -> None:
    redis = containers(read(folder, "docker-compose.yml"))["redis"]
    assert redis.role is Role.REDIS
    assert redis.hosts == ("redis", "cache")
    [program] = redis.programs
    assert program.options["maxmemory"].value == 2**30
    assert program.options["maxmemory"].location[:2] == (str(folder / "redis.conf"), 2)
    assert program.options["maxmemory-policy"].value == "allkeys-lru"


def test_settings_of_postgres_are_the_deployments(folder: Path) -> None:
    part = read(folder, "docker-compose.yml")
    assert part.postgres["shared_buffers"].value == 2**30
    assert part.postgres["max_connections"].value is UNKNOWN
    assert containers(part)["init"].role is Role.INIT


def test_a_broken_service_hides_nothing(folder: Path) -> None:
    part = read(folder, "docker-compose.yml")
    assert [(one.kind, one.line) for one in part.problems] == [("unreadable-service", 35)]


def test_an_override_is_laid_over(folder: Path) -> None:
    (folder / "docker-compose.override.yml").write_text(OVERRIDE)
    found = containers(read(folder, "docker-compose.override.yml", "docker-compose.yml"))
    web = found["superset"]
    assert web.environment["DEBUG"].value == "1"
    assert web.replicas is not None
    assert (web.replicas.value, web.replicas.location.line) == (4, 5)
    assert web.memory_limit is not None
    assert web.memory_limit.value == 4 * 2**30
    assert web.programs[0].options["workers"].value == "4"
    assert found["redis"].mounts == ()
    assert found["redis"].programs[0].options["config-file"].value is UNKNOWN


def test_a_missing_env_file_is_said_once_and_the_rest_goes_on(folder: Path) -> None:
    (folder / "superset.env").unlink()
    part = read(folder, "docker-compose.yml")
    missing = [one for one in part.problems if one.kind == "not-followed"]
    assert [one.line for one in missing] == [3]
    assert containers(part)["superset"].replicas is not None


def test_the_official_image_without_a_command(tmp_path: Path) -> None:
    text = "services:\n  bi:\n    image: apache/superset\n    environment: {SERVER_WORKER_AMOUNT: 8}\n"
    [web] = read_compose([Source(str(tmp_path / "compose.yaml"), text)]).containers
    assert web.role is Role.WEB
    assert (web.programs[0].launcher, web.programs[0].options["workers"].value) == ("run-server.sh", "8")


def test_the_repositorys_start_script(tmp_path: Path) -> None:
    text = """\
services:
  superset: {build: ., command: [/app/docker/docker-bootstrap.sh, app-gunicorn]}
  worker: {build: ., command: [/app/docker/docker-bootstrap.sh, worker], environment: [CELERYD_CONCURRENCY=6]}
  beat: {build: ., command: ["/app/docker/docker-bootstrap.sh", beat]}
  websocket: {image: superset-websocket, build: ./superset-websocket}
"""
    found = containers(read_compose([Source(str(tmp_path / "compose.yaml"), text)]))
    assert {name: one.role for name, one in found.items()} == {
        "superset": Role.WEB,
        "worker": Role.CELERY_WORKER,
        "beat": Role.CELERY_BEAT,
        "websocket": Role.OTHER,
    }
    assert found["worker"].programs[0].options["concurrency"].value == "6"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("services: [", "unreadable-file"),
        ("", "unreadable-file"),
        ("- a", "unreadable-file"),
        ("services:\n  a: {image: {{ tag }}}\n", "unreadable-file"),
    ],
)
def test_a_file_of_no_use_is_a_problem(tmp_path: Path, text: str, reason: str) -> None:
    good = Source(str(tmp_path / "good" / "compose.yaml"), "services: {redis: {image: redis}}")
    part = read_compose([Source(str(tmp_path / "bad" / "compose.yaml"), text), good])
    assert [one.kind for one in part.problems] == [reason]
    assert [one.name for one in part.containers] == ["redis"]


def test_services_that_extend_themselves_come_to_an_end(tmp_path: Path) -> None:
    text = "services:\n  a: {image: redis, extends: b}\n  b: {image: redis, extends: a}\n"
    part = read_compose([Source(str(tmp_path / "compose.yaml"), text)])
    assert "not-followed" in {one.kind for one in part.problems}


VALUES = st.recursive(
    st.sampled_from(
        ["redis", "$", "${A:-b}", "2g", "-1", "true", "", "a=b", ".:/x", "'", "[", "{{ x }}", "~", "${"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "services",
                    "image",
                    "command",
                    "entrypoint",
                    "environment",
                    "env_file",
                    "deploy",
                    "resources",
                    "limits",
                    "memory",
                    "cpus",
                    "replicas",
                    "volumes",
                    "configs",
                    "extends",
                    "file",
                    "service",
                    "include",
                    "healthcheck",
                    "test",
                    "networks",
                    "a",
                    "<<",
                    "redis",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "redis", "superset"]), VALUES, max_size=3), st.text(max_size=30))
def test_anything_is_read_without_a_traceback(services: object, noise: str) -> None:
    text = yaml.safe_dump({"services": services})
    read_compose(
        [Source("/nowhere/compose.yaml", text), Source("/nowhere/compose.override.yaml", noise + text)]
    )


@pytest.mark.optional
@pytest.mark.skipif(COMPOSE is None, reason="no docker-compose is installed")
def test_compose_itself_says_the_same(folder: Path) -> None:
    """What `docker-compose config` makes of two files, where its first version knows the syntax."""
    base = BASE.replace("  broken: 5\n", "").replace(
        "[superset.env, {path: local.env, required: false}]", "superset.env"
    )
    base = base.replace("mem_limit: 2g", "mem_reservation: 2g").replace(
        "extends: {service: superset}", "<<: *superset"
    )
    base = base.replace("${GUNICORN_TIMEOUT}", "60").replace("${SUPERSET_SECRET_KEY:?}", "${GONE:-key}")
    override = "services: {superset: {environment: {DEBUG: '1'}, deploy: {replicas: 4}}}\n"
    base, override = f'version: "2.4"\n{base}', f'version: "2.4"\n{override}'
    base = base.replace(
        '    deploy:\n      replicas: 2\n      resources:\n        limits: {memory: 4G, cpus: "1.5"}\n'
        "        reservations: {memory: 512M}\n",
        "    mem_limit: 4g\n    cpus: 1.5\n",
    )
    override = override.replace(", deploy: {replicas: 4}", ", scale: 4")
    (folder / "docker-compose.yml").write_text(base)
    (folder / "docker-compose.override.yml").write_text(override)
    told = subprocess.run(
        [str(COMPOSE), "config"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    real = yaml.safe_load(told.stdout)["services"]
    found = containers(read(folder, "docker-compose.yml", "docker-compose.override.yml"))
    assert set(found) == set(real)
    for name, service in real.items():
        ours = found[name]
        assert ours.image is not None
        assert ours.image.value == service["image"]
        known = {key: "".join(one.value) for key, one in ours.environment.items() if one.value is not UNKNOWN}
        # It prints what it would read again: with `$$` for `$`.
        told_ = {
            key: value.replace("$$", "$")
            for key, value in (service.get("environment") or {}).items()
            if value
        }
        told_.pop("OUTER", None)  # which version fills in what `.env` sets differs
        assert known == told_
        limit = service.get("mem_limit")
        assert (ours.memory_limit.value if ours.memory_limit else None) == (4 * 2**30 if limit else None), (
            json.dumps(limit)
        )
        assert (ours.replicas.value if ours.replicas else None) == service.get("scale")
