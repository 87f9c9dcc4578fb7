"""Files are known by name or content, and say what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashlint.deployment import is_deployment_file, read
from dashlint.deployment.errors import DeploymentError
from dashlint.deployment.model import UNKNOWN, Container, Deployment, Role
from tests.paths import FIXTURES

GUIDE = sorted((FIXTURES / "deployments").iterdir())


def deployed(tmp_path: Path, **files: str) -> Deployment:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    deployment, problems = read([tmp_path])
    assert problems == []
    return deployment


def only(deployment: Deployment) -> Container:
    (container,) = deployment.containers
    return container


def values(container: Container) -> dict[str, object]:
    (program,) = container.programs
    return {name: given.value for name, given in program.options.items()}


def test_a_configuration_file_counts_for_the_gunicorn_that_reads_it(tmp_path: Path) -> None:
    conf = 'workers = 9\nworker_class = "gthread"\nkeepalive = 5\nwsgi_app = "superset.app:create_app()"\n'
    own = only(deployed(tmp_path, **{"gunicorn.conf.py": conf, "start.sh": "gunicorn -w 4\n"}))
    assert values(own) == {"workers": "4", "worker-class": "gthread", "keep-alive": 5}
    assert own.programs[0].application is not None


def test_a_configuration_file_of_another_name_has_to_be_named(tmp_path: Path) -> None:
    files = {"gunicorn_prod.py": "workers = 9\n", "start.sh": "gunicorn -t 5 app\n"}
    assert len(deployed(tmp_path, **files).containers) == 2
    named = only(deployed(tmp_path, **{**files, "start.sh": "gunicorn -c /app/gunicorn_prod.py app\n"}))
    assert values(named)["workers"] == 9


def test_the_image_gives_its_options_itself(tmp_path: Path) -> None:
    files = {
        "gunicorn.conf.py": "workers = 9\npreload_app = True\n",
        "Dockerfile": "FROM apache/superset:6.1.0\n",
    }
    container = only(deployed(tmp_path, **files))
    assert values(container) == {"preload": True}
    assert container.programs[0].launcher == "run-server.sh"


def test_what_python_would_compute_is_unknown_and_shown(tmp_path: Path) -> None:
    text = "import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1\n"
    (program,) = only(deployed(tmp_path, **{"gunicorn.conf.py": text})).programs
    given = program.options["workers"]
    assert (given.value, given.expression) == (UNKNOWN, "multiprocessing.cpu_count() * 2 + 1")
    assert given.location.line == 2


def test_a_dockerfile_is_its_last_stage(tmp_path: Path) -> None:
    text = """\
ARG TAG=6.1.0
FROM node:20 AS build
ENV SERVER_WORKER_AMOUNT=99
CMD ["gunicorn", "-w", "99", "x"]
FROM apache/superset:${TAG}
ENV SERVER_WORKER_AMOUNT=4 \\
    # why not
    GUNICORN_TIMEOUT="120"
"""
    container = only(deployed(tmp_path, Dockerfile=text))
    assert container.image is not None
    assert container.image.value == "apache/superset:6.1.0"
    assert values(container) == {"workers": "4", "timeout": "120"}
    assert container.role is Role.WEB


def test_an_entry_point_and_its_arguments(tmp_path: Path) -> None:
    text = 'FROM x\nENTRYPOINT ["celery"]\nCMD ["-A", "superset.tasks.celery_app:app", "worker", "-c", "4"]\n'
    assert values(only(deployed(tmp_path, Dockerfile=text))) == {"concurrency": "4"}


def test_units_and_supervised_programs(tmp_path: Path) -> None:
    unit = (
        '[Service]\nEnvironment="A=two words" B=1\nExecStart=-/opt/bin/celery -A x worker -c 4\n'
        "MemoryMax=2G\nCPUQuota=150%\n"
    )
    service = only(deployed(tmp_path, **{"worker.service": unit}))
    assert service.role is Role.CELERY_WORKER
    assert {name: given.value for name, given in service.environment.items()} == {"A": "two words", "B": "1"}
    assert service.memory_limit is not None
    assert service.memory_limit.value == 2 * 1024**3
    assert service.cpu_limit is not None
    assert service.cpu_limit.value == 1.5
    supervised = tmp_path / "s"
    supervised.mkdir()
    text = '[supervisord]\nnodaemon=true\n[program:web]\ncommand=gunicorn -w 4 "a:b()"\nnumprocs=2\n'
    web = only(deployed(supervised, **{"supervisord.conf": text}))
    assert (web.name, web.replicas and web.replicas.value) == ("web", 2)


def test_a_named_file_that_nothing_tells_about_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("gunicorn -w 4", encoding="utf-8")
    deployment, problems = read([tmp_path / "notes.txt"])
    assert not deployment
    assert [problem.kind for problem in problems] == ["unknown-file"]
    assert read([tmp_path])[1] == []
    assert not is_deployment_file(tmp_path / "notes.txt")


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match="does not exist"):
        read([tmp_path / "gone"])


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"A = '\xe9'\n"])
def test_a_file_that_is_no_text_is_a_problem(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "superset_config.py").write_bytes(data)
    deployment, problems = read([tmp_path])
    assert not deployment
    assert [problem.kind for problem in problems] == ["unreadable-file"]


@pytest.mark.parametrize("folder", GUIDE, ids=lambda folder: folder.name)
def test_the_guide_is_read_without_problems(folder: Path) -> None:
    deployment, problems = read([folder])
    assert problems == []
    assert deployment.configs
